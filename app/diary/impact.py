"""What a change that takes time away does to appointments.

A file of its own, because those who take time away stand below appointments and may not import them: what works it out is put into the application
where it is wired, and a route asks for it here.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.wire import Instant, Output, examples

MAX_AFFECTED = 500

AFFECTED: Final[dict[str, Any]] = {
    "id": "0199a000-0000-7000-8000-000000000061",
    "reference": "AP-7F3K-9Q2M",
    "status": "booked",
    "treatment_name": "Follow-up treatment",
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "patient_id": "0199a000-0000-7000-8000-000000000051",
    "starts_at": "2026-12-02T09:00:00Z",
    "ends_at": "2026-12-02T09:45:00Z",
    "local_start": "2026-12-02T09:00:00+00:00",
    "affected_by": ["closed"],
}


class AffectedAppointment(Output):
    """An upcoming appointment that can no longer be kept as it is. It stays as it is until somebody deals with it."""

    model_config = examples(AFFECTED)

    id: UUID
    reference: str = Field(description="To read out over the telephone")
    status: str
    treatment_name: str
    practitioner_id: UUID
    location_id: UUID
    patient_id: UUID
    starts_at: Instant
    ends_at: Instant
    local_start: str = Field(description="Wall time at the location, with its offset")
    affected_by: list[str] = Field(description="Every reason: `closed`, `closure`, `time_off`, `registration`, `not_offered`")


class Affecting(Output):
    """The answer to a change that may have taken time away."""

    model_config = examples({"affected": [AFFECTED], "affected_total": 1})

    affected: list[AffectedAppointment] = Field(
        description=f"Upcoming appointments that this change hits, by start; the first {MAX_AFFECTED} of them"
    )
    affected_total: int = Field(description="How many there are")


class Impact(Protocol):
    async def __call__(
        self,
        session: AsyncSession,
        now: datetime,
        resource_ids: Collection[int],
        codes: Collection[str],
        from_at: datetime | None = None,
        until_at: datetime | None = None,
    ) -> list[AffectedAppointment]:
        """Work out anew which upcoming appointments of these practitioners can no longer be kept, and note it on them.

        Gives, by start, those that overlap the span (None: open) and are affected for one of these codes. To be called after the change was flushed,
        with the resources bumped and so locked.
        """


async def _impact(request: Request) -> Impact:
    found: Impact = request.app.state.impact
    return found


ImpactOf = Annotated[Impact, Depends(_impact)]

Answer = TypeVar("Answer", bound=Affecting)


def with_affected(answer: type[Answer], shown: BaseModel | None, affected: Sequence[AffectedAppointment]) -> Answer:
    """What a change is answered with: what the thing is now, and whom it hits."""
    values = {} if shown is None else shown.__dict__
    return answer.model_validate({**values, "affected": affected[:MAX_AFFECTED], "affected_total": len(affected)})


def around(from_on: date, to_on: date) -> tuple[datetime, datetime]:
    """A span of instants in which these dates lie, whatever the zone."""
    return (
        datetime.combine(from_on - timedelta(days=1), time(), UTC),
        datetime.combine(to_on + timedelta(days=2), time(), UTC),
    )
