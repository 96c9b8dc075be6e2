"""What the API says of itself: how to begin, its parts, what a parameter of a name is, and what can follow what."""

from typing import Any, Final

from app.appointments.states import TRANSITIONS
from app.kit.openapi import About

DESCRIPTION = """\
**Reading is open**: treatments, practitioners, locations, articles and free times need no credential, nor does booking or asking a question.

**Signing in.** Staff get a token from `POST /v1/auth/token` and send it as `Authorization: Bearer …`. A patient who books gets a
`manage_token` once, sent the same way; it opens that appointment and its course. A bad credential is 401 even where none is needed. A hold's
token is no credential: it is sent in `Hold-Token`.

**Writing.** Send an `Idempotency-Key` with each POST and PATCH: sent again, it is done once. Change what you have read: its `ETag` goes into
`If-Match`. Times are UTC to the second, `2026-12-01T09:00:00Z`; dates are local to the location; money is a decimal string and a currency.

**Lists** have `items` and, where there is more, a `next_cursor` to send as `cursor`. Unknown fields and parameters are refused.

**Problems** are `application/problem+json` (RFC 9457) with a stable `code`; `type` leads to its explanation. Every answer has an `X-Request-Id`.
"""

APPOINTMENTS = f"""\
Book sittings, and all that becomes of them; a patient's private link opens its own. Whatever is not in this table is refused with `wrong_state`.

| verb | leads from | to |
|---|---|---|
{chr(10).join(f"| `{verb}` | `{state}` | `{leads_to}` |" for verb, of in TRANSITIONS.items() for state, leads_to in of.items())}
"""

TAGS: Final[list[dict[str, Any]]] = [
    {"name": "Availability", "description": "When can I come?"},
    {"name": "Appointments", "description": APPOINTMENTS, "x-transitions": TRANSITIONS},
    {
        "name": "Courses",
        "description": "Whole courses of treatment: the best plan there is, exactly, and why some of it has no time; booked or held as one,"
        " and put right with as few changes as possible when something moves.",
    },
    {"name": "Holds", "description": "Keep some times for a few minutes, for somebody who is deciding."},
    {"name": "Clinic", "description": "Settings and policy, locations, the places in them, and when they are shut."},
    {"name": "Treatments", "description": "What is offered: length, price, phases, buffers, who may book it."},
    {
        "name": "Practitioners",
        "description": "Who treats: what they offer, their registrations, working hours, overrides and time off.",
    },
    {"name": "Patients", "description": "Who is treated. For staff."},
    {"name": "Articles", "description": "What the clinic publishes: drafts for editors, published articles for everybody."},
    {"name": "Enquiries", "description": "Questions from outside, and the inbox they land in."},
    {"name": "Session", "description": "Staff sign-in, and the trail of what they changed."},
    {"name": "Health", "description": "For machines."},
]


def _id(number: str) -> str:
    return f"0199a000-0000-7000-8000-0000000000{number}"


PARAMETERS: Final[dict[str, tuple[str, Any]]] = {
    "appointment_id": ("An appointment", _id("61")),
    "article_id": ("An article", _id("31")),
    "closure_id": ("A closure", _id("07")),
    "course_id": ("A course", _id("71")),
    "enquiry_id": ("An enquiry", _id("41")),
    "hold_id": ("A hold", _id("62")),
    "location_id": ("A location", _id("05")),
    "override_id": ("An override", _id("12")),
    "patient_id": ("A patient", _id("51")),
    "place_id": ("A place", _id("06")),
    "practitioner_id": ("A practitioner", _id("11")),
    "starts_at": ("A start", "2026-12-02T09:00:00Z"),
    "time_off_id": ("A time off", _id("13")),
    "treatment_id": ("A treatment", _id("21")),
    "subject_id": ("The thing that was changed", _id("21")),
    "slug_or_id": ("An article by its slug or its id", _id("31")),
    "from": ("First local day", "2026-12-02"),
    "to": ("Last local day", "2026-12-02"),
    "on": ("The local day", "2026-12-02"),
    "request_id": ("The X-Request-Id of the request", "0199a3f2c4b07d0f8f4e2b7a91c3d5e6"),
    "topic": ("A topic by its slug", "first-visit"),
    "status": ("Only those in this state", None),
}

_TRANSITIONS: Final = (
    "confirmAppointment",
    "rescheduleAppointment",
    "cancelAppointment",
    "arriveAppointment",
    "fulfilAppointment",
    "missAppointment",
    "undoAppointment",
)

_OF_COURSE: Final = (
    "updateCourse",
    "confirmCourse",
    "replanCourse",
    "applyReplan",
    "extendCourse",
    "pauseCourse",
    "resumeCourse",
    "cancelCourse",
)

# Whatever is made can be read; the ETag goes along to what changes it.
LINKS: Final[dict[str, tuple[str, ...]]] = {
    "createAppointment": ("getAppointment", *_TRANSITIONS),
    "createCourse": ("getCourse", *_OF_COURSE),
    "getCourse": _OF_COURSE,
    "replanCourse": ("applyReplan",),
    "createHold": ("getHold", "extendHold", "releaseHold"),
    "createLocation": ("getLocation", "updateLocation", "deleteLocation", "createPlace", "listPlaces"),
    "createPlace": ("getPlace", "updatePlace", "deletePlace"),
    "createClosure": ("getClosure", "updateClosure", "deleteClosure"),
    "createTreatment": ("getTreatment", "updateTreatment", "deleteTreatment"),
    "createPractitioner": (
        "getPractitioner",
        "updatePractitioner",
        "deletePractitioner",
        "getWorkingHours",
        "replaceWorkingHours",
        "getRegistrations",
        "replaceRegistrations",
        "listOverrides",
        "createOverride",
        "listTimeOff",
        "createTimeOff",
    ),
    "createPatient": ("getPatient", "updatePatient"),
    "createArticle": ("getArticle", "updateArticle", "submitArticle", "publishArticle", "unpublishArticle", "archiveArticle"),
    "createEnquiry": ("getEnquiry",),
    "getAppointment": _TRANSITIONS,
    "getEnquiry": ("updateEnquiry",),
}

ABOUT = About(description=DESCRIPTION, tags=TAGS, parameters=PARAMETERS, links=LINKS)
