"""What visitors and staff find in the demo clinic, over HTTP."""

from collections import Counter
from datetime import date, timedelta

import pytest

from app.kit.db import Connection
from tests.client import Client
from tests.conftest import NOW
from tests.demo.conftest import DemoClinic

pytestmark = pytest.mark.xdist_group("demo")


async def test_it_is_a_clinic_of_two_houses_five_people_and_eight_treatments(visitor: Client) -> None:
    clinic = await visitor.read("/v1/clinic")
    locations = (await visitor.read("/v1/locations"))["items"]
    practitioners = (await visitor.read("/v1/practitioners"))["items"]
    treatments = (await visitor.read("/v1/treatments"))["items"]
    assert (clinic["horizon_days"], clinic["notice_minutes"], clinic["time_zones"]) == (90, 120, ["Europe/London"])
    assert len(clinic["cancel_reasons"]) >= 4
    assert (len(locations), len(practitioners), len(treatments)) == (2, 5, 8)
    assert sum(one["daily_limit"] is not None for one in practitioners) == 1
    for one in practitioners:
        assert date.fromisoformat(one["registrations"][-1]["valid_until"]) > NOW.date() + timedelta(days=700)
        assert len(one["languages"]) >= 2
    phases = {one["slug"]: [(phase["minutes"], phase["attended"]) for phase in one["phases"]] for one in treatments}
    assert sum(minutes for minutes, _ in phases["initial-consultation"]) == 75
    assert phases["follow-up-treatment"] == [(15, True), (20, False), (10, True)]
    assert phases["community-acupuncture"] == [(10, True), (40, False), (5, True)]
    assert {one["audience"] for one in treatments} == {"all", "new", "returning"}
    assert sum(one["needs_approval"] for one in treatments) == 1


async def test_hours_differ_and_there_are_an_evening_a_saturday_and_somebody_in_both_houses(clinic: DemoClinic) -> None:
    async with clinic.client("receptionist") as receptionist:
        practitioners = (await receptionist.read("/v1/practitioners"))["items"]
        weeks = [(await receptionist.read(f"/v1/practitioners/{one['id']}/working-hours"))["items"] for one in practitioners]
        hours = [line for week in weeks for line in week]
        assert any(line["ends"] >= "20:00" for line in hours)
        assert any(line["weekday"] == 6 for line in hours)
        assert sorted(len({line["location_id"] for line in week}) for week in weeks) == [1, 1, 1, 1, 2]
        places = [
            (await receptionist.read(f"/v1/locations/{one['id']}/places"))["items"]
            for one in (await receptionist.read("/v1/locations"))["items"]
        ]
        kinds = [Counter(place["kind"] for place in some) for some in places]
        assert sorted(kind["chair"] for kind in kinds) == [0, 4]
        assert all(kind["room"] for kind in kinds)


async def test_everybody_can_sign_in_and_the_practitioner_sees_their_own_diary(clinic: DemoClinic) -> None:
    for role in ("admin", "receptionist", "practitioner", "editor"):
        async with clinic.client(role) as client:
            me = await client.read("/v1/me")
            assert (me["role"], me["email"]) == (role, clinic.credentials[role]["email"])
            if role == "practitioner":
                diary = (await client.read("/v1/appointments", limit=100))["items"]
                assert len(diary) > 50
                assert {one["practitioner_id"] for one in diary} == {me["practitioner_id"]}


async def test_articles_are_published_but_for_a_draft(clinic: DemoClinic, visitor: Client) -> None:
    published = (await visitor.read("/v1/articles"))["items"]
    assert len(published) == 5
    articles = [await visitor.read(f"/v1/articles/{one['slug']}") for one in published]
    assert sum(len(one["headings"]) >= 2 for one in articles) >= 3
    assert sum("<li>" in one["html"] for one in articles) >= 3
    assert all(one["author_ids"] and one["topics"] and one["published_at"] < "2026-12-01" for one in articles)
    async with clinic.client("editor") as editor:
        assert len((await editor.read("/v1/articles", status="draft"))["items"]) == 1


async def test_enquiries_wait_in_every_state(clinic: DemoClinic) -> None:
    async with clinic.client("receptionist") as receptionist:
        states = {
            state: len((await receptionist.read("/v1/enquiries", state=state))["items"])
            for state in ("new", "open", "answered", "closed", "spam")
        }
        assert states == {"new": 2, "open": 1, "answered": 1, "closed": 1, "spam": 1}


async def test_no_telephone_or_address_can_be_somebodys(rows: Connection) -> None:
    """Telephones are of the ranges that Ofcom keeps for drama; no domain that ends in .example can exist."""
    real = """
        SELECT phone, email FROM (
            SELECT phone, email FROM patients
            UNION ALL SELECT contact ->> 'phone', contact ->> 'email' FROM patients, jsonb_array_elements(contacts) AS contact
            UNION ALL SELECT phone, email FROM enquiries
            UNION ALL SELECT NULL, email FROM users
            UNION ALL SELECT substring(address FROM 'Telephone (.*)'), NULL FROM locations
        ) AS reached
        WHERE phone !~ '^(020 7946 0[0-9]{3}|0161 496 0[0-9]{3}|07700 900[0-9]{3})$' OR email !~ '[.]example$'
    """
    assert await (await rows.execute(real)).fetchall() == []
