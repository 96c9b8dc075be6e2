"""The model's verbs: what each answers, and what becomes of the diary. The other half of `model`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.appointments import small_clinic as clinic
from tests.appointments.model import UNCOUNTED, Diary, Taken
from tests.appointments.model_values import Hold, Told, Visit, Who, Wish, runs
from tests.appointments.small_clinic import DAY

NOT_ASKED = ("past", "grid", "closed", "time_off", "audience", "daily_limit")  # by an undo


class Model(Diary):
    def kept(self, hold: Hold) -> list[Visit]:
        return [one for one in self.visits if one.hold is hold and one.state == "held"]

    def hold(self, who: Who, wishes: Sequence[Wish]) -> Told:
        alive = [one for one in self.occupying() if one.state == "held" and one.hold is not None and one.hold.public]
        decided: dict[int, Visit] = {}
        refused: dict[int, tuple[Wish, frozenset[str]]] = {}
        for index, wish in sorted(enumerate(wishes), key=lambda one: one[1].practitioner is None):
            held = UNCOUNTED if who.staff else len(alive) + index
            found = self.decide(who, wish, Taken([*self.occupying(), *decided.values()]), held=held)
            if isinstance(found, Visit):
                decided[index] = found
            else:
                refused[index] = wish, found
        if refused:
            return self.refusal(who, dict(sorted(refused.items())))
        hold = Hold(public=not who.staff, until=self.now + clinic.HOLD_MINUTES)
        for one in decided.values():
            vars(one).update(state="held", hold=hold, until=hold.until)
        self.visits += [decided[index] for index in sorted(decided)]
        return Told(201)

    def extend(self, hold: Hold) -> Told:
        if (over := self._over(hold)) or hold.extended:
            return over or Told(409, "hold_extended")
        hold.until, hold.extended = self.now + clinic.HOLD_MINUTES, True
        for one in self.kept(hold):
            one.become(until=hold.until)
        return Told(200)

    def release(self, hold: Hold) -> Told:
        if over := self._over(hold):
            return over
        hold.released = True
        for one in self.kept(hold):
            one.become(state="cancelled", until=None, at={"cancelled": self.now})
        self._settle(*clinic.PRACTITIONERS)
        return Told(204)

    def _over(self, hold: Hold) -> Told | None:
        if hold.released:
            return Told(404, "not_found")
        return Told(409, "hold_expired") if hold.until <= self.now else None

    def book(self, who: Who, wish: Wish, *, dry: bool) -> Told:
        found = self.decide(who, wish, Taken(self.occupying()))
        if not isinstance(found, Visit):
            return self.refusal(who, {0: (wish, found)})
        return Told(200) if dry else self._booked(who, found)

    def book_held(self, who: Who, hold: Hold, wish: Wish, *, dry: bool) -> Told:
        wanted = (wish.what, wish.start, "held")
        kept = [one for one in self.kept(hold) if (one.what, one.start, self.state(one)) == wanted]
        held = next((one for one in kept if wish.practitioner in {None, one.practitioner}), None)
        if held is None:
            return Told(409, "hold_mismatch")
        wish = replace(wish, practitioner=held.practitioner, rooms=(held.room,), also=("notice", "horizon", "grid"))
        found = self.decide(who, wish, Taken(self.occupying(held), held), held)
        if not isinstance(found, Visit):
            return self.refusal(who, {0: (wish, found)}, held)
        return Told(200) if dry else self._booked(who, held, rules=wish.rules, until=None, version=held.version + 1)

    def _booked(self, who: Who, visit: Visit, **changes: Any) -> Told:
        vars(visit).update(changes, state="pending" if visit.what.needs_approval and not who.staff else "booked")
        self.visits += [] if visit in self.visits else [visit]
        visit.patient = who.patient or f"stranger {self.visits.index(visit)}"
        return Told(201)

    def confirm(self, visit: Visit, rules: tuple[str, ...]) -> Told:
        if visit.state != "pending":
            return self._wrong(visit)
        who, also = Who(staff=True, patient=visit.patient), ("audience", "grid", *visit.rules)
        wish = Wish(visit.what, visit.start, visit.practitioner, rooms=(visit.room,), rules=rules, also=also)
        found = self.decide(who, wish, Taken(self.occupying(visit), visit), visit)
        if not isinstance(found, Visit):
            return self.refusal(who, {0: (wish, found)}, visit)
        visit.become(state="booked", rules=visit.rules + rules, marks=tuple(one for one in visit.marks if one not in rules))
        return Told(200)

    def reschedule(self, who: Who, visit: Visit, wish: Wish) -> Told:
        if visit.state not in {"pending", "booked"}:
            return self._wrong(visit)
        late = self.now > visit.start - visit.what.change_notice
        if late and not who.staff:
            return Told(409, "too_late_to_change")
        left, who = visit.practitioner, replace(who, patient=visit.patient)
        wish = replace(wish, what=visit.what, practitioner=wish.practitioner or left, room=visit.room, also=("audience",))
        found = self.decide(who, wish, Taken(self.occupying(visit)), visit)
        if not isinstance(found, Visit):
            return self.refusal(who, {0: (wish, found)}, visit)
        visit.has, visit.waits = found.has, found.waits
        same = {name: getattr(found, name) for name in ("practitioner", "room", "start", "overbooked", "rules")}
        visit.become(**same, late=visit.late or late, marks=())
        self._settle(left)
        return Told(200)

    def cancel(self, who: Who, visit: Visit) -> Told:
        if self.state(visit) not in {"held", "pending", "booked"}:
            return self._wrong(visit)
        late = visit.state != "held" and self.now > visit.start - visit.what.change_notice
        if late and not who.staff:
            return Told(409, "too_late_to_change")
        at = {**visit.at, "cancelled": self.now}
        visit.become(state="cancelled", until=None, overbooked=False, late=visit.late or late, at=at)
        self._settle(visit.practitioner)
        return Told(200)

    def attend(self, visit: Visit, verb: str) -> Told:
        if visit.state != ("arrived" if verb == "fulfil" else "booked"):
            return self._wrong(visit)
        after = {"arrive": "arrived", "fulfil": "fulfilled", "no-show": "no_show"}[verb]
        visit.become(state=after, overbooked=visit.overbooked and verb != "no-show", at={**visit.at, after: self.now})
        self._settle(*([visit.practitioner] if verb == "no-show" else []))
        return Told(200)

    def undo(self, visit: Visit) -> Told:
        if visit.state not in {"arrived", "no_show"}:
            return self._wrong(visit)
        room = visit.room
        if visit.state == "no_show":
            who, wish = Who(True, visit.patient), Wish(visit.what, visit.start, visit.practitioner, room=room, also=NOT_ASKED)
            found = self.decide(who, wish, Taken(self.occupying()), visit)
            if not isinstance(found, Visit):
                return self.refusal(who, {0: (wish, found)}, visit)
            visit.has, visit.waits, room = found.has, found.waits, found.room
        if visit.at[visit.state] // DAY != self.now // DAY:
            return Told(409, "too_late_to_undo")
        at = {name: when for name, when in visit.at.items() if name != visit.state}
        visit.become(state="booked", room=room, at=at)
        self._mark(visit.practitioner)
        return Told(200)

    def go_on_leave(self, by: str, begin: int, end: int) -> list[Visit]:
        self.leave.append((by, begin, end))
        self._mark(by)
        hit = [one for one in self._coming(by) if "time_off" in one.marks]
        return [one for one in hit if one.start < end and max(one.takes.patient) >= begin]

    def come_back(self, number: int) -> None:
        self._mark(self.leave.pop(number)[0])

    def _coming(self, by: str) -> list[Visit]:
        coming = [one for one in self.visits if one.practitioner == by and one.state in {"pending", "booked", "arrived"}]
        return [one for one in coming if max(one.takes.patient) >= self.now]

    def _mark(self, by: str) -> None:
        for one in self._coming(by):
            one.become(marks=self._marks(one))

    def _marks(self, visit: Visit) -> tuple[str, ...]:
        """What was taken away from it since it was booked."""
        against = self.reasons(Who(staff=True), Wish(visit.what, visit.start), visit.practitioner, Taken([]), None)
        return tuple(rule for rule in ("closed", "time_off") if rule in against - set(visit.rules))

    def _settle(self, *practitioners: str) -> None:
        """Whoever waits for what is free now gets it, the eldest first; what is over waits for nothing."""
        for visit in [one for one in self.occupying() if one.practitioner in practitioners]:
            others = [one.has for one in self.occupying() if one.practitioner == visit.practitioner]
            awaited = frozenset[int]().union(*(run for run in runs(visit.waits) if max(run) >= self.now))
            if got := awaited.difference(*others):
                visit.has, visit.waits = visit.has | got, awaited - got
                visit.become(overbooked=bool(visit.waits))

    def _wrong(self, visit: Visit) -> Told:
        return Told(409, "wrong_state", self.state(visit))
