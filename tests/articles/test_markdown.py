"""Markdown to safe HTML: what is rendered, and what never is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.markdown import Heading, render
from tests.articles.browser import executable_nodes

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script href='data:,alert(1)'/></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<a href=javascript:alert(1)>x</a>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<object data=javascript:alert(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x73;cript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java&#x0A;script:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#1;javascript:alert(1))",
    "[x](<  javascript:alert(1)>)",
    "[x](<java\tscript:alert(1)>)",
    "[x](\u00a0javascript:alert(1))",
    "[x](\u3000javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "![x](data:image/png;base64,AAAA)",
    "![x](javascript:alert(1))",
    '![x](x.png "" onerror=alert(1))',
    '![x" onerror="alert(1)](x.png)',
    '[x](/y "title\\" onmouseover=\\"alert(1)")',
    '[x](https://e.example/"onmouseover=alert(1))',
    "[x]: javascript:alert(1)\n\n[x]",
    "[x]: <java\\script:alert(1)>\n\n[x]",
    "<javascript:alert(1)>",
    "<data:text/html,alert(1)>",
    "`<script>alert(1)</script>`",
    '```"onload=alert(1)\n<script>alert(1)</script>\n```',
    "# <script>alert(1)</script>",
    '# x" onclick="alert(1)',
    "| <script>alert(1)</script> |\n| --- |\n| <img src=x onerror=alert(1)> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a\nhref=javascript:alert(1)>x",
]


@pytest.mark.parametrize("markdown", ATTACKS)
def test_nothing_executable_comes_out(markdown: str) -> None:
    html = render(markdown).html
    assert executable_nodes(html) == []
    assert html.strip()  # refused as a node, and still there as words


@pytest.mark.parametrize("left", ATTACKS[:8])
@pytest.mark.parametrize("right", ATTACKS[-12:])
def test_nor_of_two_together(left: str, right: str) -> None:
    assert executable_nodes(render(f"{left}\n{right}").html) == []


@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "[x](", ")", "javascript:", "data:", '"', " onerror=", "`", "\n", "&#x6A;", "<img src=x", "![", "# ", "|"]
        )
    )
)
def test_nor_of_any_mixture(parts: list[str]) -> None:
    assert executable_nodes(render("".join(parts)).html) == []


@given(st.text())
def test_any_text_renders(text: str) -> None:
    rendered = render(text)
    assert executable_nodes(rendered.html) == []
    assert rendered.reading_minutes >= 1


def test_the_judge_sees_what_is_executable() -> None:
    harmful = '<script></script><p onclick="x">y</p><a href=" java\tscript:x">z</a><!-- c --><a href="/a:b">fine</a>'
    assert executable_nodes(harmful) == ["<script>", "p onclick", "href= java\tscript:x", "comment"]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n", id="emphasis"),
        pytest.param("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n", id="a list"),
        pytest.param("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n', id="a list that begins at three"),
        pytest.param("[a](/treatments?x=1:2#y)", '<p><a href="/treatments?x=1:2#y">a</a></p>\n', id="a link on the same site"),
        pytest.param("[a](#part)", '<p><a href="#part">a</a></p>\n', id="a link in the same text"),
        pytest.param("[a](mailto:desk@clinic.example)", '<p><a href="mailto:desk@clinic.example">a</a></p>\n', id="an address"),
        pytest.param(
            "[a](HTTPS://e.example/b)",
            '<p><a href="HTTPS://e.example/b" rel="nofollow noopener">a</a></p>\n',
            id="a link elsewhere",
        ),
        pytest.param(
            "[a](//e.example)", '<p><a href="//e.example" rel="nofollow noopener">a</a></p>\n', id="elsewhere, no scheme"
        ),
        pytest.param("![a](/b.png 'c')", '<p><img src="/b.png" alt="a" title="c"></p>\n', id="a picture"),
        pytest.param("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n", id="HTML is text"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_markdown_becomes_html(markdown: str, html: str) -> None:
    assert render(markdown).html == html


@pytest.mark.parametrize(
    ("markdown", "headings"),
    [
        pytest.param("## A\n\n### B", [(2, "A", "a"), (3, "B", "b")], id="as they are"),
        pytest.param("# A\n\n### B", [(2, "A", "a"), (4, "B", "b")], id="the title's level is not the body's"),
        pytest.param("#### A\n\n###### B", [(2, "A", "a"), (4, "B", "b")], id="the highest becomes level 2"),
        pytest.param("# A\n\n###### B", [(2, "A", "a"), (6, "B", "b")], id="there is no level 7"),
        pytest.param(
            "## A\n\n## A\n\n## A 2\n\n## A", [(2, "A", "a"), (2, "A", "a-2"), (2, "A 2", "a-2-2"), (2, "A", "a-3")], id="alike"
        ),
        pytest.param("## *Qi* & `b`", [(2, "Qi & b", "qi-b")], id="its words alone"),
        pytest.param("a\nb\n===", [(2, "a b", "a-b")], id="two lines"),
        pytest.param("## !", [(2, "!", "section")], id="no word to make an id of"),
        pytest.param("##", [(2, "", "section")], id="empty"),
        pytest.param("## 气", [(2, "气", "qi")], id="another script"),
    ],
)
def test_headings_have_levels_and_ids(markdown: str, headings: list[tuple[int, str, str]]) -> None:
    rendered = render(markdown)
    assert rendered.headings == tuple(Heading(*heading) for heading in headings)
    for level, _, anchor in headings:
        assert f'<h{level} id="{anchor}">' in rendered.html


def test_many_like_headings_are_told_apart() -> None:
    """As many as fit into a body; counting each anew would take minutes."""
    rendered = render("# a\n" * 25_000)
    assert len({heading.id for heading in rendered.headings}) == 25_000


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (1, 1), (200, 1), (201, 2), (400, 2), (401, 3)])
def test_reading_takes_a_minute_for_200_words_and_at_least_one(words: int, minutes: int) -> None:
    assert render("word " * words).reading_minutes == minutes


def test_plain_text_is_what_is_read() -> None:
    markdown = "## A *b*\n\nc [d](/e)\nf `g` ![h](i.png)\n\n- j\n\n```x\nk <l>\n```\n\n| m |\n| - |\n| n |"
    assert render(markdown).text == "A b\n\nc d\nf g h\n\nj\n\nk <l>\n\nm\n\nn"
