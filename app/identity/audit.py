"""The audit trail. Written in the transaction of the change, so there is no change without it and no entry without a change."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.actor import Actor
from app.identity.models import AuditEntry
from app.kit.ids import uuid7


def row(actor: Actor, action: str, subject_kind: str, subject_id: UUID | None, changed: Iterable[str] = ()) -> dict[str, Any]:
    """An entry's columns, for a path that writes many things in one trip."""
    return {
        "id": uuid7(),
        "actor_key": actor.key,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "request_id": actor.request_id,
        "changed": sorted(changed),
    }


def record(
    session: AsyncSession, actor: Actor, action: str, subject_kind: str, subject_id: UUID | None, changed: Iterable[str] = ()
) -> None:
    """Note that `actor` did `action` ("practitioner.update") to a subject. `changed` are field names, never values."""
    session.add(AuditEntry(**row(actor, action, subject_kind, subject_id, changed)))
