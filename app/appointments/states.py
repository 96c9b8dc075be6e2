"""The life of an appointment (T17): which verb leads from which state to which. Pure; everything else that a verb does is in `actions`, `holds` and
`changes`, and what is published of it, in the API's description and in docs/appointments.md, is made of this table.

A file of its own, since rules are values and everybody asks them here.
"""

from enum import StrEnum
from typing import Any, ClassVar, Final

from app.kit.errors import Conflict

HELD, PENDING, BOOKED, ARRIVED, FULFILLED, CANCELLED, NO_SHOW = STORED = (
    "held",
    "pending",
    "booked",
    "arrived",
    "fulfilled",
    "cancelled",
    "no_show",
)
EXPIRED = "expired"
"""What a held one reads as from its expiry on; nothing is written for it."""

OCCUPYING: Final = (HELD, PENDING, BOOKED, ARRIVED, FULFILLED)
"""They take the time of practitioner and place, and but for the held one, of a patient."""

YET_TO_COME: Final = (PENDING, BOOKED, ARRIVED)


class Verb(StrEnum):
    """What can be done to an appointment that is there."""

    BOOK = "book"
    EXTEND = "extend"
    RELEASE = "release"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    ARRIVE = "arrive"
    FULFIL = "fulfil"
    NO_SHOW = "no-show"
    UNDO = "undo"


# Nothing goes backwards but the two that are undone. From `held`, `book` leads to `pending` where the public asks for what needs approval.
TRANSITIONS: Final[dict[Verb, dict[str, str]]] = {
    Verb.BOOK: {HELD: BOOKED},
    Verb.EXTEND: {HELD: HELD},
    Verb.RELEASE: {HELD: CANCELLED},
    Verb.CONFIRM: {PENDING: BOOKED},
    Verb.RESCHEDULE: {PENDING: PENDING, BOOKED: BOOKED},
    Verb.CANCEL: {HELD: CANCELLED, PENDING: CANCELLED, BOOKED: CANCELLED},
    Verb.ARRIVE: {BOOKED: ARRIVED},
    Verb.FULFIL: {ARRIVED: FULFILLED},
    Verb.NO_SHOW: {BOOKED: NO_SHOW},
    Verb.UNDO: {ARRIVED: BOOKED, NO_SHOW: BOOKED},
}


class WrongState(Conflict):
    code = "wrong_state"
    title = "The appointment is not in a state that allows this"
    meaning = "`status_now` is the state it is in. Which verbs that state allows is said with the appointments' operations."
    example: ClassVar[dict[str, Any]] = {"status_now": "cancelled"}


def after(status: str, verb: Verb) -> str | None:
    """The state that the verb leads to; None where it is not allowed."""
    return TRANSITIONS[verb].get(status)
