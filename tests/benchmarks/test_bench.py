"""The machinery of the benchmarks, in its smallest form. No time is asserted here."""

from datetime import UTC, date, datetime

import pytest

from app.kit.db import Database
from benchmarks import core, load, plot, promises, report, servers, workload
from benchmarks.cases import count_starts
from benchmarks.figures import Range, Sample, percentile
from benchmarks.load import Slice, UnexpectedAnswerError
from benchmarks.pgbench import Pgbench
from benchmarks.promises import PROMISES
from benchmarks.rounds import Rounds
from benchmarks.seed import seed
from benchmarks.workload import Workload
from tests.client import Client

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
    ],
)
def test_claim_fails_when_worse_by_half(name: str, claimed: float, now: float, fails: bool) -> None:
    found = promises.worsened({name: claimed}, {name: now})
    assert [sentence.split()[0] for sentence in found] == [name] * fails


def test_ratios_are_of_one_round() -> None:
    """The product is always ten times as slow as F, however the machine's speed changes between rounds."""
    rounds = Rounds()
    for promise in PROMISES:
        for case, factor in ((promise.case, 10), (promise.against, 1)):
            samples = [Sample(speed * factor, speed * factor * 2, 1000 / speed / factor, 100) for speed in (0.1, 0.5, 0.2)]
            rounds.samples[case, promise.clients] = samples
            rounds.samples[case, 1] = samples
    for promise in PROMISES:
        measured, expected = rounds.measured(promise), {"p50": 10, "per_second": 0.1, "spread": 1}[promise.figure]
        assert [measured.min, measured.median, measured.max] == pytest.approx([expected] * 3)
    rounds.samples = {key: rounds.samples[key] for key in rounds.samples if key == ("F", key[1]) or key[0] != "F"}
    started_at = datetime(2026, 12, 1, tzinfo=UTC)
    text = report.markdown(rounds, started_at, "Made up.")
    assert "| P1 | availability 10×30 | 1 | 10.00 (10.00–10.00) F | ≤ 18 F | ≤ 10 F | beyond |" in text
    assert report.as_data(rounds, started_at, "Made up.")["promises"][0]["measured"]["median"] == pytest.approx(10)
    assert plot.svg(rounds).count("<circle") == len(PROMISES)


def test_workload_is_that_of_the_promises() -> None:
    booked = workload.bookings()
    assert len(booked) == 400
    assert {one.ends - one.starts for one in booked} == {15, 30, 45, 60}
    assert workload.free_starts(booked) == 4448
    assert workload.free_starts([]) == 10 * 22 * 26  # 22 working days of 26 starts
    assert len(set(workload.slots(QUESTION))) == len(workload.slots(QUESTION)) == 70_000
    core.measure(QUESTION, 0.01)  # raises when it counts otherwise


async def test_seeded_clinic_offers_what_the_workload_leaves_free(admin: Client, public: Client, database: Database) -> None:
    booked = workload.bookings()[:40]
    seeded = await seed(admin, QUESTION, booked)
    assert count_starts(await public.get(seeded.availability_path(QUESTION))) == workload.free_starts(booked)
    assert 0 < count_starts(await public.get(seeded.day_path(QUESTION))) <= 26
    assert (await public.get(seeded.article_path)).json()["reading_minutes"] in range(3, 6)
    practitioner, starts_at = workload.slots(QUESTION)[0]
    answer = await public.send_json("POST", "/v1/appointments", seeded.booking(0, practitioner, starts_at))
    assert answer.status_code == 201, answer.text

    await database.close()  # nobody may be connected to what is copied
    assert (
        Pgbench(database.conninfo, seeded, QUESTION).measure(2, 0.01).count == 10
    )  # raises when the SQL does not fit the tables


def test_load_counts_answers_and_refuses_others(database_url: str) -> None:
    with servers.serving("floors", database_url, "/row") as port:
        for path in ("/bare", "/f", "/row"):
            requests = [load.request("GET", path, {})] * 20
            sample, sent = load.run(Slice(port, requests, status=200, clients=2, seconds=5, repeat=False))
            assert sample.count == sent == 20
        with pytest.raises(UnexpectedAnswerError, match="404"):
            load.run(Slice(port, [load.request("GET", "/absent", {})], status=200, clients=1, seconds=1))
