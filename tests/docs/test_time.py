"""docs/time.md does what it says: every worked example is put to the core, every rule has one, every reason is explained."""

import re
from pathlib import Path

import pytest

from app.scheduling.obstacles import Code
from tests.docs.examples import BLOCK, Example

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "time.md").read_text()
RULES = [*(f"T{number}" for number in range(1, 16)), "T19"]
SECTIONS = {section.split(maxsplit=1)[0]: section for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]}
EXAMPLES = [
    pytest.param(block, id=f"{rule}-{number}")
    for rule, section in SECTIONS.items()
    for number, block in enumerate(BLOCK.findall(section), 1)
]


def test_every_rule_has_an_example() -> None:
    assert [rule for rule in SECTIONS if rule in RULES] == RULES
    assert [rule for rule in RULES if not BLOCK.search(SECTIONS[rule])] == []
    assert len(EXAMPLES) == TEXT.count("```example")


@pytest.mark.parametrize("block", EXAMPLES)
def test_the_example_is_true(block: str) -> None:
    Example(block).run()


def test_every_reason_is_explained_in_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE) == [str(code) for code in Code]


GIVEN = "day: Monday 7 June 2027\nhours: Mon 09:00–12:00\n"


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(GIVEN + "weather: fine\nfree: 09:00\n", id="an unknown line"),
        pytest.param(GIVEN + "free 09:00\n", id="a line that is none"),
        pytest.param(GIVEN, id="no answer"),
        pytest.param("day: Tuesday 7 June 2027\nfree: 09:00\n", id="another weekday"),
        pytest.param(GIVEN + "treatment: 30 minutes\nfree: 09:00\n", id="an unknown phase"),
        pytest.param(GIVEN + "travel: an hour\nfree: 09:00\n", id="an unknown length"),
        pytest.param(GIVEN + "offered: 09:00 … 11:31\n", id="an end off the steps"),
        pytest.param("taken: 09:00–10:00\n" + GIVEN + "free: 09:00\n", id="a time before its day"),
    ],
)
def test_an_example_that_nobody_understands_is_refused(block: str) -> None:
    with pytest.raises(ValueError, match=r"unknown|answer|weekday|number|needed"):
        Example(block).run()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("offered: 09:00 … 11:15", id="too few"),
        pytest.param("offered: 09:00 … 11:45", id="too many"),
        pytest.param("offered: none", id="none"),
        pytest.param("free: 11:45", id="not free"),
        pytest.param("refused: 11:30 busy", id="not refused"),
        pytest.param("refused: 08:45 grid", id="for another reason"),
        pytest.param("refused: 08:45 closed, grid", id="for too many"),
        pytest.param("refused: 08:46 closed until 09:15", id="for too long"),
        pytest.param("instant: 2027-06-07T10:00:00+01:00 is 2027-06-07T10:00:00Z", id="another instant"),
    ],
)
def test_an_example_that_is_not_true_is_noticed(answer: str) -> None:
    with pytest.raises(AssertionError, match="The core says"):
        Example(f"{GIVEN}{answer}\n").run()
