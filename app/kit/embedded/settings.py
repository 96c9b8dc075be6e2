"""How the server is set up: what `initdb` is asked for, and the settings written before every start."""

import os
import re
import sys
import tempfile
from pathlib import Path

from app.kit.embedded.account import demand_folder_of, make_folder
from app.kit.embedded.errors import EmbeddedError
from app.kit.embedded.home import Home
from app.kit.embedded.postmaster import PORT, SOCKET

ROLE = "meridian"
DATABASE = "meridian"
FILE = "meridian.conf"
SOCKET_PATH_BYTES_MAX = 107 if sys.platform == "linux" else 103

FAST_BUT_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def initdb_options(major: int, *, durable: bool) -> list[str]:
    """What makes two clusters sort and compare alike, whatever the machine's locale is."""
    # The builtin provider came with 17. Before it, macOS has no C.UTF-8 and C must do.
    if major >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        locale = ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
    return [
        f"--username={ROLE}",
        "--auth=trust",  # whoever gets to the socket is the owner or root: its folder is closed to all others
        "--encoding=UTF8",
        *locale,
        "--text-search-config=english",
        "--data-checksums",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]


def settings_text(socket_folder: Path, *, durable: bool) -> str:
    """The settings file of a server that listens in `socket_folder` and nowhere else."""
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        **({} if durable else FAST_BUT_FORGETFUL),
    }
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def open_socket_folder(home: Home) -> Path:
    """The folder of the socket, private to the server's account, made if absent.

    It lies in the home unless the socket's path would be too long for the system, or hold what a settings file or a
    connection address reads as punctuation; then it has a short name among the temporary files. Raises
    `EmbeddedError` if somebody else has taken that name.
    """
    for path in (home.folder / "run", Path(tempfile.gettempdir()) / home.tag, Path("/tmp") / home.tag):  # noqa: S108
        long = len(os.fsencode(path / SOCKET)) > SOCKET_PATH_BYTES_MAX
        if not long and not re.search(r"[,'\"\\\s]", str(path)) and home.account.can_enter(path.parent):
            make_folder(path, uid=home.account.uid, gid=home.account.gid)
            demand_folder_of(home.account, path, private=True)
            return path
    raise EmbeddedError(f"No short folder was found for the socket of {home.folder}: set TMPDIR to one.")
