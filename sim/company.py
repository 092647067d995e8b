"""What geographies of a company have in common at run time: the steps over all their fish."""

from __future__ import annotations

from collections.abc import Sequence

from sim.farm import Farm
from sim.fish import Fish
from sim.infestation import Infestation
from sim.resources.tabs import Tabs
from sim.seating import Seating
from sim.spread import Spread


class Company:
    """The fish of all farms, their diseases and their lice.

    Attributes:
        farms: one per geography; their arrays of fish are views of the company's.
        fish, spread, lice: what happens to all fish every day.
        tabs: what standing requests took from the stores, geography after geography;
            ``farm_of`` of every one of those, its farm.
        seating: who eats from which store.
    """

    def __init__(self, farms: Sequence[Farm]) -> None:
        self.farms = farms
        self.fish = Fish([farm.stock for farm in farms])
        self.spread = Spread([farm.epidemics for farm in farms], self.fish)
        lice = [farm.lice for farm in farms if farm.lice is not None]
        self.lice = Infestation(lice, self.fish) if lice else None
        self.tabs = Tabs([store for farm in farms for store in farm.every_store()])
        self.farm_of = [farm for farm in farms for _ in farm.every_store()]
        self.seating = Seating(
            self.fish, [farm.is_fed for farm in farms], [farm.store_at() for farm in farms]
        )
