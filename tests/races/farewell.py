"""A server is asked to end while it works: what it has begun it finishes, and then it goes (O9)."""

import asyncio
from dataclasses import dataclass, field

from tests.races.fleet import STOP_SECONDS_MAX
from tests.races.grounds import ready
from tests.races.oracle import Violation
from tests.races.record import Call
from tests.races.weather import Weather

# Between the last new request and the signal: what is on the wire arrives.
ARRIVAL_SECONDS = 0.5
HELD_SECONDS = 2.0


@dataclass
class Farewells:
    """Of every server once."""

    in_flight: int = 0
    slowest: float = 0.0
    wrong: list[Violation] = field(default_factory=list)


async def say(weather: Weather) -> Farewells:
    """Each in turn is taken from those who get new requests, and ended with some under way, which a lock makes sure of."""
    found = Farewells()
    async with weather.calm:
        for number, server in enumerate(weather.fleet):
            held = asyncio.create_task(weather.hold_writes(HELD_SECONDS))
            await asyncio.sleep(ARRIVAL_SECONDS)
            weather.storm.doors.closed.add(number)
            await asyncio.sleep(ARRIVAL_SECONDS)
            under_way = {call: len(call.sendings) for call in weather.storm.record.pending[number]}
            took = await asyncio.to_thread(server.stop)
            await held
            await asyncio.sleep(0.1)  # whoever was answered last has noted it
            found.in_flight += len(under_way)
            found.slowest = max(found.slowest, took)
            found.wrong += [Violation("dropped by a server that was ending", str(call)) for call in _dropped(under_way)]
            if took > STOP_SECONDS_MAX:
                found.wrong.append(Violation("slow to end", f"{took:.1f} s"))
            server.start()
            await ready(server)
            weather.storm.doors.closed.discard(number)
    return found


def _dropped(under_way: dict[Call, int]) -> list[Call]:
    """Those that were on their way, as so many-eth sending, and came to nothing."""
    return [
        call
        for call, before in under_way.items()
        for answer in [[*call.sendings, *call.repeats, *call.others][before : before + 1]]
        if not call.repeats and (not answer or answer[0].status is None or answer[0].status == 500)
    ]
