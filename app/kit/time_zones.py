"""The time-zone database that this process goes by: the machine's, which its operating system keeps up to date, else the one installed here.

That is zoneinfo's own order. `VERSION` says which edition it turned out to be, so that replicas which disagree can be told apart.
"""

import zoneinfo
from functools import lru_cache
from pathlib import Path

import tzdata  # type: ignore[import-untyped]  # it holds data


def _version() -> str:
    for folder in zoneinfo.TZPATH:
        compact = Path(folder) / "tzdata.zi"
        if compact.is_file():
            with compact.open(encoding="ascii", errors="replace") as file:
                first_line = file.readline()
            # "# version 2026a"
            return first_line.removeprefix("# version").strip()
        if (Path(folder) / "Europe" / "London").is_file():
            return "unknown"
    return str(tzdata.IANA_VERSION)


VERSION: str = _version()


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """IANA names, without the aliases that mean no place."""
    return frozenset(name for name in zoneinfo.available_timezones() if name not in {"Factory", "localtime", "posixrules"})
