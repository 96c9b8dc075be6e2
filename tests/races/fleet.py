"""Server processes on one database, which can be killed, frozen, ended and started again, each at an address that it keeps."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.serving import await_ready, free_port

# As `meridian serve` has them.
OPTIONS = ("--no-access-log", "--no-proxy-headers", "--no-server-header", "--ws", "none", "--timeout-graceful-shutdown", "25")
STOP_SECONDS_MAX = 30.0
SERVED = "app.served:served"
SKEWED = "tests.races.skewed:served"


class Server:
    """One process of the service. `factory` makes its application; `settings` are variables of its environment."""

    def __init__(self, database_url: str, *, factory: str = SERVED, log: Path | None = None, **settings: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "uvicorn", "--factory", factory, *OPTIONS, "--port", str(self.port)]
        self._environment = {**os.environ, "DATABASE_URL": database_url, "MERIDIAN_LOG_LEVEL": "WARNING", **settings}
        self._log = log or Path(os.devnull)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise AssertionError("it has not been started")
        return self._process

    def start(self) -> None:
        """Begin; `await_ready` says when it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def await_ready(self) -> None:
        await_ready(self.base, self.process)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As a power cut would: frozen or not, and with no last word."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """Ask it to end; after how many seconds it did."""
        asked_at = time.monotonic()
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2 * STOP_SECONDS_MAX)
        return time.monotonic() - asked_at

    def end(self) -> None:
        """Whatever state it is in."""
        if self._process is None or self._process.poll() is not None:
            return
        self.thaw()
        if self.stop() > STOP_SECONDS_MAX:
            self.kill()


@contextmanager
def running(fleet: list[Server]) -> Iterator[list[Server]]:
    """All of them, ready to answer; ended afterwards."""
    try:
        for server in fleet:
            server.start()
        for server in fleet:
            server.await_ready()
        yield fleet
    finally:
        for server in fleet:
            server.end()
