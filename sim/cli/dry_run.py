"""``run --dry-run``: how many rows, bytes and seconds a run would take, without writing anything.

A row's size and cost are those of a production run into SQLite, on two cores.
"""

from __future__ import annotations

import json
from typing import Any

import click
from rich.table import Table

from sim.cli.estimate import estimate
from sim.core.clock import date_of
from sim.core.terminal import make_console
from sim.scenario import Scenario
from sim.sites.schedule import Plan

_BYTES_PER_ROW = 122
_ROWS_PER_SECOND = 800_000  # into SQLite, two workers on two cores


def size_of(scenario: Scenario, plan: Plan, until: int) -> dict[str, Any]:
    """The rows, megabytes and seconds of a run."""
    rows = estimate(scenario, plan, until)
    total = sum(rows.values())
    return {
        "rows": rows,
        "total_rows": total,
        "size_mb": round(total * _BYTES_PER_ROW / 1e6),
        "wall_s": round(3 + total / _ROWS_PER_SECOND),
    }


def print_estimate(scenario: Scenario, plan: Plan, until: int, *, as_json: bool) -> None:
    """Print what a run would write."""
    figures = {
        "scenario": scenario.name,
        "simulated": {
            "from": date_of(plan.first_day).isoformat(),
            "until": date_of(until).isoformat(),
        },
        "batches": len(plan.batches),
        **size_of(scenario, plan, until),
    }
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    table = Table("rows of the large tables", "about", box=None)
    for kind, count in figures["rows"].items():
        table.add_row(kind, f"{count:,}")
    console = make_console()
    console.print(table)
    console.print(
        f"{len(plan.batches)} batches, {figures['total_rows']:,} rows,"
        f" about {figures['size_mb']:,} MB and {figures['wall_s']:,} s. Nothing was written."
    )
