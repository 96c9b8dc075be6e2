"""What a run found, as one table, and whether anything in it must not be."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from tests.races.oracle import Violation
from tests.races.record import Call, Record

SHOWN = 20


@dataclass(frozen=True)
class Line:
    """A figure. `wanted` is what was promised; a promise of speed that is missed is shown and is no violation."""

    what: str
    found: str
    wanted: str = ""
    kept: bool = True


@dataclass
class Report:
    title: str
    lines: list[Line] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def add(self, what: str, found: object, wanted: str = "", *, kept: bool = True) -> None:
        self.lines.append(Line(what, str(found), wanted, kept))

    def none_of(self, what: str, found: int) -> None:
        """A figure that has to be zero."""
        self.add(what, found, "0", kept=found == 0)
        if found:
            self.violations.append(Violation(what, f"{found} in {self.title}"))

    @override
    def __str__(self) -> str:
        rows = [("", "found", "promised", "")] + [
            (line.what, line.found, line.wanted, "" if line.kept else "MISSED") for line in self.lines
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        table = "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
        )
        wrong = "\n".join(f"  {violation}" for violation in self.violations[:SHOWN])
        return f"{self.title}\n{table}\n{f'Violations:{chr(10)}{wrong}{chr(10)}' if wrong else ''}"


def of(title: str, record: Record, violations: Iterable[Violation]) -> Report:
    """What every run says of its calls."""
    report = Report(title, violations=list(violations))
    asked = [call for call in record.calls if call.act != "read"]
    report.add("attempts", len(asked))
    report.add("successes", sum(call.succeeded for call in asked))
    report.add("refusals", sum(call.is_resolved and not call.succeeded for call in asked))
    report.add("unknown at first, and resolved", sum(call.was_unknown and call.is_resolved for call in asked))
    report.add("asked again to compare", sum(len(call.repeats) + len(call.others) for call in record.calls))
    p50, p99 = times(call for call in asked if call.succeeded and not call.was_unknown)
    report.add("p50, p99 of successes", f"{p50:.3f} s, {p99:.3f} s")
    rules = Counter(violation.rule for violation in report.violations)
    report.add("violations", ", ".join(f"{count} {rule}" for rule, count in rules.items()) or 0, "0", kept=not rules)
    return report


def add_deadlocks(report: Report, record: Record, deadlocks: int) -> None:
    """Where nothing is killed, whoever loses one is run again and not told. With too many for the machine some wait in vain and hear 503, which is no
    fault by itself; nobody hears 500."""
    heard = Counter(one.status for call in record.calls for one in call.sendings if (one.status or 0) >= 500)
    report.add("deadlocks", deadlocks, "0, or run again")
    report.add("answers with 503, sent again", heard[503])
    report.none_of("answers with 500", heard.total() - heard[503])
    report.none_of("deadlocks that a client may have heard of", min(deadlocks, heard[503]))


def times(calls: Iterable[Call]) -> tuple[float, float]:
    """Median and 99th percentile of how long they took."""
    took = sorted(call.answer.ended_at - call.answer.sent_at for call in calls)
    return (quantile(took, 0.5), quantile(took, 0.99))


def quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
