"""Everything is killed in the middle of bookings, the clinic is started again, and whatever it had confirmed is there."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.client import Json
from tests.serving import PATIENCE_SECONDS, kill_everything, served, state_folder

CLIENTS = 6
ENOUGH = 25


@pytest.fixture
def state_dir() -> Iterator[Path]:
    with state_folder() as folder:
        yield folder


def starts_of(base: str, treatment_id: str) -> list[tuple[str, str, str]]:
    """(practitioner, location, start) of what is free in the next weeks."""
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400))
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 40 * 86_400))
    found = httpx.get(f"{base}/v1/availability", params={"treatment_id": treatment_id, "from": today, "to": until}).json()
    return [
        (opening["practitioner_id"], opening["location_id"], start)
        for day in found["days"]
        for opening in day["openings"]
        for start in opening["starts"][::4]
    ]


async def book_until_dead(
    base: str, treatment_id: str, slots: list[tuple[str, str, str]], confirmed: list[Json], enough: asyncio.Event
) -> None:
    async with httpx.AsyncClient(base_url=base) as client:
        for practitioner_id, location_id, start in slots:
            body = {
                "treatment_id": treatment_id,
                "practitioner_id": practitioner_id,
                "location_id": location_id,
                "starts_at": start,
                "patient": {"name": "Robin Example", "phone": "020 7946 0123"},
            }
            try:
                answer = await client.post("/v1/appointments", json=body, headers={"Idempotency-Key": str(uuid4())})
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                confirmed.append(answer.json())
            if len(confirmed) >= ENOUGH:
                enough.set()


async def killed_while_booking(base: str, treatment_id: str, process: subprocess.Popen[bytes], state_dir: Path) -> list[Json]:
    """The bookings that were confirmed before everything was killed."""
    confirmed: list[Json] = []
    slots = starts_of(base, treatment_id)
    enough = asyncio.Event()
    clients = [
        asyncio.create_task(book_until_dead(base, treatment_id, slots[number::CLIENTS], confirmed, enough))
        for number in range(CLIENTS)
    ]
    await asyncio.wait_for(enough.wait(), PATIENCE_SECONDS)
    kill_everything(process, state_dir)
    await asyncio.gather(*clients)
    return confirmed


def test_what_was_confirmed_survives_kill_minus_nine(state_dir: Path) -> None:
    with served(state_dir) as (base, process):
        treatments = httpx.get(f"{base}/v1/treatments").json()["items"]
        treatment_id = next(one["id"] for one in treatments if one["audience"] == "all" and not one["needs_approval"])
        confirmed = asyncio.run(killed_while_booking(base, treatment_id, process, state_dir))
    assert len(confirmed) >= ENOUGH
    with served(state_dir) as (base, _):
        for made in confirmed:
            link = {"Authorization": f"Bearer {made['manage_token']}"}
            read = httpx.get(f"{base}/v1/appointments/{made['id']}", headers=link)
            assert read.status_code == 200, read.text
            assert read.json() == {name: value for name, value in made.items() if name != "manage_token"}
