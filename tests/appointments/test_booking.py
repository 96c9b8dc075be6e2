"""Booking over HTTP: what is offered can be had once, and whoever comes second hears why and what is free instead."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from tests.appointments.world import STRANGER, World
from tests.client import Client, problem
from tests.make import make_patient, make_place, make_practitioner, set_hours
from tests.queries import counted_queries

UNKNOWN = "0199a000-0000-7000-8000-00000000dead"


async def test_a_stranger_books_and_the_slot_is_gone(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    before = await world.starts(public)
    assert (before[0], before[-1], len(before)) == ("2026-12-02T09:00:00+00:00", "2026-12-02T16:30:00+00:00", 31)

    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    assert (made["status"], made["starts_at"], made["ends_at"]) == ("booked", "2026-12-02T10:00:00Z", "2026-12-02T10:30:00Z")
    assert made["local_start"] == "2026-12-02T10:00:00+00:00"
    assert made["manage_token"].startswith("mpl_")

    after = await world.starts(public)
    assert [start for start in before if start not in after] == [
        f"2026-12-02T{clock}:00+00:00" for clock in ("09:45", "10:00", "10:15")
    ]

    refused = await public.send_json("POST", "/v1/appointments", world.booking("2026-12-02T10:15:00Z"))
    body = problem(refused, 409, "slot_unavailable")
    assert body["refusals"] == [
        {"index": 0, "starts_at": "2026-12-02T10:15:00Z", "reasons": [{"code": "busy", "until": "2026-12-02T10:30:00Z"}]}
    ]
    assert [one["starts_at"] for one in body["alternatives"]] == [
        "2026-12-02T10:30:00Z",
        "2026-12-02T10:45:00Z",
        "2026-12-02T09:30:00Z",
        "2026-12-02T11:00:00Z",
        "2026-12-02T09:15:00Z",
    ]


async def test_a_booking_costs_as_many_statements_in_a_full_clinic_as_in_an_empty_one(
    app: FastAPI, admin: Client, public: Client
) -> None:
    world = await World.made(admin, place_kind="room")
    await make_place(admin, world.location["id"])
    await world.starts(public)
    with counted_queries(app) as empty:
        await public.create("/v1/appointments", world.booking("2026-12-02T09:00:00Z"))
    for hour in range(10, 15):
        await public.create("/v1/appointments", world.booking(f"2026-12-02T{hour}:00:00Z"))
    with counted_queries(app) as full:
        await public.create("/v1/appointments", world.booking("2026-12-02T16:00:00Z"))
    # The key's lock, its answer, a savepoint; a savepoint, the lock, the calendar, the diaries; rows, time, the place; the answer, COMMIT.
    assert len(full) == len(empty) == 13


async def test_a_dry_run_says_what_would_be_made_and_makes_nothing(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    wanted = world.booking("2026-12-02T10:00:00Z", validate_only=True)
    preview = await public.post("/v1/appointments", json=wanted)
    assert preview.status_code == 200
    assert "id" not in preview.json()
    assert "manage_token" not in preview.json()
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    assert preview.json() == {name: made[name] for name in preview.json()}
    refused = await public.post("/v1/appointments", json=wanted)
    assert problem(refused, 409, "slot_unavailable")["refusals"][0]["reasons"][0]["code"] == "busy"


@pytest.mark.parametrize(
    ("starts_at", "codes"),
    [
        pytest.param("2026-12-01T07:59:00Z", ["past", "notice", "closed"], id="a minute ago"),
        pytest.param("2026-12-01T09:45:00Z", ["notice"], id="a quarter of an hour short of the notice"),
        pytest.param("2026-12-01T10:00:00Z", [], id="at the notice to the second"),
        pytest.param("2027-03-01T09:00:00Z", [], id="the last day of the horizon"),
        pytest.param("2027-03-02T09:00:00Z", ["horizon"], id="the day after the horizon"),
        pytest.param("2026-12-02T08:45:00Z", ["closed"], id="before opening"),
        pytest.param("2026-12-02T16:30:00Z", [], id="ends at closing"),
        pytest.param("2026-12-02T16:45:00Z", ["closed"], id="would end after closing"),
        pytest.param("2026-12-02T10:10:00Z", ["grid"], id="off the grid"),
        pytest.param("2026-12-05T10:00:00Z", ["closed"], id="on a Saturday"),
        pytest.param("2026-12-05T10:10:00Z", ["closed"], id="in no window is closed and never also off the grid"),
    ],
)
async def test_each_reason_is_given_and_only_where_it_is_true(
    admin: Client, public: Client, starts_at: str, codes: list[str]
) -> None:
    world = await World.made(admin)
    answer = await public.post("/v1/appointments", json=world.booking(starts_at, validate_only=True))
    if not codes:
        assert answer.status_code == 200, answer.text
        return
    reasons = problem(answer, 409, "slot_unavailable")["refusals"][0]["reasons"]
    assert [reason["code"] for reason in reasons] == codes


async def test_notice_and_horizon_do_not_bind_staff(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    for starts_at in ("2026-12-01T09:00:00Z", "2028-05-02T09:00:00Z"):
        made = await receptionist.create("/v1/appointments", world.booking(starts_at, patient={"name": "Ada Lindqvist"}))
        assert made["manage_token"] is None


async def test_every_start_that_is_offered_is_accepted_and_every_other_refused(admin: Client, public: Client) -> None:
    world = await World.made(
        admin,
        phases=[{"minutes": 15, "attended": True}, {"minutes": 20, "attended": False}, {"minutes": 10, "attended": True}],
        buffer_after_minutes=5,
    )
    for starts_at in ("2026-12-02T10:00:00Z", "2026-12-02T13:30:00Z"):
        await public.create("/v1/appointments", world.booking(starts_at))
    offered = set(await world.starts(public))
    day = datetime(2026, 12, 2, 8, 30, tzinfo=UTC)
    for minutes in range(0, 9 * 60, 5):
        start = day + timedelta(minutes=minutes)
        answer = await public.post("/v1/appointments", json=world.booking(start.isoformat(), validate_only=True))
        assert (answer.status_code == 200) == (start.isoformat() in offered), (start, answer.text)


async def test_one_practitioner_staggers_patients_while_they_rest(admin: Client, public: Client) -> None:
    phases = [{"minutes": 15, "attended": True}, {"minutes": 20, "attended": False}, {"minutes": 10, "attended": True}]
    world = await World.made(admin, phases=phases, place_kind="room", step_minutes=5)
    rooms = [await make_place(admin, world.location["id"], position=position) for position in range(2)]
    first = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    # From 10:15 to 10:35 the first patient rests. A second one is needled then, and their needles come out after the first one's.
    second = await public.create("/v1/appointments", world.booking("2026-12-02T10:20:00Z"))
    assert {first["place_id"], second["place_id"]} == {room["id"] for room in rooms}
    refused = await public.send_json("POST", "/v1/appointments", world.booking("2026-12-02T10:25:00Z"))
    reasons = [reason["code"] for reason in problem(refused, 409, "slot_unavailable")["refusals"][0]["reasons"]]
    assert reasons == ["busy", "place_busy"]


async def test_the_place_that_fits_tightest_is_taken_and_staff_may_choose(
    admin: Client, public: Client, receptionist: Client
) -> None:
    world = await World.made(admin, place_kind="room")
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    _, second = [await make_place(admin, world.location["id"], position=position) for position in range(2)]
    wanted = world.booking("2026-12-02T10:00:00Z", place_id=second["id"], patient={"name": "Ada Lindqvist"})
    assert (await receptionist.create("/v1/appointments", wanted))["place_id"] == second["id"]
    # Right after the one in the second room: that room is the less useful one to keep free.
    after = await public.create("/v1/appointments", world.booking("2026-12-02T10:30:00Z", practitioner_id=other["id"]))
    assert after["place_id"] == second["id"]
    taken = world.booking("2026-12-02T10:00:00Z", practitioner_id=other["id"], place_id=second["id"], patient={"name": "B"})
    refused = problem(await receptionist.send_json("POST", "/v1/appointments", taken), 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["place_busy"]
    strange = world.booking("2026-12-02T12:00:00Z", place_id=world.location["id"], patient={"name": "B"})
    refused = problem(await receptionist.send_json("POST", "/v1/appointments", strange), 422, "invalid")
    assert refused["errors"][0]["pointer"] == "/place_id"


async def test_the_clinic_chooses_whoever_has_least_to_do_that_week(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    others = [await make_practitioner(admin, treatments=[world.treatment["id"]]) for _ in range(2)]
    for other in others:
        await set_hours(admin, other, world.location["id"])
    ids = sorted([world.practitioner["id"], *(other["id"] for other in others)])
    chosen = [
        (await public.create("/v1/appointments", world.booking(f"2026-12-02T{hour}:00:00Z", practitioner_id=None)))[
            "practitioner_id"
        ]
        for hour in (10, 11, 12, 13, 14, 15)
    ]
    assert chosen == ids * 2


async def test_prices_and_lengths_may_differ_by_practitioner_and_are_kept(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    slow = await make_practitioner(
        admin,
        name="Slow",
        treatments=[],
    )
    offer = {
        "treatment_id": world.treatment["id"],
        "price": {"amount": "55.50", "currency": "GBP"},
        "phases": [{"minutes": 50, "attended": True}],
    }
    slow = await admin.change(f"/v1/practitioners/{slow['id']}", {"treatments": [offer]}, version=slow["version"])
    await set_hours(admin, slow, world.location["id"])
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z", practitioner_id=slow["id"]))
    assert (made["duration_minutes"], made["price"]["amount"]) == (50, "55.50")
    treatment = world.treatment
    await admin.change(
        f"/v1/treatments/{treatment['id']}", {"name": "New name", "phases": [{"minutes": 5, "attended": True}]}, version=1
    )
    kept = await admin.read(f"/v1/appointments/{made['id']}")
    assert (kept["treatment_name"], kept["duration_minutes"]) == (treatment["name"], 50)


async def test_a_stranger_never_joins_a_record(admin: Client, public: Client, receptionist: Client) -> None:
    """Or the answer would tell strangers who is treated here, and when."""
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    known = await make_patient(receptionist, **STRANGER)
    at_ten = world.booking("2026-12-02T10:00:00Z", patient=None, patient_id=known["id"])
    await receptionist.create("/v1/appointments", at_ten)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z", practitioner_id=other["id"]))
    assert made["patient_id"] != known["id"]
    assert (await receptionist.read(f"/v1/patients/{made['patient_id']}"))["confirmed"] is False
    again = world.booking("2026-12-02T10:00:00Z", practitioner_id=other["id"], patient=None, patient_id=known["id"])
    refused = problem(await receptionist.send_json("POST", "/v1/appointments", again), 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["busy", "patient_busy"]


async def test_whoever_books_for_somebody_else_becomes_a_contact(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    parent = {"name": "Rosa Abara", "email": "rosa@mail.example", "phone": None}
    made = await public.create(
        "/v1/appointments", world.booking("2026-12-02T10:00:00Z", patient=STRANGER | {"booked_by": parent})
    )
    contacts = [{"relation": "booked by", **parent}]
    assert (await receptionist.read(f"/v1/patients/{made['patient_id']}"))["contacts"] == contacts
    found = await receptionist.create("/v1/patients/search", {"q": "rosa@mail.example"})
    assert [item["id"] for item in found["items"]] == [made["patient_id"]]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"patient": None}, "/patient", id="nobody comes"),
        pytest.param({"patient": {"name": "No Contact"}}, "/patient", id="a stranger without a contact"),
        pytest.param({"patient": None, "patient_id": UNKNOWN}, "/patient_id", id="a record chosen by the public"),
        pytest.param({"patient_id": UNKNOWN}, "/patient", id="two patients"),
        pytest.param({"place_id": UNKNOWN}, "/place_id", id="a place chosen by the public"),
        pytest.param({"treatment_id": UNKNOWN}, "/treatment_id", id="no such treatment"),
        pytest.param({"practitioner_id": UNKNOWN}, "/practitioner_id", id="no such practitioner"),
        pytest.param({"location_id": UNKNOWN}, "/location_id", id="no such location"),
        pytest.param({"starts_at": "2026-12-02T10:00:00"}, "/starts_at", id="a naive time"),
    ],
)
async def test_a_booking_that_means_nothing_is_refused(
    admin: Client, public: Client, changes: dict[str, object], pointer: str
) -> None:
    world = await World.made(admin)
    refused = await public.send_json("POST", "/v1/appointments", world.booking("2026-12-02T10:00:00Z") | changes)
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]
    assert (await admin.read("/v1/appointments"))["items"] == []


async def test_who_may_book_what(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    path = f"/v1/treatments/{world.treatment['id']}"
    at_ten = world.booking("2026-12-02T10:00:00Z")

    async def codes(client: Client, **changes: object) -> list[str]:
        answer = await client.post("/v1/appointments", json=at_ten | {"validate_only": True} | changes)
        return [] if answer.status_code == 200 else [one["code"] for one in answer.json()["refusals"][0]["reasons"]]

    await admin.change(path, {"bookable_online": False}, version=1)
    assert (await codes(public), await codes(receptionist)) == (["not_offered"], [])
    await admin.change(path, {"bookable_online": True, "audience": "returning"}, version=2)
    assert await codes(public) == ["audience"]
    await admin.change(path, {"audience": "new"}, version=3)
    assert await codes(public) == []
    practitioner = await admin.read(f"/v1/practitioners/{world.practitioner['id']}")
    registrations = {"items": [{"body": "Council", "number": "1", "valid_until": "2026-12-01"}]}
    await admin.change(
        f"/v1/practitioners/{practitioner['id']}/registrations", registrations, version=practitioner["version"], method="PUT"
    )
    assert await codes(public) == ["registration"]
    assert await codes(public, practitioner_id=None) == ["registration"]
    await admin.change(path, {"active": False}, version=4)
    assert await codes(public) == ["not_offered", "registration"]


async def test_a_daily_limit_counts_what_occupies(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    practitioner = await admin.read(f"/v1/practitioners/{world.practitioner['id']}")
    await admin.change(f"/v1/practitioners/{practitioner['id']}", {"daily_limit": 2}, version=practitioner["version"])
    made = [await public.create("/v1/appointments", world.booking(f"2026-12-02T{hour}:00:00Z")) for hour in (10, 11)]
    assert await world.starts(public) == []
    refused = problem(
        await public.send_json("POST", "/v1/appointments", world.booking("2026-12-02T14:00:00Z")), 409, "slot_unavailable"
    )
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["daily_limit"]
    assert refused["alternatives"][0]["starts_at"] == "2026-12-03T09:00:00Z"
    await admin.change(f"/v1/appointments/{made[0]['id']}/cancel", {"reason": "other"}, version=1, method="POST")
    await public.create("/v1/appointments", world.booking("2026-12-02T14:00:00Z"))
