"""The operating-system account the server runs as, and folders and files that belong to it.

PostgreSQL refuses to run as root, so root lends the server an account that exists already. Root then works inside
folders which that account controls: nothing here follows a symbolic link there, and ownership is only ever changed
through the descriptor of something made a moment ago.
"""

import os
import pwd
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.kit.embedded.errors import EmbeddedError

# What the server and its tools may know of our environment. Not the rest: PG* and LC_* would change what they do, and
# the application's secrets are none of the server account's business.
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

# Of those who make a folder at once each replaces it at most once.
ATTEMPTS_MAX = 10


@dataclass(frozen=True)
class Account:
    """An account by number; `name` is for messages."""

    uid: int
    gid: int
    name: str

    @property
    def is_current(self) -> bool:
        return self.uid == os.geteuid()

    def run(self, command: Sequence[str | Path], *, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account and wait; what it printed is in the answer. Raises `OSError` if it cannot run."""
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return subprocess.run(  # noqa: S603 - our own commands, no shell
            command,
            cwd=cwd,
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            user=None if self.is_current else self.uid,
            group=None if self.is_current else self.gid,
            extra_groups=None if self.is_current else (),
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether the account may pass through `folder`, asked of the kernel: it also knows access lists and mounts."""
        if self.is_current:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder], cwd=Path("/")).returncode == 0


def current_account() -> Account:
    """The account of this process."""
    return account_of(os.geteuid()) or Account(os.geteuid(), os.getegid(), str(os.geteuid()))


def account_of(uid: int) -> Account | None:
    """The account with this number, if the system knows it (`initdb` insists that it does)."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def nobody() -> Account:
    """The account that owns nothing. Raises `EmbeddedError` where there is none."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root and this system has no account `nobody`: start Meridian as an ordinary "
            "user, or set DATABASE_URL to a running server."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _beside(path: Path) -> Path:
    """A folder of ours alone. A parent that two make at once may be replaced by its like just as we enter it, and is then there the next time."""
    for attempt in range(ATTEMPTS_MAX):
        try:
            return Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        except FileNotFoundError:
            if attempt == ATTEMPTS_MAX - 1:
                raise
    raise AssertionError("unreachable")


def make_folder(path: Path, *, uid: int, gid: int, mode: int = 0o700) -> None:
    """Make `path` if it is absent, complete from the first moment; leave whatever is there alone.

    It is made under another name and renamed: a second process never sees it with the wrong owner or mode.
    """
    if os.path.lexists(path):
        return
    temporary = _beside(path)
    folder = os.open(temporary, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(folder).st_uid != os.geteuid():
            raise PermissionError(0, "the folder was replaced while it was being made", str(path))
        if os.geteuid() == 0:
            os.fchown(folder, uid, gid)
        os.fchmod(folder, mode)
        temporary.rename(path)
    except OSError:
        with suppress(OSError):
            temporary.rmdir()
        if not path.is_dir():
            raise
    finally:
        os.close(folder)


def demand_folder_of(account: Account, path: Path, *, private: bool) -> None:
    """Raise `EmbeddedError` unless `path` is a folder of `account`, and, if `private`, closed to everybody else."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or (private and found.st_mode & 0o077):
        owner = account_of(found.st_uid)
        raise EmbeddedError(
            f"{path} must be a folder of the account {account.name}{' and closed to others' * private}, but belongs to "
            f"{owner.name if owner else found.st_uid} with mode {stat.filemode(found.st_mode)}: start Meridian as its "
            "owner or as root, remove it, or choose another MERIDIAN_STATE_DIR."
        )


def open_file(path: Path, account: Account) -> int:
    """A descriptor for reading and writing `path`, made as `account`'s if absent, not inherited by children."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if not account.is_current:
        os.fchown(descriptor, account.uid, account.gid)
    return descriptor


def write_file(path: Path, text: str, account: Account) -> None:
    """Write `path` as a file of `account`."""
    with os.fdopen(open_file(path, account), "r+", encoding="utf-8", errors="surrogateescape") as file:
        file.truncate()
        file.write(text)
