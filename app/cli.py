"""The command `meridian`. Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 the embedded PostgreSQL cannot be used."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from alembic.util import CommandError
from pydantic import SecretStr, TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app import demo as demo_clinic
from app import worker as job_worker
from app.appointments import queries as appointments
from app.articles import actions as articles
from app.articles.plain_text import UnreadableText
from app.environment import check_address, configured, database_of, fail, in_transaction, migrated, with_database
from app.identity import actions as identity
from app.identity.actor import system_actor
from app.identity.passwords import MAX_LENGTH, MIN_LENGTH
from app.identity.policy import PRACTITIONER, STAFF_ROLES
from app.kit import migrations, revisions
from app.kit.wire import Email
from app.main import create_app
from app.practitioners import queries as practitioners
from app.settings import Settings

# A traceback with the values of variables in it would show passwords.
cli = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The back end of an acupuncture clinic."
)
user = typer.Typer(no_args_is_help=True, help="Members of staff.")
article = typer.Typer(no_args_is_help=True, help="What the clinic publishes.")
cli.add_typer(user, name="user")
cli.add_typer(article, name="article")


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 8000,
    demo: Annotated[bool, typer.Option("--demo", help="Fill an empty database with the demo clinic")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes")] = 1,
    jobs: Annotated[bool, typer.Option(help="Run the background jobs inside the server")] = True,
) -> None:
    """Migrate the database and serve the API."""
    # uvicorn raises the signal again when it has shut down; only an exception lets the embedded server be stopped as well.
    signal.signal(signal.SIGTERM, _exit)
    check_address(host, port)
    with migrated() as settings:
        if demo:
            _fill_demo(settings)
        base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        typer.echo(f"Meridian listens on {base}\n  API page   {base}/docs\n  OpenAPI    {base}/openapi.json")
        if (path := demo_clinic.credentials_path(settings.state_dir)).exists():
            typer.echo(f"  Sign in    POST {base}/v1/auth/token with a user of {path}")
        # Server processes are made by uvicorn and find their settings where this process did.
        os.environ["DATABASE_URL"] = settings.database_url.get_secret_value() if settings.database_url else ""
        os.environ["MERIDIAN_JOBS_INSIDE"] = "1" if jobs else "0"
        uvicorn.run(
            "app.served:served",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=25,
        )


def _exit(number: int, _: object) -> None:
    raise SystemExit(0 if number == signal.SIGTERM else 1)


def _fill_demo(settings: Settings) -> None:
    def keep(credentials: demo_clinic.Credentials) -> None:
        demo_clinic.write_credentials(settings.state_dir, credentials)

    path = demo_clinic.credentials_path(settings.state_dir)
    try:
        credentials = with_database(settings, lambda database: demo_clinic.fill(database, keep=keep))
    except OSError as error:
        raise fail(f"The demo clinic is not made, since {path} cannot be written: {error.strerror}.") from None
    if credentials is None:
        return
    typer.echo(f"The demo clinic is ready. Its users, shown this once and kept in {path}:")
    for role, credential in credentials.items():
        typer.echo(f"  {role:<13}{credential['email']}  {credential['password']}")


@cli.command("demo")
def fill_demo() -> None:
    """Fill an empty database with the demo clinic; does nothing to one that has content."""
    with migrated() as settings:
        _fill_demo(settings)


@cli.command()
def worker() -> None:
    """Run the background jobs until stopped."""
    with configured() as settings:
        asyncio.run(job_worker.run_until_told(database_of(settings).conninfo))


@cli.command()
def migrate(
    to: Annotated[str | None, typer.Option(help="Go back to this revision; `base` is empty. Left out: up to the newest")] = None,
) -> None:
    """Bring the database up to date."""
    with configured() as settings:
        url = database_of(settings).url
        try:
            if to is None:
                migrations.upgrade(url)
            else:
                migrations.downgrade(url, to)
        except CommandError as error:
            raise fail(f"{error}.") from None
        typer.echo(f"The database is at {to or revisions.head()}.")


@user.command("add")
def add_user(
    email: str,
    name: Annotated[str, typer.Option(help="As colleagues know them")],
    role: Annotated[str, typer.Option(help=" or ".join(STAFF_ROLES))],
    practitioner: Annotated[str | None, typer.Option(help="For a practitioner: the slug of whose diary is theirs")] = None,
) -> None:
    """Add a member of staff. The password is asked for, or read as one line from standard input."""
    if role not in STAFF_ROLES:
        raise fail(f"A role is one of {', '.join(STAFF_ROLES)}.", 2)
    interactive = sys.stdin.isatty()
    password = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True) if interactive else sys.stdin.readline().rstrip("\n")
    )
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise fail(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", 2)
    try:
        email = TypeAdapter(Email).validate_python(email)
    except ValidationError:
        raise fail("That is not an e-mail address.", 2) from None
    if (role == PRACTITIONER) != (practitioner is not None):
        raise fail("A practitioner, and nobody else, needs --practitioner with the slug of whose diary is theirs.", 2)
    actor = system_actor("cli")

    async def add(session: AsyncSession) -> str:
        practitioner_id = None if practitioner is None else (await practitioners.by_slug(session, practitioner)).id
        made = await identity.add_user(
            session, actor, email=email, name=name, role=role, password=password, practitioner_id=practitioner_id
        )
        return made.email

    with migrated() as settings:
        typer.echo(f"{in_transaction(settings, add)} can sign in as {role}.")


@article.command("import")
def import_article(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]) -> None:
    """Make a draft of a plain text whose short lines are headings."""
    with migrated() as settings:
        try:
            made = in_transaction(settings, lambda session: articles.import_file(session, system_actor("cli"), file))
        except UnreadableText as error:
            raise fail(str(error)) from None
        typer.echo(f"Draft {made.id}\n  title     {made.title}\n  slug      {made.slug}\n  headings  {len(made.headings)}")


@cli.command()
def openapi(output: Annotated[Path | None, typer.Option(help="Write it there instead of to standard output")] = None) -> None:
    """Print the OpenAPI description."""
    app = create_app(Settings(database_url=SecretStr("postgresql://unused")))
    document = json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(document, nl=False)
    else:
        output.write_text(document, encoding="utf-8")


@cli.command()
def check() -> None:
    """Check settings, database, migrations, and that appointments keep the wall times that were promised."""
    with configured() as settings:
        at, newest = with_database(settings, revisions.current), revisions.head()
        if at != newest:
            raise fail(f"The database is at {at or 'nothing'} and this program needs {newest}: run meridian migrate.")
        typer.echo(f"Settings, database and migrations ({newest}) are fine.")
        moved = in_transaction(settings, appointments.off_their_wall_time)
        for reference, promised, zone, shown in moved:
            typer.echo(f"{reference} was promised for {promised:%Y-%m-%d %H:%M} in {zone}, where it is {shown:%H:%M} by now.")
        if moved:
            raise fail("The time-zone database has changed since these were booked: move them, or tell who comes.")


def main() -> None:
    cli()
