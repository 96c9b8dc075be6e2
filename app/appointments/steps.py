"""One step in an appointment's life, whatever the verb: whom it concerns is locked, it is read again, the table of states is asked, and what has
become of it is written and remembered. Apart from `changes`, which has the verbs.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import history, queries, vacancy
from app.appointments.models import Appointment
from app.appointments.states import EXPIRED, HELD, Verb, WrongState, after
from app.clinic import queries as clinic_queries
from app.diary import ledger
from app.identity import audit
from app.identity.actor import Actor
from app.kit.db import driver
from app.kit.errors import Conflict, InvalidField, PreconditionFailed, Unavailable

MAX_ATTEMPTS = 5


class TooLateToChange(Conflict):
    code = "too_late_to_change"
    title = "It is too late to change this online; please call the clinic"


class Moved(Exception):
    """Somebody moved it while its link's holder, who need not say which version they mean, waited."""


class Step:
    """One verb on one appointment that is locked: from what it was to what it becomes. Raises WrongState."""

    def __init__(self, session: AsyncSession, actor: Actor, appointment: Appointment, verb: Verb, at: datetime) -> None:
        self.at = at
        self.leads_from = appointment.status
        self._leads_to = leads_to(appointment, verb, at)
        self._before = history.told(appointment)
        self._session, self._actor, self._appointment, self._verb = session, actor, appointment, verb

    async def take(self) -> None:
        """What was set on the appointment is written, and remembered."""
        self._appointment.status = self._leads_to
        changed = history.record(self._session, self._actor, self._verb, self.at, self._before, self._appointment)
        if self._actor.is_staff:
            audit.record(self._session, self._actor, f"appointment.{self._verb}", "appointment", self._appointment.id, changed)
        await self._session.flush()  # the answer shows the new version


async def begin(
    session: AsyncSession, actor: Actor, appointment: Appointment, verb: Verb, fixed_now: datetime | None
) -> tuple[Step, queries.Concerned]:
    """Lock whom it concerns, and read it again."""
    version = appointment.version
    for _ in range(MAX_ATTEMPTS):
        who = await queries.concerned(session, [appointment.id])
        at = await vacancy.lock(session, who, fixed_now)
        try:
            await read_again(session, actor, appointment, version)
        except Moved:
            await ledger.unlock(await driver(session))
            version = appointment.version
            continue
        return Step(session, actor, appointment, verb, at), who
    raise Unavailable


async def read_again(session: AsyncSession, actor: Actor, appointment: Appointment, version: int) -> None:
    """Somebody may have been at it while we waited for the lock. Raises PreconditionFailed; for a link, which need not say what it read, Moved."""
    await session.refresh(appointment)
    if appointment.version != version:
        raise PreconditionFailed if actor.is_staff else Moved


def leads_to(appointment: Appointment, verb: Verb, at: datetime | None) -> str:
    """Raises WrongState. `at` None: that its hold is over is seen later, when the time is known."""
    over = appointment.status == HELD and at is not None and appointment.held_until is not None and appointment.held_until <= at
    status = EXPIRED if over or appointment.expired else appointment.status
    found = after(status, verb)
    if found is None:
        raise WrongState(status_now=status)
    return found


async def check_reason(session: AsyncSession, reason: str) -> None:
    """Raises InvalidField for what is not one of the clinic's reasons for cancelling."""
    clinic = await clinic_queries.the_clinic(session)
    if reason not in {known["code"] for known in clinic.cancel_reasons}:
        raise InvalidField("/reason", "The clinic has no such reason", "unknown_reason")


def is_late(actor: Actor, appointment: Appointment, notice: timedelta, at: datetime) -> bool:
    """Whether it is changed after patients may (T18), or was before. Raises TooLateToChange where it is the patient."""
    late = at > appointment.starts_at - notice
    if late and actor.is_public:
        raise TooLateToChange
    return late or appointment.late
