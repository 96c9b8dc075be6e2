"""What people have asked the demo clinic, and how far each question has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.demo.articles import FIRST_VISIT, GROUP_ROOM, HEADACHES
from app.demo.patients import address
from app.demo.treatments import COMMUNITY, CUPPING, INITIAL
from app.enquiries import actions
from app.enquiries.schemas import Consent, EnquiryCreate, EnquiryPatch, State
from app.identity.actor import Actor
from app.identity.policy import ANONYMOUS
from app.treatments.models import Treatment

_CONSENT = Consent(version="2026-04")


@dataclass(frozen=True, slots=True)
class _Question:
    """`states` are those it has gone through since it came, `hours` ago. Without a telephone there is an e-mail address."""

    name: str
    hours: int
    message: str
    states: tuple[State, ...] = ()
    phone: str | None = None
    topic: str | None = None
    article: str | None = None
    treatment: str | None = None
    wished: str | None = None


_QUESTIONS = (
    _Question(
        "Perpetua Lindgren",
        20 * 24,
        "Do you treat children? My son is nine and grinds his teeth at night.",
        ("open", "answered", "closed"),
        topic="children",
    ),
    _Question(
        "Best Ranking Offers",
        9 * 24,
        "Hello dear owner, we saw your web site and can bring it to the first page within 48 hours. Reply for our price list!",
        ("spam",),
    ),
    _Question(
        "Emeka Strandberg",
        6 * 24,
        "I read your page about headaches. I already see a neurologist and take a preventive tablet. Can I come all the same, and would you"
        " write to her?",
        ("open", "answered"),
        topic="migraine",
        article=HEADACHES,
        treatment=INITIAL,
        wished="Wednesdays before noon",
    ),
    _Question(
        "Bethan Czarnecki",
        50,
        "There would be three of us, old friends. Could we have three of the four chairs at the same time, every other week?",
        ("open",),
        phone="07700 900881",
        article=GROUP_ROOM,
        treatment=COMMUNITY,
        wished="Thursday afternoons",
    ),
    _Question(
        "Auberon Nkemelu",
        7,
        "Is there a lift at Quillow Lane, and where can I leave a bicycle with a trailer?",
        topic="first-visit",
        article=FIRST_VISIT,
    ),
    _Question(
        "Hyacinth Rowbotham",
        2,
        "I row, and my shoulders are like wood. How long before a race should I have the cups, and do the marks show for long?",
        phone="0161 496 0442",
        treatment=CUPPING,
        wished="Any evening but Tuesday",
    ),
)


async def receive(
    session: AsyncSession,
    actor: Actor,
    articles: Mapping[str, Article],
    treatments: Mapping[str, Treatment],
    assignee_id: UUID,
    now: datetime,
) -> None:
    """Sent by the public; what is open or beyond was taken on by `assignee_id`."""
    anybody = Actor(role=ANONYMOUS, request_id=actor.request_id)
    for one in _QUESTIONS:
        wanted = EnquiryCreate(
            name=one.name,
            email=None if one.phone else address(one.name),
            phone=one.phone,
            message=one.message,
            topic=one.topic,
            article_id=articles[one.article].id if one.article else None,
            treatment_id=treatments[one.treatment].id if one.treatment else None,
            wished=one.wished,
            consent=_CONSENT,
        )
        enquiry = await actions.create(session, anybody, wanted, now - timedelta(hours=one.hours))
        for state in one.states:
            taken_on = {"assignee_id": assignee_id} if state == "open" else {}
            await actions.update(session, actor, enquiry, EnquiryPatch(state=state, **taken_on))
