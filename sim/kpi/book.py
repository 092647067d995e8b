"""What of a company is counted while it is simulated: feed and deaths, month by month.

Both are read off the fish every night, after the day's growth and deaths: nobody has to keep a
journal for it.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import simpy

from sim.company.company import Company
from sim.core.arrays import Index
from sim.core.clock import COUNT
from sim.core.journal import READ_BACK
from sim.fish.occupants import Occupants
from sim.kpi.measures import CAUSES
from sim.resources.feed import DAG_PER_KG

READ = READ_BACK | {"wait_holder", "assignment", "treatment", "harvest_event", "harvest_lot"}
"""The kinds whose records are read when all is over; others are let go every month."""


class Book:
    """What of a company is counted while it is simulated.

    Args:
        company: the company.
        batches: more than the keys of any geography's batches.

    Attributes:
        feed: (geography, batch, month, stage, kg, cost).
        deaths: (geography, batch, month, stage, cause, fish, kg).
    """

    def __init__(self, company: Company, batches: int) -> None:
        self.company = company
        self.feed: list[tuple[int, int, int, int, float, float]] = []
        self.deaths: list[tuple[int, int, int, int, str, int, float]] = []
        self._shape = (len(company.farms), batches, len(company.farms[0].stages))
        groups, places = math.prod(self._shape), math.prod(self._shape) * len(CAUSES)
        self._dag, self._cents = np.zeros(groups, dtype=np.int64), np.zeros(groups)
        self._dead, self._dead_g = np.zeros(places, dtype=np.int64), np.zeros(places)
        self._fish: Occupants | None = None
        self._group_of = np.empty(0, dtype=np.int64)
        self._cause_of = np.empty(0, dtype=np.int64)
        company.farms[0].env.process(self._watch())

    def close(self, month: int) -> None:
        """A month, or its rest, is over: tell what was counted in it, and let go of the rest."""
        self._close_meals(month)
        self._close_deaths(month)
        for farm in self.company.farms:
            farm.records.take_departures()  # nobody reads who departed
            farm.lane.forget(READ)

    def _watch(self) -> Generator[simpy.Event, object, None]:
        farm = self.company.farms[0]
        for day in range(farm.first_day, farm.end_day):
            yield farm.at(day, COUNT)
            self._look_around()
            self._count_meals()
            self._count_deaths()

    def _look_around(self) -> None:
        """Who lived where today."""
        fish = self.company.fish.fallen.fish
        if fish is not self._fish:
            self._fish, self._group_of = fish, self._groups(fish)

    def _count_meals(self) -> None:
        """Who ate how much of which price today."""
        fish, group = self.company.fish, self._group_of
        rows = fish.fallen.fish.rows
        eaten, first = fish.eaten_dag.take(rows), fish.first_dag.take(rows)
        price, other_price = (cents.take(rows) for cents in fish.price_cents)
        np.add.at(self._dag, group, eaten)
        np.add.at(self._cents, group, first * price + (eaten - first) * other_price)

    def _count_deaths(self) -> None:
        """Who died today, and of what."""
        fallen = self.company.fish.fallen
        reasons = self.company.fish.condition.reasons
        if len(reasons) > len(self._cause_of):
            self._cause_of = np.array([CAUSES.index(cause) for cause, _ in reasons])
        place = self._group_of.take(fallen.at) * len(CAUSES) + self._cause_of.take(fallen.reason)
        np.add.at(self._dead, place, fallen.dead)
        np.add.at(self._dead_g, place, fallen.dead * fallen.weight_g.take(fallen.at))

    def _groups(self, fish: Occupants) -> Index:
        """Of containers, the number of the batch and stage that they had over all geographies."""
        geography = self.company.fish.starts.searchsorted(fish.rows, side="right") - 1
        return np.ravel_multi_index((geography, fish.batch, fish.stage), self._shape)

    def _close_meals(self, month: int) -> None:
        at = self._dag.nonzero()[0]
        kg, money = self._dag[at] / DAG_PER_KG, self._cents[at] / DAG_PER_KG / 100
        geography, batch, stage = np.unravel_index(at, self._shape)
        columns = (geography, batch, np.full(len(at), month), stage, kg, money)
        self.feed += zip(*(column.tolist() for column in columns), strict=True)
        self._dag[at], self._cents[at] = 0, 0.0

    def _close_deaths(self, month: int) -> None:
        at = self._dead.nonzero()[0]
        geography, batch, stage, cause = np.unravel_index(at, (*self._shape, len(CAUSES)))
        causes = [CAUSES[each] for each in cause.tolist()]
        columns = (geography, batch, np.full(len(at), month), stage)
        figures = (self._dead[at].tolist(), (self._dead_g[at] / 1000).tolist())
        self.deaths += zip(*(column.tolist() for column in columns), causes, *figures, strict=True)
        self._dead[at], self._dead_g[at] = 0, 0.0
