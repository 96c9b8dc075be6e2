"""What a client does with holds: keeps some times at once, and books, extends, gives back or forgets them, some at the very end of their time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.client import Json
from tests.races.caller import Caller
from tests.races.premises import STRANGER, Premises
from tests.races.record import Call
from tests.races.register import Kept, Register

ITEMS_MAX = 3
# Whoever waits for the end of a hold waits no longer than this, and is at it a little before or after.
NEAR, AROUND_SECONDS = timedelta(seconds=4), 0.3


class Holder:
    """The part of a visitor that decides later."""

    def __init__(self, caller: Caller, premises: Premises, register: Register) -> None:
        self._caller, self._premises, self._register = caller, premises, register
        self._dice = caller.dice

    async def hold(self, block: int) -> None:
        """Up to three sittings, with practitioners in any order; what becomes of them is decided soon, or never."""
        people = self._dice.sample(self._premises.practitioners, self._dice.randint(1, ITEMS_MAX))
        items = [self._item(block, one["id"] if self._dice.randrange(4) else None) for one in people]
        made = self._register.note(await self._caller.ask("hold", "POST", "/v1/holds", {"items": items}))
        if not made.succeeded:
            return
        kept = Kept(made.answer.json)
        await asyncio.sleep(self._dice.uniform(0, 0.5))
        (decides,) = self._dice.choices((self._book, self._extend, self._release, self._forget), (40, 15, 15, 30))
        await decides(kept)

    async def end(self, block: int) -> None:
        """At the end of somebody's hold: another one wants the time, or its holder makes up their mind."""
        kept = self._register.about_to_end(NEAR)
        if kept is None:
            await self.hold(block)
            return
        left = (kept.ends_at - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(max(left + self._dice.uniform(-AROUND_SECONDS, AROUND_SECONDS), 0))
        await self._dice.choice((self._take, self._take, self._book, self._extend, self._release))(kept)

    def _item(self, block: int, practitioner_id: str | None) -> Json:
        start = self._premises.start_in(block, self._dice)
        return self._premises.wish(start, treatment=self._dice.choice(self._premises.treatments), practitioner_id=practitioner_id)

    async def _book(self, kept: Kept) -> Call:
        """One of what is held. It is the same appointment from then on."""
        held = self._dice.choice(kept.hold["appointments"])
        return await self._ask(
            "book from a hold", held, {"hold_token": kept.hold["token"]}, hold_token=kept.hold["token"], subject=held["id"]
        )

    async def _take(self, kept: Kept) -> Call:
        """What somebody else holds."""
        return await self._ask("book what was held", self._dice.choice(kept.hold["appointments"]), {})

    async def _ask(self, act: str, held: Json, proof: Json, **more: Any) -> Call:
        tag = str(uuid4())
        wish = {name: held[name] for name in ("treatment_id", "practitioner_id", "location_id", "starts_at")}
        body = {**wish, **proof, "patient": STRANGER, "notes": tag}
        return self._register.note(await self._caller.ask(act, "POST", "/v1/appointments", body, tag=tag, **more))

    async def _extend(self, kept: Kept) -> Call:
        path = f"/v1/holds/{kept.hold['id']}/extend"
        return self._register.note(
            await self._caller.ask("extend", "POST", path, hold_token=kept.hold["token"], subject=kept.ids[0], also=kept.ids)
        )

    async def _release(self, kept: Kept) -> Call:
        path = f"/v1/holds/{kept.hold['id']}"
        return await self._caller.ask(
            "release", "DELETE", path, hold_token=kept.hold["token"], subject=kept.ids[0], also=kept.ids
        )

    async def _forget(self, kept: Kept) -> None:
        self._register.holds.append(kept)
