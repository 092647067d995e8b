"""Diseases among the containers of a geography: one array step a day.

Every container has a threshold per disease, drawn once when it is stocked; the hazard that it
meets (from nowhere, from ill neighbours in its site, from the next areas) adds up day by day, and
when the sum passes the threshold its fish fall ill. So a greater hazard only ever brings an illness
forward, and two scenarios meet the same luck. An illness takes its course: a hump of load, and with
it of deaths, of lost appetite and of damage. Fish that had a disease are immune to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.clock import date_of
from sim.scenario.health_knobs import Disease
from sim.stock import FishStock
from sim.streams import normal_at, stream, uniform

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

_DAYS_PER_YEAR = 365.25
_LOOK_DAYS = 7
"""Who may fall ill (weight, season of life, vaccination) is looked up once a week."""
_SPREAD_SD = 2.5
"""Severities are drawn within this many standard deviations."""


class Epidemics:
    """Who is ill of what in one geography.

    Attributes:
        since: first day of a container's illness, -1 for none; shape (diseases, containers).
        course: how long it takes, days; ``toll`` the sum of its daily hazards.
        relief: share of the hazard that is left after a cure.
        entered: day on which a container's batch came to the fresh water, or to the sea.
    """

    def __init__(
        self,
        stock: FishStock,
        diseases: Sequence[Disease],
        seed: int,
        protections: Callable[[], Floats],
    ) -> None:
        layout = stock.layout
        shape = (len(diseases), layout.holding)
        self.stock, self.diseases = stock, diseases
        self.protections = protections
        self.since = np.full(shape, -1, dtype=np.int64)
        self.course, self.toll = np.ones(shape), np.zeros(shape)
        self.relief = np.ones(shape)
        self.entered = np.zeros(layout.holding, dtype=np.int64)
        self._exposure, self._threshold = np.zeros(shape), np.full(shape, np.inf)
        self._immune = np.zeros(shape, dtype=bool)
        self._open, self._calm = np.zeros(shape), np.zeros(shape)
        self._names = (seed, layout.geography.name)
        self._keys = np.array(
            [stream(0, "purpose", "onset", disease.name) for disease in diseases], dtype=np.uint64
        )
        self.reasons = [stock.condition.reason("DISEASE", disease.name) for disease in diseases]
        self._season = np.array([disease.season for disease in diseases]).reshape(-1, 12)
        self._spread = np.array([disease.spread_per_day for disease in diseases])
        self._neighbour = np.array([disease.neighbour_per_day for disease in diseases])
        self._base = self._base_hazard()
        sizes = np.array([len(site.containers) for site in layout.sites])
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._sizes = sizes
        sea = np.array([site.stage is None for site in layout.sites])
        places = np.arange(len(sizes))
        steps = np.abs(np.subtract.outer(places, places))
        self._next_areas = ((steps == 1) & np.outer(sea, sea)).astype(float)

    def _base_hazard(self) -> Floats:
        """Daily hazard from nowhere: a batch's rate, shared out among its containers."""
        layout = self.stock.layout
        base = np.zeros((len(self.diseases), layout.holding))
        for site in layout.sites:
            stage = layout.stages[layout.sea_stage or 0 if site.stage is None else site.stage]
            for number, disease in enumerate(self.diseases):
                if disease.role == stage.role:
                    rate = disease.onsets_per_year / _DAYS_PER_YEAR / stage.containers_per_batch
                    base[number, list(site.containers)] = rate
        return base

    def begin(self, container: int, entered: int) -> None:
        """Fish were put into a container: draw what it takes to make them ill."""
        self._threshold[:, container] = -np.log(uniform(self.stock.luck[container] ^ self._keys, 0))
        self.entered[container] = entered
        self._open[:, container] = self._calm[:, container] = 0.0

    def settle(self, container: int, source: int, share: float) -> None:
        """Fish came from another container and brought their illnesses."""
        if share >= 0.5 or not (self.since[:, container] >= 0).any():
            for state in (self.since, self.course, self.toll, self.relief):
                state[:, container] = state[:, source]
        self._immune[:, container] |= self._immune[:, source]

    def clear(self, container: int) -> None:
        """Nobody lives here any more."""
        self.since[:, container] = -1
        self.relief[:, container] = 1.0
        for state in (self._exposure, self._open, self._calm):
            state[:, container] = 0.0
        self._threshold[:, container] = np.inf
        self._immune[:, container] = False

    def step(self, day: int) -> list[tuple[int, int]]:
        """A day of catching and being ill.

        Returns:
            Who fell ill today, as (disease, container).
        """
        if not self.diseases:
            return []
        if day % _LOOK_DAYS == 0:
            self._look_up(day)
        ill = self._suffer(day)
        season = self._season[:, date_of(day).month - 1]
        self._exposure += self._calm * season[:, None]
        if ill:
            self._exposure[ill] += season[ill, None] * self._caught(ill) * self._open[ill]
        fresh = self._exposure >= self._threshold
        if not fresh.any():
            return []
        found = list(zip(*(part.tolist() for part in np.nonzero(fresh)), strict=True))
        for disease, container in found:
            self._fall_ill(disease, container, day)
        return found

    def _caught(self, ill: list[int]) -> Floats:
        """Hazard from the ill of the site and of the next areas, shape (``ill``, containers)."""
        load = np.add.reduceat(self.stock.condition.load[ill], self._starts, axis=1) / self._sizes
        near = self._neighbour[ill, None] * (load @ self._next_areas)
        by_site: Floats = self._spread[ill, None] * load + near
        return np.asarray(by_site[:, self.stock.layout.site_of])

    def _look_up(self, day: int) -> None:
        """Who may fall ill this week, and how easily."""
        stock, layout = self.stock, self.stock.layout
        live = stock.batch >= 0
        degc = stock.temperature(np.arange(layout.holding), day)
        protection = np.concatenate([self.protections(), [0.0]])[stock.batch]
        days = day - self.entered
        for number, disease in enumerate(self.diseases):
            may = (
                live
                & (self._base[number] > 0)
                & (days >= disease.from_day)
                & (days <= disease.until_day)
                & (stock.weight_g >= disease.from_weight_g)
                & (degc >= disease.least_degc)
                & (degc <= disease.most_degc)
                & ~self._immune[number]
            )
            self._open[number] = np.where(may, 1 - disease.vaccine_effect * protection, 0.0)
        self._calm = self._base * self._open

    def _fall_ill(self, number: int, container: int, day: int) -> None:
        disease, stock = self.diseases[number], self.stock
        own = stream(*self._names, str(int(stock.batch_luck[container])), disease.name)
        outbreak = min(max(normal_at(own, 0), -_SPREAD_SD), _SPREAD_SD)
        mine = stock.luck[container] ^ self._keys[number]
        alone = [min(max(normal_at(mine, n), -_SPREAD_SD), _SPREAD_SD) for n in (1, 2)]
        share = disease.mortality_percent / 100
        spread = disease.mortality_sd * outbreak + disease.container_sd * alone[0]
        toll = -math.log1p(-share) * math.exp(spread)
        course = disease.duration_days * math.exp(disease.duration_sd * alone[1])
        self.since[number, container] = day
        self.course[number, container] = max(course, 2.0)
        self.toll[number, container] = toll
        self.relief[number, container] = 1.0
        self._immune[number, container] = True
        self._open[number, container] = self._calm[number, container] = 0.0
        self._threshold[number, container] = np.inf

    def _suffer(self, day: int) -> list[int]:
        """Let the ill die, lose their appetite and be damaged; tells what anybody is ill of."""
        condition = self.stock.condition
        condition.load[:] = 0.0
        places = np.flatnonzero(self.since.ravel() >= 0)
        progress = (day - self.since.ravel()[places] + 0.5) / self.course.ravel()[places]
        over = progress >= 1
        if over.any():
            self.since.ravel()[places[over]] = -1
            places, progress = places[~over], progress[~over]
        if not len(places):
            return []
        which, where = np.divmod(places, self.since.shape[1])
        course = self.course.ravel()[places]
        load = np.sin(np.pi * progress) ** 2
        condition.load[which, where] = load
        hazard = self.toll[which, where] * self.relief[which, where] * load * (2 / course)
        present, starts = np.unique(which, return_index=True)
        ends = [*starts[1:].tolist(), len(which)]
        for number, start, end in zip(present.tolist(), starts.tolist(), ends, strict=True):
            disease, rows, ill = self.diseases[number], where[start:end], load[start:end]
            condition.harm("infection", rows, hazard[start:end], self.reasons[number])
            if disease.downgrade:
                scars = disease.downgrade * ill
                condition.scars[rows] = np.maximum(condition.scars[rows], scars)
            condition.curb(rows, 1 - disease.appetite_loss * ill)
            for parameter, level in disease.damage.items():
                condition.mark(parameter, rows, level * ill)
        return list(present.tolist())
