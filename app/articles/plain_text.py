"""Plain text whose short lines are headings, read as an article. Pure: values in, values out.

The first line is the title. A short line alone between blank lines, without punctuation at its end and with something below it, is a heading.
Everything else is paragraphs. What is in the text stays text: nothing in it can turn into Markdown.
"""

import re
from dataclasses import dataclass

MAX_BYTES = 1024 * 1024
MAX_TITLE_LENGTH = 200
MAX_HEADING_LENGTH = 80
MAX_SUMMARY_LENGTH = 300

# The characters that no text of the API may hold either, and half characters; the separators among them are ends of lines.
_LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n\s*\n")

_ENDS_A_SENTENCE = re.compile(r"[.!?…:;,][\"'”’»)\]]*$")
_BEGINS_A_HEADING = re.compile(r"[\"'“‘«(¿¡]?[^\W_]")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)")

_INLINE_MARKS = re.compile(r"([\\`*_\[\]<]|&(?=#?\w+;))")
_LEADING_MARKS = re.compile(r"^([#>+=~|:-]|\d+(?=[.)]))")


class UnreadableText(ValueError):
    """The file is not one that can become an article; the message is one sentence for whoever imports it."""


@dataclass(frozen=True, slots=True)
class PlainArticle:
    """`summary` is the beginning of the first paragraph, and empty when there is none."""

    title: str
    summary: str
    body_markdown: str


def decode(content: bytes) -> str:
    """The text of a file. Raises UnreadableText when it is larger than `MAX_BYTES` or not UTF-8 text."""
    if len(content) > MAX_BYTES:
        raise UnreadableText(f"The file is larger than {MAX_BYTES // 1024} KiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableText("The file is not UTF-8 text.") from None
    if "\0" in text:
        raise UnreadableText("The file is binary, not text.")
    return text


def parse(text: str) -> PlainArticle:
    """Raises UnreadableText when there is no title, or one that is longer than `MAX_TITLE_LENGTH`."""
    clean = _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text))
    title, _, rest = clean.strip().partition("\n")
    title = " ".join(title.split())
    if not title:
        raise UnreadableText("The text is empty; its first line would be the title.")
    if len(title) > MAX_TITLE_LENGTH:
        raise UnreadableText(f"The first line is the title, and may have at most {MAX_TITLE_LENGTH} characters.")
    blocks = [_lines(block) for block in _BLANK_LINES.split(rest.strip())] if rest.strip() else []
    body: list[str] = []
    paragraphs: list[str] = []
    for number, lines in enumerate(blocks, 1):
        if number < len(blocks) and _is_heading(lines):
            body.append(f"## {_escape(lines[0])}")
        else:
            body.append("\n".join(map(_escape, lines)))
            paragraphs.append(" ".join(lines))
    return PlainArticle(title, _cut(paragraphs[0]) if paragraphs else "", "\n\n".join(body))


def _lines(block: str) -> list[str]:
    return [" ".join(line.split()) for line in block.splitlines()]


def _is_heading(lines: list[str]) -> bool:
    line = lines[0]
    return (
        len(lines) == 1
        and len(line) <= MAX_HEADING_LENGTH
        and _BEGINS_A_HEADING.match(line) is not None
        and _ENDS_A_SENTENCE.search(line) is None
    )


def _escape(line: str) -> str:
    """The line as Markdown that reads as the line. Only what would mean something is escaped, so that editors can still read it."""
    marked = _INLINE_MARKS.sub(r"\\\1", line)
    leading = _LEADING_MARKS.match(marked)
    if leading is None:
        return marked
    # A number is escaped behind its digits: "1\. ", since a backslash before a digit is a backslash.
    at = leading.end() if leading[1].isdecimal() else 0
    return f"{marked[:at]}\\{marked[at:]}"


def _cut(paragraph: str) -> str:
    """The whole sentences that fit into a summary; failing that the whole words, and a sign that more follows."""
    if len(paragraph) <= MAX_SUMMARY_LENGTH:
        return paragraph
    ends = [found.end() for found in _SENTENCE_END.finditer(paragraph, 0, MAX_SUMMARY_LENGTH + 1)]
    if ends and ends[-1] <= MAX_SUMMARY_LENGTH:
        return paragraph[: ends[-1]]
    words, space, _ = paragraph[:MAX_SUMMARY_LENGTH].rpartition(" ")
    return f"{words if space else paragraph[: MAX_SUMMARY_LENGTH - 1]}…"
