"""After the booking: who sees an appointment, who may confirm or cancel it, and what becomes of its time."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import make_practitioner, make_user, set_hours


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


@pytest.fixture
async def made(world: World, public: Client) -> Json:
    return await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))


@pytest.fixture
async def patient(app: FastAPI, made: Json) -> AsyncIterator[Client]:
    """Whoever has the private link."""
    async with Client.of(app, token=made["manage_token"]) as client:
        yield client


async def test_a_private_link_opens_its_own_appointment_and_nothing_else(
    world: World, made: Json, patient: Client, public: Client
) -> None:
    other = await public.create("/v1/appointments", world.booking("2026-12-02T11:00:00Z"))
    read = await patient.read(f"/v1/appointments/{made['id']}")
    assert read == {name: value for name, value in made.items() if name != "manage_token"}
    problem(await patient.get(f"/v1/appointments/{other['id']}"), 404, "not_found")
    problem(await patient.post(f"/v1/appointments/{other['id']}/cancel", json={}), 404, "not_found")
    problem(await patient.get("/v1/appointments"), 403, "forbidden")
    problem(await patient.get(f"/v1/patients/{made['patient_id']}"), 403, "forbidden")
    problem(await public.get(f"/v1/appointments/{made['id']}"), 401, "unauthenticated")


async def test_a_link_dies_a_month_after_the_appointment(made: Json, patient: Client, clock: Clock) -> None:
    assert clock.fixed_at is not None
    path = f"/v1/appointments/{made['id']}"
    clock.fixed_at = clock.fixed_at.replace(month=12, day=31)
    await patient.read(path)
    clock.fixed_at = clock.fixed_at.replace(year=2027, month=1, day=2)
    problem(await patient.get(path), 401, "unauthenticated")


async def test_cancelling_frees_the_time_for_everybody(world: World, made: Json, patient: Client, public: Client) -> None:
    assert "2026-12-02T10:00:00+00:00" not in await world.starts(public)
    cancelled = await patient.create(f"/v1/appointments/{made['id']}/cancel", {"reason": "other"})
    assert (cancelled["status"], cancelled["cancel_reason"], cancelled["version"]) == ("cancelled", "other", 2)
    assert cancelled["cancelled_at"] == "2026-12-01T08:00:00Z"
    assert "2026-12-02T10:00:00+00:00" in await world.starts(public)
    await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    refused = problem(await patient.send_json("POST", f"/v1/appointments/{made['id']}/cancel", {}), 409, "wrong_state")
    assert refused["status_now"] == "cancelled"


@pytest.mark.parametrize(
    ("notice_minutes", "allowed"), [pytest.param(1560, True, id="at the limit"), pytest.param(1561, False, id="a minute late")]
)
async def test_patients_cancel_within_the_policy_and_staff_always(
    world: World, made: Json, patient: Client, admin: Client, receptionist: Client, notice_minutes: int, allowed: bool
) -> None:
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"change_notice_minutes": notice_minutes}, version=1)
    path = f"/v1/appointments/{made['id']}/cancel"
    answer = await patient.send_json("POST", path, {"reason": "other"})
    if allowed:
        assert answer.status_code == 200
        return
    problem(answer, 409, "too_late_to_change")
    assert (await receptionist.change(path, {"reason": "other"}, version=1, method="POST"))["status"] == "cancelled"


async def test_what_was_changed_late_before_is_too_late_for_the_patient_all_the_same(
    world: World, made: Json, patient: Client, admin: Client, receptionist: Client
) -> None:
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"change_notice_minutes": 1600}, version=1)
    path, moved = f"/v1/appointments/{made['id']}", {"starts_at": "2026-12-02T10:15:00Z"}
    assert (await receptionist.change(f"{path}/reschedule", moved, version=1, method="POST"))["late"] is True
    problem(await patient.send_json("POST", f"{path}/cancel", {"reason": "other"}), 409, "too_late_to_change")
    problem(await patient.send_json("POST", f"{path}/reschedule", moved), 409, "too_late_to_change")


async def test_a_reason_is_one_that_the_clinic_has(made: Json, patient: Client, admin: Client) -> None:
    path = f"/v1/appointments/{made['id']}/cancel"
    refused = problem(await patient.send_json("POST", path, {"reason": "weather"}), 422, "invalid")
    assert refused["errors"][0]["pointer"] == "/reason"
    await admin.change(
        "/v1/clinic",
        {"cancel_reasons": [{"code": "weather", "label": "Weather"}]},
        version=(await admin.read("/v1/clinic"))["version"],
    )
    assert (await patient.create(path, {"reason": "weather"}))["cancel_reason"] == "weather"


async def test_staff_say_which_version_they_mean(made: Json, receptionist: Client) -> None:
    path = f"/v1/appointments/{made['id']}/cancel"
    problem(await receptionist.send_json("POST", path, {"reason": "other"}), 428, "if_match_required")
    problem(await receptionist.send_json("POST", path, {"reason": 7}, **{"If-Match": '"2"'}), 412, "version_changed")


async def test_what_needs_approval_waits_and_holds_its_time(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin, needs_approval=True)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    assert made["status"] == "pending"
    problem(await public.send_json("POST", "/v1/appointments", world.booking("2026-12-02T10:00:00Z")), 409, "slot_unavailable")
    path = f"/v1/appointments/{made['id']}/confirm"
    assert (await receptionist.change(path, {}, version=1, method="POST"))["status"] == "booked"
    problem(await receptionist.send_json("POST", path, {}, **{"If-Match": '"2"'}), 409, "wrong_state")
    by_staff = world.booking("2026-12-02T11:00:00Z", patient={"name": "Ada Lindqvist"})
    assert (await receptionist.create("/v1/appointments", by_staff))["status"] == "booked"


async def test_the_diary_is_listed_by_whom_where_when_and_state(
    world: World, admin: Client, public: Client, receptionist: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    first = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    second = await public.create("/v1/appointments", world.booking("2026-12-02T11:00:00Z", practitioner_id=other["id"]))
    third = await public.create("/v1/appointments", world.booking("2026-12-03T09:00:00Z"))
    await receptionist.change(f"/v1/appointments/{third['id']}/cancel", {"reason": "other"}, version=1, method="POST")

    async def listed(**parameters: str) -> list[str]:
        return [one["id"] for one in (await receptionist.read("/v1/appointments", **parameters))["items"]]

    assert await listed() == [third["id"], second["id"], first["id"]]
    assert await listed(sort="starts_at") == [first["id"], second["id"], third["id"]]
    assert await listed(practitioner_id=other["id"]) == [second["id"]]
    assert await listed(patient_id=first["patient_id"]) == [first["id"]]
    assert await listed(status="cancelled") == [third["id"]]
    assert await listed(**{"from": "2026-12-03", "to": "2026-12-03"}) == [third["id"]]
    assert await listed(**{"from": "2026-12-02", "to": "2026-12-02"}) == [second["id"], first["id"]]


async def test_local_dates_are_those_of_the_location(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    location = await admin.change(f"/v1/locations/{world.location['id']}", {"time_zone": "Pacific/Auckland"}, version=1)
    assert location["time_zone"] == "Pacific/Auckland"
    # Nine o'clock on Thursday in Auckland is eight in the evening of Wednesday in UTC.
    made = await public.create("/v1/appointments", world.booking("2026-12-02T20:00:00Z"))
    assert (made["local_start"], made["time_zone"]) == ("2026-12-03T09:00:00+13:00", "Pacific/Auckland")
    for on, count in (("2026-12-02", 0), ("2026-12-03", 1)):
        assert len((await receptionist.read("/v1/appointments", **{"from": on, "to": on}))["items"]) == count


async def test_a_practitioner_sees_their_own_diary_only(
    app: FastAPI, database: Database, world: World, made: Json, admin: Client, public: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    token = await make_user(database, role="practitioner", practitioner_id=other["id"])
    async with Client.of(app, token=token) as practitioner:
        assert (await practitioner.read("/v1/appointments"))["items"] == []
        problem(await practitioner.get(f"/v1/appointments/{made['id']}"), 404, "not_found")
    token = await make_user(database, role="practitioner", practitioner_id=world.practitioner["id"])
    async with Client.of(app, token=token) as practitioner:
        assert [one["id"] for one in (await practitioner.read("/v1/appointments"))["items"]] == [made["id"]]


async def test_a_practitioner_books_into_their_own_diary_and_an_editor_into_none(
    app: FastAPI, database: Database, world: World, admin: Client, public: Client, editor: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    at_ten = world.booking("2026-12-02T10:00:00Z", patient={"name": "Ada Lindqvist"})
    token = await make_user(database, role="practitioner", practitioner_id=world.practitioner["id"])
    async with Client.of(app, token=token) as practitioner:
        for somebody in (other["id"], None):
            problem(
                await practitioner.send_json("POST", "/v1/appointments", at_ten | {"practitioner_id": somebody}), 403, "forbidden"
            )
        made = await practitioner.create("/v1/appointments", at_ten)
        assert await practitioner.read(f"/v1/appointments/{made['id']}")
    problem(await editor.send_json("POST", "/v1/appointments", at_ten), 403, "forbidden")
    beyond = {"treatment_id": world.treatment["id"], "from": "2027-04-01", "to": "2027-04-02"}
    assert (await editor.read("/v1/availability", **beyond))["days"] == []


@pytest.mark.parametrize("role", ["admin", "receptionist"])
async def test_every_staff_write_leaves_a_trail(app: FastAPI, database: Database, world: World, admin: Client, role: str) -> None:
    async with Client.of(app, token=await make_user(database, role=role)) as staff:
        booked = await staff.send_json(
            "POST",
            "/v1/appointments",
            world.booking("2026-12-02T10:00:00Z", patient={"name": "Ada"}),
            **{"X-Request-Id": "trail-1"},
        )
        path = f"/v1/appointments/{booked.json()['id']}/cancel"
        await staff.send_json("POST", path, {"reason": "other"}, **{"X-Request-Id": "trail-2", "If-Match": '"1"'})
    for request_id, action in (("trail-1", "appointment.book"), ("trail-2", "appointment.cancel")):
        trail = (await admin.read("/v1/audit-entries", request_id=request_id))["items"]
        assert [(entry["action"], entry["subject_id"]) for entry in trail] == [(action, booked.json()["id"])]
