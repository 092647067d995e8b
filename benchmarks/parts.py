"""Where the time of a run goes: model, expansion, encoding, the database, its indexes.

One worker in this process, with a stopwatch on the doors between the parts; a part's time is what
is spent in it and in nothing that it calls and that is a part itself. What of a part's time is no
processor time of ours is waiting: for the server, or for the disk. ``--plot FILE`` draws it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from benchmarks import extras, floor_postgresql, processes, space
from benchmarks.processes import note, scratch, sets, settle
from benchmarks.stopwatch import Stopwatch
from benchmarks.tables import Cell, Report, Row, medians, rounded
from sim.scenario import load
from sim.sites.schedule import make_plan

PARTS = (
    "model", "expansion", "rows and digests", "encoding", "database", "indexes", "rest",
)  # fmt: skip
_WORKING, _WAITING = "#2f7fc1", "#c9dcec"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--plot", type=Path, help="draw the parts into this file")
    processes.arguments(parser, index=True)


def measure(options: argparse.Namespace) -> Report:
    """Run in this process, as often as asked."""
    if options.store == "postgresql":
        floor_postgresql.require()
    if options.plot is not None:
        require_plots("--plot")
    scenario = load(Path(options.scenario), options.sets).scenario
    plan = make_plan(scenario)
    needed = space.run_mb(scenario, plan, plan.end_day, options.store, options.index)
    space.require(processes.place_of(options.folder), needed)
    about: dict[str, Cell] = {
        "scenario": scenario.name,
        "store": options.store,
        "index": options.index,
        "workers": 1,
        "runs": options.runs,
    }
    watches = []
    for number in range(options.runs):
        note(f"{number + 1} of {options.runs}: a run with a stopwatch")
        watches.append(_run(options, about))
    wall = medians([{part: watch.wall_s[part] for part in PARTS} for watch in watches])
    core = medians([{part: watch.core_s[part] for part in PARTS} for watch in watches])
    total = sum(wall.values())
    rows: list[Row] = [
        {
            "part": part,
            "wall s": wall[part],
            "core s": core[part],
            "waiting s": max(wall[part] - core[part], 0.0),
            "%": 100 * wall[part] / total,
        }
        for part in PARTS
    ]
    if options.plot is not None:
        draw(rows, options.plot)
    return {
        "name": f"parts-{options.store}",
        "about": {**about, "wall s": round(total, 2)},
        "rows": [rounded(row) for row in rows],
        "goals": [],
    }


def require_plots(what_for: str) -> None:
    """End with a message unless pictures can be drawn."""
    extras.require("matplotlib", "matplotlib", what_for)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the parts as bars: working, and behind it waiting."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.6), layout="constrained")
    axes = figure.subplots()
    names = [str(row["part"]) for row in rows]
    working = [float(row["wall s"]) - float(row["waiting s"]) for row in rows]
    waiting = [float(row["waiting s"]) for row in rows]
    axes.barh(names, working, color=_WORKING, label="working")
    bars = axes.barh(names, waiting, left=working, color=_WAITING, label="waiting")
    axes.bar_label(bars, [f"{float(row['%']):.0f} %" for row in rows], padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("seconds, one worker")
    axes.legend(frameon=False, loc="upper right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100, metadata={"Software": None})


def _run(options: argparse.Namespace, about: dict[str, Cell]) -> Stopwatch:
    watch = Stopwatch("rest")
    with scratch(options.folder) as folder, _doors(watch):
        settle()
        if options.store == "sqlite":
            _simulate(options, [], folder / "run", watch)
        else:
            with floor_postgresql.Server(folder) as server:
                about["PostgreSQL"] = server.version
                database = ["--database", server.database("run")]
                server.settle()
                _simulate(options, database, folder / "run", watch)
    return watch


def _simulate(
    options: argparse.Namespace, database: list[str], folder: Path, watch: Stopwatch
) -> None:
    import click

    from sim.cli import Failure, cli

    args = ["run", str(options.scenario), "--out", str(folder), "--workers", "1", "--no-progress"]
    args += ["--index", options.index, "--json", *database, *sets(options.sets)]
    with patch("click.echo"):  # its summary is not what this command prints
        watch.start()
        try:
            cli.main(args=args, standalone_mode=False)
        except (Failure, click.ClickException) as error:
            raise SystemExit(f"the run failed: {error}") from None
        watch.stop()


@contextmanager
def _doors(watch: Stopwatch) -> Iterator[None]:
    """Put the stopwatch on the functions that lead from one part into another."""
    from sqlalchemy.engine.default import DefaultDialect

    import sim.api.runs  # noqa: F401 - importing it is no part of a run
    from persistence.keys import Keys
    from persistence.stores.copy_format import Encoder
    from persistence.stores.postgresql import PostgresqlStore
    from persistence.stores.sql import SqlStore
    from persistence.stores.sqlite import SqliteStore
    from persistence.stores.sqlite_values import Insert
    from sim.company.records import Records
    from sim.observations.observer import Observer
    from sim.world import World

    plain = [
        (World, "__init__", "model"), (World, "advance", "model"), (Records, "cut", "model"),
        (Observer, "entities", "expansion"),
        (SqlStore, "commit", "rows and digests"),
        (SqliteStore, "_write", "database"), (PostgresqlStore, "_copy", "database"),
        (PostgresqlStore, "_upsert", "database"), (DefaultDialect, "do_commit", "database"),
        (Keys, "resolve", "rows and digests"),
        (Insert, "__init__", "encoding"), (Insert, "parameters", "encoding"),
        (SqliteStore, "finish", "indexes"), (PostgresqlStore, "finish", "indexes"),
    ]  # fmt: skip
    items = [(Observer, "facts", "expansion"), (Encoder, "encode", "encoding")]
    patches = [
        *(
            patch.object(owner, name, watch.timed(part, getattr(owner, name)))
            for owner, name, part in plain
        ),
        *(
            patch.object(owner, name, watch.timed_items(part, getattr(owner, name)))
            for owner, name, part in items
        ),
    ]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()
