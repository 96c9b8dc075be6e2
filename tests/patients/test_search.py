"""Finding patients over HTTP."""

import pytest

from tests.client import Client, Json, problem
from tests.make import make_patient

PEOPLE: list[Json] = [
    {"name": "Zoë O'Hara-Lindqvist", "email": "zoe_l@example.com", "phone": "+44 20 7946 0958"},
    {"name": "Łukasz Ørsted", "email": "L.Orsted@Example.org", "phone": "(0161) 496 0123"},
    {
        "name": "Ana Straße",
        "contacts": [{"name": "Bea Quill", "relation": "aunt", "email": "bea@example.net", "phone": "07700 900456"}],
    },
    {"name": "王小明", "phone": "0117-496-0999"},
    {"name": "100% Unusual"},
]
ZOE, LUKASZ, ANA, XIAOMING, UNUSUAL = (person["name"] for person in PEOPLE)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        pytest.param("zoe", [ZOE], id="without accent"),
        pytest.param("ZOË", [ZOE], id="without case"),
        pytest.param("Zoe\u0308", [ZOE], id="decomposed"),
        pytest.param("lindqvist  zoe", [ZOE], id="words in any order"),
        pytest.param("ohara", [ZOE], id="without signs"),
        pytest.param("o'hara", [ZOE], id="with signs"),
        pytest.param("lukasz orsted", [LUKASZ], id="letters that do not decompose"),
        pytest.param("strasse", [ANA], id="sharp s"),
        pytest.param("王小明", [XIAOMING], id="not Latin"),
        pytest.param("quill", [ANA], id="a contact"),
        pytest.param("bea@example.net", [ANA], id="a contact's address"),
        pytest.param("07700 900 456", [ANA], id="a contact's telephone"),
        pytest.param("l.orsted@EXAMPLE.org", [LUKASZ], id="an address"),
        pytest.param("zoe_l@", [ZOE], id="a part of an address"),
        pytest.param("020 7946 0958", [ZOE], id="the national form of a telephone"),
        pytest.param("+44 161 496 0123", [LUKASZ], id="the international form of a telephone"),
        pytest.param("0999", [XIAOMING], id="the end of a telephone"),
        pytest.param("496", [XIAOMING, LUKASZ], id="the middle of a telephone"),
        pytest.param("100%", [UNUSUAL], id="a sign after digits"),
        pytest.param("l_orsted@", [], id="an underscore stands for itself"),
        pytest.param("zoe%l@", [], id="a percent sign stands for itself"),
        pytest.param("\\", [], id="a backslash stands for itself"),
        pytest.param("zoe@", [], id="an address is not a name"),
        pytest.param("zoe orsted", [], id="words of two people"),
        pytest.param("😀", [], id="no letters at all"),
        pytest.param("annalindqvist", [], id="nobody"),
    ],
)
async def test_who_is_found(receptionist: Client, asked: str, names: list[str]) -> None:
    for person in PEOPLE:
        await make_patient(receptionist, **person)
    found = await receptionist.create("/v1/patients/search", {"q": asked})
    assert found["more"] is False
    assert sorted(item["name"] for item in found["items"]) == sorted(names)


async def test_a_changed_patient_is_found_by_what_is_new(receptionist: Client) -> None:
    made = await make_patient(receptionist, name="Tobias Abara", email="tobias@example.com")
    contacts = [{"name": "Rosa Quill", "relation": "mother"}]
    await receptionist.change(f"/v1/patients/{made['id']}", {"email": None, "contacts": contacts}, version=1)
    for asked, count in (("rosa", 1), ("abara", 1), ("tobias@example.com", 0)):
        assert len((await receptionist.create("/v1/patients/search", {"q": asked}))["items"]) == count


async def test_no_more_than_asked_for_and_by_name(receptionist: Client) -> None:
    for name in ("Cora Abara", "Ada Abara", "Bo Abara"):
        await make_patient(receptionist, name=name)
    for limit, names, more in ((2, ["Ada Abara", "Bo Abara"], True), (3, ["Ada Abara", "Bo Abara", "Cora Abara"], False)):
        found = await receptionist.create("/v1/patients/search", {"q": "abara", "limit": limit})
        assert ([item["name"] for item in found["items"]], found["more"]) == (names, more)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"q": "abara", "limit": 0}, "/limit"),
        ({"q": "abara", "limit": 101}, "/limit"),
        ({"q": " "}, "/q"),
        ({"q": "a" * 101}, "/q"),
        ({}, "/q"),
    ],
)
async def test_questions_have_bounds(receptionist: Client, body: dict[str, object], pointer: str) -> None:
    refused = await receptionist.send_json("POST", "/v1/patients/search", body)
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]


async def test_terms_do_not_belong_in_an_address(receptionist: Client) -> None:
    problem(await receptionist.get("/v1/patients", params={"q": "abara"}), 422, "invalid")
