"""Book, confirm, cancel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import booking, queries
from app.appointments.booking import Decision, Wish
from app.appointments.models import BOOKED, CANCELLED, PENDING, Appointment
from app.appointments.refusal import SlotUnavailable, refusal
from app.appointments.schemas import AppointmentCreate
from app.availability.candidates import Caller
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import PatientRow, PlaceRow
from app.availability.search import known_patient
from app.clinic import queries as clinic_queries
from app.diary import ledger
from app.diary.ledger import Stretch
from app.diary.models import PATIENT, Resource
from app.identity import audit
from app.identity.actions import new_link
from app.identity.actor import Actor
from app.identity.models import AuditEntry, PatientLink
from app.identity.policy import PATIENT as LINK
from app.identity.policy import PRACTITIONER
from app.kit.batch import Batch, Cursor
from app.kit.db import Connection, driver
from app.kit.errors import Conflict, Forbidden, InvalidField, PreconditionFailed
from app.kit.ids import new_reference, uuid7
from app.patients import actions as patients
from app.patients.models import Patient
from app.scheduling import slots
from app.scheduling.obstacles import Code

LINK_OUTLIVES = timedelta(days=30)


class WrongState(Conflict):
    code = "wrong_state"
    title = "The appointment is not in a state that allows this"


class TooLateToChange(Conflict):
    code = "too_late_to_change"
    title = "It is too late to change this online; please call the clinic"


@dataclass(frozen=True, slots=True)
class Made:
    """A booked appointment, and for the public the token of its private link."""

    appointment: Appointment
    manage_token: str | None


async def preview(
    session: AsyncSession, memory: Memory[Free], actor: Actor, wanted: AppointmentCreate, fixed_now: datetime | None
) -> Appointment:
    """What booking would make; nothing is locked or written. Raises as `book` does."""
    connection = await driver(session)
    caller, _ = await _caller(connection, actor, wanted, fixed_now)
    decision = await booking.decide(connection, memory, _wish(wanted), caller, fixed_now, dry_run=True)
    return Appointment(**_row(actor, wanted, decision, uuid7()))


async def book(
    session: AsyncSession, memory: Memory[Free], actor: Actor, wanted: AppointmentCreate, fixed_now: datetime | None
) -> Made:
    """Raises InvalidField, and SlotUnavailable with every reason and what is free instead."""
    connection = await driver(session)
    caller, patient = await _caller(connection, actor, wanted, fixed_now)
    decision = await booking.decide(connection, memory, _wish(wanted), caller, fixed_now, dry_run=False)
    newcomer = None
    if wanted.patient is not None:
        # Staff know whom they are writing down; what a stranger says is theirs to confirm.
        newcomer = patients.newcomer(
            wanted.patient, wanted.patient.booked_by, resource_id=decision.patient_resource_id, confirmed=actor.is_staff
        )
    row = _row(actor, wanted, decision, newcomer["id"] if newcomer else (patient.id if patient else uuid7()))
    token = await _write(connection, actor, decision, row, newcomer)
    return Made(Appointment(**row), token)


async def _caller(
    connection: Connection, actor: Actor, wanted: AppointmentCreate, fixed_now: datetime | None
) -> tuple[Caller, PatientRow | None]:
    """Who comes, as far as the rules may know. Raises InvalidField when that is not said, or said by somebody who may not."""
    if actor.role == PRACTITIONER and wanted.practitioner_id != actor.practitioner_id:
        raise Forbidden("A practitioner books into their own diary only.")
    comes_again = actor.role == LINK and wanted.patient is None and wanted.patient_id is None
    if not comes_again and (wanted.patient is None) == (wanted.patient_id is None):
        raise InvalidField("/patient", "Either a patient or a patient_id is needed")
    if not actor.is_staff:
        for pointer, value in (("/patient_id", wanted.patient_id), ("/place_id", wanted.place_id)):
            if value is not None:
                raise InvalidField(pointer, "Only staff may choose this")
        if wanted.patient is not None and wanted.patient.email is None and wanted.patient.phone is None:
            raise InvalidField("/patient", "An e-mail address or a telephone number is needed")
    if wanted.patient_id is None and not comes_again:
        return Caller(staff=actor.is_staff), None
    return await known_patient(connection, actor, wanted.patient_id, fixed_now, "/patient_id")


def _wish(wanted: AppointmentCreate) -> Wish:
    return Wish(
        wanted.treatment_id, wanted.practitioner_id, wanted.location_id, wanted.place_id, int(wanted.starts_at.timestamp())
    )


def _row(actor: Actor, wanted: AppointmentCreate, decision: Decision, patient_id: UUID) -> dict[str, Any]:
    """The appointment's columns: what it was booked with, whatever becomes of the treatment."""
    treatment, candidate = decision.catalogue.treatment, decision.candidate
    offer = candidate.practitioner.offer
    price = None if offer is None else offer.price_amount
    zone = candidate.location.time_zone
    return {
        "id": uuid7(),
        "reference": new_reference("AP"),
        "status": PENDING if treatment.needs_approval and not actor.is_staff else BOOKED,
        "treatment_id": treatment.id,
        "treatment_name": treatment.name,
        "phases": [{"minutes": phase.minutes, "attended": phase.attended} for phase in candidate.phases],
        "buffer_before_minutes": treatment.buffer_before_minutes,
        "buffer_after_minutes": treatment.buffer_after_minutes,
        "practitioner_id": candidate.practitioner.id,
        "location_id": candidate.location.id,
        "place_id": decision.places[0].id if decision.places else None,
        "patient_id": patient_id,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.starts_at + timedelta(seconds=candidate.footprint.duration),
        "time_zone": zone,
        "wall_start": wanted.starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
        "price_amount": treatment.price_amount if price is None else price,
        "price_currency": treatment.price_currency if offer is None or offer.price_currency is None else offer.price_currency,
        "notes": wanted.notes,
        "cancelled_at": None,
        "cancel_reason": None,
        "created_at": decision.at,
        "updated_at": decision.at,
        "version": 1,
    }


