"""What a client does with courses: books or holds several sittings at once, confirms, moves and cancels them, all or none."""

import asyncio
from uuid import uuid4

from tests.client import Json
from tests.races.caller import Caller
from tests.races.premises import Premises
from tests.races.record import Call
from tests.races.register import Register

SESSIONS_MAX = 4


class CourseTaker:
    """The part of a visitor that sits at the front desk, with a patient on the telephone."""

    def __init__(self, caller: Caller, premises: Premises, register: Register, staff: str) -> None:
        self._caller, self._premises, self._register, self._staff = caller, premises, register, staff
        self._dice = caller.dice

    async def book(self, block: int) -> None:
        """Practitioners and rooms in any order; now and then only held, and what becomes of that is decided soon, or never."""
        hold = self._dice.randrange(3) == 0
        made = await self._make("hold a course" if hold else "book a course", block, hold=hold)
        if hold and made.succeeded:
            await asyncio.sleep(self._dice.uniform(0, 0.5))
            await self._dice.choice((self._confirm, self._confirm, self._cancel, self._forget))(made.answer.json)

    async def hold_and_cancel(self, block: int) -> None:
        made = await self._make("hold a course", block, hold=True)
        if made.succeeded:
            await self._cancel(made.answer.json)

    async def change(self, block: int) -> None:
        """One that somebody has booked: its rest is cancelled, or some of it moves."""
        known = self._register.pick_course(self._dice)
        if known is None:
            await self.book(block)
            return
        read = await self._caller.ask("read", "GET", f"/v1/courses/{known['id']}", token=self._staff)
        if read.succeeded:
            await self._dice.choice((self._cancel, self._move, self._move, self._confirm))(read.answer.json)

    async def _make(self, act: str, block: int, *, hold: bool) -> Call:
        premises, dice = self._premises, self._dice
        size = dice.randint(2, SESSIONS_MAX)
        starts = sorted({premises.start_in(block, dice) for _ in range(size)})
        sessions = [
            {
                "starts_at": start,
                "practitioner_id": dice.choice(premises.practitioners)["id"],
                "location_id": premises.location["id"],
                "treatment_id": dice.choice(premises.treatments[:2])["id"],
            }
            for start in starts
        ]
        body = {
            "patient_id": dice.choice(premises.patients)["id"],
            "treatment_id": premises.treatments[0]["id"],
            "title": str(uuid4()),
            "sessions": sessions,
            "hold": hold,
        }
        return self._register.note(await self._caller.ask(act, "POST", "/v1/courses", body, token=self._staff))

    async def _confirm(self, course: Json) -> Call:
        return await self._step("confirm a course", course, "confirm", None)

    async def _cancel(self, course: Json) -> Call:
        return await self._step("cancel a course", course, "cancel", {"reason": "other"})

    async def _move(self, course: Json) -> Call:
        """All of it, if all may move: each to another time of the first one's block, in the order of the sessions."""
        there = [one for one in course["appointments"] if one["status"] not in {"cancelled", "no_show", "expired"}]
        if not there or any(one["status"] != "booked" or one["pinned"] for one in there):
            return await self._cancel(course)
        block = self._premises.block_of(there[0]["starts_at"])
        starts: set[str] = set()
        while len(starts) < len(there):
            starts.add(self._premises.start_in(block, self._dice))
        moves = [
            {
                "session_number": one["session_number"],
                "appointment_id": one["id"],
                "to": {"starts_at": start, "practitioner_id": one["practitioner_id"], "location_id": one["location_id"]},
            }
            for one, start in zip(there, sorted(starts), strict=True)
        ]
        return await self._step("move a course", course, "apply", {"moves": moves})

    async def _forget(self, course: Json) -> None:
        """It ends by itself."""

    async def _step(self, act: str, course: Json, verb: str, body: Json) -> Call:
        ids = tuple(one["id"] for one in course["appointments"])
        path = f"/v1/courses/{course['id']}/{verb}"
        return self._register.note(
            await self._caller.ask(
                act, "POST", path, body, token=self._staff, version=course["version"], subject=ids[0], also=ids
            )
        )
