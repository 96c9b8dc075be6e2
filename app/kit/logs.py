"""Structured logs: one JSON object a line on standard error. Nothing that names a person goes in: ids, counts and kinds only."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

# structlog would load it for coloured tracebacks, which nobody sees here: three megabytes of every server process. Who wants it loads it later.
_IS_HIDDEN = sys.modules.setdefault("rich", None) is None  # type: ignore[arg-type]
import structlog  # noqa: E402

if _IS_HIDDEN:
    del sys.modules["rich"]

# Libraries whose debug lines repeat statements, parameters or headers.
_QUIET = ("sqlalchemy", "psycopg", "procrastinate", "uvicorn.access", "httpx", "asyncio", "python_multipart")


def where(error: BaseException) -> list[str]:
    """The last frames of the traceback, without values."""
    frames, step = [], error.__traceback__
    while step is not None:
        frames.append(f"{step.tb_frame.f_code.co_qualname}:{step.tb_lineno}")
        step = step.tb_next
    return frames[-6:]


def _without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception's text may hold data, and so may what libraries write below their first line (asyncio: the whole task)."""
    event["event"] = event["event"].partition("\n")[0]
    given = event.pop("exc_info", None)
    error = (
        given
        if isinstance(given, BaseException)
        else given[1]
        if isinstance(given, tuple)
        else sys.exc_info()[1]
        if given
        else None
    )
    if error is not None:
        event["error"], event["where"] = type(error).__name__, where(error)
    return event


def configure(level: str) -> None:
    """Send structlog and the standard library's logging the same way."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_values,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