async def _write(
    connection: Connection, actor: Actor, decision: Decision, row: dict[str, Any], newcomer: dict[str, Any] | None
) -> str | None:
    """Everything in one trip; the token of the private link, for the public."""
    people = _people(decision, row)
    token = None
    async with Batch(connection) as batch:
        if newcomer is not None:
            await batch.insert(Resource, {"id": decision.patient_resource_id, "kind": PATIENT})
            await batch.insert(Patient, newcomer)
        await batch.insert(Appointment, row)
        taken = await ledger.occupy(batch, row["id"], row["location_id"], people)
        place_taken = await _take(batch, decision, decision.places[0], row) if decision.places else None
        if actor.is_staff:
            await batch.insert(AuditEntry, audit.row(actor, "appointment.book", "appointment", row["id"]))
        else:
            token, link = new_link(row["id"], row["ends_at"] + LINK_OUTLIVES)
            await batch.insert(PatientLink, link)
    if taken.rowcount != len(people):
        # Cannot be while everybody locks first; should it, the constraint's word is as good as ours.
        raise _lost(row, Code.BUSY)
    if place_taken is not None and place_taken.rowcount == 0:
        await _take_another(connection, decision, row)
    return token


async def _take(batch: Batch, decision: Decision, place: PlaceRow, row: dict[str, Any]) -> Cursor:
    """Send for a place; no row written means that somebody was faster."""
    stretch = _shifted(place.resource_id, decision.candidate.footprint.place, row)
    taken = await ledger.occupy(batch, row["id"], row["location_id"], [stretch])
    await ledger.bump(batch, place.resource_id)
    return taken


async def _take_another(connection: Connection, decision: Decision, row: dict[str, Any]) -> None:
    """The next of the free places that nobody took meanwhile. Raises SlotUnavailable when all went."""
    for place in decision.places[1:]:
        async with Batch(connection) as batch:
            taken = await _take(batch, decision, place, row)
            await batch.execute("UPDATE appointments SET place_id = %s WHERE id = %s", (place.id, row["id"]))
        if taken.rowcount == 1:
            row["place_id"] = place.id
            return
    raise _lost(row, Code.PLACE_BUSY)


def _people(decision: Decision, row: dict[str, Any]) -> list[Stretch]:
    """What practitioner and patient are taken for."""
    footprint, practitioner = decision.candidate.footprint, decision.candidate.practitioner
    if decision.patient_resource_id is None:
        raise AssertionError("a booking has a patient")
    return [_shifted(practitioner.resource_id, stretch, row) for stretch in footprint.practitioner] + [
        _shifted(decision.patient_resource_id, footprint.patient, row)
    ]


def _shifted(resource_id: int, stretch: tuple[int, int], row: dict[str, Any]) -> Stretch:
    start = int(row["starts_at"].timestamp())
    return Stretch(resource_id, start + stretch[0], start + stretch[1])


def _lost(row: dict[str, Any], code: Code) -> SlotUnavailable:
    return SlotUnavailable([refusal(0, int(row["starts_at"].timestamp()), [slots.Reason(code)], staff=True)])


async def confirm(session: AsyncSession, actor: Actor, appointment: Appointment) -> Appointment:
    """Pending becomes booked. It has occupied its time since it was asked for, so nothing can be in its way. Raises WrongState."""
    if appointment.status != PENDING:
        raise WrongState(status_now=appointment.status)
    appointment.status = BOOKED
    audit.record(session, actor, "appointment.confirm", "appointment", appointment.id, ["status"])
    await session.flush()  # the answer shows the new version
    return appointment


async def cancel(
    session: AsyncSession, actor: Actor, appointment: Appointment, reason: str, fixed_now: datetime | None
) -> Appointment:
    """Free its time. Raises WrongState; TooLateToChange for a patient within the treatment's notice of changes (T18); InvalidField."""
    clinic = await clinic_queries.the_clinic(session)
    if reason not in {known["code"] for known in clinic.cancel_reasons}:
        raise InvalidField("/reason", "The clinic has no such reason", "unknown_reason")
    resource_ids = await queries.resource_ids(session, appointment)
    async with Batch(await driver(session)) as batch:
        lock = await ledger.lock(batch, resource_ids)
        await ledger.release(batch, appointment.id)
    now = fixed_now or (await ledger.locked(lock, resource_ids)).at
    version = appointment.version
    await session.refresh(appointment)  # somebody may have been at it while we waited for the lock
    if appointment.version != version and actor.is_staff:
        raise PreconditionFailed
    if appointment.status == CANCELLED:
        raise WrongState(status_now=appointment.status)
    if actor.is_public:
        notice = await queries.change_notice_minutes(session, appointment, clinic.change_notice_minutes)
        if now > appointment.starts_at - timedelta(minutes=notice):
            raise TooLateToChange
    appointment.status, appointment.cancelled_at, appointment.cancel_reason = CANCELLED, now, reason
    if actor.is_staff:
        audit.record(session, actor, "appointment.cancel", "appointment", appointment.id, ["status"])
    await session.flush()  # the answer shows the new version
    return appointment
