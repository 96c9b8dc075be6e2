"""The file that keeps the demo's passwords."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo import credentials_path, write_credentials

CREDENTIALS = {"admin": {"email": "admin@clinic.example", "password": "a secret"}}


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Nothing but the program itself keeps others out."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_it_is_its_owners_alone_in_a_folder_that_is_made_if_need_be(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    path = write_credentials(state_dir, CREDENTIALS)
    assert path == credentials_path(state_dir) == state_dir / "demo-credentials.json"
    assert (path.stat().st_mode & 0o777, state_dir.stat().st_mode & 0o777) == (0o600, 0o700)
    assert json.loads(path.read_text(encoding="utf-8")) == CREDENTIALS


@pytest.mark.usefixtures("open_umask")
def test_it_is_closed_before_anything_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    write_credentials(tmp_path, CREDENTIALS)
    assert modes[0] == 0o600


def test_an_open_file_that_was_there_is_replaced_and_not_reused(tmp_path: Path) -> None:
    path = credentials_path(tmp_path)
    path.write_text("{}", encoding="utf-8")
    path.chmod(0o644)
    write_credentials(tmp_path, CREDENTIALS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text(encoding="utf-8")) == CREDENTIALS


def test_a_failure_leaves_the_old_one_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_credentials(tmp_path, CREDENTIALS)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_credentials(tmp_path, {"admin": {"email": "other@clinic.example", "password": "another"}})
    assert json.loads(path.read_text(encoding="utf-8")) == CREDENTIALS
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
