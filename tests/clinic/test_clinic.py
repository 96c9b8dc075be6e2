"""The clinic's settings over HTTP."""

from typing import Any

import pytest

from tests.client import Client, problem
from tests.make import make_location
from tests.trail import trail_of

OTHER = {"code": "other", "label": "Other"}


async def test_the_public_reads_the_policy(public: Client) -> None:
    response = await public.get("/v1/clinic")
    clinic = response.json()
    assert clinic.pop("tzdata_version")[:2] == "20"
    assert {name: value for name, value in clinic.items() if not name.endswith("_at")} == {
        "name": "Clinic",
        "time_zone": "Europe/London",
        "currency": "GBP",
        "step_minutes": 15,
        "notice_minutes": 120,
        "horizon_days": 90,
        "hold_minutes": 10,
        "change_notice_minutes": 1440,
        "travel_minutes": 0,
        "holds_per_client": 3,
        "upcoming_per_patient": 10,
        "cancel_reasons": [OTHER],
        "time_zones": [],
        "version": 1,
    }
    cached = await public.get("/v1/clinic", headers={"If-None-Match": response.headers["etag"]})
    assert (cached.status_code, cached.content) == (304, b"")


async def test_a_patch_changes_what_is_sent_and_is_on_the_trail(admin: Client, public: Client) -> None:
    response = await admin.send_json("PATCH", "/v1/clinic", {"name": "Quay Lane", "travel_minutes": 30}, **{"If-Match": '"1"'})
    assert await trail_of(admin, response) == [("clinic.update", None, ["name", "travel_minutes"])]
    clinic = await public.read("/v1/clinic")
    assert clinic == response.json()
    assert (clinic["name"], clinic["travel_minutes"], clinic["horizon_days"], clinic["version"]) == ("Quay Lane", 30, 90, 2)


async def test_a_change_needs_the_version_that_was_read(admin: Client, public: Client) -> None:
    problem(await admin.send_json("PATCH", "/v1/clinic", {"name": 7}), 428, "if_match_required")
    problem(await admin.send_json("PATCH", "/v1/clinic", {"name": 7}, **{"If-Match": '"2"'}), 412, "version_changed")
    assert (await public.read("/v1/clinic"))["version"] == 1


async def test_only_administrators_change_it(public: Client, receptionist: Client, editor: Client) -> None:
    problem(await public.send_json("PATCH", "/v1/clinic", {"name": "Other"}, **{"If-Match": '"1"'}), 401, "unauthenticated")
    for client in (receptionist, editor):
        problem(await client.send_json("PATCH", "/v1/clinic", {"name": "Other"}, **{"If-Match": '"1"'}), 403, "forbidden")


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("step_minutes", 5, 240),
        ("notice_minutes", 0, 86_400),
        ("horizon_days", 1, 730),
        ("hold_minutes", 1, 10),
        ("change_notice_minutes", 0, 86_400),
        ("travel_minutes", 0, 240),
        ("holds_per_client", 1, 24),
        ("upcoming_per_patient", 1, 100),
    ],
)
async def test_settings_have_bounds(admin: Client, field: str, least: int, most: int) -> None:
    version = 1
    for allowed in (least, most):
        changed = await admin.change("/v1/clinic", {field: allowed}, version=version)
        assert changed[field] == allowed
        version = changed["version"]
    nonsense: tuple[object, ...] = (least - 1, most + 1, None, str(least), float(least))
    for value in nonsense:
        refused = await admin.send_json("PATCH", "/v1/clinic", {field: value}, **{"If-Match": f'"{version}"'})
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [f"/{field}"]


def _reasons(count: int) -> list[dict[str, str]]:
    return [{"code": f"reason-{number}", "label": f"Reason {number}"} for number in range(count)]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        pytest.param(
            [{"code": "unwell", "label": "Unwell"}], [{"code": "unwell", "label": "Unwell"}, OTHER], id="other is added"
        ),
        pytest.param([{"code": "other", "label": "Else"}], [{"code": "other", "label": "Else"}], id="other is renamed"),
        pytest.param([], [OTHER], id="only other"),
        pytest.param(_reasons(29), [*_reasons(29), OTHER], id="as many as there may be"),
    ],
)
async def test_other_is_always_a_reason(admin: Client, wanted: list[Any], kept: list[Any]) -> None:
    changed = await admin.change("/v1/clinic", {"cancel_reasons": wanted}, version=1)
    assert changed["cancel_reasons"] == kept
    again = await admin.change("/v1/clinic", {"cancel_reasons": kept}, version=changed["version"])
    assert again["cancel_reasons"] == kept


@pytest.mark.parametrize(
    ("reasons", "pointer"),
    [
        pytest.param([OTHER, {"code": "a", "label": "A"}, OTHER], "/cancel_reasons/2/code", id="a code twice"),
        pytest.param(_reasons(30), "/cancel_reasons", id="no room for other"),
        pytest.param([*_reasons(30), OTHER], "/cancel_reasons", id="too many"),
        pytest.param([{"code": "Not A Code", "label": "A"}], "/cancel_reasons/0/code", id="not a code"),
        pytest.param([{"code": "a", "label": " "}], "/cancel_reasons/0/label", id="a blank label"),
    ],
)
async def test_reasons_that_make_no_sense_are_refused(admin: Client, reasons: list[Any], pointer: str) -> None:
    refused = await admin.send_json("PATCH", "/v1/clinic", {"cancel_reasons": reasons}, **{"If-Match": '"1"'})
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]


async def test_a_zone_that_is_no_iana_name_is_refused(admin: Client) -> None:
    for zone in ("Europe/Atlantis", "GMT+1", "localtime", "europe/london", "../../etc/passwd"):
        refused = await admin.send_json("PATCH", "/v1/clinic", {"time_zone": zone}, **{"If-Match": '"1"'})
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == ["/time_zone"]


async def test_the_zones_are_those_of_active_locations_and_move_the_version(admin: Client, public: Client) -> None:
    lisbon = await make_location(admin, name="Lisbon", time_zone="Europe/Lisbon")
    await make_location(admin, name="Closed", time_zone="Europe/Paris", active=False)
    await make_location(admin)
    clinic = await public.read("/v1/clinic")
    assert (clinic["time_zones"], clinic["version"]) == (["Europe/Lisbon", "Europe/London"], 3)
    # A second one in the same zone is nothing new to whoever holds a copy.
    await make_location(admin)
    assert await public.read("/v1/clinic") == clinic
    await admin.change(f"/v1/locations/{lisbon['id']}", {"active": False}, version=1)
    clinic = await public.read("/v1/clinic")
    assert (clinic["time_zones"], clinic["version"]) == (["Europe/London"], 4)
