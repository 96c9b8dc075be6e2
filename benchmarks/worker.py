"""One server process: `python -m benchmarks.worker product|floors`, with the number of a socket that the parent has opened.

Product and floors are served alike, with the options of `meridian serve`. It has nothing in its memory that a server of the product has not.
"""

import os
import socket
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from app import settings as app_settings
from app.kit import logs
from app.main import create_app
from app.served import settled
from benchmarks.floors import create_floors


def _product() -> ASGIApp:
    """Without the background worker, which wakes up when it likes."""
    settings = app_settings.load()
    logs.configure(settings.log_level)
    return settled(create_app(settings))


def _floors() -> ASGIApp:
    return create_floors(os.environ["DATABASE_URL"])


def main(what: str, descriptor: int) -> None:
    """Serve on a socket that was opened by the parent."""
    applications: dict[str, Callable[[], ASGIApp]] = {"product": _product, "floors": _floors}
    config = uvicorn.Config(
        applications[what], factory=True, log_config=None, access_log=False, server_header=False, proxy_headers=False, ws="none"
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
