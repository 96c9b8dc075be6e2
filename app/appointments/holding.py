"""Holds: some appointments kept for a few minutes for somebody who is deciding, and the step from held to booked.

A hold ends by comparison with the time and by nothing else (`app.diary.ledger`). Whoever shows its token may book what it keeps, extend it once, or
give it back. Files of their own, this and its routes, since `actions` is about booking.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import entries, history, hold_queries, queries, vacancy
from app.appointments.booking import Arranged, Desk
from app.appointments.decision import Decision
from app.appointments.hold_schemas import HoldCreate
from app.appointments.models import Appointment, HistoryEntry, Hold
from app.appointments.schemas import AppointmentCreate
from app.appointments.states import CANCELLED, HELD
from app.appointments.whose import check_whose_diary
from app.appointments.wishes import Wish
from app.availability.candidates import Caller
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.search import known_patient
from app.diary import ledger
from app.identity import audit
from app.identity.actor import Actor
from app.identity.models import AuditEntry
from app.identity.policy import PATIENT as LINK
from app.identity.tokens import HOLD_PREFIX, hash_of, new_token
from app.kit.batch import Batch
from app.kit.db import Connection, driver
from app.kit.errors import Conflict, NotFound
from app.kit.ids import uuid7
from app.scheduling.obstacles import Code

# Whoever was in time to hold it is in time to book it, as long as the hold lasts; and its time is its own, though others wait for it.
SETTLED: Final = frozenset({Code.NOTICE, Code.HORIZON, Code.GRID, Code.BUSY})


class HoldMismatch(Conflict):
    code = "hold_mismatch"
    title = "The hold keeps no such appointment, or no longer"
    meaning = "The token is unknown, the hold is over or given back, or nothing in it has this treatment, location, start and practitioner."


class HoldExpired(Conflict):
    code = "hold_expired"
    title = "The hold is over"
    meaning = "It ended at its expires_at. What it kept may still be free: hold it or book it anew."


class HoldExtended(Conflict):
    code = "hold_extended"
    title = "The hold has been extended once, which is all"


@dataclass(frozen=True, slots=True)
class Held:
    """A new hold, what it keeps, and the token that proves whose it is."""

    hold: Hold
    appointments: list[Appointment]
    token: str


async def hold(
    session: AsyncSession,
    memory: Memory[Free],
    actor: Actor,
    client: str,
    wanted: HoldCreate,
    fixed_now: datetime | None,
) -> Held:
    """All of them or none. `client` tells whose holds are counted together. Raises InvalidField, Forbidden, and SlotUnavailable for all that cannot
    be had."""
    for item in wanted.items:
        check_whose_diary(actor, item.practitioner_id)
    connection = await driver(session)
    caller = Caller(staff=actor.keeps_diary, returning=None if actor.keeps_diary else False)
    if actor.role == LINK:
        caller, _ = await known_patient(connection, actor, None, fixed_now, "/items")
    if not caller.staff:
        held, limit = await hold_queries.held_by(connection, client, _lock_of(client), fixed_now)
        caller = replace(caller, held=held, hold_limit=limit)
    wishes = [
        Wish(
            item.treatment_id,
            item.practitioner_id,
            item.location_id,
            None,
            int(item.starts_at.timestamp()),
            pointer=f"/items/{index}/",
            index=index,
        )
        for index, item in enumerate(wanted.items)
    ]
    made: list[Held] = []

    async def write(arranged: Arranged) -> bool:
        written = await _write(connection, actor, client, arranged, fixed_now)
        made.extend([written] if written else [])
        return written is not None

    await Desk(connection, memory, wishes, caller, fixed_now).arrange(write)
    return made[0]


def _lock_of(client: str) -> int:
    return int.from_bytes(hashlib.blake2b(client.encode(), digest_size=8, person=b"hold").digest(), signed=True)


async def _write(
    connection: Connection, actor: Actor, client: str, arranged: Arranged, fixed_now: datetime | None
) -> Held | None:
    """None when a place went meanwhile."""
    decisions, token = arranged.decisions, new_token(HOLD_PREFIX)
    at = arranged.at.replace(microsecond=0)
    expires_at = at + timedelta(minutes=decisions[0].catalogue.treatment.hold_minutes)
    columns: dict[str, Any] = {"id": uuid7(), "hash": hash_of(token), "client": client, "expires_at": expires_at}
    columns |= {"extended": False, "released": False, "created_at": at}
    rows = [_row(decision, columns["id"], expires_at) for decision in decisions]
    wanted = [stretch for decision in decisions for stretch in entries.taken(decision, None)]
    async with Batch(connection) as batch:
        trail = [(AuditEntry, audit.row(actor, "hold.create", "hold", columns["id"]))] if actor.is_staff else []
        batch.insert([(Hold, columns), *trail])
        batch.insert_many(Appointment, rows)
        ledger.purge(batch, entries.concerned(decisions, None), fixed_now)
        taken = ledger.occupy(batch, wanted, expires_at)
        ledger.touch(batch, entries.places(decisions))
        batch.insert_many(HistoryEntry, [history.row(actor, "hold", arranged.at, None, row) for row in rows])
    if taken.rowcount != len(wanted):
        return None
    return Held(Hold.of_row(columns), [Appointment.of_row(row) for row in rows], token)


def _row(decision: Decision, hold_id: UUID, expires_at: datetime) -> dict[str, Any]:
    return entries.columns(decision, status=HELD, patient_id=None, hold_id=hold_id, held_until=expires_at)


async def find(session: AsyncSession, hold_id: UUID, token: str | None) -> Hold:
    """Raises NotFound, for a hold that is not there and for one whose token this is not."""
    found = None if token is None else await hold_queries.hold_of(session, hash_of(token))
    if found is None or found.id != hold_id or found.released:
        raise NotFound
    return found


async def match(
    session: AsyncSession, token: str | None, wanted: AppointmentCreate, fixed_now: datetime | None
) -> Appointment | None:
    """What is held of what is wanted; None without a token. Raises HoldMismatch."""
    if token is None:
        return None
    found = await hold_queries.held_appointment(session, hash_of(token), wanted, fixed_now)
    if found is None:
        raise HoldMismatch
    return found


async def book(
    session: AsyncSession, actor: Actor, held: Appointment, arranged: Arranged, *, patient_id: UUID | None, **columns: Any
) -> Appointment:
    """The held one becomes the booked one; practitioner and patient are locked. Raises HoldMismatch when the hold has ended meanwhile."""
    [decision] = arranged.decisions
    if arranged.patient_resource_id is None:
        raise AssertionError("a booking has a patient")
    await session.refresh(held)
    if held.status != HELD or held.held_until is None or held.held_until <= arranged.at:
        raise HoldMismatch
    before, mine = history.told(held), entries.taken(decision, arranged.patient_resource_id)
    async with Batch(await driver(session)) as batch:
        still = ledger.keep(batch, [held.id], None)
        of_patient = ledger.occupy(batch, [one for one in mine if one.resource_id == arranged.patient_resource_id])
    if still.rowcount + of_patient.rowcount != len(mine):
        raise HoldMismatch  # it ended between the lock and now, and somebody took the place
    for name, value in columns.items():
        setattr(held, name, value)
    held.patient_id, held.held_until = patient_id, None
    history.record(session, actor, "book", arranged.at, before, held)
    await session.flush()  # the answer shows the new version
    return held


async def extend(session: AsyncSession, actor: Actor, hold: Hold, fixed_now: datetime | None) -> Sequence[Appointment]:
    """For as long again, counted from now. Raises HoldExpired, HoldExtended."""
    appointments, at = await _locked(session, hold, fixed_now)
    if hold.extended:
        raise HoldExtended
    minutes = await hold_queries.hold_minutes(session)
    expires_at = at.replace(microsecond=0) + timedelta(minutes=minutes)
    async with Batch(await driver(session)) as batch:
        kept = ledger.keep(batch, [one.id for one in appointments], expires_at)
    if len(set(kept.rows)) < sum(1 if one.place_id is None else 2 for one in appointments):
        raise HoldExpired  # it ended between the lock and now, and somebody took a place
    for one in appointments:
        before = history.told(one)
        one.held_until = expires_at
        history.record(session, actor, "extend", at, before, one)
    hold.expires_at, hold.extended = expires_at, True
    if actor.is_staff:
        audit.record(session, actor, "hold.extend", "hold", hold.id, ["expires_at"])
    await session.flush()  # the answer shows the new versions
    return appointments


async def release(session: AsyncSession, actor: Actor, hold: Hold, fixed_now: datetime | None) -> None:
    """Give back what it still keeps. Raises HoldExpired."""
    appointments, at = await _locked(session, hold, fixed_now)
    for one in appointments:
        before = history.told(one)
        one.status, one.held_until, one.cancelled_at = CANCELLED, None, at
        history.record(session, actor, "release", at, before, one)
    hold.released = True
    if actor.is_staff:
        audit.record(session, actor, "hold.release", "hold", hold.id)
    ids = [one.id for one in appointments]
    await vacancy.leave(session, actor, ids, await queries.concerned(session, ids), at, fixed_now)


async def _locked(session: AsyncSession, hold: Hold, fixed_now: datetime | None) -> tuple[list[Appointment], datetime]:
    """What it keeps, with the practitioners locked, and the time by then. Raises HoldExpired; NotFound when it was given back meanwhile."""
    ids = [one.id for one in await hold_queries.all_of_hold(session, hold.id, fixed_now)]
    at = await vacancy.lock(session, await queries.concerned(session, ids), fixed_now)
    await session.refresh(hold)
    if hold.released:
        raise NotFound
    if hold.expires_at <= at:
        raise HoldExpired
    return await hold_queries.held_in(session, hold.id), at
