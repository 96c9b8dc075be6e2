"""Users, sign-in and sign-out."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity import audit, queries
from app.identity.actor import Actor
from app.identity.models import AccessToken, User
from app.identity.passwords import hash_password, verify_password
from app.identity.tokens import LINK_PREFIX, STAFF_PREFIX, hash_of, new_token
from app.kit.errors import Conflict, Unauthenticated


class EmailTaken(Conflict):
    code = "email_taken"
    title = "A user with this e-mail address exists"


class WrongPassword(Unauthenticated):
    code = "wrong_password"
    title = "E-mail address or password is wrong"
    meaning = "Nobody who may sign in has this e-mail address and this password. Which of the two is wrong is not said."


async def add_user(
    session: AsyncSession, actor: Actor, *, email: str, name: str, role: str, password: str, practitioner_id: UUID | None = None
) -> User:
    """Raises EmailTaken."""
    if await queries.user_by_email(session, email) is not None:
        raise EmailTaken
    user = User(email=email, name=name, role=role, password_hash=await hash_password(password), practitioner_id=practitioner_id)
    session.add(user)
    await session.flush()  # the trail below names its id
    audit.record(session, actor, "user.add", "user", user.id)
    return user


async def sign_in(session: AsyncSession, actor: Actor, *, email: str, password: str, now: datetime, valid_for: timedelta) -> str:
    """A new access token, shown this once. Raises WrongPassword, whether it is the address or the password that is wrong."""
    user = await queries.user_by_email(session, email)
    known = None if user is None or not user.active else (user.id, user.role, user.password_hash)
    # Nothing is written yet, and a connection has better to do than to wait for Argon2.
    await session.rollback()
    if not await verify_password(password, known[2] if known else None) or known is None:
        raise WrongPassword
    user_id, role, _ = known
    token = new_token(STAFF_PREFIX)
    session.add(AccessToken(hash=hash_of(token), user_id=user_id, expires_at=now + valid_for))
    signed_in = Actor(role=role, request_id=actor.request_id, user_id=user_id)
    audit.record(session, signed_in, "session.create", "user", user_id)
    return token


async def sign_out(session: AsyncSession, actor: Actor, token: str) -> None:
    """Revoke a token of the actor's own; one that is unknown or another's is passed over, as RFC 7009 asks."""
    await session.execute(delete(AccessToken).where(AccessToken.hash == hash_of(token), AccessToken.user_id == actor.user_id))
    audit.record(session, actor, "session.revoke", "user", actor.user_id)


def new_link(appointment_id: UUID, expires_at: datetime) -> tuple[str, dict[str, object]]:
    """A private link's token, shown this once, and its row."""
    token = new_token(LINK_PREFIX)
    return token, {"hash": hash_of(token), "appointment_id": appointment_id, "expires_at": expires_at}
