"""The service as people start it: a process of its own, with the embedded PostgreSQL and the demo clinic."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

PATIENCE_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def state_folder() -> Iterator[Path]:
    """A place for a state folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="meridian-state-") as folder:
        # Not pytest's own folder: as root that one is closed to the account which runs the server.
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"


@contextmanager
def served(state_dir: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The demo clinic on a free port, as `make run` starts it; whatever is left of it is ended afterwards."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "MERIDIAN_STATE_DIR": str(state_dir)
    }
    command = [str(Path(sys.executable).parent / "meridian"), "serve", "--demo", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}"
        await_ready(base, process)
        yield base, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def await_ready(base: str, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            if httpx.get(f"{base}/healthz/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not get ready")


def kill_everything(process: subprocess.Popen[bytes], state_dir: Path) -> None:
    """kill -9 for the server and for every PostgreSQL process of this cluster, none of which is its child."""
    process.kill()
    process.wait()
    for other in psutil.process_iter(["name", "cwd"]):
        if other.info["name"] == "postgres" and str(state_dir) in (other.info["cwd"] or ""):
            other.kill()
