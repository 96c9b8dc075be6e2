"""The committed description is the one that is served, and the linters find nothing in it."""

import json
from pathlib import Path

import pytest

from tests.contract import node
from tests.contract.document import document

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_description_is_current() -> None:
    current = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    assert COMMITTED.read_text(encoding="utf-8") == current, "refresh it: .venv/bin/meridian openapi --output docs/openapi.json"


@pytest.mark.parametrize(
    "linter",
    [
        ("spectral", "lint", "--fail-severity=hint", "--ruleset=.spectral.yaml", "docs/openapi.json"),
        ("redocly", "lint", "--config=redocly.yaml", "docs/openapi.json"),
    ],
    ids=lambda linter: linter[0],
)
def test_the_linters_find_nothing(linter: tuple[str, ...]) -> None:
    done = node.run(*linter)
    assert done.returncode == 0, done.stdout[-5_000:]
