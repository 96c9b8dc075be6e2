"""How patients are found: what is stored for it, and what is asked of it. One file, because the two must agree.

A patient is found by their own name, e-mail address and telephone, and by those of their contacts: it is the mother who calls. Names are compared
without case, accents, spaces and signs, in Latin letters, which no collation of a database does everywhere. Telephones are compared by digits.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from slugify import slugify
from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import InstrumentedAttribute

# The same telephone is written 020 7946 0958 and +44 20 7946 0958; this many last digits are the same in both.
_PHONE_DIGITS = 9
_PHONE = re.compile(r"[+\d][\d ()./-]*", re.ASCII)
_MIN_PHONE_DIGITS = 4


def searchable(people: Iterable[Mapping[str, Any]]) -> str:
    """One line for each name, address and number of `{name, email?, phone?}`."""
    return "\n".join(line for person in people for line in lines_of(person))


def lines_of(person: Mapping[str, Any]) -> list[str]:
    """What is kept of `{name?, email?, phone?}`: each of them that there is, in one form."""
    digits = _digits(person.get("phone") or "")
    lines = (_folded(person.get("name") or ""), (person.get("email") or "").lower(), digits)
    return [line for line in lines if line]


def comparable(line: str) -> str:
    """Of a number the last digits, which are the same however it is written."""
    return line[-_PHONE_DIGITS:] if line.isdigit() else line


def having_any(stored: InstrumentedAttribute[str], lines: Iterable[str]) -> ColumnElement[bool]:
    """A condition on `searchable` texts: one of these names, addresses or numbers is among theirs."""
    return or_(false(), *(stored.contains(comparable(line), autoescape=True) for line in lines))


def matching(stored: InstrumentedAttribute[str], asked: str) -> ColumnElement[bool]:
    """A condition on `searchable` texts: the number that is asked for, or every word of what is asked for in whatever order."""
    if _PHONE.fullmatch(asked.strip()) and len(digits := _digits(asked)) >= _MIN_PHONE_DIGITS:
        return stored.contains(digits[-_PHONE_DIGITS:] if len(digits) > _PHONE_DIGITS else digits)
    words = asked.split()
    return and_(*(_has_word(stored, word) for word in words)) if words else false()


def _has_word(stored: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    address = stored.contains(word.lower(), autoescape=True)
    folded = "" if "@" in word else _folded(word)
    return or_(address, stored.contains(folded)) if folded else address


def _folded(text: str) -> str:
    """Latin letters and digits only: "Zoë O'Hara" becomes "zoeohara". Nothing, where a text has neither."""
    return slugify(text, separator="", entities=False, decimal=False, hexadecimal=False)


def _digits(text: str) -> str:
    return "".join(re.findall(r"\d", text, re.ASCII))
