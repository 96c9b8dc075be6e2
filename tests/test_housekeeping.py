"""What the job clears that correctness never waits for: tokens, stored answers, and what holds leave behind."""

from datetime import timedelta

from sqlalchemy import text

from app import housekeeping
from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client, Json
from tests.conftest import NOW
from tests.courses import world as courses

AT_TEN = "2026-12-02T10:00:00Z"


async def clear(database: Database, clock: Clock) -> int:
    async with database.writing() as session:
        gone = await housekeeping.clear_holds(session, clock.fixed_at)
        await session.commit()
        return gone


async def rows(database: Database, table: str) -> int:
    async with database.reading() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def hold(client: Client, world: World, *starts: str) -> Json:
    bodies = [world.booking(start) for start in starts]
    items = [{name: body[name] for name in body if name != "patient"} for body in bodies]
    return await client.create("/v1/holds", {"items": items})


async def test_what_holds_leave_behind_is_gone_after_a_day(
    admin: Client, public: Client, database: Database, clock: Clock
) -> None:
    world = await World.made(admin)
    held = await hold(public, world, AT_TEN, "2026-12-02T11:00:00Z")
    booked = await public.create("/v1/appointments", world.booking(AT_TEN, hold_token=held["token"]))
    released = await hold(public, world, "2026-12-02T12:00:00Z")
    await public.delete(f"/v1/holds/{released['id']}", headers={"Hold-Token": released["token"]})
    clock.fixed_at = NOW + timedelta(minutes=9)
    assert await clear(database, clock) == 0
    assert await rows(database, "occupancies") == 3
    clock.fixed_at = NOW + timedelta(minutes=10)
    assert await clear(database, clock) == 0
    assert await rows(database, "occupancies") == 2
    assert await rows(database, "appointments") == 3
    clock.fixed_at = NOW + timedelta(minutes=10, days=1)
    assert await clear(database, clock) == 1
    # The other hold is how that appointment came to be.
    assert await rows(database, "holds") == 1
    [kept] = (await admin.read("/v1/appointments"))["items"]
    assert (kept["id"], kept["status"]) == (booked["id"], "booked")


async def test_who_waits_for_the_time_of_a_hold_gets_it(
    admin: Client, public: Client, receptionist: Client, database: Database, clock: Clock
) -> None:
    world = await World.made(admin)
    await hold(public, world, AT_TEN)
    overrides = [{"rule": "busy", "reason": "A regular"}]
    body = world.booking(AT_TEN, patient={"name": "Ada"}, overrides=overrides)
    made = await receptionist.create("/v1/appointments", body)
    assert made["overbooked"]
    clock.fixed_at = NOW + timedelta(minutes=10)
    # Nobody else is offered the time, though nobody has cleared anything up.
    assert "2026-12-02T10:00:00+00:00" not in await world.starts(public)
    await clear(database, clock)
    assert (await receptionist.read(f"/v1/appointments/{made['id']}"))["overbooked"] is False
    assert await rows(database, "claims") == 0
    assert "2026-12-02T10:00:00+00:00" not in await world.starts(public)


async def test_a_course_that_nobody_confirmed_is_gone_after_a_day(
    admin: Client, receptionist: Client, database: Database, clock: Clock
) -> None:
    world = await World.made(admin)
    held = await courses.made(receptionist, world, hold=True)
    booked = await courses.made(
        receptionist, world, 2, sessions=[courses.session(world, f"{on}T14:00:00Z") for on in courses.WEDNESDAYS[:2]]
    )
    await receptionist.create(f"/v1/appointments/{held['appointments'][0]['id']}/link", None)
    clock.fixed_at = NOW + timedelta(minutes=10)
    assert await clear(database, clock) == 0
    assert await rows(database, "occupancies") == 4
    assert (await courses.again(receptionist, held))["status"] == "expired"
    clock.fixed_at = NOW + timedelta(minutes=10, days=1)
    assert await clear(database, clock) == 1
    assert [one["id"] for one in (await receptionist.read("/v1/courses"))["items"]] == [booked["id"]]
    assert await rows(database, "appointments") == 2
