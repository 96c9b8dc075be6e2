"""All that has to be known to say when one practitioner can see somebody for one treatment at one location."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.scheduling.footprint import Footprint
from app.scheduling.hours import Schedule
from app.scheduling.intervals import Interval
from app.scheduling.places import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Plain values; the caller has loaded them and left out what does not occupy (cancelled, expired, itself moving).

    Occupied times are sorted by start, and known for as long before and after the starts asked about as the longest
    appointment, buffers and travel last.

    The question:
        now, staff        the instant it is asked; staff are not bound by notice, horizon and limits of patients
        footprint, step_minutes   of the treatment with this practitioner
        notice_minutes, horizon_days   for everybody else: the least notice (T11); local days after today
        admitted          the patient, or a stranger, belongs to the treatment's audience (T13)
        patient_occupied  times of the patient's appointments; nothing is known about a stranger (T10)
        upcoming, upcoming_limit   appointments the patient has yet to come to, and may have at most (T14)
        held, hold_limit   appointments that the client keeps on hold, and may at most (T14); None: nothing is to be held
    The practitioner:
        offered           gives this treatment (T13)
        schedule          windows and closures at the location for the dates asked about; its zone is the location's
        time_off          leave, sorted by start (T12)
        occupied          attended phases and buffers, at every location
        elsewhere, travel_minutes   presence at *other* locations, first to last attended phase with buffers; the time
                          it takes to get to this one (T8)
        registered_until  the last date that a registration covers; None: there is none (T13)
        day_starts, daily_limit   starts of the practitioner's appointments, complete for every local date asked about,
                          and how many there may be on one (at least 1); read only if there is a limit (T14)
    The location:
        pool              the places of the kind the treatment needs; None: it needs none (T9)
    """

    now: int
    staff: bool
    footprint: Footprint
    step_minutes: int
    notice_minutes: int
    horizon_days: int
    admitted: bool = True
    patient_occupied: Sequence[Interval] = ()
    upcoming: int = 0
    upcoming_limit: int | None = None
    held: int = 0
    hold_limit: int | None = None

    offered: bool
    schedule: Schedule
    time_off: Sequence[Interval] = ()
    occupied: Sequence[Interval]
    elsewhere: Sequence[Interval] = ()
    travel_minutes: int = 0
    registered_until: date | None
    day_starts: Sequence[int] = ()
    daily_limit: int | None = None

    pool: Pool | None = None
