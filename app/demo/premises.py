"""The demo clinic's settings, its two houses, and the rooms and chairs in them."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.clinic import actions, queries
from app.clinic.models import Location
from app.clinic.schemas import CancelReason, ClinicPatch, LocationCreate, PlaceCreate
from app.identity.actor import Actor

TIME_ZONE = "Europe/London"
QUILLOW_LANE, TERN_QUAY = "quillow-lane", "tern-quay"
ROOM, CHAIR = "room", "chair"

UNWELL, TIME, TRAVEL, BETTER, CLINIC, OTHER = "unwell", "time", "travel", "better", "clinic", "other"
_CANCEL_REASONS = {
    UNWELL: "I am unwell",
    TIME: "The time no longer suits me",
    TRAVEL: "I cannot get there",
    BETTER: "I do not need it any more",
    CLINIC: "The clinic had to cancel",
    OTHER: "Another reason",
}

_SETTINGS = ClinicPatch(
    name="Quillow Acupuncture",
    time_zone=TIME_ZONE,
    currency="GBP",
    step_minutes=15,
    notice_minutes=120,
    horizon_days=90,
    hold_minutes=10,
    change_notice_minutes=24 * 60,
    travel_minutes=30,
    holds_per_client=3,
    upcoming_per_patient=12,
    cancel_reasons=[CancelReason(code=code, label=label) for code, label in _CANCEL_REASONS.items()],
)

_LOCATIONS = (
    LocationCreate(
        name="Quillow Lane", slug=QUILLOW_LANE, time_zone=TIME_ZONE, address="18 Quillow Lane\nMarrowby\nTelephone 020 7946 0318"
    ),
    LocationCreate(
        name="Tern Quay",
        slug=TERN_QUAY,
        time_zone=TIME_ZONE,
        address="The Old Sail Loft, 3 Tern Quay\nMarrowby\nTelephone 020 7946 0327",
    ),
)
# By location, in the order in which they are taken.
_PLACES = {
    QUILLOW_LANE: (("Garden room", ROOM), ("Street room", ROOM), ("Attic room", ROOM)),
    TERN_QUAY: (
        ("Harbour room", ROOM),
        ("Quiet room", ROOM),
        *((f"Group room, chair {number}", CHAIR) for number in range(1, 5)),
    ),
}


async def furnish(session: AsyncSession, actor: Actor) -> dict[str, Location]:
    """The locations, by slug."""
    await actions.update_clinic(session, actor, await queries.the_clinic(session), _SETTINGS)
    made = {location.slug: await actions.create_location(session, actor, location) for location in _LOCATIONS if location.slug}
    for slug, places in _PLACES.items():
        for position, (name, kind) in enumerate(places, start=1):
            await actions.create_place(session, actor, made[slug], PlaceCreate(name=name, kind=kind, position=position))
    return made
