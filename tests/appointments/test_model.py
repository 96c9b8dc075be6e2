"""The API against a model of it: whatever is asked, in whatever order, both answer the same and are left in the same state."""

import os

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from app.kit.db import Database
from tests.appointments import model_life
from tests.appointments.model import Taken
from tests.appointments.model_life import CALLERS, NUMBERS, ROOMS, SELDOM, SET_ASIDE, TEN, WISHES, has, has_in, overridden
from tests.appointments.model_values import Told, Visit, Who, Wish
from tests.appointments.opened_clinic import opened_clinic
from tests.appointments.real_clinic import instant
from tests.appointments.small_clinic import PRACTITIONERS, THURSDAY, WEDNESDAY

LONG_FORM = "MERIDIAN_TESTS_MODEL_EXAMPLES"
EXAMPLES, STEPS, LONG_STEPS, SHARDS = 16, 25, 50, 2

STRANGER = {"name": "Robin Example", "email": "robin@mail.example"}
CANCEL = {"reason": "other"}
BODIES = {"reschedule": {"starts_at": instant(TEN)}, "cancel": CANCEL}
TURN = {
    "confirm": {"pending"},
    "reschedule": {"pending", "booked"},
    "cancel": {"held", "pending", "booked"},
    "arrive": {"booked"},
    "fulfil": {"arrived"},
    "no-show": {"booked"},
    "undo": {"arrived", "no_show"},
}
LEAVES = [(WEDNESDAY, THURSDAY), (TEN, TEN + 30), (TEN + 15, TEN + 20), (TEN + 60, THURSDAY + 570)]
MOST_LEAVES = 2


