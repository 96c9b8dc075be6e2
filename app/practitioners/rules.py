"""What makes sense of offers, registrations, languages and hours, beyond what the schema says.

A file of its own, because these are pure functions of what was sent: every fault is found, each at its pointer, before anything is written.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from uuid import UUID

from app.kit.errors import InvalidField, Rejected
from app.kit.problems import MAX_ERRORS
from app.kit.wire import format_minute
from app.practitioners.diary_schemas import Window
from app.practitioners.schemas import Hours, Offer, Registration
from app.treatments.actions import check_phases

_END_OF_DAY = 24 * 60

Fault = dict[str, str]


def refuse(faults: Iterable[Fault]) -> None:
    """Raises Rejected with all of them, as far as an answer has room."""
    found = list(faults)
    if found:
        raise Rejected(errors=found[:MAX_ERRORS])


def _fault(pointer: str, message: str, code: str = "value_error") -> Fault:
    return {"pointer": pointer, "code": code, "message": message}


def faults_of_offers(offers: Sequence[Offer], known: Collection[UUID], pointer: str = "/treatments") -> Iterator[Fault]:
    seen: set[UUID] = set()
    for index, offer in enumerate(offers):
        at = f"{pointer}/{index}"
        if offer.treatment_id not in known:
            yield _fault(f"{at}/treatment_id", "There is no such treatment", "unknown_id")
        elif offer.treatment_id in seen:
            yield _fault(f"{at}/treatment_id", "This treatment is named twice", "duplicate")
        seen.add(offer.treatment_id)
        if offer.phases is not None:
            try:
                check_phases(offer.phases, f"{at}/phases")
            except InvalidField as error:
                yield from error.facts["errors"]


def faults_of_registrations(registrations: Sequence[Registration], pointer: str) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for index, registration in enumerate(registrations):
        if (registration.body, registration.number) in seen:
            yield _fault(f"{pointer}/{index}/number", "This registration is there twice", "duplicate")
        seen.add((registration.body, registration.number))


def faults_of_languages(languages: Sequence[str]) -> Iterator[Fault]:
    lowered = [language.lower() for language in languages]
    for index, language in enumerate(lowered):
        if language in lowered[:index]:
            yield _fault(f"/languages/{index}", "This language is named twice", "duplicate")


def faults_of_hours(hours: Sequence[Hours], known: Collection[UUID]) -> Iterator[Fault]:
    for index, line in enumerate(hours):
        at = f"/items/{index}"
        if line.location_id not in known:
            yield _fault(f"{at}/location_id", "There is no such location", "unknown_id")
        yield from _faults_of_window(line, at)
        if line.valid_from is not None and line.valid_until is not None and line.valid_until < line.valid_from:
            yield _fault(f"{at}/valid_until", "This may not be before valid_from")
        if line.every_weeks > 1 and line.valid_from is None:
            yield _fault(f"{at}/valid_from", "This is needed to count every so many weeks from", "missing")


def faults_of_windows(windows: Sequence[Window]) -> Iterator[Fault]:
    for index, window in enumerate(windows):
        yield from _faults_of_window(window, f"/windows/{index}")


def _faults_of_window(window: Hours | Window, at: str) -> Iterator[Fault]:
    if window.starts == _END_OF_DAY:
        yield _fault(f"{at}/starts", f"{format_minute(_END_OF_DAY)} is an end; a start is 23:59 at the latest")
    elif window.starts == window.ends:
        yield _fault(f"{at}/ends", "Hours that end when they start; to be closed, leave them out")
