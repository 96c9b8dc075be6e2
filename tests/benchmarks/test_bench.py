"""The machinery of the benchmarks, in its smallest form. No time is asserted here."""

import asyncio
import time
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from app.kit.db import Database
from benchmarks import bulk, core, load, plot, promises, report, servers, target, workload
from benchmarks.bulk import Wanted
from benchmarks.cases import count_starts
from benchmarks.figures import Range, Sample, percentile
from benchmarks.load import Moved, Slice, UnexpectedAnswerError
from benchmarks.memory import Resident
from benchmarks.pgbench import Pgbench
from benchmarks.promises import BOOKING_MOVED, COMPARISONS, PROMISES, F
from benchmarks.rounds import Rounds
from benchmarks.rush import Rush
from benchmarks.seed import seed, seed_groups
from benchmarks.workload import LARGER, TEN, Size, Workload
from tests.client import Client
from tests.conftest import database_named

QUESTION = Workload.after(date(2026, 12, 1))


def test_figures() -> None:
    ascending = [float(number) for number in range(1, 201)]
    assert (percentile(ascending, 0.5), percentile(ascending, 0.99)) == (100, 198)
    assert percentile([7.0], 0.99) == 7
    assert Range.of([3, 1, 2]) == Range(2, 1, 3)
    sample = Sample.of([0.003, 0.001, 0.002], elapsed_seconds=0.5)
    assert sample == Sample(p50=2, p99=3, per_second=6, count=3)
    assert sample.spread == 1.5


@pytest.mark.parametrize(
    ("name", "claimed", "now", "fails"),
    [
        ("P1", 10.0, 14.9, False),
        ("P1", 10.0, 15.1, True),
        ("P1", 10.0, 2.0, False),
        ("P8", 0.3, 0.21, False),
        ("P8", 0.3, 0.19, True),  # more is better here
        ("P8", 0.3, 0.9, False),
        ("P13 idle", 100.0, 149.0, False),
        ("P13 idle", 100.0, 151.0, True),
        ("P13 growth", -0.2, 2.9, False),  # as good as nothing
        ("P13 growth", -0.2, 3.1, True),
    ],
)
def test_claim_fails_when_worse_by_half(name: str, claimed: float, now: float, fails: bool) -> None:
    found = promises.worsened({name: claimed}, {name: now})
    assert [sentence.partition(" (")[0] for sentence in found] == [name] * fails


def test_ratios_are_of_one_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a promise is about always takes ten times as long as F, and its core twice, however the machine's speed changes between rounds."""
    rounds = Rounds()
    factors = (
        {promise.case: 10 for promise in PROMISES}
        | {one.core: 2 for one in (*PROMISES, *COMPARISONS) if one.core}
        | {F: 1, BOOKING_MOVED: 10}
    )
    factors |= {one.case: 30 for one in COMPARISONS}
    for case, factor in factors.items():
        for clients in (1, 8):
            rounds.samples[case, clients] = [
                Sample(speed * factor, speed * factor * 2, 1000 / speed / factor, 100) for speed in (0.1, 0.5, 0.2)
            ]
    for promise in (of_f := [one for one in rounds.promised() if one.against == F]):
        measured, expected = rounds.measured(promise), {"p50": 10, "per_second": 0.1, "spread": 1}[promise.figure]
        assert [measured.min, measured.median, measured.max] == pytest.approx([expected] * 3)
    unmeasured = {one.name for one in PROMISES} - {one.name for one in rounds.promised()}
    assert unmeasured == {"P6 past", "P8", "plan anew over HTTP"}
    assert set(rounds.ratios()) == {one.name for one in PROMISES} - unmeasured > {one.name for one in of_f}

    alone = [sample.p50 for sample in rounds.samples[BOOKING_MOVED, 1]]
    rounds.rushes[1] = [[Rush(p50, p50, None), Rush(p50 * 9, p50, None), Rush(p50, p50, None)] for p50 in alone]
    rounds.rushes[2] = [[Rush(p50 * 3, p50, p50)] for p50 in alone]
    rounds.rushes[4] = [[Rush(p50 * 2, p50, p50), Rush(p50 * 6, p50, p50)] for p50 in alone]
    started_at = datetime(2026, 12, 1, tzinfo=UTC)
    text = report.markdown(rounds, started_at, "Made up.")
    assert "| P1 | availability 10×30 | 1 | 10.00 (10.00–10.00) F | ≤ 18 F | ≤ 10 F | beyond | 2.00 (2.00–2.00) F |" in text
    assert "| P5 days | availability 10×60 | 1 | 1.00 (1.00–1.00) × availability 10×30 | ≤ 2 × availability 10×30 |" in text
    assert "availability 100×30 takes 3.00 (3.00–3.00) times as long as availability 10×30, the core alone 1.00" in text
    assert "P6 past" not in text
    assert (
        "| P7 refusal | booking refused | 1 | 1.00 (1.00–1.00) × booking, diaries moved | ≤ 1.2 × booking, diaries moved |"
        in text
    )
    assert "| 1 | 9 | 5.0 (1.0–45.0) | 2.0 (1.0–5.0) |  | 1.00 (1.00–9.00) × |  |  |" in text
    assert "| 2 | 3 | 6.0 (3.0–15.0) | 2.0 (1.0–5.0) | 2.0 (1.0–5.0) | 1.50 (1.50–1.50) × | ≤ 1.2 × | no |" in text
    assert "| 4 | 6 | 8.0 (2.0–30.0) | 2.0 (1.0–5.0) | 2.0 (1.0–5.0) | 1.00 (0.50–1.50) × | ≤ 1.2 × | yes |" in text
    assert report.as_data(rounds, started_at, "Made up.")["promises"][0]["measured"]["median"] == pytest.approx(10)
    assert plot.svg(rounds).count("<circle") == len(rounds.promised())

    monkeypatch.setattr(promises, "CLAIMS", tmp_path / "claims.json")
    promises.write_claims({"P6 past": 1.234})
    promises.write_claims(rounds.ratios())
    assert promises.read_claims() == {"P6 past": 1.23} | rounds.ratios()


