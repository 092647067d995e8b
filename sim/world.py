"""From a scenario to a running company: the only wiring.

All geographies share one clock; each has its own farm and lane. ``advance`` runs the clock to the
midnight before a day, so that a chunk holds whole days.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date

import simpy

from sim.company.company import Company
from sim.company.farm import Farm
from sim.core.arrays import Arrays
from sim.core.clock import day_of
from sim.processes.day import days
from sim.processes.feeding.restock import LotBook, opening_stock, restock
from sim.processes.life.batch import life
from sim.processes.office.broodstock import seasons
from sim.processes.office.forecast import reviews
from sim.resources.kinds import FEED_BOATS, FEED_TRUCKS
from sim.scenario import Scenario
from sim.sites.layout import Layout
from sim.sites.opening_feed import OpeningFeed, OpeningStore, opening_feed
from sim.sites.schedule import Plan, make_plan


class World:
    """A company on one simulated clock.

    Args:
        scenario: what to simulate.
        recording: indices of the geographies whose facts are read; default all.
        logging: whether anybody listens to the stories of these geographies' batches.

    Attributes:
        plan: its batches, and the days that it is meant for.
        env: the SimPy environment; ``env.now`` is in days since 1970-01-01.
        farms: one per geography, in the scenario's order.

    Raises:
        sim.scenario.problems.PlanProblem: the plan cannot begin; :func:`sim.load` tells it before.
    """

    def __init__(
        self,
        scenario: Scenario,
        recording: Collection[int] | None = None,
        *,
        logging: bool = False,
    ) -> None:
        self.scenario = scenario
        self.plan: Plan = make_plan(scenario)
        self.env = simpy.Environment(initial_time=self.plan.first_day)
        layouts = [Layout(scenario, index) for index in range(len(scenario.geographies))]
        arrays = Arrays([layout.holding for layout in layouts])
        self.farms = [
            Farm(
                self.env,
                layout,
                self.plan,
                part,
                recording=recording is None or layout.geography_key in recording,
            )
            for layout, part in zip(layouts, arrays.parts, strict=True)
        ]
        for farm in self.farms:
            farm.log.on = logging and farm.lane.recording
        self.company = Company(self.farms)
        opening = opening_feed(scenario, self.plan)
        for farm in self.farms:
            self._start(farm, opening)
        self.env.process(days(self.company))

    def _start(self, farm: Farm, opening: OpeningFeed) -> None:
        supply = farm.scenario.feed_supply
        number = 0
        for site in farm.layout.sites:
            at_sea = site.stage is None
            fleet = farm.resources.fleets[FEED_BOATS if at_sea else FEED_TRUCKS]
            lead = supply.barge_lead_days if at_sea else supply.silo_lead_days
            for place, store in enumerate(farm.resources.stores[site.index]):
                book = LotBook(farm, store, number)
                number += 1
                for feed, dag in opening.get(OpeningStore(farm.index, site.index, place), ()):
                    opening_stock(store, book, feed, dag)
                farm.env.process(restock(farm, store, site.index, book, fleet, lead))
        farm.env.process(seasons(farm, self.plan.batches))
        for plan in self.plan.batches:
            if plan.geography == farm.index:
                farm.env.process(life(farm, plan))
        farm.env.process(reviews(farm))

    def advance(self, day: int | date) -> None:
        """Run the clock up to the midnight at which a day begins.

        Args:
            day: a date, or days since 1970-01-01; later than the present one.
        """
        with undisturbed():
            self.env.run(until=day_of(day) if isinstance(day, date) else day)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection: it costs a tenth of the time and finds nothing to free in a world."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
