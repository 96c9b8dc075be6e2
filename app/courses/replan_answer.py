"""A replan as it is told: what is to move, why, and what has no time. Pure."""

from datetime import UTC, datetime

from app.appointments.models import Appointment
from app.courses.answer import alternatives, start_of, why_not
from app.courses.plan_schemas import Start
from app.courses.replan_schemas import MoveOut, Replan, ReplanCost, Unplaced
from app.courses.replanning import Left, Proposed


def told(proposed: Proposed) -> Replan:
    planned, course, cost = proposed.planned, proposed.course, proposed.planned.plan.cost
    moves = [
        _move(proposed, standing.number, start_of(planned, option))
        for standing, option in zip(proposed.rest.sessions, planned.plan.sessions, strict=True)
        if option is not None and not standing.is_settled and option != standing.present
    ]
    unplaced = [
        *(_nothing(number, None, ["past"]) for number in proposed.behind),
        *(_unplaced(one, course.booked(one.number)) for one in proposed.left),
        *(_nothing(number, there, [*there.affected_by, "pinned"]) for number, there in proposed.pinned_and_affected()),
    ]
    return Replan(
        version=proposed.whole.version,
        moves=moves,
        unplaced=sorted(unplaced, key=lambda one: one.session_number),
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


def _move(proposed: Proposed, number: int, to: Start) -> MoveOut:
    there = proposed.course.booked(number)
    return MoveOut.model_validate(
        {
            "session_number": number,
            "appointment_id": None if there is None else there.id,
            "from": None if there is None else _from(there),
            "to": to,
            "reasons": ["unbooked"] if there is None else proposed.course.why_moved(number, there),
        }
    )


def _from(appointment: Appointment) -> Start:
    return Start(
        starts_at=appointment.starts_at,
        local_start=appointment.local_start,
        practitioner_id=appointment.practitioner_id,
        location_id=appointment.location_id,
    )


def _unplaced(left: Left, there: Appointment | None) -> Unplaced:
    reasons, nearest_on = why_not(left.planned, left.index)
    return Unplaced(
        session_number=left.number,
        appointment_id=None if there is None else there.id,
        reasons=reasons,
        nearest_on=nearest_on,
        alternatives=alternatives(left.planned, left.index),
    )


def _nothing(number: int, there: Appointment | None, reasons: list[str]) -> Unplaced:
    return Unplaced.model_validate(
        {
            "session_number": number,
            "appointment_id": None if there is None else there.id,
            "reasons": reasons,
            "nearest_on": None,
            "alternatives": [],
        }
    )
