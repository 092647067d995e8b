"""A replication without a database: how fast the model is, beside a bare SimPy loop.

Everything is done once before it is measured, so that imports and what is worked out once do not
count. The shares of SimPy, NumPy and our code come from py-spy, which looks at another process that
does the same (:mod:`.shares`); ``--no-shares`` leaves them out.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from benchmarks import shares
from benchmarks.processes import note
from benchmarks.tables import Goal, Report, Row, at_most, is_full_size, medians, rounded
from sim.core.clock import next_month
from sim.kpi import measure as replicate
from sim.scenario import Scenario, load
from sim.world import World

_BARE_PROCESSES, _BARE_DAYS = 200, 1000
_MOST_CORE_S = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--no-shares", action="store_true", help="do not run py-spy")


def measure(options: argparse.Namespace) -> Report:
    """Advance the company to its end; count events and the days that batches live."""
    spy = None if options.no_shares else shares.spy()
    scenario = load(Path(options.scenario), options.sets).scenario
    note("once to warm up")
    _round(scenario)
    rounds = []
    for number in range(options.runs):
        note(f"{number + 1} of {options.runs}: a replication, the model alone, a bare SimPy loop")
        rounds.append(_round(scenario))
    found = medians(rounds)
    rows: list[Row] = [
        {"what": "a replication (sim.kpi.measure), core s", "figure": found["replication_s"]},
        {"what": "the model alone (World and its days), core s", "figure": found["model_s"]},
        {"what": "batch-days", "figure": int(found["batch_days"])},
        {"what": "batch-days a core second", "figure": found["batch_days_per_s"]},
        {"what": "SimPy events", "figure": int(found["events"])},
        {"what": "SimPy events a core second", "figure": found["events_per_s"]},
        {"what": "bare SimPy loop, events a core second", "figure": found["bare_per_s"]},
        {"what": "model / bare SimPy, events a core second", "figure": found["to_bare"]},
    ]
    if spy is not None:
        note("once under py-spy")
        seen = shares.shares(spy, options.scenario, options.sets)
        rows += [{"what": f"time in {name}, %", "figure": share} for name, share in seen.items()]
    return {
        "name": "model",
        "about": {
            "scenario": scenario.name,
            "batches": int(found["batches"]),
            "runs": options.runs,
        },
        "rows": [rounded(row) for row in rows],
        "goals": goals(found["replication_s"]) if is_full_size(options) else [],
    }


def goals(replication_s: float) -> list[Goal]:
    """What must be reached."""
    return [at_most("Model: a replication, core seconds", replication_s, _MOST_CORE_S)]


def advance(scenario: Scenario) -> World:
    """Run a company to its end, month by month, without recording anybody."""
    world = World(scenario, recording=())
    day = world.plan.first_day
    while day < world.plan.end_day:
        day = min(next_month(day), world.plan.end_day)
        world.advance(day)
    return world


def _round(scenario: Scenario) -> dict[str, float]:
    gc.collect()  # a world is full of circles: nobody shall clear up after another
    began = time.process_time()
    measures = replicate(scenario)
    replication_s = time.process_time() - began
    gc.collect()
    began = time.process_time()
    world = advance(scenario)
    model_s = time.process_time() - began
    end = world.plan.end_day
    lives = measures.batches
    last_days = np.maximum(lives["ended"], lives["died_out"]).tolist()
    ended = [day if day >= 0 else end for day in last_days]
    days = sum(last - first for first, last in zip(lives["start"].tolist(), ended, strict=True))
    events = _events(world.env)
    bare = _bare()
    return {
        "replication_s": replication_s,
        "model_s": model_s,
        "batches": len(ended),
        "batch_days": days,
        "batch_days_per_s": days / model_s,
        "events": events,
        "events_per_s": events / model_s,
        "bare_per_s": bare,
        "to_bare": events / model_s / bare,
    }


def _bare() -> float:
    """Events a second of as many processes as a large company has, each waiting for days."""
    env = simpy.Environment()

    def wait() -> Generator[simpy.Event, Any, None]:
        for _ in range(_BARE_DAYS):
            yield env.timeout(1)

    for _ in range(_BARE_PROCESSES):
        env.process(wait())
    gc.collect()
    began = time.process_time()
    env.run()
    return _events(env) / (time.process_time() - began)


def _events(env: simpy.Environment) -> int:
    """How many events were scheduled: SimPy numbers them."""
    return next(env._eid)  # noqa: SLF001
