import pytest

from app.scheduling.footprint import Footprint, Phase, forbidden_starts
from app.scheduling.intervals import Interval
from tests.scheduling.make import make_footprint


@pytest.mark.parametrize(
    ("footprint", "practitioner", "place", "presence"),
    [
        pytest.param(make_footprint(30), [(0, 30)], (0, 30), (0, 30), id="plain"),
        pytest.param(make_footprint(10, 20), [(0, 30)], (0, 30), (0, 30), id="attended phases in a row are one"),
        pytest.param(make_footprint(15, -20, 10), [(0, 15), (35, 45)], (0, 45), (0, 45), id="a rest between"),
        pytest.param(make_footprint(-20, 10, -5), [(20, 30)], (0, 35), (20, 30), id="rests at both ends"),
        pytest.param(make_footprint(30, before=5, after=10), [(-5, 40)], (-5, 40), (-5, 40), id="buffers"),
        pytest.param(
            make_footprint(-20, 10, -5, before=5, after=10),
            [(-5, 0), (20, 30), (35, 45)],
            (-5, 45),
            (-5, 45),
            id="buffers away from the attended phase",
        ),
    ],
)
def test_who_is_occupied_when(footprint: Footprint, practitioner: list[Interval], place: Interval, presence: Interval) -> None:
    def seconds(stretch: Interval) -> Interval:
        return stretch[0] * 60, stretch[1] * 60

    assert footprint.practitioner == tuple(map(seconds, practitioner))
    assert (footprint.place, footprint.presence) == (seconds(place), seconds(presence))
    assert footprint.patient == (0, footprint.duration)


@pytest.mark.parametrize(
    ("phases", "attended"),
    [
        pytest.param((30,), ((0, 1800),), id="plain"),
        pytest.param((10, 20), ((0, 1800),), id="in a row"),
        pytest.param((15, -20, 10), ((0, 900), (2100, 2700)), id="a rest between"),
        pytest.param((-20, 10, -5), ((1200, 1800),), id="rests at both ends"),
    ],
)
def test_what_is_attended_has_no_buffers(phases: tuple[int, ...], attended: tuple[Interval, ...]) -> None:
    assert make_footprint(*phases, before=5, after=10).attended == attended


def test_who_says_nothing_of_buffers_has_none() -> None:
    assert Footprint.of([Phase(30, attended=True)]) == make_footprint(30, before=0, after=0)


@pytest.mark.parametrize(
    ("phases", "buffers"),
    [
        pytest.param([], (0, 0), id="no phase"),
        pytest.param([Phase(30, False)], (0, 0), id="nobody attends"),
        pytest.param([Phase(30, True), Phase(0, False)], (0, 0), id="an empty phase"),
        pytest.param([Phase(1440, True), Phase(1, False)], (0, 0), id="more than a day"),
        pytest.param([Phase(30, True)], (-1, 0), id="a negative buffer before"),
        pytest.param([Phase(30, True)], (0, -1), id="a negative buffer after"),
        pytest.param([Phase(30, True)], (0, 1441), id="a buffer of more than a day"),
    ],
)
def test_what_cannot_be_a_treatment(phases: list[Phase], buffers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"lasts|attends"):
        Footprint.of(phases, buffer_before_minutes=buffers[0], buffer_after_minutes=buffers[1])


def test_a_day_is_not_too_long() -> None:
    assert make_footprint(1440, before=1440, after=1440).place == (-86_400, 2 * 86_400)


@pytest.mark.parametrize(
    ("stretches", "forbidden"),
    [
        pytest.param([(0, 10)], [(91, 110), (191, 210)], id="back to back fits on both sides"),
        pytest.param([(-5, 10)], [(91, 115), (191, 215)], id="a buffer before"),
        pytest.param([(0, 10), (50, 60)], [(41, 60), (91, 110), (141, 160), (191, 210)], id="two stretches"),
        pytest.param([(0, 95)], [(6, 210)], id="longer than the time between"),
    ],
)
def test_forbidden_starts(stretches: list[Interval], forbidden: list[Interval]) -> None:
    assert forbidden_starts(stretches, [(100, 110), (200, 210)]) == forbidden
