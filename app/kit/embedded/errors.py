"""The one error of the embedded server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedError(Exception):
    """The embedded server cannot be used; `str(error)` is one sentence that says what to do."""

    exit_code = 3


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn an `OSError` met while working in `place` into an `EmbeddedError` that names the path and the way out."""
    try:
        yield
    except OSError as error:
        path = error.filename or place
        raise EmbeddedError(
            f"Cannot use {path} for the embedded PostgreSQL ({error.strerror or error}): set MERIDIAN_STATE_DIR to a "
            "folder this account can write in, or DATABASE_URL to a running server."
        ) from error
