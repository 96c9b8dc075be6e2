"""Book or hold a whole course: every session of it or none, in one transaction, with one lock and a fixed number of statements (K3)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import entries, history
from app.appointments.actions import introduced
from app.appointments.booking import Arranged, Desk
from app.appointments.decision import Decision
from app.appointments.models import Appointment, HistoryEntry
from app.appointments.schemas import Override
from app.appointments.states import BOOKED, HELD
from app.appointments.whose import check_whose_diary, waived
from app.appointments.wishes import Wish
from app.availability.candidates import Caller
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.search import known_patient
from app.courses.cadence import stored
from app.courses.course_schemas import CourseCreate, SessionWanted
from app.courses.models import Course
from app.courses.offered import check_known, treatments_of
from app.courses.queries import Whole
from app.diary import ledger
from app.identity import audit
from app.identity.actor import Actor
from app.identity.models import AuditEntry
from app.kit.db import Connection, driver
from app.kit.errors import InvalidField
from app.kit.ids import new_reference, uuid7
from app.kit.last import Last
from app.patients import actions as patients
from app.scheduling.obstacles import Code

# Whom a treatment is for is asked of the first session that is booked; by the later ones the patient has come before.
AFTER_THE_FIRST: Final = frozenset({Code.AUDIENCE})


async def preview(
    session: AsyncSession, memory: Memory[Free], actor: Actor, wanted: CourseCreate, fixed_now: datetime | None
) -> list[Appointment]:
    """What `make` would make; nothing is locked or written. Raises as `make` does."""
    connection = await driver(session)
    making = await _making(session, connection, memory, actor, wanted, fixed_now)
    decisions = await making.desk(memory).preview()
    return [Appointment.of_row(row) for row in making.rows(decisions, uuid7(), uuid7())]


async def make(
    session: AsyncSession, memory: Memory[Free], actor: Actor, wanted: CourseCreate, fixed_now: datetime | None
) -> Whole:
    """The new course. Raises InvalidField, Forbidden, PatientGone, and SlotUnavailable for all sessions that cannot be had."""
    connection = await driver(session)
    making = await _making(session, connection, memory, actor, wanted, fixed_now)
    await making.desk(memory).arrange(making.write)
    return making.made()


async def _making(
    session: AsyncSession,
    connection: Connection,
    memory: Memory[Free],
    actor: Actor,
    wanted: CourseCreate,
    fixed_now: datetime | None,
) -> "_Making":
    if wanted.question is not None:
        await check_known(memory, connection, wanted.question, wanted.treatment_id, wanted.patient_id)
    return _Making(session, connection, actor, wanted, await _patient(connection, actor, wanted, fixed_now), fixed_now)


Comes = tuple[Caller, UUID | None]
"""Who comes, as far as the rules may know, and the record, if there is one already."""


async def _patient(connection: Connection, actor: Actor, wanted: CourseCreate, fixed_now: datetime | None) -> Comes:
    """Raises InvalidField."""
    if (wanted.patient is None) == (wanted.patient_id is None):
        raise InvalidField("/patient", "Either a patient or a patient_id is needed")
    if wanted.patient_id is None:
        return Caller(staff=actor.is_staff), None
    caller, patient = await known_patient(connection, actor, wanted.patient_id, fixed_now, "/patient_id")
    return caller, patient.id


class _Making:
    """A course being made. `sessions` are those that are meant: number, place in the request, and what is wanted."""

    def __init__(
        self,
        session: AsyncSession,
        connection: Connection,
        actor: Actor,
        wanted: CourseCreate,
        comes: Comes,
        fixed_now: datetime | None,
    ) -> None:
        self._session = session
        self._connection, self._actor, self._wanted, self._fixed_now = connection, actor, wanted, fixed_now
        self._caller, self._patient_id = comes
        self._sessions = _meant(actor, wanted)
        self.course_id = uuid7()
        self._made: Whole | None = None

    def desk(self, memory: Memory[Free]) -> Desk:
        treatments = _treatments(self._wanted)
        wishes = [
            Wish(
                session.treatment_id or treatments[number - 1],
                session.practitioner_id,
                session.location_id,
                session.place_id,
                int(session.starts_at.timestamp()),
                waived(self._overrides(session)) | (AFTER_THE_FIRST if place != self._sessions[0][1] else frozenset()),
                pointer=f"/sessions/{place}/",
                index=place,
            )
            for number, place, session in self._sessions
        ]
        return Desk(self._connection, memory, wishes, self._caller, self._fixed_now, draws_patient=self._patient_id is None)

    def _overrides(self, session: SessionWanted) -> list[Override]:
        own = {one.rule for one in session.overrides}
        return [*session.overrides, *(one for one in self._wanted.overrides if one.rule not in own)]

    def made(self) -> Whole:
        if self._made is None:
            raise AssertionError("asked for before it was written")
        return self._made

    async def write(self, arranged: Arranged) -> bool:
        """In one trip. False when a place went meanwhile."""
        newcomer, patient_id = None, self._patient_id
        if self._wanted.patient is not None:
            who = self._wanted.patient
            newcomer = patients.newcomer(who, who.booked_by, resource_id=arranged.patient_resource_id, confirmed=True)
            patient_id = newcomer["id"]
        if patient_id is None:
            raise AssertionError("a course has a patient")
        held_until = self._held_until(arranged.decisions)
        course, rows = self._course(arranged), self.rows(arranged.decisions, patient_id, self.course_id)
        verb, patient = "book" if held_until is None else "hold", arranged.patient_resource_id
        trail = audit.row(self._actor, f"course.{verb}", "course", self.course_id)
        wanted = [stretch for decision in arranged.decisions for stretch in entries.taken(decision, patient)]
        async with Last(self._session, self._connection) as batch:
            batch.insert([*introduced(arranged, newcomer), (Course, course), (AuditEntry, trail)])
            batch.insert_many(Appointment, rows)
            batch.insert_many(HistoryEntry, [history.row(self._actor, verb, arranged.at, None, row) for row in rows])
            ledger.purge(batch, entries.concerned(arranged.decisions, patient), self._fixed_now)
            taken = ledger.occupy_last(batch, wanted, held_until)
            ledger.claim(batch, [stretch for decision in arranged.decisions for stretch in entries.waits_for(decision)])
            ledger.touch(batch, entries.places(arranged.decisions))
        self._made = Whole(Course.of_row(course), [Appointment.of_row(row) for row in rows])
        return batch.wrote(taken, len(wanted))

    def rows(self, decisions: Sequence[Decision], patient_id: UUID, course_id: UUID) -> list[dict[str, Any]]:
        held_until = self._held_until(decisions)
        return [
            entries.columns(
                decision,
                status=BOOKED if held_until is None else HELD,
                patient_id=patient_id,
                course_id=course_id,
                session_number=number,
                pinned=session.pinned,
                held_until=held_until,
                overrides=[one.model_dump() for one in self._overrides(session)],
            )
            for (number, _, session), decision in zip(self._sessions, decisions, strict=True)
        ]

    def _course(self, arranged: Arranged) -> dict[str, Any]:
        question, now = self._wanted.question, arranged.at
        return {
            "id": self.course_id,
            "reference": new_reference("CO"),
            "treatment_id": self._wanted.treatment_id,
            "title": self._wanted.title,
            "notes": self._wanted.notes,
            "question": None if question is None else stored(question),
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }

    def _held_until(self, decisions: Sequence[Decision]) -> datetime | None:
        if not self._wanted.hold:
            return None
        minutes = decisions[0].catalogue.treatment.hold_minutes
        return decisions[0].at.replace(microsecond=0) + timedelta(minutes=minutes)


def _meant(actor: Actor, wanted: CourseCreate) -> list[tuple[int, int, SessionWanted]]:
    """Raises InvalidField when less than the whole course is sent and nobody has said so; Forbidden."""
    indexes = wanted.indexes()
    if wanted.question is not None and wanted.accept is None and len(indexes) < wanted.question.sessions:
        raise InvalidField("/accept", "The question has more sessions than are sent: say which of them are to be written")
    found = [
        (index + 1, place, session)
        for place, (index, session) in enumerate(zip(indexes, wanted.sessions, strict=True))
        if wanted.accept is None or index in wanted.accept
    ]
    for _, _, session in found:
        check_whose_diary(actor, session.practitioner_id)
    return found


def _treatments(wanted: CourseCreate) -> list[UUID]:
    """Of each session, by number."""
    if wanted.question is None:
        return [wanted.treatment_id] * max(index + 1 for index in wanted.indexes())
    return treatments_of(wanted.question)
