"""One step of several appointments at once, as the sessions of a course take it: however many there are, it is the same few statements.

Apart from `steps`, which is about one. Whoever calls it has locked whom they concern, and has read them again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.appointments import history
from app.appointments.models import Appointment, HistoryEntry
from app.appointments.states import Verb
from app.appointments.steps import leads_to
from app.identity import audit
from app.identity.actor import Actor
from app.identity.models import AuditEntry
from app.kit.batch import Batch

Changes = Mapping[Appointment, Mapping[str, Any]]
"""What becomes of each: new values by column, the same columns for all."""


def step(batch: Batch, actor: Actor, verb: Verb, at: datetime, changes: Changes) -> None:
    """Send what is written and remembered. What was read before is outdated by it. Raises WrongState."""
    rows, entries, trail = [], [], []
    for appointment, columns in changes.items():
        row = {"id": appointment.id, **columns, "status": leads_to(appointment, verb, at)}
        entry = history.row(actor, verb, at, history.told(appointment), row)
        rows.append(row)
        entries.append(entry)
        trail.append(audit.row(actor, f"appointment.{verb}", "appointment", appointment.id, entry["changes"]))
    batch.update_many(Appointment, rows)
    batch.insert_many(HistoryEntry, entries)
    batch.insert_many(AuditEntry, trail)
