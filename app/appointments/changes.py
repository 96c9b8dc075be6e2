"""What becomes of an appointment after it was booked: confirm, reschedule, cancel, arrive, fulfil, no-show, undo.

Each locks the practitioner and the patient, reads the appointment again, asks the table of states, and writes. What comes to occupy time asks the
core first, as a booking does (`booking`). A file beside `actions`, which is about booking.
"""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import affected, entries, links, queries, vacancy
from app.appointments.booking import Arranged, Desk
from app.appointments.models import Appointment
from app.appointments.schemas import ConfirmBody, RescheduleBody
from app.appointments.states import HELD, NO_SHOW, Verb
from app.appointments.steps import MAX_ATTEMPTS, Moved, Step, begin, check_reason, is_late, leads_to, read_again
from app.appointments.whose import check_staff_only, check_whose_diary, waived
from app.appointments.wishes import Wish, kept
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.search import known_patient
from app.diary import claims, ledger
from app.identity.actor import Actor
from app.kit.batch import Batch
from app.kit.db import driver
from app.kit.errors import Conflict, Unavailable
from app.scheduling.obstacles import Code

# An undo asks only who and what is busy.
_ALL_BUT_BUSY: Final = frozenset(set(Code) - {Code.BUSY, Code.PLACE_BUSY, Code.PATIENT_BUSY})
# What was right when it was booked stays right: whom the treatment is for and, while it stays where it is, where its starts lie. Its time is its own
# then, though others may wait for it.
_ADMITTED: Final = frozenset({Code.AUDIENCE})
_AS_IT_LIES: Final = frozenset({Code.AUDIENCE, Code.GRID, Code.BUSY})


class TooLateToUndo(Conflict):
    code = "too_late_to_undo"
    title = "Only what was marked on the same local day can be undone"


class SessionBookedAgain(Conflict):
    code = "session_booked_again"
    title = "This session of its course was booked again meanwhile"
    meaning = "The patient missed it, and has another appointment for it. Cancel that one first, if it was a mistake."


async def confirm(
    session: AsyncSession,
    memory: Memory[Free],
    actor: Actor,
    appointment: Appointment,
    body: ConfirmBody,
    fixed_now: datetime | None,
) -> None:
    """Pending becomes booked, if it can still be kept. Raises WrongState, SlotUnavailable, PreconditionFailed."""
    leads_to(appointment, Verb.CONFIRM, fixed_now)
    known = waived(body.overrides) | frozenset(Code(one["rule"]) for one in appointment.overrides)
    wish = _wish(appointment, stays=True, rules=known | _AS_IT_LIES)
    version = appointment.version

    async def write(arranged: Arranged) -> bool:
        await read_again(session, actor, appointment, version)
        step = Step(session, actor, appointment, Verb.CONFIRM, arranged.at)
        appointment.overrides = [*appointment.overrides, *(one.model_dump() for one in body.overrides)]
        appointment.affected_by = [one for one in appointment.affected_by if one not in {rule.rule for rule in body.overrides}]
        await step.take()
        return True

    await (await _desk(session, memory, actor, appointment, wish, fixed_now)).arrange(write)


async def reschedule(
    session: AsyncSession,
    memory: Memory[Free],
    actor: Actor,
    appointment: Appointment,
    body: RescheduleBody,
    fixed_now: datetime | None,
) -> None:
    """To another time, with another practitioner, at another location: the same appointment, whose own time is free for it. Raises InvalidField,
    Forbidden, WrongState, TooLateToChange, SlotUnavailable, PreconditionFailed."""
    check_staff_only(actor, {"/place_id": body.place_id, "/overrides": body.overrides or None})
    for _ in range(MAX_ATTEMPTS):
        check_whose_diary(actor, body.practitioner_id or appointment.practitioner_id)
        leads_to(appointment, Verb.RESCHEDULE, fixed_now)
        try:
            await _reschedule(session, memory, actor, appointment, body, fixed_now)
        except Moved:
            await ledger.unlock(await driver(session))
            continue
        return
    raise Unavailable


async def _reschedule(
    session: AsyncSession,
    memory: Memory[Free],
    actor: Actor,
    appointment: Appointment,
    body: RescheduleBody,
    fixed_now: datetime | None,
) -> None:
    connection, version = await driver(session), appointment.version
    notice, now = await queries.change_notice(session, appointment, fixed_now)
    is_late(actor, appointment, notice, now)  # before anybody hears what is free instead
    left = await queries.concerned(session, [appointment.id])
    wish = _wish(appointment, stays=False, rules=waived(body.overrides) | _ADMITTED, body=body)

    async def write(arranged: Arranged) -> bool:
        await read_again(session, actor, appointment, version)
        step = Step(session, actor, appointment, Verb.RESCHEDULE, arranged.at)
        late = is_late(actor, appointment, notice, arranged.at)
        [decision] = arranged.decisions
        wanted, there = entries.taken(decision, arranged.patient_resource_id), entries.places(arranged.decisions)
        async with Batch(connection) as batch:
            ledger.release(batch, [appointment.id])
            in_the_way = entries.concerned(arranged.decisions, arranged.patient_resource_id) | left.practitioners
            ledger.purge(batch, in_the_way, fixed_now)
            taken = ledger.occupy(batch, wanted)
            ledger.claim(batch, entries.waits_for(decision))
            ledger.touch(batch, left.places | there)
            waiting = claims.ask(batch, left.practitioners, fixed_now)
        if taken.rowcount != len(wanted):
            return False
        for name, value in entries.whereabouts(decision).items():
            setattr(appointment, name, value)
        appointment.overrides = [one.model_dump() for one in body.overrides]
        appointment.pinned = appointment.course_id is not None  # a replan leaves it where somebody has put it (K4)
        appointment.late, appointment.affected_by = late, []
        await step.take()
        await links.follow(session, appointment)
        await vacancy.settle(session, actor, waiting, arranged.at)
        return True

    await (await _desk(session, memory, actor, appointment, wish, fixed_now, left.practitioners)).arrange(write)


