"""A course as it stands, as the sessions that a replan may move and those that it leaves alone (K4). Pure: `replanning` has read what is free."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.appointments.models import Appointment
from app.appointments.states import BOOKED, NO_SHOW, OCCUPYING, PENDING
from app.availability.candidates import footprint_of
from app.availability.directory import phases_of
from app.courses.cadence import gaps_of, sittings_of
from app.courses.offered import Offered, choices_of
from app.courses.progress import Sitting, current
from app.courses.queries import Whole
from app.courses.replan_schemas import ReplanBody
from app.courses.schemas import CourseWishes
from app.scheduling.planning.days import When, minute_of_day, rank
from app.scheduling.planning.rest import Rest, Standing, rest_of
from app.scheduling.planning.values import Choices, Option, Options


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


@dataclass(frozen=True, slots=True)
class Names:
    """The practitioners and locations that options speak of by number, and the locations' time zones."""

    who: Sequence[UUID]
    where: Sequence[UUID]
    zones: Sequence[str]


@dataclass(frozen=True)
class UnderWay:
    """What is wished for the rest of a course. `there` are the appointments that count, by session number."""

    question: CourseWishes
    asked: ReplanBody
    there: Mapping[int, Appointment]
    when: When
    now: datetime

    def may_be_placed(self, number: int) -> bool:
        """Whether the session may be given a time: one that may move, or that has none."""
        there = self.there.get(number)
        if there is None:
            return True
        return may_move(there, self.now) or (there.status == NO_SHOW and self.asked.rebook_missed)

    def booked(self, number: int) -> Appointment | None:
        there = self.there.get(number)
        return there if there is not None and there.state in OCCUPYING else None

    def rest(self, offered: Mapping[int, Offered], names: Names, staying: Mapping[int, Option]) -> Rest:
        """As a task for the planner. `staying`: sessions for which nothing was found and which stay where they are, in nobody's plan."""
        made: dict[int, Choices] = {}
        sessions = []
        for number in range(1, self.question.sessions + 1):
            there = self.booked(number)
            if number in staying:
                continue
            if not self.may_be_placed(number):
                if there is not None:
                    over = _sitting(there).is_done(self.now)
                    sessions.append(Standing(number, self._option(there, names), {}, is_done=over, is_pinned=not over))
                continue
            offer = offered[number]
            if id(offer) not in made:
                choices = choices_of(offer, self.when, names.who, names.where, self.whom(), self.question.location_id)
                made[id(offer)] = _around(choices, staying.values())
            choices = self._with_whom(number, made[id(offer)], names)
            present = None if there is None else self._option(there, names)
            if there is not None and present is not None and self._can_stay(number, there):
                choices, present = _with(choices, present)
            sessions.append(Standing(number, present, choices))
        moving = [one.wall_start.date() for one in self.there.values() if may_move(one, self.now)]
        return rest_of(
            sessions,
            gaps_of(self.question),
            first_day=min([self.when.earliest_on, *moving]).toordinal(),
            preference=self._preference(names),
            max_changes=self._max_changes(),
        )

    def why_moved(self, number: int, there: Appointment) -> list[str]:
        if there.affected:
            return list(there.affected_by)
        if not self._is_wished_with(number, there.practitioner_id):
            return ["practitioner"]
        return ["cadence"] if self._is_as_wished(there) else ["wishes"]

    def whom(self) -> list[UUID] | None:
        """Everybody who comes into question for some session; None: anybody."""
        if self.question.practitioner_ids is None:
            return self.asked.practitioner_ids if self.asked.from_session_number == 1 else None
        return sorted({*self.question.practitioner_ids, *(self.asked.practitioner_ids or ())})

    def _max_changes(self) -> int | None:
        """Who asks for somebody else wants one change more."""
        limit = self.question.max_practitioner_changes
        return limit if limit is None or self.asked.practitioner_ids is None else limit + 1

    def _can_stay(self, number: int, there: Appointment) -> bool:
        return not there.affected and self._is_wished_with(number, there.practitioner_id) and self._is_as_wished(there)

    def _is_wished_with(self, number: int, practitioner_id: UUID) -> bool:
        asked = self.asked.practitioner_ids
        if asked is not None and number >= self.asked.from_session_number:
            return practitioner_id in asked
        return self.question.practitioner_ids is None or practitioner_id in self.question.practitioner_ids

    def _is_as_wished(self, there: Appointment) -> bool:
        """Where and when it is: the dates, weekdays and windows of the question, however early."""
        if self.question.location_id not in {None, there.location_id}:
            return False
        on = there.wall_start.date()
        when = replace(self.when, earliest_on=min(self.when.earliest_on, on))
        start = int(there.starts_at.timestamp())
        duration = int(there.ends_at.timestamp()) - start
        return any(from_at <= start < to_at for from_at, to_at in when.starts(there.time_zone, on, duration))

    def _with_whom(self, number: int, choices: Choices, names: Names) -> Choices:
        return {who: days for who, days in choices.items() if self._is_wished_with(number, names.who[who])}

    def _preference(self, names: Names) -> list[int]:
        wished = list(dict.fromkeys([*(self.asked.practitioner_ids or ()), *(self.question.practitioner_ids or ())]))
        return [wished.index(one) if one in wished else len(wished) for one in names.who]

    def _option(self, appointment: Appointment, names: Names) -> Option:
        """Where it is."""
        footprint = footprint_of(
            phases_of(appointment.phases),
            buffer_before_minutes=appointment.buffer_before_minutes,
            buffer_after_minutes=appointment.buffer_after_minutes,
        )
        start, (busy_from, busy_until) = int(appointment.starts_at.timestamp()), footprint.place
        wished = self.question.preferred_time
        away = 0 if wished is None else abs(minute_of_day(appointment.time_zone, start) - wished)
        who, where = names.who.index(appointment.practitioner_id), names.where.index(appointment.location_id)
        day = appointment.wall_start.date().toordinal()
        return Option(day, who, where, start, start + footprint.duration, start + busy_from, start + busy_until, away)


def _sitting(appointment: Appointment) -> Sitting:
    [found] = sittings_of([appointment])
    return found


def _with(choices: Choices, present: Option) -> tuple[Choices, Option]:
    """With where it is among them, and that as it stands there."""
    days = choices.get(present.who, {})
    options: Sequence[Option] = list(days.get(present.day, ()))
    for one in options:
        if (one.starts_at, one.where) == (present.starts_at, present.where):
            return choices, one
    return {**choices, present.who: {**days, present.day: sorted([*options, present], key=rank)}}, present


def _around(choices: Choices, staying: Collection[Option]) -> Choices:
    """Without what would touch one that stays where it is: its time was read as if it moved."""
    found: dict[int, dict[int, Options]] = {who: dict(days) for who, days in choices.items()} if staying else {}
    for one in staying:
        for days in found.values():
            for day in {one.day - 1, one.day, one.day + 1} & days.keys():
                left = [other for other in days[day] if other.busy_until <= one.busy_from or other.busy_from >= one.busy_until]
                if left:
                    days[day] = left
                else:
                    del days[day]
    return found or choices
