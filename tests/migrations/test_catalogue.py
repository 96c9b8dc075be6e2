"""The catalogue's version moves with each COMMIT that changes what availability is worked out from."""

import psycopg
import pytest

from app.kit.db import Database

PRACTITIONER = "00000000-0000-7000-8000-000000000001"
LOCATION = "00000000-0000-7000-8000-000000000002"
TREATMENT = "00000000-0000-7000-8000-000000000003"

# By table: columns beside the id, and values.
_TREATMENT = (
    "name, slug, phases, buffer_before_minutes, buffer_after_minutes, price_amount, price_currency, audience, needs_approval,"
    " bookable_online, active, version"
)
ROWS = {
    "locations": ("name, slug, time_zone, active, version", "'M', 'm', 'Europe/London', true, 1"),
    "places": ("location_id, resource_id, name, kind, position, active, version", f"'{LOCATION}', 2, 'R', 'room', 0, true, 1"),
    "treatments": (_TREATMENT, "'U', 'u', '[]', 0, 0, 1, 'GBP', 'all', false, true, true, 1"),
    "practitioners": ("resource_id, name, slug, languages, active, version", "3, 'Q', 'q', '[]', true, 1"),
    "registrations": ("practitioner_id, body, number, valid_until", f"'{PRACTITIONER}', 'B', '1', '2099-12-31'"),
    "working_hours": (
        "practitioner_id, location_id, weekday, starts_minute, ends_minute, every_weeks",
        f"'{PRACTITIONER}', '{LOCATION}', 1, 0, 60, 1",
    ),
    "overrides": ("practitioner_id, location_id, date, windows", f"'{PRACTITIONER}', '{LOCATION}', '2026-12-02', '[]'"),
    "time_off": ("practitioner_id, starts_at, ends_at", f"'{PRACTITIONER}', '2026-12-02', '2026-12-03'"),
    "closures": ("from_on, to_on, reason, version", "'2026-12-02', '2026-12-02', 'R', 1"),
}
# What they refer to.
WORLD = (
    "INSERT INTO resources (id, kind) VALUES (1, 'practitioner'), (2, 'place'), (3, 'practitioner')",
    f"INSERT INTO locations (id, {ROWS['locations'][0]}) VALUES ('{LOCATION}', 'L', 'l', 'Europe/London', true, 1)",
    f"INSERT INTO treatments (id, {_TREATMENT}) VALUES ('{TREATMENT}', 'T', 't', '[]', 0, 0, 1, 'GBP', 'all', false, true, true, 1)",
    f"INSERT INTO practitioners (id, {ROWS['practitioners'][0]}) VALUES ('{PRACTITIONER}', 1, 'P', 'p', '[]', true, 1)",
)
ID = "00000000-0000-7000-8000-000000000009"
STATEMENTS = {
    table: (
        f"INSERT INTO {table} (id, {columns}) VALUES ('{ID}', {values})",
        f"UPDATE {table} SET id = id WHERE id = '{ID}'",
        f"DELETE FROM {table} WHERE id = '{ID}'",
    )
    for table, (columns, values) in ROWS.items()
} | {
    "offers": (
        f"INSERT INTO offers (practitioner_id, treatment_id) VALUES ('{PRACTITIONER}', '{TREATMENT}')",
        "UPDATE offers SET price_amount = 1",
        "DELETE FROM offers",
    ),
    "clinic": ("UPDATE clinic SET name = name",),
}


def version_in(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT version FROM catalogue").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def connection(database: Database) -> psycopg.Connection:
    """On a database with somebody in it."""
    made = psycopg.connect(database.conninfo)
    for statement in WORLD:
        made.execute(statement)
    made.commit()
    return made


@pytest.mark.parametrize("table", sorted(STATEMENTS))
def test_every_change_of_its_tables_moves_it(connection: psycopg.Connection, table: str) -> None:
    with connection:
        for statement in STATEMENTS[table]:
            before = version_in(connection)
            connection.execute(statement)
            connection.rollback()
            assert version_in(connection) == before, "rolled back"
            assert connection.execute(statement).rowcount == 1
            connection.commit()
            assert version_in(connection) == before + 1, statement


def test_a_transaction_moves_it_once(connection: psycopg.Connection) -> None:
    with connection:
        before = version_in(connection)
        for statements in STATEMENTS.values():
            for statement in statements:
                with connection.transaction():  # a savepoint is no transaction of its own
                    connection.execute(statement)
        assert version_in(connection) == before, "not before COMMIT"
        connection.commit()
        assert version_in(connection) == before + 1


def test_what_is_not_in_it_does_not_move_it(connection: psycopg.Connection) -> None:
    with connection:
        before = version_in(connection)
        connection.execute("UPDATE resources SET version = version + 1")
        connection.commit()
        assert version_in(connection) == before


def test_of_two_at_once_neither_waits_before_it_commits(connection: psycopg.Connection, database: Database) -> None:
    with connection, psycopg.connect(database.conninfo, options="-c lock_timeout=1s") as other:
        before = version_in(connection)
        connection.rollback()
        connection.execute("UPDATE clinic SET name = name")
        other.execute("UPDATE locations SET name = name")
        other.commit()
        connection.commit()
        assert version_in(connection) == before + 2
