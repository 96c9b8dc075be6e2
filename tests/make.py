"""Plain functions that make things, through the API where there is one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.identity.models import AccessToken, User
from app.identity.tokens import STAFF_PREFIX, hash_of, new_token
from app.kit.db import Database
from app.kit.ids import uuid7

from tests.client import Client, Json


async def make_user(database: Database, *, role: str, practitioner_id: UUID | str | None = None) -> str:
    """A signed-in user; the token. Signing in by password has tests of its own and takes a quarter of a second."""
    token = new_token(STAFF_PREFIX)
    user_id = uuid7()
    async with database.writing() as session:
        session.add(
            User(
                id=user_id,
                email=f"{user_id}@clinic.example",
                name=role.title(),
                role=role,
                password_hash="!",
                practitioner_id=UUID(str(practitioner_id)) if practitioner_id else None,
            )
        )
        await session.flush()
        session.add(AccessToken(hash=hash_of(token), user_id=user_id, expires_at=datetime(2100, 1, 1, tzinfo=UTC)))
        await session.commit()
    return token


async def make_treatment(admin: Client, **changes: Any) -> Json:
    """30 attended minutes, no place needed."""
    return await admin.create(
        "/v1/treatments",
        {
            "name": "Treatment",
            "phases": [{"minutes": 30, "attended": True}],
            "price": {"amount": "40.00", "currency": "GBP"},
            **changes,
        },
    )
