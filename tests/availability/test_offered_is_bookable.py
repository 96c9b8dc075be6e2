"""T15 over HTTP, in clinics that Hypothesis makes up: whatever is listed for a caller is accepted from that caller, and every other start is
refused for a reason; and why not, is the same in the refusal and in the explanation.

A few clinics, and a few starts of each; `make fresh` asks many clinics for all of theirs.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import chain, cycle
from typing import TypeVar

from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings

from app.kit.clock import Clock
from app.kit.db import Database
from app.scheduling.zones import instant, midnight
from tests.availability.building import Clinic, Start, empty, starts_in, wanted
from tests.availability.clinics import Plan, plans
from tests.client import Client, Json, problem

CLINICS = int(os.environ.get("MERIDIAN_TESTS_CLINICS", "8"))
STARTS = 6 if CLINICS <= 8 else 30
# To find the smallest clinic that is wrong takes minutes.
PHASES = [Phase.reuse, Phase.generate, *([] if CLINICS <= 8 else [Phase.shrink])]
DAY = timedelta(days=1)
STRANGER = {"patient": {"name": "Robin Example", "email": "robin@mail.example"}}

Item = TypeVar("Item")


class Caller:
    """Who asks, and for whom."""

    def __init__(self, clinic: Clinic, client: Client, who: Json, asks_for: Json) -> None:
        self._clinic, self._client, self._who, self._asks_for = clinic, client, who, asks_for

    async def listed(self) -> list[Start]:
        question = {"treatment_id": self._clinic.treatments[0], **self._clinic.plan.dates(), **self._asks_for}
        return starts_in(await self._client.read("/v1/availability", **question))

    async def books(self, start: Start, *, validate_only: bool = True, **changes: str | None) -> tuple[Json, list[str]]:
        """What was made, or would be; else nothing, and why."""
        body = {"treatment_id": self._clinic.treatments[0], **wanted(start), **self._who, **changes}
        answer = await self._client.send_json("POST", "/v1/appointments", body | {"validate_only": validate_only})
        if answer.is_success:
            return answer.json(), []
        refusals = problem(answer, 409, "slot_unavailable")["refusals"]
        assert [(one["index"], one["starts_at"]) for one in refusals] == [(0, body["starts_at"])]
        codes = [reason["code"] for reason in refusals[0]["reasons"]]
        assert codes
        return None, codes

    async def is_told(self, start: Start, **whom: str) -> Json:
        question = {"treatment_id": self._clinic.treatments[0], "location_id": start.location_id, **self._asks_for}
        return await self._client.read("/v1/availability/explain", **question, starts_at=wanted(start)["starts_at"], **whom)


@asynccontextmanager
async def callers(app: FastAPI, clinic: Clinic, public: Client, receptionist: Client) -> AsyncIterator[dict[str, Caller]]:
    """The public, the front desk for somebody new and for a patient, and if there is anything to book, whoever has a link."""
    found = {
        "public": Caller(clinic, public, STRANGER, {}),
        "desk for a patient": Caller(clinic, receptionist, {"patient_id": clinic.patient}, {"patient_id": clinic.patient}),
    }
    # Before they have said who comes, staff are also shown what somebody new cannot have.
    if clinic.plan.treatments[0]["audience"] != "returning":
        found["desk"] = Caller(clinic, receptionist, {"patient": {"name": "Ada"}}, {})
    question = {"treatment_id": clinic.treatments[1], **clinic.plan.dates(0, 2)}
    upcoming = (await public.read("/v1/availability", **question))["next_available"]
    async with AsyncExitStack() as stack:
        if upcoming is not None:
            made = await public.create("/v1/appointments", {"treatment_id": clinic.treatments[1], **upcoming, **STRANGER})
            client = await stack.enter_async_context(Client.of(app, token=made["manage_token"]))
            found["link"] = Caller(clinic, client, {}, {})
        yield found


def spread(items: Sequence[Item], count: int = STARTS) -> Sequence[Item]:
    """That many of them, from all over."""
    return items[:: -(-len(items) // count)] if items else items


def grid(plan: Plan, location: int) -> set[int]:
    """Every start of the range that hours or overrides could put on the grid there, whether or not they hold on that date."""
    zone, step = plan.zones[location], 60 * (plan.treatments[0]["step_minutes"] or plan.settings["step_minutes"])
    first, last = midnight(plan.asked_zone, plan.from_on), midnight(plan.asked_zone, plan.to_on + DAY)
    windows = [
        (int(one["starts"][:2]) * 60 + int(one["starts"][3:]), int(one["ends"][:2]) * 60 + int(one["ends"][3:]))
        for colleague in plan.colleagues
        for line in chain(colleague.hours, colleague.overrides)
        if line["location_id"] == location
        for one in line.get("windows", [line])
    ]
    dates = [plan.from_on + DAY * day for day in range(-2, (plan.to_on - plan.from_on).days + 2)]
    lattices = [
        range(instant(zone, on, starts), instant(zone, on, ends if ends > starts else ends + 1440), step)
        for on in dates
        for starts, ends in windows
    ]
    return {at for lattice in lattices for at in lattice if first <= at < last}


def edges(plan: Plan) -> list[int]:
    """Where now and the notice end, and the seconds beside, as far as they are in the range."""
    first, last = midnight(plan.asked_zone, plan.from_on), midnight(plan.asked_zone, plan.to_on + DAY)
    now = int(plan.now.timestamp())
    found = [at + beside for at in (now, now + plan.settings["notice_minutes"] * 60) for beside in (-1, 0, 1)]
    return [at for at in found if first <= at < last]


async def check_listed(caller: Caller, listed: Sequence[Start]) -> None:
    for start in spread(listed):
        made, codes = await caller.books(start)
        assert codes == [], start
        assert (made["practitioner_id"], made["starts_at"]) == (start.practitioner_id, wanted(start)["starts_at"])


async def told_of(caller: Caller, start: Start, listed: Sequence[Start]) -> Json:
    """The explanation for whoever offers the treatment, which says what the list says."""
    told = await caller.is_told(start)
    free = {one.practitioner_id for one in listed if (one.at, one.location_id) == (start.at, start.location_id)}
    assert {one["practitioner_id"] for one in told["candidates"] if not one["reasons"]} == free, (start, told)
    assert told["bookable"] == bool(free)
    return told


async def check_booking(caller: Caller, start: Start, told: Json, whom: str | None, *, validate_only: bool) -> None:
    """That it is taken or refused as was told, with anybody or with somebody in particular."""
    if whom is not None:
        alone = await caller.is_told(start, practitioner_id=whom)
        assert [codes_of(one) for one in told["candidates"] if one["practitioner_id"] == whom] in ([], [codes_of(alone)])
        told = alone
    is_free = told["bookable"]
    made, codes = await caller.books(start, validate_only=is_free or validate_only, practitioner_id=whom)
    assert codes == ([] if is_free else codes_of(told)), (start, whom)
    if is_free:
        assert made["practitioner_id"] in {one["practitioner_id"] for one in told["candidates"] if not one["reasons"]}


def codes_of(told: Json) -> list[str]:
    return [reason["code"] for reason in told["reasons"]]


async def check_others(caller: Caller, clinic: Clinic, listed: Sequence[Start]) -> None:
    """The rest of the grid, and what is just beside a start that is listed; of those that are refused alike, one is booked."""
    whom = cycle([None, *clinic.practitioners])
    for number, location_id in enumerate(clinic.locations):
        here = [start.at for start in listed if start.location_id == location_id]
        beside = [at + seconds for at in spread(here, STARTS // 3) for seconds in (-60, -1, 1, 60)]
        different: dict[str, tuple[Start, Json]] = {}
        rest = sorted(grid(clinic.plan, number) - set(here))
        for at in {*spread(rest, 3 * STARTS), *spread(here), *beside, *edges(clinic.plan)}:
            start = Start(at, "", location_id)
            told = await told_of(caller, start, listed)
            different[str([codes_of(one) for one in told["candidates"]])] = (start, told)
        for index, (start, told) in enumerate(spread(list(different.values()))):
            await check_booking(caller, start, told, next(whom), validate_only=index % 2 == 0)


@settings(max_examples=CLINICS, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(plan=plans())
async def test_what_is_offered_can_be_booked_and_nothing_else(
    app: FastAPI, database: Database, clock: Clock, admin: Client, public: Client, receptionist: Client, plan: Plan
) -> None:
    await empty(database)
    clinic = await Clinic.built(plan, admin, clock)
    async with callers(app, clinic, public, receptionist) as found:
        for caller in found.values():
            listed = await caller.listed()
            await check_listed(caller, listed)
            await check_others(caller, clinic, listed)
        for start in spread(await found["public"].listed(), 1):
            made, codes = await found["public"].books(start, validate_only=False)
            assert (made and made["status"], codes) == ("booked", [])
            assert start not in await found["public"].listed()
