"""Articles and topics: what is published is for everybody, drafts are for editors."""

import hashlib
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from app.articles import actions, queries
from app.articles.actions import ArticleIncomplete, WrongArticleStatus
from app.articles.models import Article, Topic
from app.articles.schemas import ArticleCreate, ArticleOut, ArticlePatch, ArticleSummaryOut, Status, TopicOut
from app.identity.actor import Actor, CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.slugs import SlugTaken
from app.kit.wire import Output, Slug, Uuid

# A minute is how long a correction may take to reach readers through caches that do not ask.
_FOR_READERS = "public, max-age=60"
_FOR_EDITORS = "private, no-cache"
_UNPUBLISHED = "no-store"

router = Router("Articles")

SlugOrId = Annotated[Slug, Path(description="Its slug or its id")]


async def _for_change(session: Session, actor: CurrentActor, slug_or_id: SlugOrId, if_match: etag.IfMatch = None) -> Article:
    """Found and matched before the body's rules are looked at."""
    article = await queries.get(session, actor, slug_or_id)
    etag.require_match(if_match, article)
    return article


ForChange = Annotated[Article, Depends(_for_change)]


def _cacheable(request: Request, actor: Actor, tag: str, answer: Output | Page[Any]) -> Response:
    """Published content, encoded once, or 304. An editor's copy is asked for each time, or a change would meet its own past."""
    headers = {
        "ETag": tag,
        "Cache-Control": _FOR_EDITORS if queries.may_write(actor) else _FOR_READERS,
        "Vary": "Authorization",
    }
    if etag.not_modified(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(answer.model_dump_json(), media_type="application/json", headers=headers)


def _cacheable_page(request: Request, actor: Actor, page: Page[Any]) -> Response:
    """A list has no version, so its tag is made of what is in it."""
    digest = hashlib.blake2b(page.model_dump_json().encode(), digest_size=16).hexdigest()
    return _cacheable(request, actor, f'"{digest}"', page)


@router.operation(
    "GET",
    "/v1/topics",
    id="listTopics",
    permission="articles:read",
    summary="What articles are about",
    response_model=Page[TopicOut],
    tagged=True,
)
async def list_topics(request: Request, session: Session, actor: CurrentActor, page: PageOf) -> Response:
    """In alphabetical order of their slugs."""
    found, cursor = await paginate(session, queries.topics_visible_to(actor), page, [Topic.slug], descending=False)
    items = [TopicOut.model_validate(topic) for topic in found]
    return _cacheable_page(request, actor, Page[TopicOut](items=items, next_cursor=cursor))


@router.operation(
    "GET",
    "/v1/articles",
    id="listArticles",
    permission="articles:read",
    summary="Articles, newest first",
    response_model=Page[ArticleSummaryOut],
    tagged=True,
)
async def list_articles(
    request: Request,
    session: Session,
    actor: CurrentActor,
    page: PageOf,
    topic: Annotated[Slug | None, Query(description="Only those about the topic with this slug")] = None,
    treatment_id: Annotated[Uuid | None, Query(description="Only those about this treatment")] = None,
    status: Annotated[Status, Query(description="Whoever does not write articles finds published ones only")] = "published",
) -> Response:
    """Published articles by the time of publishing, others by the time of writing."""
    statement = queries.listed(actor, status=status, topic=topic, treatment_id=treatment_id)
    keys = [Article.published_at, Article.id] if status == queries.PUBLISHED else [Article.id]
    found, cursor = await paginate(session, statement, page, keys)
    items = [ArticleSummaryOut.model_validate(article) for article in found]
    answer = _cacheable_page(request, actor, Page[ArticleSummaryOut](items=items, next_cursor=cursor))
    if status != queries.PUBLISHED:
        answer.headers["Cache-Control"] = _UNPUBLISHED
    return answer


@router.operation(
    "POST",
    "/v1/articles",
    id="createArticle",
    permission="articles:write",
    summary="Write a draft",
    status=201,
    response_model=ArticleOut,
    raises=(SlugTaken,),
)
async def create_article(session: Session, actor: CurrentActor, body: ArticleCreate, response: Response) -> Article:
    article = await actions.create(session, actor, body)
    response.headers["Location"] = f"/v1/articles/{article.id}"
    etag.tagged(response, article)
    return article


@router.operation(
    "GET",
    "/v1/articles/{slug_or_id}",
    id="getArticle",
    permission="articles:read",
    summary="One article",
    response_model=ArticleOut,
)
async def get_article(request: Request, session: Session, actor: CurrentActor, slug_or_id: SlugOrId) -> Response:
    article = await queries.read(session, actor, slug_or_id)
    answer = _cacheable(request, actor, etag.tag_of(article), article)
    if article.status != queries.PUBLISHED:
        answer.headers["Cache-Control"] = _UNPUBLISHED
    return answer


@router.operation(
    "PATCH",
    "/v1/articles/{slug_or_id}",
    id="updateArticle",
    permission="articles:write",
    summary="Change an article",
    response_model=ArticleOut,
    raises=(SlugTaken, PreconditionFailed, PreconditionRequired),
)
async def update_article(
    session: Session, actor: CurrentActor, article: ForChange, body: ArticlePatch, response: Response
) -> Article:
    """A published article changes at once."""
    changed = await actions.update(session, actor, article, body)
    etag.tagged(response, changed)
    return changed


def _move(verb: str, summary: str, *raises: type[ArticleIncomplete]) -> None:
    """Register POST /v1/articles/{slug_or_id}/{verb}; the verbs differ in nothing that HTTP sees."""

    @router.operation(
        "POST",
        f"/v1/articles/{{slug_or_id}}/{verb}",
        id=f"{verb}Article",
        permission="articles:write",
        summary=summary,
        response_model=ArticleOut,
        name=verb,
        raises=(WrongArticleStatus, PreconditionFailed, PreconditionRequired, *raises),
    )
    async def move_article(session: Session, actor: CurrentActor, now: Now, article: ForChange, response: Response) -> Article:
        moved = await actions.move(session, actor, article, verb, now)
        etag.tagged(response, moved)
        return moved


_move("submit", "Hand a draft in for review")
_move("publish", "Publish an article", ArticleIncomplete)
_move("unpublish", "Take an article back to draft, from review and archive too")
_move("archive", "Put an article away")
