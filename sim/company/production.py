"""What a geography has produced so far: the key figures that a run reports while it goes on.

They are read off at the end of a chunk, from the batches, the fish that are there and the columns
of the days, so that nothing is counted on the way. The key figures of a finished run, by month and
stage, are those of :mod:`sim.kpi`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from sim.company.farm import Farm
from sim.core.journal import Cut
from sim.resources.feed import DAG_PER_KG


@dataclass(frozen=True, slots=True)
class Production:
    """Figures from the first day up to a midnight.

    Attributes:
        eggs: laid down; ``batches_started`` in how many batches.
        batches_harvested: batches whose last ring was emptied; ``batches_died_out`` those whose
            last fish died before.
        harvested_fish, harvested_kg: fish harvested, and their live weight.
        feed_kg: what was eaten.
        dead_fish: deaths but for those of moves, with culls.
        standing_fish, standing_kg: fish alive now, and their weight.
    """

    eggs: int = 0
    batches_started: int = 0
    batches_harvested: int = 0
    batches_died_out: int = 0
    harvested_fish: int = 0
    harvested_kg: float = 0.0
    feed_kg: float = 0.0
    dead_fish: int = 0
    standing_fish: int = 0
    standing_kg: float = 0.0

    def __add__(self, other: Production) -> Production:
        return Production(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        )

    def __sub__(self, other: Production) -> Production:
        return Production(
            *(getattr(self, each.name) - getattr(other, each.name) for each in fields(self))
        )

    @property
    def fcr(self) -> float | None:
        """Feed per kilogram that was harvested or is more than before; None if nothing grew."""
        grown_kg = self.harvested_kg + self.standing_kg
        return self.feed_kg / grown_kg if grown_kg > 0 else None


def produced(farm: Farm, cut: Cut, before: Production) -> Production:
    """The figures at the end of a cut, from those at its beginning."""
    stock, batches = farm.stock, farm.batches
    held = stock.batch >= 0
    eaten, dead = cut.days.get("eaten_dag"), cut.table("deaths").get("count")
    return Production(
        eggs=sum(batch.plan.eggs for batch in batches),
        batches_started=len(batches),
        batches_harvested=sum(batch.is_harvested for batch in batches),
        batches_died_out=sum(batch.died_out for batch in batches),
        harvested_fish=sum(batch.harvested for batch in batches),
        harvested_kg=math.fsum(batch.harvested_kg for batch in batches),
        feed_kg=before.feed_kg + (0 if eaten is None else int(eaten.sum()) / DAG_PER_KG),
        dead_fish=before.dead_fish + (0 if dead is None else int(dead.sum())),
        standing_fish=int(stock.count[held].sum()),
        standing_kg=float((stock.count[held] * stock.weight_g[held]).sum()) / 1000,
    )
