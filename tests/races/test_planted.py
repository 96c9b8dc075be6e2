"""The faults are still of these sources; that each is noticed is what `make planted` shows."""

from pathlib import Path

import pytest

from tests.races.faults import FAULTS, Fault

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_fault_changes_is_there_once(fault: Fault) -> None:
    found = [(path, (ROOT / path).read_text().count(before)) for path, before, _ in fault.changes]
    assert [count for _, count in found] == [1] * len(found), found
