"""Waits are facts: who waited for what, since when, and who held it.

A wait is a row as soon as something is asked for and not there, and is closed when it is granted;
one that is open at the end of the run stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import MICROSECONDS_PER_DAY, microseconds
from sim.core.journal import Record


def open_wait(
    farm: Farm,
    pool: str,
    kind: str,
    batch: int | None,
    asked: tuple[float, str],
    cause: str,
    holders: Mapping[str, int],
    name: str | None = None,
) -> Record:
    """Record that ``batch`` (its key) waits for ``asked`` = (amount, unit) of a pool.

    Its story says so too; a batch that waits for its first place has no key, but a ``name``.
    """
    wait = farm.lane.create(
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
    if farm.logging and (who := _who(farm, wait, name)):
        held = wait.values["holders"] or "nobody"
        text = "waits for {} ({:,.10g} {}): {}. Held by: {}"
        farm.log(who, text, pool, *asked, cause, held)
    return wait


def close_wait(farm: Farm, wait: Record, name: str | None = None) -> None:
    """The wait is over."""
    farm.lane.change(wait, farm.env.now, until=microseconds(farm.env.now))
    if farm.logging and (who := _who(farm, wait, name)):
        days = farm.env.now - int(wait.values["since"] or 0) / MICROSECONDS_PER_DAY
        missed = wait.values["short_kg"]
        short = f", {float(missed):,.0f} kg of feed missed" if missed else ""
        text = "the wait for {} is over, after {:.1f} days{}"
        farm.log(who, text, wait.values["pool"], days, short)


def _who(farm: Farm, wait: Record, name: str | None) -> str | None:
    """The number of the batch that waits; None if somebody else does."""
    key = wait.values["batch"]
    return name if key is None else farm.batches[int(key)].name


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
    name: str | None = None,
) -> Generator[simpy.Event, Any, Any]:
    """Wait for a request and record the wait, if there is any; returns the request's value."""
    if not request.triggered:
        yield farm.env.timeout(0)  # what is given back in this very instant is no wait
    if request.triggered:
        return (yield request)
    wait = open_wait(farm, pool, kind, batch, asked, cause, holders(), name)
    value = yield request
    close_wait(farm, wait, name)
    return value
