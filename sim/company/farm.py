"""One geography at run time: its clock, lane, surroundings, fish and all that is scarce there.

What belongs together has an owner of its own: what is waited for (:mod:`.resources`), what the lane
says of the present (:mod:`.records`), what is told of batches (:mod:`.log`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import simpy

from sim.company.batch import Batch
from sim.company.log import BatchLog
from sim.company.records import Records
from sim.company.resources import Resources
from sim.core.arrays import ArrayPart, Floats
from sim.core.journal import Lane
from sim.environment.surroundings import Surroundings
from sim.fish.diseases import Epidemics
from sim.fish.lice import LicePopulation
from sim.fish.stock import FishStock
from sim.master_data.parents import Broodstock
from sim.scenario.knobs.farm import Stage
from sim.sites.layout import Layout
from sim.sites.schedule import Plan


@dataclass(frozen=True, slots=True)
class Moved:
    """Fish of a batch that came into a stage on a day, from one container or from outside.

    Attributes:
        order: of the stage that they came into (0: eggs that were laid down).
        fish: those that arrived alive; ``died`` on the way; ``weight_g`` of each.
    """

    day: int
    batch: int
    order: int
    fish: int
    died: int
    weight_g: float


class Farm:
    """A geography at run time; processes get it and nothing else.

    Attributes:
        lane: what is recorded; ``records`` the open ones, ``log`` what is told of batches.
        surroundings: water, weather and what the sea does.
        stock: its fish; ``epidemics`` their diseases, ``lice`` their lice, if there are any.
        resources: everything that is waited for.
        batches: every batch that has started.
        broodstock: the parents that are kept, and the seasons that have begun.
        moves: every container's worth of fish that came into a stage.
    """

    def __init__(
        self,
        env: simpy.Environment,
        layout: Layout,
        plan: Plan,
        arrays: ArrayPart | None = None,
        *,
        recording: bool,
    ) -> None:
        self.env, self.layout = env, layout
        self.index, self.geography = layout.geography_key, layout.geography
        scenario = self.scenario = layout.scenario
        seed = self.seed = scenario.seed
        self.stages: list[Stage] = layout.stages
        self.first_day, self.end_day = plan.first_day, plan.end_day
        self.surroundings = Surroundings(layout, plan)
        self.stock = FishStock(layout, self.surroundings.water, seed, arrays)
        self.epidemics = Epidemics(self.stock, scenario.diseases, seed, self._protections)
        self.stock.condition.followers.append(self.epidemics)
        self.lice: LicePopulation | None = None
        if scenario.lice is not None:
            self.lice = LicePopulation(self.stock, scenario.lice, seed)
        self.resources = Resources(env, layout)
        self.lane = Lane(self.geography.name, self.index, recording)
        self.records = Records(self.lane, self.stock, self.resources.ledgers, plan.first_day)
        self.log = BatchLog(env)
        self.feed_keys = {feed.name: key for key, feed in enumerate(scenario.feeds)}
        self.batches: list[Batch] = []
        self.broodstock = Broodstock()
        self.moves: list[Moved] = []

    def _protections(self) -> Floats:
        """How well vaccination protects each batch."""
        return np.array([batch.protection for batch in self.batches])

    @property
    def today(self) -> int:
        """The present day."""
        return int(self.env.now)

    def at(self, day: int, phase: float) -> simpy.Timeout:
        """An event at a phase of a day that is not over yet (at once if it has passed)."""
        delay = day + phase - self.env.now
        return self.env.timeout(delay if delay > 0 else 0.0)

    def feed_for(self, stage: Stage, weight_g: float) -> int:
        """Key of the feed that fish of a weight get in a stage."""
        name = stage.feeds[0].feed
        for entry in stage.feeds:
            if weight_g >= entry.from_weight_g:
                name = entry.feed
        return self.feed_keys[name]

    def active_by_stage(self) -> list[int]:
        """Number of active batches by their present stage."""
        orders = [batch.stage for batch in self.batches if batch.alive]
        return [orders.count(order) for order in range(len(self.stages))]
