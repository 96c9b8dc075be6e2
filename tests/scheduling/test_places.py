from uuid import UUID

import pytest

from app.scheduling.intervals import ALWAYS, Interval
from app.scheduling.places import Place, Pool
from tests.scheduling.make import make_footprint

HOUR = 3600


def make_pool(*occupied: list[Interval]) -> Pool:
    """Places 0, 1, 2 … in order of position, occupied in hours."""
    times = [tuple((start * HOUR, end * HOUR) for start, end in place) for place in occupied]
    return Pool(tuple(Place(UUID(int=n), n, place) for n, place in enumerate(times)))


@pytest.mark.parametrize(
    ("pool", "best_first"),
    [
        pytest.param(make_pool([], []), [0, 1], id="position decides between equals"),
        pytest.param(make_pool([(10, 11)], []), [1], id="taken"),
        pytest.param(make_pool([(9, 10), (11, 12)]), [0], id="back to back on both sides"),
        pytest.param(make_pool([(10, 11)], [(9, 11)]), [], id="all taken"),
        pytest.param(make_pool(), [], id="none there"),
        pytest.param(make_pool([], [(8, 9)], [(8, 10)]), [2, 1, 0], id="the one left with least around it"),
        pytest.param(make_pool([(11, 12)], [(9, 10), (13, 14)]), [1, 0], id="both sides count"),
        pytest.param(make_pool([(-40, -30)], [(-80, -70)]), [0, 1], id="what is further than a day off does not"),
        pytest.param(make_pool([(1, 2), (8, 9)], [(2, 3), (9, 10), (12, 14)]), [1, 0], id="only the neighbours count"),
    ],
)
def test_free_places_best_first(pool: Pool, best_first: list[int]) -> None:
    assert [place.int for place in pool.free(10 * HOUR, make_footprint(60))] == best_first


def test_id_decides_between_equal_positions() -> None:
    pool = Pool(tuple(Place(UUID(int=n), 7, ()) for n in (3, 1, 2)))
    assert [place.int for place in pool.free(0, make_footprint(60))] == [1, 2, 3]


@pytest.mark.parametrize(("before", "after", "found"), [(0, 0, 1), (5, 0, 0), (0, 5, 0)])
def test_buffers_occupy_the_place(before: int, after: int, found: int) -> None:
    pool = make_pool([(9, 10), (11, 12)])
    assert len(pool.free(10 * HOUR, make_footprint(60, before=before, after=after))) == found


def test_one_place_serves_the_whole() -> None:
    """Each is free for a part of the two hours from ten only."""
    pool = make_pool([(11, 12)], [(10, 11)])
    footprint = make_footprint(120)
    assert pool.free(10 * HOUR, footprint) == []
    assert pool.forbidden(footprint) == [(9 * HOUR + 1, 11 * HOUR)]


def test_without_a_place_every_start_is_forbidden() -> None:
    assert make_pool().forbidden(make_footprint(60)) == ALWAYS


def test_forbidden_is_told_apart_by_footprint() -> None:
    pool = make_pool([(10, 11)])
    assert pool.forbidden(make_footprint(60)) == [(9 * HOUR + 1, 11 * HOUR)]
    assert pool.forbidden(make_footprint(30, after=15)) == [(10 * HOUR - 45 * 60 + 1, 11 * HOUR)]
