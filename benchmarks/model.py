"""A replication without a database: how fast the model is, beside a bare SimPy loop.

The shares of SimPy, NumPy and our code come from py-spy (``pip install py-spy``), which looks at a
second run a hundred times a second; without it they are left out.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.tables import Report, Row, medians
from sim.clock import next_month
from sim.kpi import measure as measure_kpis
from sim.scenario import Scenario, load
from sim.world import World

_BARE_PROCESSES, _BARE_DAYS = 200, 1000
_OURS = ("/sim/", "/persistence/")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--no-shares", action="store_true", help="do not run py-spy")


def measure(options: argparse.Namespace) -> Report:
    """Advance the company to its end; count events and the days that batches live."""
    scenario = load(Path(options.scenario), []).scenario
    figures = medians([_replication(scenario) for _ in range(options.runs)])
    bare = medians([_bare() for _ in range(max(options.runs, 3))])
    rows: list[Row] = [
        {"what": "World.advance, processor s", "figure": figures["advance_s"]},
        {"what": "sim.kpi.measure, processor s", "figure": figures["measure_s"]},
        {"what": "batch-days a second", "figure": figures["batch_days"] / figures["advance_s"]},
        {"what": "SimPy events", "figure": int(figures["events"])},
        {"what": "SimPy events a second", "figure": figures["events"] / figures["advance_s"]},
        {"what": "bare SimPy loop, events a second", "figure": bare["events_per_s"]},
        {
            "what": "of the time, what bare SimPy needs for as many events, %",
            "figure": 100 * figures["events"] / bare["events_per_s"] / figures["advance_s"],
        },
    ]
    if not options.no_shares and shutil.which("py-spy", path=_path()):
        shares = _shares(options.scenario)
        rows += [{"what": f"time in {name}, %", "figure": share} for name, share in shares.items()]
    about = {
        "scenario": scenario.name,
        "batches": len(scenario_batches(scenario)),
        "runs": options.runs,
    }
    return {"benchmark": "model", "about": about, "rows": rows}


def scenario_batches(scenario: Scenario) -> list[int]:
    """The days on which the plan's batches start."""
    from sim.schedule import make_plan

    return [batch.start for batch in make_plan(scenario).batches]


def advance(scenario: Scenario) -> World:
    """Run a company to its end, month by month, without recording anybody."""
    world = World(scenario, recording=())
    day = world.plan.first_day
    while day < world.plan.end_day:
        day = min(next_month(day), world.plan.end_day)
        world.advance(day)
    return world


def _replication(scenario: Scenario) -> dict[str, float]:
    began = time.process_time()
    world = advance(scenario)
    advanced = time.process_time() - began
    began = time.process_time()
    measures = measure_kpis(scenario)
    measured = time.process_time() - began
    end = world.plan.end_day
    lives = measures.batches
    ended = [day if day >= 0 else end for day in lives["ended"].tolist()]
    days = sum(last - first for first, last in zip(lives["start"].tolist(), ended, strict=True))
    # SimPy numbers its events as they are scheduled.
    events = next(world.env._eid)  # noqa: SLF001
    return {
        "advance_s": advanced, "measure_s": measured, "events": events, "batch_days": days,
    }  # fmt: skip


def _bare() -> dict[str, float]:
    """As many processes as a large company has, each waiting for the next day."""
    import simpy

    env = simpy.Environment()

    def wait() -> object:
        for _ in range(_BARE_DAYS):
            yield env.timeout(1)

    for _ in range(_BARE_PROCESSES):
        env.process(wait())  # type: ignore[arg-type]
    began = time.process_time()
    env.run()
    return {"events_per_s": next(env._eid) / (time.process_time() - began)}  # noqa: SLF001


def _path() -> str:
    import os

    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def _shares(scenario: str) -> dict[str, float]:
    """Who was at work, by the innermost frame that is SimPy's, NumPy's or ours."""
    spy = str(shutil.which("py-spy", path=_path()))
    work = (
        "import sys; from pathlib import Path; from benchmarks.model import advance;"
        " from sim.scenario import load; advance(load(Path(sys.argv[1]), []).scenario)"
    )
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as file:
        command = [spy, "record", "--native", "--rate", "100", "--format", "raw", "-o", file.name]
        subprocess.run(
            [*command, "--", sys.executable, "-c", work, str(Path(scenario).resolve())],
            check=True, capture_output=True, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        seen: Counter[str] = Counter()
        for line in file:
            stack, _, count = line.rpartition(" ")
            if "advance (" in stack:
                seen[_owner(stack.split(";"))] += int(count)
    total = sum(seen.values()) or 1
    return {name: 100 * seen[name] / total for name in ("SimPy", "NumPy", "our code", "Python")}


def _owner(stack: list[str]) -> str:
    for frame in reversed(stack):
        if "numpy" in frame or "umath" in frame:
            return "NumPy"
        if "simpy" in frame:
            return "SimPy"
        if "(sim/" in frame or any(room in frame for room in _OURS):
            return "our code"
    return "Python"
