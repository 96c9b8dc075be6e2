"""What is mutated, and with which tests: those that are quick and near, the likeliest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.races.planted import ROOT


@dataclass(frozen=True)
class Target:
    """`patterns` of files, from the root of the sources."""

    patterns: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self) -> Iterator[Path]:
        for pattern in self.patterns:
            yield from sorted(path.relative_to(ROOT) for path in ROOT.glob(pattern))


def _tests(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


_TIME: Final = _tests("scheduling", "footprint", "hours", "intervals", "obstacles", "places", "slots", "properties")
_PLANS: Final = _tests("scheduling", "planning", "crossing", "outline", "days", "rest", "series_of_appointments")
_LIFE: Final = (
    *_tests(
        "appointments",
        "booking",
        "holds",
        "instead",
        "overrides",
        "reschedule",
        "changes",
        "settling",
        "desk",
        "links",
        "merging",
        "moved_meanwhile",
    ),
    "tests/appointments/test_states.py::test_a_mark_is_undone_on_its_own_day_only",
    "tests/appointments/test_states.py::test_who_did_not_come_after_all_came_late",
    *_tests("races", "guards", "meanwhile"),
)
_MIGRATED: Final = "tests/migrations/test_migrations.py"
_OF_LIFE: Final = (
    "states",
    "booking",
    "decision",
    "instead",
    "refusal",
    "wishes",
    "entries",
    "vacancy",
    "changes",
    "steps",
    "holding",
)
_COURSES: Final = (*_tests("courses", "alternatives", "plans", "courses", "replan"), *_tests("races", "course_races"))
_OF_COURSES: Final = (
    *("actions", "answer", "cadence", "changes", "moves", "offered", "planning", "progress", "queries", "replanning"),
    *("replan_answer", "standing", "view"),
)

TARGETS: Final = (
    Target(("app/scheduling/*.py",), ("tests/scheduling/cases", *_TIME)),
    Target(("app/scheduling/planning/*.py",), _PLANS),
    Target(
        ("app/diary/*.py",),
        (
            *_LIFE,
            "tests/diary",
            *_tests("availability", "availability", "reuse"),
            f"{_MIGRATED}::test_the_newest_schema_is_what_the_models_say",
        ),
    ),
    Target(tuple(f"app/appointments/{name}.py" for name in _OF_LIFE), _LIFE),
    Target(tuple(f"app/courses/{name}.py" for name in _OF_COURSES), _COURSES),
)
