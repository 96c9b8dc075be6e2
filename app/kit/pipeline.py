"""Several statements in one trip: libpq's pipeline on a psycopg connection, inside its transaction.

psycopg has pipelines too, and each statement of one costs several times what PostgreSQL needs for it: a cursor, dumpers looked up anew, a turn to the
event loop to see whether an answer is there already, and a Flush behind the Sync, which PostgreSQL answers with nothing, so that it does not believe
itself idle and a process that froze would keep its locks for ever, whatever `idle_in_transaction_session_timeout` says. Here the statements go out as
they come, each prepared once for each connection, and nothing is waited for before the Sync, which is the last word. Values go as text without a
type, so that PostgreSQL reads them as whatever stands at their place: a value that could be of several is cast in the statement.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakKeyDictionary

from psycopg import OperationalError
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

from app.kit.db import Connection

_PLACEHOLDER: Final = re.compile(r"%(?:\((\w+)\)s|(s)|%)")
Parameters = Sequence[Any] | Mapping[str, Any]


class OutdatedStatementError(RuntimeError):
    """PostgreSQL does not know a prepared statement any more, or its tables have changed. It will be prepared anew; the transaction is lost."""


class Answer:
    """Of one statement, once the pipeline is through. `rows` are those that it returned, `rowcount` those that it returned or changed."""

    __slots__ = ("binary", "rowcount", "rows")

    def __init__(self, *, binary: bool) -> None:
        self.binary = binary
        self.rows: list[tuple[Any, ...]] = []
        self.rowcount = 0


class _Known:
    """What is prepared on a connection: the name of each statement. The transformer remembers what it has looked up."""

    def __init__(self, connection: Connection) -> None:
        self.names: dict[bytes, bytes] = {}
        self.numbers = count()
        self.values = Transformer.from_context(connection)


_KNOWN: Final[WeakKeyDictionary[Connection, _Known]] = WeakKeyDictionary()


@lru_cache(maxsize=512)
def _native(statement: str) -> tuple[bytes, list[str]]:
    """With PostgreSQL's own placeholders, and the names of the values for them, if they have any."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        name = found[1] or ""
        if not name or name not in names:
            names.append(name)
            return f"${len(names)}"
        return f"${names.index(name) + 1}"

    native = _PLACEHOLDER.sub(numbered, statement).encode()
    return native, names


class Pipeline:
    """`async with Pipeline(connection) as pipeline:` sends statements as they come and waits once, when it is left. Only then is there something in
    the answers. Raises the first error that PostgreSQL has, after which the transaction is lost or back at a savepoint."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pgconn: PGconn = connection.pgconn
        known = _KNOWN.get(connection)
        if known is None:
            known = _KNOWN[connection] = _Known(connection)
        self._known = known
        self._sent: list[Answer | bytes | None] = []
        self._syncs = 0
        self._preparing: dict[bytes, bytes] = {}

    async def __aenter__(self) -> Self:
        if self._pgconn.status != ConnStatus.OK:
            raise OperationalError("the connection is closed")
        if self._pgconn.pipeline_status != PipelineStatus.OFF:
            raise AssertionError("another pipeline of this connection is not through")
        self._pgconn.enter_pipeline_mode()
        if not self._connection.autocommit and self._pgconn.transaction_status == TransactionStatus.IDLE:
            self._send(b"BEGIN", None, None)
        return self

    def execute(self, statement: str, parameters: Parameters = (), *, binary: bool = False) -> Answer:
        """`binary`: long arrays of numbers arrive faster."""
        native, names = _native(statement)
        values = [parameters[name] for name in names] if isinstance(parameters, Mapping) else parameters
        answer = Answer(binary=binary)
        self._send(native, values, answer)
        return answer

    def _send(self, statement: bytes, values: Sequence[Any] | None, answer: Answer | None) -> None:
        name = self._known.names.get(statement) or self._preparing.get(statement)
        if name is None:
            name = self._preparing[statement] = b"meridian_%d" % next(self._known.numbers)
            self._pgconn.send_prepare(name, statement)
            self._sent.append(statement)
        dumped = self._known.values.dump_sequence(values, [PyFormat.TEXT] * len(values)) if values else None
        format_ = Format.BINARY if answer is not None and answer.binary else Format.TEXT
        self._pgconn.send_query_prepared(name, dumped, result_format=format_)
        self._sent.append(answer)
        if values:  # those without are words like SAVEPOINT, which need not travel alone
            self._pgconn.flush()  # as much as can go; the rest goes at the end

    def sync(self) -> None:
        """PostgreSQL does what it was sent so far, and then has the right to lose patience; its answers are not waited for yet."""
        self._pgconn.pipeline_sync()
        self._syncs += 1
        self._pgconn.flush()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.sync()
        try:
            results = await self._connection.wait(_through(self._pgconn, self._syncs))
        finally:
            if self._pgconn.pipeline_status != PipelineStatus.OFF:
                await self._connection.close()  # cut off in the middle: nobody can say whose answer would be next
        if kind is None:
            self._take(results)

    def _take(self, results: list[PGresult]) -> None:
        for result, sent in zip(results, self._sent, strict=False):
            if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
                raise self._refused(result)
            if isinstance(sent, bytes):
                self._known.names[sent] = self._preparing[sent]
            elif sent is not None:
                sent.rowcount = result.command_tuples or 0
                if result.ntuples:
                    self._known.values.set_pgresult(result)
                    sent.rows = self._known.values.load_rows(0, result.ntuples, tuple)
        self._known.values.set_pgresult(None)  # it would keep the last one

    def _refused(self, result: PGresult) -> Exception:
        found = error_from_result(result, encoding=self._connection.info.encoding)
        if isinstance(found, InvalidSqlStatementName | FeatureNotSupported):
            for known in _KNOWN.values():  # the tables are the same for all
                known.names.clear()
            return OutdatedStatementError(str(found))
        return found


def _through(pgconn: PGconn, syncs: int) -> PQGen[list[PGresult]]:
    """Wait for what each of the pipeline's statements had to say, and end it."""
    found: list[PGresult] = []
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:  # between two statements
            if pgconn.status != ConnStatus.OK:
                raise OperationalError("the connection is lost")
        elif result.status == ExecStatus.PIPELINE_SYNC:
            syncs -= 1
            if syncs == 0:
                pgconn.exit_pipeline_mode()
                return found
        else:
            found.append(result)
