"""``run --dry-run``: how many rows, bytes and seconds a run would take, without writing anything.

Batches are followed through their planned durations, without waiting; a row's size and cost are
those of a run on two cores (see benchmarks/README.md).
"""

from __future__ import annotations

import json

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from sim.biology.water import seasonal_degc
from sim.clock import date_of
from sim.layout import FRESHWATER_PARAMETERS, SEA_PARAMETERS
from sim.scenario import Scenario
from sim.scenario.farm_knobs import SeaWater
from sim.schedule import BatchPlan, Plan

_BYTES_PER_ROW = 120
_ROWS_PER_SECOND = 400_000


def print_estimate(scenario: Scenario, plan: Plan, until: int, *, as_json: bool) -> None:
    """Print what a run would write."""
    rows = estimate(scenario, plan, until)
    total = sum(rows.values())
    figures = {
        "scenario": scenario.name,
        "simulated": {
            "from": date_of(plan.first_day).isoformat(),
            "until": date_of(until).isoformat(),
        },
        "batches": len(plan.batches),
        "rows": rows,
        "total_rows": total,
        "size_mb": round(total * _BYTES_PER_ROW / 1e6),
        "wall_s": round(3 + total / _ROWS_PER_SECOND),
    }
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    table = Table("rows", "about", box=None)
    for kind, count in rows.items():
        table.add_row(kind, f"{count:,}")
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"{len(plan.batches)} batches, {total:,} rows, about {figures['size_mb']:,} MB"
        f" and {figures['wall_s']:,} s. Nothing was written."
    )


def estimate(scenario: Scenario, plan: Plan, until: int) -> dict[str, int]:
    """Rows by kind of the big tables, within some percent for a schedule without long waits."""
    recording = scenario.recording
    halls = rings = fed = 0
    for batch in plan.batches:
        for role, feeding, container_days in _stays(scenario, batch, until):
            halls += container_days * (role != "sea")
            rings += container_days * (role == "sea")
            fed += container_days * feeding
    days = halls + rings
    sensors = halls * len(FRESHWATER_PARAMETERS) + rings * len(SEA_PARAMETERS)
    samples = fed // recording.growth_sample_interval_days
    return {
        "readings": sensors * len(recording.reading_hours),
        "feedings": fed * len(recording.feeding_hours),
        "daily states": days,
        "deaths": days,
        "growth samples": samples,
        "fish in samples": samples * recording.growth_sample_fish,
        "feed draws": fed,
    }


def _stays(scenario: Scenario, batch: BatchPlan, until: int) -> list[tuple[str, bool, int]]:
    """(role, whether fed, container-days) of each stage before ``until``."""
    geography = scenario.geographies[batch.geography]
    day, root = batch.start, float(np.cbrt(scenario.eggs.weight_g))
    found: list[tuple[str, bool, int]] = []
    for stage, planned in zip(scenario.stages_in(geography), batch.durations, strict=True):
        degc = np.full(planned, stage.temperature_degc)
        if stage.role == "sea":
            degc = _sea_degc(geography.sea, day, planned)
        roots = root + np.cumsum(stage.tgc / 1000 * np.maximum(degc, 0))
        stay = planned
        if stage.role == "sea":
            ready = np.flatnonzero(roots >= np.cbrt(batch.target_g))
            stay = int(ready[0]) + 1 if len(ready) else planned
        root = float(roots[stay - 1])
        days = max(0, min(day + stay, until) - day)
        found.append((stage.role, bool(stage.feeds), days * stage.containers_per_batch))
        day += stay
    return found


def _sea_degc(sea: SeaWater, day: int, days: int) -> NDArray[np.float64]:
    """The sea's seasonal temperature over a number of days."""
    of_year = np.array([date_of(day + n).timetuple().tm_yday for n in range(days)], dtype=float)
    return seasonal_degc(of_year, sea.mean_degc, sea.amplitude_degc, sea.peak_day)
