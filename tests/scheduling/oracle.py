"""The rules of time once more, slow and obvious: a set of minutes for everything. Shares no code with the core.

An instant is a number of minutes since 1970. Whatever a `World` holds is in minutes, except `now`, which is in seconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

Span = tuple[int, int]
"""Minutes, the second one not included."""


@dataclass(frozen=True)
class Weekly:
    weekday: int
    starts: int
    ends: int
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1


@dataclass(frozen=True)
class Shut:
    from_on: date
    to_on: date
    starts: int = 0
    ends: int = 1440


@dataclass(frozen=True)
class World:
    zone: str
    rules: list[Weekly]
    phases: list[tuple[int, bool]]
    before: int
    after: int
    step: int
    now: int
    staff: bool
    notice: int
    horizon: int
    overrides: dict[date, list[Span]] = field(default_factory=dict)
    closures: list[Shut] = field(default_factory=list)
    time_off: list[Span] = field(default_factory=list)
    occupied: list[Span] = field(default_factory=list)
    elsewhere: list[Span] = field(default_factory=list)
    travel: int = 0
    patient: list[Span] = field(default_factory=list)
    places: list[list[Span]] | None = None
    offered: bool = True
    admitted: bool = True
    registered_until: date | None = date(2099, 12, 31)
    day_starts: list[int] = field(default_factory=list)
    daily_limit: int | None = None
    upcoming: int = 0
    upcoming_limit: int | None = None


def resolve(zone: str, on: date, minute: int) -> int:
    """The instant of a wall time: the first that shows it, else what its minutes make before the gap."""
    wall = datetime(on.year, on.month, on.day, tzinfo=UTC) + MINUTE * minute
    before, after = (_offset(zone, wall + side) for side in (-DAY, DAY))
    shown = [wall - offset for offset in (before, after) if _offset(zone, wall - offset) == offset]
    return int(min(shown, default=wall - before).timestamp()) // 60


def local_date(zone: str, minute: int) -> date:
    return datetime.fromtimestamp(minute * 60, ZoneInfo(zone)).date()


def _offset(zone: str, at: datetime) -> timedelta:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset


class Oracle:
    """Knows every minute from a few days before the first date to a few days after the last and the end of all closures."""

    def __init__(self, world: World, from_on: date, to_on: date) -> None:
        self.world = world
        last_on = max([to_on, *(closure.to_on for closure in world.closures)])
        self.dates = [from_on + DAY * day for day in range(-4, (last_on - from_on).days + 6)]
        self.windows = {on: self._windows_on(on) for on in self.dates}
        worked = {on: self._worked_on(on) for on in self.dates}
        self.open = set().union(*worked.values())
        self.opened: dict[int, int] = {}
        for on in reversed(self.dates):  # of several dates the earliest has the last word
            self.opened |= _openings(worked[on])
        self.shut = self._what_is_shut(worked)
        self.time_off, self.occupied = _minutes(world.time_off), _minutes(world.occupied)
        self.elsewhere, self.patient = _minutes(world.elsewhere), _minutes(world.patient)
        self.places = None if world.places is None else [_minutes(place) for place in world.places]
        self._lay_phases()

    def codes(self, start: int) -> list[str]:
        """Every code that refuses the start, in T15's order."""
        return [code for code, refuses in self._rules(start).items() if refuses()]

    def offers(self, start: int) -> bool:
        return not any(refuses() for refuses in self._rules(start).values())

    def refuses(self, code: str, start: int) -> bool:
        return self._rules(start)[code]()

    def is_on_grid(self, start: int) -> bool:
        return start in self.opened and (start - self.opened[start]) % self.world.step == 0

    def _rules(self, start: int) -> dict[str, Callable[[], bool]]:
        world, public = self.world, not self.world.staff
        on, today = local_date(world.zone, start), local_date(world.zone, world.now // 60)
        whole = range(start, start + self.length)
        place = range(start - world.before, start + self.length + world.after)
        away = range(start + self.there.start - world.travel, start + self.there.stop + world.travel)
        return {
            "past": lambda: start * 60 < world.now,
            "notice": lambda: public and start * 60 - world.now < world.notice * 60,
            "horizon": lambda: public and (on - today).days > world.horizon,
            "grid": lambda: start in self.opened and not self.is_on_grid(start),
            "closed": lambda: start not in self.opened or not self.open.issuperset(whole),
            "closure": lambda: not self.shut.isdisjoint(whole),
            "time_off": lambda: not self.time_off.isdisjoint(start + offset for offset in self.attended),
            "busy": lambda: not self.occupied.isdisjoint(start + offset for offset in self.at_work),
            "travel": lambda: not self.elsewhere.isdisjoint(away),
            "place_busy": lambda: self.places is not None and not any(taken.isdisjoint(place) for taken in self.places),
            "patient_busy": lambda: not self.patient.isdisjoint(whole),
            "not_offered": lambda: not world.offered,
            "registration": lambda: world.registered_until is None or on > world.registered_until,
            "audience": lambda: not world.admitted,
            "daily_limit": lambda: world.daily_limit is not None and self._starts_on(on) >= world.daily_limit,
            "patient_limit": lambda: public and world.upcoming_limit is not None and world.upcoming >= world.upcoming_limit,
        }

    def _windows_on(self, on: date) -> list[Span]:
        """Those of the date's override, else those of the week."""
        return self.world.overrides.get(on, [(rule.starts, rule.ends) for rule in self.world.rules if _applies(rule, on)])

    def _worked_on(self, on: date) -> set[int]:
        """The minutes of the windows that start on the date, even those after its end."""
        windows = self.windows[on]
        return set().union(*(self._between(on, starts, ends if ends > starts else ends + 1440) for starts, ends in windows))

    def _what_is_shut(self, worked: dict[date, set[int]]) -> set[int]:
        """What closures say of their dates, but for what is left of any date's own windows."""
        said: dict[date, set[int]] = {on: set() for on in worked}
        for closure in self.world.closures:
            for on in worked:
                if closure.from_on <= on <= closure.to_on:
                    said[on] |= self._between(on, closure.starts, closure.ends)
                    if (closure.starts, closure.ends) == (0, 1440):
                        said[on] |= worked[on]
        left = set().union(*(worked[on] - said[on] for on in worked))
        return set().union(*said.values()) - left

    def _between(self, on: date, starts: int, ends: int) -> set[int]:
        return set(range(resolve(self.world.zone, on, starts), resolve(self.world.zone, on, ends)))

    def _lay_phases(self) -> None:
        """Minutes from the start: how long, those attended, those at work, and from the first of these to the last."""
        world = self.world
        self.attended: set[int] = set()
        self.length = 0
        for minutes, attended in world.phases:
            if attended:
                self.attended |= set(range(self.length, self.length + minutes))
            self.length += minutes
        self.at_work = self.attended | set(range(-world.before, 0)) | set(range(self.length, self.length + world.after))
        self.there = range(min(self.at_work), max(self.at_work) + 1)

    def _starts_on(self, on: date) -> int:
        return sum(local_date(self.world.zone, start) == on for start in self.world.day_starts)


def _applies(rule: Weekly, on: date) -> bool:
    if on.isoweekday() != rule.weekday:
        return False
    if rule.valid_from is not None:
        if on < rule.valid_from:
            return False
        mondays = [day - timedelta(days=day.isoweekday() - 1) for day in (rule.valid_from, on)]
        if (mondays[1] - mondays[0]).days % (7 * rule.every_weeks) != 0:
            return False
    return rule.valid_until is None or on <= rule.valid_until


def _openings(worked: set[int]) -> dict[int, int]:
    """For each minute the first of the unbroken row of minutes that leads to it."""
    opened: dict[int, int] = {}
    for minute in sorted(worked):
        opened[minute] = opened.get(minute - 1, minute)
    return opened


def _minutes(spans: Iterable[Span]) -> set[int]:
    return {minute for span in spans for minute in range(*span)}
