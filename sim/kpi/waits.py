"""Bottlenecks: where batches are kept, who keeps them, and what binds the throughput.

Blocking travels upstream: who waits for a place keeps the one it has, and the next wait for that.
So the pool with the longest queue need not be the one that is too small. Three views help:

- :func:`holders`: whose units everybody waited for, and for how long;
- :func:`binding`: kinds of pools in the order in which they kept batches, with how full they are,
  and :func:`verdict`, what follows from that;
- :mod:`.chain`: why one batch was late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.core.clock import month_start, next_month
from sim.kpi.catalogue import blocking
from sim.kpi.figures import Window, aligned, default_window, in_months, kept_days
from sim.kpi.measures import Measures
from sim.resources.kinds import KINDS, Pools, Reason

_INSTANT = 1e-6
_MUCH = 0.1
"""A share of all kept days that is worth telling."""


@dataclass(frozen=True, slots=True)
class Held:
    """Days for which somebody was kept because of what a holder had.

    Attributes:
        holder: a batch, a feed store, ``fallow`` for units that rested, ``nobody`` if the wait had
            no holder.
    """

    pool_kind: str
    waiter: str
    holder: str
    days: float


@dataclass(frozen=True, slots=True)
class Binding:
    """How much a kind of pool limits a company.

    Attributes:
        pools: of a kind; ``kind`` their name.
        utilisation: share of its unit-days; ``fallow`` the part of it that was resting.
        fullest: the same of its fullest month.
        kept_days: for which it kept batches; ``share`` of all such days.
        sentence: the same in words.
    """

    pools: Pools
    utilisation: float
    fallow: float
    fullest: float
    kept_days: float
    share: float
    sentence: str

    @property
    def kind(self) -> str:
        """What the pools are called in totals."""
        return self.pools.name


def usage_by_month(
    measures: Measures, geography: int | None = None
) -> tuple[tuple[Pools, ...], NDArray[np.int64], Floats]:
    """Utilisation for a heat map.

    Returns:
        Kinds of pools, months (first days), and the share of unit-days in use or resting, of shape
        (kinds, months); NaN where there is no such pool.
    """
    usage = measures.usage
    ours = np.full(len(usage["month"]), True)
    if geography is not None:
        ours = usage["geography"] == geography
    months = np.unique(usage["month"]).astype(np.int64)
    used = np.zeros((len(measures.kinds), len(months)))
    capacity = np.zeros_like(used)
    column = np.searchsorted(months, usage["month"])
    for row, kind in enumerate(measures.kinds):
        of_kind = ours & (usage["kind"] == kind)
        at = column[of_kind]
        busy = usage["busy_days"][of_kind] + usage["resting_days"][of_kind]
        used[row] = np.bincount(at, busy, minlength=len(months))
        capacity[row] = np.bincount(at, usage["capacity_days"][of_kind], minlength=len(months))
    shares = np.full(used.shape, np.nan)
    np.divide(used, capacity, out=shares, where=capacity > 0)
    return measures.pools, months, shares


def kept_by_month(
    measures: Measures,
) -> tuple[tuple[Pools | Reason, ...], NDArray[np.int64], Floats]:
    """Batch-days kept waiting, by what for and month: shape (kinds, months)."""
    kinds = tuple(blocking(measures.pools))
    first = month_start(measures.first_day)
    months = [first]
    while next_month(months[-1]) < measures.end_day:
        months.append(next_month(months[-1]))
    days = np.zeros((len(kinds), len(months)))
    for column, month in enumerate(months):
        kept = kept_days(measures, (month, next_month(month)))
        for row, kind in enumerate(kinds):
            days[row, column] = kept[measures.waits["pool_kind"] == kind.name].sum()
    return kinds, np.array(months, dtype=np.int64), days


def holders(measures: Measures, window: Window | None = None) -> list[Held]:
    """Who blocked whom: the days of each wait shared among who held units when it began.

    Longest first. Waits that kept no batch are left out.
    """
    span = aligned(measures, default_window(measures) if window is None else window)
    waits, days = measures.waits, kept_days(measures, span)
    total: dict[tuple[str, str, str], float] = {}
    for row in np.flatnonzero(days > _INSTANT).tolist():
        held = measures.held(row) or [("nobody", 1)]
        units = sum(count for _, count in held)
        for name, count in held:
            key = (waits["pool_kind"][row], waits["who"][row], name)
            total[key] = total.get(key, 0.0) + days[row] * count / units
    found = [Held(*key, float(kept)) for key, kept in total.items()]
    return sorted(found, key=lambda held: (-held.days, held.pool_kind, held.waiter, held.holder))


def binding(measures: Measures, window: Window | None = None) -> list[Binding]:
    """Kinds of pools by how long they kept batches, then by how full they were; feed stores apart.

    A store's fill says nothing of its being too small, so silos and barges are not among them.
    """
    span = aligned(measures, default_window(measures) if window is None else window)
    kept = kept_days(measures, span)
    total = float(kept.sum())
    found = list(_bindings(measures, span, kept, total))
    return sorted(found, key=lambda one: (-one.kept_days, -one.utilisation, one.kind))


def _bindings(measures: Measures, window: Window, kept: Floats, total: float) -> Iterator[Binding]:
    usage, now = measures.usage, in_months(measures, measures.usage, window)
    every, months, shares = usage_by_month(measures)
    counted = np.isin(months, np.unique(usage["month"][now]))
    for row, pools in enumerate(every):
        of_kind = now & (usage["kind"] == pools.name)
        capacity = float(usage["capacity_days"][of_kind].sum())
        if pools.kind.sort == "stores" or not capacity:
            continue
        resting = float(usage["resting_days"][of_kind].sum()) / capacity
        share = float(usage["busy_days"][of_kind].sum()) / capacity + resting
        days = float(kept[measures.waits["pool_kind"] == pools.name].sum())
        part = days / total if total else 0.0
        fullest = float(np.nanmax(shares[row, counted], initial=0.0))
        words = _sentence(pools, share, resting, days, part)
        yield Binding(pools, share, resting, fullest, days, part, words)


def _sentence(pools: Pools, used: float, resting: float, days: float, part: float) -> str:
    full = f"{pools.name} were taken {used:.0%} of the time" + (
        f" ({resting:.0%} resting)" if resting >= 0.005 else ""
    )
    if pools.kind.sort == "plant":
        full = f"the {pools.name} was busy {used:.0%} of the time"
    if days <= _INSTANT:
        return f"{full} and kept no batch"
    return f"{full} and kept batches for {days:,.0f} days, {part:.0%} of all that they waited"


def verdict(found: Sequence[Binding]) -> str:
    """What binds the throughput, in a sentence or two."""
    if not found:
        return "There is nothing that could bind."
    first = found[0]
    if first.kept_days <= _INSTANT:
        fullest = max(found, key=lambda one: one.utilisation)
        return f"Nothing binds: no batch was kept waiting; the fullest: {fullest.sentence}."
    told = f"{first.sentence[:1].upper()}{first.sentence[1:]}."
    flow = [one for one in found if one.share >= _MUCH and _downstream(one) > _downstream(first)]
    if flow:  # who waits there keeps what it has upstream, so that is where to begin
        last = max(flow, key=_downstream)
        told += f" Blocking travels upstream, so look at the {last.kind} first: {last.sentence}."
    return told


def _downstream(one: Binding) -> tuple[int, str]:
    """How late in a batch's life it meets a pool."""
    kind = one.pools.kind
    return (list(KINDS).index(kind.name) if kind.keeps else -1, one.kind)
