"""Markdown in, safe HTML out. Pure: values in, values out; no database, no web, no clock.

Two lines of defence that do not trust each other: the parser passes no raw HTML and makes links only of addresses in `_SAFE_ADDRESS`; nh3 then
keeps nothing but the tags, attributes and schemes listed here.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from slugify import slugify
from typing_extensions import override

WORDS_PER_MINUTE = 200
TOP_LEVEL, LOWEST_LEVEL = 2, 6
MAX_ID_LENGTH = 80

# Level 1 is the article's title, which is not part of the body.
_HEADINGS = tuple(f"h{level}" for level in range(TOP_LEVEL, LOWEST_LEVEL + 1))
_TAGS = {
    *("p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *_HEADINGS,
}
_ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    **{tag: {"id"} for tag in _HEADINGS},
}
_SCHEMES = {"http", "https", "mailto"}
# A scheme that is allowed, or none: what stands before the first slash, question mark or number sign has no colon.
_SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s]+|[^:/?#\\\s]*(?:[/?#][^\\\s]*)?", re.IGNORECASE)
_EXTERNAL = re.compile(r"https?:|//", re.IGNORECASE)
_CODE_BLOCKS = {"fence", "code_block"}


@dataclass(frozen=True, slots=True)
class Heading:
    """`id` is the anchor of the heading in the HTML; `level` is 2 to 6."""

    level: int
    text: str
    id: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """An article's body in the forms it is read in. `text` has a blank line between blocks."""

    html: str
    headings: tuple[Heading, ...]
    reading_minutes: int
    text: str

    def headings_as_data(self) -> list[dict[str, Any]]:
        """For storing: `[{level, text, id}]`."""
        return [{"level": heading.level, "text": heading.text, "id": heading.id} for heading in self.headings]


class _Parser(MarkdownIt):
    @override
    def validateLink(self, url: str) -> bool:
        return _SAFE_ADDRESS.fullmatch(url) is not None


_parser = _Parser("commonmark", {"html": False}).enable("table")
_cleaner = nh3.Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)


def render(markdown: str) -> Rendered:
    """Render a body. Never raises: whatever is not Markdown is text.

    Headings keep their distances, and the highest of them becomes level 2.
    """
    tokens = _parser.parse(markdown)
    headings = tuple(_mark_headings(tokens))
    for token in _inline(tokens):
        if token.type == "link_open" and _EXTERNAL.match(str(token.attrGet("href"))):
            token.attrSet("rel", "nofollow noopener")
    text = "\n\n".join(block for block in map(_text_of, tokens) if block)
    return Rendered(
        html=_cleaner.clean(_parser.renderer.render(tokens, _parser.options, {})),
        headings=headings,
        reading_minutes=max(1, math.ceil(len(text.split()) / WORDS_PER_MINUTE)),
        text=text,
    )


def _mark_headings(tokens: list[Token]) -> Iterator[Heading]:
    """Give each heading its level and an id that is its own in this text."""
    opened = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    shift = TOP_LEVEL - min((int(tokens[index].tag[1:]) for index in opened), default=TOP_LEVEL)
    anchors = _Anchors()
    for index in opened:
        start, inline, end = tokens[index : index + 3]
        level = min(int(start.tag[1:]) + shift, LOWEST_LEVEL)
        text = " ".join(_text_of(inline).split())
        anchor = anchors.next(text)
        start.tag = end.tag = f"h{level}"
        start.attrSet("id", anchor)
        yield Heading(level, text, anchor)


class _Anchors:
    """Hands out ids, no two alike: causes, causes-2, causes-3.

    It remembers how far it has counted, or a text of nothing but like headings would take minutes.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def next(self, text: str) -> str:
        base = slugify(text, max_length=MAX_ID_LENGTH, word_boundary=True) or "section"
        anchor, number = base, self._counts.get(base, 1)
        while anchor in self._taken:
            number += 1
            anchor = f"{base}-{number}"
        self._counts[base] = number
        self._taken.add(anchor)
        return anchor


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _text_of(token: Token) -> str:
    """The words of a block as they are read; empty for tokens that hold none."""
    if token.type in _CODE_BLOCKS:
        return token.content.strip()
    return "".join(map(_words_of, token.children or ())).strip()


def _words_of(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    if token.type == "image":
        return "".join(map(_words_of, token.children or ()))
    return token.content
