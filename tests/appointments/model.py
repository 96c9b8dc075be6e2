"""What Meridian answers, worked out a second time and by brute force: whoever is taken is so minute by minute, in plain sets.

It shares nothing with `app`, so that a mistake has to be made twice to be missed. What stands against a start is here; what verbs do is in
`model_verbs`. Both together are no longer than 300 lines.
"""

from collections.abc import Collection
from dataclasses import replace

from tests.appointments import small_clinic as clinic
from tests.appointments.model_values import Told, Visit, Who, Wish, minutes_of
from tests.appointments.small_clinic import DAY, PRACTITIONERS, ROOMS

MOST_INSTEAD = 5
UNCOUNTED = -99


class Taken:
    """Whom and what these visits occupy. What `staying` has is its own, though others wait for it."""

    def __init__(self, visits: Collection[Visit], staying: Visit | None = None) -> None:
        self.starts = {by: [one.start for one in visits if one.practitioner == by] for by in PRACTITIONERS}
        self.busy = {by: [one.has | one.waits for one in visits if one.practitioner == by] for by in PRACTITIONERS}
        own = frozenset[int]() if staying is None else staying.has
        self.by: dict[str, set[int]] = {by: set().union(*busy) - own for by, busy in self.busy.items()}
        self.rooms = {room: set().union(*(one.takes.room for one in visits if one.room == room)) for room in ROOMS}
        self.patients: dict[str | None, set[int]] = {}
        for one in visits:
            self.patients.setdefault(one.patient, set()).update(one.takes.patient if one.patient else ())

    def room(self, wish: Wish) -> str:
        """Of those that are free the one that is preferred, else where the least time is left free around it."""
        needed = minutes_of(wish.what, wish.start).room

        def left(room: str) -> tuple[bool, int, int]:
            before = next((gap for gap in range(DAY) if min(needed) - 1 - gap in self.rooms[room]), DAY)
            after = next((gap for gap in range(DAY) if max(needed) + 1 + gap in self.rooms[room]), DAY)
            return room != wish.room, before + after, ROOMS.index(room)

        return min((room for room in wish.rooms if needed.isdisjoint(self.rooms[room])), key=left)

    def turn(self, by: str, start: int) -> tuple[int, int, int]:
        """Whose turn it is when nobody is named: who has least to do in the week, then on the day."""
        minutes = [minute for busy in self.busy[by] for minute in busy]
        return len(minutes), sum(minute // DAY == start // DAY for minute in minutes), PRACTITIONERS.index(by)


class Diary:
    def __init__(self, now: int) -> None:
        self.now = now
        self.visits: list[Visit] = []
        self.leave: list[tuple[str, int, int]] = []

    def state(self, visit: Visit) -> str:
        return "expired" if visit.until is not None and visit.until <= self.now else visit.state

    def occupying(self, without: Visit | None = None) -> list[Visit]:
        states = {"held", "pending", "booked", "arrived", "fulfilled"}
        return [one for one in self.visits if self.state(one) in states and one is not without]

    def reasons(self, who: Who, wish: Wish, by: str, taken: Taken, without: Visit | None, held: int = UNCOUNTED) -> set[str]:
        what, start, day, needs = wish.what, wish.start, wish.start // DAY, minutes_of(wish.what, wish.start)
        opens, closes = clinic.HOURS.get((by, day), (0, 0))
        is_open = opens <= start < closes
        leave = [range(begin, end) for one, begin, end in self.leave if one == by]
        others = [one for one in self.visits if one.patient == who.patient is not None and one is not without]
        upcoming = [one for one in others if one.state in {"pending", "booked", "arrived"} and one.start > self.now]
        stands = {
            "past": start < self.now,
            "notice": not who.staff and start < self.now + clinic.NOTICE,
            "horizon": not who.staff and day > self.now // DAY + clinic.HORIZON_DAYS,
            "grid": is_open and (start - opens) % what.step != 0,
            "closed": not is_open or start + what.length > closes,
            "time_off": any(minute in away for away in leave for minute in needs.attended),
            "busy": not needs.practitioner.isdisjoint(taken.by[by]),
            "place_busy": all(not needs.room.isdisjoint(taken.rooms[room]) for room in wish.rooms),
            "patient_busy": not needs.patient.isdisjoint(taken.patients.get(who.patient, ())),
            "audience": what.for_newcomers and any(one.state == "fulfilled" for one in others),
            "daily_limit": sum(one // DAY == day for one in taken.starts[by]) >= clinic.DAILY_LIMITS.get(by, 99),
            "patient_limit": not who.staff and len(upcoming) >= clinic.UPCOMING_PER_PATIENT,
            "hold_limit": held >= clinic.HOLDS_PER_CLIENT,
        }
        return {rule for rule, does in stands.items() if does}

    def free(self, who: Who, wish: Wish, without: Visit | None = None) -> set[tuple[int, str]]:
        """Every start that can be had, and with whom, whatever the wish says of that."""
        taken = Taken(self.occupying(without))
        starts = [(at, by) for (by, _), window in clinic.HOURS.items() for at in range(*window, wish.what.step)]
        return {(at, by) for at, by in starts if not self.reasons(who, replace(wish, start=at), by, taken, without)}

    def decide(
        self, who: Who, wish: Wish, taken: Taken, without: Visit | None = None, held: int = UNCOUNTED
    ) -> Visit | frozenset[str]:
        """The visit that would be made, or every reason why there is none."""
        asked = PRACTITIONERS if wish.practitioner is None else (wish.practitioner,)
        stands = {by: self.reasons(who, wish, by, taken, without, held) - {*wish.rules, *wish.also} for by in asked}
        able = [by for by in asked if not stands[by]]
        if not able:
            return frozenset[str]().union(*stands.values())
        by, needed = min(able, key=lambda one: taken.turn(one, wish.start)), minutes_of(wish.what, wish.start).practitioner
        has, waits = needed - taken.by[by], needed & taken.by[by]
        found = Visit(wish.what, by, taken.room(wish), wish.start, has, waits, overbooked=bool(waits))
        found.patient, found.rules = who.patient, wish.rules
        return found

    def refusal(self, who: Who, refused: dict[int, tuple[Wish, frozenset[str]]], without: Visit | None = None) -> Told:
        def nearest(wish: Wish) -> list[tuple[int, str]]:
            def distance(one: tuple[int, str]) -> tuple[int, int, int]:
                detour = 0 if wish.practitioner in {None, one[1]} else DAY
                return abs(one[0] - wish.start) + detour, one[0], PRACTITIONERS.index(one[1])

            return sorted(self.free(who, wish, without), key=distance)[:MOST_INSTEAD]

        told = {index: nearest(wish) for index, (wish, reasons) in refused.items() if reasons != {"hold_limit"}}
        return Told(
            409,
            "slot_unavailable",
            reasons=tuple((index, reasons) for index, (_, reasons) in refused.items()),
            instead=tuple((index, *one) for index, found in told.items() for one in found),
        )
