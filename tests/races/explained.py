"""Every refusal has a cause: something that was in the way at some moment between asking and hearing (B4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.client import Json
from tests.races.oracle import Violation
from tests.races.premises import Premises
from tests.races.record import Call, Record
from tests.races.timeline import Diary, State, leaves_of


@dataclass(frozen=True)
class Wish:
    """One sitting that was refused, as far as it was asked for."""

    treatment_id: str
    practitioner_id: str | None
    starts_at: str
    patient_id: str | None
    subject: str | None


class Explanations:
    """Looks for the causes in the history."""

    def __init__(self, record: Record, states: dict[str, list[State]], diary: Diary, premises: Premises) -> None:
        self._record, self._states, self._diary = record, states, diary
        self._practitioners = [one["id"] for one in premises.practitioners]
        self._rooms = [one["id"] for one in premises.rooms]
        self._leaves = leaves_of(record)
        self._causes = {
            "slot_unavailable": self._slot_was_taken,
            "wrong_state": self._state_was_another,
            "version_changed": self._version_was_another,
            "not_found": self._was_gone,
        }

    def violations(self) -> Iterator[Violation]:
        for call in self._record.calls:
            if not call.is_resolved or call.succeeded:
                continue
            cause = self._causes.get(call.answer.code)
            if cause is None:
                yield Violation("unexpected answer", str(call))
            elif not cause(call):
                yield Violation("unexplained refusal", f"{call} {call.answer.json.get('refusals', '')}")

    def _slot_was_taken(self, call: Call) -> bool:
        refusals: list[Json] = call.answer.json["refusals"]
        return bool(refusals) and all(self._holds(call, one) for one in refusals)

    def _holds(self, call: Call, refusal: Json) -> bool:
        """Of a practitioner who was named every reason is true; where any would do, each had one of them against them."""
        wish = self._wish(call, refusal["index"])
        codes = [reason["code"] for reason in refusal["reasons"]]
        if wish.practitioner_id is not None:
            return bool(codes) and all(self._is_true(code, wish, wish.practitioner_id, call) for code in codes)
        return all(any(self._is_true(code, wish, one, call) for code in codes) for one in self._practitioners)

    def _wish(self, call: Call, index: int) -> Wish:
        if call.subject is None:
            asked = call.body["items"][index] if "items" in call.body else call.body
            return Wish(
                asked["treatment_id"], asked.get("practitioner_id"), asked["starts_at"], asked.get("patient_id"), call.subject
            )
        shown = self._states[call.subject][-1].shown
        moved = {"practitioner_id": shown["practitioner_id"], "starts_at": shown["starts_at"], **(call.body or {})}
        return Wish(shown["treatment_id"], moved["practitioner_id"], moved["starts_at"], shown["patient_id"], call.subject)

    def _is_true(self, code: str, wish: Wish, practitioner_id: str, call: Call) -> bool:
        diary = self._diary

        def taken(of: str, what: str) -> bool:
            return diary.taken(of, diary.needs(wish.treatment_id, wish.starts_at, what), call, without=wish.subject)

        if code == "busy":
            return taken(practitioner_id, "practitioner")
        if code == "place_busy":
            return all(taken(room, "place") for room in self._rooms)
        if code == "patient_busy":
            return wish.patient_id is not None and taken(wish.patient_id, "patient")
        if code == "time_off":
            return diary.taken(f"leave {practitioner_id}", diary.attended(wish.treatment_id, wish.starts_at), call)
        return False

    def _state_was_another(self, call: Call) -> bool:
        """It was in the state that the refusal names."""
        return any(
            state.since <= call.until and state.until >= call.since and state.status == call.answer.json["status_now"]
            for state in self._states[str(call.subject)]
        )

    def _version_was_another(self, call: Call) -> bool:
        """Somebody else changed it, or leave was entered or ended, which marks whom it hits."""
        if call.act == "leave ends":
            return True  # the version is the practitioner's, whom others are at as well
        mine = self._states[str(call.subject)]
        changed = any(state.version != call.version and state.since <= call.until and state.by is not call for state in mine)
        practitioners = {state.shown["practitioner_id"] for state in mine}
        return changed or any(leave.by in practitioners and leave.since <= call.until for leave in self._leaves)

    def _was_gone(self, call: Call) -> bool:
        """It was ended by an earlier attempt of the same client, who had not heard of it."""
        return call.act == "leave ends" and any(one.subject == call.subject and one.was_unknown for one in self._record.calls)
