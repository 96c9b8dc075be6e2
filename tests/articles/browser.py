"""What a browser would run of a piece of HTML, judged without the library that is under test."""

import re
from html.parser import HTMLParser

from typing_extensions import override

_TAGS = {
    *("p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img"),
    *("table", "thead", "tbody", "tr", "th", "td", "h2", "h3", "h4", "h5", "h6"),
}
_ATTRIBUTES = {"href", "src", "alt", "title", "rel", "id", "start"}
_IGNORED_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f-\xa0]")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES:
                self.found.append(f"{tag} {name}")
            if name in {"href", "src"} and not _is_safe(value or ""):
                self.found.append(f"{name}={value}")

    @override
    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    @override
    def handle_decl(self, decl: str) -> None:
        self.found.append("declaration")

    @override
    def unknown_decl(self, data: str) -> None:
        self.found.append("declaration")

    @override
    def handle_pi(self, data: str) -> None:
        self.found.append("instruction")


def _is_safe(address: str) -> bool:
    """Browsers drop white space and control characters before they look for a scheme."""
    scheme, colon, _ = _IGNORED_IN_ADDRESSES.sub("", address).partition(":")
    return not colon or re.search(r"[/?#]", scheme) is not None or scheme.lower() in {"http", "https", "mailto"}


def executable_nodes(html: str) -> list[str]:
    """Every tag, attribute or address that has no business in an article."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found
