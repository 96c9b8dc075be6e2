"""Public holidays, from a library that knows those of most countries. Slow enough to be kept from the event loop."""

from collections.abc import Sequence
from datetime import date

from app.kit.errors import InvalidField

MAX_NAME = 200


def of(country: str, subdivision: str | None, years: Sequence[int]) -> list[tuple[date, str]]:
    """Date and name, by date. Raises InvalidField for what the library does not know."""
    import holidays  # here, since few processes ever need it

    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        raise InvalidField("/country", "No public holidays of this country are known", "unknown_id")
    if subdivision is not None and subdivision not in known[country]:
        raise InvalidField("/subdivision", "No public holidays of this part of the country are known", "unknown_id")
    found = holidays.country_holidays(country, subdiv=subdivision, years=years)
    for index, year in enumerate(years):
        if not found.start_year <= year <= found.end_year:
            raise InvalidField(f"/years/{index}", "No public holidays of this year are known")
    return [(on, name[:MAX_NAME]) for on, name in sorted(found.items())]
