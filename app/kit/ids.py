"""Identifiers: UUIDv7 for programs, references for the telephone. Neither is a secret."""

import secrets
import time
from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_SYMBOLS = 37
_UNSAID = str.maketrans("", "", "- ")
_LOOKALIKES = str.maketrans("OIL", "011")
_last = 0


def uuid7() -> UUID:
    """A UUID that sorts by the millisecond it was made in (RFC 9562, version 7), and within that and this process by what was made before."""
    global _last
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    if value >> 80 == _last >> 80:
        value = max(value, _last + 1)
    _last = value
    return UUID(int=value)


def new_reference(prefix: str) -> str:
    """Seven random characters and a check character, as in AP-7F3K-9Q2M.

    Crockford's check is modulo 37 and has five signs that nobody can say on the telephone, so numbers that would need one are passed over.
    """
    while (check := (number := secrets.randbits(35)) % _CHECK_SYMBOLS) >= len(CROCKFORD):
        pass
    digits = "".join(CROCKFORD[(number >> shift) & 31] for shift in range(30, -1, -5)) + CROCKFORD[check]
    return f"{prefix}-{digits[:4]}-{digits[4:]}"


def read_reference(spoken: str, prefix: str) -> str | None:
    """The reference as stored, for one as typed or heard (case, hyphens and look-alikes do not matter); None when its check fails."""
    digits = spoken.strip().upper().translate(_UNSAID)
    if len(digits) > 8:
        digits = digits.removeprefix(prefix)
    digits = digits.translate(_LOOKALIKES)
    if len(digits) != 8 or any(digit not in CROCKFORD for digit in digits):
        return None
    number = 0
    for digit in digits[:7]:
        number = number * 32 + CROCKFORD.index(digit)
    if number % _CHECK_SYMBOLS != CROCKFORD.index(digits[7]):
        return None
    return f"{prefix}-{digits[:4]}-{digits[4:]}"
