"""What is remembered of each step in an appointment's life: who, when, and what it was before and after.

Beside the audit trail, which says for the whole clinic who did what and holds no values; here the front desk reads when an appointment was moved,
from when to when. A file of its own, because booking, holding and changing all write it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import Appointment, HistoryEntry
from app.identity.actor import Actor
from app.kit.ids import uuid7
from app.kit.wire import format_instant

# What somebody on the telephone may ask about. Not the notes, which say things about health.
TOLD: Final = (
    "status",
    "starts_at",
    "practitioner_id",
    "location_id",
    "place_id",
    "patient_id",
    "held_until",
    "cancel_reason",
    "overrides",
    "overbooked",
    "late",
    "pinned",
)
_NOTHING: Final[Mapping[str, Any]] = {"overrides": [], "overbooked": False, "late": False, "pinned": False}


def told(appointment: Appointment) -> dict[str, Any]:
    """The present values, to be compared with later ones."""
    return {name: getattr(appointment, name) for name in TOLD}


def row(actor: Actor, verb: str, at: datetime, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> dict[str, Any]:
    """An entry's columns; `before` None is a beginning. `after` holds at least the id, and what is told."""
    was = _NOTHING if before is None else before
    changes = {
        name: [_json(was.get(name)), _json(after.get(name))] for name in TOLD if was.get(name) != after.get(name, was.get(name))
    }
    return {
        "id": uuid7(),
        "appointment_id": after["id"],
        "at": at,
        "actor_key": actor.key,
        "verb": verb,
        "changes": changes,
        "request_id": actor.request_id,
    }


def record(
    session: AsyncSession, actor: Actor, verb: str, at: datetime, before: Mapping[str, Any], appointment: Appointment
) -> list[str]:
    """Note a step, with what the appointment has become by it; the caller flushes both. The names of what changed."""
    entry = HistoryEntry(**row(actor, verb, at, before, {"id": appointment.id, **told(appointment)}))
    session.add(entry)
    return list(entry.changes)


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    return value if isinstance(value, bool | list | str | None) else str(value)
