"""A plan as it is told: its sessions, why some have no time, and what could be had instead (K2). Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from app.courses.plan_schemas import CoursePlan, PlanCost, PlannedSession, Start, WhyNot
from app.courses.planning import Offered, Planned, every
from app.scheduling.intervals import Interval, intersect, subtract
from app.scheduling.obstacles import Code, obstacles
from app.scheduling.planning.values import Option
from app.scheduling.zones import midnight

ALTERNATIVES_MAX = 3
ONE_DAY = timedelta(days=1)


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
    low, high = _bounds(planned, index)
    reasons: list[WhyNot] = []
    nearest_on = None
    if option is None:
        reasons = list(_reasons(planned, index, low, high))
        days = [one.day for one in every(planned.task.choices[index])]
        nearest = min(days, key=lambda day: (max(low - day, day - high, 0), day), default=None)
        nearest_on = None if nearest is None else date.fromordinal(nearest)
    before = next((one for one in planned.plan.sessions[:index][::-1] if one is not None), None)
    start = None if option is None else _start(planned, option)
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
        alternatives=[_start(planned, one) for one in islice(_instead(planned, index, low, high), ALTERNATIVES_MAX)],
    )


def _bounds(planned: Planned, index: int) -> Interval:
    """The first and the last day on which it may be, the others being where they are; the first may be after the last."""
    task, sessions = planned.task, planned.plan.sessions
    low, high = planned.when.earliest_on.toordinal(), planned.when.latest_on.toordinal()
    before = next((number for number in range(index - 1, -1, -1) if sessions[number] is not None), None)
    after = next((number for number in range(index + 1, len(sessions)) if sessions[number] is not None), None)
    if before is not None:
        gap, other = task.between(before, index), sessions[before]
        low, high = max(low, other.day + gap.min_days), min(high, other.day + gap.max_days)  # type: ignore[union-attr]
    elif index:
        low += sum(gap.min_days for gap in task.gaps[1 : index + 1])
    if after is not None:
        gap, other = task.between(index, after), sessions[after]
        low, high = max(low, other.day - gap.max_days), min(high, other.day - gap.min_days)  # type: ignore[union-attr]
    return low, high


def _reasons(planned: Planned, index: int, low: int, high: int) -> Iterator[WhyNot]:
    if index in planned.fixed and planned.fixed[index][1]:
        yield from (reason.code.value for reason in planned.fixed[index][1])
        return
    dates = [one for one in (date.fromordinal(day) for day in range(low, high + 1)) if planned.when.comes_on(one)]
    if index not in planned.fixed:
        if low <= high and not dates:
            yield "away"
        found = _codes(planned, index, dates)
        yield from (code.value for code in Code if code in found)
    days = [one.day for one in every(planned.task.choices[index])]
    if any(day < low for day in days):
        yield "min_gap"
    if any(day > high for day in days):
        yield "max_gap"


def _codes(planned: Planned, index: int, dates: Sequence[date]) -> set[Code]:
    """The rules that stand against some start on one of these dates, at the wished times of day, at which somebody works; that nobody works, if it is
    so on one of them."""
    found: set[Code] = set()
    offer = planned.offered[index]
    for candidate, _ in offer.found:
        zone, facts = candidate.location.time_zone, offer.situation.facts(candidate)
        forbidden = dict(obstacles(facts))
        for on in dates:
            day = (midnight(zone, on), midnight(zone, on + ONE_DAY))
            hours = subtract(day, intersect([day], forbidden[Code.CLOSED]))
            if not hours:
                found.add(Code.CLOSED)
                continue
            found |= {code for code, starts in forbidden.items() if code is not Code.CLOSED and intersect(hours, starts)}
    return found


def _instead(planned: Planned, index: int, low: int, high: int) -> list[Option]:
    """The best start of each practitioner and day, or of those days all where that makes too few; of a session that has its time within its bounds,
    else nearest to them."""
    task = planned.task
    present = planned.plan.sessions[index]

    def allowed(one: Option) -> bool:
        return one != present and (present is None or (low <= one.day <= high and _fits(planned, index, one)))

    found = [one for one in every(task.choices[index]) if allowed(one)]
    if len(found) < ALTERNATIVES_MAX:
        found = [
            one
            for days in task.choices[index].values()
            for options in days.values()
            if _near(options[0], present, low, high)
            for one in options
            if allowed(one)
        ]
    wished = present.day if present is not None else low

    def rank(one: Option) -> tuple[int, ...]:
        outside = max(low - one.day, one.day - high, 0)
        away = abs(one.day - wished)
        return (
            outside,
            task.preference[one.who],
            _changes(planned, index, one),
            away,
            one.minutes_away,
            one.starts_at,
            one.who,
            one.where,
        )

    return sorted(found, key=rank)


def _near(option: Option, present: Option | None, low: int, high: int) -> bool:
    return present is None or low <= option.day <= high


def _fits(planned: Planned, index: int, option: Option) -> bool:
    limit = planned.task.max_changes
    return limit is None or _changes(planned, index, option) <= limit


def _changes(planned: Planned, index: int, option: Option) -> int:
    """Of the practitioner, with this instead."""
    sessions = [*planned.plan.sessions[:index], option, *planned.plan.sessions[index + 1 :]]
    return sum(one.who != other.who for one, other in pairwise(one for one in sessions if one is not None))


def _start(planned: Planned, option: Option) -> Start:
    location_id = planned.locations[option.where]
    zone = planned.offered[0].free.catalogue.locations[location_id].time_zone
    at = datetime.fromtimestamp(option.starts_at, UTC)
    return Start(
        starts_at=at,
        local_start=at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"),
        practitioner_id=planned.practitioners[option.who],
        location_id=location_id,
    )


def _place(planned: Planned, offer: Offered, option: Option) -> UUID | None:
    location_id = planned.locations[option.where]
    pool = offer.situation.pool(location_id)
    if pool is None:
        return None
    footprint = next(
        one.footprint
        for one, _ in offer.found
        if (one.practitioner.id, one.location.id) == (planned.practitioners[option.who], location_id)
    )
    return next(iter(pool.free(option.starts_at, footprint)), None)
