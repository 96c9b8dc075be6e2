"""A server process whose clock is wrong: everything in it that asks the process for the time hears another one (O10)."""

import os
import time
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from app import served as server
from app.kit.clock import Clock

SECONDS = "MERIDIAN_TESTS_SKEW_SECONDS"


def served() -> FastAPI:
    """What `meridian serve` serves, on a clock that is as wrong as the variable says."""
    wrong_by = float(os.environ.get(SECONDS, "300"))
    real_time, real_time_ns = time.time, time.time_ns

    def now(self: Clock) -> datetime:
        return self.fixed_at or datetime.now(UTC) + timedelta(seconds=wrong_by)

    Clock.now = now  # type: ignore[method-assign]
    time.time = lambda: real_time() + wrong_by
    time.time_ns = lambda: real_time_ns() + int(wrong_by * 1_000_000_000)
    return server.served()
