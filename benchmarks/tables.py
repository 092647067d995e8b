"""What benchmarks print: tables of rows with names, and a few words before them."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TypedDict

from rich.console import Console
from rich.table import Table

Cell = str | int | float
Row = dict[str, Cell]


class Report(TypedDict):
    """What a benchmark found: what was measured, and a table."""

    benchmark: str
    about: dict[str, Cell]
    rows: list[Row]


def show(report: Report) -> None:
    """Print a report for a person."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    told = ", ".join(f"{name} {_text(value)}" for name, value in report["about"].items())
    console.print(f"[bold]{report['benchmark']}[/]: {told}")
    columns = list(dict.fromkeys(name for row in report["rows"] for name in row))
    table = Table(box=None)
    for name in columns:
        numbers = all(not isinstance(row.get(name, 0), str) for row in report["rows"])
        table.add_column(name, justify="right" if numbers else "left")
    for row in report["rows"]:
        table.add_row(*(_text(row.get(name, "")) for name in columns))
    console.print(table)


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure over several runs."""
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def _text(value: Cell) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value
