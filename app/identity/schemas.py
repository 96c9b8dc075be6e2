"""The wire of identity."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.identity.passwords import MAX_LENGTH
from app.kit.wire import LINE_PATTERN, Input, Instant, Output, examples

Role = Literal["admin", "receptionist", "practitioner", "editor"]


class CreateTokenForm(Input):
    """What OAuth2 clients send with a password grant."""

    username: str = Field(
        max_length=254, pattern=LINE_PATTERN, description="The e-mail address", examples=["admin@clinic.example"]
    )
    password: str = Field(max_length=MAX_LENGTH, examples=["four words in a row"])
    grant_type: Literal["password"] = Field(default="password", examples=["password"])
    scope: str = Field(default="", max_length=200, description="Not used")
    client_id: str = Field(default="", max_length=200, description="Not used")
    client_secret: str = Field(default="", max_length=200, description="Not used")


class RevokeTokenForm(Input):
    token: str = Field(max_length=200, description="The token to revoke; one of the caller's own", examples=["mst_9pX2…"])
    token_type_hint: str = Field(default="", max_length=200, description="Not used")


class TokenOut(Output):
    model_config = examples({"access_token": "mst_9pX2…", "token_type": "bearer", "expires_in": 43200})

    access_token: str = Field(description="Shown this once")
    token_type: Literal["bearer"]
    expires_in: int = Field(description="Seconds")


class MeOut(Output):
    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-000000000001",
            "email": "admin@clinic.example",
            "name": "Clinic administrator",
            "role": "admin",
            "practitioner_id": None,
        }
    )

    id: UUID
    email: str
    name: str
    role: Role
    practitioner_id: UUID | None


class AuditEntryOut(Output):
    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-0000000000a1",
            "at": "2026-12-01T08:30:00Z",
            "actor_key": "user:0199a000-0000-7000-8000-000000000001",
            "action": "treatment.update",
            "subject_kind": "treatment",
            "subject_id": "0199a000-0000-7000-8000-000000000021",
            "request_id": "0199a3f2c4b07d0f8f4e2b7a91c3d5e6",
            "changed": ["price"],
        }
    )

    id: UUID
    at: Instant
    actor_key: str
    action: str
    subject_kind: str
    subject_id: UUID | None
    request_id: str
    changed: list[str] = Field(description="Names of the fields that changed; never their values")
