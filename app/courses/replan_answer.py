"""A replan as it is told: what is to move, why, and what has no time. Pure."""

from datetime import UTC, datetime

from app.appointments.models import Appointment
from app.courses.answer import alternatives, start_of, why_not
from app.courses.plan_schemas import Start
from app.courses.progress import LIVE
from app.courses.replan_schemas import MoveOut, Replan, ReplanCost, Unplaced
from app.courses.replanning import Proposed


def told(proposed: Proposed) -> Replan:
    planned, cost = proposed.planned, proposed.planned.plan.cost
    moves, unplaced = [], [_passed(number) for number in proposed.left_behind]
    for index, standing in enumerate(proposed.rest.sessions):
        option, there = planned.plan.sessions[index], _booked(proposed, standing.number)
        if standing.is_settled:
            continue
        if option is None:
            unplaced.append(_unplaced(proposed, index, there))
        elif option != standing.present:
            moves.append(_move(proposed, standing.number, there, start_of(planned, option)))
    return Replan(
        version=proposed.whole.version,
        moves=moves,
        unplaced=unplaced,
        complete=not unplaced,
        cost=ReplanCost(
            sessions_left_out=len(unplaced),
            sessions_moved=cost.moved,
            preference=cost.preference,
            practitioner_changes=cost.changes,
            deviation_days=cost.deviation_days,
            minutes_away=cost.minutes_away,
            ends_at=datetime.fromtimestamp(cost.ends_at, UTC) if cost.ends_at else None,
        ),
    )


def _booked(proposed: Proposed, number: int) -> Appointment | None:
    there = proposed.appointments.get(number)
    return there if there is not None and there.state in LIVE else None


def _move(proposed: Proposed, number: int, there: Appointment | None, to: Start) -> MoveOut:
    return MoveOut.model_validate(
        {
            "session_number": number,
            "appointment_id": None if there is None else there.id,
            "from": None if there is None else _from(there),
            "to": to,
            "reasons": _reasons(proposed, number, there),
        }
    )


def _from(appointment: Appointment) -> Start:
    return Start(
        starts_at=appointment.starts_at,
        local_start=appointment.local_start,
        practitioner_id=appointment.practitioner_id,
        location_id=appointment.location_id,
    )


def _reasons(proposed: Proposed, number: int, there: Appointment | None) -> list[str]:
    if there is None:
        return ["unbooked"]
    if there.affected:
        return list(there.affected_by)
    asked = proposed.asked
    whom = asked.practitioner_ids if number >= asked.from_session_number else None
    return ["cadence"] if whom is None or there.practitioner_id in whom else ["practitioner"]


def _unplaced(proposed: Proposed, index: int, there: Appointment | None) -> Unplaced:
    reasons, nearest_on = why_not(proposed.planned, index)
    return Unplaced(
        session_number=proposed.rest.sessions[index].number,
        appointment_id=None if there is None else there.id,
        reasons=reasons,
        nearest_on=nearest_on,
        alternatives=alternatives(proposed.planned, index),
    )


def _passed(number: int) -> Unplaced:
    """It would have to be before one that took place."""
    return Unplaced(session_number=number, appointment_id=None, reasons=["past"], nearest_on=None, alternatives=[])
