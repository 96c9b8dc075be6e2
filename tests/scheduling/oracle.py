"""The rules of time once more, slow and obvious: a set of five-minute ticks for everything. Shares no code with the core.

A tick is an instant in units of five minutes. Whatever a `World` holds is a multiple of five minutes, except `now`.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

TICK_MINUTES = 5
TICK = TICK_MINUTES * 60
DAY = timedelta(days=1)

Span = tuple[int, int]
"""Ticks, the second one not included."""


@dataclass(frozen=True)
class Weekly:
    weekday: int
    starts: int
    ends: int
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1


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
    """Unix seconds of a wall time: the first instant that shows it, else what its minutes make before the gap."""
    wall = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(minutes=minute)
    before, after = (_offset(zone, wall + side) for side in (-DAY, DAY))
    shown = [wall - offset for offset in (before, after) if _offset(zone, wall - offset) == offset]
    return int(min(shown, default=wall - before).timestamp())


def local_date(zone: str, at: int) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def _offset(zone: str, at: datetime) -> timedelta:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset


class Oracle:
    """Knows every tick from a few days before the first date to a few days after the last."""

    def __init__(self, world: World, from_on: date, to_on: date) -> None:
        self.world = world
        self.open: dict[date, set[int]] = {}
        on = from_on - 4 * DAY
        while on <= to_on + 5 * DAY:
            self.open[on] = self._open_on(on)
            on += DAY
        self.open_at_all = set().union(*self.open.values())
        self.occupied = _ticks(world.occupied)
        self.elsewhere = _ticks(world.elsewhere)
        self.patient = _ticks(world.patient)
        self.places = None if world.places is None else [_ticks(place) for place in world.places]
        self._lay_phases()

    def codes(self, tick: int) -> list[str]:
        """Every code that refuses the start, in T15's order."""
        world = self.world
        on = local_date(world.zone, tick * TICK)
        today = local_date(world.zone, world.now)
        window = next((ticks for _, ticks in sorted(self.open.items()) if tick in ticks), None)
        fits = all(tick + offset in self.open_at_all for offset in self.whole)
        told = {
            "past": tick * TICK < world.now,
            "notice": not world.staff and tick * TICK - world.now < world.notice * 60,
            "horizon": not world.staff and (on - today).days > world.horizon,
            "grid": window is not None and not self._on_grid(window, tick),
            "closed": window is None or not fits,
            "busy": any(tick + offset in self.occupied for offset in self.attending),
            "travel": any(tick + offset in self.elsewhere for offset in self.away),
            "place_busy": self.places is not None and not any(self._place_is_free(place, tick) for place in self.places),
            "patient_busy": any(tick + offset in self.patient for offset in self.whole),
            "not_offered": not world.offered,
            "registration": world.registered_until is None or on > world.registered_until,
            "audience": not world.admitted,
            "daily_limit": world.daily_limit is not None and self._taken_on(on) >= world.daily_limit,
            "patient_limit": not world.staff and world.upcoming_limit is not None and world.upcoming + 1 > world.upcoming_limit,
        }
        return [code for code, refuses in told.items() if refuses]

    def _open_on(self, on: date) -> set[int]:
        ticks: set[int] = set()
        for rule in self.world.rules:
            if _applies(rule, on):
                ends = rule.ends if rule.ends > rule.starts else rule.ends + 1440
                opens_at, closes_at = (resolve(self.world.zone, on, minute) for minute in (rule.starts, ends))
                ticks |= set(range(opens_at // TICK, closes_at // TICK))
        return ticks

    def _lay_phases(self) -> None:
        """Offsets in ticks from the start: of the whole, of what the practitioner does, of being there, of the place."""
        world = self.world
        before, after, travel = (minutes // TICK_MINUTES for minutes in (world.before, world.after, world.travel))
        attending: set[int] = set()
        length = 0
        for minutes, attended in world.phases:
            phase = range(length, length + minutes // TICK_MINUTES)
            attending |= set(phase) if attended else set()
            length = phase.stop
        self.whole = range(length)
        self.place = range(-before, length + after)
        self.attending = attending | set(range(-before, 0)) | set(range(length, length + after))
        self.away = range(min(self.attending) - travel, max(self.attending) + 1 + travel)

    def _on_grid(self, window: set[int], tick: int) -> bool:
        opening = tick
        while opening - 1 in window:
            opening -= 1
        return (tick - opening) * TICK_MINUTES % self.world.step == 0

    def _place_is_free(self, place: set[int], tick: int) -> bool:
        return not any(tick + offset in place for offset in self.place)

    def _taken_on(self, on: date) -> int:
        return sum(local_date(self.world.zone, start * TICK) == on for start in self.world.day_starts)


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


def _ticks(spans: list[Span]) -> set[int]:
    return {tick for start, end in spans for tick in range(start, end)}
