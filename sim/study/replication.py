"""One replication: a variant is simulated on one seed and reduced to figures.

This is the unit of work of every engine. It never raises: whatever goes wrong is the replication's
error, and the study goes on.
"""

from __future__ import annotations

import gc
import os
import socket
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.clock import date_of
from sim.core.failures import in_a_line
from sim.core.version import __version__
from sim.core.worker_process import peak_kb
from sim.kpi import Measures, measure
from sim.kpi.figures import Window, aligned, default_window, kept_days, kpis
from sim.kpi.waits import binding, holders, verdict
from sim.scenario import Scenario
from sim.study.executor import Tell
from sim.study.packing import pack
from sim.study.results import Replication, Row, Task

VERSION = f"{__version__}, numpy {np.__version__}"
"""Digits are the same for the same version of both."""

MOST_BLOCKED = 100
"""So many rows of who kept whom are kept of a replication."""


def replicate(task: Task, tell: Tell) -> Replication:
    """Do a task.

    Args:
        task: what to simulate.
        tell: told the share of the simulated time that is done.
    """
    began = time.monotonic()
    try:
        result = _measured(task, tell)
    except Exception as error:  # noqa: BLE001 - a row with its error, not the end of the study
        result = {"error": in_a_line(error)[:500]}
    gc.collect()  # a world is full of circles: the next one shall not come on top of it
    return Replication(
        task.variant,
        task.replication,
        task.seed,
        **result,
        seconds=time.monotonic() - began,
        worker=f"{socket.gethostname()}:{os.getpid()}",
        peak_kb=peak_kb(),
    )


def _measured(task: Task, tell: Tell) -> dict[str, Any]:
    if task.version != VERSION:
        raise RuntimeError(f"asked for by smoltflow {task.version}, but this is {VERSION}")
    scenario = Scenario.model_validate_json(task.scenario)
    first: list[int] = []

    def watch(day: int, end: int) -> None:
        first[:] = first or [day]
        tell((day - first[0]) / max(end - first[0], 1))

    measures = measure(scenario, watch=watch)
    window = aligned(measures, default_window(measures, task.warmup_days))
    return {
        "days": tuple(str(date_of(day)) for day in (measures.first_day, *window)),
        "kpis": kpis(measures, window),
        "waits": waits_of(measures, window),
        "usage": usage_of(measures),
        "blocked": blocked_of(measures, window),
        "measures": pack(measures) if task.replication == 0 else None,
    }


def waits_of(measures: Measures, window: Window) -> list[Row]:
    """Waits of a window by geography, kind of pool, and what was waited for.

    ``waits`` and ``short_kg`` are those that began in the window, ``days`` fall into it;
    ``blocked_days`` are those of :func:`sim.kpi.figures.kept_days`.
    """
    waits = measures.waits
    begun = (waits["since"] >= window[0]) & (waits["since"] < window[1])
    lasted = np.minimum(waits["until"], window[1]) - np.maximum(waits["since"], window[0])
    sums = np.column_stack(
        [
            begun,
            np.maximum(lasted, 0.0),
            kept_days(measures, window),
            np.where(begun, waits["short_kg"], 0.0),
        ]
    )
    rows = _summed(measures, (waits["geography"], waits["pool_kind"], waits["kind"]), sums)
    return [(*row[:3], int(row[3]), *row[4:]) for row in rows if any(row[3:])]


def usage_of(measures: Measures) -> list[Row]:
    """Usage by geography, kind of pool and month, of the whole time."""
    usage = measures.usage
    columns = ("capacity_days", "busy_days", "resting_days", "queue_days")
    sums = np.column_stack([usage[column] for column in columns])
    rows = _summed(measures, (usage["geography"], usage["kind"], usage["month"]), sums)
    return [(place, kind, str(date_of(month)), *sums) for place, kind, month, *sums in rows]


def blocked_of(measures: Measures, window: Window) -> list[Row]:
    """Who kept whom waiting, and for how many days of a window: the longest ones."""
    found = holders(measures, window)[:MOST_BLOCKED]
    return [(held.pool_kind, held.waiter, held.holder, round(held.days, 6)) for held in found]


def bottleneck(measures: Measures, warmup_days: int | None) -> str:
    """What bound the throughput of a replication, in words."""
    window = aligned(measures, default_window(measures, warmup_days))
    return verdict(binding(measures, window))


def _summed(
    measures: Measures, keys: Sequence[NDArray[Any]], sums: NDArray[np.float64]
) -> list[tuple[Any, ...]]:
    """Sums of rows with the same keys, the first of which is a geography, in order of the keys."""
    found: dict[tuple[Any, ...], NDArray[np.float64]] = {}
    for *key, number in zip(*(key.tolist() for key in keys), range(len(sums)), strict=True):
        place = tuple(key)
        found[place] = found[place] + sums[number] if place in found else sums[number]
    return [
        (measures.geographies[key[0]], *key[1:], *(round(value, 6) for value in row.tolist()))
        for key, row in sorted(found.items())
    ]
