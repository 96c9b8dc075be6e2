"""The faults of `planted`: what each changes, and the tests that notice it."""

from dataclasses import dataclass
from typing import Final

Change = tuple[str, str, str]
"""A file, a piece of it that is there once, and what is written in its place."""


@dataclass(frozen=True)
class Fault:
    name: str
    changes: tuple[Change, ...]
    noticed_by: tuple[str, ...]


GUARDS = "tests/races/test_guards.py::test_"
MEANWHILE = "tests/races/test_meanwhile.py::test_"
RACES = "tests/races/test_booking_races.py::test_"
COURSES = "tests/courses/test_courses.py::test_"
EDGE = "tests/kit/test_edge.py::test_"

_NO_LOCK: Final = (
    (
        "app/diary/ledger.py",
        """UPDATE resources SET version = resources.version + 1
WHERE id = ANY (ARRAY (SELECT id FROM resources WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE))
RETURNING resources.id, resources.version, clock_timestamp(), NULL::bigint
""",
        "SELECT id, 0, clock_timestamp(), NULL::bigint FROM resources WHERE id = ANY(%s)\n",
    ),
    (
        "app/diary/ledger.py",
        "UPDATE resources SET version = version + 1 WHERE id = %s RETURNING id, version, clock_timestamp(), NULL::bigint",
        "SELECT id, 0, clock_timestamp(), NULL::bigint FROM resources WHERE id = %s",
    ),
)
_NO_CONSTRAINT: Final = (
    (
        "migrations/versions/20261128_10_boxes.py",
        """    op.execute(f"ALTER TABLE occupancies ADD CONSTRAINT {NAME} EXCLUDE USING gist (box({first}, {last}) WITH &&)")
""",
        "",
    ),
    ("app/diary/ledger.py", "ON CONFLICT ON CONSTRAINT {NO_OVERLAP} DO NOTHING\n", "\n"),
)
_ALIVE: Final = "WHERE (expires_at IS NULL OR expires_at > {NOW})"
_MUST, _UNASKED = "{must('count(*) = %(wanted)s')}", "count(*) - %(wanted)s::bigint"

