"""What a check says about a run, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Group = Literal["integrity", "conservation", "acceptance", "calibration"]
State = Literal["passed", "failed", "not applicable", "inside", "outside"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check over all databases of a run.

    Attributes:
        name: short name, such as ``eggs.balance``.
        group: what kind of promise it is about.
        says: the promise, in a sentence.
        expected: what the promise asks for; ``found`` what there is.
        state: passed, failed, or not applicable to this scenario or to a run that was cut short;
            of a published figure, whether the run is inside its range or outside.
        rows: the first rows that break the promise, each readable by itself.
        seconds: time spent, summed over databases and parts.
    """

    name: str
    group: Group
    says: str
    expected: str
    found: str
    state: State
    rows: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against it."""
        return self.state != "failed"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "rows": list(self.rows), "passed": self.passed}
