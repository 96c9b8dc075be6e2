"""What the demo clinic offers."""

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from app.demo.premises import CHAIR, ROOM
from app.identity.actor import Actor
from app.kit.wire import Money
from app.treatments import actions
from app.treatments.models import Treatment
from app.treatments.schemas import Phase, TreatmentCreate

INITIAL = "initial-consultation"
FOLLOW_UP = "follow-up-treatment"
COMMUNITY = "community-acupuncture"
ELECTRO = "electro-acupuncture"
MAINTENANCE = "maintenance-treatment"
EAR = "ear-acupuncture"
CUPPING = "cupping"
CALL = "introductory-call"


def pounds(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="GBP")


def attended(minutes: int) -> Phase:
    return Phase(minutes=minutes, attended=True)


def resting(minutes: int) -> Phase:
    return Phase(minutes=minutes, attended=False)


_TREATMENTS = (
    TreatmentCreate(
        name="Initial consultation",
        slug=INITIAL,
        summary="A long first appointment: we hear what brings you, look at your history, agree on a plan, and give a first treatment.",
        phases=[attended(45), resting(20), attended(10)],
        buffer_after_minutes=10,
        place_kind=ROOM,
        price=pounds("78.00"),
        audience="new",
    ),
    TreatmentCreate(
        name="Follow-up treatment",
        slug=FOLLOW_UP,
        summary="A few words on how you have been, needles, a quiet rest, and a word before you go.",
        phases=[attended(15), resting(20), attended(10)],
        buffer_after_minutes=5,
        place_kind=ROOM,
        price=pounds("52.00"),
    ),
    TreatmentCreate(
        name="Community acupuncture",
        slug=COMMUNITY,
        summary="Treatment in a reclining chair in our group room, among up to three others, at a lower price. You stay dressed.",
        phases=[attended(10), resting(40), attended(5)],
        buffer_after_minutes=5,
        # Every twenty minutes the next chair begins, while the others rest: needles in and needles out never meet.
        step_minutes=20,
        place_kind=CHAIR,
        price=pounds("24.00"),
        change_notice_minutes=4 * 60,
    ),
    TreatmentCreate(
        name="Electro-acupuncture",
        slug=ELECTRO,
        summary="Needles with a very weak current. Not for everybody: we look at each request, and may call you, before we confirm it.",
        phases=[attended(20), resting(20), attended(10)],
        buffer_after_minutes=10,
        place_kind=ROOM,
        price=pounds("64.00"),
        needs_approval=True,
        notice_minutes=48 * 60,
    ),
    TreatmentCreate(
        name="Maintenance treatment",
        slug=MAINTENANCE,
        summary="A shorter treatment, once a month or so, for patients who have been here before.",
        phases=[attended(10), resting(20), attended(5)],
        buffer_after_minutes=5,
        place_kind=ROOM,
        price=pounds("44.00"),
        audience="returning",
    ),
    TreatmentCreate(
        name="Ear acupuncture",
        slug=EAR,
        summary="Five fine needles in each ear while you sit and rest.",
        phases=[attended(5), resting(20), attended(5)],
        place_kind=ROOM,
        price=pounds("28.00"),
    ),
    TreatmentCreate(
        name="Cupping",
        slug=CUPPING,
        summary="Glass cups on back and shoulders, without needles. They can leave round marks for a week or so.",
        phases=[attended(30)],
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        place_kind=ROOM,
        price=pounds("38.00"),
    ),
    TreatmentCreate(
        name="Introductory call",
        slug=CALL,
        summary="A quarter of an hour on the telephone, free of charge, to find out whether we are the right people to ask.",
        phases=[attended(15)],
        price=pounds("0.00"),
        horizon_days=30,
    ),
)


async def offer(session: AsyncSession, actor: Actor) -> dict[str, Treatment]:
    """The treatments, by slug."""
    return {wanted.slug: await actions.create(session, actor, wanted) for wanted in _TREATMENTS if wanted.slug}