FAULTS: Final = (
    Fault("nobody is locked", _NO_LOCK, (GUARDS + "a_booking_waits_for_whoever_has_one_of_its_people",)),
    Fault(
        "people are locked in any order",
        (("app/diary/ledger.py", "ORDER BY id FOR NO KEY UPDATE))\n", "ORDER BY id))\n"),),
        (GUARDS + "people_are_locked_in_one_order_however_their_rows_lie",),
    ),
    Fault(
        "only practitioners are locked",
        (("app/appointments/booking.py", "ids |= set() if patient is None else {patient}", "ids |= set()"),),
        (GUARDS + "a_booking_waits_for_whoever_has_one_of_its_people[patients]",),
    ),
    Fault(
        "no constraint",
        _NO_CONSTRAINT,
        (
            "tests/diary/test_constraint.py::test_overlaps_are_refused_without_any_lock",
            RACES + "one_place_is_booked_once_whoever_treats",
        ),
    ),
    Fault("neither lock nor constraint", _NO_LOCK + _NO_CONSTRAINT, (RACES + "one_practitioner_is_booked_once",)),
    Fault(
        "what is held is free",
        (("app/diary/reading.py", _ALIVE, "WHERE expires_at IS NULL"),),
        ("tests/appointments/test_holds.py::test_what_is_held_is_nobody_elses_and_is_booked_under_the_same_id",),
    ),
    Fault(
        "what is pending is free",
        (
            (
                "app/appointments/actions.py",
                "wanted = entries.taken(decision, arranged.patient_resource_id)",
                'wanted = [] if row["status"] == PENDING else entries.taken(decision, arranged.patient_resource_id)',
            ),
        ),
        ("tests/appointments/test_changes.py::test_what_needs_approval_waits_and_holds_its_time",),
    ),
    Fault(
        "holds end when a job has cleared them",
        (("app/diary/reading.py", _ALIVE, "WHERE true"),),
        ("tests/appointments/test_holds.py::test_a_hold_ends_by_the_clock_alone",),
    ),
    Fault(
        "buffers are asked for and not written",
        (
            (
                "app/appointments/decision.py",
                "for stretch in candidate.footprint.practitioner]",
                "for stretch in candidate.footprint.attended]",
            ),
            ("app/appointments/entries.py", "_from(start, footprint.place)", "_from(start, footprint.patient)"),
        ),
        (GUARDS + "what_is_written_has_its_buffers",),
    ),
    Fault(
        "the answer leaves before COMMIT",
        (
            ("app/kit/edge.py", "        await session.close()\n", "        request.state.still_open = session\n"),
            (
                "app/kit/edge.py",
                "    await keyed.keep(session, response, now)\n",
                """    from starlette.background import BackgroundTask

    response.background = BackgroundTask(keyed.keep, session, response, now)
""",
            ),
        ),
        (EDGE + "a_commit_that_fails_is_no_success",),
    ),
    Fault(
        "answers are stored after COMMIT",
        (
            (
                "app/kit/idempotency.py",
                'the work."""\n',
                'the work."""\n        await last.settle(session)\n        await session.commit()\n',
            ),
        ),
        (GUARDS + "what_cannot_be_remembered_is_not_done",),
    ),
    Fault(
        "what is written last is not asked how it went",
        (("app/diary/ledger.py", _MUST, _UNASKED),),
        (MEANWHILE + "a_place_that_went_meanwhile_is_not_missed_where_there_is_another[book]",),
    ),
    Fault(
        "a key is everybody's",
        (("app/kit/idempotency.py", "json.dumps([caller, request.method,", "json.dumps([request.method,"),),
        ("tests/kit/test_idempotency.py::test_a_key_belongs_to_its_caller_method_and_path",),
    ),
    Fault(
        "what was read once is believed",
        (("app/availability/queries.py", "r.version <> known.value::int OR", "known.value::int < 0 OR"),),
        ("tests/appointments/test_booking.py::test_a_stranger_books_and_the_slot_is_gone",),
    ),
    Fault(
        "the clinic is believed to be as it was",
        (("app/availability/free.py", "if read.catalogue_version != self.catalogue.version:", "if read.catalogue_version < 0:"),),
        ("tests/availability/test_availability.py::test_an_empty_range_is_followed_by_the_next_free_start",),
    ),
    Fault(
        "what was told once is told again",
        (("app/availability/free.py", "told is None or told.changes != changes or not", "told is None or not"),),
        ("tests/courses/test_plans.py::test_a_plan_is_told_again_only_while_it_is_true",),
    ),
    Fault(
        "wall time is that of the server",
        (("app/scheduling/zones.py", "wall.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp()", "wall.timestamp()"),),
        ("tests/scheduling/cases/test_t03_wall_time.py::test_a_wall_time_is_an_instant",),
    ),
    Fault(
        "only the first session of a course is checked",
        (
            (
                "app/courses/actions.py",
                "(AFTER_THE_FIRST if place != self._sessions[0][1] else frozenset())",
                "(frozenset(Code) if place != self._sessions[0][1] else frozenset())",
            ),
        ),
        (COURSES + "what_is_gone_is_said_of_all_and_nothing_is_written",),
    ),
    Fault(
        "a course goes without the rooms that went meanwhile",
        (
            ("app/diary/ledger.py", _MUST, _UNASKED),
            ("app/courses/actions.py", "return batch.wrote(taken, len(wanted))", "return taken.rowcount > 0"),
        ),
        ("tests/races/test_course_races.py::test_a_course_and_bookings_of_others_want_the_one_room",),
    ),
    Fault(
        "a held course leaves its patient free",
        (
            (
                "app/courses/actions.py",
                "for stretch in entries.taken(decision, patient)]",
                "for stretch in entries.taken(decision, None if self._wanted.hold else patient)]",
            ),
        ),
        (COURSES + "whose_course_is_held_is_nowhere_else_meanwhile",),
    ),
    Fault(
        "somebody new may be in two places",
        (("app/appointments/decision.py", "NEWCOMER if newcomer else caller.patient_resource_id", "caller.patient_resource_id"),),
        (COURSES + "somebody_new_is_not_in_two_places_at_once",),
    ),
    Fault(
        "a course has a version of its own",
        (
            (
                "app/courses/queries.py",
                "return self.course.version + sum(one.version for one in self.appointments)",
                "return self.course.version",
            ),
        ),
        (COURSES + "a_session_that_changes_changes_the_courses_tag",),
    ),
    Fault(
        "a replan is applied to whatever the course is by now",
        (("app/courses/changes.py", "if found.version != version:", "if found.version < version:"),),
        ("tests/races/test_course_races.py::test_a_course_is_moved_by_one_of_many",),
    ),
    Fault(
        "what is pinned moves",
        (("app/courses/standing.py", " and not appointment.pinned", ""),),
        ("tests/courses/test_replan.py::test_what_is_settled_does_not_move",),
    ),
    Fault(
        "a course that is late stays late",
        (("app/scheduling/planning/rest.py", "return gap if days <= gap.max_days else", "return gap if days >= 0 else"),),
        ("tests/scheduling/test_rest.py::test_what_is_settled_stays_and_of_the_rest_as_little_as_possible_moves",),
    ),
    Fault(
        "who loses a race hears of it",
        (("app/kit/edge.py", "LOST_RACE = (DeadlockDetected, SerializationFailure, ExclusionViolation)", "LOST_RACE = ()"),),
        (EDGE + "a_deadlock_is_not_the_clients_matter", EDGE + "a_serialisation_failure_is_not_the_clients_matter"),
    ),
    Fault(
        "time that somebody else has got is a fault of ours",
        (("app/kit/problems.py", ', "25P03", "23P01")', ', "25P03")'),),
        (EDGE + "who_loses_every_race_may_come_again",),
    ),
)
