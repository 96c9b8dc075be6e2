"""Tables in Markdown, and the same as JSON."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from typing import Any

from benchmarks import rush
from benchmarks.figures import Range
from benchmarks.memory import Resident
from benchmarks.promises import GROWTH, IDLE, LIMITS, PROMISES, Comparison, F, Limit, Promise
from benchmarks.rounds import Key, Rounds


def markdown(found: Rounds, started_at: datetime, about: str) -> str:
    """`about` says how it was measured."""
    parts = (
        f"Measured {started_at:%Y-%m-%d %H:%M} UTC on {_machine()}. {about}",
        "Medians over the rounds (least–greatest). The ratio to F is taken within each round: of the p50 at 1 client, of the requests a second at 8.",
        _table(
            ("case", "clients", "p50 ms", "p99 ms", "req/s", "ratio to F", "promise"),
            (_case_row(found, key) for key in found.samples),
        ),
        *_rushes(found),
        *_promises(found),
        *(_comparison(found, one) for one in found.comparisons()),
    )
    return "\n\n".join(parts) + "\n"


def as_data(found: Rounds, started_at: datetime, about: str) -> dict[str, Any]:
    """The same with every round's figures."""
    return {
        "started_at": started_at.isoformat(timespec="seconds"),
        "machine": _machine(),
        "about": about,
        "cases": [
            {"case": case, "clients": clients, "rounds": [asdict(sample) for sample in samples]}
            for (case, clients), samples in found.samples.items()
        ],
        "identical": [
            {"at_once": size, "rounds": [[asdict(one) for one in of_round] for of_round in rushes]}
            for size, rushes in found.rushes.items()
        ],
        "promises": [{**asdict(promise), "measured": asdict(found.measured(promise))} for promise in found.promised()],
    }


def memory(found: Resident, started_at: datetime, about: str) -> str:
    """The same of a worker's memory."""
    first, second = found.halves
    rows = (
        (IDLE, found.idle, f"{found.started:.1f} before the first request, {found.readings[-1][1]:.1f} after the last"),
        (GROWTH, found.growth, f"{first:.1f} in the first half of the run, {second:.1f} in the second"),
    )
    head = ("promise", "of", "MB", "promised", "beyond", "kept", "besides")
    parts = (
        f"Measured {started_at:%Y-%m-%d %H:%M} UTC on {_machine()}. {about}",
        _table(head, (_limit_row(limit, measured, besides) for limit, measured, besides in rows)),
    )
    return "\n\n".join(parts) + "\n"


def memory_as_data(found: Resident, started_at: datetime, about: str) -> dict[str, Any]:
    return {
        "started_at": started_at.isoformat(timespec="seconds"),
        "machine": _machine(),
        "about": about,
        "memory": {**asdict(found), "growth": found.growth, "halves": found.halves},
        "promises": [asdict(limit) for limit in LIMITS],
    }


def _limit_row(limit: Limit, measured: float, besides: str) -> Sequence[str]:
    kept = "beyond" if round(measured, 1) <= limit.beyond else "yes" if measured <= limit.bound else "no"
    return limit.name, limit.what, f"{measured:.1f}", limit.text(limit.bound), limit.text(limit.beyond), kept, besides


def _case_row(found: Rounds, key: Key) -> Sequence[str]:
    case, clients = key
    at_one, at_more = found.ratio(case, clients, "p50"), found.ratio(case, clients, "per_second")
    ratio = f"{at_one.text()} ×" if clients == 1 else f"{at_more.text(3)} of its req/s"
    promised = [
        f"{promise.name}: {promise.text(promise.bound)}"
        for promise in PROMISES
        if (promise.case, promise.clients, promise.against) == (case, clients, F) and promise.figure != "spread"
    ]
    p50, p99, per_second = (
        Range.of([getattr(sample, name) for sample in found.samples[key]]) for name in ("p50", "p99", "per_second")
    )
    return case, str(clients), p50.text(), p99.text(), per_second.text(0), ratio, ", ".join(promised)


def _rushes(found: Rounds) -> Iterator[str]:
    """One table, or none."""
    if found.rushes:
        head = (
            "identical bookings at once",
            "repetitions",
            "all answered ms",
            "booked ms",
            "refused, p50 ms",
            "each, in bookings alone",
            "promised",
            "kept",
        )
        yield _table(head, (_rush_row(found, size) for size in found.rushes))


def _rush_row(found: Rounds, size: int) -> Sequence[str]:
    total, winner, losers = (found.rush(size, "total"), found.rush(size, "winner"), found.rush(size, "losers"))
    repetitions = sum(map(len, found.rushes[size]))
    share = found.rush_share(size)
    times = ["" if one is None else one.text(1) for one in (total, winner, losers)]
    promised = ("", "") if size == rush.ALONE else (f"≤ {rush.BOUND} ×", "yes" if share.median <= rush.BOUND else "no")
    return str(size), str(repetitions), *times, f"{share.text()} ×", *promised


def _promises(found: Rounds) -> Iterator[str]:
    """One table, or none."""
    if promised := found.promised():
        head = ("promise", "case", "clients", "measured", "promised", "beyond", "kept", "core alone")
        yield _table(head, (_promise_row(found, promise) for promise in promised))


def _promise_row(found: Rounds, promise: Promise) -> Sequence[str]:
    measured = found.measured(promise)
    bounds = {"beyond": promise.beyond, "yes": promise.bound}
    kept = next((word for word, bound in bounds.items() if promise.share(measured.median, bound) <= 1), "no")
    return (
        promise.name,
        promise.case,
        str(promise.clients),
        f"{measured.text(3 if promise.at_least else 2)} {promise.unit}",
        promise.text(promise.bound),
        promise.text(promise.beyond),
        kept,
        _core_alone(found, promise),
    )


def _core_alone(found: Rounds, promise: Promise) -> str:
    if promise.core is None:
        return ""
    return f"{found.ratio(promise.core, 1, 'p50', promise.core_against).text()} {F if promise.core_against == F else '×'}"


def _comparison(found: Rounds, one: Comparison) -> str:
    measured, core = found.ratio(one.case, 1, "p50", one.against), found.ratio(one.core, 1, "p50", one.core_against)
    return f"Without a promise: {one.case} takes {measured.text()} times as long as {one.against}, the core alone {core.text()} times."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("fastapi", "uvicorn", "psycopg"))
    return f"{os.cpu_count()} cores ({platform.system()} {platform.machine()}), Python {platform.python_version()}, {libraries}"
