"""The wire of enquiries."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kit.wire import Email, Input, Instant, Output, Patch, Phone, Uuid, examples, line, omitted, text

State = Literal["new", "open", "answered", "closed", "spam"]


class Consent(Input):
    """What the sender agreed to: the version of the privacy notice that was shown."""

    version: Annotated[str, line(40)]


EXAMPLE = {
    "name": "Rowan Example",
    "email": "rowan@example.org",
    "phone": None,
    "message": "Do you have anything free on Thursday evenings?",
    "topic": "first-visit",
    "article_id": "0199a000-0000-7000-8000-000000000031",
    "treatment_id": "0199a000-0000-7000-8000-000000000021",
    "wished": "Thursdays after six",
}


class EnquiryCreate(Input):
    """A question. An e-mail address or a telephone number is needed to answer it."""

    model_config = examples({**EXAMPLE, "consent": {"version": "2026-11"}})

    name: Annotated[str, line(120)]
    email: Email | None = None
    phone: Phone | None = None
    message: Annotated[str, text(5000, blank=False)]
    topic: Annotated[str, line(80)] | None = Field(default=None, description="What it is about: a topic's slug, or any words")
    article_id: Uuid | None = Field(default=None, description="The article that the question comes from")
    treatment_id: Uuid | None = Field(default=None, description="The treatment that is wished")
    wished: Annotated[str, text(500)] | None = Field(default=None, description="When the sender would like to come, in words")
    consent: Consent


class EnquiryReceipt(Output):
    """What a sender is told: that it has arrived, and what to call it on the telephone."""

    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-000000000041",
            "reference": "EN-7F3K-9Q2M",
            "state": "new",
            "created_at": "2026-12-01T08:30:00Z",
        }
    )

    id: UUID
    reference: str
    state: State
    created_at: Instant


class ConsentOut(Output):
    version: str
    at: Instant


class EnquiryOut(Output):
    """An enquiry in the inbox."""

    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-000000000041",
            "reference": "EN-7F3K-9Q2M",
            "state": "open",
            **EXAMPLE,
            "consent": {"version": "2026-11", "at": "2026-12-01T08:30:00Z"},
            "assignee_id": "0199a000-0000-7000-8000-000000000001",
            "created_at": "2026-12-01T08:30:00Z",
            "updated_at": "2026-12-01T09:10:00Z",
            "version": 2,
        }
    )

    id: UUID
    reference: str
    state: State
    name: str
    email: str | None
    phone: str | None
    message: str
    topic: str | None
    article_id: UUID | None
    treatment_id: UUID | None
    wished: str | None
    consent: ConsentOut
    assignee_id: UUID | None
    created_at: Instant
    updated_at: Instant
    version: int


class EnquiryPatch(Patch):
    """What becomes of it. What the sender wrote stays as it was sent."""

    model_config = examples({"state": "open", "assignee_id": "0199a000-0000-7000-8000-000000000001"})

    state: State = omitted()
    assignee_id: Uuid | None = omitted()
