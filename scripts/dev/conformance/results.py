"""What the suite says about the server: its report, and the tables of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from rich.table import Table

AGENT = "websocket-mock-server"
NOT_RUN = "NOT RUN"


class ConformanceError(Exception):
    """Raised when the suite cannot run or not end; the text is one line that says what to do."""


class Verdict(IntEnum):
    """What a case says about the server, from best to worst; named as the suite does."""

    OK = 0
    INFORMATIONAL = 1
    NON_STRICT = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What the suite says about one case, in its own words."""

    case_id: str
    behavior: str
    behavior_close: str
    page: str | None = None
    """File name of the suite's page about this case, if it has run."""

    @property
    def verdict(self) -> Verdict:
        """The worse of the two; a word that is not known counts as failed."""
        names = (word.replace("-", "_") for word in (self.behavior, self.behavior_close))
        return max(Verdict.__members__.get(name, Verdict.FAILED) for name in names)

    @property
    def has_passed(self) -> bool:
        """Whether both are OK or INFORMATIONAL."""
        return self.verdict <= Verdict.INFORMATIONAL


class _Entry(BaseModel):
    """One case in the index of a report."""

    behavior: str
    behavior_close: str = Field(alias="behaviorClose")
    reportfile: str


_INDEX = TypeAdapter(dict[str, dict[str, _Entry]])


def parse_report(index: str | bytes, cases: Sequence[str]) -> tuple[CaseResult, ...]:
    """Read the index of a report; return one result per given case, in that order.

    Args:
        index: content of the suite's `index.json`.
        cases: the ids of the cases that should have run; those not in the report are `NOT_RUN`.

    Raises:
        ConformanceError: it is no such index.
    """
    try:
        entries = _INDEX.validate_json(index).get(AGENT, {})
    except ValidationError:
        raise ConformanceError("the test suite wrote a broken report; run this again") from None
    return tuple(_result(case_id, entries.get(case_id)) for case_id in cases)


def _result(case_id: str, entry: _Entry | None) -> CaseResult:
    if entry is None:
        return CaseResult(case_id, NOT_RUN, NOT_RUN)
    page = Path(entry.reportfile).with_suffix(".html").name
    return CaseResult(case_id, entry.behavior, entry.behavior_close, page)


def select_cases(known: Sequence[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the known cases that a pattern matches, in the order in which they are known.

    Raises:
        ConformanceError: a pattern matches none.
    """
    chosen: set[str] = set()
    for pattern in patterns:
        matches = [case_id for case_id in known if fnmatchcase(case_id, pattern)]
        if not matches:
            raise ConformanceError(f"no case matches {pattern!r}; give ids or patterns like '7.*'")
        chosen.update(matches)
    return tuple(case_id for case_id in known if case_id in chosen)


def summarise(results: Iterable[CaseResult]) -> Table:
    """Return the table of verdicts per group of cases, to be printed with rich."""
    groups: defaultdict[str, list[Verdict]] = defaultdict(list)
    for result in results:
        groups[f"{result.case_id.partition('.')[0]}.*"].append(result.verdict)
    everything = [verdict for verdicts in groups.values() for verdict in verdicts]
    table = Table("cases")
    for verdict in Verdict:
        table.add_column(verdict.name.replace("_", "-"), justify="right")
    for group, verdicts in {**groups, "all": everything}.items():
        table.add_row(group, *(str(verdicts.count(verdict)) for verdict in Verdict))
    return table


def describe(result: CaseResult, reports: Path) -> str:
    """Say in one line what the suite found in a case, and where it says more."""
    line = f"{result.case_id:<8} behavior {result.behavior}, behaviorClose {result.behavior_close}"
    return line if result.page is None else f"{line}  {reports / result.page}"
