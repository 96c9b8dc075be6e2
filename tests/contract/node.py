"""Linters that need Node, kept in `.node/` beside the environment and installed again when their versions change."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_WANTED = Path(__file__).with_name("package.json")
_FOLDER = ROOT / ".node"
_STAMP = _FOLDER / ".complete"
_OLDEST_NODE = 20
# What npm says when nobody answers. Whatever else goes wrong is ours, and fails.
_UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ENOTCACHED")
_INSTALL = (
    "install",
    "--no-package-lock",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=0",
    "--loglevel=error",
)


def tool(name: str) -> str:
    """The path of a linter. Skips where there is no Node, or nowhere to install from."""
    npm = shutil.which("npm")
    if npm is None or _node_version() < _OLDEST_NODE:
        pytest.skip(f"Node {_OLDEST_NODE} or newer with npm is not on PATH")
    _FOLDER.mkdir(exist_ok=True)
    with (_FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers share the folder
        if not _STAMP.exists() or _STAMP.read_bytes() != _WANTED.read_bytes():
            _install(npm)
    return str(_FOLDER / "node_modules" / ".bin" / name)


def _node_version() -> int:
    node = shutil.which("node")
    if node is None:
        return 0
    return int(subprocess.check_output([node, "--version"], text=True).removeprefix("v").partition(".")[0])


def _install(npm: str) -> None:
    shutil.copyfile(_WANTED, _FOLDER / "package.json")
    done = subprocess.run([npm, *_INSTALL], cwd=_FOLDER, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if any(code in done.stderr for code in _UNREACHABLE):
            pytest.skip("the linters are not installed and no npm registry can be reached")
        pytest.fail(f"npm could not install the linters:\n{done.stderr[-2_000:]}")
    shutil.copyfile(_WANTED, _STAMP)


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a linter at the top of the repository. It neither phones home nor asks for news."""
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    return subprocess.run(
        [tool(name), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
