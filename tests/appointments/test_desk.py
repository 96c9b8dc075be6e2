"""What the front desk reads: a location's day in one call, an appointment by whatever the caller says, how it came to be as it is."""

from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import STRANGER, World
from tests.client import Client, Json, problem
from tests.make import make_closure, make_patient, make_place, make_practitioner, make_time_off, make_user, set_hours
from tests.queries import counted_queries

WEDNESDAY = "2026-12-02"


def clocks(spans: list[Json]) -> list[str]:
    return [f"{span['starts_at'][11:16]}–{span['ends_at'][11:16]}" for span in spans]


async def day(client: Client, world: World, on: str = WEDNESDAY) -> Json:
    return await client.read(f"/v1/locations/{world.location['id']}/day", on=on)


async def test_a_day_in_one_call(admin: Client, public: Client, receptionist: Client, clock: Clock) -> None:
    world = await World.made(admin, place_kind="room", buffer_after_minutes=10)
    room = await make_place(admin, world.location["id"])
    other = await make_practitioner(admin, name="Ada Other", treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"], starts="13:00", ends="15:00")
    await make_practitioner(admin, name="Not Here")
    await make_time_off(admin, world.practitioner, starts_at="2026-12-02T15:00:00Z", ends_at="2026-12-02T18:00:00Z")
    await make_closure(admin, starts="09:00", ends="09:30")
    patient = await make_patient(receptionist, name="Tobias Abara", phone="07700 900123")
    at_ten = await receptionist.create(
        "/v1/appointments", world.booking("2026-12-02T10:00:00Z", patient=None, patient_id=patient["id"])
    )
    body = world.booking("2026-12-02T12:00:00Z")
    await public.create("/v1/holds", {"items": [{name: body[name] for name in body if name != "patient"}]})
    missed = await public.create("/v1/appointments", world.booking("2026-12-02T11:00:00Z"))
    await receptionist.change(f"/v1/appointments/{missed['id']}/no-show", None, version=1, method="POST")

    found = await day(receptionist, world)
    assert [one["name"] for one in found["practitioners"]] == ["Ada Other", "Mira Okonjo"]
    ada, mira = found["practitioners"]
    assert (clocks(ada["hours"]), clocks(ada["gaps"])) == (["13:00–15:00"], ["13:00–15:00"])
    assert (clocks(mira["hours"]), clocks(mira["time_off"])) == (["09:30–17:00"], ["15:00–18:00"])
    assert clocks(mira["gaps"]) == ["09:30–10:00", "10:40–12:00", "12:40–15:00"]
    assert [gap["minutes"] for gap in mira["gaps"]] == [30, 80, 140]
    assert [(place["place_id"], clocks(place["taken"])) for place in found["places"]] == [
        (room["id"], ["10:00–10:40", "12:00–12:40"])
    ]
    told = [(one["starts_at"][11:16], one["status"], one["patient_name"], one["late_minutes"]) for one in found["appointments"]]
    assert told == [
        ("10:00", "booked", "Tobias Abara", None),
        ("11:00", "no_show", STRANGER["name"], None),
        ("12:00", "held", None, None),
    ]
    assert found["appointments"][0]["patient_phone"] == "07700 900123"

    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(day=2, hour=10, minute=7, second=30)
    found = await day(receptionist, world)
    assert [(one["starts_at"][11:16], one["late_minutes"]) for one in found["appointments"]] == [("10:00", 7), ("11:00", None)]
    await receptionist.change(f"/v1/appointments/{at_ten['id']}/arrive", None, version=1, method="POST")
    assert (await day(receptionist, world))["appointments"][0]["late_minutes"] is None


async def test_a_day_is_the_locations_own(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    await admin.change(f"/v1/locations/{world.location['id']}", {"time_zone": "Pacific/Auckland"}, version=1)
    await receptionist.create("/v1/appointments", world.booking("2026-12-02T20:00:00Z", patient={"name": "Ada"}))
    assert (await day(receptionist, world))["appointments"] == []
    found = await day(receptionist, world, "2026-12-03")
    assert [one["local_start"] for one in found["appointments"]] == ["2026-12-03T09:00:00+13:00"]
    assert clocks(found["practitioners"][0]["hours"]) == ["20:00–04:00"]


async def test_a_full_day_costs_as_many_statements_as_an_empty_one(
    app: FastAPI, admin: Client, public: Client, receptionist: Client
) -> None:
    world = await World.made(admin)
    await day(receptionist, world)
    with counted_queries(app) as empty:
        await day(receptionist, world)
    for hour in range(9, 15):
        await public.create("/v1/appointments", world.booking(f"2026-12-02T{hour:02}:00:00Z"))
    for number in range(4):
        await make_place(admin, world.location["id"], position=number)
        one = await make_practitioner(admin, treatments=[world.treatment["id"]])
        await set_hours(admin, one, world.location["id"])
    await day(receptionist, world)
    with counted_queries(app) as full:
        assert len((await day(receptionist, world))["appointments"]) == 6
    assert len(full) == len(empty) == 6  # who asks; appointments, practitioners, places; what is out of the ordinary, diaries


async def test_a_practitioner_sees_their_own_day(app: FastAPI, database: Database, admin: Client, public: Client) -> None:
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    token = await make_user(database, role="practitioner", practitioner_id=other["id"])
    async with Client.of(app, token=token) as practitioner:
        found = await day(practitioner, world)
        assert ([one["practitioner_id"] for one in found["practitioners"]], found["appointments"]) == ([other["id"]], [])
    problem(await public.get(f"/v1/locations/{world.location['id']}/day", params={"on": WEDNESDAY}), 401, "unauthenticated")


async def test_no_such_location(receptionist: Client) -> None:
    answer = await receptionist.get("/v1/locations/0199a000-0000-7000-8000-00000000dead/day", params={"on": WEDNESDAY})
    problem(answer, 404, "not_found")


async def test_whoever_calls_is_found_by_what_they_say(
    app: FastAPI, database: Database, admin: Client, public: Client, receptionist: Client
) -> None:
    world = await World.made(admin)
    parent = {"name": "Rosa Abara", "phone": "020 7946 0958"}
    stranger = {"name": "Zoë O'Hara", "email": "zoe@mail.example", "booked_by": parent}
    near = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z", patient=stranger))
    far = await public.create("/v1/appointments", world.booking("2027-02-02T10:00:00Z", patient=stranger))
    await public.create("/v1/appointments", world.booking("2026-12-03T10:00:00Z"))

    async def found(q: str, client: Client = receptionist, **more: int) -> list[str]:
        return [one["id"] for one in (await client.create("/v1/appointments/search", {"q": q, **more}))["items"]]

    digits = near["reference"].removeprefix("AP-").replace("-", " ").lower()
    for q in (near["reference"], digits, digits.replace("0", "o").replace("1", "l")):
        assert await found(q) == [near["id"]]
    for q in ("ohara zoe", "zoe@mail.example", "+44 20 7946 0958"):
        assert await found(q) == [near["id"], far["id"]]
    answer = await receptionist.create("/v1/appointments/search", {"q": "ohara", "limit": 1})
    assert ([one["id"] for one in answer["items"]], answer["more"]) == ([near["id"]], True)
    assert answer["items"][0]["patient_name"] == "Zoë O'Hara"
    assert await found("nobody at all") == []
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    token = await make_user(database, role="practitioner", practitioner_id=other["id"])
    async with Client.of(app, token=token) as practitioner:
        assert await found("ohara", practitioner) == []
        assert await found(near["reference"], practitioner) == []
    problem(await public.send_json("POST", "/v1/appointments/search", {"q": "ohara"}), 401, "unauthenticated")


async def test_every_step_is_remembered(app: FastAPI, admin: Client, public: Client, receptionist: Client, clock: Clock) -> None:
    world = await World.made(admin)
    body = world.booking("2026-12-02T10:00:00Z")
    item = {name: body[name] for name in body if name != "patient"}
    held = await public.create("/v1/holds", {"items": [item]})
    made = await public.create("/v1/appointments", body | {"hold_token": held["token"]})
    path = f"/v1/appointments/{made['id']}"
    async with Client.of(app, token=made["manage_token"]) as link:
        await link.create(f"{path}/reschedule", {"starts_at": "2026-12-03T11:00:00Z"})
        problem(await link.get(f"{path}/history"), 403, "forbidden")
    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(day=3, hour=11)
    for verb, version in (("arrive", 3), ("undo", 4), ("no-show", 5)):
        await receptionist.change(f"{path}/{verb}", None, version=version, method="POST")

    steps = (await receptionist.read(f"{path}/history"))["items"]
    assert [(step["verb"], step["by"]) for step in steps] == [
        ("hold", "public"),
        ("book", "public"),
        ("reschedule", "patient"),
        ("arrive", "staff"),
        ("undo", "staff"),
        ("no-show", "staff"),
    ]
    me = await receptionist.read("/v1/me")
    assert (steps[3]["user_id"], steps[3]["name"], steps[3]["at"]) == (me["id"], me["name"], "2026-12-03T11:00:00Z")

    def changes(step: Json) -> dict[str, tuple[object, object]]:
        return {change["field"]: (change["before"], change["after"]) for change in step["changes"]}

    assert changes(steps[0])["status"] == (None, "held")
    assert changes(steps[1]) == {
        "status": ("held", "booked"),
        "held_until": ("2026-12-01T08:10:00Z", None),
        "patient_id": (None, made["patient_id"]),
    }
    assert changes(steps[2]) == {"starts_at": ("2026-12-02T10:00:00Z", "2026-12-03T11:00:00Z")}
    assert changes(steps[5]) == {"status": ("booked", "no_show")}


async def test_only_who_may_see_the_appointment_sees_its_history(
    app: FastAPI, database: Database, admin: Client, public: Client, editor: Client
) -> None:
    world = await World.made(admin)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    other = await make_practitioner(admin)
    token = await make_user(database, role="practitioner", practitioner_id=other["id"])
    async with Client.of(app, token=token) as practitioner:
        problem(await practitioner.get(f"/v1/appointments/{made['id']}/history"), 404, "not_found")
    problem(await editor.get(f"/v1/appointments/{made['id']}/history"), 403, "forbidden")
