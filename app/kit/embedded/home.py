"""Where a cluster lives, and which account owns it.

An ordinary user's cluster is `<state_dir>/postgres`, run by that user. Root's is run by an account that exists
already, in `<state_dir>/postgres` if that account can get there, else below `/var/lib/meridian`.

A state folder that is there already is never changed: it may be `/srv` or somebody's home. One that we make is closed
to everybody but its owner, except that root's must let the server's account through to `postgres`. It then belongs to
root and to that account's group, with mode 0710: the account may pass but neither list nor add anything, others may
do nothing, and what else lies there (secrets: 0600, root's) stays closed.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.kit.embedded.account import Account, account_of, current_account, demand_folder_of, make_folder, nobody
from app.kit.embedded.errors import EmbeddedError

SYSTEM_FOLDER = Path("/var/lib/meridian")


@dataclass(frozen=True)
class Home:
    """The folder of one cluster, owned by `account` and closed to others, and what lies in it."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def tag(self) -> str:
        """Names this cluster among others: on the server's command line, and in a shared folder."""
        return f"meridian-{short_hash(self.folder)}"


def short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def open_home(state_dir: Path) -> Home:
    """The home that belongs to `state_dir` (absolute, resolved), made if absent.

    Raises `EmbeddedError` when it belongs to somebody else or cannot be reached, `OSError` when it cannot be made.
    """
    if os.geteuid() == 0:
        home = _home_of_root(state_dir)
    else:
        home = Home(state_dir / "postgres", current_account())
        _make_state_folder(state_dir, home.account, uid=home.account.uid)
    make_folder(home.folder, uid=home.account.uid, gid=home.account.gid)
    demand_folder_of(home.account, home.folder, private=False)
    return home


def _home_of_root(state_dir: Path) -> Home:
    inside, outside = state_dir / "postgres", SYSTEM_FOLDER / short_hash(state_dir)
    # A cluster that exists is found where it was made, whatever has happened to permissions since: a second, empty one
    # would look like lost data.
    for folder in (inside, outside):
        if (folder / "data" / "PG_VERSION").exists():
            return Home(folder, _owner_of(folder))
    ancestor = next(path for path in (state_dir, *state_dir.parents) if path.exists())
    owner = account_of(ancestor.stat().st_uid)
    account = owner if owner and owner.uid != 0 and owner.can_enter(ancestor) else nobody()
    if account.can_enter(ancestor):
        _make_state_folder(state_dir, account, uid=account.uid if account == owner else 0)
        return Home(inside, account)
    _make_state_folder(state_dir, current_account(), uid=0)
    make_folder(SYSTEM_FOLDER, uid=0, gid=0, mode=0o711)
    if not account.can_enter(SYSTEM_FOLDER):
        raise EmbeddedError(
            f"The account {account.name}, which would run PostgreSQL, can enter neither {state_dir} nor "
            f"{SYSTEM_FOLDER}: choose a MERIDIAN_STATE_DIR it can pass to, or set DATABASE_URL to a running server."
        )
    _leave_note(state_dir / "postgres.location", outside)
    return Home(outside, account)


def _owner_of(folder: Path) -> Account:
    uid = folder.lstat().st_uid
    account = account_of(uid)
    if account is None or uid == 0 or not account.can_enter(folder):
        raise EmbeddedError(
            f"The cluster in {folder} belongs to {account.name if account else uid}, who cannot run a server there: "
            f"give it and all that is in it to an ordinary account that can pass to it, or set DATABASE_URL."
        )
    return account


def _make_state_folder(state_dir: Path, account: Account, *, uid: int) -> None:
    """Make the state folder, and parents that are missing, with `uid` as owner and passable for `account`."""
    mode = 0o700 if uid == account.uid else 0o710
    for path in reversed((state_dir, *state_dir.parents)):
        make_folder(path, uid=uid, gid=account.gid, mode=mode)


def _leave_note(note: Path, folder: Path) -> None:
    """For people: the data do not lie in the state folder and are not removed with it."""
    with suppress(FileExistsError):
        descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{folder}\n")
