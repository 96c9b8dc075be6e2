"""Errors as kinds.

    AppError
    ├── BadRequest            400  cannot be parsed
    ├── Unauthenticated       401
    ├── Forbidden             403
    ├── NotFound              404  foreign objects too
    ├── NotAcceptable         406
    ├── Conflict              409  the state of things is against it
    ├── PreconditionFailed    412
    ├── TooLarge              413, 414, 431 (three classes in `app.kit.envelope`)
    ├── UnsupportedMediaType  415
    ├── Rejected              422  understood, and against the rules
    ├── PreconditionRequired  428
    ├── TooManyRequests       429
    └── Unavailable           503

A feature declares its own errors beside the rule that raises them, as subclasses with a stable `code` and a `title`; facts are keyword
arguments and appear in the answer. `meaning` is what
`/problems/{code}` says to a developer; a subclass may say it better than its kind. `app.kit.problems` turns any of them into problem+json.
Nobody raises HTTPException.
"""

from typing import Any, ClassVar


class AppError(Exception):
    """An error that a caller is told about. Raised, never returned: what is returned commits.

    `detail` is one sentence for a person; `facts` are JSON-ready values for a program. Neither may repeat what was sent.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"
    meaning: ClassVar[str] = (
        "The fault is ours and is in our log under the request_id; nothing was changed. Sending the request again may "
        "help, and not doing so never harms."
    )
    example: ClassVar[dict[str, Any]] = {}  # facts as they may look, for the API's description

    def __init__(self, detail: str | None = None, *, headers: dict[str, str] | None = None, **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = headers or {}
        self.facts = facts


class BadRequest(AppError):
    status = 400
    code = "bad_request"
    title = "The request cannot be understood"
    meaning = "The request breaks the form that every request has. Sent again unchanged, it is refused again."


class Unauthenticated(AppError):
    status = 401
    code = "unauthenticated"
    title = "A valid credential is needed"
    meaning = "There is no credential, or it is unknown, expired or revoked. Sign in and send the token as Authorization: Bearer."

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **facts)


class Forbidden(AppError):
    status = 403
    code = "forbidden"
    title = "This credential may not do that"
    meaning = "The credential is good, and its role does not have this permission."


class NotFound(AppError):
    status = 404
    code = "not_found"
    title = "There is no such thing here"
    meaning = "The address names nothing, or nothing that this credential may know of."


class MethodNotAllowed(AppError):
    status = 405
    code = "method_not_allowed"
    title = "This resource does not have that method"
    meaning = "The Allow header names the methods that this address has."


class NotAcceptable(AppError):
    status = 406
    code = "not_acceptable"
    title = "None of the accepted media types can be produced"
    meaning = "The Accept header leaves out every media type that this operation has."


class Conflict(AppError):
    status = 409
    code = "conflict"
    title = "The present state is against it"
    meaning = "The request is well formed, and the state of things is against it. Read that state again and decide anew."


class PreconditionFailed(AppError):
    status = 412
    code = "version_changed"
    title = "The resource has changed since it was read"
    meaning = "Somebody has changed the resource in the meantime. Read it again, and send the change with its new ETag."


class UnsupportedMediaType(AppError):
    status = 415
    code = "unsupported_media_type"
    title = "The body's media type is not accepted here"
    meaning = "The Content-Type header must name a media type that this operation reads."


class Rejected(AppError):
    status = 422
    code = "invalid"
    title = "The request is understood but not valid"
    meaning = "The request can be read, and breaks rules of the API; `errors` says which, and where."
    example: ClassVar[dict[str, Any]] = {"errors": [{"pointer": "/starts_at", "code": "missing", "message": "Field required"}]}


class PreconditionRequired(AppError):
    status = 428
    code = "if_match_required"
    title = "If-Match with the version that was read is needed"
    meaning = "A change says which version it is a change of: send the ETag that was read as If-Match."


class TooManyRequests(AppError):
    status = 429
    code = "too_many_requests"
    title = "Too many requests; wait a little"
    meaning = "Wait for as many seconds as Retry-After says."


class Unavailable(AppError):
    status = 503
    code = "unavailable"
    title = "The service cannot answer just now"
    meaning = (
        "Something that the service needs is away or overloaded. Wait for as many seconds as Retry-After says and "
        "send the request again, a write with the same Idempotency-Key."
    )

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 2, **facts: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)}, **facts)


class InvalidField(Rejected):
    """One field is at fault, found by a rule that the schema cannot say. `pointer` is a JSON pointer, or the parameter's name."""

    def __init__(self, pointer: str, message: str, code: str = "value_error") -> None:
        super().__init__(errors=[{"pointer": pointer, "code": code, "message": message}])


def registry() -> dict[str, type[AppError]]:
    """Every code that can be answered, with the class that carries it; the base kinds included."""
    found: dict[str, type[AppError]] = {}
    waiting: list[type[AppError]] = [AppError]
    while waiting:
        kind = waiting.pop()
        found.setdefault(kind.code, kind)
        waiting.extend(kind.__subclasses__())
    return found