def test_memory_grows_by_the_slope_of_its_readings() -> None:
    """One reading that is high by chance counts for nothing."""
    steady = Resident(80.0, 4000, [(1000 * number, 90 + number * 0.02) for number in range(9)])
    assert (steady.idle, steady.requests) == (90, 8000)
    assert [steady.growth, *steady.halves] == pytest.approx([2, 2, 2])
    odd = Resident(80.0, 4000, [*steady.readings[:4], (4000, 99.0), *steady.readings[5:]])
    assert odd.growth == pytest.approx(2, abs=0.5)
    flat = Resident(80.0, 4000, [(0, 90), (1000, 91), (2000, 92), (3000, 92), (4000, 92)])
    assert list(flat.halves) == [100, 0]
    text = report.memory(flat, datetime(2026, 12, 1, tzinfo=UTC), "Made up.")
    assert (
        "| P13 idle | worker at rest | 90.0 | ≤ 130 MB | ≤ 90 MB | beyond | 80.0 before the first request, 92.0 after the last |"
        in text
    )
    assert "| P13 growth | growth in 100,000 requests | 50.0 | ≤ 5 MB | ≤ 0 MB | no | 100.0 in the first half of the run" in text
    assert report.memory_as_data(flat, datetime(2026, 12, 1, tzinfo=UTC), "Made up.")["memory"]["readings"][1] == (1000, 91)


def test_workload_is_that_of_the_promises() -> None:
    booked = TEN.booked()
    assert {one.ends - one.starts for one in booked} == {15, 30, 45, 60}
    assert workload.free_starts(booked, 10, 30) == 4448
    assert workload.free_starts([], 10, 30) == 10 * 22 * 26  # 22 working days of 26 starts
    assert len(set(workload.slots(QUESTION))) == len(workload.slots(QUESTION)) == 70_000


@pytest.mark.parametrize("size", [TEN, *LARGER], ids=lambda size: size.name)
def test_sizes_have_what_they_say(size: Size) -> None:
    booked = size.booked()
    assert len(booked) == size.bookings
    assert {one.practitioner for one in booked} == set(range(size.practitioners))
    assert max(one.day for one in booked) in range(size.days - 3, size.days)
    taken = [(one.practitioner, one.day, minute) for one in booked for minute in range(one.starts, one.ends, 15)]
    assert len(taken) == len(set(taken))
    core.measure(QUESTION, booked, size.practitioners, size.days, 0.01)  # raises when it counts otherwise
    core.measure(QUESTION, booked, 1, 1, 0.01)


