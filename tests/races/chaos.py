"""The storm of B1 under everything that can go wrong around it (B2), and what must be true afterwards."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise

import psycopg

from app.kit.embedded import Cluster
from tests.races import farewell, outage, report
from tests.races.farewell import Farewells
from tests.races.fleet import SERVED, SKEWED, Server, running
from tests.races.grounds import keep_evidence, postgres, servers
from tests.races.outage import Outage
from tests.races.report import Report
from tests.races.storm import Size, Storm
from tests.races.verdicts import judge
from tests.races.weather import Weather

CLIENTS = 64
# Somebody waits for a frozen process no longer than this, and then asks another one.
PATIENCE_SECONDS = 8.0
FIRST_SUCCESS_SECONDS_MAX = 5.0
KILL_EVERY, CUT_EVERY, FREEZE_EVERY, RESTART_EVERY = 4.0, 2.0, 23.0, 60.0
FROZEN_SECONDS, FROZEN_SECONDS_MAX = 4.0, 14.0
# A frozen process loses its locks after ten.
SILENCE_SECONDS_MAX = 12.0
OUTAGE_SECONDS = 20.0
BLOCK_SECONDS = 4.0
# Processes need room to start in: what is raced for are the few windows, not the processor.
PAUSE_SECONDS = 1.0
JOBS = "SELECT status::text, count(*) FROM jobs.procrastinate_jobs GROUP BY 1 ORDER BY 1"

Strike = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Plan:
    """How long it lasts, and how much of it there is: `scale` 1 is a run of ten minutes."""

    seconds: float
    clients: int = CLIENTS

    @property
    def scale(self) -> float:
        return min(self.seconds / 600, 1)

    def at(self, share: float) -> float:
        return self.seconds * share


def run(plan: Plan) -> Report:
    """Three processes; one has the jobs inside, and one a clock that is five minutes ahead."""
    with postgres() as cluster, running(servers(cluster.url, factories=(SERVED, SKEWED, SERVED), jobs=0)) as fleet:
        return asyncio.run(rage(cluster, fleet, plan))


async def rage(cluster: Cluster, fleet: list[Server], plan: Plan) -> Report:
    storm = await Storm.prepared(cluster.url, [server.base for server in fleet], Size(plan.clients, 0, 0))
    weather = Weather(cluster, fleet, storm)
    blowing = asyncio.create_task(storm.blow(pace=BLOCK_SECONDS, pause=PAUSE_SECONDS, patience=PATIENCE_SECONDS))
    found_outage, farewells = await _strike(weather, plan, blowing)
    violations = await asyncio.to_thread(judge, cluster.url, storm.record, storm.premises, storm.monotonic_zero)
    if violations:
        await asyncio.to_thread(keep_evidence, cluster)
    return _told(
        weather, found_outage, farewells, plan, Report("", violations=[*violations, *found_outage.wrong, *farewells.wrong])
    )


async def _strike(weather: Weather, plan: Plan, blowing: "asyncio.Task[None]") -> tuple[Outage, Farewells]:
    """Everything at its time; the farewell last, while the storm still blows."""
    began_at = time.monotonic()
    strikes = [
        asyncio.create_task(one)
        for one in (
            weather.look_after_servers(),
            _every(KILL_EVERY, weather.kill),
            _every(CUT_EVERY, weather.cut),
            _every(FREEZE_EVERY, lambda: weather.freeze(FROZEN_SECONDS)),
            _every(min(RESTART_EVERY, plan.at(0.3)), weather.restart_database),
        )
    ]
    try:
        await asyncio.sleep(plan.at(0.25))
        await weather.exhaust_pools()
        await _until(began_at + plan.at(0.5))
        found = await outage.endure(weather, max(OUTAGE_SECONDS * plan.scale, 5))
        await _until(began_at + plan.at(0.75))
        await weather.freeze(FROZEN_SECONDS_MAX if plan.scale == 1 else FROZEN_SECONDS)
        await _until(began_at + plan.at(0.9))
    finally:
        async with weather.calm:
            for strike in strikes[1:]:
                strike.cancel()
        ended = await asyncio.gather(*strikes[1:], return_exceptions=True)
    if failed := [one for one in ended if not isinstance(one, asyncio.CancelledError)]:
        raise ExceptionGroup("strikes that failed", [one for one in failed if isinstance(one, Exception)])
    await weather.all_ready()
    strikes[0].cancel()
    farewells = await farewell.say(weather)
    weather.storm.over.set()
    await blowing
    return found, farewells


async def _every(seconds: float, strike: Strike) -> None:
    due = time.monotonic()
    while True:
        due = max(due + seconds, time.monotonic())
        await _until(due)
        await strike()


async def _until(at: float) -> None:
    await asyncio.sleep(max(at - time.monotonic(), 0))


def _told(weather: Weather, found_outage: Outage, farewells: Farewells, plan: Plan, judged: Report) -> Report:
    record = weather.storm.record
    told = report.of(
        f"B2: {plan.seconds:.0f} s of storm over three processes, and all that can go wrong", record, judged.violations
    )
    for what, count in sorted(weather.struck.items()):
        told.add(what, count)
    told.add("of the kills, between COMMIT and answer", _between(weather), f">= {int(30 * plan.scale)}")
    told.add("routes asked while PostgreSQL was gone", found_outage.asked)
    told.add("the slowest of these answers", f"{found_outage.slowest:.2f} s")
    first = _first_success(weather, found_outage.back_at)
    told.add("first success after it was back", f"{first:.2f} s", "<= 5 s", kept=first <= FIRST_SUCCESS_SECONDS_MAX)
    silence = _longest_silence(weather)
    told.add("longest without a success while one was frozen", f"{silence:.2f} s", "<= 12 s", kept=silence <= SILENCE_SECONDS_MAX)
    told.add("under way when a server was asked to end", farewells.in_flight)
    told.add("slowest end", f"{farewells.slowest:.1f} s", "<= 30 s")
    with psycopg.connect(weather.cluster.url, autocommit=True) as connection:
        told.add("jobs left", ", ".join(f"{count} {status}" for status, count in connection.execute(JOBS)) or 0)
    return told


def _between(weather: Weather) -> int:
    """Of those that were killed with something committed and unheard: whose replay was answered from what was stored."""
    return sum(call.sendings[0].status is None and call.succeeded and call.answer.replayed for call in weather.between)


def _first_success(weather: Weather, back_at: float) -> float:
    ended = [call.until for call in weather.storm.record.successes() if call.until >= back_at and call.act != "read"]
    return min(ended, default=float("inf")) - back_at


def _longest_silence(weather: Weather) -> float:
    """The longest stretch within a freeze in which nobody succeeded."""
    ended = sorted(call.until for call in weather.storm.record.successes())
    longest = 0.0
    for since, until in weather.frozen:
        marks = [since, *(at for at in ended if since < at < until), until]
        longest = max(longest, *(after - before for before, after in pairwise(marks)))
    return longest
