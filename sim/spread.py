"""How diseases spread among the fish of a company, and what they do: one array step a day.

Only pairs of a disease and a container that are open this week, in the disease's season, can meet
any hazard; the step is over those.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import date_of
from sim.condition import HEALTH_PARAMETERS
from sim.epidemics import Epidemics
from sim.fish import Fish
from sim.joint import join
from sim.scenario.health_knobs import Disease
from sim.streams import uniform

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

_LOOK_DAYS = 7
"""Who may fall ill (weight, season of life, vaccination) is looked up once a week."""


class Spread:
    """How diseases spread in a company, and what they do: one array step a day.

    Args:
        parts: of every geography; their arrays become views of the company's.
        fish: the company's fish.
    """

    def __init__(self, parts: Sequence[Epidemics], fish: Fish) -> None:
        self.parts, self.fish, self.condition = parts, fish, fish.condition
        diseases = self._diseases = parts[0].diseases
        self._since, self._course = join(parts, "since"), join(parts, "course")
        self._toll, self._relief = join(parts, "toll"), join(parts, "relief")
        self._exposure, self._threshold = join(parts, "exposure"), join(parts, "threshold")
        self._open, self._calm = join(parts, "openness"), join(parts, "calm")
        self._immune, self._entered = join(parts, "immune"), join(parts, "entered")
        self._reasons = np.array(
            [self.condition.reason("DISEASE", disease.name) for disease in diseases]
        )
        self._onset = parts[0].onset
        self._knobs = _Knobs.of(diseases)
        self._pairs = _Pairs.of(self._open, fish.site_of)
        self._base = np.concatenate([part.base_hazard() for part in parts], axis=-1)
        sites = [site for part in parts for site in part.stock.layout.sites]
        sizes = np.array([len(site.containers) for site in sites])
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._sizes = sizes
        coast = np.repeat(np.arange(len(parts)), np.diff(fish.sites))
        coast[[site.stage is not None for site in sites]] = -1
        self._are_next = ((coast[1:] == coast[:-1]) & (coast[1:] >= 0)).astype(float)

    def step(self, day: int) -> list[tuple[int, int, int]]:
        """A day of catching and being ill.

        Returns:
            Who fell ill today, as (geography, disease, container).
        """
        if not self._diseases:
            return []
        self._begin()
        if day % _LOOK_DAYS == 0:
            self._look_up(day)
        ill = self._suffer(day)
        pairs, season = self._pairs, self._knobs.season[:, date_of(day).month - 1]
        season = season[pairs.disease]
        exposure = self._exposure.ravel()[pairs.at]
        exposure += self._calm.ravel()[pairs.at] * season
        if ill:
            caught = self._caught(ill)[pairs.disease, pairs.site]
            exposure += season * caught * self._open.ravel()[pairs.at]
        self._exposure.ravel()[pairs.at] = exposure
        fresh = exposure >= self._threshold.ravel()[pairs.at]
        if not fresh.any():
            return []
        starts, found = self.fish.starts, []
        for disease, row in zip(*(part[fresh].tolist() for part in pairs[:2]), strict=True):
            geography = int(np.searchsorted(starts, row, side="right")) - 1
            container = row - int(starts[geography])
            self.parts[geography].fall_ill(disease, container, day)
            found.append((geography, disease, container))
        return found

    def _begin(self) -> None:
        """Draw what it takes to make those ill that came since the last step."""
        begun = [
            first + container
            for part, first in zip(self.parts, self.fish.starts.tolist(), strict=False)
            for container in part.begun
        ]
        if begun:
            luck = self.fish.luck[begun] ^ self._onset[:, None]
            self._threshold[:, begun] = -np.log(uniform(luck, 0))
            for part in self.parts:
                part.begun = []

    def _caught(self, ill: list[int]) -> Floats:
        """Hazard from the ill of the site and of the next areas, shape (diseases, sites)."""
        knobs = self._knobs
        load = np.add.reduceat(self.condition.load[ill], self._starts, axis=1) / self._sizes
        near = np.zeros_like(load)
        near[:, 1:] += load[:, :-1] * self._are_next
        near[:, :-1] += load[:, 1:] * self._are_next
        caught = np.zeros((len(self._diseases), len(self._sizes)))
        caught[ill] = knobs.spread[ill, None] * load + knobs.neighbour[ill, None] * near
        return caught

    def _look_up(self, day: int) -> None:
        """Who may fall ill this week, and how easily."""
        fish, knobs = self.fish.occupants(), self._knobs
        live, degc = fish.rows, self.fish.temperature(fish, day)
        protection = np.concatenate(
            [
                part.protections()[fish.batch[start:end]]
                for part, (start, end) in zip(self.parts, pairwise(fish.ends), strict=True)
            ]
        )
        days, weight_g = day - self._entered[live], self.fish.weight_g[live]
        may = (
            (self._base[:, live] > 0)
            & (days >= knobs.from_day)
            & (days <= knobs.until_day)
            & (weight_g >= knobs.from_weight_g)
            & (degc >= knobs.least_degc)
            & (degc <= knobs.most_degc)
            & ~self._immune[:, live]
        )
        self._open[:] = 0.0
        self._open[:, live] = np.where(may, 1 - knobs.vaccine_effect * protection, 0.0)
        np.multiply(self._base, self._open, out=self._calm)
        months = [date_of(day).month - 1, date_of(day + _LOOK_DAYS - 1).month - 1]
        in_season = knobs.season[:, months].max(axis=1) > 0
        self._pairs = _Pairs.of(self._open * in_season[:, None], self.fish.site_of)

    def _suffer(self, day: int) -> list[int]:
        """Let the ill die, lose their appetite and be damaged; tells what anybody is ill of."""
        condition = self.condition
        condition.load[:] = 0.0
        places = np.flatnonzero(self._since.ravel() >= 0)
        progress = (day - self._since.ravel()[places] + 0.5) / self._course.ravel()[places]
        over = progress >= 1
        if over.any():
            self._since.ravel()[places[over]] = -1
            places, progress = places[~over], progress[~over]
        if not len(places):
            return []
        which, where = np.divmod(places, self._since.shape[1])
        course = self._course.ravel()[places]
        load = np.sin(np.pi * progress) ** 2
        condition.load[which, where] = load
        hazard = self._toll.ravel()[places] * self._relief.ravel()[places] * load * (2 / course)
        order = np.argsort(where, kind="stable")
        there = where[order]
        turn = np.arange(len(order)) - np.searchsorted(there, there)
        for number in range(int(turn.max()) + 1):  # everybody's first illness, then the second ...
            now = order[turn == number]
            self._weaken(which[now], where[now], load[now], hazard[now])
        return list(np.flatnonzero(np.bincount(which)).tolist())

    def _weaken(self, which: Index, rows: Index, ill: Floats, hazard: Floats) -> None:
        """What one illness each does to some containers."""
        condition, knobs = self.condition, self._knobs
        condition.harm("infection", rows, hazard, self._reasons[which])
        condition.scars[rows] = np.maximum(condition.scars[rows], knobs.downgrade[which] * ill)
        condition.curb(rows, 1 - knobs.appetite_loss[which] * ill)
        condition.mark_all(rows, knobs.damage[:, which] * ill)


class _Knobs(NamedTuple):
    """The diseases' knobs as arrays over diseases; columns where containers are compared."""

    season: Floats
    spread: Floats
    neighbour: Floats
    downgrade: Floats
    appetite_loss: Floats
    damage: Floats
    from_day: Floats
    until_day: Floats
    from_weight_g: Floats
    least_degc: Floats
    most_degc: Floats
    vaccine_effect: Floats

    @classmethod
    def of(cls, diseases: Sequence[Disease]) -> _Knobs:
        """The knobs of some diseases; ``damage`` has shape (parameters, diseases)."""

        def each(name: str) -> Floats:
            return np.array([getattr(disease, name) for disease in diseases], dtype=np.float64)

        def column(name: str) -> Floats:
            return each(name)[:, None]

        damages = [{str(name): level for name, level in d.damage.items()} for d in diseases]
        return cls(
            season=each("season").reshape(-1, 12),
            spread=each("spread_per_day"),
            neighbour=each("neighbour_per_day"),
            downgrade=each("downgrade"),
            appetite_loss=each("appetite_loss"),
            damage=np.array(
                [[damage.get(name, 0.0) for damage in damages] for name in HEALTH_PARAMETERS]
            ),
            from_day=column("from_day"),
            until_day=column("until_day"),
            from_weight_g=column("from_weight_g"),
            least_degc=column("least_degc"),
            most_degc=column("most_degc"),
            vaccine_effect=column("vaccine_effect"),
        )


class _Pairs(NamedTuple):
    """Who may fall ill of what this week: places in the arrays over (diseases, containers)."""

    disease: Index
    container: Index
    site: Index
    at: Index

    @classmethod
    def of(cls, openness: Floats, site_of: Index) -> _Pairs:
        """All pairs that are open, where it is the season."""
        at = np.flatnonzero(openness)
        disease, container = np.divmod(at, openness.shape[1])
        return cls(disease, container, site_of[container], at)