class Life(model_life.Life):
    """What people do."""

    @initialize(callers=st.lists(st.tuples(CALLERS, WISHES), min_size=4, max_size=6))
    def some_have_booked(self, callers: list[tuple[Who, Wish]]) -> None:
        self.real.emptied(self.model.now)
        for who, wish in callers:
            self._book(who, wish)

    @rule(wishes=st.lists(WISHES, min_size=1, max_size=3), staff=st.booleans())
    def hold(self, wishes: list[Wish], staff: bool) -> None:
        told = self.model.hold(Who(staff), wishes)
        made = self.same(
            told, self.real.send("POST", "/holds", {"items": [self.real.item(wish) for wish in wishes]}, staff=staff)
        )
        kept = self.visits[-len(wishes) :]
        if told.status == 201 and (hold := kept[0].hold) is not None:
            self.holds.append(hold)
            self.real.ids[hold], self.real.tokens[hold] = made["id"], made["token"]
            for one, shown in zip(kept, made["appointments"], strict=True):
                self.real.met(one, shown)
            self.same_hold(hold, made)

    @has("holds")
    @rule(number=NUMBERS)
    def extend(self, number: int) -> None:
        hold = self.holds[number % len(self.holds)]
        told = self.model.extend(hold)
        shown = self.same(told, self.ask_holder("POST", hold, "/extend"))
        if told.status == 200:
            self.same_hold(hold, shown)

    @has("holds")
    @rule(number=NUMBERS, gives_back=st.booleans())
    def look_and_perhaps_give_back(self, number: int, gives_back: bool) -> None:
        hold = self.holds[number % len(self.holds)]
        shown = self.same(Told(404, "not_found") if hold.released else Told(200), self.ask_holder("GET", hold))
        if not hold.released:
            self.same_hold(hold, shown)
        if gives_back:
            self.same(self.model.release(hold), self.ask_holder("DELETE", hold))

    @rule(wish=WISHES, who=CALLERS, rules=SET_ASIDE, room=ROOMS, dry=SELDOM, by_link=st.integers(0, 9))
    def book(self, wish: Wish, who: Who, rules: tuple[str, ...], room: str | None, dry: bool, by_link: int) -> None:
        link = self.linked[by_link] if by_link < len(self.linked) else None
        if link is not None:
            who = Who(False, link.patient)
        elif who.staff:
            wish = Wish(wish.what, wish.start, wish.practitioner, (room,) if room else wish.rooms, rules=rules)
        self._book(who, wish, dry=dry, link=link)

    def _book(self, who: Who, wish: Wish, *, dry: bool = False, link: Visit | None = None) -> None:
        told = self.model.book(who, wish, dry=dry)
        somebody = {"patient": STRANGER} if who.patient is None else {"patient_id": self.real.ids[who.patient]}
        body = self.wanted(wish) | ({} if link else somebody) | ({"validate_only": True} if dry else {})
        answer = self.real.send("POST", "/appointments", body, staff=who.staff, link=link)
        self.same(told, answer, self.visits[-1] if told.status == 201 else None, staff=who.staff)

    @has("holds")
    @rule(number=NUMBERS, who=CALLERS, rules=SET_ASIDE, names_whom=st.booleans(), another_start=SELDOM, dry=SELDOM)
    def book_what_is_held(
        self, number: int, who: Who, rules: tuple[str, ...], names_whom: bool, another_start: bool, dry: bool
    ) -> None:
        held = [one for one in self.visits if one.hold is not None]
        kept = [one for one in held if one.state == "held"] or held
        one = kept[number % len(kept)]
        assert one.hold is not None
        start, by = one.start + 15 * another_start, one.practitioner if names_whom else None
        wish = Wish(one.what, start, by, rules=rules if who.staff else ())
        told = self.model.book_held(who, one.hold, wish, dry=dry)
        somebody = {"patient": STRANGER} if who.patient is None else {"patient_id": self.real.ids[who.patient]}
        body = (
            self.wanted(wish) | somebody | {"hold_token": self.real.tokens[one.hold]} | ({"validate_only": True} if dry else {})
        )
        answer = self.real.send("POST", "/appointments", body, staff=who.staff)
        booked = [one for one in held if told.status == 201 and answer.is_success and self.real.ids[one] == answer.json()["id"]]
        self.same(told, answer, booked[0] if booked else None, staff=who.staff)

    @has_in("pending")
    @rule(number=NUMBERS, rules=SET_ASIDE)
    def confirm(self, number: int, rules: tuple[str, ...]) -> None:
        visit = self.one(number, "pending")
        version = visit.version
        told = self.model.confirm(visit, rules)
        self.same(told, self.real.change(visit, "confirm", {"overrides": overridden(rules)}, version=version), visit)

    @has_in("pending", "booked")
    @rule(number=NUMBERS, wish=WISHES, rules=SET_ASIDE, room=ROOMS, by_link=st.booleans())
    def reschedule(self, number: int, wish: Wish, rules: tuple[str, ...], room: str | None, by_link: bool) -> None:
        visit = self.one(number, "pending", "booked")
        by_link = by_link and visit in self.linked
        if not by_link:
            wish = Wish(visit.what, wish.start, wish.practitioner, (room,) if room else wish.rooms, rules=rules)
        version = None if by_link else visit.version
        told = self.model.reschedule(Who(not by_link), visit, wish)
        body = {name: value for name, value in self.wanted(wish).items() if name != "treatment_id"}
        answer = self.real.change(visit, "reschedule", body, by_link=by_link, version=version)
        self.same(told, answer, visit, staff=not by_link)

    @has_in("held", "pending", "booked")
    @rule(number=NUMBERS, by_link=st.booleans())
    def cancel(self, number: int, by_link: bool) -> None:
        visit = self.one(number, "held", "pending", "booked")
        by_link = by_link and visit in self.linked
        version = None if by_link else visit.version
        told = self.model.cancel(Who(not by_link), visit)
        answer = self.real.change(visit, "cancel", CANCEL, by_link=by_link, version=version)
        self.same(told, answer, visit, staff=not by_link)

    @has("linked")
    @rule(number=NUMBERS)
    def look_by_link(self, number: int) -> None:
        visit = self.linked[number % len(self.linked)]
        self.same(Told(200), self.real.send("GET", f"/appointments/{self.real.ids[visit]}", link=visit), visit, staff=False)
        another = self.real.change(visit, "cancel", CANCEL, by_link=True, version=visit.version + 1)
        self.same(Told(412, "version_changed"), another)

    @has_in("booked", "arrived")
    @rule(number=NUMBERS, comes=st.booleans())
    def attend(self, number: int, comes: bool) -> None:
        visit = self.one(number, "booked", "arrived")
        verb = "fulfil" if visit.state == "arrived" else "arrive" if comes else "no-show"
        version = visit.version
        told = self.model.attend(visit, verb)
        self.same(told, self.real.change(visit, verb, version=version), visit)

    @has_in("arrived", "no_show")
    @rule(number=NUMBERS)
    def undo(self, number: int) -> None:
        visit = self.one(number, "arrived", "no_show")
        version = visit.version
        told = self.model.undo(visit)
        self.same(told, self.real.change(visit, "undo", version=version), visit)

    @has("visits")
    @rule(number=NUMBERS, verb=st.sampled_from(sorted(TURN)), outdated=st.booleans())
    def ask_out_of_turn(self, number: int, verb: str, outdated: bool) -> None:
        """Of a version that is not the last, or in a state that does not allow it."""
        visit = self.one(number)
        if outdated:
            told = Told(412, "version_changed")
            self.same(told, self.real.change(visit, verb, BODIES.get(verb), version=visit.version + 1))
        elif self.model.state(visit) not in TURN[verb]:
            told = Told(409, "wrong_state", self.model.state(visit))
            self.same(told, self.real.change(visit, verb, BODIES.get(verb), version=visit.version))

    @precondition(lambda life: len(life.leave_ids) < MOST_LEAVES)
    @rule(by=st.sampled_from(PRACTITIONERS), leave=st.sampled_from(LEAVES))
    def go_on_leave(self, by: str, leave: tuple[int, int]) -> None:
        hit = self.model.go_on_leave(by, *leave)
        body = {"starts_at": instant(leave[0]), "ends_at": instant(leave[1])}
        made = self.same(Told(201), self.real.send("POST", f"/practitioners/{self.real.ids[by]}/time-off", body))
        assert {one["id"] for one in made["affected"]} == {self.real.ids[one] for one in hit}
        self.leave_ids.append((by, made["id"]))

    @has("leave_ids")
    @rule(number=NUMBERS)
    def come_back(self, number: int) -> None:
        number %= len(self.leave_ids)
        self.model.come_back(number)
        by, leave_id = self.leave_ids.pop(number)
        path = f"/practitioners/{self.real.ids[by]}/time-off/{leave_id}"
        self.same(Told(204), self.real.send("DELETE", path, None, {"If-Match": "*"}))

    @rule(minutes=st.sampled_from([1, 5, 9, 10, 60, 240, 780]))
    def wait(self, minutes: int) -> None:
        self.model.now += minutes
        self.real.set_clock(self.model.now)

    @precondition(lambda life: life.real.is_last_kept)
    @rule()
    def ask_the_same_again(self) -> None:
        before, after = self.real.again()
        assert (after.status_code, after.content) == (before.status_code, before.content)

    @rule(wish=WISHES, staff=st.booleans())
    def ask_why_not(self, wish: Wish, staff: bool) -> None:
        client = self.real.staff if staff else self.real.public
        told = self.real.run(client.read("/v1/availability/explain", **self.real.item(wish)))
        found = {one["practitioner_id"]: {reason["code"] for reason in one["reasons"]} for one in told["candidates"]}
        asked = PRACTITIONERS if wish.practitioner is None else (wish.practitioner,)
        taken = Taken(self.model.occupying())
        assert found == {self.real.ids[by]: self.model.reasons(Who(staff), wish, by, taken, None) for by in asked}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_clinic_does_what_the_model_does(database: Database, database_url: str, shard: int) -> None:
    """`make model` does 2,000 examples of up to 50 steps."""
    wanted = int(os.environ.get(LONG_FORM, "0"))
    chosen = settings(
        max_examples=(wanted or EXAMPLES) // SHARDS,
        stateful_step_count=LONG_STEPS if wanted else STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with opened_clinic(database_url) as real:
        machine = seed(shard)(type("Life", (Life,), {"real": real}))
        run_state_machine_as_test(machine, settings=chosen)
