"""What becomes of a course: confirm, extend, pause, resume, cancel the rest, and what is noted of it.

Each that touches sessions locks their practitioners and the patient first, then the course, and reads all of it again: the version that the caller
has read must still be the one, whoever changed the course or one of its sessions meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import history, together, vacancy
from app.appointments import queries as appointment_queries
from app.appointments.booking import Arranged, Desk
from app.appointments.holding import SETTLED, HoldExpired
from app.appointments.models import Appointment
from app.appointments.states import BOOKED, HELD, PENDING, Verb
from app.appointments.steps import check_reason, is_late
from app.appointments.wishes import Wish, kept
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.search import known_patient
from app.courses import queries
from app.courses.actions import AFTER_THE_FIRST
from app.courses.cadence import question_of, stored
from app.courses.course_schemas import CoursePatch
from app.courses.offered import check_known
from app.courses.progress import Status
from app.courses.queries import Whole
from app.courses.refusals import CourseWithoutQuestion, check_status, check_whose
from app.courses.schemas import SESSIONS_MAX
from app.courses.standing import counted
from app.diary import ledger
from app.identity import audit
from app.identity.actor import Actor
from app.kit.batch import Batch
from app.kit.db import driver
from app.kit.errors import InvalidField, PreconditionFailed
from app.kit.wire import MAX_YEAR

LAST_DAY: Final = date(MAX_YEAR, 12, 31)


async def read_again(session: AsyncSession, whole: Whole, version: int, fixed_now: datetime | None) -> Whole:
    """With everybody locked; `version` is the one that the caller has read. Raises PreconditionFailed."""
    found = await queries.read_again(session, whole, fixed_now, lock=True)
    if found.version != version:
        raise PreconditionFailed
    return found


async def confirm(session: AsyncSession, memory: Memory[Free], actor: Actor, whole: Whole, fixed_now: datetime | None) -> None:
    """What is held is booked, all of it. Raises WrongCourseState, HoldExpired, PreconditionFailed, SlotUnavailable."""
    version, held = whole.version, [one for one in whole.appointments if one.status == HELD]
    check_status(whole, await appointment_queries.now(session, fixed_now), "held")
    check_whose(actor, held)
    connection, ids = await driver(session), [one.id for one in held]
    caller, _ = await known_patient(connection, actor, held[0].patient_id, fixed_now, "/patient_id", ids)
    wishes = [_as_it_is(one, index) for index, one in enumerate(held)]

    async def write(arranged: Arranged) -> bool:
        found = await read_again(session, whole, version, fixed_now)
        still = [one for one in found.appointments if one.id in set(ids)]
        if any(one.held_until is None or one.held_until <= arranged.at for one in still):
            raise HoldExpired
        async with Batch(connection) as batch:
            there = ledger.keep(batch, ids, None)
            together.step(batch, actor, Verb.BOOK, arranged.at, {one: {"held_until": None} for one in still})
        if len(set(there.rows)) < sum(2 if one.place_id is None else 3 for one in still):
            raise HoldExpired  # it ended between the lock and now, and somebody took a place
        audit.record(session, actor, "course.confirm", "course", whole.course.id)
        return True

    await Desk(connection, memory, wishes, caller, fixed_now, without=ids).arrange(write)


def _as_it_is(appointment: Appointment, index: int) -> Wish:
    return Wish(
        appointment.treatment_id,
        appointment.practitioner_id,
        appointment.location_id,
        None,
        int(appointment.starts_at.timestamp()),
        SETTLED | AFTER_THE_FIRST,
        kept(appointment, stays=True),
        index=index,
    )


async def cancel(session: AsyncSession, actor: Actor, whole: Whole, reason: str, fixed_now: datetime | None) -> None:
    """The rest of it: what is yet to come is free, and the course is over. Raises WrongCourseState, InvalidField, PreconditionFailed."""
    at = await _let_go(session, actor, whole, reason, fixed_now, ("active", "paused", "held"))
    whole.course.cancelled_at = at
    audit.record(session, actor, "course.cancel", "course", whole.course.id)
    await session.flush()


async def pause(session: AsyncSession, actor: Actor, whole: Whole, reason: str, fixed_now: datetime | None) -> None:
    """What is yet to come is free, and nobody is reminded of it until the course goes on. Raises as `cancel` does."""
    at = await _let_go(session, actor, whole, reason, fixed_now, ("active",))
    whole.course.paused_at = at
    audit.record(session, actor, "course.pause", "course", whole.course.id)
    await session.flush()


async def _let_go(
    session: AsyncSession,
    actor: Actor,
    whole: Whole,
    reason: str,
    fixed_now: datetime | None,
    allowed: Sequence[Status],
) -> datetime:
    """Cancel the sessions that have not begun; when that was."""
    await check_reason(session, reason)
    check_status(whole, await appointment_queries.now(session, fixed_now), *allowed)
    version, everybody = whole.version, await appointment_queries.concerned(session, [one.id for one in whole.appointments])
    at = await vacancy.lock(session, everybody, fixed_now)
    found = await read_again(session, whole, version, fixed_now)
    check_status(found, at, *allowed)
    check_whose(actor, list(counted(found).values()))
    rest = [one for one in found.appointments if one.state == HELD or (one.state in {PENDING, BOOKED} and one.starts_at > at)]
    if not rest:
        return at
    ids = [one.id for one in rest]
    left = await appointment_queries.concerned(session, ids)
    notices = await appointment_queries.change_notices(session, {one.treatment_id for one in rest})
    changes: Mapping[Appointment, Mapping[str, Any]] = {
        one: {
            "late": one.status != HELD and is_late(actor, one, notices[one.treatment_id], at),
            "overbooked": False,
            "cancelled_at": at,
            "cancel_reason": reason,
            "held_until": None,
        }
        for one in rest
    }
    async with Batch(await driver(session)) as batch:
        together.step(batch, actor, Verb.CANCEL, at, changes)
    await vacancy.leave(session, actor, ids, left, at, fixed_now)
    return at


async def resume(session: AsyncSession, actor: Actor, whole: Whole, fixed_now: datetime | None) -> None:
    """It goes on; a replan proposes times for what has none. Raises WrongCourseState, PreconditionFailed."""
    found = await read_again(session, whole, whole.version, fixed_now)
    check_whose(actor, list(counted(found).values()))
    check_status(found, await appointment_queries.now(session, fixed_now), "paused")
    found.course.paused_at = None
    audit.record(session, actor, "course.resume", "course", found.course.id)
    await session.flush()


async def extend(session: AsyncSession, actor: Actor, whole: Whole, more: int, fixed_now: datetime | None) -> None:
    """Raises WrongCourseState, CourseWithoutQuestion, InvalidField, PreconditionFailed."""
    found = await read_again(session, whole, whole.version, fixed_now)
    check_whose(actor, list(counted(found).values()))
    check_status(found, await appointment_queries.now(session, fixed_now), "active", "paused", "completed")
    question = question_of(found.course)
    if question is None:
        raise CourseWithoutQuestion
    if question.sessions + more > SESSIONS_MAX:
        raise InvalidField("/sessions", f"A course has at most {SESSIONS_MAX} sessions")
    last = question.cadence[-1].model_copy(update={"sessions": question.cadence[-1].sessions + more})
    later, further = question.latest_on, timedelta(days=more * last.max_days)
    if later is not None:
        later = min(later, LAST_DAY - further) + further
    longer = {"sessions": question.sessions + more, "cadence": [*question.cadence[:-1], last], "latest_on": later}
    found.course.question = stored(question.model_copy(update=longer))
    audit.record(session, actor, "course.extend", "course", found.course.id, ["question"])
    await session.flush()


async def update(
    session: AsyncSession, memory: Memory[Free], actor: Actor, whole: Whole, patch: CoursePatch, fixed_now: datetime | None
) -> None:
    """Title, notes, the question, and which sessions are pinned. Raises InvalidField, PreconditionFailed."""
    found = await read_again(session, whole, whole.version, fixed_now)
    changes = patch.changes()
    pinned, question = changes.pop("pinned", None), changes.pop("question", None)
    check_whose(actor, list(counted(found).values()))
    if question is not None:
        check_status(found, await appointment_queries.now(session, fixed_now), "held", "active", "paused", "completed")
        await check_known(memory, await driver(session), question, found.course.treatment_id, found.patient_id)
        if question.sessions < max(counted(found), default=0):
            raise InvalidField("/question/sessions", "The course has more sessions already")
        found.course.question = stored(question)
    for name, value in changes.items():
        setattr(found.course, name, value)
    if pinned is not None:
        _pin(session, actor, found, pinned, await appointment_queries.now(session, fixed_now))
    audit.record(session, actor, "course.update", "course", found.course.id, patch.model_fields_set)
    await session.flush()


def _pin(session: AsyncSession, actor: Actor, whole: Whole, numbers: Sequence[int], at: datetime) -> None:
    known = {one.session_number for one in whole.appointments}
    if not set(numbers) <= known:
        raise InvalidField("/pinned", "The course has no such session", "unknown_number")
    for one in whole.appointments:
        if one.pinned != (one.session_number in numbers):
            before = history.told(one)
            one.pinned = not one.pinned
            changed = history.record(session, actor, "pin" if one.pinned else "unpin", at, before, one)
            audit.record(session, actor, "appointment.pin", "appointment", one.id, changed)
