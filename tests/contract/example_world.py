"""The clinic that the examples of the API's description speak of: the same ids, the same values, straight in the tables.

Rows are made of the examples themselves, so what the description shows for a read is what reading answers.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel
from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.day_schemas import HistoryOut
from app.appointments.hold_schemas import HOLD_TOKEN, HoldOut
from app.appointments.models import Appointment, HistoryEntry, Hold
from app.appointments.schemas import AppointmentOut
from app.articles.models import Article, ArticleAuthor, ArticleTopic, ArticleTreatment, Topic
from app.articles.schemas import ArticleOut, TopicOut
from app.clinic.closure_schemas import ClosureOut
from app.clinic.models import Catalogue, Clinic, Closure, Location, Place
from app.clinic.schemas import ClinicOut, LocationOut, PlaceOut
from app.courses.course_schemas import CourseOut
from app.courses.models import Course
from app.diary.models import Occupancy, Resource
from app.enquiries.models import Enquiry
from app.enquiries.schemas import EnquiryOut
from app.identity.models import AccessToken, AuditEntry, User
from app.identity.policy import ANONYMOUS
from app.identity.schemas import AuditEntryOut, MeOut
from app.identity.tokens import hash_of
from app.kit.db import Database
from app.patients.models import Patient
from app.patients.schemas import AlikeOut, PatientOut
from app.practitioners.diary_schemas import OverrideOut, TimeOffOut
from app.practitioners.models import Offer, Override, Practitioner, Registration, TimeOff, WorkingHours
from app.practitioners.schemas import PractitionerOut, WorkingHoursOut
from app.tables import metadata
from app.treatments.models import Treatment
from app.treatments.schemas import TreatmentOut

# The question of the example course, and one by which its second session comes two weeks too soon.
_QUESTION: Any = CourseOut.model_config["json_schema_extra"]["examples"][0]["question"]  # type: ignore[index, call-overload]
NARROWER = _QUESTION | {"cadence": [{"sessions": 2, "target_days": 28, "min_days": 27, "max_days": 29, "treatment_id": None}]}
ADMIN_TOKEN = "mst_example"
PASSWORD = "four words in a row"
_PRACTITIONER_RESOURCE, _PLACE_RESOURCE, _PATIENT_RESOURCE, _ALIKE_RESOURCE = range(1_000_001, 1_000_005)


def shown(model: type[BaseModel], *but: str) -> dict[str, Any]:
    """The values of a model's example."""
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    values = _plain(model.model_validate(extra["examples"][0]))  # type: ignore[index]
    return {name: value for name, value in values.items() if name not in but}


def _plain(value: Any) -> Any:
    """A model as a dict, with the values that it holds and not those that it sends."""
    if isinstance(value, BaseModel):
        return {name: _plain(member) for name, member in value}
    return [_plain(member) for member in value] if isinstance(value, list) else value


def _priced(values: dict[str, Any]) -> dict[str, Any]:
    price = values.pop("price")
    return {**values, "price_amount": price and price["amount"], "price_currency": price and price["currency"]}


@cache
def _hash() -> str:
    """Cheap: what a password costs is not looked at here."""
    return PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)]).hash(PASSWORD)


async def _user(session: AsyncSession) -> None:
    me = shown(MeOut)
    session.add(User(**me, password_hash=_hash()))
    await session.flush()
    session.add(AccessToken(hash=hash_of(ADMIN_TOKEN), user_id=me["id"], expires_at=datetime(2100, 1, 1, tzinfo=UTC)))


async def _clinic(session: AsyncSession) -> None:
    await session.execute(update(Clinic).values(**shown(ClinicOut, "time_zones", "tzdata_version")))


async def _location(session: AsyncSession) -> None:
    session.add(Location(**shown(LocationOut)))


async def _place(session: AsyncSession) -> None:
    session.add(Resource(id=_PLACE_RESOURCE, kind="place"))
    await session.flush()
    session.add(Place(**shown(PlaceOut), resource_id=_PLACE_RESOURCE))


async def _treatment(session: AsyncSession) -> None:
    session.add(Treatment(**_priced(shown(TreatmentOut, "duration_minutes"))))


async def _practitioner(session: AsyncSession) -> None:
    values = shown(PractitionerOut)
    offers = [Offer(**_priced(offer)) for offer in values.pop("treatments")]
    registrations = [Registration(**one) for one in values.pop("registrations")]
    hours = [
        WorkingHours(starts_minute=line.pop("starts"), ends_minute=line.pop("ends"), **line)
        for line in shown(WorkingHoursOut)["items"]
    ]
    lists = {"offers": offers, "registrations": registrations, "hours": hours}
    session.add(Resource(id=_PRACTITIONER_RESOURCE, kind="practitioner"))
    await session.flush()
    session.add(Practitioner(**values, **lists, resource_id=_PRACTITIONER_RESOURCE))


async def _patient(session: AsyncSession) -> None:
    await _one_patient(session, shown(PatientOut), _PATIENT_RESOURCE)


async def _one_patient(session: AsyncSession, example: dict[str, Any], resource_id: int) -> None:
    session.add(Resource(id=resource_id, kind="patient"))
    await session.flush()
    session.add(Patient(**example, resource_id=resource_id))


async def _alike(session: AsyncSession) -> None:
    [found] = shown(AlikeOut)["items"]
    await _one_patient(session, found["patient"], _ALIKE_RESOURCE)


