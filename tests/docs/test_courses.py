"""docs/courses.md: its example is asked, and answered as it says."""

import json
import re
from pathlib import Path

from tests.appointments.world import World
from tests.client import Client

TEXT = (Path(__file__).parents[2] / "docs" / "courses.md").read_text()


async def test_the_example_is_answered_as_it_says(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    [question] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    asked = json.loads(question.replace("TREATMENT", world.treatment["id"]).replace("LOCATION", world.location["id"]))
    response = await receptionist.post("/v1/course-plans", json=asked)
    assert response.status_code == 200, response.text
    rows = re.findall(r"^\| (\d+) \| (\S+) \| (\d*) ?\|$", TEXT, re.MULTILINE)
    told = [(str(one["index"]), one["local_start"][:16], str(one["gap_days"] or "")) for one in response.json()["sessions"]]
    assert told == rows
    assert response.json()["complete"] is True
