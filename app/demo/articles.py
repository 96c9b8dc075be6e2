"""What the demo clinic has written: a line about each article here, its Markdown in `texts`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

from sqlalchemy.ext.asyncio import AsyncSession

from app.articles import actions
from app.articles.models import Article
from app.articles.schemas import ArticleCreate, Reference
from app.demo.practitioners import ANJALI, HYE_JIN, IDRIS, MAREN, TOMASZ
from app.demo.treatments import CALL, COMMUNITY, FOLLOW_UP, INITIAL
from app.identity.actor import Actor
from app.practitioners.models import Practitioner
from app.treatments.models import Treatment

HEADACHES, GROUP_ROOM, FIRST_VISIT = "headaches", "group-room", "first-visit"


@dataclass(frozen=True, slots=True)
class _Text:
    """`published_days` ago, or None for a draft. `file` is the name in `texts`, without its ending."""

    file: str
    title: str
    summary: str
    topics: list[str]
    authors: tuple[str, ...]
    treatments: tuple[str, ...]
    published_days: int | None
    reviewer: str | None = None
    references: tuple[Reference, ...] = ()


_CHRONIC_PAIN = Reference(
    title="Chronic pain (primary and secondary) in over 16s: assessment of all chronic pain and management of chronic primary pain",
    url="https://www.nice.org.uk/guidance/ng193",
    year=2021,
    source="National Institute for Health and Care Excellence",
)
_LOW_BACK = Reference(
    title="Low back pain and sciatica in over 16s: assessment and management",
    url="https://www.nice.org.uk/guidance/ng59",
    year=2016,
    source="National Institute for Health and Care Excellence",
)
_LOW_BACK_REVIEW = Reference(
    title="Acupuncture for chronic nonspecific low back pain",
    url="https://doi.org/10.1002/14651858.CD013814",
    year=2020,
    source="Cochrane Database of Systematic Reviews",
)
_HEADACHE = Reference(
    title="Headaches in over 12s: diagnosis and management",
    url="https://www.nice.org.uk/guidance/cg150",
    year=2012,
    source="National Institute for Health and Care Excellence",
)
_MIGRAINE_REVIEW = Reference(
    title="Acupuncture for the prevention of episodic migraine",
    url="https://doi.org/10.1002/14651858.CD001218.pub3",
    year=2016,
    source="Cochrane Database of Systematic Reviews",
)

_TEXTS = (
    _Text(
        file=FIRST_VISIT,
        title="What happens at a first visit",
        summary="How to prepare, what we ask, what the first treatment is like, and how we decide together whether to go on.",
        topics=["first-visit"],
        authors=(MAREN,),
        treatments=(INITIAL, CALL),
        published_days=210,
    ),
    _Text(
        file="needles",
        title="Are the needles safe?",
        summary="What is common, what is rare, what we do about it, and what you should tell us before we begin.",
        topics=["safety", "first-visit"],
        authors=(IDRIS,),
        treatments=(),
        published_days=154,
        reviewer=MAREN,
    ),
    _Text(
        file="stiff-back",
        title="A stiff back: when to come, and when to see a doctor first",
        summary="Most backs recover by themselves. What the guidelines say, what we can offer, and the signs that should not wait.",
        topics=["back-pain"],
        authors=(TOMASZ,),
        treatments=(INITIAL, FOLLOW_UP),
        published_days=97,
        reviewer=MAREN,
        references=(_CHRONIC_PAIN, _LOW_BACK, _LOW_BACK_REVIEW),
    ),
    _Text(
        file=HEADACHES,
        title="Headaches: what is known, and what we do",
        summary="What research says about acupuncture for headache and migraine, how we judge whether it helps you, and when to call a doctor.",
        topics=["headache", "migraine"],
        authors=(ANJALI, MAREN),
        treatments=(INITIAL, FOLLOW_UP),
        published_days=41,
        reviewer=MAREN,
        references=(_HEADACHE, _MIGRAINE_REVIEW),
    ),
    _Text(
        file=GROUP_ROOM,
        title="Our group room at Tern Quay",
        summary="Four chairs, quiet voices and a lower price: how community acupuncture goes, and for whom it is the better choice.",
        topics=["community-acupuncture"],
        authors=(HYE_JIN,),
        treatments=(COMMUNITY,),
        published_days=12,
    ),
    _Text(
        file="sleep",
        title="Sleeping badly: where to begin",
        summary="",
        topics=["sleep"],
        authors=(ANJALI,),
        treatments=(),
        published_days=None,
    ),
)


async def publish(
    session: AsyncSession,
    actor: Actor,
    practitioners: Mapping[str, Practitioner],
    treatments: Mapping[str, Treatment],
    now: datetime,
) -> dict[str, Article]:
    """The articles, by the names of their texts."""
    made = {}
    for one in _TEXTS:
        wanted = ArticleCreate(
            title=one.title,
            summary=one.summary,
            body_markdown=(files(__package__) / "texts" / f"{one.file}.md").read_text(encoding="utf-8"),
            topics=one.topics,
            language="en-GB",
            author_ids=[practitioners[slug].id for slug in one.authors],
            reviewer_id=practitioners[one.reviewer].id if one.reviewer else None,
            references=list(one.references),
            treatment_ids=[treatments[slug].id for slug in one.treatments],
        )
        made[one.file] = article = await actions.create(session, actor, wanted)
        if one.published_days is not None:
            await actions.move(session, actor, article, "publish", now - timedelta(days=one.published_days))
    return made
