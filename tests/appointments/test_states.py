"""Every state × every verb × every role: what the table of states says, nothing else, and nothing is half done."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI

from app.appointments.states import STORED, TRANSITIONS, Verb, after
from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import STRANGER, World
from tests.client import Client, Json, problem
from tests.conftest import NOW
from tests.make import make_practitioner, make_user

# Said here a second time on purpose, in full.
STATES: Final = ("held", "expired", "pending", "booked", "arrived", "fulfilled", "cancelled", "no_show")
ALLOWED: Final = {
    ("held", "book"): "booked",
    ("held", "extend"): "held",
    ("held", "release"): "cancelled",
    ("held", "cancel"): "cancelled",
    ("pending", "confirm"): "booked",
    ("pending", "reschedule"): "pending",
    ("pending", "cancel"): "cancelled",
    ("booked", "reschedule"): "booked",
    ("booked", "cancel"): "cancelled",
    ("booked", "arrive"): "arrived",
    ("booked", "no-show"): "no_show",
    ("arrived", "fulfil"): "fulfilled",
    ("arrived", "undo"): "booked",
    ("no_show", "undo"): "booked",
}
AT_TEN, AT_ELEVEN = "2026-12-02T10:00:00Z", "2026-12-02T11:00:00Z"
OF_HOLDS: Final = {Verb.BOOK, Verb.EXTEND, Verb.RELEASE}
OF_STAFF: Final = {Verb.CONFIRM, Verb.ARRIVE, Verb.FULFIL, Verb.NO_SHOW, Verb.UNDO}
MAY_CHANGE: Final = ("admin", "receptionist", "practitioner")
ROLES: Final = (*MAY_CHANGE, "another practitioner", "editor", "link", "another link", "anonymous")


def test_the_table_is_what_was_decided() -> None:
    assert {*STORED, "expired"} == set(STATES)
    assert {(state, str(verb)): leads_to for verb, of in TRANSITIONS.items() for state, leads_to in of.items()} == ALLOWED
    assert all(after(state, verb) == ALLOWED.get((state, verb)) for state in STATES for verb in Verb)


@dataclass
class Desk:
    """An appointment in some state, and clients of every role."""

    world: World
    clock: Clock
    clients: dict[str, Client]
    appointment: Json
    hold: Json | None

    async def now(self) -> Json:
        return await self.clients["admin"].read(f"/v1/appointments/{self.appointment['id']}")

    async def send(self, role: str, verb: Verb) -> httpx.Response:
        client = self.clients[role]
        if verb is Verb.BOOK:
            token = self.hold["token"] if self.hold else "mht_of-nothing-at-all"
            patient = STRANGER if role != "link" else None
            body = self.world.booking(AT_TEN, patient=patient, hold_token=token)
            return await client.send_json("POST", "/v1/appointments", body)
        if verb in OF_HOLDS:
            hold_id = self.hold["id"] if self.hold else self.appointment["id"]
            headers = {"Hold-Token": self.hold["token"] if self.hold else "mht_of-nothing-at-all"}
            if verb is Verb.RELEASE:
                return await client.delete(f"/v1/holds/{hold_id}", headers=headers)
            return await client.send_json("POST", f"/v1/holds/{hold_id}/extend", None, **headers)
        bodies: dict[Verb, Json] = {Verb.RESCHEDULE: {"starts_at": AT_ELEVEN}, Verb.CANCEL: {"reason": "other"}}
        headers = {} if role in {"link", "another link"} else {"If-Match": f'"{self.appointment["version"]}"'}
        return await client.send_json("POST", f"/v1/appointments/{self.appointment['id']}/{verb}", bodies.get(verb), **headers)


async def _brought_to(desk: Desk, state: str) -> None:
    """From held, pending or booked on by the verbs themselves."""
    steps: dict[str, tuple[Verb, ...]] = {
        "arrived": (Verb.ARRIVE,),
        "fulfilled": (Verb.ARRIVE, Verb.FULFIL),
        "cancelled": (Verb.CANCEL,),
        "no_show": (Verb.NO_SHOW,),
    }
    for verb in steps.get(state, ()):
        answer = await desk.send("receptionist", verb)
        assert answer.status_code == 200, answer.text
        desk.appointment = answer.json()
    if state == "expired":
        desk.clock.fixed_at = NOW + timedelta(minutes=10)
    desk.appointment = await desk.now()
    assert desk.appointment["status"] == state


@pytest.fixture
async def made(
    app: FastAPI, database: Database, clock: Clock, admin: Client, public: Client, receptionist: Client, editor: Client
) -> AsyncIterator[Callable[[str], Any]]:
    """Makes a desk for a state."""
    async with AsyncExitStack() as stack:

        async def make(state: str) -> Desk:
            world = await World.made(admin, needs_approval=state == "pending", place_kind="room")
            await admin.create(f"/v1/locations/{world.location['id']}/places", {"name": "Room", "kind": "room"})
            other = await make_practitioner(admin, treatments=[world.treatment["id"]])
            tokens = {
                "practitioner": await make_user(database, role="practitioner", practitioner_id=world.practitioner["id"]),
                "another practitioner": await make_user(database, role="practitioner", practitioner_id=other["id"]),
            }
            elsewhere = await public.create("/v1/appointments", world.booking("2026-12-03T10:00:00Z"))
            tokens["another link"] = elsewhere["manage_token"]
            clinic = await admin.read("/v1/clinic")
            await admin.change("/v1/clinic", {"holds_per_client": 24}, version=clinic["version"])
            hold = None
            if state in {"held", "expired"}:
                item = {name: value for name, value in world.booking(AT_TEN).items() if name != "patient"}
                hold = await public.create("/v1/holds", {"items": [item]})
                [appointment] = hold["appointments"]
                tokens["link"] = elsewhere["manage_token"]
            else:
                appointment = await public.create("/v1/appointments", world.booking(AT_TEN))
                tokens["link"] = appointment["manage_token"]
            clients = {"admin": admin, "receptionist": receptionist, "editor": editor, "anonymous": public}
            for role, token in tokens.items():
                clients[role] = await stack.enter_async_context(Client.of(app, token=token))
            desk = Desk(world, clock, clients, appointment, hold)
            await _brought_to(desk, state)
            return desk

        yield make


def _expected(role: str, verb: Verb, state: str) -> tuple[int, str]:
    """Status and code; 2xx without a code."""
    if verb in OF_HOLDS:
        if role == "editor":
            return 403, "forbidden"
        if state in {"held", "expired"} and verb is not Verb.BOOK:
            return (204 if verb is Verb.RELEASE else 200, "") if state == "held" else (409, "hold_expired")
        if verb is not Verb.BOOK:
            return 404, "not_found"
        if role == "another practitioner":
            return 403, "forbidden"
        return (201, "") if state == "held" else (409, "hold_mismatch")
    if role == "anonymous":
        return 401, "unauthenticated"
    if role == "editor" or (verb in OF_STAFF and role in {"link", "another link"}):
        return 403, "forbidden"
    if role in {"another practitioner", "another link"} or (role == "link" and state in {"held", "expired"}):
        return 404, "not_found"
    return (200, "") if (state, verb) in ALLOWED else (409, "wrong_state")


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("state", STATES)
async def test_every_role_in_every_state(made: Callable[[str], Any], state: str, verb: Verb) -> None:
    desk: Desk = await made(state)
    for role in (*(role for role in ROLES if role not in MAY_CHANGE), *MAY_CHANGE):
        status, code = _expected(role, verb, state)
        before = await desk.now()
        answer = await desk.send(role, verb)
        assert answer.status_code == status, (role, answer.text)
        if status >= 400:
            told = problem(answer, status, code)
            assert code != "wrong_state" or told["status_now"] == state
            assert await desk.now() == before, f"{role} was refused, and something changed"
        else:
            now = await desk.now()
            assert now["status"] == ALLOWED[state, str(verb)]
            assert (
                now["version"] > before["version"] or verb is Verb.EXTEND
            )  # at the same moment it ends when it would have ended
            desk = await made(state)  # for the next role


@pytest.mark.parametrize(
    ("verb", "marked"), [(Verb.ARRIVE, "arrived_at"), (Verb.NO_SHOW, "no_show_at"), (Verb.CANCEL, "cancelled_at")]
)
async def test_when_it_was_marked_is_kept(made: Callable[[str], Any], verb: Verb, marked: str) -> None:
    desk: Desk = await made("booked")
    assert (await desk.send("receptionist", verb)).json()[marked] == "2026-12-01T08:00:00Z"


@pytest.mark.parametrize("state", ["arrived", "no_show"])
async def test_a_mark_is_undone_on_its_own_day_only(made: Callable[[str], Any], state: str) -> None:
    desk: Desk = await made(state)
    desk.clock.fixed_at = NOW.replace(hour=23, minute=59)
    undone = await desk.send("receptionist", Verb.UNDO)
    assert undone.json()["status"] == "booked", undone.text
    assert undone.json()["arrived_at"] is undone.json()["no_show_at"] is None
    desk.clock.fixed_at = NOW
    desk = await made(state)
    desk.clock.fixed_at = NOW.replace(hour=23, minute=59) + timedelta(minutes=1)
    problem(await desk.send("receptionist", Verb.UNDO), 409, "too_late_to_undo")


async def test_who_did_not_come_after_all_came_late(made: Callable[[str], Any], public: Client) -> None:
    """Their time was free for a while; an undo takes it back only if it still is."""
    desk: Desk = await made("no_show")
    taken = await public.create("/v1/appointments", desk.world.booking("2026-12-02T10:15:00Z"))
    refused = problem(await desk.send("receptionist", Verb.UNDO), 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["busy", "place_busy"]
    await desk.clients["admin"].change(f"/v1/appointments/{taken['id']}/cancel", {}, version=1, method="POST")
    assert (await desk.send("receptionist", Verb.UNDO)).json()["status"] == "booked"
    again = await public.send_json("POST", "/v1/appointments", desk.world.booking("2026-12-02T10:15:00Z"))
    problem(again, 409, "slot_unavailable")
