"""Waits are facts: who waited for what, since when, and who held it.

A wait is a row as soon as something is asked for and not there, and is closed when it is granted;
one that is open at the end of the run stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import simpy

from sim.batch import Batch
from sim.clock import microseconds
from sim.farm import Farm
from sim.journal import Record


def open_wait(
    farm: Farm,
    pool: str,
    kind: str,
    batch: int | None,
    asked: tuple[float, str],
    cause: str,
    holders: Mapping[str, int],
) -> Record:
    """Record that ``batch`` (its key) waits for ``asked`` = (amount, unit) of a pool."""
    return farm.lane.create(
        "wait",
        farm.env.now,
        pool=pool,
        kind=kind,
        batch=batch,
        asked=asked[0],
        unit=asked[1],
        since=microseconds(farm.env.now),
        until=None,
        short_kg=None,
        cause=cause,
        holders=", ".join(f"{name} {count}" for name, count in holders.items()),
    )


def close_wait(farm: Farm, wait: Record) -> None:
    """The wait is over."""
    if wait.values["batch"] is not None:
        farm.tell(farm.batches[int(wait.values["batch"])].name, f"waited for {wait.values['pool']}")
    farm.lane.change(wait, farm.env.now, until=microseconds(farm.env.now))


def end_spell(farm: Farm, batch: Batch, pool: str) -> None:
    """The batch is no longer short of what a pool gives, or has left it."""
    wait = batch.short.pop(pool, None)
    if wait is not None:
        close_wait(farm, wait)


def granted(
    farm: Farm,
    request: simpy.Event,
    pool: str,
    kind: str,
    batch: int | None,
    asked: tuple[float, str],
    cause: str,
    holders: Callable[[], Mapping[str, int]],
) -> Generator[simpy.Event, Any, Any]:
    """Wait for a request and record the wait, if there is any; returns the request's value."""
    if not request.triggered:
        yield farm.env.timeout(0)  # what is given back in this very instant is no wait
    if request.triggered:
        return (yield request)
    wait = open_wait(farm, pool, kind, batch, asked, cause, holders())
    value = yield request
    close_wait(farm, wait)
    return value
