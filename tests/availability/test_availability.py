"""GET /v1/availability over HTTP. The rules themselves are proved in tests/scheduling; here, that they are asked, and how the answer looks."""

from datetime import UTC, datetime

from fastapi import FastAPI

from app.kit.clock import Clock
from tests.appointments.world import World
from tests.client import Client, problem
from tests.make import fulfil, make_location, make_patient, make_place, make_practitioner, make_treatment, set_hours
from tests.queries import counted_queries


async def test_the_answer_is_compact_and_in_order(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    await set_hours(admin, world.practitioner, world.location["id"], weekdays=[3, 4], starts="09:00", ends="10:00")
    found = await public.read(
        "/v1/availability", treatment_id=world.treatment["id"], **{"from": "2026-12-01", "to": "2026-12-07"}
    )
    opening = {
        "practitioner_id": world.practitioner["id"],
        "location_id": world.location["id"],
        "duration_minutes": 30,
    }
    assert found == {
        "time_zone": "Europe/London",
        "days": [
            {
                "date": on,
                "openings": [opening | {"starts": [f"{on}T{clock}:00+00:00" for clock in ("09:00", "09:15", "09:30")]}],
            }
            for on in ("2026-12-02", "2026-12-03")
        ],
        "next_available": {
            "starts_at": "2026-12-02T09:00:00+00:00",
            "practitioner_id": world.practitioner["id"],
            "location_id": world.location["id"],
        },
    }


async def test_starts_stand_under_the_dates_of_the_zone_asked_for(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    question = {"treatment_id": world.treatment["id"], "from": "2026-12-03", "to": "2026-12-03"}
    here = await public.read("/v1/availability", **question)
    there = await public.read("/v1/availability", **question, time_zone="Pacific/Auckland")
    assert there["time_zone"] == "Pacific/Auckland"
    # Thursday in Auckland ends at eleven in the morning of Thursday in London, and begins at eleven the morning before.
    starts = [start for day in there["days"] for opening in day["openings"] for start in opening["starts"]]
    assert (starts[0], starts[-1]) == ("2026-12-03T00:00:00+13:00", "2026-12-03T23:45:00+13:00")
    assert [day["date"] for day in there["days"]] == ["2026-12-03"]
    assert here["days"][0]["openings"][0]["starts"][0] == "2026-12-03T09:00:00+00:00"


async def test_hours_keep_their_wall_time_when_the_clocks_change(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    await admin.change("/v1/clinic", {"horizon_days": 200}, version=(await admin.read("/v1/clinic"))["version"])
    for on, offset in (("2027-03-26", "+00:00"), ("2027-03-29", "+01:00")):
        starts = await world.starts(public, on)
        assert (starts[0], len(starts)) == (f"{on}T09:00:00{offset}", 31)


async def test_an_empty_range_is_followed_by_the_next_free_start(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    await set_hours(admin, world.practitioner, world.location["id"], valid_from="2027-02-01")
    question = {"treatment_id": world.treatment["id"], "from": "2026-12-01", "to": "2026-12-07"}
    found = await public.read("/v1/availability", **question)
    assert found["days"] == []
    assert found["next_available"]["starts_at"] == "2027-02-01T09:00:00+00:00"
    await set_hours(admin, world.practitioner, world.location["id"], valid_from="2027-03-02")
    assert (await public.read("/v1/availability", **question))["next_available"] is None


async def test_a_limit_keeps_the_earliest_over_everybody(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"], starts="08:45", ends="12:00")
    question = {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-04"}
    found = await public.read("/v1/availability", **question, limit=3)
    starts = {opening["practitioner_id"]: opening["starts"] for day in found["days"] for opening in day["openings"]}
    assert starts == {
        other["id"]: ["2026-12-02T08:45:00+00:00", "2026-12-02T09:00:00+00:00"],
        world.practitioner["id"]: ["2026-12-02T09:00:00+00:00"],
    }


async def test_practitioners_and_locations_can_be_chosen(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    elsewhere = await make_location(admin, name="Elsewhere")
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, elsewhere["id"])
    question = {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-02"}

    async def who(**wanted: object) -> list[tuple[str, str]]:
        found = await public.read("/v1/availability", **question, **wanted)
        return [(one["practitioner_id"], one["location_id"]) for day in found["days"] for one in day["openings"]]

    here, there = (world.practitioner["id"], world.location["id"]), (other["id"], elsewhere["id"])
    assert await who() == sorted([here, there])
    assert await who(practitioner_id=[other["id"]]) == [there]
    assert await who(practitioner_id=[other["id"], world.practitioner["id"]]) == sorted([here, there])
    assert await who(location_id=world.location["id"]) == [here]
    assert await who(location_id=world.location["id"], practitioner_id=[other["id"]]) == []


async def test_a_practitioner_cannot_be_at_two_locations_and_needs_the_way(admin: Client, public: Client) -> None:
    phases = [{"minutes": 15, "attended": True}, {"minutes": 30, "attended": False}, {"minutes": 15, "attended": True}]
    world = await World.made(admin, phases=phases)
    elsewhere = await make_location(admin, name="Elsewhere")
    lines = [
        {"location_id": place, "weekday": 3, "starts": "09:00", "ends": "17:00"}
        for place in (world.location["id"], elsewhere["id"])
    ]
    path = f"/v1/practitioners/{world.practitioner['id']}"
    version = (await admin.read(path))["version"]
    await admin.change(f"{path}/working-hours", {"items": lines}, version=version, method="PUT")
    await admin.change("/v1/clinic", {"travel_minutes": 30}, version=(await admin.read("/v1/clinic"))["version"])
    await public.create("/v1/appointments", world.booking("2026-12-02T12:00:00Z"))
    short = await make_treatment(admin, name="Short", phases=[{"minutes": 15, "attended": True}])
    await admin.change(path, {"treatments": [{"treatment_id": short["id"]}]}, version=version + 1)

    async def free(location_id: str) -> set[str]:
        found = await public.read(
            "/v1/availability", treatment_id=short["id"], location_id=location_id, **{"from": "2026-12-02", "to": "2026-12-02"}
        )
        return {start[11:16] for day in found["days"] for opening in day["openings"] for start in opening["starts"]}

    at_noon = {"11:15", "11:30", "12:00", "12:15", "12:30", "12:45", "13:00", "13:15", "13:30"}
    # Here, the rest is free. There, neither the rest nor half an hour on either side is.
    assert await free(world.location["id"]) & at_noon == at_noon - {"12:00", "12:45"}
    assert await free(elsewhere["id"]) & at_noon == {"11:15", "13:30"}


async def test_the_number_of_queries_is_fixed(app: FastAPI, admin: Client, public: Client) -> None:
    """Whatever the number of practitioners and days. Asked again, it is one: has anything moved?"""
    world = await World.made(admin, place_kind="room")
    await make_place(admin, world.location["id"])
    question = {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-02"}

    async def counted(**changes: str) -> int:
        with counted_queries(app) as sent:
            await public.read("/v1/availability", **question | changes)
        return len(sent)

    async def counts() -> tuple[int, int, int, int]:
        await public.read("/v1/availability", **question | {"to": "2026-12-03"})  # what the clinic is like is known now
        return await counted(), await counted(), await counted(to="2027-01-31"), await counted(to="2027-01-31")

    assert await counts() == (2, 1, 2, 1)
    for _ in range(3):
        practitioner = await make_practitioner(admin, treatments=[world.treatment["id"]], daily_limit=9)
        await set_hours(admin, practitioner, world.location["id"])
    await make_location(admin, name="Elsewhere")
    await public.create("/v1/appointments", world.booking("2026-12-02T12:00:00Z"))
    assert await counts() == (2, 1, 2, 1)


async def test_questions_that_make_no_sense_are_refused(admin: Client, public: Client) -> None:
    world = await World.made(admin)
    good = {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-02"}
    unknown = "0199a000-0000-7000-8000-00000000dead"
    cases = {
        "to": [
            good | {"to": "2026-12-01"},
            good | {"to": "2027-02-02"},
            good | {"to": "2026-13-01"},
            good | {"to": "9999-12-31"},
        ],
        "treatment_id": [
            good | {"treatment_id": unknown},
            {name: value for name, value in good.items() if name != "treatment_id"},
        ],
        "practitioner_id": [good | {"practitioner_id": unknown}],
        "location_id": [good | {"location_id": unknown}],
        "time_zone": [good | {"time_zone": "Europe/Londinium"}, good | {"time_zone": "GMT+25"}],
        "limit": [good | {"limit": 0}],
    }
    for pointer, questions in cases.items():
        for question in questions:
            refused = problem(await public.get("/v1/availability", params=question), 422, "invalid")
            assert [error["pointer"] for error in refused["errors"]] == [pointer], question
    await public.read("/v1/availability", **good | {"to": "2027-02-01"})


async def test_staff_ask_for_a_patient(admin: Client, public: Client, receptionist: Client, clock: Clock) -> None:
    """Then the patient is not double-booked, and the treatment's audience is theirs; without one, staff see what anybody could have."""
    world = await World.made(admin)
    patient = await make_patient(receptionist)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    at_ten = world.booking("2026-12-02T10:00:00Z", patient=None, patient_id=patient["id"])
    made = await receptionist.create("/v1/appointments", at_ten)
    question = {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-02"}

    async def starts(client: Client, **more: str) -> list[str]:
        found = await client.read("/v1/availability", practitioner_id=other["id"], **question, **more)
        return [start[11:16] for day in found["days"] for opening in day["openings"] for start in opening["starts"]]

    everything = await starts(receptionist)
    assert set(everything) - set(await starts(receptionist, patient_id=patient["id"])) == {"09:45", "10:00", "10:15"}
    problem(await public.get("/v1/availability", params=question | {"patient_id": patient["id"]}), 422, "invalid")

    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"audience": "returning"}, version=1)
    assert (await starts(public), await starts(receptionist)) == ([], everything)
    assert await starts(receptionist, patient_id=patient["id"]) == []
    clock.fixed_at = datetime(2026, 12, 2, 10, 30, tzinfo=UTC)
    assert await starts(receptionist, patient_id=patient["id"]) == []
    await fulfil(receptionist, made)
    assert (await starts(receptionist, patient_id=patient["id"]))[0] == "10:30"
