"""The database: engine, sessions, table base.

One pool serves two kinds of session. A writing session is a transaction that the edge commits; a reading one is on autocommit, where a SELECT is
one trip and not three. Nobody but the edge, the jobs and the command line commits. A reader is a connection of the driver itself, for questions that
cost less than a session would. Readers are apart from the pool: whoever is in a transaction may need one, and must not wait for those who wait for
it themselves.
"""

import asyncio
import select
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, Self, cast
from uuid import UUID

import psycopg
from psycopg._preparing import PrepareManager
from psycopg.pq import TransactionStatus
from sqlalchemy import DateTime, MetaData, Uuid, event, func, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, class_mapper, declared_attr, mapped_column
from typing_extensions import override

from app.kit.ids import uuid7

# A frozen or slow process must not hold the clinic up: it loses its locks, and sooner than those who wait for them give up.
STATEMENT_TIMEOUT_SECONDS = 15
LOCK_TIMEOUT_SECONDS = 5
IDLE_IN_TRANSACTION_TIMEOUT_SECONDS = 4
# So long a request waits for a connection before it is told to come again.
PATIENCE_SECONDS = 5
# The second holds the job queue, so that a job can be deferred in the transaction of its work.
SEARCH_PATH = "public,jobs"
# Where tables are large PostgreSQL would plan some statements anew each time, which takes it half a millisecond.
KEPT_PLAN = "plan_cache_mode=force_generic_plan"

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Reader = Callable[[], AbstractAsyncContextManager[Connection]]


class Base(DeclarativeBase):
    """Every constraint has a name, so that a migration and an error can speak of it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 SQLAlchemy's own name and form
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        UUID: Uuid,
    }

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """What a row reads like that was written past the session, which does not know it; columns that are not given are None. The constructor
        would note each value as a change to be written."""
        mapper = class_mapper(cls)
        found: Self = mapper.class_manager.new_instance()
        found.__dict__.update(dict.fromkeys(mapper.column_attrs.keys()), **row)
        return found


class Record:
    """What every resource has: an id that sorts by age, its times, and the version that is its ETag."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())
    version: Mapped[int] = mapped_column()

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """SQLAlchemy counts the version and refuses to overwrite one that it has not read; times come back with the statement."""
        return {"version_id_col": cls.version, "eager_defaults": True}


class AbortedTransactionError(RuntimeError):
    """An SQL error was swallowed: COMMIT would silently do a ROLLBACK."""


def _is_dead(connection: Connection) -> bool:
    """Whether it has been hung up on. Costs no trip: a server says nothing on an idle connection unless it closes it."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _refuse_dead(connection: Any, *_: object) -> None:
    """Renews the pool when the connection that it hands out is dead, as all are after a restart of the server."""
    if _is_dead(connection.driver_connection):
        raise InvalidatePoolError


class _Lasting(PrepareManager):
    """Statements stay prepared when something is rolled back: nothing that they use is made in a transaction of ours. psycopg would drop all that a
    connection has prepared, its own and others', with each refusal."""

    @override
    def clear(self) -> bool:
        return False


def _lasting(connection: Connection) -> None:
    connection._prepared = _Lasting()  # noqa: SLF001 psycopg has no other place for it


class OnDemand:
    """A session that is made when it is first asked for: who speaks to the driver does not pay for one."""

    def __init__(self, make: Callable[[], AsyncSession]) -> None:
        self._make = make
        self._session: AsyncSession | None = None

    def __call__(self) -> AsyncSession:
        if self._session is None:
            self._session = self._make()
        return self._session

    @property
    def is_made(self) -> bool:
        return self._session is not None

    async def close(self) -> None:
        if self._session:
            await self._session.close()


_DRIVER = "meridian.driver"


