"""The wire of articles."""

from collections.abc import Hashable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.articles.plain_text import MAX_TITLE_LENGTH
from app.kit.wire import LINE_PATTERN, Input, Instant, Output, Patch, Slug, Uuid, examples, line, omitted, text, whole

# Rendering is done while the editor waits; the worst text of this length takes about a second.
MAX_BODY_LENGTH = 100_000

Value = TypeVar("Value", bound=Hashable)


def _distinct(values: list[Value]) -> list[Value]:
    if len(set(values)) != len(values):
        raise ValueError("Each may be named once")
    return values


def _distinct_list(max_length: int) -> tuple[Any, Any]:
    """For `Annotated[list[…], *_distinct_list(20)]`."""
    return Field(max_length=max_length, json_schema_extra={"uniqueItems": True}), AfterValidator(_distinct)


Status = Literal["draft", "in_review", "published", "archived"]
Title = Annotated[str, line(MAX_TITLE_LENGTH)]
Summary = Annotated[str, StringConstraints(strict=True, max_length=500, pattern=LINE_PATTERN)]
Body = Annotated[str, text(MAX_BODY_LENGTH)]
Language = Annotated[
    str,
    Field(
        strict=True,
        pattern=r"^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$",
        description="BCP 47: a language, perhaps a script and a region",
        examples=["en-GB"],
    ),
]
WebAddress = Annotated[
    str,
    Field(
        strict=True,
        max_length=2000,
        pattern=r"^https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?$",
        examples=["https://doi.org/10.1000/182"],
    ),
]
Topics = Annotated[list[Slug], *_distinct_list(20)]
AuthorIds = Annotated[list[Uuid], *_distinct_list(20)]
TreatmentIds = Annotated[list[Uuid], *_distinct_list(50)]


class Reference(Input):
    """A source that the article rests on."""

    title: Annotated[str, line(300)]
    url: WebAddress | None = None
    year: Annotated[int, whole(1000, 2100)] | None = None
    source: Annotated[str, line(200)] | None = Field(default=None, description="Journal, publisher or site")


References = Annotated[list[Reference], Field(max_length=100)]

EXAMPLE = {
    "title": "What to expect at a first visit",
    "summary": "How long it takes, what we ask, and what to wear.",
    "body_markdown": "## Before you come\n\nEat something light, and wear sleeves that roll up.",
    "topics": ["first-visit"],
    "language": "en-GB",
    "author_ids": ["0199a000-0000-7000-8000-000000000011"],
    "reviewer_id": None,
    "references": [
        {"title": "A handbook of safe needling", "url": "https://example.org/handbook", "year": 2024, "source": "Example Press"}
    ],
    "treatment_ids": ["0199a000-0000-7000-8000-000000000021"],
}


class ArticleCreate(Input):
    """A draft. A topic that does not exist yet is made, and named after its slug."""

    model_config = examples(EXAMPLE)

    title: Title
    slug: Slug | None = Field(default=None, description="Derived from the title when left out")
    summary: Summary = Field(default="", description="Plain text; may be empty until the article is published")
    body_markdown: Body = Field(default="", description="Markdown without HTML; may be empty until the article is published")
    topics: Topics = Field(default_factory=list, description="Slugs of topics")
    language: Language = "en"
    author_ids: AuthorIds = Field(default_factory=list, description="Practitioners, in the order they are named")
    reviewer_id: Uuid | None = Field(default=None, description="The practitioner who answers for the clinical content")
    references: References = Field(default_factory=list)
    treatment_ids: TreatmentIds = Field(default_factory=list, description="Treatments that the article is about")


class ArticlePatch(Patch):
    """What is left out stays as it is. A list that is sent replaces the whole list."""

    model_config = examples({"summary": "How long it takes, what we ask, what to wear and what to bring."})

    title: Title = omitted()
    slug: Slug = omitted()
    summary: Summary = omitted()
    body_markdown: Body = omitted()
    topics: Topics = omitted()
    language: Language = omitted()
    author_ids: AuthorIds = omitted()
    reviewer_id: Uuid | None = omitted()
    references: References = omitted()
    treatment_ids: TreatmentIds = omitted()


class ReferenceOut(Output):
    title: str
    url: str | None
    year: int | None
    source: str | None


class HeadingOut(Output):
    """`id` is the heading's anchor in `html`."""

    level: int = Field(description="2 to 6; the title is level 1")
    text: str
    id: str


_SUMMARY_EXAMPLE = {
    "id": "0199a000-0000-7000-8000-000000000031",
    "slug": "what-to-expect-at-a-first-visit",
    "title": EXAMPLE["title"],
    "summary": EXAMPLE["summary"],
    "topics": EXAMPLE["topics"],
    "language": EXAMPLE["language"],
    "author_ids": EXAMPLE["author_ids"],
    "reviewer_id": None,
    "treatment_ids": EXAMPLE["treatment_ids"],
    "status": "published",
    "reading_minutes": 1,
    "published_at": "2026-11-02T09:00:00Z",
    "last_reviewed_on": None,
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-02T09:00:00Z",
    "version": 2,
}


class ArticleSummaryOut(Output):
    """An article in a list: everything but what is read on its own page."""

    model_config = examples(_SUMMARY_EXAMPLE)

    id: UUID
    slug: str
    title: str
    summary: str
    topics: list[str]
    language: str
    author_ids: list[UUID]
    reviewer_id: UUID | None
    treatment_ids: list[UUID]
    status: Status
    reading_minutes: int = Field(description="At 200 words a minute, and at least one")
    published_at: Instant | None = Field(description="When it first went public; kept when it is taken back")
    last_reviewed_on: date | None = Field(description="The clinic's date on which it was last published with this reviewer")
    created_at: Instant
    updated_at: Instant
    version: int


_ARTICLE_EXAMPLE = {
    **_SUMMARY_EXAMPLE,
    "body_markdown": EXAMPLE["body_markdown"],
    "references": EXAMPLE["references"],
    "html": '<h2 id="before-you-come">Before you come</h2>\n<p>Eat something light, and wear sleeves that roll up.</p>\n',
    "headings": [{"level": 2, "text": "Before you come", "id": "before-you-come"}],
}


class ArticleOut(ArticleSummaryOut):
    """An article. `html` is sanitised and its headings begin at level 2."""

    model_config = examples(
        _ARTICLE_EXAMPLE,
        {**_ARTICLE_EXAMPLE, "status": "draft", "published_at": None, "updated_at": "2026-11-01T09:00:00Z", "version": 1},
    )

    body_markdown: str
    references: list[ReferenceOut]
    html: str
    headings: list[HeadingOut]


class TopicOut(Output):
    """A condition or body area."""

    model_config = examples({"slug": "first-visit", "name": "First visit", "published_articles": 1})

    slug: str
    name: str
    published_articles: int
