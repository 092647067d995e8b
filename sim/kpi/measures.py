"""Measures: what a company did, as a few small tables of columns.

They are what key figures, bottlenecks and pictures are worked out from, whatever they were measured
in: a simulated world or the databases of a run. Geographies and stages are indices into their
lists; a batch is known by its geography and its number in it, which counts from 0 in order of
start. Days are days since 1970-01-01, a month is its first day, an end is the first day after.
Money is in the scenario's one reference currency, ``finance.currency``, whatever the geographies'.

=========== ======================================================================================
table       a row of it
=========== ======================================================================================
batches     a batch that has started; ``number`` in its geography's schedule, ``planned_start`` by
            it; ``planned_end``: the last day of its plan, from its actual start; ``ended``: its
            last ring was emptied, ``died_out``: its last fish died before that, -1: not;
            ``alive`` fish at the end; ``egg_cost`` of bought eggs
transitions a batch's way into a stage (order 0: its eggs are laid down), due by its own plan from
            its actual start (order 0: by the schedule). ``arrived``: the first of its fish came,
            -1: not yet; ``completed``: the last did; ``fish`` that came alive, ``died`` on the way;
            ``charge`` that farming pays freshwater for those that went to sea
harvests    a ring's fish of one grade, ``event`` numbers the rings of a geography; ``revenue`` is
            what logistics pays farming
deaths      of a batch in a month and stage by cause. Beside AquaMind's causes: ``TRANSFER``, in
            the move out of that stage, and ``ARRIVAL``, eggs that came dead
feed        that a batch ate in a month and stage, and what its lots had cost
treatments  of a batch against one thing on ``containers`` containers, from ``day`` to ``until``;
            those that are less than a week apart are one treatment. ``what``: of a vaccination the
            vaccine, else what was given against what
waits       a wait or a spell of short rations. ``kind`` is what was asked for, ``pool_kind`` the
            kind of pool that was short of it (as in ``usage``, else the same as ``kind``); ``who``
            waited: a batch (``batch`` -1 until it has started) or a feed store. An ``open`` one
            lasts until the end. ``blocked``: days for which it kept a batch where it was, or from
            starting. ``cause`` says it to people
holders     who held how many units when a wait (its row) began: a batch, a feed store, or
            ``fallow``, if they rested
usage       a pool in a month, in unit-days (feed stores: shares of their capacity x days)
stays       a batch in a hall or area (``group``): from its first fish to its last; ``to`` -1: still
=========== ======================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.resources.kinds import REASONS, Keeps, Pools

Column = NDArray[Any]
Table = Mapping[str, Column]
Rows = Sequence[tuple[Any, ...]]

_COLUMNS: Mapping[str, str] = {
    "batches": "geography:i2 batch:i4 name:O number:i4 planned_start:i4 start:i4 eggs:i8"
    " target_g:f8 planned_end:i4 ended:i4 died_out:i4 alive:i8 alive_kg:f8 egg_cost:f8",
    "transitions": "geography:i2 batch:i4 order:i2 due:i4 arrived:i4 completed:i4 fish:i8 died:i8"
    " kg:f8 charge:f8",
    "harvests": "geography:i2 event:i4 grade:i2 batch:i4 day:i4 fish:i4 live_kg:f8 revenue:f8",
    "deaths": "geography:i2 batch:i4 month:i4 order:i2 cause:O fish:i4 kg:f8",
    "feed": "geography:i2 batch:i4 month:i4 order:i2 eaten_kg:f8 cost:f8",
    "treatments": "geography:i2 batch:i4 day:i4 kind:O what:O until:i4 containers:i4",
    "waits": "geography:i2 since:f8 pool:O kind:O pool_kind:O batch:i4 who:O until:f8 open:?"
    " short_kg:f8 blocked:f8 cause:O",
    "holders": "wait:i4 holder:O units:i4",
    "usage": "geography:i2 pool:O kind:O month:i4 capacity_days:f8 busy_days:f8 resting_days:f8"
    " queue_days:f8",
    "stays": "geography:i2 batch:i4 order:i2 group:O from:i4 to:i4 containers:i4",
}
TYPES: Mapping[str, Mapping[str, str]] = {
    table: dict(column.split(":") for column in columns.split())
    for table, columns in _COLUMNS.items()
}
"""The type of every column, by table; rows are given in the order of the columns."""

CAUSES = (
    "DISEASE",
    "HANDLING",
    "PREDATION",
    "ENVIRONMENTAL",
    "UNKNOWN",
    "OTHER",
    "TRANSFER",
    "ARRIVAL",
)
"""What fish die of: AquaMind's causes, then those that it counts elsewhere."""


@dataclass(frozen=True, slots=True)
class Measures:
    """A company's measures over the days [first_day, end_day); tables: see the module.

    Attributes:
        currency: what money is in.
        stages: names by order; ``sea_order`` of the first at sea (their number, if none is).
        pools: every kind of pool that the company has, in the order in which fish meet them.
        egg_g: weight of an egg, which no feed has made.
    """

    scenario: str
    seed: int
    currency: str
    first_day: int
    end_day: int
    geographies: tuple[str, ...]
    stages: tuple[str, ...]
    sea_order: int
    pools: tuple[Pools, ...]
    egg_g: float
    batches: Table
    transitions: Table
    harvests: Table
    deaths: Table
    feed: Table
    treatments: Table
    waits: Table
    holders: Table
    usage: Table
    stays: Table

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the kinds of pools."""
        return tuple(pools.name for pools in self.pools)

    def held(self, wait: int) -> list[tuple[str, int]]:
        """Who held how many units when the wait of a row began."""
        first, end = np.searchsorted(self.holders["wait"], (wait, wait + 1)).tolist()
        names, units = self.holders["holder"][first:end], self.holders["units"][first:end]
        return list(zip(names.tolist(), units.tolist(), strict=True))

    def keeps(self) -> Mapping[str, Keeps]:
        """How waits keep batches, by their ``pool_kind``; without those that do not."""
        found = {pools.name: pools.kind.keeps for pools in self.pools}
        found |= {reason.name: reason.keeps for reason in REASONS.values()}
        return {name: how for name, how in found.items() if how is not None}

    def batch_row(self, table: Table) -> NDArray[np.int64]:
        """The row in ``batches`` that each row of another table is about; -1: none yet."""
        counts = np.bincount(self.batches["geography"], minlength=len(self.geographies))
        first = np.cumsum(counts) - counts
        row = first[table["geography"]] + table["batch"]
        return np.where(table["batch"] >= 0, row, -1)

    def per_batch(self, table: Table, values: Column, where: Column | None = None) -> Floats:
        """Sums of a table's values, or of those ``where`` it says, per row of ``batches``."""
        rows = self.batch_row(table)
        chosen = rows >= 0 if where is None else where & (rows >= 0)
        total = len(self.batches["batch"])
        sums = np.bincount(rows[chosen], values[chosen], minlength=total)
        return np.asarray(sums, dtype=np.float64)


def harvested_percent(fish: Floats, eggs: Floats) -> Floats:
    """Survival to harvest: fish harvested, in percent of the eggs; per batch."""
    return np.asarray(100 * fish / np.maximum(eggs, 1))


def economic_fcr(feed_kg: Floats, harvested_kg: Floats, eggs: Floats, egg_g: float) -> Floats:
    """Feed fed per kilogram of live weight harvested beyond that of the eggs; per batch."""
    return np.asarray(feed_kg / np.maximum(harvested_kg - eggs * egg_g / 1000, 1e-9))
