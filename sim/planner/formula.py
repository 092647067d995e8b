"""The formula: how many batches time and every pool allow, and the smallest stagger that works.

Batches start ``stagger`` days apart and take turns between G geographies, so that within one of
them a batch follows the other after ``stagger x G`` days, and at one of its S stations after
``stagger x G x S`` days. A pool whose places are held for H days by each batch therefore holds
ceil(H / interval) batches at a time; that many places must be there. For rings that is the rule of
the farm: ceil((days at sea + fallow) / (stagger x G)) x rings per batch <= rings x saturation. A
plant or fleet that works W days on a batch is busy for W / interval of the time; that must not be
more than there are of it.

Pools that only shorten rations or lengthen treatments when they are scarce (silos, barges, feed
boats, trucks, treatment vessels) are reported; only those that stop batches *decide*.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from sim.planner.demand import Demand
from sim.resources.kinds import BARGES, KINDS, RINGS, SILOS, TANKS, Pools, pools
from sim.scenario import Scenario
from sim.scenario.knobs.farm import Geography

MOST_STAGGER_DAYS = 3650
DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class PoolNeed:
    """A kind of pool of a geography: what a stagger needs of it, and what is there.

    Attributes:
        held_days: for how long a batch holds a place of it, or works it; None where neither.
        needed, there: in ``unit``; of rings only ``saturation`` of those that exist are there, as
            the ``note`` says.
        smallest_stagger: with which ``needed`` is at most ``there``; None if there is none.
        decides: whether batches stop when there is too little of it.
    """

    geography: str
    kind: str
    unit: str
    held_days: float | None
    needed: float
    there: float
    smallest_stagger: int | None
    decides: bool
    note: str = ""

    @property
    def breaks(self) -> bool:
        """Whether there is too little of it."""
        return self.needed > self.there

    def __str__(self) -> str:
        return f"{self.kind} of {self.geography}: {self.shortage}"

    @property
    def shortage(self) -> str:
        """What is needed and what is there, in words."""
        note = f" ({self.note})" if self.note else ""
        return f"{number(self.needed)} {self.unit} needed, {number(self.there)} there{note}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the formula says about a stagger.

    Attributes:
        by_time: batches that start within the years.
        by_infrastructure: those that would if they were as far apart as the pools ask for; None
            if no stagger works.
        smallest_stagger: that every deciding pool allows; None if one allows none.
        limit: the deciding pool that asks for the widest stagger.
    """

    stagger: int
    by_time: int
    by_infrastructure: int | None
    smallest_stagger: int | None
    limit: PoolNeed
    pools: tuple[PoolNeed, ...]

    @property
    def broken(self) -> list[PoolNeed]:
        """The deciding pools of which there is too little."""
        return [pool for pool in self.pools if pool.decides and pool.breaks]


@dataclass(frozen=True, slots=True)
class StartSpan:
    """For how long batches start: so many days, or until there are so many batches."""

    days: Fraction | None
    batches: int | None

    def batches_at(self, stagger: int) -> int:
        """How many batches start: floor(years x 365 / stagger), or their number."""
        if self.batches is not None:
            return self.batches
        return floor((self.days or Fraction(0)) / stagger)


def span_of_years(years: float) -> StartSpan:
    """The span of so many years of 365 days, without the rounding of binary fractions."""
    return StartSpan(Fraction(str(years)) * DAYS_PER_YEAR, None)


def judge(
    scenario: Scenario, demand: Demand, stagger: int, saturation: float, span: StartSpan
) -> Verdict:
    """Hold a stagger against every pool.

    Args:
        scenario: the company.
        demand: of a plan of its batches; their durations and weights are taken from there.
        stagger: days between successive starts in the whole company.
        saturation: share of the rings that may be claimed.
        span: how many batches there are.
    """
    pools = tuple(
        pool
        for index in range(len(scenario.geographies))
        for pool in _Region(scenario, index, demand, stagger, saturation, span).pools()
    )
    deciding = [pool for pool in pools if pool.decides]
    limit = max(deciding, key=lambda p: (p.smallest_stagger or MOST_STAGGER_DAYS + 1, p.breaks))
    smallest = limit.smallest_stagger
    return Verdict(
        stagger=stagger,
        by_time=span.batches_at(stagger),
        by_infrastructure=None if smallest is None else span.batches_at(smallest),
        smallest_stagger=smallest,
        limit=limit,
        pools=pools,
    )


