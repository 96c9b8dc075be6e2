import pytest

from app.scheduling.intervals import ALWAYS, FOREVER, Interval, containing, intersect, subtract, union

Intervals = list[Interval]


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(1, 3), (2, 5)], [(1, 5)], id="overlapping"),
        pytest.param([(1, 3), (3, 5)], [(1, 5)], id="touching"),
        pytest.param([(1, 3), (4, 5)], [(1, 3), (4, 5)], id="apart by one"),
        pytest.param([(1, 9), (2, 3), (4, 5)], [(1, 9)], id="inside"),
        pytest.param([(0, 0), (1, 3), (5, 5)], [(1, 3)], id="empty ones vanish"),
        pytest.param([(1, 3), (5, 4), (5, 7)], [(1, 3), (5, 7)], id="inverted ones vanish"),
        pytest.param([(1, 6), (5, 4)], [(1, 6)], id="inverted ones vanish inside others"),
        pytest.param([*ALWAYS, (1, 3)], [*ALWAYS], id="always"),
    ],
)
def test_union(given: Intervals, joined: Intervals) -> None:
    assert union(given) == joined


@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [
        pytest.param([(1, 5)], [(3, 9)], [(3, 5)], id="overlapping"),
        pytest.param([(1, 3)], [(3, 5)], [], id="touching"),
        pytest.param([(1, 9)], [(0, 2), (3, 4), (8, 12)], [(1, 2), (3, 4), (8, 9)], id="one over many"),
        pytest.param([*ALWAYS], [(1, 2), (4, 6)], [(1, 2), (4, 6)], id="always"),
        pytest.param([(1, 2)], [], [], id="nothing"),
    ],
)
def test_intersect(left: Intervals, right: Intervals, shared: Intervals) -> None:
    assert intersect(left, right) == shared
    assert intersect(right, left) == shared


@pytest.mark.parametrize(
    ("holes", "left"),
    [
        pytest.param([], [(10, 20)], id="none"),
        pytest.param([(0, 10), (20, 30)], [(10, 20)], id="touching outside"),
        pytest.param([(12, 14), (16, 18)], [(10, 12), (14, 16), (18, 20)], id="inside"),
        pytest.param([(5, 12), (18, 25)], [(12, 18)], id="over the ends"),
        pytest.param([(5, 25)], [], id="over all"),
        pytest.param([(10, 20)], [], id="exactly all"),
        pytest.param([(25, 30)], [(10, 20)], id="beyond"),
    ],
)
def test_subtract(holes: Intervals, left: Intervals) -> None:
    assert subtract((10, 20), holes) == left


@pytest.mark.parametrize(
    ("point", "found"),
    [(0, None), (1, (1, 3)), (2, (1, 3)), (3, None), (4, (4, 5)), (5, None), (FOREVER - 1, None)],
)
def test_containing(point: int, found: Interval | None) -> None:
    assert containing([(1, 3), (4, 5)], point) == found
