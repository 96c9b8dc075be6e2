"""Who is deciding, and who is using the server: `flock`, which the kernel releases however a process ends.

`start.lock` is held alone by whoever starts, joins or stops. `users.lock` is held together by all who use the server;
whoever can have it alone when leaving was the last. Descriptors are close-on-exec: inherited by the server, the lock
would be held for as long as it runs.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.kit.embedded.account import Account, open_file
from app.kit.embedded.errors import EmbeddedError

DECISION_SECONDS_MAX = 180.0  # longer than any start or stop that still ends well


@contextmanager
def deciding(folder: Path, account: Account) -> Iterator[None]:
    """Be the only process that starts, joins or stops the server in `folder`."""
    path = folder / "start.lock"
    descriptor = open_file(path, account)
    try:
        deadline = time.monotonic() + DECISION_SECONDS_MAX
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another process has held {path} for {DECISION_SECONDS_MAX:.0f} seconds while starting or "
                    "stopping PostgreSQL: end that process and try again."
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def enrol(folder: Path, account: Account) -> int:
    """Become one of the users; the answer is closed to stop being one."""
    descriptor = open_file(folder / "users.lock", account)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # nobody holds it alone but while deciding, as we are
    return descriptor


def is_last(enrolment: int) -> bool:
    """Whether nobody else uses the server. Either way the enrolment is over."""
    return _try_lock(enrolment, fcntl.LOCK_EX)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
