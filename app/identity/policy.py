"""The policy table: which role has which permission. What is not here is denied.

`anonymous` is whoever sends no credential; `patient` is whoever opens a private link. A permission lets a request in; which objects it then sees is
part of every query (`visible_to`).
"""

from typing import Final

from app.kit.openapi import Audience

ANONYMOUS, PATIENT = "anonymous", "patient"
ADMIN, RECEPTIONIST, PRACTITIONER, EDITOR = STAFF_ROLES = ("admin", "receptionist", "practitioner", "editor")

_EVERYBODY = frozenset({ANONYMOUS, PATIENT, *STAFF_ROLES})
_STAFF = frozenset(STAFF_ROLES)
_FRONT_DESK = frozenset({ADMIN, RECEPTIONIST})
_DIARY = _FRONT_DESK | {PRACTITIONER}

POLICY: Final[dict[str, frozenset[str]]] = {
    "health:read": _EVERYBODY,
    "session:create": _EVERYBODY,
    "session:own": _STAFF,
    "audit:read": frozenset({ADMIN}),
    "clinic:read": _EVERYBODY,
    "clinic:write": frozenset({ADMIN}),
    "places:read": _DIARY,
    "hours:read": _DIARY,
    "hours:write": _DIARY,
    "closures:read": _DIARY,
    "closures:write": _FRONT_DESK,
    "availability:read": _EVERYBODY,
    "appointments:book": _DIARY | {ANONYMOUS, PATIENT},
    "appointments:list": _DIARY,
    "appointments:read": _DIARY | {PATIENT},
    "appointments:cancel": _DIARY | {PATIENT},
    "appointments:confirm": _DIARY,
    "appointments:hold": _DIARY | {ANONYMOUS, PATIENT},
    "appointments:reschedule": _DIARY | {PATIENT},
    "appointments:attend": _DIARY,
    "appointments:link": _FRONT_DESK,
    "courses:read": _DIARY | {PATIENT},
    "courses:list": _DIARY,
    "plans:read": _DIARY,
    "courses:write": _DIARY,
    "diary:read": _DIARY,
    "patients:read": _DIARY,
    "patients:write": _FRONT_DESK,
    "patients:erase": frozenset({ADMIN}),
    "articles:read": _EVERYBODY,
    "articles:write": frozenset({ADMIN, EDITOR}),
    "enquiries:create": _EVERYBODY,
    "enquiries:read": _FRONT_DESK,
    "enquiries:write": _FRONT_DESK,
}


def allows(permission: str, role: str) -> bool:
    return role in POLICY.get(permission, frozenset())


def audience(permission: str) -> Audience:
    """Whom it lets in, for the API's description."""
    roles = POLICY.get(permission, frozenset())
    return Audience(ANONYMOUS in roles, bool(roles & {ANONYMOUS, PATIENT}), roles >= {PATIENT, *STAFF_ROLES})
