"""A few server processes on one database, a small clinic in it, and a third server that reuses nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.kit.db import Database
from app.kit.wire import format_instant
from app.main import create_app
from app.settings import Settings
from tests.client import Client, Json
from tests.make import make_location, make_place, make_practitioner, make_treatment, make_user, set_hours
from tests.races.fleet import Server, running

# The processes go by the clock on the wall: a day that nothing of today reaches.
FIRST = (datetime.now(UTC) + timedelta(days=10)).replace(hour=0, minute=0, second=0, microsecond=0)
DAYS = 3

Start = tuple[str, str]
"""With whom, and when."""


@contextmanager
def processes(database_url: str, count: int) -> Iterator[list[str]]:
    """Where they listen."""
    with running([Server(database_url) for _ in range(count)]) as fleet:
        yield [server.base for server in fleet]


def at(hours: float) -> str:
    """So long after the first midnight."""
    return format_instant(FIRST + timedelta(hours=hours))


def on(day: int) -> str:
    return str((FIRST + timedelta(days=day)).date())


@dataclass
class Clinic:
    """Open day and night, at a place where it is never summer; two practitioners and a single room."""

    location: Json
    room: Json
    treatment: Json
    practitioners: list[Json]

    @classmethod
    async def made(cls, admin: Client) -> "Clinic":
        location = await make_location(admin, time_zone="Africa/Abidjan")
        room = await make_place(admin, location["id"])
        treatment = await make_treatment(admin, place_kind="room", step_minutes=30)
        practitioners = [await make_practitioner(admin, treatments=[treatment["id"]]) for _ in range(2)]
        for one in practitioners:
            await set_hours(admin, one, location["id"], weekdays=range(1, 8), starts="00:00", ends="24:00")
        return cls(location, room, treatment, practitioners)

    async def answer(self, client: Client, **more: Any) -> tuple[str, Json]:
        """With its entity tag."""
        question = {"treatment_id": self.treatment["id"], "from": on(0), "to": on(DAYS - 1), **more}
        answer = await client.get("/v1/availability", params=question)
        assert answer.is_success, answer.text
        return answer.headers["etag"], answer.json()

    async def starts(self, client: Client, **more: Any) -> set[Start]:
        return self.starts_in((await self.answer(client, **more))[1])

    async def planned(self, client: Client, hours: float) -> set[Start]:
        """What a course would begin with whose patient wishes to come so long after the first midnight, that day; the best, and instead of it."""
        day, hour = divmod(hours, 24)
        question = {
            "treatment_id": self.treatment["id"],
            "sessions": 1,
            "cadence": [{"sessions": 1, "target_days": 1, "min_days": 1, "max_days": 1}],
            "earliest_on": on(int(day)),
            "latest_on": on(int(day)),
            "preferred_time": f"{int(hour):02}:{int(hour % 1 * 60):02}",
        }
        (session,) = (await client.create("/v1/course-plans", question))["sessions"]
        return {(one["practitioner_id"], one["starts_at"]) for one in (session, *session["alternatives"])}

    @staticmethod
    def starts_in(answer: Json) -> set[Start]:
        return {
            (opening["practitioner_id"], format_instant(datetime.fromisoformat(start)))
            for day in answer["days"]
            for opening in day["openings"]
            for start in opening["starts"]
        }

    def booking(self, start: Start, **changes: Any) -> Json:
        stranger = {"name": "Robin Example", "email": "robin@mail.example"}
        wanted = {"practitioner_id": start[0], "starts_at": start[1], "patient": stranger, **changes}
        return {"treatment_id": self.treatment["id"], "location_id": self.location["id"], **wanted}


@dataclass
class Servers:
    """Clients of all processes, and of one that reads everything anew."""

    public: list[Client]
    admin: list[Client]
    oracle: Client


@asynccontextmanager
async def servers(database_url: str, bases: list[str]) -> AsyncIterator[Servers]:
    async with AsyncExitStack() as stack:
        forgetful = create_app(Settings(database_url=database_url, reuse_answers=False))
        await stack.enter_async_context(forgetful.router.lifespan_context(forgetful))
        database: Database = forgetful.state.database
        signed_in = {"Authorization": f"Bearer {await make_user(database, role='admin')}"}
        yield Servers(
            public=[await stack.enter_async_context(Client(base_url=base, timeout=60)) for base in bases],
            admin=[await stack.enter_async_context(Client(base_url=base, timeout=60, headers=signed_in)) for base in bases],
            oracle=await stack.enter_async_context(Client.of(forgetful)),
        )
