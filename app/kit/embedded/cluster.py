"""One server in one state folder: made, started, joined, left and stopped."""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from app.kit.embedded.account import demand_folder_of, write_file
from app.kit.embedded.binaries import Binaries, find_binaries, reachable
from app.kit.embedded.errors import EmbeddedError, explained
from app.kit.embedded.home import Home, open_home
from app.kit.embedded.locks import deciding, enrol, is_last
from app.kit.embedded.postmaster import PORT, Postmaster, clear_sockets, disown_pid, read_postmaster
from app.kit.embedded.settings import DATABASE, FILE, ROLE, initdb_options, open_socket_folder, settings_text

START_SECONDS_MAX = 60
ORPHANS_SECONDS_MAX = 10.0
LOG_BYTES_MAX = 5_000_000


class Cluster:
    """The server of `state_dir`, shared by all processes that name the same folder.

    `durable=False` trades the data's safety for speed, for tests. `binaries` default to `find_binaries()`.
    """

    def __init__(self, state_dir: Path, *, durable: bool = True, binaries: Binaries | None = None) -> None:
        self.state_dir = state_dir.resolve()
        self._durable = durable
        self._binaries = binaries
        self._home: Home | None = None
        self._url: str | None = None
        self._enrolment: int | None = None

    @property
    def url(self) -> str:
        """`postgresql://meridian@/meridian?host=<socket folder>&port=5432`, while started."""
        if self._url is None:
            raise RuntimeError("the cluster has not been started")
        return self._url

    @property
    def folder(self) -> Path:
        """Where the data lie: `<state_dir>/postgres`, or elsewhere for root (see `home`); while started."""
        if self._home is None:
            raise RuntimeError("the cluster has not been started")
        return self._home.folder

    def start(self) -> None:
        """Make the cluster if absent, start its server or join the running one; does nothing if that was done.

        Raises `EmbeddedError`, with nothing held, when there is no way.
        """
        if self._enrolment is not None:
            return
        with explained(self.state_dir):
            binaries = self._binaries or find_binaries()
            home = open_home(self.state_dir)
            with deciding(home.folder, home.account):
                binaries = reachable(binaries, home.account, home.folder)
                _make_data(home, binaries, durable=self._durable)
                self._url = _ready_url(home, binaries, durable=self._durable)
                self._enrolment = enrol(home.folder, home.account)
        self._binaries, self._home = binaries, home

    def stop(self) -> None:
        """Leave. The last user stops the server; does nothing if not started. Raises `EmbeddedError` if it won't stop."""
        if self._enrolment is None or self._home is None or self._binaries is None:
            return
        enrolment, self._enrolment, self._url = self._enrolment, None, None
        try:
            with explained(self.state_dir), deciding(self._home.folder, self._home.account):
                if is_last(enrolment):
                    _halt(self._home, self._binaries)
        finally:
            os.close(enrolment)

    def revive(self) -> bool:
        """Start the server again if it has died under us, at the same address; whether it had. Raises `EmbeddedError`."""
        if self._enrolment is None or self._home is None or self._binaries is None:
            return False
        postmaster = read_postmaster(self._home)
        if postmaster is not None and (postmaster.is_process_of(self._home) or postmaster.is_alive(self._home)):
            return False
        with explained(self.state_dir), deciding(self._home.folder, self._home.account):
            self._url = _ready_url(self._home, self._binaries, durable=self._durable)
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _make_data(home: Home, binaries: Binaries, *, durable: bool) -> None:
    """Make the data folder if absent: elsewhere, and renamed when complete, so that a half-made one is never used."""
    for pattern in ("data.new-*", "binaries-*.new-*"):
        for leftover in home.folder.glob(pattern):
            shutil.rmtree(leftover, ignore_errors=True)  # an `initdb` that has lost its parent may still write there
    version = home.data / "PG_VERSION"
    if version.exists():
        major = version.read_text(encoding="utf-8").strip()
        if major != str(binaries.major):
            raise EmbeddedError(
                f"The data in {home.data} are of PostgreSQL {major} but the programs in {binaries.bin_dir} of "
                f"{binaries.major}: install PostgreSQL {major}, or move {home.folder} away and restore a backup."
            )
        return
    new = Path(tempfile.mkdtemp(prefix="data.new-", dir=home.folder))
    if not home.account.is_current:
        os.chown(new, home.account.uid, home.account.gid, follow_symlinks=False)
    command: list[str | Path] = [binaries.bin_dir / "initdb", f"--pgdata={new}", *initdb_options(binaries.major, durable=durable)]
    made = home.account.run(command, cwd=home.folder)
    if made.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        lines = made.stderr.strip().splitlines() or [f"exit code {made.returncode}"]
        raise EmbeddedError(f"PostgreSQL could not make a cluster in {home.folder}: {lines[-1]}")
    write_file(new / FILE, "", home.account)
    descriptor = os.open(new / "postgresql.conf", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(f"\n# Written at every start; what follows has the last word.\ninclude '{FILE}'\n")
    new.rename(home.data)
    # Were the new name lost in a power cut, the next start would take the data for a leftover.
    _sync(home.folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ready_url(home: Home, binaries: Binaries, *, durable: bool) -> str:
    """The address of the server of `home`, which answers and has the database; started if it does not run."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        postmaster = read_postmaster(home)
        if postmaster is None or not postmaster.is_alive(home):
            _launch(home, binaries, durable=durable)
        elif postmaster.socket_folder is not None:
            demand_folder_of(home.account, postmaster.socket_folder, private=True)
            with suppress(psycopg.OperationalError):  # starting up, recovering or shutting down
                _create_database(_url(postmaster.socket_folder, "postgres"))
                return _url(postmaster.socket_folder, DATABASE)
        if time.monotonic() > deadline:
            pid = f"process {postmaster.pid}" if postmaster else "its process"
            raise EmbeddedError(
                f"The PostgreSQL server of {home.folder} runs but has not answered for {START_SECONDS_MAX} seconds: "
                f"read {home.log}, end {pid} and try again."
            )
        time.sleep(0.02)


def _url(socket_folder: Path, database: str) -> str:
    return f"postgresql://{ROLE}@/{database}?host={quote(str(socket_folder), safe='')}&port={PORT}"


def _create_database(url: str) -> None:
    """Make the database if absent. Raises `psycopg.OperationalError` when the server does not answer."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount == 0:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _launch(home: Home, binaries: Binaries, *, durable: bool) -> None:
    """Start the server, which is not running, and wait until it is ready. Raises `EmbeddedError` if it does not start."""
    socket_folder = open_socket_folder(home)
    write_file(home.data / FILE, settings_text(socket_folder, durable=durable), home.account)
    deadline = time.monotonic() + ORPHANS_SECONDS_MAX
    while True:
        disown_pid(home)
        clear_sockets(socket_folder)
        with suppress(FileNotFoundError):
            if home.log.lstat().st_size > LOG_BYTES_MAX:
                home.log.replace(home.log.with_name("server.log.1"))
        written = home.log.lstat().st_size if home.log.exists() else 0
        options = ["-w", "-t", str(START_SECONDS_MAX), "-o", f"-c cluster_name={home.tag}"]
        # Names are relative because pg_ctl hands them to a shell. It also gives the server a session of its own, so
        # that a terminal's Ctrl-C, meant for the application, does not reach it.
        command: list[str | Path] = [binaries.bin_dir / "pg_ctl", "start", "-D", home.data.name, "-l", home.log.name, *options]
        started = home.account.run(command, cwd=home.folder)
        if started.returncode == 0:
            return
        reason = _reason(home.log, written) or (started.stderr.strip().splitlines() or ["no reason given"])[-1]
        # Processes of a killed server notice its death a moment later; until then they keep its shared memory.
        if "pre-existing shared memory block" not in reason or time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL did not start, see {home.log}: {reason}")
        time.sleep(0.1)


def _reason(log: Path, offset: int) -> str:
    """The last fatal line written since `offset`, else the last line."""
    with suppress(FileNotFoundError), log.open("rb") as file:
        file.seek(offset)
        lines = file.read(1_000_000).decode(errors="replace").split("\n")
        lines = [line.strip() for line in lines if line.strip()]
        fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        return (fatal or lines or [""])[-1]
    return ""


def _halt(home: Home, binaries: Binaries) -> None:
    """Stop the server if it runs, and remove its socket folder if that lies outside the home."""
    postmaster: Postmaster | None = read_postmaster(home)
    if postmaster is None:
        return
    if postmaster.is_alive(home):
        command: list[str | Path] = [binaries.bin_dir / "pg_ctl", "stop", "-D", home.data.name, "-m", "fast", "-w", "-t", "60"]
        stopped = home.account.run(command, cwd=home.folder)
        if stopped.returncode != 0:
            raise EmbeddedError(f"PostgreSQL did not stop, see {home.log}: process {postmaster.pid} is still running.")
    folder = postmaster.socket_folder
    if folder is not None and folder.parent != home.folder:
        clear_sockets(folder)
        with suppress(OSError):
            folder.rmdir()
