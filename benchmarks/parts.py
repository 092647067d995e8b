"""Where the time of a run goes: model, expansion, encoding, the database, its indexes.

One worker in this process, with a stopwatch on the doors between the parts; a part's time is what
is spent in it and in nothing that it calls and that is a part itself. ``--plot FILE`` draws it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.floor_postgresql import Server
from benchmarks.processes import scratch
from benchmarks.tables import Report, Row, medians

PARTS = (
    "model", "expansion", "rows and digests", "encoding", "database", "indexes", "rest",
)  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--index", choices=["full", "minimal", "none"], default="minimal")
    parser.add_argument("--folder", help="where databases are made and removed (another disk)")
    parser.add_argument("--plot", type=Path, help="draw the parts into this file (extra: plots)")


def measure(options: argparse.Namespace) -> Report:
    """Run in this process, as often as asked."""
    runs = [_run(options) for _ in range(options.runs)]
    found = medians(runs)
    total = sum(found.values())
    rows: list[Row] = [
        {
            "part": name,
            "s": found[name],
            "%": round(100 * found[name] / total, 1),
            "": "#" * round(50 * found[name] / total),
        }
        for name in PARTS
    ]
    if options.plot is not None:
        _draw(found, options.plot)
    about = {"scenario": Path(options.scenario).stem, "store": options.store, "runs": options.runs}
    return {"benchmark": "parts", "about": {**about, "wall s": total}, "rows": rows}


class Stopwatch:
    """Gives every moment to one part: the innermost that is at work."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._stack = ["rest"]
        self._since = time.perf_counter()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Give the time to a part until it is left."""
        self._switch()
        self._stack.append(name)
        try:
            yield
        finally:
            self._switch()
            self._stack.pop()

    def stop(self) -> None:
        """Give the time until now to who is at work."""
        self._switch()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with its time given to a part."""

        def run(*args: Any, **named: Any) -> Any:
            with self.part(name):
                return function(*args, **named)

        return run

    def timed_items(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same generator function, with the time between its items left to who takes them."""

        def run(*args: Any, **named: Any) -> Iterator[Any]:
            items = iter(function(*args, **named))
            while True:
                with self.part(name):
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                yield item

        return run

    def _switch(self) -> None:
        now = time.perf_counter()
        self.spent[self._stack[-1]] += now - self._since
        self._since = now


def _run(options: argparse.Namespace) -> dict[str, float]:
    watch = Stopwatch()
    with scratch(options.folder) as folder:
        if options.store == "sqlite":
            with _doors(watch):
                _simulate(options, [], folder / "run")
                watch.stop()
        else:
            with Server(folder) as server, _doors(watch):
                database = ["--database", server.database("run")]
                watch.spent.clear()  # starting a server is no part of a run
                _simulate(options, database, folder / "run")
                watch.stop()  # nor is stopping it
    return {name: watch.spent[name] for name in PARTS}


def _simulate(options: argparse.Namespace, database: list[str], folder: Path) -> None:
    from sim.cli import cli

    args = ["run", options.scenario, "--out", str(folder), "--workers", "1", "--no-progress"]
    args += ["--index", options.index, "--json", *database]
    with patch("click.echo"):  # its summary is not what this command prints
        cli.main(args=args, standalone_mode=False)


@contextmanager
def _doors(watch: Stopwatch) -> Iterator[None]:
    """Put the stopwatch on the functions that lead from one part into another."""
    from sqlalchemy.engine.default import DefaultDialect

    from persistence.keys import Keys
    from persistence.stores.copy_format import Encoder
    from persistence.stores.postgresql import PostgresqlStore
    from persistence.stores.sql import SqlStore
    from persistence.stores.sqlite import SqliteStore
    from persistence.stores.sqlite_values import Insert
    from sim.observations.observer import Observer
    from sim.world import World

    plain = [
        (World, "__init__", "model"), (World, "advance", "model"),
        (Observer, "entities", "expansion"),
        (SqlStore, "commit", "rows and digests"),
        (SqliteStore, "_write", "database"), (PostgresqlStore, "_copy", "database"),
        (PostgresqlStore, "_upsert", "database"), (DefaultDialect, "do_commit", "database"),
        (Keys, "resolve", "rows and digests"),
        (Insert, "__init__", "encoding"), (Insert, "parameters", "encoding"),
        (SqliteStore, "finish", "indexes"), (PostgresqlStore, "finish", "indexes"),
    ]  # fmt: skip
    patches = [
        patch.object(owner, name, watch.timed(part, getattr(owner, name)))
        for owner, name, part in plain
    ]
    patches += [
        patch.object(owner, name, watch.timed_items(part, getattr(owner, name)))
        for owner, name, part in (
            (Observer, "facts", "expansion"),
            (Encoder, "encode", "encoding"),
        )
    ]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def _draw(found: dict[str, float], path: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SystemExit("--plot needs matplotlib: pip install 'smoltflow[plots]'") from None
    figure = Figure(figsize=(8, 2), layout="constrained")
    axes = figure.subplots()
    left = 0.0
    for name in PARTS:
        axes.barh(0, found[name], left=left, label=f"{name} {found[name]:.1f} s")
        left += found[name]
    axes.set(yticks=[], xlabel="seconds, one worker")
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.4), frameon=False)
    figure.savefig(path)
