"""What is free of a treatment for a course, and when its patient can come: what plans and replans are made of."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from app.availability.candidates import Caller, Candidate, Situation
from app.availability.free import Found, Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue
from app.availability.search import Question, everything_free, select
from app.courses.schemas import CourseWishes
from app.kit.db import Connection
from app.kit.errors import InvalidField
from app.scheduling.obstacles import Obstacle, obstacles
from app.scheduling.planning.days import Source, When, choices
from app.scheduling.planning.values import Choices, Option

# Where nobody says by when, the first session may be so much later than wished.
SLACK = timedelta(days=56)
DAYS_MAX = 800


@dataclass(frozen=True, slots=True)
class Offered:
    """What is free of one treatment, after so many `changes`; `free` may know of more by now."""

    treatment_id: UUID
    found: Sequence[Found]
    situation: Situation
    free: Free
    changes: int
    _obstacles: dict[tuple[UUID, UUID], Sequence[Obstacle]] = field(default_factory=dict, compare=False)

    def obstacles(self, candidate: Candidate) -> Sequence[Obstacle]:
        """What stands against starts with a candidate; worked out once, however many sessions ask."""
        key = candidate.practitioner.id, candidate.location.id
        if key not in self._obstacles:
            self._obstacles[key] = list(obstacles(self.situation.facts(candidate)))
        return self._obstacles[key]

    def candidate(self, practitioner_id: UUID, location_id: UUID) -> Candidate | None:
        wanted = (practitioner_id, location_id)
        return next(
            (one.candidate for one in self.found if (one.candidate.practitioner.id, one.candidate.location.id) == wanted), None
        )


async def read(
    memory: Memory[Free],
    connection: Connection,
    question: Question,
    caller: Caller,
    fixed_now: datetime | None,
    *,
    without: Collection[UUID] = (),
    as_kept: Callable[[Catalogue], Catalogue] | None = None,
) -> Offered:
    """See `everything_free`."""
    free, now = await everything_free(memory, connection, question, caller, fixed_now, without=without, as_kept=as_kept)
    return Offered(question.treatment_id, list(free.found(now)), free.situation(now), free, free.changes)


def treatments_of(asked: CourseWishes) -> list[UUID]:
    """Of each session."""
    return [one.treatment_id or asked.treatment_id for one in asked.cadence for _ in range(one.sessions)]


async def check_known(
    memory: Memory[Free], connection: Connection, asked: CourseWishes, treatment_id: UUID, patient_id: UUID | None
) -> None:
    """Before a course keeps a question: it is the course's, and what it names is there. Raises InvalidField."""
    if asked.treatment_id != treatment_id:
        raise InvalidField("/question/treatment_id", "This is not the course's treatment")
    if asked.patient_id not in {None, patient_id}:
        raise InvalidField("/question/patient_id", "This is not the course's patient")
    for one in dict.fromkeys([asked.treatment_id, *treatments_of(asked)]):
        await select(memory, connection, one, asked.practitioner_ids, asked.location_id, prefix="/question/")
    when_of(asked, "/question/")


def when_of(asked: CourseWishes, prefix: str = "/") -> When:
    """Raises InvalidField."""
    longest = sum(phase.max_days * phase.sessions for phase in asked.cadence)
    latest = asked.latest_on or min(
        asked.earliest_on + timedelta(days=longest) + SLACK, asked.earliest_on + timedelta(days=DAYS_MAX)
    )
    if (latest - asked.earliest_on).days > DAYS_MAX:
        raise InvalidField(f"{prefix}latest_on", f"A course may take at most {DAYS_MAX} days")
    return When(
        asked.earliest_on,
        latest,
        frozenset(asked.weekdays),
        tuple(sorted((one.starts, one.ends) for one in asked.windows)),
        tuple((one.from_on, one.to_on) for one in asked.away),
        asked.preferred_time,
    )


def choices_of(
    offer: Offered,
    when: When,
    practitioners: Sequence[UUID],
    locations: Sequence[UUID],
    wished: Collection[UUID] | None,
    location_id: UUID | None,
) -> Choices:
    """What is free of it when the patient can come, with those who are wished for (None: anybody), by their numbers in `practitioners` and
    `locations`."""
    who, where = ({one: number for number, one in enumerate(ids)} for ids in (practitioners, locations))
    sources = [
        Source(who[one.practitioner.id], where[one.location.id], one.location.time_zone, one.footprint, free.openings)
        for free in offer.found
        for one in [free.candidate]
        if (wished is None or one.practitioner.id in wished) and location_id in {None, one.location.id}
    ]
    return choices(sources, when)


def every(found: Choices) -> list[Option]:
    """The best option of each practitioner and day."""
    return list(chain.from_iterable((options[0] for options in days.values()) for days in found.values()))
