"""Applies a replan: moves some sessions of a course and books those that have no time, all or none (K4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import entries, history, links, together, vacancy
from app.appointments import queries as appointment_queries
from app.appointments.booking import Arranged, Desk
from app.appointments.decision import Decision
from app.appointments.models import Appointment, HistoryEntry
from app.appointments.queries import Concerned
from app.appointments.states import BOOKED, NO_SHOW, OCCUPYING, Verb
from app.appointments.steps import is_late
from app.appointments.whose import check_whose_diary
from app.appointments.wishes import Wish, kept
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.search import known_patient
from app.courses.actions import AFTER_THE_FIRST
from app.courses.cadence import question_of
from app.courses.changes import read_again
from app.courses.offered import treatments_of
from app.courses.queries import Whole
from app.courses.refusals import check_status
from app.courses.replan_schemas import Move
from app.courses.replanning import REPLANNED
from app.courses.standing import counted, may_move
from app.diary import claims, ledger
from app.identity import audit
from app.identity.actor import Actor
from app.kit.batch import Batch
from app.kit.db import driver
from app.kit.errors import Conflict, InvalidField


class SessionSettled(Conflict):
    code = "session_settled"
    title = "Some of these sessions do not move any more"
    meaning = "What is over, has begun, was fulfilled or is pinned stays. `session_numbers` says which of them."
    example: ClassVar[dict[str, Any]] = {"session_numbers": [1]}


async def apply(
    session: AsyncSession, memory: Memory[Free], actor: Actor, whole: Whole, moves: Sequence[Move], fixed_now: datetime | None
) -> None:
    """Raises WrongCourseState, SessionSettled, InvalidField, Forbidden, PatientGone, PreconditionFailed, and SlotUnavailable for all that cannot be
    had."""
    now = await appointment_queries.now(session, fixed_now)
    check_status(whole, now, *REPLANNED)
    treatments, there = _treatments(whole, moves), _there(actor, whole, moves, now)
    ids = [one.id for one in there.values()]
    left = await appointment_queries.concerned(session, ids)
    notices = await appointment_queries.change_notices(session, {one.treatment_id for one in there.values()})
    connection = await driver(session)
    caller, _ = await known_patient(connection, actor, whole.patient_id, fixed_now, "/patient_id", ids)
    applying = _Applying(session, actor, whole, moves, there, left, notices, fixed_now)
    wishes = applying.wishes(treatments)
    await Desk(connection, memory, wishes, caller, fixed_now, without=ids, locked_too=left.practitioners).arrange(applying.write)


class _Applying:
    """Some moves being made. `there` is what they move, by place in the request; `left` whom that concerns, and `notices` how long before its start a
    patient may still change a treatment."""

    def __init__(
        self,
        session: AsyncSession,
        actor: Actor,
        whole: Whole,
        moves: Sequence[Move],
        there: Mapping[int, Appointment],
        left: Concerned,
        notices: Mapping[UUID, timedelta],
        fixed_now: datetime | None,
    ) -> None:
        self._session, self._actor, self._whole, self._moves, self._fixed_now = session, actor, whole, moves, fixed_now
        self._there, self._left, self._notices = there, left, notices
        self._version = whole.version

    def wishes(self, treatments: Sequence[UUID]) -> list[Wish]:
        """`treatments` of the sessions, were they new."""
        return [
            Wish(
                treatments[place] if there is None else there.treatment_id,
                move.to.practitioner_id,
                move.to.location_id,
                None,
                int(move.to.starts_at.timestamp()),
                AFTER_THE_FIRST,
                None if there is None else kept(there, stays=False),
                pointer=f"/moves/{place}/to/",
                index=place,
            )
            for place, move in enumerate(self._moves)
            for there in [self._there.get(place)]
        ]

    async def write(self, arranged: Arranged) -> bool:
        """False when a place went meanwhile."""
        await read_again(self._session, self._whole, self._version, self._fixed_now)
        decisions, patient = arranged.decisions, arranged.patient_resource_id
        moved = {self._there[place]: decision for place, decision in enumerate(decisions) if place in self._there}
        rows = [self._row(place, decision) for place, decision in enumerate(decisions) if place not in self._there]
        wanted = [stretch for decision in decisions for stretch in entries.taken(decision, patient)]
        connection = await driver(self._session)
        async with Batch(connection) as batch:
            ledger.release(batch, [one.id for one in self._there.values()])
            ledger.purge(batch, entries.concerned(decisions, patient) | self._left.practitioners, self._fixed_now)
            together.step(batch, self._actor, Verb.RESCHEDULE, arranged.at, self._changes(moved, arranged.at))
            batch.insert_many(Appointment, rows)
            booked = [history.row(self._actor, "book", arranged.at, None, row) for row in rows]
            batch.insert_many(HistoryEntry, booked)
            taken = ledger.occupy(batch, wanted)
            ledger.touch(batch, self._left.places | entries.places(decisions))
            waiting = claims.ask(batch, self._left.practitioners, self._fixed_now)
        if taken.rowcount != len(wanted):
            return False
        audit.record(self._session, self._actor, "course.apply", "course", self._whole.course.id)
        await links.follow(self._session, self._whole.appointments[0])
        await vacancy.settle(self._session, self._actor, waiting, arranged.at)
        return True

    def _changes(self, moved: Mapping[Appointment, Decision], at: datetime) -> dict[Appointment, dict[str, Any]]:
        return {
            appointment: {
                **entries.whereabouts(decision),
                "overrides": [],
                "affected_by": [],
                "late": is_late(self._actor, appointment, self._notices[appointment.treatment_id], at),
            }
            for appointment, decision in moved.items()
        }

    def _row(self, place: int, decision: Decision) -> dict[str, Any]:
        course = {"course_id": self._whole.course.id, "session_number": self._moves[place].session_number, "pinned": False}
        patient_id = self._whole.patient_id
        return entries.columns(decision, status=BOOKED, patient_id=patient_id, **course)


def _there(actor: Actor, whole: Whole, moves: Sequence[Move], now: datetime) -> dict[int, Appointment]:
    """What is there of the sessions that are named, by place in the request. Raises InvalidField, SessionSettled, Forbidden."""
    known = counted(whole)
    found: dict[int, Appointment] = {}
    settled = []
    for place, move in enumerate(moves):
        there = known.get(move.session_number)
        if there is not None and there.status == NO_SHOW and move.appointment_id is None:
            there = None  # it was missed, and is booked again
        if move.appointment_id != (None if there is None else there.id):
            raise InvalidField(f"/moves/{place}/appointment_id", "This is not the session's appointment", "unknown_id")
        check_whose_diary(actor, move.to.practitioner_id)
        if there is None:
            continue
        if there.state not in OCCUPYING or not may_move(there, now):
            settled.append(move.session_number)
        check_whose_diary(actor, there.practitioner_id)
        found[place] = there
    if settled:
        raise SessionSettled(session_numbers=sorted(settled))
    _check_order(known, moves, now)
    return found


def _check_order(known: Mapping[int, Appointment], moves: Sequence[Move], now: datetime) -> None:
    """What moves takes place in the order of the sessions' numbers, between what is settled. Where a person has put one out of turn and pinned it,
    that is not looked at, as in a replan. Raises InvalidField."""
    starts: dict[int, datetime] = {}
    latest = None
    for number, one in sorted(known.items()):
        if one.state in OCCUPYING and not may_move(one, now) and (latest is None or one.starts_at >= latest):
            starts[number], latest = one.starts_at, one.ends_at
    starts |= {move.session_number: move.to.starts_at for move in moves}
    for place, move in enumerate(moves):
        at, number = move.to.starts_at, move.session_number
        if any((other < number) != (start < at) for other, start in starts.items() if other != number):
            raise InvalidField(f"/moves/{place}/to/starts_at", "The sessions would not take place in their order")


def _treatments(whole: Whole, moves: Sequence[Move]) -> list[UUID]:
    """Of the sessions that are named, were they new. Raises InvalidField for one that the course does not have."""
    question = question_of(whole.course)
    each = [whole.course.treatment_id] * max(one.session_number or 0 for one in whole.appointments)
    if question is not None:
        each = treatments_of(question)
    for place, move in enumerate(moves):
        if move.session_number > len(each):
            raise InvalidField(f"/moves/{place}/session_number", "The course has no such session", "unknown_number")
    return [each[move.session_number - 1] for move in moves]
