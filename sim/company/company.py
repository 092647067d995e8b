"""What geographies of a company have in common at run time: the steps over all their fish."""

from __future__ import annotations

from collections.abc import Sequence

from sim.company.farm import Farm
from sim.fish.disease_day import Spread
from sim.fish.growth_day import Fish
from sim.fish.lice_day import Infestation


class Company:
    """The fish of all farms, their diseases and their lice.

    Attributes:
        farms: one per geography; their arrays of fish are views of the company's.
        fish, spread, lice: what happens to all fish every day.
    """

    def __init__(self, farms: Sequence[Farm]) -> None:
        self.farms = farms
        self.fish = Fish([farm.stock for farm in farms])
        self.spread = Spread([farm.epidemics for farm in farms], self.fish)
        lice = [farm.lice for farm in farms if farm.lice is not None]
        self.lice = Infestation(lice, self.fish) if lice else None
