"""Lets a request in or not: credential → Actor → policy table."""

from fastapi import Request

from app.identity import queries
from app.identity.actor import Actor
from app.identity.policy import ANONYMOUS, PATIENT, allows
from app.identity.tokens import LINK_PREFIX, STAFF_PREFIX, hash_of
from app.kit.clock import Clock
from app.kit.db import Reader
from app.kit.errors import Forbidden, Unauthenticated


class Gate:
    """A bad credential is 401 even on a public route; it never falls through to being anonymous."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def admit(self, reader: Reader, request: Request, permission: str) -> Actor:
        actor = await self._resolve(reader, request)
        if allows(permission, actor.role):
            return actor
        if actor.role == ANONYMOUS:
            raise Unauthenticated
        raise Forbidden

    async def _resolve(self, reader: Reader, request: Request) -> Actor:
        request_id: str = request.scope.get("request_id", "")
        headers = request.headers.getlist("authorization")
        if not headers:
            return Actor(role=ANONYMOUS, request_id=request_id)
        if len(headers) > 1:
            raise Unauthenticated("One credential is needed, and no more.")
        scheme, _, token = headers[0].partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token.isascii():
            raise Unauthenticated("The credential must be a bearer token.")
        now = self._clock.now()
        if token.startswith(STAFF_PREFIX):
            user = await queries.user_of_token(reader, hash_of(token), now)
            if user is not None:
                user_id, role, practitioner_id = user
                return Actor(role=role, request_id=request_id, user_id=user_id, practitioner_id=practitioner_id)
        elif token.startswith(LINK_PREFIX):
            appointment_id = await queries.appointment_of_link(reader, hash_of(token), now)
            if appointment_id is not None:
                return Actor(role=PATIENT, request_id=request_id, appointment_id=appointment_id)
        raise Unauthenticated("The credential is not valid, or no longer.")
