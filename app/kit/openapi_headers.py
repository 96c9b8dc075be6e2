"""The headers that the edge reads and writes, as the OpenAPI document describes them."""

from typing import Any

Json = dict[str, Any]

HEADERS: Json = {
    "X-Request-Id": {
        "description": "Of this request; the one that was sent, if it was safe",
        "required": True,
        "schema": {"type": "string", "maxLength": 64, "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
        "example": "0199a3f2c4b07d0f8f4e2b7a91c3d5e6",
    },
    "ETag": {
        "description": "The version, for If-Match and If-None-Match",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
        "example": '"1"',
    },
    "Location": {
        "description": "Where the new thing is",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/v1/things/0199a000-0000-7000-8000-000000000001",
    },
    "Idempotent-Replayed": {
        "description": "Only on an answer that was given before to the same Idempotency-Key",
        "schema": {"type": "string", "const": "true"},
        "example": "true",
    },
    "Retry-After": {
        "description": "Seconds to wait before asking again",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "2",
    },
    "WWW-Authenticate": {
        "description": "Which credential would do",
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}
IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again with the same body, the request is done once and answered the same. 16 to 255 visible ASCII characters",
    "schema": {"type": "string", "minLength": 16, "maxLength": 255, "pattern": "^[\\x21-\\x7e]{16,255}$"},
    "example": "0199a3f2-c4b0-7d0f-8f4e-2b7a91c3d5e6",
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the copy that the client has; while that is the current version, the answer is 304",
    "schema": {"type": "string"},
    "example": '"0"',
}
