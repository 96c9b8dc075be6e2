"""What a course might be: free times are read once for each treatment, made into options, and the planner is asked. Nothing is written or locked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from app.availability.answer import first_start
from app.availability.candidates import Caller
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.search import Question, known_patient
from app.courses.cadence import gaps_of
from app.courses.offered import DAYS_MAX, Offered, choices_of, read, treatments_of, when_of
from app.courses.schemas import CourseQuestion, FixedSession
from app.identity.actor import Actor
from app.kit.db import Connection
from app.kit.errors import Conflict, InvalidField, Rejected
from app.kit.pages import PageRequest
from app.scheduling import slots
from app.scheduling.planning.days import ONE_DAY, When
from app.scheduling.planning.search import plans, starts_differ
from app.scheduling.planning.values import Choices, Option, Plan, Task, TooLargeError
from app.scheduling.zones import local_date

PLANS_MAX = 100


class QuestionTooLarge(Rejected):
    code = "question_too_large"
    title = "There are too many days, practitioners and sessions to compare"
    meaning = "Ask with fewer practitioners, a shorter range, or more room for the gaps."


class PlanOutdated(Conflict):
    code = "plan_outdated"
    title = "Something has changed since that plan was made"
    meaning = "The cursor walks the plans of one moment. Ask the question again, without a cursor."


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and all that it was made from. `offered` and `fixed` are by session; `zones` are the locations' time zones."""

    plan: Plan
    task: Task
    when: When
    offered: Sequence[Offered]
    fixed: dict[int, tuple[FixedSession, list[slots.Reason]]]
    practitioners: Sequence[UUID]
    locations: Sequence[UUID]
    zones: Sequence[str]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Planning:
    """All that was read for a question, and what its cursor leads to. What is left to do takes no database, and may take a while."""

    asked: CourseQuestion
    when: When
    offered: Sequence[Offered]
    cursor: "_Cursor"

    def told(self) -> bytes | None:
        """What was answered before, if it is still true."""
        if not self._is_keepable:
            return None
        told = self._offer.free.told(self.cursor.question, self._offer.situation.now, self._offer.changes)
        return None if told is None else told.body

    def tell(self, planned: Planned, body: bytes) -> None:
        """Keep it for whoever asks the same, as long as nothing changes. Reasons change with every moment."""
        offer, upcoming = self._offer, first_start(self._offer.found)
        if self._is_keepable and planned.plan.is_complete and upcoming is not None:
            offer.free.tell(self.cursor.question, offer.situation.now, upcoming[0], body, offer.changes)

    @property
    def _offer(self) -> Offered:
        return self.offered[0]

    @property
    def _is_keepable(self) -> bool:
        return all(one is self._offer for one in self.offered)

    def plan(self) -> Planned:
        """The best, or the one that the cursor leads to. Raises InvalidField, PlanOutdated, QuestionTooLarge."""
        asked, offered = self.asked, self.offered
        practitioners = sorted({one.candidate.practitioner.id for offer in offered for one in offer.found})
        zones = {one.candidate.location.id: one.candidate.location.time_zone for offer in offered for one in offer.found}
        locations = sorted(zones)
        fixed = {one.index: (one, _against(number, one, offered[one.index])) for number, one in enumerate(asked.fixed)}
        rank = self.cursor.rank()
        task = _task(asked, self.when, offered, fixed, practitioners, locations)
        found = islice(plans(task), rank, None)
        try:
            plan = next(found, None)
        except TooLargeError:
            raise QuestionTooLarge from None
        if plan is None:
            raise PlanOutdated
        further = self.cursor.at(rank + 1) if rank + 1 < PLANS_MAX and _goes_on(task, plan, found) else None
        names = (practitioners, locations, [zones[one] for one in locations])
        return Planned(plan, task, self.when, offered, fixed, *names, further)


async def planning(
    connection: Connection,
    memory: Memory[Free],
    actor: Actor,
    asked: CourseQuestion,
    fixed_now: datetime | None,
    secret: bytes,
) -> Planning:
    """Read what is free. Raises InvalidField."""
    caller = Caller(staff=True, returning=None)
    if asked.patient_id is not None:
        known, _ = await known_patient(connection, actor, asked.patient_id, fixed_now, "/patient_id")
        caller = Caller(staff=True, returning=known.returning, patient_resource_id=known.patient_resource_id)
    when = when_of(asked)
    offered, stamps = await _offered(connection, memory, asked, caller, when, fixed_now)
    return Planning(asked, when, offered, _Cursor(asked, actor, stamps, secret))


