"""Where "now" comes from.

Rules get `now` as an argument. It is the database's clock, so that every replica agrees; tests and the demo fix it, and the same value then goes
into SQL as a parameter, since nothing else can move the clock of a database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(slots=True)
class Clock:
    """`fixed_at` is None in production."""

    fixed_at: datetime | None = None

    def now(self) -> datetime:
        """The time by this process, for logs, expiry of tokens and other things where a few seconds do not matter."""
        return self.fixed_at or datetime.now(UTC)
