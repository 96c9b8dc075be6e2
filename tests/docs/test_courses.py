"""docs/courses.md: its requests are sent, one after the other, and answered as it says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.appointments.world import World
from tests.client import Client, Json

TEXT = (Path(__file__).parents[2] / "docs" / "courses.md").read_text()
# A request, and what is said of it up to the next.
REQUEST = re.compile(r"```http\n(\w+) (\S+)\n\n(.*?)```(.*?)(?=```http|\Z)", re.DOTALL)
AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d"


async def test_its_requests_are_answered_as_it_says(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    known = {"TREATMENT": world.treatment["id"], "LOCATION": world.location["id"], "PRACTITIONER": world.practitioner["id"]}
    proposal: Json = {}
    asked = 0
    for method, path, body, told in REQUEST.findall(TEXT):
        known["MOVES"] = json.dumps({"moves": proposal.get("moves")})
        for name, value in known.items():
            path, body = path.replace(name, value), body.replace(name, value)
        headers = {"If-Match": f'"{proposal["version"]}"'} if path.endswith("/apply") else {}
        response = await receptionist.send_json(method, path, json.loads(body), **headers)
        status, code = re.findall(r"\*\*(\d{3})\*\*(?: `(\w+)`)?", told)[0]
        answer = response.json()
        assert (response.status_code, answer.get("code", "")) == (int(status), code), response.text
        assert list(_times(answer)) == [re.findall(AT, row) for row in told.splitlines() if re.match(rf"\|.*{AT}", row)]
        proposal = answer if path.endswith("/replan") else proposal
        if path == "/v1/courses" and response.status_code == 201:
            known.setdefault("COURSE", answer["id"])
        asked += 1
    assert asked == 7


def _times(answer: Json) -> Iterator[list[str]]:
    for one in answer.get("sessions", answer.get("appointments", [])):
        yield [one["local_start"][:16]]
    for one in answer.get("moves", []):
        yield [one["from"]["local_start"][:16], one["to"]["local_start"][:16]]


async def test_a_plan_says_the_days_since_the_session_before(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    asked = REQUEST.findall(TEXT)[0][2].replace("TREATMENT", world.treatment["id"]).replace("LOCATION", world.location["id"])
    plan = await receptionist.create("/v1/course-plans", json.loads(asked))
    rows = re.findall(r"^\| (\d+) \| \S+ \| (\d*) ?\|$", TEXT, re.MULTILINE)
    assert [(str(one["index"]), str(one["gap_days"] or "")) for one in plan["sessions"]] == rows
