"""Wall time and instants (T3). Zones are IANA names; an unknown one raises `zoneinfo.ZoneInfoNotFoundError`."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60


@lru_cache(maxsize=1 << 14)
def instant(zone: str, on: date, minute: int) -> int:
    """The instant at which clocks in the zone show that minute (0 to 2,880: the next day counts on) of the date.

    A wall time that does not exist moves forward by the gap, one that exists twice means the first: both are what
    `fold=0` does.
    """
    days, minute_of_day = divmod(minute, DAY_MINUTES)
    wall = datetime.combine(on + timedelta(days=days), time(minute_of_day // 60, minute_of_day % 60))
    return int(wall.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp())


def midnight(zone: str, on: date) -> int:
    """The first instant of the local date, even where it does not begin at 00:00."""
    return instant(zone, on, 0)


def local_date(zone: str, at: int) -> date:
    """The date that calendars in the zone show at the instant."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()
