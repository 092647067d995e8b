"""Comparing a run's figures with the lines of the acceptance table that hold for it."""

from __future__ import annotations

from persistence.checks.engine.knobs import StoredKnobs
from persistence.checks.engine.result import CheckResult, State
from persistence.checks.engine.rule import SHOWN
from persistence.checks.figures.acceptance import Line, lines_for
from persistence.checks.figures.figures import Figures
from persistence.checks.figures.measures import Values

DEFAULT = "default"
"""The biology profile that the figures of survival, growth and feed were set for."""
_FEW = 6


def judge(figures: Figures, knobs: StoredKnobs, profile: str, *, whole: bool) -> list[CheckResult]:
    """Compare a run's figures with the lines that hold for it.

    Args:
        figures: put together from the run's databases.
        knobs: its scenario's.
        profile: its biology profile.
        whole: whether the databases of all geographies are among them.
    """
    excuse = ""
    if not whole:
        excuse = "not all of the run's databases are looked at"
    elif figures.until < knobs.end_day:
        excuse = "the run was cut short"
    return [_judge(line, figures, knobs, profile, excuse) for line in lines_for(knobs)]


def _judge(
    line: Line, figures: Figures, knobs: StoredKnobs, profile: str, cut_short: str
) -> CheckResult:
    says, expected = line.sentence, line.expected
    values = dict(sorted(line.measure(figures, knobs).items()))
    excuse = cut_short if line.whole else ""
    if line.biology and profile != DEFAULT:
        excuse = f"set for the {DEFAULT} profile"
    elif not values:
        excuse = excuse or "nothing to tell yet"
    if excuse:
        return CheckResult(line.name, "acceptance", says, expected, excuse, "not applicable")
    out = {name: value for name, value in values.items() if line.refuses(value)}
    found = _told(line, values)
    if line.beside:
        beside = line.beside(figures)
        found += f" ({beside})" if beside else ""
    rows = tuple(f"{name}: {_number(line, value)}" for name, value in list(out.items())[:SHOWN])
    state: State = "failed" if out else "passed"
    return CheckResult(line.name, "acceptance", says, expected, found, state, rows)


def _told(line: Line, values: Values) -> str:
    """One value as it is, a few by their names, many as a range with their mean."""
    if len(values) == 1:
        return _number(line, *values.values())
    if len(values) <= _FEW:
        return ", ".join(f"{name} {_number(line, value)}" for name, value in values.items())
    low, high = _number(line, min(values.values())), _number(line, max(values.values()))
    mean = _number(line, sum(values.values()) / len(values))
    return f"{low} to {high}, mean {mean} of {len(values)}"


def _number(line: Line, value: float) -> str:
    return f"{value:,.{line.digits}f}" + (f" {line.unit}" if line.unit else "")
