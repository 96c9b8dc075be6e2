"""JSON read strictly: what another parser might read differently is refused instead of guessed."""

import json
import math
from typing import Any, NoReturn

from app.kit.errors import BadRequest, Rejected

MAX_DEPTH = 32
MAX_ITEMS = 1_000


class MalformedJson(BadRequest):
    code = "malformed_json"
    title = "The body is not acceptable JSON"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("An object has the same name twice.")
    return found


def _constant(_: str) -> NoReturn:
    raise MalformedJson("NaN and Infinity are not JSON.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedJson("A number is too large.")
    return value


def parse(body: bytes) -> Any:
    """The value of a JSON text.

    Raises MalformedJson (400) for what is not JSON, not UTF-8, nested deeper than `MAX_DEPTH`, has a name twice in one object or a number that
    is not finite; Rejected (422) for arrays of more than `MAX_ITEMS`. What texts may hold is said by the types in `app.kit.wire`.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except UnicodeDecodeError:
        raise MalformedJson("The body is not UTF-8.") from None
    except RecursionError:
        raise MalformedJson(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError:
        # JSONDecodeError, and integers of thousands of digits
        raise MalformedJson("The body is not JSON.") from None
    _check_size(value)
    return value


def _check_size(value: Any) -> None:
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        current, depth = waiting.pop()
        if isinstance(current, dict):
            members = list(current.values())
        elif isinstance(current, list):
            members = current
            if len(current) > MAX_ITEMS:
                message = f"An array may have at most {MAX_ITEMS} items"
                raise Rejected(errors=[{"pointer": "", "code": "too_long", "message": message}])
        else:
            continue
        if depth > MAX_DEPTH:
            raise MalformedJson(f"The body is nested deeper than {MAX_DEPTH} levels.")
        waiting.extend((member, depth + 1) for member in members)
