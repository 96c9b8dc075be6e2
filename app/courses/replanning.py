"""How the rest of a course might be put right, with as few changes as possible (K4). What is free is read here; nothing is written or locked.

A session for which nothing is found stays where it is, if it is somewhere. Then its time is not free for the others, which have been planned as if it
were: so they are planned anew around it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.appointments.models import Appointment
from app.appointments.states import NO_SHOW
from app.appointments.wishes import as_kept, kept
from app.availability.candidates import Caller
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue
from app.availability.search import Question, known_patient, select
from app.courses.cadence import question_of
from app.courses.offered import DAYS_MAX, Offered, read, treatments_of, when_of
from app.courses.planning import Planned, QuestionTooLarge
from app.courses.progress import Status
from app.courses.queries import Whole
from app.courses.refusals import CourseWithoutQuestion, check_status
from app.courses.replan_schemas import ReplanBody
from app.courses.schemas import CourseWishes
from app.courses.standing import Names, UnderWay, counted
from app.identity.actor import Actor
from app.kit.db import Connection
from app.kit.errors import InvalidField
from app.scheduling.planning.days import When
from app.scheduling.planning.rest import Rest
from app.scheduling.planning.search import plans
from app.scheduling.planning.values import Option, TooLargeError

REPLANNED: Final[tuple[Status, ...]] = ("active", "completed")


@dataclass(frozen=True, slots=True)
class Left:
    """A session for which nothing was found, by its place in what was planned."""

    planned: Planned
    index: int
    number: int


@dataclass(frozen=True, slots=True)
class Proposed:
    """`planned` has the sessions of `rest`. `left`: those without a time; `behind`: what was missed and is to be booked again, before one that took
    place."""

    whole: Whole
    course: UnderWay
    rest: Rest
    planned: Planned
    left: Sequence[Left]
    behind: Sequence[int]

    def pinned_and_affected(self) -> list[tuple[int, Appointment]]:
        """Somebody has to move them, or unpin them first."""
        there = self.course.there.items()
        return [(number, one) for number, one in there if one.affected and one.pinned and one.starts_at > self.course.now]


@dataclass(frozen=True, slots=True)
class Replanning:
    """All that was read. `offered` is what is free for each session that may be placed, as if all that may move were not there."""

    whole: Whole
    course: UnderWay
    offered: dict[int, Offered]
    names: Names

    def propose(self) -> Proposed:
        """Raises QuestionTooLarge."""
        staying: dict[int, Option] = {}
        left: list[Left] = []
        while True:
            rest, planned = self._planned(staying)
            found = [
                Left(planned, index, one.number)
                for index, (one, option) in enumerate(zip(rest.sessions, planned.plan.sessions, strict=True))
                if option is None
            ]
            stay = {one.number: there for one in found if (there := rest.sessions[one.index].present) is not None}
            left += [one for one in found if not stay or one.number in stay]
            if not stay:
                break
            staying |= stay
        first = rest.sessions[0].number if rest.sessions else 0
        missed = [number for number, one in self.course.there.items() if one.status == NO_SHOW]
        behind = [number for number in missed if self.course.asked.rebook_missed and number < first]
        return Proposed(self.whole, self.course, rest, planned, sorted(left, key=lambda one: one.number), behind)

    def _planned(self, staying: dict[int, Option]) -> tuple[Rest, Planned]:
        rest = self.course.rest(self.offered, self.names, staying)
        try:
            plan = next(plans(rest.task))
        except TooLargeError:
            raise QuestionTooLarge from None
        # What is settled has no question of its own, and is never asked why it has no time.
        some = next(iter(self.offered.values()), None)
        offered = [] if some is None else [self.offered.get(one.number, some) for one in rest.sessions]
        names = self.names
        return rest, Planned(plan, rest.task, self.course.when, offered, {}, names.who, names.where, names.zones, None)


async def replanning(
    connection: Connection,
    memory: Memory[Free],
    actor: Actor,
    whole: Whole,
    asked: ReplanBody,
    fixed_now: datetime | None,
    now: datetime,
) -> Replanning:
    """Read what is free. Raises WrongCourseState, CourseWithoutQuestion, InvalidField."""
    check_status(whole, now, *REPLANNED)
    question = question_of(whole.course)
    if question is None:
        raise CourseWithoutQuestion
    if asked.practitioner_ids is not None:
        await select(memory, connection, question.treatment_id, asked.practitioner_ids, None, prefix="/")
    there = counted(whole)
    zone = ZoneInfo(whole.appointments[-1].time_zone)
    when = _from_now_on(question, asked, [one.wall_start.date() for one in there.values()], now.astimezone(zone).date())
    course = UnderWay(question, asked, there, when, now)
    offered = await _offered(connection, memory, actor, whole, course, fixed_now)
    candidates = [one.candidate for offer in offered.values() for one in offer.found]
    zones = {one.location.id: one.location.time_zone for one in candidates}
    zones |= {one.location_id: one.time_zone for one in there.values()}
    who = {one.practitioner.id for one in candidates} | {one.practitioner_id for one in there.values()}
    return Replanning(whole, course, offered, Names(sorted(who), sorted(zones), [zones[one] for one in sorted(zones)]))


def _from_now_on(question: CourseWishes, asked: ReplanBody, there: Sequence[date], today: date) -> When:
    """Raises InvalidField."""
    earliest = max(today, question.earliest_on, asked.earliest_on or today)
    if asked.latest_on is not None and asked.latest_on < earliest:
        raise InvalidField("/latest_on", "Nothing new can be before this date")
    latest = asked.latest_on or question.latest_on
    if latest is not None and latest < earliest:
        latest = None  # it was a wish for another time
    when = when_of(question.model_copy(update={"earliest_on": earliest, "latest_on": latest}))
    if asked.latest_on is not None:
        return when
    return replace(when, latest_on=min(max([when.latest_on, *there]), earliest + timedelta(days=DAYS_MAX)))


async def _offered(
    connection: Connection, memory: Memory[Free], actor: Actor, whole: Whole, course: UnderWay, fixed_now: datetime | None
) -> dict[int, Offered]:
    """Of each treatment, or as what is booked keeps it, read once."""
    numbers = [number for number in range(1, course.question.sessions + 1) if course.may_be_placed(number)]
    without = [there.id for number in numbers if (there := course.booked(number)) is not None]
    known, _ = await known_patient(connection, actor, whole.patient_id, fixed_now, "/patient_id", without)
    caller = Caller(staff=True, returning=None, patient_resource_id=known.patient_resource_id)
    found: dict[object, Offered] = {}
    offered = {}
    for number in numbers:
        treatment_id, key, shape = _sort(course, number)
        if key not in found:
            wanted = Question(
                treatment_id, course.when.earliest_on, course.when.latest_on, course.whom(), course.question.location_id
            )
            found[key] = await read(memory, connection, wanted, caller, fixed_now, without=without, as_kept=shape)
        offered[number] = found[key]
    return offered


def _sort(course: UnderWay, number: int) -> tuple[UUID, object, Callable[[Catalogue], Catalogue] | None]:
    """The treatment of a session, what tells it from others, and how the catalogue is changed for it."""
    there = course.booked(number)
    if there is None:
        treatment_id = treatments_of(course.question)[number - 1]
        return treatment_id, treatment_id, None
    keeps = kept(there, stays=False)
    key = (there.treatment_id, keeps.phases, keeps.buffer_before_minutes, keeps.buffer_after_minutes)
    return there.treatment_id, key, lambda catalogue: as_kept(catalogue, keeps)
