"""Idempotency keys: a request that is sent twice is done once, and answered the same.

The answer is stored in the transaction of the work. Two steps, both cheap: `begin` takes an advisory lock on the key (a twin that is still
running is told so) and then, in a later statement and so with a fresh snapshot, looks for a stored answer; `keep` stores the new one. The row's id
is a hash of caller, method, path and key, so nobody meets somebody else's answer. What is stored may hold personal data or a token, so it is
encrypted under the service's secret together with the client's key, which the database does not have.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from fastapi import Request, Response
from psycopg.pq import TransactionStatus
from sqlalchemy import LargeBinary
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import last
from app.kit.batch import Batch
from app.kit.db import Base, driver
from app.kit.errors import BadRequest, Conflict, Rejected

_KEY = re.compile(r"[\x21-\x7e]{16,255}")
# What is asked lies in these headers too; a proof that is another is another request, and never gets the answer of the first.
_ASKED_HEADERS = ("if-match", "hold-token")
_KEPT_HEADERS = ("location", "etag", "content-type", "cache-control", "www-authenticate")
SAVEPOINT = "meridian_edge"


class IdempotencyRecord(Base):
    __tablename__ = "idempotency_records"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class BadIdempotencyKey(BadRequest):
    code = "bad_idempotency_key"
    title = "An Idempotency-Key is 16 to 255 visible ASCII characters"


class IdempotencyKeyRequired(BadRequest):
    code = "idempotency_key_required"
    title = "This request needs an Idempotency-Key"


class IdempotencyKeyReused(Rejected):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class IdempotencyInProgress(Conflict):
    code = "idempotency_in_progress"
    title = "The first request with this Idempotency-Key is still running"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


def read_key(request: Request) -> str | None:
    """The key, bare or quoted. Raises BadIdempotencyKey (400)."""
    headers = request.headers.getlist("idempotency-key")
    if not headers:
        return None
    if len(headers) > 1:
        raise BadIdempotencyKey
    header = headers[0]
    key = header[1:-1] if len(header) > 1 and header[0] == header[-1] == '"' else header
    if not _KEY.fullmatch(key):
        raise BadIdempotencyKey
    return key


def fingerprint_of(body: Any, query: str, headers: Mapping[str, str]) -> bytes:
    """A hash of what is asked. Of the body the canonical form: spaces and the order of names do not matter."""
    asked = [headers.get(name) for name in _ASKED_HEADERS]
    canonical = json.dumps([query, asked, body], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).digest()


@dataclass(frozen=True, slots=True)
class Keyed:
    """One request with a key: where its answer is stored, and how it is locked up."""

    id: bytes
    fingerprint: bytes
    cipher: Fernet
    keep_for: timedelta

    @classmethod
    def of(cls, *, caller: str, request: Request, key: str, body: Any, secret: bytes, keep_for: timedelta) -> "Keyed":
        scope = json.dumps([caller, request.method, request.url.path, key]).encode()
        cipher = Fernet(base64.urlsafe_b64encode(hashlib.blake2b(key.encode(), key=secret, digest_size=32).digest()))
        fingerprint = fingerprint_of(body, request.url.query, request.headers)
        return cls(hashlib.sha256(scope).digest(), fingerprint, cipher, keep_for)

    async def begin(self, session: AsyncSession, now: datetime) -> Response | None:
        """The stored answer, or None and the right to make one. Raises IdempotencyInProgress (409) and IdempotencyKeyReused (422)."""
        async with Batch(await driver(session)) as batch:
            lock = batch.execute("SELECT pg_try_advisory_xact_lock(%s)", (int.from_bytes(self.id[:8], signed=True),))
            row = batch.execute(
                "SELECT fingerprint, status, headers, body FROM idempotency_records WHERE id = %s AND expires_at > %s",
                (self.id, now),
            )
            batch.execute(f"SAVEPOINT {SAVEPOINT}")
        if lock.rows != [(True,)]:
            raise IdempotencyInProgress
        if not row.rows:
            return None
        [(fingerprint, status, headers, body)] = row.rows
        if bytes(fingerprint) != self.fingerprint:
            raise IdempotencyKeyReused
        return Response(self.cipher.decrypt(bytes(body)), status_code=status, headers={**headers, "Idempotent-Replayed": "true"})

    async def keep(self, session: AsyncSession, response: Response, now: datetime, *, undo: bool = False) -> None:
        """Store the answer and COMMIT it together with the work, in one trip; a failure of either raises, and nothing is committed. `undo`: without
        the work."""
        async with await last.finishing(session) as batch:
            if undo:
                batch.execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            self._store(batch, response, now)
            batch.execute("COMMIT")

    def _store(self, batch: Batch, response: Response, now: datetime) -> None:
        batch.execute(
            "INSERT INTO idempotency_records (id, fingerprint, status, headers, body, expires_at) VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,"
            " body = excluded.body, expires_at = excluded.expires_at",
            (
                self.id,
                self.fingerprint,
                response.status_code,
                json.dumps({name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}),
                self.cipher.encrypt(bytes(response.body)),
                now + self.keep_for,
            ),
        )

    async def keep_refusal(self, session: AsyncSession, response: Response, now: datetime) -> Response:
        """Undo the work and commit the answer that refuses it; gives what is to be answered."""
        if session.is_active:
            let_go = (await driver(session)).info.transaction_status == TransactionStatus.IDLE
            await self.keep(session, response, now, undo=not let_go)
            session.expunge_all()
            return response
        # A flush has failed, which undid everything and let go of the key; a twin may have been quicker.
        await session.rollback()
        if (replay := await self.begin(session, now)) is not None:
            return replay
        await self.keep(session, response, now)
        return response
