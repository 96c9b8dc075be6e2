"""Two records of one patient: staff are shown who is alike, and make one of them, with a trail. The public notices nothing of likeness."""

import asyncio

import pytest
from fastapi import FastAPI

from tests.appointments.world import STRANGER, World
from tests.client import Client, Json, problem
from tests.make import fulfil, make_patient, make_practitioner, set_hours

AT_TEN = "2026-12-02T10:00:00Z"


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


async def merge(client: Client, patient: Json | str, into: Json) -> Json:
    path = f"/v1/patients/{patient if isinstance(patient, str) else patient['id']}"
    version = (await client.read(path))["version"]
    return await client.change(f"{path}/merge", {"into_patient_id": into["id"]}, version=version, method="POST")


async def alike(client: Client, patient: Json) -> list[tuple[str, list[str], bool]]:
    found = await client.read(f"/v1/patients/{patient['id']}/matches")
    return [(one["patient"]["name"], one["agrees_on"], one["born_apart"]) for one in found["items"]]


async def test_who_is_alike(receptionist: Client) -> None:
    about = {"email": "Abara@example.com", "phone": "020 7946 0958", "date_of_birth": "1980-03-05"}
    asked = await make_patient(receptionist, name="Tobías Abara", **about)
    await make_patient(receptionist, name="Somebody Else", phone="020 7946 0111")
    await make_patient(receptionist, name="Same House", phone="+44 20 7946 0958")
    await make_patient(receptionist, name="tobias abara", email="abara@example.com", date_of_birth="1980-03-05")
    await make_patient(receptionist, name="Tobias Abara", date_of_birth="2011-03-05")
    contact = {"name": "Tobias Abara", "relation": "father", "email": "abara@example.com"}
    await make_patient(receptionist, name="Child", contacts=[contact])
    assert await alike(receptionist, asked) == [
        ("tobias abara", ["name", "email", "date_of_birth"], False),
        ("Same House", ["phone"], False),
        ("Child", ["email"], False),
        ("Tobias Abara", ["name"], True),
    ]


