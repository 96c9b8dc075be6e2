"""Passwords: Argon2 in a thread, and few at a time, since each takes a quarter of a second and much memory."""

import asyncio

from pwdlib import PasswordHash

MIN_LENGTH, MAX_LENGTH = 12, 256
_CONCURRENT = 2

_hasher = PasswordHash.recommended()
# Verified when there is no such user, so that the answer takes as long.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$Zm9yIG5vYm9keSwgbmV2ZXIgdHJ1ZSAuLi4uLi4uLi4"
_limit = asyncio.Semaphore(_CONCURRENT)


async def hash_password(password: str) -> str:
    async with _limit:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is right; takes the same time when there is no hash to compare with."""
    async with _limit:
        matches = await asyncio.to_thread(_hasher.verify, password, password_hash or _NOBODY)
    return matches and password_hash is not None