async def _offered(
    connection: Connection,
    memory: Memory[Free],
    asked: CourseQuestion,
    caller: Caller,
    when: When,
    fixed_now: datetime | None,
) -> tuple[list[Offered], list[str]]:
    """By session; each treatment is read once. For whom it is is asked of the first session only: by the later ones the patient has come before.
    And the stamps of what was read."""
    treatments = treatments_of(asked)
    whom = None
    if asked.practitioner_ids is not None:
        whom = sorted({*asked.practitioner_ids, *(one.practitioner_id for one in asked.fixed)})
    fixed_on = [local_date("UTC", int(one.starts_at.timestamp())) for one in asked.fixed]
    from_on, to_on = min([when.earliest_on, *fixed_on]), max([when.latest_on, *fixed_on])
    if (to_on - from_on).days > DAYS_MAX:
        raise InvalidField("/fixed", f"A course may take at most {DAYS_MAX} days")
    if asked.fixed:
        # Wherever that is, it may be the day before or after.
        from_on, to_on = from_on - ONE_DAY, to_on + ONE_DAY
    stamps: list[str] = []

    async def offer(treatment_id: UUID, caller: Caller) -> Offered:
        question = Question(treatment_id, from_on, to_on, whom, None if asked.fixed else asked.location_id)
        offered = await read(memory, connection, question, caller, fixed_now)
        stamps.append(offered.free.stamp)
        return offered

    found = {one: await offer(one, replace(caller, returning=None)) for one in dict.fromkeys(treatments)}
    offered = [found[one] for one in treatments]
    if caller.returning is not None and offered[0].situation.catalogue.treatment.audience != "all":
        offered[0] = await offer(treatments[0], caller)
    return offered, stamps


def _goes_on(task: Task, plan: Plan, further: Iterator[Plan]) -> bool:
    """Whether there are plans after this one. Most often a session could just as well start at another time of its day, and none is looked for."""
    if starts_differ(task, plan):
        return True
    try:
        return next(further, None) is not None
    except TooLargeError:
        return True  # who asks for them is told so


def _against(number: int, fixed: FixedSession, offer: Offered) -> list[slots.Reason]:
    """What stands against a session that is settled. Raises InvalidField for somebody who does not work there."""
    candidate = offer.candidate(fixed.practitioner_id, fixed.location_id)
    if candidate is None:
        raise InvalidField(f"/fixed/{number}/practitioner_id", "Nobody such works there", "unknown_id")
    return list(slots.reasons(offer.situation.facts(candidate), int(fixed.starts_at.timestamp())))


def _task(
    asked: CourseQuestion,
    when: When,
    offered: Sequence[Offered],
    fixed: dict[int, tuple[FixedSession, list[slots.Reason]]],
    practitioners: Sequence[UUID],
    locations: Sequence[UUID],
) -> Task:
    who, where = ({one: number for number, one in enumerate(ids)} for ids in (practitioners, locations))
    wished = asked.practitioner_ids
    made: dict[int, Choices] = {}
    for offer in offered:
        if id(offer) not in made:
            made[id(offer)] = choices_of(offer, when, practitioners, locations, wished, asked.location_id)
    by_session: list[Choices] = [made[id(offer)] for offer in offered]
    for index, (one, reasons) in fixed.items():
        by_session[index] = {} if reasons else _only(one, offered[index], who, where)
    position = {one: number for number, one in enumerate(wished or ())}
    preference = [position.get(one, 0) for one in practitioners]
    return Task(gaps_of(asked), by_session, when.earliest_on.toordinal(), preference, asked.max_practitioner_changes)


def _only(fixed: FixedSession, offer: Offered, who: dict[UUID, int], where: dict[UUID, int]) -> Choices:
    candidate = offer.candidate(fixed.practitioner_id, fixed.location_id)
    if candidate is None:
        raise AssertionError("asked for before it was looked for")
    start, footprint = int(fixed.starts_at.timestamp()), candidate.footprint
    busy_from, busy_until = footprint.place
    day = local_date(candidate.location.time_zone, start).toordinal()
    number = who[fixed.practitioner_id]
    option = Option(
        day, number, where[fixed.location_id], start, start + footprint.duration, start + busy_from, start + busy_until, 0
    )
    return {number: {day: (option,)}}


class _Cursor:
    """Leads on to the next best plan of the same question, as long as nothing that was looked at has changed."""

    def __init__(self, asked: CourseQuestion, actor: Actor, stamps: Sequence[str], secret: bytes) -> None:
        binding = f"course-plans {actor.key} {asked.model_dump_json(exclude={'cursor'})}"
        self.question = binding, asked.cursor
        self._page = PageRequest(1, asked.cursor, binding, secret)
        self._stamp = " ".join(stamps)

    def rank(self) -> int:
        """Raises InvalidField, PlanOutdated."""
        try:
            found = self._page.decode()
        except InvalidField:
            raise InvalidField("/cursor", "This cursor does not belong to this question", "cursor") from None
        if found is None:
            return 0
        rank, stamp = found
        if stamp != self._stamp:
            raise PlanOutdated
        return int(rank)

    def at(self, rank: int) -> str:
        return self._page.encode([rank, self._stamp])
