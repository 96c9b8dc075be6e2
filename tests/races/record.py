"""What every client asked, when, and what it heard: the history that is checked afterwards."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from typing_extensions import override

from tests.client import Json

IN_PROGRESS = "idempotency_in_progress"


@dataclass(frozen=True)
class Sending:
    """One request on the wire, by the monotonic clock. No `status`: the connection broke, or nobody answered in time."""

    server: int
    sent_at: float
    ended_at: float
    status: int | None
    body: bytes = b""
    media_type: str = ""
    replayed: bool = False
    trouble: str = ""

    @cached_property
    def json(self) -> Json:
        return json.loads(self.body) if self.body and "json" in self.media_type else None

    @property
    def code(self) -> str:
        """Of a refusal."""
        return str(self.json["code"]) if self.media_type == "application/problem+json" else ""

    @property
    def is_definite(self) -> bool:
        """Whether it says what was done. Broken connections and 5xx do not; nor does a twin that is still running."""
        return self.status is not None and self.status < 500 and self.code != IN_PROGRESS


@dataclass(eq=False)
class Call:
    """One thing that was asked for, with one key, however often it had to be sent.

    `subject` is the id of what it changes, `also` are those of what may change with it; `tag` is found in the notes of what it books;
    `version` is what was sent as If-Match.
    """

    act: str
    method: str
    path: str
    body: Json = None
    token: str | None = None
    key: str = ""
    version: int | None = None
    hold_token: str | None = None
    subject: str | None = None
    also: tuple[str, ...] = ()
    tag: str = ""
    sendings: list[Sending] = field(default_factory=list)
    repeats: list[Sending] = field(default_factory=list)
    others: list[Sending] = field(default_factory=list)

    @property
    def answer(self) -> Sending:
        """The last word."""
        return self.sendings[-1]

    @property
    def is_resolved(self) -> bool:
        return bool(self.sendings) and self.answer.is_definite

    @property
    def was_unknown(self) -> bool:
        """Whether some sending left it open what was done."""
        return any(not one.is_definite and one.code != IN_PROGRESS for one in self.sendings)

    @property
    def succeeded(self) -> bool:
        return self.is_resolved and 200 <= (self.answer.status or 0) < 300

    @property
    def is_kept(self) -> bool:
        """Whether the answer is stored under the key: what was done, and what was refused by the state of things."""
        return self.method == "POST" and self.is_resolved and self.answer.status in {200, 201, 409}

    @property
    def since(self) -> float:
        return self.sendings[0].sent_at

    @property
    def until(self) -> float:
        return self.answer.ended_at

    @override
    def __str__(self) -> str:
        heard = [f"{one.status or one.trouble}{f' {one.code}' if one.code else ''}" for one in self.sendings]
        return f"{self.act} {self.method} {self.path} at {self.since:.3f}–{self.until:.3f}: {', '.join(heard)}"


@dataclass
class Record:
    """All calls of a run, and which are on their way to which server just now."""

    calls: list[Call] = field(default_factory=list)
    attempts: int = 0
    pending: defaultdict[int, set[Call]] = field(default_factory=lambda: defaultdict(set))

    def add(self, call: Call) -> None:
        """Who only reads attempts nothing."""
        self.calls.append(call)
        self.attempts += call.act != "read"

    def successes(self) -> list[Call]:
        return [call for call in self.calls if call.succeeded]
