"""Every refusal has a cause: something that was in the way at some moment between asking and hearing (B4)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.client import Json
from tests.races.oracle import Violation
from tests.races.premises import Premises
from tests.races.record import Call, Record
from tests.races.timeline import CLOCKS_DIFFER_SECONDS, Diary, State, leaves_of


@dataclass(frozen=True)
class Wish:
    """One sitting that was refused, as far as it was asked for. `without`: appointments that do not count for it; `beside` are the others of the same
    hold or course, which want their time too."""

    treatment_id: str
    practitioner_id: str | None
    starts_at: str
    patient_id: str | None
    without: tuple[str, ...]
    beside: tuple["Wish", ...] = ()


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
            "hold_mismatch": self._hold_was_over,
            "hold_expired": self._hold_was_over,
            "hold_extended": self._was_extended,
            "wrong_course_state": self._course_was_another,
            "session_settled": self._moved_meanwhile,
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
        codes = [reason["code"] for reason in refusal["reasons"]]
        return bool(codes) and any(self._fits(call, wish, codes) for wish in self._wishes(call, refusal["index"]))

    def _fits(self, call: Call, wish: Wish, codes: list[str]) -> bool:
        if wish.practitioner_id is not None:
            return all(self._is_true(code, wish, wish.practitioner_id, call) for code in codes)
        return all(any(self._is_true(code, wish, one, call) for code in codes) for one in self._practitioners)

    def _wishes(self, call: Call, index: int) -> Iterator[Wish]:
        """What was asked for; of an appointment that is there, as it may have been."""
        asked = dict(call.body or {})
        if call.subject is None or call.hold_token:
            several: list[Json] = asked.get("sessions") or asked.get("items") or [asked]
            wishes = [self._wish(one, asked, call) for one in several]
        elif call.path.startswith("/v1/courses"):
            moves: list[Json] = asked.get("moves") or [{"appointment_id": one} for one in call.also]
            wishes = [self._moved(one, call) for one in moves]
        else:
            yield from (self._as_it_was(state, asked, call) for state in self._possible(call, call.subject))
            return
        yield replace(wishes[index], beside=tuple(one for number, one in enumerate(wishes) if number != index))

    @staticmethod
    def _wish(one: Json, asked: Json, call: Call) -> Wish:
        without = () if call.subject is None else (call.subject,)
        return Wish(one["treatment_id"], one.get("practitioner_id"), one["starts_at"], asked.get("patient_id"), without)

    def _moved(self, move: Json, call: Call) -> Wish:
        """A session of a course, to where it is to be, or where it is held."""
        return self._as_it_was(self._states[move["appointment_id"]][-1], move.get("to", {}), call)

    @staticmethod
    def _as_it_was(state: State, asked: Json, call: Call) -> Wish:
        now = {**state.shown, **asked}
        moving = tuple(one["appointment_id"] for one in (call.body or {}).get("moves", ())) or call.also
        return Wish(
            now["treatment_id"], now["practitioner_id"], now["starts_at"], now["patient_id"], moving or (str(call.subject),)
        )

    def _possible(self, call: Call, subject: str | None) -> list[State]:
        """What the subject may have been while the call lasted."""
        found = self._states.get(str(subject), [])
        return [state for state in found if state.since <= call.until and state.until >= call.since]

    def _is_true(self, code: str, wish: Wish, practitioner_id: str, call: Call) -> bool:
        diary = self._diary

        def taken(of: str, what: str) -> bool:
            return diary.taken(of, diary.needs(wish.treatment_id, wish.starts_at, what), call, without=wish.without)

        if code == "busy":
            return taken(practitioner_id, "practitioner") or bool(self._beside(wish, "practitioner", practitioner_id))
        if code == "place_busy":
            return sum(not taken(room, "place") for room in self._rooms) <= self._beside(wish, "place")
        if code == "patient_busy":
            return wish.patient_id is not None and (taken(wish.patient_id, "patient") or bool(self._beside(wish, "patient")))
        if code == "time_off":
            return diary.taken(f"leave {practitioner_id}", diary.attended(wish.treatment_id, wish.starts_at), call)
        return False

    def _beside(self, wish: Wish, what: str, practitioner_id: str | None = None) -> int:
        """How many of the same hold need the same time, of whoever is chosen for them."""
        mine = self._diary.needs(wish.treatment_id, wish.starts_at, what)
        return sum(
            any(
                one[0] < other[1] and other[0] < one[1]
                for one in mine
                for other in self._diary.needs(of.treatment_id, of.starts_at, what)
            )
            for of in wish.beside
            if practitioner_id is None or of.practitioner_id in {None, practitioner_id}
        )

    def _state_was_another(self, call: Call) -> bool:
        """It was in the state that the refusal names."""
        return any(state.status == call.answer.json["status_now"] for state in self._possible(call, call.subject))

    def _version_was_another(self, call: Call) -> bool:
        """Somebody else changed it; or leave was entered or ended, which marks whom it hits; or what it waited for, being overbooked, became free."""
        if call.act == "leave ends":
            return True  # the version is the practitioner's, whom others are at as well
        if call.path.startswith("/v1/courses"):
            return self._course_changed(call)
        mine = self._states[str(call.subject)]
        changed = any(state.version != call.version and state.since <= call.until and state.by is not call for state in mine)
        changed |= any(state.shown["overbooked"] for state in mine)
        practitioners = {state.shown["practitioner_id"] for state in mine}
        return changed or any(leave.by in practitioners and leave.since <= call.until for leave in self._leaves)

    def _course_changed(self, call: Call) -> bool:
        """Something of it did, or may have: what became of it after it was made, leave that marks one of its sessions."""
        mine = [state for id_ in call.also for state in self._states[id_]]
        practitioners = {state.shown["practitioner_id"] for state in mine}
        changed = any(state.version > 1 and state.since <= call.until and state.by is not call for state in mine)
        return changed or any(leave.by in practitioners and leave.since <= call.until for leave in self._leaves)

    def _course_was_another(self, call: Call) -> bool:
        """Cancelled by somebody, held still or no longer, or booked already."""
        mine = [state for id_ in call.also for state in self._states[id_] if state.since <= call.until]
        now = call.answer.json["status_now"]
        if now == "expired":
            return self._hold_was_over(call)
        fitting = {"held": "held", "active": "booked"}.get(now, "")
        if now == "cancelled":
            return any(
                one.path == call.path.rpartition("/")[0] + "/cancel" and one is not call for one in self._successes_until(call)
            )
        return now == "completed" or any(state.status == fitting for state in mine)

    def _moved_meanwhile(self, call: Call) -> bool:
        """By a person, which pins it; or its patient has come."""
        mine = [state for id_ in call.also for state in self._states[id_] if state.since <= call.until]
        return any(state.shown["pinned"] or state.status in {"arrived", "fulfilled", "no_show"} for state in mine)

    def _successes_until(self, call: Call) -> list[Call]:
        return [one for one in self._record.successes() if one.since <= call.until]

    def _hold_was_over(self, call: Call) -> bool:
        """What it kept was booked or given back, or its time was over, at some moment of the call. A state is thought possible for longer than it was
        by as much as the clocks may differ, which here is to be taken off again."""
        held = [state for state in self._states[str(call.subject)] if state.status == "held"]
        return held[-1].until - 2 * CLOCKS_DIFFER_SECONDS <= call.until

    def _was_extended(self, call: Call) -> bool:
        return any(
            one.act == "extend" and one.path == call.path and one is not call and one.since <= call.until
            for one in self._record.successes()
        )

    def _was_gone(self, call: Call) -> bool:
        """It was deleted before: by somebody else, or by an earlier attempt of one who had not heard of it."""
        return call.was_unknown or any(
            one.act in {"leave ends", "release"} and one.subject == call.subject and one is not call and one.since <= call.until
            for one in self._record.calls
        )
