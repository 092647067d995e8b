"""What of a geography is counted while it is simulated: deaths and feed, month by month.

Deaths by cause are the only table of the journal that is kept. What was eaten, and what its lots
had cost, is read off the fish after each day's meals.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import repeat
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.farm import Farm
from sim.journal import READ_BACK, Columns
from sim.kpi.measures import CAUSES
from sim.resources.feed import DAG_PER_KG

KEPT = frozenset(("deaths",))
READ = READ_BACK | {"assignment", "treatment", "harvest_event", "harvest_lot"}
"""The kinds whose records are read when all is over; others are let go every month."""
_MEALS_OVER = 0.75
"""After the meals of a day, before its growth and deaths."""


class Book:
    """What of a geography is counted while it is simulated.

    Attributes:
        deaths: (geography, batch, month, stage, cause, fish, kg).
        feed: (geography, batch, month, stage, kg, cost).
    """

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        self.deaths: list[tuple[Any, ...]] = []
        self.feed: list[tuple[Any, ...]] = []
        self._meals: list[tuple[NDArray[Any], ...]] = []
        self._stage_of: list[int] = []
        farm.env.process(self._watch_meals())

    def _watch_meals(self) -> Generator[simpy.Event, object, None]:
        """Every day: who ate how much of which price."""
        stock = self.farm.stock
        for day in range(self.farm.first_day, self.farm.end_day):
            yield self.farm.at(day, _MEALS_OVER)
            fed = np.flatnonzero((stock.eaten_dag > 0) & (stock.batch >= 0))
            columns = (stock.batch, stock.stage, stock.eaten_dag, stock.first_dag)
            self._meals.append(tuple(column.take(fed) for column in (*columns, *stock.price_cents)))

    def close(self, month: int) -> None:
        """A month, or its rest, is over: add up what happened in it."""
        farm = self.farm
        cut = farm.lane.cut(month, farm.today)
        self._close_meals(month)
        if len(cut.table("deaths").get("day", ())):
            self._close_deaths(month, cut.table("deaths"))
        farm.tales = []  # nobody reads them, nor who departed
        farm.take_departures()
        farm.lane.forget(READ)

    def _close_meals(self, month: int) -> None:
        if not self._meals:
            return
        batch, stage, eaten, first, price, price_2 = map(
            np.concatenate, zip(*self._meals, strict=True)
        )
        self._meals = []
        cents = first * price + (eaten - first) * np.where(eaten > first, price_2, 0.0)
        farm, stages = self.farm, len(self.farm.stages)
        key = batch * stages + stage
        dag, cost = np.bincount(key, eaten), np.bincount(key, cents)
        at = np.flatnonzero(dag)
        kg, money = dag[at] / DAG_PER_KG, cost[at] / DAG_PER_KG / 100
        self.feed += zip(
            repeat(farm.index, len(at)),
            (at // stages).tolist(),
            repeat(month, len(at)),
            (at % stages).tolist(),
            kg.tolist(),
            money.tolist(),
            strict=True,
        )

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
