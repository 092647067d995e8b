"""A run into a database beside its floor: the same rows, ready beforehand, loaded and indexed.

The floor is what the database itself needs, with as many writers as the run has: one per worker, as
far as there are geographies. SQLite: multi-row VALUES from ready Python lists, a process per file
(:mod:`.floor_sqlite`). PostgreSQL: the server's own binary COPY from files
(:mod:`.floor_postgresql`). Then the same keys, foreign keys and indexes, by the same statements.
The run counts from the start of its process to the end.

Run and floor take turns, each after the disk has come to rest; a ratio is that of one turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import floor_postgresql, floor_sqlite, processes, space
from benchmarks.floor_sqlite import Floor
from benchmarks.processes import Used, note, positive, run, scratch, sets, settle
from benchmarks.tables import Cell, Goal, Report, at_most, is_full_size, medians, rounded
from persistence.mapping import tables_by_role
from sim.scenario import load
from sim.sites.schedule import make_plan

_MOST_RATIO, _MOST_PEAK_MB = 1.6, 700


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--workers", type=positive, default=2)
    processes.arguments(parser, index=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one run and its floor used."""

    run: dict[str, float]
    floor: dict[str, float]
    rows: int
    server: str = ""

    @property
    def ratio(self) -> dict[str, float]:
        """The run's figures in those of the floor."""
        both = self.run.keys() & self.floor.keys()
        return {name: self.run[name] / self.floor[name] for name in both if self.floor[name]}


def measure(options: argparse.Namespace) -> Report:
    """Run and floor in turn, as often as asked."""
    if options.store == "postgresql":
        floor_postgresql.require()
    scenario = load(Path(options.scenario), options.sets).scenario
    needed = space.load_mb(scenario, make_plan(scenario), options.store, options.index)
    space.require(processes.place_of(options.folder), needed)
    writers = min(options.workers, len(scenario.geographies))
    turn_of = _sqlite if options.store == "sqlite" else _postgresql
    turns = []
    for number in range(options.runs):
        note(f"{number + 1} of {options.runs}: run and floor")
        turns.append(turn_of(options, writers))
    ran, floor = medians([turn.run for turn in turns]), medians([turn.floor for turn in turns])
    ratios = [turn.ratio for turn in turns]
    about: dict[str, Cell] = {
        "scenario": scenario.name,
        "store": options.store,
        "index": options.index,
        "workers": options.workers,
        "rows": turns[0].rows,
        "runs": options.runs,
    }
    if turns[0].server:
        about["PostgreSQL"] = turns[0].server
    return {
        "name": f"load-{options.store}",
        "about": about,
        "rows": [
            rounded({"what": "run", **ran}),
            rounded({"what": "floor", **floor}),
            rounded({"what": "run / floor", **_in_order(medians(ratios), floor)}),
            rounded({"what": "least", **_in_order(_extreme(min, ratios), floor)}),
            rounded({"what": "most", **_in_order(_extreme(max, ratios), floor)}),
        ],
        "goals": goals(options.store, medians(ratios), ran) if is_full_size(options) else [],
    }


def goals(store: str, ratio: Mapping[str, float], ran: Mapping[str, float]) -> list[Goal]:
    """What must be reached."""
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[store]
    return [
        at_most(f"{kind}: wall time, run / floor", ratio["wall s"], _MOST_RATIO),
        at_most(f"{kind}: peak memory of all processes, MB", ran["peak MB"], _MOST_PEAK_MB),
    ]


def compare(used: Used, floor: Floor, files: int) -> None:
    """See that a floor loaded what the run wrote; master data stands in every file."""
    shared = set(tables_by_role("master"))
    for table, rows in used.manifest["rows"].items():
        wanted = rows * files if table in shared else rows
        if floor.rows[table] != wanted:
            raise RuntimeError(f"{table}: the floor loaded {floor.rows[table]} rows of {wanted}")


def _sqlite(options: argparse.Namespace, writers: int) -> Turn:
    with scratch(options.folder) as folder:
        settle()
        used = run(options.scenario, folder / "run", *_arguments(options))
        files = sorted((folder / "run").glob("*.sqlite"))
        settle()
        floor = floor_sqlite.load(files, folder, options.index, writers)
    compare(used, floor, len(files))
    ran = {"wall s": used.wall_s, "core s": used.cpu_s, "peak MB": used.peak_mb}
    return Turn(ran, floor.figures, used.rows)


def _postgresql(options: argparse.Namespace, writers: int) -> Turn:
    with scratch(options.folder) as folder, floor_postgresql.Server(folder) as server:
        database = ["--database", server.database("run")]
        server.settle()
        before = server.cpu_s()
        used = run(options.scenario, folder / "run", *database, *_arguments(options))
        there = server.cpu_s() - before
        floor = server.floor("run", options.index, writers)
        version = server.version
    compare(used, floor, 1)
    ran = {
        "wall s": used.wall_s,
        "core s": used.cpu_s + there,
        "of it the server": there,
        "peak MB": used.peak_mb,
    }
    return Turn(ran, floor.figures, used.rows, version)


def _arguments(options: argparse.Namespace) -> list[str]:
    given = ["--workers", str(options.workers), "--index", options.index]
    return given + sets(options.sets)


def _extreme(
    choose: Callable[[Iterable[float]], float], ratios: Sequence[Mapping[str, float]]
) -> dict[str, float]:
    return {name: choose(ratio[name] for ratio in ratios) for name in ratios[0]}


def _in_order(figures: Mapping[str, float], like: Mapping[str, float]) -> dict[str, float]:
    return {name: figures[name] for name in like if name in figures}
