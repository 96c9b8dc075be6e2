"""The edge: one request, one transaction, committed before the answer leaves.

In order: who asks and may they (401, 403), is the question well formed (400, 406, 415, 422), was it answered before (replay), then FastAPI and the
route, then COMMIT, then the answer. A refusal is raised and rolls back. Losing a race (a deadlock, a serialisation failure, time that the constraint
says somebody else has got) is not the client's matter: the request is run again a few times, and then hears what a latecomer hears. So it is when a
table has changed under a prepared statement.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote_to_bytes

from fastapi import Request, Response
from psycopg.errors import DeadlockDetected, ExclusionViolation, SerializationFailure
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from app.kit import last, problems, strict_json
from app.kit.clock import Clock
from app.kit.db import Database, OnDemand, Reader, commit, is_changed
from app.kit.errors import BadRequest, Conflict, NotAcceptable, Rejected, UnsupportedMediaType
from app.kit.idempotency import IdempotencyKeyRequired, Keyed, read_key
from app.kit.last import SpoiledError
from app.kit.pipeline import OutdatedStatementError

if TYPE_CHECKING:
    from app.kit.routing import Contract

MAX_ATTEMPTS = 5
LOST_RACE = (DeadlockDetected, SerializationFailure, ExclusionViolation)
AGAIN = (*LOST_RACE, OutdatedStatementError)
_SAFE = ("GET", "HEAD")

Handle = Callable[[Request], Awaitable[Response]]


class Caller(Protocol):
    """Whoever asks. `key` tells callers apart; `is_public` is true without a staff credential."""

    @property
    def key(self) -> str: ...
    @property
    def is_public(self) -> bool: ...


class Gate(Protocol):
    """Knows who asks from the credential alone, and what they may do."""

    async def admit(self, reader: Reader, request: Request, permission: str) -> Caller: ...


class Wired(Protocol):
    """What the application puts on `app.state`."""

    database: Database
    gate: Gate
    clock: Clock
    secret: bytes


class StrictRequest(Request):
    """A request whose JSON has been read strictly before the framework asks for it."""

    parsed: Any = None

    @override
    async def json(self) -> Any:
        return self.parsed


async def serve(original: Request, contract: "Contract", handle: Handle) -> Response:
    request = StrictRequest(original.scope, original.receive)
    check_accept(request, contract)
    await read_body(request, contract)
    for attempt in range(MAX_ATTEMPTS):
        try:
            return await _attempt(request, contract, handle, is_first=attempt == 0)
        except SpoiledError:
            continue  # the next attempt looks at what is in the way
        except DBAPIError as error:
            if not isinstance(error.orig, LOST_RACE) or attempt == MAX_ATTEMPTS - 1:
                raise
        except AGAIN:
            if attempt == MAX_ATTEMPTS - 1:
                raise
        await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 jitter
    raise AssertionError("unreachable")


async def _attempt(request: StrictRequest, contract: "Contract", handle: Handle, *, is_first: bool) -> Response:
    wired: Wired = request.app.state
    reads = request.method in _SAFE
    session = OnDemand(wired.database.reading if reads else wired.database.writing)
    try:
        caller = await _admit(request, contract, wired, session)
        if reads:
            return await handle(request)
        keyed = _keyed(request, contract, caller, wired)
        if keyed is not None:
            return await _answer_once(request, handle, keyed, session(), wired.clock.now(), is_first=is_first)
        response = await handle(request)
        if session.is_made:
            await commit(session())
        return response
    finally:
        await session.close()


async def _answer_once(
    request: StrictRequest, handle: Handle, keyed: Keyed, session: AsyncSession, now: datetime, *, is_first: bool
) -> Response:
    replay = await keyed.begin(session, now)
    if replay is not None:
        return replay
    if is_first:
        last.allow(session)
    try:
        response = await handle(request)
        if is_changed(session):
            await last.settle(session)
            await session.flush()
    except Conflict as refusal:
        await last.settle(session)
        # A refusal is an answer too: whoever repeats the request hears it again, and not what has become free since.
        refused = problems.response_of(refusal, request.scope.get("request_id", ""))
        return await keyed.keep_refusal(session, refused, now)
    except BaseException:
        await last.give_up(session)
        raise
    await keyed.keep(session, response, now)
    return response


async def _admit(request: Request, contract: "Contract", wired: Wired, session: Callable[[], AsyncSession]) -> Caller:
    """Who asks, and whether they may; then whether the question is well formed."""
    request.state.session = session
    caller = await wired.gate.admit(wired.database.reader, request, contract.permission)
    request.state.caller = caller
    check_query(request, contract)
    return caller


def _keyed(request: StrictRequest, contract: "Contract", caller: Caller, wired: Wired) -> Keyed | None:
    if request.method not in {"POST", "PATCH"} or contract.takes_form:
        return None
    key = read_key(request)
    if isinstance(request.parsed, dict) and request.parsed.get("validate_only") is True:
        return None  # it writes nothing, so that there is nothing to repeat; the key stays good for the real request
    if key is None:
        if contract.needs_key and caller.is_public:
            raise IdempotencyKeyRequired
        return None
    return Keyed.of(
        caller=caller.key, request=request, key=key, body=request.parsed, secret=wired.secret, keep_for=contract.keep_answer_for
    )


def check_query(request: Request, contract: "Contract") -> None:
    """Raises Rejected (422) for a parameter that is unknown or, being single, repeated. Unknown names are not repeated in the answer."""
    seen: set[str] = set()
    found: list[dict[str, str]] = []
    for name, _ in request.query_params.multi_items():
        if name not in contract.single_parameters and name not in contract.list_parameters:
            found.append({"pointer": "", "code": "unknown_parameter", "message": "Unknown parameter"})
        elif name in contract.single_parameters and name in seen:
            found.append({"pointer": name, "code": "repeated_parameter", "message": "This parameter may be given once"})
        seen.add(name)
    if found:
        raise Rejected(errors=found[: problems.MAX_ERRORS])


def check_accept(request: Request, contract: "Contract") -> None:
    """Raises NotAcceptable (406) when the client accepts nothing that this operation produces."""
    accept = request.headers.get("accept")
    if not accept:
        return
    kind, _, _ = contract.produces.partition("/")
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        refused = any(parameter.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for parameter in parameters)
        if media in {"*/*", f"{kind}/*", contract.produces, problems.MEDIA_TYPE} and not refused:
            return
    raise NotAcceptable


async def read_body(request: StrictRequest, contract: "Contract") -> None:
    """Raises what `strict_json.parse` does, and UnsupportedMediaType (415)."""
    if not contract.takes_body:
        return
    body = await request.body()
    if not body:
        return
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if contract.takes_form:
        accepted = {"application/x-www-form-urlencoded"}
    else:
        accepted = {"application/json"} | ({"application/merge-patch+json"} if request.method == "PATCH" else set())
    if media not in accepted:
        raise UnsupportedMediaType(f"The body must be {' or '.join(sorted(accepted))}.")
    if not contract.takes_form:
        request.parsed = strict_json.parse(body)
        return
    try:
        # The framework would read whatever else it is as Latin-1.
        unquote_to_bytes(body).decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    names = [name for name, _ in (await request.form()).multi_items()]
    if len(names) != len(set(names)):
        raise Rejected(errors=[{"pointer": "", "code": "repeated_field", "message": "A field may be given once"}])
