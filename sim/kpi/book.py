"""What of a company is counted while it is simulated: deaths and feed, month by month.

Deaths by cause are the only table of the journal that is kept. What was eaten, and what its lots
had cost, is read off the fish after each day's meals.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from itertools import repeat
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.company import Company
from sim.farm import Farm
from sim.journal import READ_BACK, Columns
from sim.kpi.measures import CAUSES
from sim.resources.feed import DAG_PER_KG
from sim.seating import Tables

KEPT = frozenset(("deaths",))
READ = READ_BACK | {"assignment", "treatment", "harvest_event", "harvest_lot"}
"""The kinds whose records are read when all is over; others are let go every month."""
_MEALS_OVER = 0.75
"""After the meals of a day, before its growth and deaths."""


class Meals:
    """What the fish of a company eat.

    Attributes:
        feed: (geography, batch, month, stage, kg, cost).
    """

    def __init__(self, company: Company, batches: int) -> None:
        farms = company.farms
        self.company = company
        self.feed: list[tuple[Any, ...]] = []
        self._shape = (len(farms), batches, len(farms[0].stages))
        size = math.prod(self._shape)
        self._dag, self._cents = np.zeros(size, dtype=np.int64), np.zeros(size)
        self._tables: Tables | None = None
        self._rows = self._key = np.empty(0, dtype=np.int64)
        farms[0].env.process(self._watch())

    def _watch(self) -> Generator[simpy.Event, object, None]:
        """Every day: who ate how much of which price."""
        farm, fish = self.company.farms[0], self.company.fish
        for day in range(farm.first_day, farm.end_day):
            yield farm.at(day, _MEALS_OVER)
            if self.company.seating.tables is not self._tables:
                self._look_around()
            rows, key = self._rows, self._key
            eaten, first = fish.eaten_dag.take(rows), fish.first_dag.take(rows)
            price, other_price = (cents.take(rows) for cents in fish.price_cents)
            np.add.at(self._dag, key, eaten)
            np.add.at(self._cents, key, first * price + (eaten - first) * other_price)

    def _look_around(self) -> None:
        """Where fish eat, in the order of containers, and for which batch and stage."""
        fish, self._tables = self.company.fish, self.company.seating.tables
        rows = self._rows = np.sort(self._tables.rows)
        geography = fish.starts.searchsorted(rows, side="right") - 1
        who = (geography, fish.batch.take(rows), fish.stage.take(rows))
        self._key = np.ravel_multi_index(who, self._shape)

    def close(self, month: int) -> None:
        """A month, or its rest, is over: tell what was eaten in it."""
        at = self._dag.nonzero()[0]
        geography, batch, stage = np.unravel_index(at, self._shape)
        kg, money = self._dag[at] / DAG_PER_KG, self._cents[at] / DAG_PER_KG / 100
        columns = (geography, batch, np.full(len(at), month), stage, kg, money)
        self.feed += zip(*(column.tolist() for column in columns), strict=True)
        self._dag[at], self._cents[at] = 0, 0.0


class Book:
    """What of a geography is counted while it is simulated.

    Attributes:
        deaths: (geography, batch, month, stage, cause, fish, kg).
    """

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        self.deaths: list[tuple[Any, ...]] = []
        self._stage_of: list[int] = []

    def close(self, month: int) -> None:
        """A month, or its rest, is over: add up what happened in it."""
        farm = self.farm
        cut = farm.lane.cut(month, farm.today)
        if len(cut.table("deaths").get("day", ())):
            self._close_deaths(month, cut.table("deaths"))
        farm.tales = []  # nobody reads them, nor who departed
        farm.take_departures()
        farm.lane.forget(READ)

    def _close_deaths(self, month: int, deaths: Columns) -> None:
        stages, causes = len(self.farm.stages), len(CAUSES)
        reasons = [CAUSES.index(cause) for cause, _ in self.farm.stock.condition.reasons]
        cause = np.array(reasons)[deaths["reason"]]
        key = (deaths["batch"] * stages + self._stages()[deaths["assignment"]]) * causes + cause
        fish = np.bincount(key, deaths["count"])
        kg = np.bincount(key, deaths["count"] * deaths["weight_g"]) / 1000
        at = np.flatnonzero(fish)
        place, cause = np.divmod(at, causes)
        self.deaths += zip(
            repeat(self.farm.index, len(at)),
            (place // stages).tolist(),
            repeat(month, len(at)),
            (place % stages).tolist(),
            [CAUSES[each] for each in cause.tolist()],
            fish[at].astype(np.int64).tolist(),
            kg[at].tolist(),
            strict=True,
        )

    def _stages(self) -> NDArray[np.int64]:
        """The stage of every assignment."""
        rows = self.farm.lane.records.get("assignment", [])
        self._stage_of += [
            int(row.values["lifecycle_stage"] or 0) for row in rows[len(self._stage_of) :]
        ]
        return np.array(self._stage_of, dtype=np.int64)
