"""Who may say what of an appointment. A file of its own, since booking, holding and moving ask the same."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.appointments.schemas import Override
from app.identity.actor import Actor
from app.identity.policy import PRACTITIONER
from app.kit.errors import Forbidden, InvalidField
from app.scheduling.obstacles import Code


def check_whose_diary(actor: Actor, practitioner_id: UUID | None) -> None:
    """Raises Forbidden."""
    if actor.role == PRACTITIONER and practitioner_id != actor.practitioner_id:
        raise Forbidden("A practitioner books into their own diary only.")


def check_staff_only(actor: Actor, given: Mapping[str, Any]) -> None:
    """By pointer, what only staff may give. Raises InvalidField."""
    for pointer, value in given.items():
        if value is not None and actor.is_public:
            raise InvalidField(pointer, "Only staff may choose this")


def waived(overrides: Iterable[Override]) -> frozenset[Code]:
    """The rules that are set aside."""
    return frozenset(Code(one.rule) for one in overrides)
