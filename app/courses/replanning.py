"""How the rest of a course might be put right, with as few changes as possible (K4). Nothing is written or locked."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.appointments.models import Appointment
from app.appointments.states import BOOKED, FULFILLED, NO_SHOW, PENDING
from app.appointments.wishes import as_kept, kept
from app.availability.candidates import Caller, footprint_of
from app.availability.directory import phases_of
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue
from app.availability.search import Question, known_patient
from app.courses.cadence import gaps_of, question_of, sittings_of
from app.courses.changes import CourseWithoutQuestion, check_status
from app.courses.offered import DAYS_MAX, Offered, choices_of, read, when_of
from app.courses.planning import Planned, QuestionTooLarge
from app.courses.progress import LIVE, Status, current
from app.courses.queries import Whole
from app.courses.replan_schemas import ReplanBody
from app.courses.schemas import CourseWishes
from app.identity.actor import Actor
from app.kit.db import Connection
from app.kit.errors import InvalidField
from app.scheduling.planning.days import When, minute_of_day, rank
from app.scheduling.planning.rest import Rest, Standing, rest_of
from app.scheduling.planning.search import plans
from app.scheduling.planning.values import Choices, Option, Plan, TooLargeError

REPLANNED: Final[tuple[Status, ...]] = ("active", "completed")


@dataclass(frozen=True, slots=True)
class Proposed:
    """`planned` has the sessions of `rest`; `appointments` are those that count, by session number. `left_behind`: what was missed and is to be
    booked again, before one that took place."""

    whole: Whole
    asked: ReplanBody
    rest: Rest
    planned: Planned
    appointments: Mapping[int, Appointment]
    left_behind: Sequence[int]


def counted(whole: Whole) -> dict[int, Appointment]:
    """The appointment that counts for each session: what is booked, before what was missed."""
    states = {number: one.state for number, one in current(sittings_of(whole.appointments)).items()}
    return {
        one.session_number: one
        for one in whole.appointments
        if one.session_number is not None and states.get(one.session_number) == one.state
    }


def may_move(appointment: Appointment, now: datetime) -> bool:
    """It is neither over, nor begun, nor pinned (K4)."""
    return appointment.status in {PENDING, BOOKED} and appointment.starts_at > now and not appointment.pinned


async def propose(
    connection: Connection,
    memory: Memory[Free],
    actor: Actor,
    whole: Whole,
    asked: ReplanBody,
    fixed_now: datetime | None,
    now: datetime,
) -> Proposed:
    """Raises WrongCourseState, CourseWithoutQuestion, InvalidField, QuestionTooLarge."""
    check_status(whole, now, *REPLANNED)
    question = question_of(whole.course)
    if question is None:
        raise CourseWithoutQuestion
    replanning = _Replanning(whole, asked, question, now)
    await replanning.read(connection, memory, actor, fixed_now)
    rest = replanning.rest()
    # Apart, so that others are served meanwhile.
    try:
        plan = await asyncio.to_thread(lambda: next(plans(rest.task)))
    except TooLargeError:
        raise QuestionTooLarge from None
    behind = [number for number in replanning.asked_again if number < rest.sessions[0].number] if rest.sessions else []
    return Proposed(whole, asked, rest, replanning.planned(rest, plan), replanning.there, behind)


class _Replanning:
    """The course as it stands, and what is free for what may move."""

    def __init__(self, whole: Whole, asked: ReplanBody, question: CourseWishes, now: datetime) -> None:
        self._whole, self._asked, self._question, self._now = whole, asked, question, now
        self.there = counted(whole)
        self._treatments = [one.treatment_id or question.treatment_id for one in question.cadence for _ in range(one.sessions)]
        self._zone = whole.appointments[-1].time_zone
        self._when = self._from_now_on()
        self._offered: dict[int, Offered] = {}
        self._who: list[UUID] = []
        self._where: list[UUID] = []
        self._zones: dict[UUID, str] = {}

    def _from_now_on(self) -> When:
        today = self._now.astimezone(ZoneInfo(self._zone)).date()
        earliest = max(today, self._question.earliest_on, *([self._asked.earliest_on] if self._asked.earliest_on else []))
        there = [one.wall_start.date() for one in self.there.values()]
        latest = self._asked.latest_on or self._question.latest_on
        if latest is not None and latest < earliest:
            if latest == self._asked.latest_on:
                raise InvalidField("/latest_on", "Nothing new can be before this date")
            latest = None  # it was a wish for another time
        when = when_of(self._question.model_copy(update={"earliest_on": earliest, "latest_on": latest}))
        last = min(max([when.latest_on, *there]), earliest + timedelta(days=DAYS_MAX))
        return when if self._asked.latest_on is not None else replace(when, latest_on=last)

    @property
    def asked_again(self) -> list[int]:
        """Those that were missed, if they are to be booked again."""
        return [number for number, one in self.there.items() if one.status == NO_SHOW and self._asked.rebook_missed]

    def _moves(self, number: int) -> bool:
        """Whether the session may be given a time: one that may move, or that has none."""
        there = self.there.get(number)
        if there is None:
            return True
        return may_move(there, self._now) or (there.status == NO_SHOW and self._asked.rebook_missed)

    async def read(self, connection: Connection, memory: Memory[Free], actor: Actor, fixed_now: datetime | None) -> None:
        """What is free of each treatment, or as what is booked keeps it; as if all that may move were not there."""
        numbers = [number for number in range(1, self._question.sessions + 1) if self._moves(number)]
        without = [there.id for number in numbers if (there := self.there.get(number)) is not None and there.state in LIVE]
        patient_id = self._whole.appointments[0].patient_id
        known, _ = await known_patient(connection, actor, patient_id, fixed_now, "/patient_id", without)
        caller = Caller(staff=True, returning=None, patient_resource_id=known.patient_resource_id)
        found: dict[object, Offered] = {}
        for number in numbers:
            treatment_id, key, shape = self._sort(number)
            if key not in found:
                wanted = Question(
                    treatment_id, self._when.earliest_on, self._when.latest_on, self._whom(), self._question.location_id
                )
                found[key] = await read(memory, connection, wanted, caller, fixed_now, without=without, as_kept=shape)
            self._offered[number] = found[key]
        candidates = [one.candidate for offer in found.values() for one in offer.found]
        there_too = list(self.there.values())
        self._who = sorted({one.practitioner.id for one in candidates} | {one.practitioner_id for one in there_too})
        self._zones = {one.location.id: one.location.time_zone for one in candidates}
        self._zones |= {one.location_id: one.time_zone for one in there_too}
        self._where = sorted(self._zones)

    def _whom(self) -> list[UUID] | None:
        if self._question.practitioner_ids is None:
            return self._asked.practitioner_ids if self._asked.from_session_number == 1 else None
        return sorted({*self._question.practitioner_ids, *(self._asked.practitioner_ids or ())})

    def _sort(self, number: int) -> tuple[UUID, object, Callable[[Catalogue], Catalogue] | None]:
        """The treatment of a session, what tells it from others, and how the catalogue is changed for it."""
        there = self.there.get(number)
        if there is None or there.state not in LIVE:
            return self._treatments[number - 1], self._treatments[number - 1], None
        keeps = kept(there, stays=False)
        key = (there.treatment_id, keeps.phases, keeps.buffer_before_minutes, keeps.buffer_after_minutes)
        return there.treatment_id, key, lambda catalogue: as_kept(catalogue, keeps)

    def rest(self) -> Rest:
        made: dict[int, Choices] = {}
        sessions = []
        for number in range(1, self._question.sessions + 1):
            there = self.there.get(number)
            if not self._moves(number):
                if there is not None and there.state in LIVE:
                    over = there.status == FULFILLED or there.starts_at <= self._now or there.arrived_at is not None
                    sessions.append(Standing(number, self._option(there), {}, is_done=over, is_pinned=not over))
                continue
            offer = self._offered[number]
            if id(offer) not in made:
                made[id(offer)] = choices_of(offer, self._when, self._who, self._where, self._whom(), self._question.location_id)
            choices = self._only_wished(number, made[id(offer)])
            present = None if there is None or there.state not in LIVE else self._option(there)
            if (
                there is not None
                and present is not None
                and not there.affected
                and self._is_wished(number, there.practitioner_id)
            ):
                choices, present = _with(choices, present)
            sessions.append(Standing(number, present, choices))
        first = min([self._when.earliest_on, *(one.wall_start.date() for one in self.there.values() if may_move(one, self._now))])
        return rest_of(
            sessions,
            gaps_of(self._question),
            first_day=first.toordinal(),
            preference=self._preference(),
            max_changes=self._question.max_practitioner_changes,
        )

    def _is_wished(self, number: int, practitioner_id: UUID) -> bool:
        asked = self._asked.practitioner_ids
        return asked is None or number < self._asked.from_session_number or practitioner_id in asked

    def _only_wished(self, number: int, choices: Choices) -> Choices:
        if self._asked.practitioner_ids is None or number < self._asked.from_session_number:
            return choices
        return {who: days for who, days in choices.items() if self._who[who] in self._asked.practitioner_ids}

    def _preference(self) -> list[int]:
        wished = list(dict.fromkeys([*(self._asked.practitioner_ids or ()), *(self._question.practitioner_ids or ())]))
        return [wished.index(one) if one in wished else 0 for one in self._who]

    def _option(self, appointment: Appointment) -> Option:
        """Where it is."""
        footprint = footprint_of(
            phases_of(appointment.phases),
            buffer_before_minutes=appointment.buffer_before_minutes,
            buffer_after_minutes=appointment.buffer_after_minutes,
        )
        start, (busy_from, busy_until) = int(appointment.starts_at.timestamp()), footprint.place
        wished = self._question.preferred_time
        away = 0 if wished is None else abs(minute_of_day(appointment.time_zone, start) - wished)
        who, where = self._who.index(appointment.practitioner_id), self._where.index(appointment.location_id)
        day = appointment.wall_start.date().toordinal()
        return Option(day, who, where, start, start + footprint.duration, start + busy_from, start + busy_until, away)

    def planned(self, rest: Rest, plan: Plan) -> Planned:
        """What is settled has no question of its own, and is never asked why it has no time."""
        some = next(iter(self._offered.values()), None)
        offered = [] if some is None else [self._offered.get(one.number, some) for one in rest.sessions]
        zones = [self._zones[one] for one in self._where]
        return Planned(plan, rest.task, self._when, offered, {}, self._who, self._where, zones, None)


def _with(choices: Choices, present: Option) -> tuple[Choices, Option]:
    """With where it is among them, and that as it stands there."""
    days = choices.get(present.who, {})
    options: Sequence[Option] = list(days.get(present.day, ()))
    for one in options:
        if (one.starts_at, one.where) == (present.starts_at, present.where):
            return choices, one
    return {**choices, present.who: {**days, present.day: sorted([*options, present], key=rank)}}, present
