"""Identifiers: they sort by age, and a reference survives the telephone."""

import time
from uuid import RFC_4122

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.kit.ids import CROCKFORD, new_reference, read_reference, uuid7


def test_a_uuid_says_its_millisecond_and_sorts_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [0, 1, 1_764_576_000_000, 1_764_576_000_001, 2**48 - 1]
    made = []
    for moment in moments:
        monkeypatch.setattr(time, "time_ns", lambda moment=moment: moment * 1_000_000 + 999_999)
        made.append(uuid7())
    assert [one.int >> 80 for one in made] == moments
    assert sorted(made, key=str) == made
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


def test_uuids_of_one_millisecond_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_764_576_000_000_000_000)
    assert len({uuid7() for _ in range(1000)}) == 1000


def _one_that_begins_like_its_prefix() -> str:
    while not (reference := new_reference("AP")).startswith("AP-AP"):
        pass
    return reference


references = st.builds(new_reference, st.just("AP")) | st.builds(_one_that_begins_like_its_prefix)


@given(references)
def test_a_reference_is_read_however_it_is_said(reference: str) -> None:
    digits = reference.removeprefix("AP-").replace("-", "")
    spoken = [reference, reference.lower(), digits, f" {digits[:4]} {digits[4:]} ", reference.replace("0", "O").replace("1", "l")]
    assert {read_reference(one, "AP") for one in spoken} == {reference}


@given(references, st.integers(0, 7), st.sampled_from(CROCKFORD))
def test_one_wrong_character_is_noticed(reference: str, position: int, wrong: str) -> None:
    digits = reference.removeprefix("AP-").replace("-", "")
    assume(digits[position] != wrong)
    assert read_reference(digits[:position] + wrong + digits[position + 1 :], "AP") is None


@given(references, st.integers(0, 6))
def test_two_neighbours_that_change_places_are_noticed(reference: str, position: int) -> None:
    digits = reference.removeprefix("AP-").replace("-", "")
    first, second = digits[position], digits[position + 1]
    assume(first != second)
    assert read_reference(digits[:position] + second + first + digits[position + 2 :], "AP") is None


@pytest.mark.parametrize(
    "said", ["", "AP", "AP-", "AP-1234-567", "AP-1234-56789", "PT-", "AP-UUUU-UUUU", "AP-٤٤٤٤-٤٤٤٤", "\x00" * 8]
)
def test_what_is_no_reference(said: str) -> None:
    assert read_reference(said, "AP") is None