async def test_everything_of_the_one_is_the_others(
    app: FastAPI, world: World, admin: Client, public: Client, receptionist: Client
) -> None:
    known = await make_patient(receptionist, name="Robin Example", phone="020 7946 0958", notes="Prefers mornings.")
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    merged = await merge(receptionist, made["patient_id"], known)
    assert (merged["id"], merged["email"], merged["phone"]) == (known["id"], STRANGER["email"], known["phone"])
    now = await receptionist.read(f"/v1/appointments/{made['id']}")
    assert (now["patient_id"], now["version"]) == (known["id"], 2)
    gone = await receptionist.read(f"/v1/patients/{made['patient_id']}")
    assert gone["merged_into_id"] == known["id"]
    assert [one["id"] for one in (await receptionist.read("/v1/patients"))["items"]] == [known["id"]]
    found = await receptionist.create("/v1/patients/search", {"q": STRANGER["email"]})
    assert [one["id"] for one in found["items"]] == [known["id"]]
    # The time is the other's now, in the ledger too; and the private link goes on.
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    beside = world.booking("2026-12-02T10:15:00Z", practitioner_id=other["id"], patient=None, patient_id=known["id"])
    refused = problem(await receptionist.send_json("POST", "/v1/appointments", beside), 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["patient_busy"]
    async with Client.of(app, token=made["manage_token"]) as link:
        assert (await link.read(f"/v1/appointments/{made['id']}"))["patient_id"] == known["id"]
    steps = (await receptionist.read(f"/v1/appointments/{made['id']}/history"))["items"]
    assert [step["verb"] for step in steps] == ["book", "merge"]
    [change] = steps[1]["changes"]
    assert (change["field"], change["before"], change["after"]) == ("patient_id", made["patient_id"], known["id"])
    trail = (await admin.read("/v1/audit-entries", subject_id=made["patient_id"]))["items"]
    assert [entry["action"] for entry in trail] == ["patient.merge"]


async def test_nobody_is_in_two_places(world: World, admin: Client, public: Client, receptionist: Client) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    one = await public.create("/v1/appointments", world.booking(AT_TEN))
    two = await public.create("/v1/appointments", world.booking("2026-12-02T10:15:00Z", practitioner_id=other["id"]))
    path = f"/v1/patients/{one['patient_id']}/merge"
    answer = await receptionist.send_json("POST", path, {"into_patient_id": two["patient_id"]}, **{"If-Match": '"1"'})
    conflicts = problem(answer, 409, "merge_conflict")["conflicts"]
    assert conflicts == [{"appointment_id": one["id"], "with_appointment_id": two["id"]}]
    assert (await receptionist.read(f"/v1/appointments/{one['id']}"))["patient_id"] == one["patient_id"]


async def test_a_chain_of_merges_ends_at_one(receptionist: Client) -> None:
    first, second, third = [await make_patient(receptionist, name=f"Patient {name}") for name in ("One", "Two", "Three")]
    await merge(receptionist, first, second)
    await merge(receptionist, second, third)
    assert (await receptionist.read(f"/v1/patients/{first['id']}"))["merged_into_id"] == third["id"]
    for gone, into in ((first, third), (third, second)):
        path, version = f"/v1/patients/{gone['id']}", (await receptionist.read(f"/v1/patients/{gone['id']}"))["version"]
        body, match = {"into_patient_id": into["id"]}, {"If-Match": f'"{version}"'}
        refused = problem(await receptionist.send_json("POST", f"{path}/merge", body, **match), 409, "patient_gone")
        assert refused["merged_into_id"] == third["id"]
    patch = await receptionist.send_json("PATCH", f"/v1/patients/{first['id']}", {"name": "A"}, **{"If-Match": '"3"'})
    assert patch.status_code in {409, 412}


@pytest.mark.parametrize("into", ["itself", "nobody"])
async def test_a_merge_needs_another_patient(receptionist: Client, into: str) -> None:
    patient = await make_patient(receptionist)
    into_id = patient["id"] if into == "itself" else "0199a000-0000-7000-8000-00000000dead"
    path, match = f"/v1/patients/{patient['id']}/merge", {"If-Match": '"1"'}
    refused = problem(await receptionist.send_json("POST", path, {"into_patient_id": into_id}, **match), 422, "invalid")
    assert refused["errors"][0]["pointer"] == "/into_patient_id"


async def test_nobody_books_for_who_is_merged(world: World, receptionist: Client) -> None:
    one, two = [await make_patient(receptionist, name=name) for name in ("One", "Two")]
    await merge(receptionist, one, two)
    body = world.booking(AT_TEN, patient=None, patient_id=one["id"])
    refused = problem(await receptionist.send_json("POST", "/v1/appointments", body), 422, "invalid")
    assert refused["errors"][0]["pointer"] == "/patient_id"


async def test_the_public_hears_the_same_whoever_is_alike(world: World, public: Client, receptionist: Client) -> None:
    """A treatment for those who return, and one who does, under the same name and address."""
    known = await make_patient(receptionist, **STRANGER)
    made = await receptionist.create("/v1/appointments", world.booking(AT_TEN, patient=None, patient_id=known["id"]))
    await fulfil(receptionist, made)
    answers = []
    for patient in (STRANGER, {"name": "Nobody Known", "email": "nobody@mail.example"}):
        answer = await public.post(
            "/v1/appointments", json=world.booking("2026-12-02T12:00:00Z", patient=patient, validate_only=True)
        )
        answers.append(answer.json())
    assert answers[0] == answers[1]


async def test_of_a_merge_and_a_booking_at_once_nothing_is_lost(world: World, receptionist: Client) -> None:
    """Whoever is first, the appointment is the one patient's who is left."""
    for number in range(6):
        one, two = [await make_patient(receptionist, name=f"{name} {number}") for name in ("One", "Two")]
        body = world.booking(f"2026-12-{2 + number // 3:02}T{10 + number % 3 * 2}:00:00Z", patient=None, patient_id=one["id"])
        path, match = f"/v1/patients/{one['id']}/merge", {"If-Match": '"1"'}
        merged, booked = await asyncio.gather(
            receptionist.send_json("POST", path, {"into_patient_id": two["id"]}, **match),
            receptionist.send_json("POST", "/v1/appointments", body),
        )
        assert merged.status_code == 200, merged.text
        if booked.status_code == 201:
            now = await receptionist.read(f"/v1/appointments/{booked.json()['id']}")
            assert now["patient_id"] == two["id"]
        else:
            assert booked.status_code in {409, 422}, booked.text
