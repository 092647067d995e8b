"""Cost per row and memory over batches, years and workers: what grows, and what must not."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.processes import Used, run, scratch, sets
from benchmarks.tables import Report, Row, medians
from sim.clock import date_of
from sim.scenario import load
from sim.schedule import make_plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--batches", type=int, nargs="*", help="numbers of batches, e.g. 1 20 170")
    parser.add_argument("--years", type=float, nargs="*", help="years from the start, e.g. 1 5 10")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--set", dest="sets", action="append", default=[], help="change a knob")
    parser.add_argument("--folder", help="where databases are made and removed (another disk)")


def measure(options: argparse.Namespace) -> Report:
    """Run every combination into SQLite files."""
    rows: list[Row] = []
    for batches in options.batches or [None]:
        changes = [*options.sets, *([] if batches is None else [f"schedule.batches={batches}"])]
        plan = make_plan(load(Path(options.scenario), changes).scenario)
        for years in options.years or [None]:
            end = plan.end_day if years is None else plan.first_day + round(365.25 * years)
            for workers in options.workers:
                runs = [
                    _figures(_run(options, changes, min(end, plan.end_day), workers))
                    for _ in range(options.runs)
                ]
                lived = (min(end, plan.end_day) - plan.first_day) / 365.25
                rows.append(
                    {
                        "batches": len(plan.batches),
                        "years": round(lived, 1),
                        "workers": workers,
                        **medians(runs),
                    }
                )
    about = {"scenario": Path(options.scenario).stem, "runs": options.runs}
    return {"benchmark": "scaling", "about": about, "rows": rows}


def _run(options: argparse.Namespace, changes: list[str], end: int, workers: int) -> Used:
    until = date_of(end).isoformat()
    with scratch(options.folder) as folder:
        return run(
            options.scenario, folder, *sets(changes), "--workers", str(workers), "--until", until
        )


def _figures(used: Used) -> dict[str, float]:
    return {
        "rows": used.rows,
        "wall s": used.wall_s,
        "core s": used.cpu_s,
        "core µs a row": 1e6 * used.cpu_s / used.rows,
        "peak MB": used.manifest["peak_rss_mb"],
    }
