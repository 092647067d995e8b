"""Lice on the rings of a geography, and what people find of them.

Lice come from outside (more in the warm months), from the area's own adult females and from those
of the areas next to it; how they grow up and fall off is one step over all geographies
(:mod:`sim.infestation`). What people count, and treat by, are draws from this population.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.lice import burden, counted, most_counted, swing
from sim.journal import Value
from sim.scenario.health_knobs import Lice
from sim.stock import FishStock
from sim.streams import noise, normal, stream, uniform

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

# Places among ``condition.LICE_STAGES``.
ATTACHED, MOBILE = slice(0, 3), slice(3, 8)
MALE, FEMALE, CALIGUS = 5, 6, 7

TYPES = (
    ("Lepeophtheirus salmonis", "unknown", "copepodid"),
    ("Lepeophtheirus salmonis", "unknown", "chalimus"),
    ("Lepeophtheirus salmonis", "unknown", "pre-adult"),
    ("Lepeophtheirus salmonis", "male", "adult"),
    ("Lepeophtheirus salmonis", "female", "adult"),
    ("Caligus elongatus", "unknown", "adult"),
)
"""What is told apart in a count: species, gender, stage."""
COUNTED = (2, 3, 4)
"""The mobile types that a treatment is judged by; adult females, which decide on it, come last."""
ALL_TYPES, ADULT_FEMALES = slice(None), slice(4, 5)
_TYPE_OF_STAGE = (0, 1, 1, 2, 2, 3, 4, 5)
_IS_TYPE = (np.arange(len(TYPES))[:, None] == np.array(_TYPE_OF_STAGE)).astype(float)
_COUNTS_AHEAD = 26
"""The luck of so many counts of the same rings is drawn at a time."""


def type_rows() -> list[dict[str, Value]]:
    """The lice types as master data."""
    return [
        {
            "species": species,
            "gender": gender,
            "development_stage": stage,
            "description": f"{species}, {stage}" + ("" if gender == "unknown" else f" {gender}"),
            "is_active": True,
        }
        for species, gender, stage in TYPES
    ]


class LicePopulation:
    """The lice of one geography; their numbers per fish stand in ``stock.condition.lice``.

    Attributes:
        area: how much more lice than usual come to an area from outside; ``daily`` today, shape
            (areas, days since the first); ``ring`` to a container.
        given: what an area's own lice give to each area; shape (areas, areas).
    """

    def __init__(self, stock: FishStock, knobs: Lice, seed: int) -> None:
        layout = stock.layout
        self.stock, self.knobs = stock, knobs
        self.reason = stock.condition.reason("DISEASE", "Salmon lice")
        names = (seed, layout.geography.name)
        self._area_luck = np.array(
            [stream(*names, area.name, "lice") for area in layout.areas], dtype=np.uint64
        )
        rings = np.array([stream(*names, name, "lice") for name in layout.names], dtype=np.uint64)
        areas = len(layout.areas)
        self.area = np.exp(knobs.area_sd * normal(self._area_luck, 0)) if areas else np.ones(0)
        water, sd = stock.water, knobs.daily_sd
        days = np.arange(water.degc.shape[1]) + water.first_day
        self.daily = np.exp(sd * normal(self._area_luck[:, None], days) - sd * sd / 2)
        self.ring = np.exp(knobs.ring_sd * noise(rings, 0))
        steps = np.abs(np.subtract.outer(np.arange(areas), np.arange(areas)))
        reach = steps <= knobs.neighbour_reach
        self.given = np.where(reach, knobs.neighbour_share ** steps.astype(float), 0.0)
        self._lucks: dict[int, _Luck] = {}

    def count(self, rings: Index, day: int, found: float, kinds: slice) -> Index:
        """Count some fish of each ring.

        Args:
            rings: containers, at least one.
            day: today.
            found: share of the lice that the method finds.
            kinds: which of ``TYPES``.

        Returns:
            Lice on all the fish looked at, shape (kinds, rings).
        """
        mean = found * _IS_TYPE[kinds] @ self.stock.condition.lice[:, rings]
        drawn, turn = self._luck(rings, day, kinds)
        luck, many = drawn.luck[turn], drawn.many[turn]
        return counted(mean, self.knobs.counting.fish, many, luck).astype(np.int64)

    def most_females(self, rings: Index, day: int, found: float) -> float:
        """As many adult females as :meth:`count` may find in all the rings together, or more.

        Far less work than the count itself, and mostly enough to know that nobody treats.
        """
        drawn, turn = self._luck(rings, day, ADULT_FEMALES)
        females = self.stock.condition.lice[FEMALE].take(rings) @ drawn.many[turn, 0]
        mean = float(females) * found * self.knobs.counting.fish
        return most_counted(mean, float(drawn.swing[turn]), len(rings))

    def _luck(self, rings: Index, day: int, kinds: slice) -> tuple[_Luck, int]:
        """The luck of a day's counts, and the number of the day in it."""
        stock, knobs = self.stock, self.knobs.counting
        streams, first = stock.luck[rings], int(rings[0])
        whose = (streams.tobytes(), kinds.start)
        drawn = self._lucks.get(first)
        if drawn is None or drawn.whose != whose or day not in drawn.days:
            days = range(day, day + _COUNTS_AHEAD * knobs.interval_days, knobs.interval_days)
            age = (np.array(days)[:, None] - stock.batch_start[rings])[:, None]
            number = np.arange(len(TYPES))[kinds, None]
            luck = uniform(streams ^ _COUNT, age * len(TYPES) + number)
            drawn = self._lucks[first] = _Luck(
                whose,
                days,
                luck,
                burden(knobs.fish, knobs.clumping, uniform(streams ^ _CLUMP, age)),
                swing(luck[:, -1]) if kinds == ADULT_FEMALES else np.empty(0),
            )
        return drawn, drawn.days.index(day)


@dataclass(frozen=True, slots=True)
class _Luck:
    """Luck of the coming counts of some rings; arrays over counts, types and rings.

    Attributes:
        whose: of which rings and types it is; ``days`` those of the counts.
        luck: uniforms; ``many`` factors of how infested the fish are, the same for every type.
        swing: what :func:`~sim.biology.lice.most_counted` asks for, if only females are counted.
    """

    whose: tuple[bytes, int | None]
    days: range
    luck: Floats
    many: Floats
    swing: Floats


_COUNT, _CLUMP = stream(0, "purpose", "lice count"), stream(0, "purpose", "lice clump")
