"""Who is asking, resolved from the credential alone."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from app.identity.policy import ADMIN, ANONYMOUS, PATIENT, PRACTITIONER, RECEPTIONIST


@dataclass(frozen=True, slots=True)
class Actor:
    """`role` is one of the policy table's. `appointment_id` is what a patient's link opens; `practitioner_id` whose diary a practitioner sees."""

    role: str
    request_id: str
    user_id: UUID | None = None
    practitioner_id: UUID | None = None
    appointment_id: UUID | None = None

    @property
    def key(self) -> str:
        """Tells callers apart. All anonymous callers are one."""
        if self.role == PATIENT:
            return f"link:{self.appointment_id}"
        return f"user:{self.user_id}" if self.user_id else self.role

    @property
    def is_public(self) -> bool:
        return self.role in {ANONYMOUS, PATIENT}

    @property
    def is_staff(self) -> bool:
        return not self.is_public

    @property
    def keeps_diary(self) -> bool:
        """Staff whom notice, horizon and the like do not bind. An editor looks for a time as the public does."""
        return self.at_front_desk or self.role == PRACTITIONER

    @property
    def at_front_desk(self) -> bool:
        """Sees the whole diary."""
        return self.role in {ADMIN, RECEPTIONIST}


def system_actor(request_id: str) -> Actor:
    """The clinic's own hand: command line, demo, jobs."""
    return Actor(role=ADMIN, request_id=request_id)


async def _actor(request: Request) -> Actor:
    found: Actor = request.state.caller
    return found


CurrentActor = Annotated[Actor, Depends(_actor)]
