"""The wire of patients."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.kit.pages import DEFAULT_LIMIT, MAX_LIMIT
from app.kit.wire import Email, Flag, Input, Instant, Output, Patch, Phone, Uuid, examples, line, omitted, text, whole

MAX_CONTACTS = 10
MAX_NOTES = 4000

_BIRTH_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d", re.ASCII)


def _birth_date(value: Any) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _BIRTH_DATE.fullmatch(value):
        raise ValueError("A date such as 1984-03-05 is needed, from 1900 on")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("There is no such date") from None


BirthDate = Annotated[
    date,
    BeforeValidator(_birth_date),
    WithJsonSchema({"type": "string", "format": "date", "description": "From 1900 on, not to come", "examples": ["1984-03-05"]}),
]
Name = Annotated[str, line(120)]
Notes = Annotated[str, text(MAX_NOTES)]

_CONTACT: dict[str, Any] = {"name": "Rosa Abara", "relation": "mother", "email": "rosa@example.com", "phone": "020 7946 0958"}
_EXAMPLE: dict[str, Any] = {
    "name": "Tobias Abara",
    "email": "tobias@example.com",
    "phone": "07700 900123",
    "date_of_birth": "2011-03-05",
    "contacts": [_CONTACT],
    "notes": "Prefers mornings.",
}
_PATIENT = {
    "id": "0199a000-0000-7000-8000-000000000051",
    **_EXAMPLE,
    "confirmed": True,
    "merged_into_id": None,
    "erased_at": None,
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-01T09:00:00Z",
    "version": 1,
}


class Person(Input):
    """Somebody by name, and how to reach them."""

    model_config = examples({"name": "Rosa Abara", "email": "rosa@example.com", "phone": "020 7946 0958"})

    name: Name
    email: Email | None = None
    phone: Phone | None = None


class Contact(Person):
    """Somebody to call for a patient. E-mail addresses and telephones may be shared by many."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_CONTACT]})

    relation: Annotated[str, line(60)] = Field(examples=["mother"])


Contacts = Annotated[list[Contact], Field(max_length=MAX_CONTACTS)]


class PatientCreate(Input):
    """Who is treated. A name is enough."""

    model_config = examples(_EXAMPLE, {"name": "Tobias Abara"})

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    date_of_birth: BirthDate | None = None
    contacts: Contacts = Field(default=[])
    notes: Notes | None = None


class PatientPatch(Patch):
    """What is left out stays as it is. A list of contacts replaces the whole list."""

    model_config = examples({"phone": "07700 900456", "confirmed": True})

    name: Name = omitted()
    email: Email | None = omitted()
    phone: Phone | None = omitted()
    date_of_birth: BirthDate | None = omitted()
    contacts: Contacts = omitted()
    notes: Notes | None = omitted()
    confirmed: Flag = omitted()


class PatientSearch(Input):
    """Sent as a body, since names do not belong in addresses and logs."""

    model_config = examples({"q": "abara", "limit": 10}, {"q": "+44 20 7946 0958"})

    q: Annotated[str, line(100)] = Field(
        description="Parts of a name or e-mail address in any order, or a telephone; of the patient or of a contact"
    )
    limit: Annotated[int, whole(1, MAX_LIMIT)] = Field(default=DEFAULT_LIMIT, description="How many are answered at most")


class PatientOut(Output):
    """Who is treated. `confirmed` is false while nobody has looked at somebody who booked without being known."""

    model_config = examples(_PATIENT)

    id: UUID
    name: str
    email: str | None
    phone: str | None
    date_of_birth: BirthDate | None
    contacts: list[Contact]
    notes: str | None
    confirmed: bool
    merged_into_id: UUID | None = Field(description="Whose record this is by now; it is not listed any more")
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class PatientsFound(Output):
    """By name; `more` says that there are others, and a longer question would tell them apart."""

    model_config = examples({"items": [_PATIENT], "more": False})

    items: list[PatientOut]
    more: bool


class Alike(Output):
    """A record that may be of the same person."""

    patient: PatientOut
    agrees_on: list[Literal["name", "email", "phone", "date_of_birth"]] = Field(
        description="Addresses and telephones are those of contacts too, and may be shared by a household"
    )
    born_apart: bool = Field(description="Their dates of birth say that they are two people")


class AlikeOut(Output):
    """The likeliest first."""

    model_config = examples(
        {
            "items": [
                {
                    "patient": {**_PATIENT, "id": "0199a000-0000-7000-8000-000000000052", "contacts": [], "notes": None},
                    "agrees_on": ["name", "email", "phone", "date_of_birth"],
                    "born_apart": False,
                }
            ]
        }
    )

    items: list[Alike]


class MergeBody(Input):
    """Into whose record this one goes."""

    model_config = examples({"into_patient_id": "0199a000-0000-7000-8000-000000000052"})

    into_patient_id: Uuid