class _Region:
    """A geography's pools."""

    def __init__(
        self,
        scenario: Scenario,
        index: int,
        demand: Demand,
        stagger: int,
        saturation: float,
        span: StartSpan,
    ) -> None:
        turns = scenario.taking_turns
        self.turn, self.count = bisect_left(turns, index), len(turns)
        self.geography = scenario.geographies[index]
        self.stages = list(enumerate(scenario.stages_in(self.geography)))
        self.holds = [hold for hold in demand.holds if hold.geography == index]
        self.loads = [load for load in demand.loads if load.geography == index]
        self.drafts = [draft for draft in demand.drafts if draft.geography == index]
        self.planned = sum(hold.order == 0 for hold in self.holds)
        self.stagger, self.saturation, self.span = stagger, saturation, span

    def pools(self) -> Iterator[PoolNeed]:
        """Halls by stage, rings, boats and plant, then what only is reported."""
        if self.planned:
            yield from self._halls()
            yield from self._rings()
            yield from self._work()
            yield from self._stores()

    def _batches(self, stagger: int) -> int:
        """The geography's batches at a stagger: they take turns."""
        return len(range(self.turn, self.span.batches_at(stagger), self.count))

    def _at_once(self, held: float, stagger: int) -> int:
        """How many batches hold places at a time."""
        return min(ceil(held / (stagger * self.count)), self._batches(stagger))

    def _pool(
        self,
        kind: Pools,
        unit: str,
        held: float | None,
        there: float,
        needed: Callable[[int], float],
        *,
        decides: bool = True,
        note: str = "",
    ) -> PoolNeed:
        smallest = _smallest(needed, there)
        now = needed(self.stagger)
        return PoolNeed(
            self.geography.name, kind.name, unit, held, now, there, smallest, decides, note
        )

    def _halls(self) -> Iterator[PoolNeed]:
        stations = self.geography.stations
        for order, stage in self.stages:
            if stage.role == "sea":
                continue
            held = max(hold.days for hold in self.holds if hold.order == order)

            def needed(stagger: int, held: int = held) -> float:
                most = ceil(self._batches(stagger) / stations)
                return min(ceil(held / (stagger * self.count * stations)), most)

            places = stage.containers_per_hall // stage.containers_per_batch
            yield self._pool(pools(TANKS, stage.hall), "places per station", held, places, needed)

    def _rings(self) -> Iterator[PoolNeed]:
        sea = [(order, stage.containers_per_batch) for order, stage in self.stages
               if stage.role == "sea"]  # fmt: skip
        if not sea:
            return
        held = [(_mean([h.days for h in self.holds if h.order == order]), rings)
                for order, rings in sea]  # fmt: skip
        usable = usable_rings(self.geography, [rings for _, rings in sea], self.saturation)
        unit, each = ring_unit(self.geography, [rings for _, rings in sea])

        def needed(stagger: int) -> float:
            return sum(self._at_once(days, stagger) * rings for days, rings in held) / each

        total = self.geography.areas * self.geography.rings_per_area
        yield self._pool(
            pools(RINGS), unit, sum(days for days, _ in held), usable / each, needed,
            note=f"{self.saturation:.0%} of {total} rings",
        )  # fmt: skip

    def _work(self) -> Iterator[PoolNeed]:
        """Fleets and the plant, those first without which batches stop."""
        working = [kind for kind in KINDS.values() if kind.number is not None]
        for kind in sorted(working, key=lambda kind: kind.keeps is None):
            loads = [load.unit_days for load in self.loads if load.kind == kind.name]
            work = math.fsum(loads) / self.planned
            if not work:
                continue

            def needed(stagger: int, work: float = work) -> float:
                return min(work / (stagger * self.count), work * self._batches(stagger))

            yield self._pool(
                Pools(kind), kind.unit, work, kind.vehicles(self.geography), needed,
                decides=kind.keeps is not None,
            )  # fmt: skip

    def _stores(self) -> Iterator[PoolNeed]:
        for order, stage in self.stages:
            drafts = [draft for draft in self.drafts if draft.order == order]
            if drafts:
                worst = max(drafts, key=lambda draft: draft.kg)
                own = pools(BARGES) if stage.role == "sea" else pools(SILOS, stage.hall)
                yield self._pool(
                    own, "kg a lead time", None, worst.reserve_kg,
                    lambda _, kg=worst.kg: kg,  # type: ignore[misc]
                    decides=False,
                )  # fmt: skip


def usable_rings(geography: Geography, each: Sequence[int], saturation: float) -> int:
    """Rings that may be claimed: a share of all, in whole batches, each in one area.

    ``each`` are the rings of a batch in the stages at sea.
    """
    usable = floor(Fraction(str(saturation)) * geography.areas * geography.rings_per_area)
    if len(each) == 1:
        in_areas = geography.areas * (geography.rings_per_area // each[0])
        usable = min(usable // each[0], in_areas) * each[0]
    return usable


def ring_unit(geography: Geography, each: Sequence[int]) -> tuple[str, int]:
    """In what rings are told, and how many of them it is: areas, where a batch fills one."""
    fills = len(each) == 1 and geography.rings_per_area // each[0] == 1
    return ("areas", each[0]) if fills else ("rings", 1)


def _mean(values: list[int]) -> int:
    return -(-sum(values) // len(values))


def _smallest(needed: Callable[[int], float], there: float) -> int | None:
    """The smallest stagger that needs no more than is there; what is needed falls with it."""
    low, high = 1, MOST_STAGGER_DAYS
    if needed(high) > there:
        return None  # whatever the stagger: a single batch needs more
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if needed(middle) <= there else (middle + 1, high)
    return low


def number(value: float) -> str:
    """A figure for people."""
    return f"{value:,.0f}" if float(value).is_integer() or value >= 100 else f"{value:,.2f}"
