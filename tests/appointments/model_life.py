"""Both clinics side by side, and what is compared of them after every step; the steps themselves are in `test_model`."""

from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition

from tests.appointments import small_clinic as clinic
from tests.appointments.model_values import Hold, Told, Visit, Who, Wish
from tests.appointments.model_verbs import Model
from tests.appointments.real_clinic import RealClinic, instant
from tests.appointments.small_clinic import LONG, SHORT, THURSDAY, WEDNESDAY
from tests.client import Json

TEN = WEDNESDAY + 600
GOOD = [TEN, TEN + 15, TEN + 30, TEN + 45, TEN + 60, THURSDAY + 540, THURSDAY + 555]
ODD = [TEN + 5, TEN + 10, TEN + 90, TEN + 110, TEN - 60, TEN - 180, THURSDAY + 600]
RULES = ("past", "grid", "closed", "time_off", "busy", "daily_limit", "audience")

NUMBERS = st.integers(0, 40)
SELDOM = st.sampled_from([False, False, False, True])
ROOMS = st.sampled_from([None, None, *clinic.ROOMS])
WISHES = st.builds(
    Wish, st.sampled_from([SHORT, LONG]), st.sampled_from([*GOOD, *GOOD, *ODD]), st.sampled_from([*clinic.PRACTITIONERS, None])
)
CALLERS = st.sampled_from([Who(staff=False), Who(staff=False), Who(staff=True), *(Who(True, one) for one in clinic.PATIENTS)])
SET_ASIDE = st.one_of(
    st.sampled_from([(), (), ("busy",), ("busy",)]), st.lists(st.sampled_from(RULES), max_size=7, unique=True).map(tuple)
)

Rule = TypeVar("Rule", bound=Callable[..., None])


def has(name: str) -> Callable[[Rule], Rule]:
    """Only when there is one."""
    return precondition(lambda life: bool(getattr(life, name)))


def has_in(*states: str) -> Callable[[Rule], Rule]:
    """Only when a visit is in such a state."""
    return precondition(lambda life: any(one.state in states for one in life.visits))


def overridden(rules: tuple[str, ...]) -> Json:
    return [{"rule": rule, "reason": f"Because of {rule}"} for rule in rules]


class Life(RuleBasedStateMachine):
    """A machine is made for each example; the real clinic is there before, and is emptied."""

    real: RealClinic

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(clinic.EVENING)
        self.holds: list[Hold] = []
        self.leave_ids: list[tuple[str, str]] = []
        self.asked = 0

    @property
    def visits(self) -> list[Visit]:
        return self.model.visits

    @property
    def linked(self) -> list[Visit]:
        """Those whose private link somebody has."""
        return [one for one in self.visits if one in self.real.tokens]

    def one(self, number: int, *states: str) -> Visit:
        fitting = [one for one in self.visits if one.state in states or not states]
        return fitting[number % len(fitting)]

    def same(self, told: Told, answer: httpx.Response, visit: Visit | None = None, *, staff: bool = True) -> Json:
        """The answer, after comparing it with what the model says."""
        assert self.real.told(answer) == told, answer.text
        shown: Json = answer.json() if answer.content else None
        if answer.is_success and visit is not None:
            self.real.met(visit, shown)
            expected = self.real.view(self.model, visit, staff=staff)
            assert {name: shown[name] for name in expected} == expected
        return shown

    def same_hold(self, hold: Hold, shown: Json) -> None:
        assert (shown["expires_at"], shown["extended"]) == (instant(hold.until), hold.extended)
        expected = [self.real.view(self.model, one, staff=not hold.public) for one in self.visits if one.hold is hold]
        assert [{name: one[name] for name in expected[0]} for one in shown["appointments"]] == expected

    def ask_holder(self, method: str, hold: Hold, what: str = "") -> httpx.Response:
        path, token = f"/holds/{self.real.ids[hold]}{what}", {"Hold-Token": self.real.tokens[hold]}
        return self.real.send(method, path, None, token, staff=not hold.public)

    def wanted(self, wish: Wish) -> Json:
        """As the body of a request."""
        place = {"place_id": self.real.ids[wish.rooms[0]]} if len(wish.rooms) == 1 else {}
        return self.real.item(wish) | place | ({"overrides": overridden(wish.rules)} if wish.rules else {})

    @invariant()
    def both_show_the_same(self) -> None:
        listed = self.real.run(self.real.staff.read("/v1/appointments", limit=100))["items"]
        alive = [one for one in self.visits if self.model.state(one) != "expired"]
        expected = {self.real.ids[one]: self.real.view(self.model, one) for one in alive}
        assert {one["id"]: {name: one[name] for name in expected.get(one["id"], one)} for one in listed} == expected
        for waiting in (False, True):
            assert self.real.ledger(waiting=waiting) == self.real.expected_ledger(self.model, waiting=waiting)

    @invariant()
    def both_offer_the_same(self) -> None:
        """To somebody, and after the next step to somebody else."""
        self.asked += 1
        some: list[tuple[Who, Any]] = [(Who(staff=False), SHORT), (Who(staff=True), LONG)]
        others: list[tuple[Who, Any]] = [(Who(staff=False), LONG), (Who(True, "ada"), SHORT)]
        for who, what in some if self.asked % 2 else others:
            free = self.model.free(who, Wish(what, 0))
            first = min(free, key=lambda one: (one[0], clinic.PRACTITIONERS.index(one[1])), default=None)
            assert self.real.free(what, staff=who.staff, patient=who.patient) == (free, first)
