"""A plan as it is told: its sessions, why some have no time, and what could be had instead (K2). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from app.courses.offered import Offered, every
from app.courses.plan_schemas import CoursePlan, PlanCost, PlannedSession, Start, WhyNot
from app.courses.planning import Planned
from app.scheduling.intervals import FOREVER, Interval, intersect, subtract, union
from app.scheduling.obstacles import Code
from app.scheduling.planning.values import Option, Options

ALTERNATIVES_MAX = 3


def told(planned: Planned) -> CoursePlan:
    cost = planned.plan.cost
    return CoursePlan(
        sessions=[_session(planned, index) for index in range(len(planned.task.gaps))],
        cost=PlanCost(
            sessions_left_out=cost.left_out,
            preference=cost.preference,
            practitioner_changes=cost.changes,
            deviation_days=cost.deviation_days,
            minutes_away=cost.minutes_away,
            ends_at=datetime.fromtimestamp(cost.ends_at, UTC) if cost.left_out < len(planned.task.gaps) else None,
        ),
        complete=planned.plan.is_complete,
        next_cursor=planned.next_cursor,
    )


def _session(planned: Planned, index: int) -> PlannedSession:
    option, offer = planned.plan.sessions[index], planned.offered[index]
    reasons, nearest_on = why_not(planned, index) if option is None else ([], None)
    before, _ = _beside(planned, index)
    start = None if option is None else start_of(planned, option)
    return PlannedSession(
        index=index,
        treatment_id=offer.treatment_id,
        starts_at=None if start is None else start.starts_at,
        ends_at=None if option is None else datetime.fromtimestamp(option.ends_at, UTC),
        local_start=None if start is None else start.local_start,
        practitioner_id=None if start is None else start.practitioner_id,
        location_id=None if start is None else start.location_id,
        place_id=None if option is None else _place(planned, offer, option),
        gap_days=None if option is None or before is None else option.day - before.day,
        reasons=reasons,
        nearest_on=nearest_on,
        alternatives=alternatives(planned, index),
    )


def why_not(planned: Planned, index: int) -> tuple[list[WhyNot], date | None]:
    """Why a session has no time, and the nearest date on which it could be."""
    low, high = _bounds(planned, index)
    days = [one.day for one in every(planned.task.choices[index])]
    nearest = min(days, key=lambda day: (max(low - day, day - high, 0), day), default=None)
    return list(_reasons(planned, index, low, high)), None if nearest is None else date.fromordinal(nearest)


def alternatives(planned: Planned, index: int) -> list[Start]:
    """What could be had instead, the others being as planned."""
    return [start_of(planned, one) for one in _instead(planned, index, *_bounds(planned, index))]


def _bounds(planned: Planned, index: int) -> Interval:
    """The first and the last day on which it may be, the others being where they are; the first may be after the last."""
    task, sessions = planned.task, planned.plan.sessions
    low, high = planned.when.earliest_on.toordinal(), planned.when.latest_on.toordinal()
    placed = [(number, one.day) for number, one in enumerate(sessions) if one is not None]
    before = [one for one in placed if one[0] < index]
    after = [one for one in placed if one[0] > index]
    if before:
        number, day = before[-1]
        gap = task.between(number, index)
        low, high = max(low, day + gap.min_days), min(high, day + gap.max_days)
    else:
        low += sum(gap.min_days for gap in task.gaps[1 : index + 1])
    if after:
        number, day = after[0]
        gap = task.between(index, number)
        low, high = max(low, day - gap.max_days), min(high, day - gap.min_days)
    return low, high


def _reasons(planned: Planned, index: int, low: int, high: int) -> Iterator[WhyNot]:
    if index in planned.fixed and planned.fixed[index][1]:
        yield from (reason.code.value for reason in planned.fixed[index][1])
        return
    earliest, latest = planned.when.earliest_on.toordinal(), planned.when.latest_on.toordinal()
    if index not in planned.fixed:
        dates = range(low, high + 1) or range(earliest, latest + 1)
        yield from _rules(planned, index, [date.fromordinal(day) for day in dates])
    days = [one.day for one in every(planned.task.choices[index])]
    if any(day < low for day in days):
        yield "min_gap"
    if any(day > high for day in days):
        yield "max_gap"
    if low > latest:
        yield "latest_on"
    if any(low <= day <= high for day in days) and planned.task.max_changes is not None:
        yield "max_practitioner_changes"


def _rules(planned: Planned, index: int, dates: Sequence[date]) -> Iterator[WhyNot]:
    """The rules that stand against some start on one of these dates at which the patient can come and somebody works; that nobody works then, if it
    is so on one of them. Of dates on which the patient cannot come, only that."""
    offer = planned.offered[index]
    found: set[Code] = set() if offer.found else {Code.NOT_OFFERED}
    comes = not offer.found or not dates
    for one in offer.found:
        spans = [
            span
            for on in dates
            for span in planned.when.starts(one.candidate.location.time_zone, on, one.candidate.footprint.duration)
        ]
        comes = comes or bool(spans)
        forbidden = dict(offer.obstacles(one.candidate))
        hours = intersect(union(spans), subtract((-FOREVER, FOREVER), forbidden.pop(Code.CLOSED)))
        found |= {code for code, starts in forbidden.items() if intersect(hours, starts)}
        if _some_are_empty(spans, hours):
            found.add(Code.CLOSED)
    if not comes:
        yield "away"
    yield from (code.value for code in Code if code in found)


def _some_are_empty(spans: Sequence[Interval], hours: Sequence[Interval]) -> bool:
    """Whether one of the spans has none of the hours. Both ascending."""
    at = 0
    for start, end in spans:
        while at < len(hours) and hours[at][1] <= start:
            at += 1
        if at == len(hours) or hours[at][0] >= end:
            return True
    return False


def _instead(planned: Planned, index: int, low: int, high: int) -> list[Option]:
    """Up to three: of the best start of each practitioner and day, or of all of those days where that makes too few; of a session that has its time
    within its bounds, else nearest to them."""
    task, choices = planned.task, planned.task.choices[index]
    present = planned.plan.sessions[index]
    before, after = _beside(planned, index)
    # Of one without a time they are only compared with each other, and so may all be as many too high.
    others = planned.plan.cost.changes - _differ(before, present) - _differ(present, after)
    beside = [one.who for one in (before, after) if one is not None]
    changes = {who: others + sum([who != other for other in beside]) for who in choices}
    wished = low if present is None else present.day

    if present is not None:
        first, last = low, high
    else:  # dates before and after those of the sessions beside it can be its own around a midnight at most
        first = min(map(min, choices.values()), default=0) if before is None else before.day - 1
        last = max(map(max, choices.values()), default=0) if after is None else after.day + 1

    def days_of(who: int) -> Iterable[Options]:
        of_one = choices[who]
        return (of_one[day] for day in range(first, last + 1) if day in of_one)

    def fits(one: Option) -> bool:
        in_turn = (before is None or before.busy_until <= one.busy_from) and (after is None or one.busy_until <= after.busy_from)
        return one != present and in_turn

    def rank(one: Option) -> tuple[int, ...]:
        outside, away = max(low - one.day, one.day - high, 0), abs(one.day - wished)
        return outside, task.preference[one.who], changes[one.who], away, one.minutes_away, one.starts_at, one.who, one.where

    def by_who(who: int) -> tuple[int, int]:
        return task.preference[who], changes[who]

    whos = [who for who in choices if present is None or task.max_changes is None or changes[who] <= task.max_changes]
    found: list[Option] = []
    for _, some in groupby(sorted(whos, key=by_who), by_who):
        # Of a session that has its time those after these come after them all.
        if present is None or len(found) < ALTERNATIVES_MAX:
            found += [options[0] for who in some for options in days_of(who) if fits(options[0])]
    if len(found) < ALTERNATIVES_MAX:
        found = [one for who in whos for options in days_of(who) for one in options if fits(one)]
    return sorted(found, key=rank)[:ALTERNATIVES_MAX]


def _beside(planned: Planned, index: int) -> tuple[Option | None, Option | None]:
    """The sessions before and after it that have a time."""
    sessions = planned.plan.sessions
    before = next((one for one in reversed(sessions[:index]) if one is not None), None)
    return before, next((one for one in sessions[index + 1 :] if one is not None), None)


def _differ(one: Option | None, other: Option | None) -> bool:
    return one is not None and other is not None and one.who != other.who


def start_of(planned: Planned, option: Option) -> Start:
    location_id = planned.locations[option.where]
    zone = planned.zones[option.where]
    at = datetime.fromtimestamp(option.starts_at, UTC)
    return Start(
        starts_at=at,
        local_start=at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"),
        practitioner_id=planned.practitioners[option.who],
        location_id=location_id,
    )


def _place(planned: Planned, offer: Offered, option: Option) -> UUID | None:
    location_id = planned.locations[option.where]
    pool, candidate = offer.situation.pool(location_id), offer.candidate(planned.practitioners[option.who], location_id)
    if pool is None or candidate is None:
        return None
    return next(iter(pool.free(option.starts_at, candidate.footprint)), None)
