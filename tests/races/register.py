"""What the crowd knows of its appointments, so that some can be chosen to be confirmed, moved and cancelled."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.client import Json
from tests.races.premises import Premises
from tests.races.record import Call
from tests.races.timeline import shown_by

COURSES_MAX = 20


@dataclass
class Known:
    """An appointment as it was heard of last. `link` opens it, for the public."""

    shown: Json
    link: str | None = None

    @property
    def id(self) -> str:
        return str(self.shown["id"])

    @property
    def version(self) -> int:
        return int(self.shown["version"])


@dataclass(frozen=True)
class Kept:
    """A hold that nobody has used yet, and the token that it is used with."""

    hold: Json

    @property
    def ends_at(self) -> datetime:
        return datetime.fromisoformat(self.hold["expires_at"])

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one["id"] for one in self.hold["appointments"])


@dataclass
class Register:
    """Everybody's appointments, by block."""

    premises: Premises
    known: dict[str, Known] = field(default_factory=dict)
    holds: list[Kept] = field(default_factory=list)
    courses: list[Json] = field(default_factory=list)
    blocks: defaultdict[int, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, call: Call) -> Call:
        """Learn from an answer, if it shows appointments."""
        if call.succeeded:
            for shown in shown_by(call):
                self._learn(shown)
            if call.path == "/v1/courses":
                self.courses.append(call.answer.json)
        return call

    def pick(self, dice: random.Random, block: int, *statuses: str, number: int = 1) -> list[Known]:
        """As many of a block as there are, up to a number."""
        fitting = [self.known[id_] for id_ in self.blocks[block] if self.known[id_].shown["status"] in statuses]
        return dice.sample(fitting, min(number, len(fitting)))

    def pick_course(self, dice: random.Random) -> Json:
        """One of the last few that were made; None when there is none."""
        return dice.choice(self.courses[-COURSES_MAX:]) if self.courses else None

    def about_to_end(self, within: timedelta) -> Kept | None:
        """A hold whose end is near; it is nobody else's to take."""
        now = datetime.now(UTC)
        self.holds = [kept for kept in self.holds if kept.ends_at > now - within]
        near = [kept for kept in self.holds if kept.ends_at < now + within]
        if near:
            self.holds.remove(near[0])
        return near[0] if near else None

    def _learn(self, shown: Json) -> None:
        before = self.known.get(shown["id"])
        if before is not None and before.version > shown["version"]:
            return
        link = shown.get("manage_token") or (before.link if before else None)
        self.known[shown["id"]] = Known(shown, link)
        if before is not None:
            self.blocks[self.premises.block_of(before.shown["starts_at"])].pop(shown["id"], None)
        self.blocks[self.premises.block_of(shown["starts_at"])][shown["id"]] = None
