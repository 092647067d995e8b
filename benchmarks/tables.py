"""What benchmarks print: tables of rows with names, a few words before them, goals after them."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.table import Table

Cell = str | int | float
Row = dict[str, Cell]

_BAR = 40  # signs for 100 %
_FULL_SIZE = ("production", "saturation_170")


class Goal(TypedDict):
    """A figure that must be reached, and whether it was."""

    goal: str
    figure: float
    limit: str
    reached: bool


class Report(TypedDict):
    """What a benchmark found: what was measured, a table, and what became of its goals.

    ``name`` is its place in README.md; a benchmark with several kinds of results has several.
    """

    name: str
    about: dict[str, Cell]
    rows: list[Row]
    goals: list[Goal]


class Result(Report):
    """A report with what it takes to repeat it: the command and the machine."""

    command: str
    machine: dict[str, Cell]


def at_most(goal: str, figure: float, limit: float) -> Goal:
    """A goal that is reached from below."""
    return Goal(goal=goal, figure=figure, limit=f"at most {limit:g}", reached=figure <= limit)


def at_least(goal: str, figure: float, limit: float) -> Goal:
    """A goal that is reached from above."""
    return Goal(goal=goal, figure=figure, limit=f"at least {limit:g}", reached=figure >= limit)


def is_full_size(options: argparse.Namespace) -> bool:
    """Tell whether goals mean anything: in a small run, starting up is most of the time."""
    return Path(options.scenario).stem in _FULL_SIZE


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure over several runs."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def rounded(row: Mapping[str, Cell]) -> Row:
    """A row without digits that nobody measured."""
    return {name: round(cell, 4) if isinstance(cell, float) else cell for name, cell in row.items()}


def columns(report: Report) -> list[str]:
    """The names of a report's columns, in order."""
    return list(dict.fromkeys(name for row in report["rows"] for name in row))


def is_number(report: Report, column: str) -> bool:
    """Tell whether a column holds numbers only."""
    return all(not isinstance(row.get(column, 0), str) for row in report["rows"])


def told(cells: Mapping[str, Cell]) -> str:
    """Named values as words."""
    return ", ".join(f"{name} {text(value)}" for name, value in cells.items())


def text(value: Cell) -> str:
    """A value as a person reads it."""
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value


def show(result: Result) -> None:
    """Print a result for a person; a column of per cents gets a bar."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(f"[bold]{result['name']}[/]: {told(result['about'])}", soft_wrap=True)
    console.print(told(result["machine"]), markup=False, soft_wrap=True)
    names = columns(result)
    table = Table(box=None)
    for name in names:
        table.add_column(name, justify="right" if is_number(result, name) else "left")
    if "%" in names:
        table.add_column("")
    for row in result["rows"]:
        cells = [text(row.get(name, "")) for name in names]
        if "%" in names:
            cells.append("#" * round(_BAR * float(row.get("%", 0)) / 100))
        table.add_row(*cells)
    console.print(table)
    for goal in result["goals"]:
        answer = "reached" if goal["reached"] else "NOT reached"
        console.print(f"{goal['goal']}: {text(goal['figure'])}, {goal['limit']}: {answer}")
