"""Book: directly, or what is held."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import entries, history, holding, links
from app.appointments.booking import Arranged, Desk
from app.appointments.decision import Decision
from app.appointments.models import Appointment, HistoryEntry
from app.appointments.schemas import AppointmentCreate
from app.appointments.states import BOOKED, PENDING
from app.appointments.whose import check_staff_only, check_whose_diary, waived
from app.appointments.wishes import Wish, kept
from app.availability.candidates import Caller
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import PatientRow
from app.availability.search import known_patient
from app.diary import ledger
from app.diary.models import PATIENT, Resource
from app.identity import audit
from app.identity.actor import Actor
from app.identity.models import AuditEntry, PatientLink
from app.identity.policy import PATIENT as LINK
from app.kit.batch import Batch
from app.kit.db import Base, Connection, driver
from app.kit.errors import InvalidField
from app.kit.ids import uuid7
from app.kit.last import Last
from app.patients import actions as patients
from app.patients.models import Patient


@dataclass(frozen=True, slots=True)
class Made:
    """A booked appointment, and for the public the token of its private link."""

    appointment: Appointment
    manage_token: str | None


async def preview(
    session: AsyncSession,
    memory: Memory[Free],
    actor: Actor,
    wanted: AppointmentCreate,
    fixed_now: datetime | None,
    hold_token: str | None = None,
) -> Appointment:
    """What booking would make; nothing is locked or written. Raises as `book` does."""
    connection = await driver(session)
    caller, _ = await _caller(connection, actor, wanted, fixed_now)
    held = await holding.match(session, hold_token, wanted, fixed_now)
    wish = _wish(wanted, held)
    without = [] if held is None else [held.id]
    [decision] = await Desk(connection, memory, [wish], caller, fixed_now, without).preview()
    return Appointment.of_row(_columns(actor, wanted, decision, uuid7()))


async def book(
    session: AsyncSession,
    memory: Memory[Free],
    actor: Actor,
    wanted: AppointmentCreate,
    fixed_now: datetime | None,
    hold_token: str | None = None,
) -> Made:
    """Raises InvalidField, HoldMismatch, and SlotUnavailable with every reason and what is free instead."""
    connection = await driver(session)
    caller, patient = await _caller(connection, actor, wanted, fixed_now)
    held = await holding.match(session, hold_token, wanted, fixed_now)
    booking = _Booking(session, connection, actor, wanted, None if patient is None else patient.id, held, fixed_now)
    desk = Desk(
        connection,
        memory,
        [_wish(wanted, held)],
        caller,
        fixed_now,
        without=[] if held is None else [held.id],
        draws_patient=patient is None,
    )
    await desk.arrange(booking.write)
    return booking.made()


async def _caller(
    connection: Connection, actor: Actor, wanted: AppointmentCreate, fixed_now: datetime | None
) -> tuple[Caller, PatientRow | None]:
    """Who comes, as far as the rules may know. Raises InvalidField when that is not said, or said by somebody who may not."""
    check_whose_diary(actor, wanted.practitioner_id)
    comes_again = actor.role == LINK and wanted.patient is None and wanted.patient_id is None
    if not comes_again and (wanted.patient is None) == (wanted.patient_id is None):
        raise InvalidField("/patient", "Either a patient or a patient_id is needed")
    given = {"/patient_id": wanted.patient_id, "/place_id": wanted.place_id, "/overrides": wanted.overrides or None}
    check_staff_only(actor, given)
    if actor.is_public and wanted.patient is not None and wanted.patient.email is None and wanted.patient.phone is None:
        raise InvalidField("/patient", "An e-mail address or a telephone number is needed")
    if wanted.patient_id is None and not comes_again:
        return Caller(staff=actor.is_staff), None
    return await known_patient(connection, actor, wanted.patient_id, fixed_now, "/patient_id")


def _wish(wanted: AppointmentCreate, held: Appointment | None) -> Wish:
    wish = Wish(
        wanted.treatment_id,
        wanted.practitioner_id,
        wanted.location_id,
        wanted.place_id,
        int(wanted.starts_at.timestamp()),
        waived(wanted.overrides),
    )
    if held is None:
        return wish
    return replace(
        wish,
        practitioner_id=held.practitioner_id,
        place_id=None,
        waived=wish.waived | holding.SETTLED,
        kept=kept(held, stays=True),
    )


def _columns(actor: Actor, wanted: AppointmentCreate, decision: Decision, patient_id: UUID) -> dict[str, Any]:
    return entries.columns(
        decision,
        status=_status(actor, decision),
        patient_id=patient_id,
        notes=wanted.notes,
        overrides=[one.model_dump() for one in wanted.overrides],
    )


def _status(actor: Actor, decision: Decision) -> str:
    return PENDING if decision.catalogue.treatment.needs_approval and not actor.is_staff else BOOKED


class _Booking:
    """What is written for one sitting that was decided."""

    def __init__(
        self,
        session: AsyncSession,
        connection: Connection,
        actor: Actor,
        wanted: AppointmentCreate,
        patient_id: UUID | None,
        held: Appointment | None,
        fixed_now: datetime | None,
    ) -> None:
        self._session = session
        self._connection = connection
        self._actor = actor
        self._wanted = wanted
        self._patient_id = patient_id
        self._held = held
        self._fixed_now = fixed_now
        self._made: Made | None = None

    def made(self) -> Made:
        if self._made is None:
            raise AssertionError("asked for before it was written")
        return self._made

    async def write(self, arranged: Arranged) -> bool:
        newcomer = self._newcomer(arranged)
        patient_id = self._patient_id if newcomer is None else newcomer["id"]
        if patient_id is None:
            raise AssertionError("a booking has a patient")
        if self._held is None:
            return await self._write_new(arranged, newcomer, patient_id)
        return await self._write_held(self._held, arranged, newcomer, patient_id)

    async def _write_new(self, arranged: Arranged, newcomer: dict[str, Any] | None, patient_id: UUID) -> bool:
        """In one trip."""
        [decision] = arranged.decisions
        row = _columns(self._actor, self._wanted, decision, patient_id)
        wanted = entries.taken(decision, arranged.patient_resource_id)
        token, trail = self._trail(decision)
        step = (HistoryEntry, history.row(self._actor, "book", arranged.at, None, row))
        async with Last(self._session, self._connection) as batch:
            batch.insert([*introduced(arranged, newcomer), (Appointment, row), step, trail])
            if arranged.again:
                ledger.purge(batch, entries.concerned(arranged.decisions, arranged.patient_resource_id), self._fixed_now)
            taken = ledger.occupy_last(batch, wanted)
            ledger.claim(batch, entries.waits_for(decision))
            ledger.touch(batch, entries.places(arranged.decisions))
        if not batch.wrote(taken, len(wanted)):
            return False
        self._made = Made(Appointment.of_row(row), token)
        return True

    async def _write_held(self, held: Appointment, arranged: Arranged, newcomer: dict[str, Any] | None, patient_id: UUID) -> bool:
        [decision] = arranged.decisions
        token, trail = self._trail(decision)
        async with Batch(self._connection) as batch:
            batch.insert([*introduced(arranged, newcomer), trail])
        appointment = await holding.book(
            self._session,
            self._actor,
            held,
            arranged,
            status=_status(self._actor, decision),
            patient_id=patient_id,
            notes=self._wanted.notes,
            overrides=[one.model_dump() for one in self._wanted.overrides],
        )
        self._made = Made(appointment, token)
        return True

    def _trail(self, decision: Decision) -> tuple[str | None, tuple[type[Base], dict[str, Any]]]:
        """Of staff who booked it; the public gets the token of a private link instead."""
        if self._actor.is_staff:
            changed = ["overrides"] if self._wanted.overrides else []
            entry = audit.row(self._actor, "appointment.book", "appointment", decision.appointment_id, changed)
            return None, (AuditEntry, entry)
        token, link = links.row({"id": decision.appointment_id, **entries.whereabouts(decision)})
        return token, (PatientLink, link)

    def _newcomer(self, arranged: Arranged) -> dict[str, Any] | None:
        """Staff know whom they are writing down; what a stranger says is theirs to confirm."""
        who = self._wanted.patient
        if who is None:
            return None
        return patients.newcomer(who, who.booked_by, resource_id=arranged.patient_resource_id, confirmed=self._actor.is_staff)


def introduced(arranged: Arranged, newcomer: dict[str, Any] | None) -> list[tuple[type[Base], dict[str, Any]]]:
    """The rows of a patient who is new, before those that refer to them."""
    if newcomer is None:
        return []
    return [(Resource, {"id": arranged.patient_resource_id, "kind": PATIENT}), (Patient, newcomer)]
