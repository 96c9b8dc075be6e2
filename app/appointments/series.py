"""What moving an appointment does to the course that it is a session of.

A file of its own, because courses stand above appointments: what works it out is put into the application where it is wired, and the route asks for
it here.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import Depends, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import Appointment
from app.kit.wire import Output, examples

_COURSE_ID = "0199a000-0000-7000-8000-000000000071"
WARNING: Final[dict[str, Any]] = {
    "course_id": _COURSE_ID,
    "session_number": 3,
    "gap_days": 12,
    "min_days": 5,
    "max_days": 9,
    "replan": f"/v1/courses/{_COURSE_ID}/replan",
}


class OffCadenceWarning(Output):
    """The gap before a session is not what the cadence of its course says. `replan` is where to ask how to put that right."""

    model_config = examples(WARNING)

    course_id: UUID
    session_number: int
    gap_days: int = Field(description="Local days since the session before")
    min_days: int
    max_days: int
    replan: str


class Cadence(Protocol):
    async def __call__(
        self, session: AsyncSession, appointment: Appointment, fixed_now: datetime | None
    ) -> list[OffCadenceWarning]:
        """What is off around an appointment of a course, as it is now."""


async def _cadence(request: Request) -> Cadence:
    found: Cadence = request.app.state.cadence
    return found


CadenceOf = Annotated[Cadence, Depends(_cadence)]