async def test_seeded_clinic_offers_what_the_workload_leaves_free(admin: Client, public: Client, database: Database) -> None:
    booked = TEN.booked()[:40]
    seeded = await seed(admin, QUESTION, booked)
    [group] = await seed_groups(admin, seeded.location_id, [Size("few", 2, 10, 40)])
    wanted = [Wanted(group.practitioner_ids[0], QUESTION.instant(0, 9 * 60 + 30 * number), 15) for number in range(6)]
    bulk.book(database.conninfo, seeded.location_id, wanted)
    for path in seeded.availability_paths(QUESTION):
        assert count_starts(await public.get(path)) == workload.free_starts(booked, 10, 30)
    assert count_starts(await public.get(seeded.day_path(QUESTION))) == workload.free_starts(booked, 1, 1)
    assert count_starts(await public.get(group.availability_path(QUESTION))) == 2 * 8 * 26 - 11  # no half hour is left until 12
    assert (await public.get(seeded.article_path)).json()["reading_minutes"] in range(3, 6)
    practitioner, starts_at = workload.slots(QUESTION)[0]
    answer = await public.send_json("POST", "/v1/appointments", seeded.booking(0, practitioner, starts_at))
    assert answer.status_code == 201, answer.text


async def test_fresh_searches_and_pgbench(server_url: str, template: str, worker_id: str) -> None:
    """Each request that versions moved before reads every diary, however many clients ask; without that only the first one of each does."""
    url = servers.copied(database_named(server_url, template), f"bench_{worker_id}")
    seeded = await asyncio.to_thread(target.fill, url, QUESTION, [])
    requests = [load.request("GET", path, {}) for path in seeded.availability_paths(QUESTION)]
    moved = Moved(url, bulk.resource_ids(url, seeded.practitioner_ids))
    assert len(moved.resource_ids) == 10
    for expected in (moved, None):
        before = _diaries_read(url)
        with servers.serving("product", url, target.READY) as port:
            wanted = Slice(port, requests, 200, clients=4, seconds=0.5, moved=expected)
            _, sent = await asyncio.to_thread(load.run, wanted)
        read = _diaries_read(url) - before
        assert read >= 10 * sent if expected else read <= 10 * 4 * len(requests)
    assert Pgbench(url, seeded, QUESTION).measure(2, 0.01).count == 10  # raises when the SQL does not fit the tables


def _diaries_read(url: str) -> int:
    """A connection tells its figures before it is gone."""
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(_OTHERS).fetchone() != (0,):
            time.sleep(0.05)
        row = connection.execute("SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE relname = 'occupancies'").fetchone()
    assert row is not None
    return int(row[0])


_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_past_appointments_are_past_and_possible(admin: Client, database: Database) -> None:
    seeded = await seed(admin, QUESTION, [])
    bulk.book_past(database.conninfo, seeded.location_id, seeded.practitioner_ids, QUESTION, 3000)
    async with database.reader() as connection:
        row = await (await connection.execute(_PAST)).fetchone()
    # eleven days of 28 visits hold 300 for each of the ten; before them is a Saturday and a Sunday
    assert row == (3000, 6000, 10, True, True, True)


_PAST = """
SELECT count(*), (SELECT count(*) FROM occupancies), count(DISTINCT practitioner_id), max(ends_at) < '2026-12-01',
       bool_and(extract(isodow FROM wall_start) <= 5 AND wall_start::time NOT BETWEEN '12:00' AND '12:59'
                AND wall_start::time BETWEEN '09:00' AND '16:45'),
       bool_and(wall_start = starts_at AT TIME ZONE time_zone AND ends_at - starts_at = interval '15 minutes')
FROM appointments
"""


def test_load_counts_answers_and_refuses_others(database_url: str) -> None:
    with servers.serving("floors", database_url, "/row") as port:
        for path in ("/bare", "/f", "/row"):
            requests = [load.request("GET", path, {})] * 20
            sample, sent = load.run(Slice(port, requests, status=200, clients=2, seconds=5, repeat=False))
            assert sample.count == sent == 20
        with pytest.raises(UnexpectedAnswerError, match="404"):
            load.run(Slice(port, [load.request("GET", "/absent", {})], status=200, clients=1, seconds=1))
