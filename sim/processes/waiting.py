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
from sim.core.clock import MICROSECONDS_PER_DAY, MOVE, microseconds
from sim.core.journal import Record
from sim.resources.containers import Claim
from sim.resources.fleet import Trip
from sim.resources.kinds import Pools, Reason
from sim.resources.plant import Slaughter

Request = Claim | Trip | Slaughter


def open_wait(
    farm: Farm,
    pool: str,
    short: Pools | Reason,
    waiter: Batch | str,
    asked: tuple[float, str],
    cause: str,
    holders: Mapping[str, int],
    *,
    stage: int | None = None,
    on_order_kg: float | None = None,
) -> Record:
    """Record that somebody waits for ``asked`` = (amount, unit); a batch's story says so too.

    Args:
        farm: the geography.
        pool: the name of what is waited for.
        short: what kind of pool is short, or the reason if none is.
        waiter: a batch; the name of one that has not started, or of a feed store.
        asked: amount and unit.
        cause: why, for people.
        holders: who has how many units now.
        stage: order of the stage that a place is claimed for; default that in which a batch is.
        on_order_kg: what is on its way to a store that is short.
    """
    batch = waiter if isinstance(waiter, Batch) else None
    kind, pool_kind, hall = short.name, None, None
    if isinstance(short, Pools):
        kind, pool_kind, hall = short.kind.wait, short.kind.name, short.hall or None
    wait = farm.lane.create(
        "wait",
        farm.env.now,
        pool=pool,
        kind=kind,
        pool_kind=pool_kind,
        hall=hall,
        batch=batch.row.key if batch else None,
        waiter=waiter.name if isinstance(waiter, Batch) else waiter,
        stage=batch.stage if batch and stage is None else stage,
        asked=asked[0],
        unit=asked[1],
        since=microseconds(farm.env.now),
        until=None,
        short_kg=None,
        on_order_kg=on_order_kg,
        cause=cause,
    )
    for holder, units in holders.items():
        farm.lane.create("wait_holder", farm.env.now, wait=wait.key, holder=holder, units=units)
    if farm.log.on and _is_batch(wait):
        held = ", ".join(f"{holder} {units}" for holder, units in holders.items()) or "nobody"
        rest = f"Held by: {held}" if on_order_kg is None else f"On order: {on_order_kg:,.0f} kg"
        text = "waits for {} ({:,.10g} {}): {}. {}"
        farm.log.add(str(wait.values["waiter"]), text, pool, *asked, cause, rest)
    return wait


def close_wait(farm: Farm, wait: Record) -> None:
    """The wait is over."""
    farm.lane.change(wait, farm.env.now, until=microseconds(farm.env.now))
    if farm.log.on and _is_batch(wait):
        days = farm.env.now - int(wait.values["since"] or 0) / MICROSECONDS_PER_DAY
        missed = wait.values["short_kg"]
        short = f", {float(missed):,.0f} kg of feed missed" if missed else ""
        text = "the wait for {} is over, after {:.1f} days{}"
        farm.log.add(str(wait.values["waiter"]), text, wait.values["pool"], days, short)


def _is_batch(wait: Record) -> bool:
    """Whether a batch waits, if only for its first place, and no feed store."""
    return wait.values["batch"] is not None or wait.values["stage"] is not None


def end_spell(farm: Farm, batch: Batch, pool: str) -> None:
    """The batch is no longer short of what a pool gives, or has left it."""
    wait = batch.short.pop(pool, None)
    if wait is not None:
        close_wait(farm, wait)


def granted(
    farm: Farm,
    request: Request,
    pool: str,
    short: Pools,
    waiter: Batch | str,
    asked: tuple[float, str],
    cause: str,
    holders: Callable[[], Mapping[str, int]],
    *,
    stage: int | None = None,
) -> Generator[simpy.Event, Any, Any]:
    """Wait for a request and record the wait, if there is any; returns the request's value.

    The request of who is interrupted is withdrawn in the next morning, since what is free again
    then goes to others, who begin their work by day.

    Arguments as of :func:`open_wait`; ``holders`` is asked when the wait begins.
    """
    if not request.triggered:
        yield farm.env.timeout(0)  # what is given back in this very instant is no wait
    if request.triggered:
        return (yield request)
    wait = open_wait(farm, pool, short, waiter, asked, cause, holders(), stage=stage)
    try:
        value = yield request
    except simpy.Interrupt:  # the waiter has died out in the evening
        yield farm.at(farm.today + 1, MOVE)
        request.cancel()
        close_wait(farm, wait)
        raise
    close_wait(farm, wait)
    return value
