"""What one client does in the storm: books, holds, confirms, moves, swaps, cancels one sitting or a whole course, and takes leave.

All of it in the same few hours as everybody else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from tests.client import Json
from tests.races.caller import Caller
from tests.races.course_taker import CourseTaker
from tests.races.holder import Holder
from tests.races.premises import STEP, STRANGER, Premises
from tests.races.record import Call
from tests.races.register import Known, Register
from tests.races.timeline import moved_by

LEAVE_TRIES = 20
CHANGEABLE = ("pending", "booked")

Act = Callable[[int], Awaitable[object]]


class Visitor:
    """Acts in a block of time. `booking` and `everything` say how often each act is done."""

    def __init__(self, caller: Caller, premises: Premises, register: Register, staff: str) -> None:
        self._caller, self._premises, self._register, self._staff = caller, premises, register, staff
        self._dice = caller.dice
        holder, taker = Holder(caller, premises, register), CourseTaker(caller, premises, register, staff)
        self.booking: dict[Act, int] = {self.book: 60, self.book_with_anybody: 15, self.book_known: 25}
        self.everything: dict[Act, int] = {
            self.book: 22,
            self.book_with_anybody: 8,
            self.book_known: 12,
            self.overbook: 2,
            holder.hold: 8,
            holder.end: 4,
            taker.book: 6,
            taker.change: 4,
            self.confirm: 6,
            self.move: 9,
            self.move_a_little: 5,
            self.swap: 4,
            self.cancel_by_link: 6,
            self.cancel_at_the_desk: 4,
            self.come_or_not: 6,
            self.take_leave: 2,
        }

    async def act(self, acts: dict[Act, int], block: int) -> None:
        (act,) = self._dice.choices(list(acts), list(acts.values()))
        await act(block)

    async def think(self, seconds: float) -> None:
        await asyncio.sleep(self._dice.uniform(0.5, 1.5) * seconds)

    def turns_back(self) -> bool:
        """One time in three."""
        return self._dice.randrange(3) == 0

    async def book(self, block: int) -> Call:
        """Somebody unknown, with whom they name."""
        return await self._book("book", block, self._somebody(), patient=STRANGER)

    async def book_with_anybody(self, block: int) -> Call:
        return await self._book("book with anybody", block, None, patient=STRANGER)

    async def book_known(self, block: int) -> Call:
        """One of a few patients, who cannot be in two places at once."""
        patient = self._dice.choice(self._premises.patients)
        return await self._book("book a patient", block, self._somebody(), token=self._staff, patient_id=patient["id"])

    async def overbook(self, block: int) -> Call:
        """By staff who know that the practitioner is busy, and want the rest of the time when it is free."""
        overrides = [{"rule": "busy", "reason": "An emergency"}]
        return await self._book("overbook", block, self._somebody(), token=self._staff, patient=STRANGER, overrides=overrides)

    async def confirm(self, block: int) -> Call:
        found = self._register.pick(self._dice, block, "pending")
        return await self._change("confirm", found[0], None) if found else await self.book(block)

    async def cancel_by_link(self, block: int) -> Call:
        found = [one for one in self._register.pick(self._dice, block, *CHANGEABLE, number=9) if one.link]
        return await self._change("cancel", found[0], {"reason": "other"}, by_link=True) if found else await self.book(block)

    async def cancel_at_the_desk(self, block: int) -> Call:
        found = self._register.pick(self._dice, block, *CHANGEABLE)
        return await self._change("cancel", found[0], {"reason": "other"}) if found else await self.book(block)

    async def move(self, block: int) -> Call:
        """To another time of the block, and now and then to another practitioner."""
        found = self._register.pick(self._dice, block, *CHANGEABLE)
        if not found:
            return await self.book(block)
        whom = {"practitioner_id": self._somebody()} if self._dice.randrange(3) == 0 else {}
        where = {"starts_at": self._premises.start_in(block, self._dice), **whom}
        return await self._change("reschedule", found[0], where, by_link=self._by_link(found[0]))

    async def move_a_little(self, block: int) -> Call:
        """By a quarter of an hour, partly onto the time that it has."""
        found = self._register.pick(self._dice, block, *CHANGEABLE)
        if not found:
            return await self.book(block)
        where = {"starts_at": moved_by(found[0].shown["starts_at"], self._dice.choice((-STEP, STEP)))}
        return await self._change("reschedule", found[0], where, by_link=self._by_link(found[0]))

    async def swap(self, block: int) -> None:
        """Two that each want what the other has, at once."""
        found = self._register.pick(self._dice, block, *CHANGEABLE, number=2)
        if len(found) < 2:
            await self.book(block)
            return
        places = [{name: one.shown[name] for name in ("starts_at", "practitioner_id")} for one in reversed(found)]
        await asyncio.gather(*(self._change("reschedule", one, there) for one, there in zip(found, places, strict=True)))

    async def come_or_not(self, block: int) -> Call:
        """The patient arrives, is treated, or does not come, which frees the time; and sometimes that was a mistake."""
        found = self._register.pick(self._dice, block, "booked", "arrived", "no_show")
        if not found:
            return await self.book(block)
        verbs = {"booked": ("arrive", "no-show", "no-show"), "arrived": ("fulfil", "undo", "undo"), "no_show": ("undo",)}
        return await self._change(self._dice.choice(verbs[found[0].shown["status"]]), found[0], None)

    async def take_leave(self, block: int) -> None:
        """A quarter of an hour, given back a little later."""
        path = f"/v1/practitioners/{self._somebody()}"
        start = self._premises.start_in(block, self._dice)
        body = {"starts_at": start, "ends_at": moved_by(start, STEP)}
        made = await self._caller.ask("leave", "POST", f"{path}/time-off", body, token=self._staff)
        await asyncio.sleep(self._dice.uniform(0.2, 1))
        for _ in range(LEAVE_TRIES):
            read = await self._caller.ask("read", "GET", path, token=self._staff)
            if not (made.succeeded and read.succeeded):
                return
            version, leave = read.answer.json["version"], made.answer.json["id"]
            ended = await self._caller.ask(
                "leave ends", "DELETE", f"{path}/time-off/{leave}", token=self._staff, version=version, subject=leave
            )
            if ended.answer.status in {204, 404}:
                return

    def _somebody(self) -> str:
        return str(self._dice.choice(self._premises.practitioners)["id"])

    def _by_link(self, known: Known) -> bool:
        return known.link is not None and self._dice.randrange(2) == 0

    async def _book(self, act: str, block: int, practitioner_id: str | None, *, token: str | None = None, **who: Json) -> Call:
        tag = str(uuid4())
        start = self._premises.start_in(block, self._dice)
        wish = self._premises.wish(start, treatment=self._dice.choice(self._premises.treatments), practitioner_id=practitioner_id)
        body = {**wish, **who, "notes": tag}
        return self._register.note(await self._caller.ask(act, "POST", "/v1/appointments", body, token=token, tag=tag))

    async def _change(self, verb: str, known: Known, body: Json, *, by_link: bool = False) -> Call:
        """By its patient, or by staff, who say which version they mean."""
        how = {"token": known.link} if by_link else {"token": self._staff, "version": known.version}
        path = f"/v1/appointments/{known.id}/{verb}"
        return self._register.note(await self._caller.ask(verb, "POST", path, body, subject=known.id, **how))
