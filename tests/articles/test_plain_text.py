"""Plain text whose short lines are headings, read as an article."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.articles.markdown import render
from app.articles.plain_text import MAX_BYTES, MAX_HEADING_LENGTH, MAX_TITLE_LENGTH, PlainArticle, UnreadableText, decode, parse
from app.articles.schemas import Body, Summary, Title
from tests.articles.browser import executable_nodes

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "back-pain.txt"

TEXT = """Cold feet in winter

Some feet stay cold whatever the socks. We see it every November.

Why it happens

The body looks after its middle first.
Toes come last.


What helps

Walking helps.
"""
ARTICLE = PlainArticle(
    title="Cold feet in winter",
    summary="Some feet stay cold whatever the socks. We see it every November.",
    body_markdown="Some feet stay cold whatever the socks. We see it every November.\n\n## Why it happens\n\n"
    "The body looks after its middle first.\nToes come last.\n\n## What helps\n\nWalking helps.",
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT, id="as written"),
        pytest.param(TEXT.rstrip("\n"), id="no final newline"),
        pytest.param(TEXT.replace("\n", "\r\n"), id="Windows"),
        pytest.param(TEXT.replace("\n", "\r"), id="old Macintosh"),
        pytest.param(TEXT.replace("\n", "  \t\n"), id="spaces at the ends of lines"),
        pytest.param(TEXT.replace("\n\n", "\n\n \n\n"), id="many blank lines"),
        pytest.param("\n \n" + TEXT, id="blank lines before the title"),
        pytest.param(TEXT.replace("\n", "\n    "), id="indented"),
        pytest.param(TEXT.replace("\n\n", "\f\u2029"), id="other separators"),
        pytest.param(TEXT.replace("feet", "fe\u202eet\x07"), id="characters nobody sees"),
        pytest.param(decode(b"\xef\xbb\xbf" + TEXT.encode()), id="byte order mark"),
    ],
)
def test_the_form_of_the_file_does_not_matter(text: str) -> None:
    assert parse(text) == ARTICLE


@pytest.mark.parametrize(
    ("block", "is_heading"),
    [
        ("Why it happens", True),
        ("“Qi” – an idea", True),
        ("2 kinds of rest", True),
        ("Costs (in pounds)", True),
        ("x" * MAX_HEADING_LENGTH, True),
        ("x" * (MAX_HEADING_LENGTH + 1), False),
        ("It ends.", False),
        ("Does it?", False),
        ("As follows:", False),
        ("He said “rest.”", False),
        ("And so on…", False),
        ("Two\nlines", False),
        ("- an item", False),
        ("* * *", False),
        ("———", False),
    ],
)
def test_a_short_line_by_itself_is_a_heading(block: str, is_heading: bool) -> None:
    headings = render(parse(f"Title\n\nFirst.\n\n{block}\n\nLast.").body_markdown).headings
    assert [heading.text for heading in headings] == ([block] if is_heading else [])


def test_a_heading_has_something_below_it() -> None:
    assert parse("Title\n\nFirst.\n\nThe clinic team").body_markdown == "First.\n\nThe clinic team"


def test_the_first_line_is_the_title_even_without_a_blank_line() -> None:
    assert parse("Title\nFirst.") == PlainArticle("Title", "First.", "First.")
    assert parse("Title") == PlainArticle("Title", "", "")


@pytest.mark.parametrize(
    ("line", "markdown"),
    [
        ("1. one", r"1\. one"),
        ("1) one", r"1\) one"),
        ("1.5 hours", r"1\.5 hours"),
        ("# a", r"\# a"),
        ("- a", r"\- a"),
        ("+ a", r"\+ a"),
        ("> a", r"\> a"),
        ("~~~", r"\~~~"),
        ("a *b* _c_ `d` \\", r"a \*b\* \_c\_ \`d\` \\"),
        ("[a](b) ![c](d)", r"\[a\](b) !\[c\](d)"),
        ("<b> &amp; & c", r"\<b> \&amp; & c"),
        ("a-b, c # d 1. e", "a-b, c # d 1. e"),
    ],
)
def test_what_would_mean_something_is_escaped_and_nothing_else(line: str, markdown: str) -> None:
    body = parse(f"Title\n\nSomething\n{line}.").body_markdown
    assert body == f"Something\n{markdown}."
    assert render(body).text == f"Something\n{line}."


@pytest.mark.parametrize(
    ("paragraph", "summary"),
    [
        pytest.param("a" * 299 + ".", "a" * 299 + ".", id="fits exactly"),
        pytest.param("a" * 200 + ". " + "b" * 200 + ".", "a" * 200 + ".", id="at a sentence's end"),
        pytest.param("“" + "a" * 200 + ".” " + "b" * 200, "“" + "a" * 200 + ".”", id="with the quotation mark"),
        pytest.param("a" * 299 + ". b", "a" * 299 + ".", id="a sentence of exactly the length"),
        pytest.param("v1.5 " + "a" * 250 + " " + "b" * 200, "v1.5 " + "a" * 250 + "…", id="a full stop in a number ends nothing"),
        pytest.param("a" * 298 + ".” b", "a" * 298 + ".”", id="quotation mark at the limit"),
        pytest.param("c " + "a" * 298 + ".” b", "c…", id="quotation mark over the limit"),
        pytest.param("a" * 301, "a" * 299 + "…", id="one endless word"),
        pytest.param("a\nb", "a b", id="lines are joined"),
    ],
)
def test_the_summary_is_the_first_sentences(paragraph: str, summary: str) -> None:
    assert len(summary) <= 300
    assert parse(f"Title\n\nA heading\n\n{paragraph}").summary == summary


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param(" \r\n\t\u2028\ufeff\x00", "empty", id="nothing to see"),
        pytest.param("a" * (MAX_TITLE_LENGTH + 1), "at most 200 characters", id="a title that never ends"),
    ],
)
def test_a_text_without_a_title_is_refused(text: str, message: str) -> None:
    with pytest.raises(UnreadableText, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"caf\xe9", "not UTF-8", id="Latin-1"),
        pytest.param("Title".encode("utf-16"), "not UTF-8", id="UTF-16"),
        pytest.param(b"Title\x00", "binary", id="binary"),
        pytest.param(b"a" * (MAX_BYTES + 1), "larger than 1024 KiB", id="too large"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableText, match=message):
        decode(content)


def test_a_file_of_a_mebibyte_is_read() -> None:
    assert len(decode(b"a" * MAX_BYTES)) == MAX_BYTES


MARKS = ("\n\n", "    ", "- ", "1. ", "&amp;", "<b>", "[a](b)", "[a]: b", "```", "***", "---", "===", "<http://a.example>")
TRICKY = st.lists(
    st.sampled_from([*MARKS, *"a1.)#>-+=~`*_[]()<>&;:|!\\\"'\n\r\t\u2028\x85\x1c\x00\ufeff", "Word", "word.", "javascript:"])
).map("".join)


@given(st.text() | TRICKY)
def test_any_text_becomes_an_article_that_reads_as_the_text(text: str) -> None:
    try:
        article = parse(text)
    except UnreadableText:
        return
    # As the API would take it back from an editor.
    for kind, value in ((Title, article.title), (Summary, article.summary), (Body, article.body_markdown)):
        assert TypeAdapter(kind).validate_python(value) == value
    assert article.title.strip()
    rendered = render(article.body_markdown)
    assert executable_nodes(rendered.html) == []
    printable = re.sub("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", "", text)
    assert f"{article.title} {rendered.text}".split() == printable.split()


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample lies beside the repository, not in it")
def test_the_sample_is_read() -> None:
    article = parse(decode(SAMPLE.read_bytes()))
    rendered = render(article.body_markdown)
    assert article.title == "Acupuncture For Back Pain"
    assert [heading.level for heading in rendered.headings] == [2, 2, 2, 2]
    assert rendered.headings[-1].id == "final-thoughts"
    assert article.summary.endswith(".")
    assert len(article.summary) <= 300
    assert rendered.reading_minutes == 4
