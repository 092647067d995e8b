"""Cost per row and memory over batches, years and workers: what grows, and what must not.

Ratios compare rows of the table with as many workers: with the smallest and the largest scenario.
The speed-up is that over the first number of workers.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes, space
from benchmarks.processes import Used, note, positive, run, scratch, sets, settle
from benchmarks.tables import Goal, Report, Row, at_least, at_most, is_full_size, medians, rounded
from sim.core.clock import date_of
from sim.scenario import load
from sim.sites.schedule import make_plan

_MOST_SPREAD, _MOST_GROWTH, _LEAST_SPEED_UP, _MOST_PEAK_MB = 1.2, 1.1, 1.6, 700
_COST = "core µs a row"


@dataclass(frozen=True, slots=True)
class ScaledRun:
    """A scenario to run: its changed knobs, its first day that is not simulated, its disk."""

    changes: tuple[str, ...]
    until: int
    batches: int
    years: float
    mb: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--batches", type=positive, nargs="+", help="numbers of batches: 1 20 170")
    parser.add_argument("--years", type=float, nargs="+", help="years from the start: 1 5 10")
    parser.add_argument("--workers", type=positive, nargs="+", default=[1, 2])
    processes.arguments(parser)


def measure(options: argparse.Namespace) -> Report:
    """Run every size into SQLite files, with every number of workers in turn."""
    sizes = list(_sizes(options))
    space.require(processes.place_of(options.folder), max(size.mb for size in sizes))
    rows: list[Row] = []
    for size in sizes:
        used: dict[int, list[dict[str, float]]] = {workers: [] for workers in options.workers}
        for _ in range(options.runs):
            for workers, found in used.items():
                note(f"{size.batches} batches, {size.years:g} years, workers: {workers}")
                found.append(_figures(_run(options, size, workers)))
        rows += [
            {"batches": size.batches, "years": size.years, "workers": workers, **medians(found)}
            for workers, found in used.items()
        ]
    rows = [rounded(row) for row in compared(rows)]
    return {
        "name": "scaling-years" if options.years else "scaling-batches",
        "about": {"scenario": Path(options.scenario).stem, "runs": options.runs},
        "rows": rows,
        "goals": goals(rows) if is_full_size(options) else [],
    }


def compared(rows: Sequence[Row]) -> list[Row]:
    """Add to each row how it compares with the first and the last of its number of workers."""
    found = []
    for row in rows:
        alike = [other for other in rows if other["workers"] == row["workers"]]
        alone = next((other for other in rows if _is_same_size(other, row)), row)
        first, last = alike[0], alike[-1]
        found.append(
            {
                **row,
                "cost / first": _ratio(row, first, _COST),
                "cost / last": _ratio(row, last, _COST),
                "peak / last": _ratio(row, last, "peak MB"),
                "speed-up": _ratio(alone, row, "wall s"),
            }
        )
    return found


def goals(rows: Sequence[Row]) -> list[Goal]:
    """What must be reached, as far as the table has the rows for it."""
    by_size = {(row["batches"], row["years"], row["workers"]): row for row in rows}
    found = []
    most_batches = max(int(row["batches"]) for row in rows)
    if {20, most_batches} <= {row["batches"] for row in rows} and most_batches >= 170:
        spread = max(
            max(costs) / min(costs)
            for costs in _by_workers(row for row in rows if int(row["batches"]) >= 20)
        )
        goal = f"Cost per row, dearest / cheapest from 20 to {most_batches} batches"
        found.append(at_most(goal, spread, _MOST_SPREAD))
    growth = [
        _ratio(row, by_size[batches, 5.0, workers], "peak MB")
        for (batches, years, workers), row in by_size.items()
        if years == 10.0 and (batches, 5.0, workers) in by_size
    ]
    if growth:
        found.append(at_most("Peak memory, ten years / five", max(growth), _MOST_GROWTH))
    largest = rows[-1]
    alone = by_size.get((largest["batches"], largest["years"], 1))
    two = by_size.get((largest["batches"], largest["years"], 2))
    if alone and two:
        speed = _ratio(alone, two, "wall s")
        goal = f"SQLite, speed of two workers / one, {largest['batches']} batches"
        goal += f" over {float(largest['years']):g} years"
        found.append(at_least(goal, speed, _LEAST_SPEED_UP))
    peak = max(float(row["peak MB"]) for row in rows)
    name = "ten years" if growth else "all numbers of batches"
    found.append(at_most(f"Peak memory of all processes, {name}, MB", peak, _MOST_PEAK_MB))
    return found


def _sizes(options: argparse.Namespace) -> Iterable[ScaledRun]:
    for batches in options.batches or [None]:
        changes = [*options.sets, *([] if batches is None else [f"schedule.batches={batches}"])]
        scenario = load(Path(options.scenario), changes).scenario
        plan = make_plan(scenario)
        lasts = round((plan.end_day - plan.first_day) / 365.25, 1)
        for years in options.years or [lasts]:
            end = plan.end_day if years == lasts else plan.first_day + round(365.25 * years)
            if not plan.first_day < end <= plan.end_day:
                raise SystemExit(
                    f"{scenario.name} with {len(plan.batches)} batches lasts {lasts:g} years, not"
                    f" {years:g}: raise schedule.batches with --set"
                )
            mb = space.run_mb(scenario, plan, end, "sqlite", "minimal")
            yield ScaledRun(tuple(changes), end, len(plan.batches), years, mb)


def _run(options: argparse.Namespace, size: ScaledRun, workers: int) -> Used:
    until = date_of(size.until).isoformat()
    given = [*sets(size.changes), "--workers", str(workers), "--until", until]
    with scratch(options.folder) as folder:
        settle()
        return run(options.scenario, folder / "run", *given)


def _figures(used: Used) -> dict[str, float]:
    return {
        "rows": used.rows,
        "wall s": used.wall_s,
        "core s": used.cpu_s,
        _COST: 1e6 * used.cpu_s / used.rows,
        "peak MB": used.peak_mb,
    }


def _is_same_size(one: Row, other: Row) -> bool:
    return one["batches"] == other["batches"] and one["years"] == other["years"]


def _by_workers(rows: Iterable[Row]) -> Iterable[list[float]]:
    found: dict[object, list[float]] = {}
    for row in rows:
        found.setdefault(row["workers"], []).append(float(row[_COST]))
    return found.values()


def _ratio(one: Row, other: Row, of: str) -> float:
    return float(one[of]) / float(other[of])
