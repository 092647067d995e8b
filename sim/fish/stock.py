"""The fish of a geography: arrays over its containers.

Batches are the actors; they put fish in, take fish out and bring feed. What happens to all fish
every day is one step over all geographies (:mod:`sim.fish.growth_day`).

Feed is in whole 10 g (dag). Weight, count and biomass are per container and stay unrounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import ArrayPart, Arrays, Index
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
        arrays: where it has them from; ``arrays.first`` is the number of its first container among
            those of all the company.
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

    def __init__(
        self, layout: Layout, water: Water, seed: int, arrays: ArrayPart | None = None
    ) -> None:
        self.layout, self.water = layout, water
        self.arrays = arrays = arrays or Arrays([layout.holding]).whole
        self.count = arrays.full("count", 0, np.int64)
        self.weight_g = arrays.full("weight_g", 0)
        self.batch = arrays.full("batch", -1, np.int64)
        self.assignment = arrays.full("assignment", -1, np.int64)
        self.stage = arrays.full("stage", 0, np.int64)
        self.batch_start = arrays.full("batch_start", 0, np.int64)
        self.since = arrays.full("since", 0, np.int64)
        self.weighed = arrays.full("weighed", -1, np.int64)
        self.vaccinated = arrays.full("vaccinated", -1, np.int64)
        self.luck = arrays.full("luck", 0, np.uint64)
        self.batch_luck = arrays.full("batch_luck", 0, np.uint64)
        self.growth = arrays.full("growth", 1)
        self.fcr = arrays.full("fcr", 1)
        self.hazard = arrays.full("hazard", 0)
        self.load = arrays.full("load", 0)
        self.wanted_dag = arrays.full("wanted_dag", 0, np.int64)
        self.ration_dag = arrays.full("ration_dag", 0, np.int64)
        self.feed_line = arrays.full("feed_line", -1, np.int64)
        self.asked_dag = arrays.full("asked_dag", 0, np.int64)
        self.served = arrays.full("served", 0, np.bool_)
        self.eaten_dag = arrays.full("eaten_dag", 0, np.int64)
        self.feed = arrays.full("feed", -1, np.int64)
        self.purchase = arrays.full("purchase", -1, np.int64, rows=2)
        self.price_cents = arrays.full("price_cents", 0, rows=2)
        self.more_dag = arrays.full("more_dag", 0, np.int64)
        self.first_dag = arrays.full("first_dag", 0, np.int64)
        self.offset_degc = arrays.full("offset_degc", 0)
        self.crowded: set[int] = set()
        self.turnover = 0
        keys = np.array(
            [stream(seed, layout.geography.name, name, "water") for name in layout.names],
            dtype=np.uint64,
        )
        variation = layout.scenario.variation
        self.offset_degc[:] = np.round(variation.container_temperature_sd_degc * noise(keys, 0), 4)
        self.least_waste = max(1 - NOISE_MOST * variation.daily_fcr_sd, LEAST_WASTE)
        self.condition = _condition(layout, arrays)

    def biomass_kg(self, containers: Index | int) -> NDArray[np.float64]:
        """Live weight per container, kg."""
        return np.asarray(self.count[containers] * self.weight_g[containers] / 1000)

    def temperature(self, containers: Index | int, day: int) -> NDArray[np.float64]:
        """Water temperature per container on a day, degrees C."""
        column = self.water.degc[:, day - self.water.first_day]
        return np.asarray(column[self.layout.site_of[containers]] + self.offset_degc[containers])


def _condition(layout: Layout, arrays: ArrayPart) -> Condition:
    """Everybody's health on the first day; the background's causes are the first reasons."""
    condition = Condition(arrays, len(layout.scenario.diseases), len(LICE_STAGES))
    for cause in layout.scenario.death_causes:
        condition.reason(cause.cause, cause.description)
    return condition
