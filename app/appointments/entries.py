"""A decision as it is written: the appointment's columns, and the stretches of time in the ledger. A file of its own, because booking, holding and
moving write the same.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.appointments.decision import Decision
from app.diary.ledger import Stretch
from app.kit.ids import new_reference
from app.scheduling.intervals import Interval


def columns(decision: Decision, *, status: str, patient_id: UUID | None, **more: Any) -> dict[str, Any]:
    """Of a new appointment: what it was booked with, whatever becomes of the treatment."""
    treatment, candidate = decision.catalogue.treatment, decision.candidate
    offer = candidate.practitioner.offer
    price = None if offer is None else offer.price_amount
    return {
        "id": decision.appointment_id,
        "reference": new_reference("AP"),
        "status": status,
        "treatment_id": treatment.id,
        "treatment_name": treatment.name,
        "phases": [{"minutes": phase.minutes, "attended": phase.attended} for phase in candidate.phases],
        "buffer_before_minutes": treatment.buffer_before_minutes,
        "buffer_after_minutes": treatment.buffer_after_minutes,
        "patient_id": patient_id,
        "price_amount": treatment.price_amount if price is None else price,
        "price_currency": treatment.price_currency if offer is None or offer.price_currency is None else offer.price_currency,
        **whereabouts(decision),
        "overrides": [],
        "created_at": decision.at,
        "updated_at": decision.at,
        "version": 1,
        **more,
    }


def whereabouts(decision: Decision) -> dict[str, Any]:
    """With whom, where and when; what changes when an appointment moves."""
    candidate, zone = decision.candidate, decision.candidate.location.time_zone
    starts_at = datetime.fromtimestamp(decision.wish.starts_at, UTC)
    return {
        "practitioner_id": candidate.practitioner.id,
        "location_id": candidate.location.id,
        "place_id": None if decision.place is None else decision.place.id,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(seconds=candidate.footprint.duration),
        "time_zone": zone,
        "wall_start": starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
        "overbooked": bool(decision.waits_for),
    }


def taken(decision: Decision, patient_resource_id: int | None) -> list[Stretch]:
    """What practitioner, place and patient, if there is one already, are taken for."""
    footprint, start = decision.candidate.footprint, decision.wish.starts_at
    found = _stretches(decision, decision.candidate.practitioner.resource_id, decision.free)
    if decision.place is not None:
        found += _stretches(decision, decision.place.resource_id, [_from(start, footprint.place)])
    if patient_resource_id is not None:
        found += _stretches(decision, patient_resource_id, [_from(start, footprint.patient)])
    return found


def waits_for(decision: Decision) -> list[Stretch]:
    """What others have of the practitioner's time."""
    return _stretches(decision, decision.candidate.practitioner.resource_id, decision.waits_for)


def concerned(decisions: Collection[Decision], patient_resource_id: int | None) -> set[int]:
    """The resources of practitioners and places, and of the patient if there is one already."""
    patient = set() if patient_resource_id is None else {patient_resource_id}
    return {decision.candidate.practitioner.resource_id for decision in decisions} | places(decisions) | patient


def places(decisions: Iterable[Decision]) -> set[int]:
    """The resources of places."""
    return {decision.place.resource_id for decision in decisions if decision.place is not None}


def _stretches(decision: Decision, resource_id: int, parts: Iterable[Interval]) -> list[Stretch]:
    return [Stretch(decision.appointment_id, decision.candidate.location.id, resource_id, *part) for part in parts]


def _from(start: int, stretch: Interval) -> Interval:
    return start + stretch[0], start + stretch[1]
