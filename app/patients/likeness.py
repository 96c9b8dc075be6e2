"""Which records may be of the same person. Shown to staff, who know better; nothing that the public sees depends on it (T10). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.patients.search import comparable, lines_of

NAME, EMAIL, PHONE, DATE_OF_BIRTH = FACTS = ("name", "email", "phone", "date_of_birth")
_WEIGHTS = {NAME: 4, DATE_OF_BIRTH: 3, EMAIL: 2, PHONE: 2}


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two records agree on, and whether dates of birth say that they are two people."""

    facts: tuple[str, ...]
    born_apart: bool

    @property
    def rank(self) -> tuple[bool, int]:
        """The larger the liker."""
        return not self.born_apart, sum(_WEIGHTS[fact] for fact in self.facts)


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> Likeness:
    """Of `{name, email, phone, date_of_birth, contacts}`. An address or a number agrees with one of the other's contacts too: it is the mother who
    calls; a name only with a name."""
    found = [fact for fact in (NAME, EMAIL, PHONE) if _lines(one, fact) & _lines(other, fact)]
    born: tuple[date | None, date | None] = one["date_of_birth"], other["date_of_birth"]
    if None not in born and born[0] == born[1]:
        found.append(DATE_OF_BIRTH)
    return Likeness(tuple(found), None not in born and born[0] != born[1])


def _lines(patient: Mapping[str, Any], fact: str) -> set[str]:
    people = [patient] if fact == NAME else [patient, *patient["contacts"]]
    return {comparable(line) for person in people for line in lines_of({fact: person.get(fact)})}
