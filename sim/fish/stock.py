"""The fish of a geography: arrays over its containers.

Batches are the actors; they put fish in, take fish out and bring feed. What happens to all fish
every day is one step over all geographies (:mod:`sim.fish.growth_day`).

Feed is in whole 10 g (dag). Weight, count and biomass are per container and stay unrounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Index
from sim.core.streams import NOISE_MOST, noise, stream
from sim.environment.water import Water
from sim.fish.condition import LICE_STAGES, Condition
from sim.sites.layout import Layout

ANCHOR_NONE, ANCHOR_SAMPLE, ANCHOR_TRANSFER, ANCHOR_VACCINATION = 0, 1, 2, 3
LEAST_WASTE = 0.1
"""Feed that a gain takes on a good day, at least, as a share of what it takes on average."""


class FishStock:
    """What lives in every container of a geography.

    Attributes:
        count, weight_g: fish and their mean weight.
        batch, assignment: keys, -1 where empty; ``stage`` the order of the stage.
        batch_start: first day of the batch; ``since`` day on which the container was stocked.
        luck: key of the container's own stream: of its batch, stage and place.
        weighed: day of the last growth sample, -1 if none; ``vaccinated`` day of the last
            vaccination in which all fish were weighed.
        first: number of its first container among those of all the company.
        feed_line: number, among those, of the first container that eats from the same store with
            each container (:class:`sim.company.batch.FeedLine`), -1 where nobody is fed.
        ration_dag, eaten_dag: today's; ``wanted_dag`` what appetite alone would be.
        asked_dag, served: at the first container of a feed line, the rations of all of it, and
            whether it got them out of one lot.
        purchase, price_cents: of the first and second lot that today's feed came from;
            ``first_dag`` of it came from the first, ``more_dag`` from a third or later one.
        least_waste: the least share of the average FCR that a gain takes on any day.
        crowded: keys of the batches whose ration was cut by a container's limit today.
        turnover: how often fish came to an empty container, or the last ones left one.
    """

    def __init__(self, layout: Layout, water: Water, seed: int) -> None:
        size = layout.holding
        self.layout, self.water = layout, water
        self.count = np.zeros(size, dtype=np.int64)
        self.weight_g = np.zeros(size)
        self.batch = np.full(size, -1, dtype=np.int64)
        self.assignment = np.full(size, -1, dtype=np.int64)
        self.stage = np.zeros(size, dtype=np.int64)
        self.batch_start = np.zeros(size, dtype=np.int64)
        self.since = np.zeros(size, dtype=np.int64)
        self.weighed = np.full(size, -1, dtype=np.int64)
        self.vaccinated = np.full(size, -1, dtype=np.int64)
        self.luck = np.zeros(size, dtype=np.uint64)
        self.batch_luck = np.zeros(size, dtype=np.uint64)
        self.growth = np.ones(size)
        self.fcr = np.ones(size)
        self.hazard = np.zeros(size)
        self.load = np.zeros(size)
        self.wanted_dag = np.zeros(size, dtype=np.int64)
        self.ration_dag = np.zeros(size, dtype=np.int64)
        self.first = 0
        self.feed_line = np.full(size, -1, dtype=np.int64)
        self.asked_dag = np.zeros(size, dtype=np.int64)
        self.served = np.zeros(size, dtype=np.bool_)
        self.eaten_dag = np.zeros(size, dtype=np.int64)
        self.feed = np.full(size, -1, dtype=np.int64)
        self.purchase = np.full((2, size), -1, dtype=np.int64)
        self.price_cents = np.zeros((2, size))
        self.more_dag = np.zeros(size, dtype=np.int64)
        self.crowded: set[int] = set()
        self.turnover = 0
        self.first_dag = np.zeros(size, dtype=np.int64)
        keys = np.array(
            [stream(seed, layout.geography.name, name, "water") for name in layout.names],
            dtype=np.uint64,
        )
        variation = layout.scenario.variation
        self.offset_degc = np.round(variation.container_temperature_sd_degc * noise(keys, 0), 4)
        self.least_waste = max(1 - NOISE_MOST * variation.daily_fcr_sd, LEAST_WASTE)
        self.condition = _condition(layout)

    def biomass_kg(self, containers: Index | int) -> NDArray[np.float64]:
        """Live weight per container, kg."""
        return np.asarray(self.count[containers] * self.weight_g[containers] / 1000)

    def temperature(self, containers: Index | int, day: int) -> NDArray[np.float64]:
        """Water temperature per container on a day, degrees C."""
        column = self.water.degc[:, day - self.water.first_day]
        return np.asarray(column[self.layout.site_of[containers]] + self.offset_degc[containers])


def _condition(layout: Layout) -> Condition:
    """Everybody's health on the first day; the background's causes are the first reasons."""
    condition = Condition(layout.holding, len(layout.scenario.diseases), len(LICE_STAGES))
    for cause in layout.scenario.death_causes:
        condition.reason(cause.cause, cause.description)
    return condition
