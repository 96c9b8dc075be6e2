"""Opaque tokens: 256 random bits behind a prefix that says what they open. Only their hash is kept."""

import hashlib
import secrets

STAFF_PREFIX = "mst_"
LINK_PREFIX = "mpl_"
HOLD_PREFIX = "mht_"


def new_token(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """SHA-256 is enough for a secret of 256 random bits; a slow hash is for passwords."""
    return hashlib.sha256(token.encode()).digest()