async def _appointment(session: AsyncSession) -> None:
    await _sitting(session, shown(AppointmentOut))
    for step in shown(HistoryOut)["items"]:
        changes = {change["field"]: [change["before"], change["after"]] for change in step["changes"]}
        columns = {name: step[name] for name in ("at", "verb", "request_id")}
        appointment_id = shown(AppointmentOut)["id"]
        session.add(HistoryEntry(**columns, changes=changes, appointment_id=appointment_id, actor_key=ANONYMOUS))


async def _sitting(session: AsyncSession, example: dict[str, Any]) -> None:
    derived = ("duration_minutes", "local_start", "affected")
    values = _priced({name: value for name, value in example.items() if name not in derived})
    treatment = shown(TreatmentOut)
    start, end = values["starts_at"], values["ends_at"]
    buffers = {name: treatment[name] for name in ("buffer_before_minutes", "buffer_after_minutes")}
    session.add(Appointment(**values, **buffers, wall_start=start.replace(tzinfo=None)))
    await session.flush()
    after = timedelta(minutes=buffers["buffer_after_minutes"])
    taken = [(_PLACE_RESOURCE, start, end + after), (_PRACTITIONER_RESOURCE, end, end + after)]
    if values["patient_id"] is not None:
        taken.append((_PATIENT_RESOURCE, start, end))
    at = start
    for phase in values["phases"]:
        until = at + timedelta(minutes=phase["minutes"])
        if phase["attended"]:
            taken.append((_PRACTITIONER_RESOURCE, at, until))
        at = until
    session.add_all(
        Occupancy(
            appointment_id=values["id"],
            resource_id=resource,
            during=Range(*during),
            location_id=values["location_id"],
            expires_at=values["held_until"],
        )
        for resource, *during in taken
    )


async def _hold(session: AsyncSession) -> None:
    values = shown(HoldOut)
    [held] = values.pop("appointments")
    columns = {"hash": hash_of(HOLD_TOKEN), "client": "anybody", "released": False}
    session.add(Hold(**values, **columns))
    await session.flush()
    await _sitting(session, held)


async def _course(session: AsyncSession) -> None:
    """Two sessions, of which the second follows the first by a fortnight."""
    values = shown(CourseOut, "question")
    columns = ("id", "reference", "treatment_id", "title", "notes", "paused_at", "cancelled_at", "created_at", "updated_at")
    session.add(Course(**{name: values[name] for name in columns}, question=_QUESTION))
    await session.flush()
    for sitting in values["appointments"]:
        await _sitting(session, sitting)


async def _override(session: AsyncSession) -> None:
    session.add(Override(**shown(OverrideOut, "version")))


async def _time_off(session: AsyncSession) -> None:
    session.add(TimeOff(**shown(TimeOffOut, "version")))


async def _closure(session: AsyncSession) -> None:
    values = shown(ClosureOut)
    session.add(Closure(starts_minute=values.pop("starts"), ends_minute=values.pop("ends"), **values))


async def _article(session: AsyncSession) -> None:
    values = shown(ArticleOut)
    names = {kind: values.pop(kind) for kind in ("topics", "author_ids", "treatment_ids")}
    topic = Topic(**shown(TopicOut, "published_articles"))
    session.add_all([Article(**values), topic])
    await session.flush()
    assert names["topics"] == [topic.slug]
    session.add(ArticleTopic(article_id=values["id"], topic_id=topic.id, position=0))
    session.add_all(ArticleAuthor(article_id=values["id"], practitioner_id=one, position=0) for one in names["author_ids"])
    session.add_all(ArticleTreatment(article_id=values["id"], treatment_id=one, position=0) for one in names["treatment_ids"])
    await _with_its_version(session, Article, values)


async def _enquiry(session: AsyncSession) -> None:
    values = shown(EnquiryOut)
    consent = values.pop("consent")
    session.add(Enquiry(**values, consent_version=consent["version"], consent_at=consent["at"]))
    await _with_its_version(session, Enquiry, values)


async def _with_its_version(session: AsyncSession, model: Any, values: dict[str, Any]) -> None:
    """A new row is at its first version; one that has been changed since is not."""
    await session.flush()
    await session.execute(update(model).values(version=values["version"], updated_at=values["updated_at"]))


async def _audit(session: AsyncSession) -> None:
    session.add(AuditEntry(**shown(AuditEntryOut)))


# In the order of what needs what.
PARTS: dict[str, Callable[[AsyncSession], Awaitable[None]]] = {
    "user": _user,
    "clinic": _clinic,
    "location": _location,
    "place": _place,
    "treatment": _treatment,
    "practitioner": _practitioner,
    "patient": _patient,
    "appointment": _appointment,
    "hold": _hold,
    "override": _override,
    "time_off": _time_off,
    "closure": _closure,
    "article": _article,
    "enquiry": _enquiry,
    "audit": _audit,
    "alike": _alike,
    "course": _course,
}


async def empty(session: AsyncSession) -> None:
    """But for the clinic's one row and the catalogue's, which no trigger moves now."""
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    for table in metadata.sorted_tables:
        if table.name not in {"secrets", "clinic", "catalogue"}:
            await session.execute(table.delete())
    await session.execute(update(Catalogue).values(version=Catalogue.version + 1))


async def build(database: Database, until: str = "audit", **changes: dict[str, Any]) -> None:
    """The parts up to and including one. `changes` are columns that differ from the examples: `article={"status": "draft"}`."""
    async with database.writing() as session:
        for name, make in PARTS.items():
            await make(session)
            await session.flush()
            if name == until:
                break
        models: dict[str, Any] = {"appointment": Appointment, "article": Article, "course": Course}
        for name, columns in changes.items():
            await session.execute(update(models[name]).values(**columns))
        await session.commit()
