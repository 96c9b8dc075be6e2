"""docs/appointments.md and the API's description say what the program does: its tables are the program's."""

import re
from pathlib import Path
from typing import get_args

from app.appointments.schemas import Rule
from app.appointments.states import EXPIRED, OCCUPYING, STORED, TRANSITIONS
from tests.contract.document import document

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "appointments.md").read_text()
ROW = re.compile(r"^\| `([\w-]+)` \| `(\w+)` \| `(\w+)` \|$", re.MULTILINE)
EDGES = [(str(verb), state, leads_to) for verb, of in TRANSITIONS.items() for state, leads_to in of.items()]


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_step_is_told_and_no_other() -> None:
    assert ROW.findall(section("States")) == EDGES


def test_every_state_is_told() -> None:
    told = re.findall(r"^\| `(\w+)` \| [^|`]+ \| (yes|no)[^|]* \|$", section("States"), re.MULTILINE)
    held, *others = STORED
    assert told == [(state, "yes" if state in OCCUPYING else "no") for state in (held, EXPIRED, *others)]


def test_every_rule_that_can_be_set_aside_is_told() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", section("Rules that staff set aside"), re.MULTILINE)) == get_args(Rule)


def test_the_api_describes_the_same_steps() -> None:
    [tag] = [tag for tag in document()["tags"] if tag["name"] == "Appointments"]
    assert ROW.findall(tag["description"]) == EDGES
    assert tag["x-transitions"] == TRANSITIONS
