"""The commands as a person types them: what they say, and with which exit code."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client

Run = Callable[..., subprocess.CompletedProcess[str]]

MERIDIAN = str(Path(sys.executable).parent / "meridian")


@pytest.fixture
def run(database_url: str, database: object, tmp_path: Path) -> Run:
    """Runs `meridian` on this test's database."""

    def meridian(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MERIDIAN, *arguments],
            input=typed,
            env=os.environ
            | {"DATABASE_URL": database_url, "MERIDIAN_STATE_DIR": str(tmp_path), "MERIDIAN_LOG_LEVEL": "ERROR"}
            | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return meridian


def test_a_user_is_added_once(run: Run) -> None:
    command = ("user", "add", "ada@clinic.example", "--name", "Ada", "--role", "receptionist")
    added = run(*command, typed="correct horse battery\n")
    assert (added.returncode, added.stdout) == (0, "ada@clinic.example can sign in as receptionist.\n"), added.stderr
    again = run(*command, typed="correct horse battery\n")
    assert (again.returncode, again.stderr) == (1, "A user with this e-mail address exists\n")


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "sentence"),
    [
        pytest.param(("a@b.example", "--role", "owner"), "correct horse battery\n", 2, "A role is one of", id="no such role"),
        pytest.param(
            ("a@b.example", "--role", "admin"), "short\n", 2, "A password has 12 to 256 characters.", id="a short password"
        ),
        pytest.param(
            ("bad@", "--role", "admin"), "correct horse battery\n", 2, "That is not an e-mail address.", id="no address"
        ),
        pytest.param(
            ("a@b.example", "--role", "practitioner"),
            "correct horse battery\n",
            2,
            "needs --practitioner",
            id="a practitioner without a diary",
        ),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(
    run: Run, arguments: tuple[str, ...], typed: str, code: int, sentence: str
) -> None:
    refused = run("user", "add", *arguments, "--name", "A", typed=typed)
    assert refused.returncode == code
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_article_is_imported_as_a_draft(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("Sleep And Needles\n\nSome people sleep better.\n\nWhat To Expect\n\nA quiet hour.\n")
    done = run("article", "import", str(file))
    assert done.returncode == 0, done.stderr
    assert [line.split(None, 1)[1] for line in done.stdout.splitlines()[1:]] == ["Sleep And Needles", "sleep-and-needles", "1"]
    file.write_bytes(b"\xff\xfe")
    refused = run("article", "import", str(file))
    assert (refused.returncode, refused.stderr) == (1, "The file is not UTF-8 text.\n")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        pytest.param({"DATABASE_URL": "postgresql://who@127.0.0.1:1/x"}, "The database does not answer", id="nobody there"),
        pytest.param(
            {"DATABASE_URL": "mysql://x"}, "DATABASE_URL is set wrongly: must begin with postgresql://.", id="another database"
        ),
        pytest.param({"MERIDIAN_SECRET_KEY": "short"}, "MERIDIAN_SECRET_KEY is set wrongly", id="a short secret"),
        pytest.param({"MERIDIAN_LOG_LEVEL": "LOUD"}, "MERIDIAN_LOG_LEVEL is set wrongly", id="no such level"),
    ],
)
def test_what_is_set_wrongly_is_said_in_a_sentence(run: Run, environment: dict[str, str], sentence: str) -> None:
    refused = run("check", **environment)
    assert refused.returncode == 1
    assert refused.stderr.startswith(sentence), refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_check_says_that_all_is_well(run: Run) -> None:
    assert "are fine" in run("check").stdout


async def test_check_names_appointments_that_lost_their_wall_time(run: Run, admin: Client, database: Database) -> None:
    """As they do when a country changes its clocks after they were booked (T1)."""
    world = await World.made(admin)
    kept = await admin.create("/v1/appointments", world.booking("2099-07-15T09:00:00Z"))
    lost = await admin.create("/v1/appointments", world.booking("2099-07-15T11:00:00Z"))
    assert run("check").returncode == 0
    async with database.writing() as session:
        hour = "interval '1 hour'"
        moved = f"UPDATE appointments SET starts_at = starts_at + {hour}, ends_at = ends_at + {hour} WHERE id = '{lost['id']}'"
        await session.execute(text(moved))
        await session.commit()
    refused = run("check")
    assert refused.returncode == 1
    assert f"{lost['reference']} was promised for 2099-07-15 12:00 in Europe/London, where it is 13:00 by now." in refused.stdout
    assert kept["reference"] not in refused.stdout


def test_an_address_that_cannot_be_had_is_said_at_once(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("serve", "--port", str(port))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Cannot listen on 127.0.0.1 port {port}: ")
    nowhere = run("serve", "--host", "not.a.host.invalid")
    assert nowhere.returncode == 1
    assert nowhere.stderr.startswith("Cannot listen on not.a.host.invalid port 8000: ")


def test_a_revision_that_does_not_exist_is_said_in_a_sentence(run: Run) -> None:
    refused = run("migrate", "--to", "nonsense")
    assert refused.returncode == 1
    assert "nonsense" in refused.stderr
    assert "Traceback" not in refused.stderr
