"""Runs the worked examples of docs/time.md: what a block is given, and what the core says to it.

A line is `what: how`. Times are local; one without a date is on the `day` above it. Whatever is not known here raises ValueError.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from app.kit import wire
from app.scheduling import hours, slots
from app.scheduling.facts import Facts
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.hours import Closure, Override, WeeklyRule
from app.scheduling.places import Place, Pool
from app.scheduling.turns import by_turn
from app.scheduling.zones import local_date
from tests.scheduling.cases.table import WEEKDAYS, clock, shown, windows
from tests.scheduling.make import minutes

DAY = timedelta(days=1)
BLOCK = re.compile(r"^```example\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"(?:(\d{1,2} [A-Z][a-z]+) )?(\d\d:\d\d)")
LENGTHS = {"minutes": 1, "hours": 60, "days": 1440}
INSTANT: TypeAdapter[object] = TypeAdapter(wire.Instant)


def number(text: str, unit: str) -> int:
    """`"20 minutes"`; singular and plural."""
    found = re.fullmatch(rf"(\d+) {unit}s?", text)
    if found is None:
        raise ValueError(f"not a number of {unit}s: {text}")
    return int(found[1])


class Example:
    """One block. What is given is gathered first; then every answer in it is compared with the core's."""

    def __init__(self, block: str) -> None:
        self._zone = "Europe/London"
        self._day: date | None = None
        self._first: date | None = None
        self._rules: tuple[WeeklyRule, ...] = ()
        self._overrides: list[Override] = []
        self._closures: list[Closure] = []
        self._rooms: dict[str, list[tuple[int, int]]] = {}
        self._turns: dict[str, list[tuple[int, int]]] = {}
        self._audience, self._patient = "everybody", "new"
        self._known: dict[str, Any] = {
            "now": None, "staff": True, "footprint": Footprint.of([Phase(30, attended=True)]), "step_minutes": 15,
            "notice_minutes": 0, "horizon_days": 365, "offered": True, "registered_until": date(2099, 12, 31),
            "occupied": [], "elsewhere": [], "time_off": [], "patient_occupied": [], "day_starts": [],
        }  # fmt: skip
        self._asked: list[tuple[date | None, str, str]] = []
        for line in block.replace("–", "-").splitlines():
            what, _, how = line.partition(": ")
            if what.startswith(("room ", "diary of ")):
                taken = [] if how.strip() == "free" else self._spans(how)
                (self._rooms if what.startswith("room ") else self._turns)[what.split()[-1]] = taken
            elif what in self._answers():
                self._asked.append((self._day, what, how))
            elif what in self._givens():
                self._givens()[what](how)
            else:
                raise ValueError(f"an unknown line: {line}")
        if not self._asked:
            raise ValueError("an example without an answer")

    def run(self) -> None:
        for day, what, how in self._asked:
            self._day = day
            said, expected = self._answers()[what](how)
            assert said == expected, f"{what}: {how}\nThe core says {said}"

    def _answers(self) -> dict[str, Callable[[str], tuple[Any, Any]]]:
        return {
            "instant": self._instant, "offered": self._offered, "free": self._free, "refused": self._refused,
            "takes": self._takes, "turn": self._turn,
        }  # fmt: skip

    def _givens(self) -> dict[str, Callable[[str], None]]:
        known = self._known
        return {
            "day": self._set_day, "hours": self._set_hours, "treatment": self._set_treatment, "asked": self._set_asked,
            "other hours": self._add_override, "closure": self._add_closure,
            "taken": lambda how: known["occupied"].extend(self._spans(how)),
            "elsewhere": lambda how: known["elsewhere"].extend(self._spans(how)),
            "time off": lambda how: known["time_off"].extend(self._spans(how)),
            "the patient is taken": lambda how: known["patient_occupied"].extend(self._spans(how)),
            "appointments": lambda how: known["day_starts"].extend(self._at(one) for one in how.split(", ")),
            "travel": lambda how: known.update(travel_minutes=number(how, "minute")),
            "notice": lambda how: known.update(notice_minutes=int(how.split()[0]) * LENGTHS[how.split()[1]]),
            "horizon": lambda how: known.update(horizon_days=number(how, "day")),
            "daily limit": lambda how: known.update(daily_limit=int(how)),
            "patient limit": lambda how: known.update(upcoming_limit=int(how)),
            "the patient has ahead": lambda how: known.update(upcoming=int(how)),
            "registered until": lambda how: known.update(registered_until=None if how == "never" else self._date(how)),
            "for": lambda how: setattr(self, "_audience", how),
            "the patient is": lambda how: setattr(self, "_patient", how),
        }  # fmt: skip

    def _set_day(self, how: str) -> None:
        self._day = datetime.strptime(how, "%A %d %B %Y").date()  # noqa: DTZ007
        self._first = self._first or self._day
        if f"{self._day:%A}" != how.split()[0]:
            raise ValueError(f"not that weekday: {how}")

    def _set_hours(self, how: str) -> None:
        text, _, zone = how.partition(" in ")
        self._zone = zone or self._zone
        for part in text.split("; "):
            days, _, walls = part.partition(" ")
            first, _, last = days.partition("-")
            weekdays = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
            self._rules += tuple(WeeklyRule(weekday + 1, *window) for weekday in weekdays for window in windows(walls))

    def _set_treatment(self, how: str) -> None:
        phases: list[Phase] = []
        buffers: dict[str, int] = {}
        for part in how.split(", "):
            found = re.fullmatch(r"(\d+) (attended|rest)|buffer (before|after) (\d+)|a start every (\d+)", part)
            if found is None:
                raise ValueError(f"an unknown part of a treatment: {part}")
            length, kind, side, buffer, step = found.groups()
            if length:
                phases.append(Phase(int(length), kind == "attended"))
            elif side:
                buffers[f"buffer_{side}_minutes"] = int(buffer)
            else:
                self._known["step_minutes"] = int(step)
        self._known["footprint"] = Footprint.of(phases, **buffers)

    def _set_asked(self, how: str) -> None:
        when, who = how.split(" by ")
        self._known.update(now=self._at(when), staff={"the public": False, "staff": True}[who])

    def _add_override(self, how: str) -> None:
        self._overrides.append(Override(self._required(), () if how == "none" else windows(how)))

    def _add_closure(self, how: str) -> None:
        if how == "all day" or "-" in how:
            self._closures.append(
                Closure(self._required(), self._required(), *windows("00:00-24:00" if how == "all day" else how)[0])
            )
            return
        first, last = how.split(" to ")
        self._closures.append(Closure(self._date(first), self._date(last)))

    def _required(self) -> date:
        if self._day is None:
            raise ValueError("a day is needed first")
        return self._day

    def _date(self, text: str) -> date:
        """`"7 June"` of the year of the day."""
        return datetime.strptime(f"{text} {self._required().year}", "%d %B %Y").date()  # noqa: DTZ007

    def _at(self, text: str) -> int:
        found = TIME.fullmatch(text)
        if found is None:
            raise ValueError(f"not a time: {text}")
        return clock(f"{self._date(found[1]) if found[1] else self._required()} {found[2]}", self._zone)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """`"10:00-10:30, 8 June 22:00 to 9 June 06:00"`; an end without a date is on that of its start."""
        found = []
        for one in text.split(", "):
            starts, _, ends = one.partition(" to " if " to " in one else "-")
            day, _, _ = starts.rpartition(" ")
            found.append((self._at(starts), self._at(ends if " " in ends else f"{day} {ends}".strip())))
        return sorted(found)

    def _facts(self) -> Facts:
        day, first = self._required(), self._first or self._required()
        exceptions = tuple(self._overrides), tuple(self._closures)
        schedule = hours.schedule(self._rules, self._zone, day - 7 * DAY, day + 7 * DAY, *exceptions)
        known = self._known | {"now": self._known["now"] or clock(f"{first - 30 * DAY} 12:00", self._zone)}
        for name in ("occupied", "elsewhere", "time_off", "patient_occupied"):
            known[name] = sorted(known[name])
        admitted = {"everybody": True, "new patients": self._patient == "new", "returning patients": self._patient == "returning"}
        return Facts(schedule=schedule, pool=self._pool() if self._rooms else None, admitted=admitted[self._audience], **known)

    def _pool(self) -> Pool:
        return Pool(tuple(Place(UUID(int=n), n, taken) for n, taken in enumerate(self._rooms.values(), 1)))

    def _instant(self, how: str) -> tuple[Any, Any]:
        sent, _, expected = how.partition(" is ")
        try:
            return INSTANT.dump_python(INSTANT.validate_python(sent), mode="json"), expected
        except ValidationError:
            return "refused", expected

    def _offered(self, how: str) -> tuple[Any, Any]:
        facts, first = self._facts(), clock(f"{self._required()} 12:00", self._zone)
        at_all = slots.starts(facts, first - 86_400, first + 86_400)
        found = [shown(at, self._zone) for at in at_all if local_date(self._zone, at) == self._required()]
        return found, [] if how == "none" else list(expanded(how, facts.step_minutes))

    def _free(self, how: str) -> tuple[Any, Any]:
        facts = self._facts()
        return {one: slots.reasons(facts, self._at(one)) for one in how.split(", ")}, dict.fromkeys(how.split(", "), ())

    def _refused(self, how: str) -> tuple[Any, Any]:
        start, reasons = re.fullmatch(rf"({TIME.pattern}) (.*)", how).group(1, 4)  # type: ignore[union-attr]
        expected = [one.partition(" until ")[::2] for one in reasons.split(", ")]
        said = [(str(reason.code), reason.until) for reason in slots.reasons(self._facts(), self._at(start))]
        told = [
            (code, until if wanted[1:] and wanted[1] else None) for (code, until), wanted in zip(said, expected, strict=False)
        ]
        return told + said[len(told) :], [(code, self._at(until) if until else None) for code, until in expected]

    def _takes(self, how: str) -> tuple[Any, Any]:
        start, room = how.split(" room ")
        free = self._pool().free(self._at(start), self._known["footprint"])
        return list(self._rooms)[free[0].int - 1] if free else "none", room

    def _turn(self, how: str) -> tuple[Any, Any]:
        start, order = how.split(" goes to ")
        people = {UUID(int=n): name for n, name in enumerate(sorted(self._turns), 1)}
        occupied = {person: self._turns[name] for person, name in people.items()}
        return [people[one] for one in by_turn(people, occupied, self._zone, self._at(start))], order.split(", then ")


def expanded(text: str, step: int) -> Iterator[str]:
    """`"09:00 … 10:00, 13:00"` with every start that the ellipsis stands for."""
    for part in text.split(", "):
        first, _, last = part.partition(" … ")
        stretch = range(minutes(first), minutes(last or first) + 1, step)
        if minutes(last or first) not in stretch:
            raise ValueError(f"no number of steps: {part}")
        for minute in stretch:
            yield f"{minute // 60:02}:{minute % 60:02}"
