"""How diseases spread among the fish of a company, and what they do: one array step a day.

Only pairs of a disease and a container that are open this week, in the disease's season, can meet
any hazard; the step is over those.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.core.arrays import Floats, Index, flat
from sim.core.clock import date_of
from sim.core.elementary import log, sinpi_up_to_1
from sim.core.streams import uniform
from sim.fish.condition import HEALTH_PARAMETERS
from sim.fish.diseases import Epidemics
from sim.fish.growth_day import Fish
from sim.scenario.knobs.health import Disease

_LOOK_DAYS = 7
"""Who may fall ill (weight, season of life, vaccination) is looked up once a week."""


class Spread:
    """How diseases spread in a company, and what they do: one array step a day.

    Args:
        parts: of every geography; their arrays are views of the company's.
        fish: the company's fish.
    """

    def __init__(self, parts: Sequence[Epidemics], fish: Fish) -> None:
        self.parts, self.fish, self.condition = parts, fish, fish.condition
        diseases, arrays = parts[0].diseases, parts[0].stock.arrays.company
        self._diseases = diseases
        self._since, self._course = flat(arrays["disease since"]), flat(arrays["disease course"])
        self._toll, self._relief = flat(arrays["disease toll"]), flat(arrays["disease relief"])
        self._exposure, self._threshold = arrays["disease exposure"], arrays["disease threshold"]
        self._open = arrays["disease openness"]
        self._immune, self._entered = arrays["disease immune"], arrays["disease entered"]
        self._reasons = np.array(
            [self.condition.reason("DISEASE", disease.name) for disease in diseases]
        )
        self._load, self._damage = flat(self.condition.load), flat(self.condition.damage)
        self._parameters = np.arange(0, len(self._damage), len(fish.site_of))[:, None]
        self._onset = parts[0].onset
        self._knobs = _Knobs.of(diseases)
        self._ill: list[int] = []
        self._base = np.concatenate([part.base_hazard() for part in parts], axis=-1)
        self._may = self._base > 0
        sites = [site for part in parts for site in part.stock.layout.sites]
        sizes = np.array([len(site.containers) for site in sites])
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._sizes = sizes
        coast = np.repeat(np.arange(len(parts)), np.diff(fish.sites))
        coast[[site.stage is not None for site in sites]] = -1
        are_next = ((coast[1:] == coast[:-1]) & (coast[1:] >= 0)).tolist()
        self._steps = [
            [step for step, to_it in ((-1, before), (1, after)) if to_it]
            for before, after in pairwise([False, *are_next, False])
        ]
        self._pairs = self._pair(*(np.empty(0, dtype=np.int64),) * 3)

    def step(self, day: int) -> list[tuple[int, int, int]]:
        """A day of catching and being ill.

        Returns:
            Who fell ill today, as (geography, disease, container).
        """
        if not self._diseases:
            return []
        if day % _LOOK_DAYS == 0:
            flat(self._exposure)[self._pairs.at] = self._pairs.exposure
            self._begin()
            self._look_up(day)
        self._suffer(day)
        pairs = self._pairs
        exposure = pairs.exposure
        season = self._knobs.season[:, date_of(day).month - 1].take(pairs.disease)
        openness = self._open.take(pairs.at)
        hazard = pairs.base * openness
        hazard *= season
        exposure += hazard
        if self._ill:
            season *= self._caught().take(pairs.of_site)
            season *= openness
            exposure += season
        fresh = (exposure >= pairs.threshold).nonzero()[0]
        if not len(fresh):
            return []
        pairs.threshold[fresh] = np.inf
        starts, found = self.fish.starts.tolist(), []
        for disease, row in zip(*(part[fresh].tolist() for part in pairs[:2]), strict=True):
            geography = bisect_right(starts, row) - 1
            container = row - starts[geography]
            self.parts[geography].fall_ill(disease, container, day)
            found.append((geography, disease, container))
        return found

    def _begin(self) -> None:
        """Draw what makes those ill that came since the last look: until then nothing can."""
        begun = [
            first + container
            for part, first in zip(self.parts, self.fish.starts.tolist(), strict=False)
            for container in part.begun
        ]
        if begun:
            luck = self.fish.luck[begun] ^ self._onset[:, None]
            self._threshold[:, begun] = -log(uniform(luck, 0))
            self._exposure[:, begun] = 0.0
            for part in self.parts:
                part.begun = []

    def _caught(self) -> Floats:
        """Hazard from the ill of the site and of the next areas, over (diseases, sites), flat."""
        load = np.add.reduceat(self.condition.load[self._ill], self._starts, axis=1) / self._sizes
        which, where = load.nonzero()  # few: one after the other
        knobs, sites = self._knobs, len(self._sizes)
        caught = np.zeros(len(self._diseases) * sites)
        near: dict[int, float] = {}
        here: dict[int, float] = {}
        for row, site, sick in zip(
            which.tolist(), where.tolist(), load[which, where].tolist(), strict=True
        ):
            at = self._ill[row] * sites + site
            here[at] = sick
            for step in self._steps[site]:
                near[at + step] = near.get(at + step, 0.0) + sick
        for at, sick in near.items():
            caught[at] = knobs.neighbour[at // sites] * sick
        for at, sick in here.items():
            caught[at] += knobs.spread[at // sites] * sick
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
        days = (day - self._entered.take(live)).astype(np.float64)
        weight_g = self.fish.weight_g.take(live)
        may = (
            self._may.take(live, axis=1)
            & (days >= knobs.from_day)
            & (days <= knobs.until_day)
            & (weight_g >= knobs.from_weight_g)
            & (degc >= knobs.least_degc)
            & (degc <= knobs.most_degc)
            & ~self._immune.take(live, axis=1)
        )
        openness = (1 - knobs.vaccine_effect * protection) * may
        self._open.fill(0.0)
        self._open[:, live] = openness
        first, last = date_of(day).month - 1, date_of(day + _LOOK_DAYS - 1).month - 1
        in_season = (knobs.season[:, first] > 0) | (knobs.season[:, last] > 0)
        disease, at = np.divmod(np.flatnonzero((openness > 0) & in_season[:, None]), len(live))
        self._pairs = self._pair(disease, live[at], fish.site[at])

    def _pair(self, disease: Index, container: Index, site: Index) -> _Pairs:
        """What the step of a day needs of some pairs of a disease and a container."""
        at = disease * self._base.shape[1] + container
        return _Pairs(
            disease,
            container,
            at,
            disease * len(self._sizes) + site,
            self._base.take(at),
            self._threshold.take(at),
            self._exposure.take(at),
        )

    def _suffer(self, day: int) -> None:
        """Let the ill die, lose their appetite and be damaged."""
        condition, knobs = self.condition, self._knobs
        for disease in self._ill:
            condition.load[disease] = 0.0
        places = (self._since >= 0).nonzero()[0]
        progress = (day + 0.5 - self._since.take(places)) / self._course.take(places)
        on = (progress < 1).nonzero()[0]
        if len(on) < len(places):
            self._since[places[progress >= 1]] = -1
            places, progress = places[on], progress[on]
        which, where = np.divmod(places, self._base.shape[1])
        self._ill = sorted(set(which.tolist()))
        if not self._ill:
            return
        load = sinpi_up_to_1(progress)
        load *= load
        self._load[places] = load
        # A container with several illnesses is there more than once.
        np.maximum.at(condition.scars, where, knobs.downgrade.take(which) * load)
        np.multiply.at(condition.appetite, where, 1 - knobs.appetite_loss.take(which) * load)
        levels = knobs.damage.take(which, axis=1) * load
        damaged = self._parameters + where
        np.maximum.at(self._damage, damaged.reshape(-1), levels.reshape(-1))
        hazard = self._toll.take(places)
        hazard *= self._relief.take(places)
        hazard *= load
        hazard *= 2 / self._course.take(places)
        reason = self._reasons.take(which)
        for now in _turns(where):
            condition.add_hazard("infection", where[now], hazard[now], reason[now])


def _turns(where: Index) -> Iterator[Index]:
    """Everybody's first illness, then the second ..., as places in ``where``."""
    if len(set(where.tolist())) == len(where):
        yield np.arange(len(where))
        return
    order = where.argsort(kind="stable")
    there = where[order]
    turn = np.arange(len(where)) - there.searchsorted(there)
    for number in range(int(turn.max()) + 1):
        yield order[turn == number]


class _Knobs(NamedTuple):
    """The diseases' knobs as arrays over diseases; columns where containers are compared."""

    season: Floats
    spread: list[float]
    neighbour: list[float]
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
            spread=each("spread_per_day").tolist(),
            neighbour=each("neighbour_per_day").tolist(),
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
    """Who may fall ill of what this week: a disease and a container each.

    Attributes:
        at: places in the arrays over (diseases, containers); ``of_site`` over (diseases, sites).
        base: daily hazard from nowhere, in the season's height, of who is fully open.
        exposure, threshold: as of the containers; of a pair that closes in the week they stay.
    """

    disease: Index
    container: Index
    at: Index
    of_site: Index
    base: Floats
    threshold: Floats
    exposure: Floats
