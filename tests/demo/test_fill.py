"""All or nothing, and only where there is nothing. The month of appointments, which takes long, is left out here."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import cli
from app.articles import actions as articles
from app.articles.schemas import ArticleCreate
from app.clinic import actions as clinic
from app.clinic.schemas import LocationCreate
from app.demo import Credentials, credentials_path, fill
from app.demo.month import Month
from app.enquiries import actions as enquiries
from app.enquiries.schemas import EnquiryCreate
from app.identity import actions as identity
from app.identity.actor import system_actor
from app.kit.db import Database
from app.patients import actions as patients
from app.patients.schemas import PatientCreate
from app.practitioners import actions as practitioners
from app.practitioners.schemas import PractitionerCreate
from app.settings import Settings
from app.treatments import actions as treatments
from app.treatments.schemas import TreatmentCreate
from tests.conftest import NOW
from tests.demo.conftest import DemoClinic

ACTOR = system_actor("test")
COUNT = text(
    "SELECT (SELECT count(*) FROM locations) + (SELECT count(*) FROM users) + (SELECT count(*) FROM patients) + (SELECT count(*) FROM audit_entries)"
)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    async def leave_empty(*_: object) -> None:
        return None

    monkeypatch.setattr(Month, "fill", leave_empty)


async def how_much(database: Database) -> int:
    async with database.reading() as session:
        found: int = (await session.execute(COUNT)).scalar_one()
        return found


@pytest.mark.xdist_group("demo")
async def test_a_second_fill_does_nothing(clinic: DemoClinic) -> None:
    before = await how_much(clinic.database)
    assert await fill(clinic.database, fixed_now=NOW) is None
    assert await how_much(clinic.database) == before > 100


@pytest.mark.usefixtures("short")
async def test_of_two_at_once_one_fills_and_the_other_finds_it_done(database: Database) -> None:
    found = await asyncio.gather(fill(database), fill(database))
    assert [one is None for one in found].count(True) == 1
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM users"))).scalar_one() == 4


@pytest.mark.usefixtures("short")
async def test_what_dies_before_its_commit_leaves_nothing_and_no_password_is_lost(database: Database) -> None:
    """Passwords are kept before others can see the users; so there is no moment at which users exist whose passwords nobody has."""
    kept: list[Credentials] = []

    def die(credentials: Credentials) -> None:
        kept.append(credentials)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await fill(database, keep=die)
    assert set(kept[0]) == {"admin", "receptionist", "practitioner", "editor"}
    assert await how_much(database) == 0
    assert await fill(database) is not None


CONTENT: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
    "location": lambda session: clinic.create_location(session, ACTOR, LocationCreate(name="Here", time_zone="Europe/London")),
    "treatment": lambda session: treatments.create(
        session,
        ACTOR,
        TreatmentCreate.model_validate(
            {
                "name": "Treatment",
                "phases": [{"minutes": 30, "attended": True}],
                "price": {"amount": "40.00", "currency": "GBP"},
            }
        ),
    ),
    "practitioner": lambda session: practitioners.create(session, ACTOR, PractitionerCreate(name="Mira Okonjo")),
    "patient": lambda session: patients.create(session, ACTOR, PatientCreate(name="Tobias Abara"), now=NOW),
    "article": lambda session: articles.create(session, ACTOR, ArticleCreate(title="A title")),
    "enquiry": lambda session: enquiries.create(
        session,
        ACTOR,
        EnquiryCreate.model_validate(
            {"name": "Rowan Example", "email": "rowan@mail.example", "message": "?", "consent": {"version": "1"}}
        ),
        NOW,
    ),
    "user": lambda session: identity.add_user(
        session, ACTOR, email="a@clinic.example", name="A", role="admin", password="a long password"
    ),
}


@pytest.mark.parametrize("what", CONTENT)
async def test_a_database_with_content_is_left_alone(database: Database, what: str) -> None:
    async with database.writing() as session:
        await CONTENT[what](session)
        await session.commit()
    before = await how_much(database)
    assert await fill(database) is None
    assert await how_much(database) == before


@pytest.mark.usefixtures("short")
def test_the_command_keeps_what_it_prints(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(database_url=database.conninfo, state_dir=tmp_path / "state")
    cli._fill_demo(settings)
    printed = capsys.readouterr().out
    kept = json.loads(credentials_path(settings.state_dir).read_text(encoding="utf-8"))
    assert list(kept) == ["admin", "receptionist", "practitioner", "editor"]
    for credential in kept.values():
        assert f"{credential['email']}  {credential['password']}" in printed
    cli._fill_demo(settings)
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("short")
def test_where_passwords_cannot_be_kept_nothing_is_made(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    settings = Settings(database_url=database.conninfo, state_dir=tmp_path / "file" / "state")
    with pytest.raises(typer.Exit) as exit_:
        cli._fill_demo(settings)
    assert exit_.value.exit_code == 1
    assert "cannot be written: Not a directory" in capsys.readouterr().err
    assert asyncio.run(_count(database)) == 0


async def _count(database: Database) -> int:
    own = Database(database.conninfo)
    try:
        return await how_much(own)
    finally:
        await own.close()
