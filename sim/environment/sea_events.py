"""What the sea does to areas now and then, worked out for the whole span before the first day.

Events come by season; a geography's areas share part of their luck, so that a bloom along a coast
hits several of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.core.elementary import exp
from sim.core.streams import normal, normal_at, normal_quantile, stream, uniform_at
from sim.environment.water import Water
from sim.scenario.knobs.health import SeaEvent
from sim.sites.layout import Layout

_DAYS_PER_YEAR = 365.25


class SeaEvents:
    """Strength of every kind of event per area and day.

    Attributes:
        first_day: day of column 0 of ``strength``.
    """

    def __init__(self, layout: Layout, water: Water, kinds: Sequence[SeaEvent], seed: int) -> None:
        self.kinds, self.first_day = kinds, water.first_day
        days = np.arange(water.degc.shape[1]) + water.first_day
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        self._shape = (len(kinds), len(layout.areas), len(days))
        self._on: dict[int, dict[tuple[int, int], float]] = {}
        name = layout.geography.name
        for number, kind in enumerate(kinds):
            keys = [stream(seed, name, kind.name, "sea event")]
            keys += [stream(seed, name, area.name, kind.name, "sea event") for area in layout.areas]
            common, *each = normal(np.array(keys, dtype=np.uint64)[:, None], days)
            chance = kind.per_year / _DAYS_PER_YEAR * np.array(kind.season)
            bad = np.where(chance > 0, normal_quantile(np.clip(chance, 1e-12, 0.99)), -np.inf)
            shared, limit = np.sqrt(kind.common_share) * common, bad[months]
            for place, (area, own) in enumerate(zip(layout.areas, each, strict=True)):
                luck = shared + np.sqrt(1 - kind.common_share) * own
                starts = (luck < limit).nonzero()[0]
                starts = starts[water.degc[area.index, starts] >= kind.least_degc]
                if not len(starts):
                    continue
                strength = np.zeros(len(days))
                self._spells(kind, keys[1 + place], days, starts, strength)
                for column in np.flatnonzero(strength).tolist():
                    day = self._on.setdefault(self.first_day + column, {})
                    day[number, place] = float(strength[column])

    @property
    def strength(self) -> Floats:
        """Shape (kinds, areas, days); 0 where nothing happens, 1 for an ordinary event."""
        found = np.zeros(self._shape)
        for day, events in self._on.items():
            for (number, place), strength in events.items():
                found[number, place, day - self.first_day] = strength
        return found

    def _spells(
        self,
        kind: SeaEvent,
        key: np.uint64,
        days: NDArray[np.int64],
        starts: NDArray[np.int64],
        strength: Floats,
    ) -> None:
        low, high = kind.days
        for start in starts.tolist():
            index = 10_000_000 + 2 * int(days[start])
            length = low + int(uniform_at(key, index) * (high - low + 1))
            size = exp(kind.strength_sd * normal_at(key, index + 1))
            spell = strength[start : start + length]
            np.maximum(spell, size, out=spell)

    def today(self, day: int) -> Iterable[tuple[int, int]]:
        """What happens on a day, as (kind, area); rarely anything."""
        return self._on.get(day, ())

    def on(self, day: int, kind: int, area: int) -> float:
        """Strength of an event on a day; 0 before the first."""
        return self._on.get(day, {}).get((kind, area), 0.0)