class Database:
    """An engine and its two kinds of session."""

    def __init__(self, url: str, *, pool_size: int = 15, application_name: str = "meridian") -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        options = (
            f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s -c lock_timeout={LOCK_TIMEOUT_SECONDS}s "
            f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_SECONDS}s -c TimeZone=UTC "
            # Where a diary is long PostgreSQL thinks a question for some hours of it worth compiling, which takes a hundred times as long.
            # Plans are made when tables are small and kept when they have grown, so an index has to look good from the beginning.
            f"-c jit=off -c random_page_cost=1.1 -c search_path={SEARCH_PATH}"
        )
        self._connect_args: dict[str, Any] = {"options": options, "application_name": application_name, "connect_timeout": 5}
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,  # a connection that is opened for a crowd and closed after it costs more than the crowd
            pool_timeout=PATIENCE_SECONDS,
            pool_use_lifo=True,  # the one that was used last has everything at hand
            connect_args=self._connect_args,
        )
        event.listen(self.engine.sync_engine, "connect", lambda connection, _: _lasting(connection.driver_connection))
        event.listen(self.engine.sync_engine, "checkout", _refuse_dead)
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._readers: list[Connection] = []
        self._reading = asyncio.Semaphore(max(pool_size // 3, 1))

    @property
    def conninfo(self) -> str:
        """The address in the form that libpq and procrastinate read."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def reading(self) -> AsyncSession:
        """To be used with `async with`."""
        return AsyncSession(self._autocommit, expire_on_commit=False, autoflush=False)

    def writing(self) -> AsyncSession:
        """A transaction that is rolled back unless `commit` is called. To be used with `async with`."""
        return AsyncSession(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Connection]:
        """A connection of the driver on autocommit; there are a third as many as the pool has connections. Raises SQLAlchemy's TimeoutError when
        all are in use for too long, as the pool does."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._reading.acquire()
        except TimeoutError:
            raise PoolTimeout("all readers are in use") from None
        try:
            connection = await self._borrowed()
            try:
                yield connection
            finally:
                if connection.info.transaction_status == TransactionStatus.IDLE:
                    self._readers.append(connection)
                else:
                    await connection.close()  # broken, or in the middle of something: nobody else may have it
        finally:
            self._reading.release()

    async def _borrowed(self) -> Connection:
        while self._readers:
            connection = self._readers.pop()
            if not _is_dead(connection):
                return connection
            await connection.close()
        more = self._connect_args | {"options": f"{self._connect_args['options']} -c {KEPT_PLAN}", "autocommit": True}
        connection = await psycopg.AsyncConnection.connect(self.conninfo, **more)
        _lasting(connection)
        return connection

    async def close(self) -> None:
        while self._readers:
            await self._readers.pop().close()
        await self.engine.dispose()


async def driver(session: AsyncSession) -> Connection:
    """The psycopg connection below a session, inside the same transaction. Looked up once for each."""
    transaction, connection = session.info.get(_DRIVER, (None, None))
    if connection is None or session.sync_session.get_transaction() is not transaction:
        raw = await (await session.connection()).get_raw_connection()
        connection = raw.driver_connection
        session.info[_DRIVER] = session.sync_session.get_transaction(), connection
    return cast("Connection", connection)


async def let_go(session: AsyncSession) -> None:
    """All that is needed has been read: what comes now may take a while, and is no reason to keep a transaction open. What was loaded stays."""
    session.expunge_all()
    await session.rollback()


def is_changed(session: AsyncSession) -> bool:
    """Whether it has anything to write. A flush asks itself, and at greater cost."""
    return bool(session.new or session.dirty or session.deleted)


async def commit(session: AsyncSession) -> None:
    """COMMIT, or raise. PostgreSQL answers COMMIT of an aborted transaction with ROLLBACK and no error, so that is asked first."""
    if is_changed(session):
        await session.flush()
    if session.in_transaction() and (await driver(session)).info.transaction_status == TransactionStatus.INERROR:
        raise AbortedTransactionError
    await session.commit()
