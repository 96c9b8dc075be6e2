"""When the demo clinic is shut, when somebody works other hours, and who is on leave."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import affected
from app.clinic import closure_actions as closures
from app.clinic.closure_schemas import ClosureCreate, HolidaysWanted
from app.clinic.models import Location
from app.demo.practitioners import MAREN, TOMASZ
from app.demo.premises import QUILLOW_LANE, TERN_QUAY
from app.identity.actor import Actor
from app.practitioners import diary_actions as practitioners
from app.practitioners.diary_schemas import OverrideCreate, TimeOffCreate, Window
from app.practitioners.models import Practitioner
from app.scheduling.obstacles import Code

_HORIZON = timedelta(days=120)
_THURSDAY, _WEDNESDAY = 3, 2


async def close(session: AsyncSession, actor: Actor, locations: Mapping[str, Location], today: date) -> None:
    """Public holidays, and an afternoon for the staff."""
    years = sorted({today.year, (today + _HORIZON).year})
    await closures.import_holidays(session, actor, HolidaysWanted(country="GB", subdivision="ENG", years=years))
    training_on = _next(today + timedelta(weeks=2), _WEDNESDAY)
    training = ClosureCreate.model_validate(
        {
            "location_id": locations[TERN_QUAY].id,
            "from_on": training_on,
            "to_on": training_on,
            "starts": "13:00",
            "reason": "Staff training",
        }
    )
    await closures.create(session, actor, training)


async def work_otherwise(
    session: AsyncSession,
    actor: Actor,
    employed: Mapping[str, Practitioner],
    locations: Mapping[str, Location],
    today: date,
) -> None:
    """One evening off."""
    early = Window.model_validate({"starts": "12:00", "ends": "15:30"})
    on = _next(today + timedelta(weeks=1), _THURSDAY)
    wanted = OverrideCreate(location_id=locations[QUILLOW_LANE].id, date=on, windows=[early])
    await practitioners.create_override(session, actor, employed[MAREN], wanted)


async def take_leave(session: AsyncSession, actor: Actor, employed: Mapping[str, Practitioner], now: datetime) -> None:
    """Two days, entered when people had booked them already: the diary shows whom that hits."""
    away = employed[TOMASZ]
    starts_at = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)
    wanted = TimeOffCreate(starts_at=starts_at, ends_at=starts_at + timedelta(days=2), reason="A course")
    await practitioners.create_time_off(session, actor, away, wanted)
    await affected.mark(session, now, [away.resource_id], {Code.TIME_OFF})


def _next(on: date, weekday: int) -> date:
    return on + timedelta(days=(weekday - on.weekday()) % 7)
