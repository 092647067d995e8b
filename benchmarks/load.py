"""A run into a database beside its floor: the same rows, ready beforehand, loaded and indexed.

The floor is what the database itself needs, with as many writers as the run has workers. SQLite:
multi-row VALUES from ready Python lists, one process per file (:mod:`.floor_sqlite`). PostgreSQL:
the server's own binary COPY from files (:mod:`.floor_postgresql`). Then the same keys, foreign keys
and indexes, by the same statements. A ratio of 1 cannot be beaten.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import floor_postgresql, floor_sqlite
from benchmarks.processes import run, scratch
from benchmarks.tables import Report, medians


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--index", choices=["full", "minimal", "none"], default="minimal")
    parser.add_argument("--folder", help="where databases are made and removed (another disk)")


def measure(options: argparse.Namespace) -> Report:
    """Run and floor in turn, as often as asked."""
    measure_one = _sqlite if options.store == "sqlite" else _postgresql
    rounds = [measure_one(options) for _ in range(options.runs)]
    ran, floor = medians([one[0] for one in rounds]), medians([one[1] for one in rounds])
    ratio = {name: round(ran[name] / floor[name], 2) for name in ran if floor.get(name)}
    return {
        "benchmark": "load",
        "about": {
            "scenario": Path(options.scenario).stem,
            "store": options.store,
            "index": options.index,
            "workers": options.workers,
            "rows": rounds[0][2],
            "runs": options.runs,
        },
        "rows": [{"what": "run", **ran}, {"what": "floor", **floor}, {"what": "ratio", **ratio}],
    }


Measured = tuple[dict[str, float], dict[str, float], int]
"""The run's figures, the floor's, and the number of rows."""


def _sqlite(options: argparse.Namespace) -> Measured:
    with scratch(options.folder) as folder:
        used = run(
            options.scenario, folder / "run",
            "--workers", str(options.workers), "--index", options.index,
        )  # fmt: skip
        files = sorted((folder / "run").glob("*.sqlite"))
        floor = floor_sqlite.load(files, folder, options.index, options.workers)
    return {"wall s": used.wall_s, "core s": used.cpu_s}, floor, used.rows


def _postgresql(options: argparse.Namespace) -> Measured:
    with scratch(options.folder) as folder, floor_postgresql.Server(folder) as server:
        before = server.cpu_s()
        used = run(
            options.scenario, folder / "run", "--database", server.database("run"),
            "--workers", str(options.workers), "--index", options.index,
        )  # fmt: skip
        there = server.cpu_s() - before
        floor = server.floor("run", options.index, options.workers)
    ran = {"wall s": used.wall_s, "core s": used.cpu_s + there, "of it the server": there}
    return ran, floor, used.rows