async def cancel(
    session: AsyncSession, actor: Actor, appointment: Appointment, reason: str, fixed_now: datetime | None
) -> Appointment:
    """Free its time. Raises WrongState; TooLateToChange for a patient within the treatment's notice of changes (T18); InvalidField,
    PreconditionFailed."""
    await check_reason(session, reason)
    notice, _ = await queries.change_notice(session, appointment, fixed_now)
    step, left = await begin(session, actor, appointment, Verb.CANCEL, fixed_now)
    if step.leads_from != HELD:
        appointment.late = is_late(actor, appointment, notice, step.at)
    appointment.overbooked = False
    appointment.cancelled_at, appointment.cancel_reason, appointment.held_until = step.at, reason, None
    await step.take()
    await vacancy.leave(session, actor, [appointment.id], left, step.at, fixed_now)
    return appointment


async def arrive(session: AsyncSession, actor: Actor, appointment: Appointment, fixed_now: datetime | None) -> None:
    """Raises WrongState, PreconditionFailed."""
    step, _ = await begin(session, actor, appointment, Verb.ARRIVE, fixed_now)
    appointment.arrived_at = step.at
    await step.take()


async def fulfil(session: AsyncSession, actor: Actor, appointment: Appointment, fixed_now: datetime | None) -> None:
    """Raises WrongState, PreconditionFailed."""
    step, _ = await begin(session, actor, appointment, Verb.FULFIL, fixed_now)
    appointment.fulfilled_at = step.at
    await step.take()


async def miss(session: AsyncSession, actor: Actor, appointment: Appointment, fixed_now: datetime | None) -> None:
    """Nobody came: its time is free. Raises WrongState, PreconditionFailed."""
    step, left = await begin(session, actor, appointment, Verb.NO_SHOW, fixed_now)
    appointment.no_show_at, appointment.overbooked = step.at, False
    await step.take()
    await vacancy.leave(session, actor, [appointment.id], left, step.at, fixed_now)


async def undo(
    session: AsyncSession, memory: Memory[Free], actor: Actor, appointment: Appointment, fixed_now: datetime | None
) -> None:
    """An arrival, or that nobody came, on the local day on which it was marked. What gave its time away needs it again. Raises WrongState,
    TooLateToUndo, SlotUnavailable, PreconditionFailed."""
    leads_to(appointment, Verb.UNDO, fixed_now)
    if appointment.status != NO_SHOW:
        step, _ = await begin(session, actor, appointment, Verb.UNDO, fixed_now)
        _check_same_day(appointment, appointment.arrived_at, step.at)
        appointment.arrived_at = None
        await step.take()
        return
    version = appointment.version

    async def write(arranged: Arranged) -> bool:
        await read_again(session, actor, appointment, version)
        step = Step(session, actor, appointment, Verb.UNDO, arranged.at)
        _check_same_day(appointment, appointment.no_show_at, arranged.at)
        if await queries.is_booked_again(session, appointment):
            raise SessionBookedAgain
        if not await vacancy.take(session, arranged, fixed_now):
            return False
        appointment.no_show_at = None
        appointment.place_id = entries.whereabouts(arranged.decisions[0])["place_id"]
        await step.take()
        who = [arranged.decisions[0].candidate.practitioner.resource_id]
        await affected.mark(session, arranged.at, who, affected.CODES)
        await session.refresh(appointment)
        return True

    wish = _wish(appointment, stays=False, rules=_ALL_BUT_BUSY)
    await (await _desk(session, memory, actor, appointment, wish, fixed_now)).arrange(write)


def _check_same_day(appointment: Appointment, marked_at: datetime | None, at: datetime) -> None:
    zone = ZoneInfo(appointment.time_zone)
    if marked_at is None or marked_at.astimezone(zone).date() != at.astimezone(zone).date():
        raise TooLateToUndo


def _wish(appointment: Appointment, *, stays: bool, rules: frozenset[Code], body: RescheduleBody | None = None) -> Wish:
    """Where and when it is, but for what the body says."""
    found: dict[str, Any] = {
        "practitioner_id": appointment.practitioner_id,
        "location_id": appointment.location_id,
        "starts_at": appointment.starts_at,
        "place_id": None,
    }
    if body is not None:
        found |= {name: value for name in found if (value := getattr(body, name)) is not None}
    starts_at = int(found.pop("starts_at").timestamp())
    return Wish(appointment.treatment_id, **found, starts_at=starts_at, waived=rules, kept=kept(appointment, stays=stays))


async def _desk(
    session: AsyncSession,
    memory: Memory[Free],
    actor: Actor,
    appointment: Appointment,
    wish: Wish,
    fixed_now: datetime | None,
    locked_too: frozenset[int] = frozenset(),
) -> Desk:
    """As if the appointment were not there."""
    connection, itself = await driver(session), [appointment.id]
    caller, _ = await known_patient(connection, actor, appointment.patient_id, fixed_now, "/patient_id", itself)
    return Desk(connection, memory, [wish], caller, fixed_now, without=itself, locked_too=locked_too)
