"""Lice on the rings of a geography, and what people find of them.

Two species live on salmon: the salmon louse, whose adult females decide on treatment, and Caligus
elongatus, which comes and goes with wild fish. Counts tell them apart by sex and stage of
development, as AquaMind's list of lice types does.

Lice come from outside (more in the warm months), from the area's own adult females and from those
of the areas next to it; how they grow up and fall off is one step over all geographies
(:mod:`sim.fish.lice_day`). What people count, and treat by, are draws from this population.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.biology.lice import burden, counted, most_counted, swing
from sim.core.arrays import Floats, Index
from sim.core.elementary import exp, power
from sim.core.journal import Value
from sim.core.streams import noise, normal, stream, uniform
from sim.fish.stock import FishStock
from sim.scenario.knobs.health import LiceKnobs

# Places among ``condition.LICE_STAGES``.
ATTACHED, MOBILE = np.array([0, 1, 2, 8]), np.arange(3, 8)
MALE, FEMALE, CALIGUS, CALIGUS_JUVENILE = 5, 6, 7, 8

_SALMONIS, _ELONGATUS = "Lepeophtheirus salmonis", "Caligus elongatus"
TYPES = (
    (_SALMONIS, "female", "copepodid"),
    (_SALMONIS, "female", "chalimus"),
    (_SALMONIS, "female", "pre-adult"),
    (_SALMONIS, "female", "adult"),
    (_SALMONIS, "male", "copepodid"),
    (_SALMONIS, "male", "chalimus"),
    (_SALMONIS, "male", "pre-adult"),
    (_SALMONIS, "male", "adult"),
    (_ELONGATUS, "female", "juvenile"),
    (_ELONGATUS, "female", "adult"),
    (_ELONGATUS, "male", "juvenile"),
    (_ELONGATUS, "male", "adult"),
)
"""What is told apart in a count: species, gender, stage.

These are the types of AquaMind's migration ``health.0021_populate_lice_types`` whose species is
known, under the same names, so that a database that it has migrated keeps one list.
"""
COUNTED = (2, 6, 7, 3)
"""The mobile types that a treatment is judged by; adult females, which decide on it, come last."""
ALL_TYPES, ADULT_FEMALES = slice(None), slice(3, 4)
_FIRST_STAGES = (0, 1, 3, 5, 6, 7, 8)
"""Stages that a count does not tell apart lie side by side: where each such group begins."""
_GROUP = np.array([0, 1, 2, 4, 0, 1, 2, 3, 6, 5, 6, 5])[:, None]
_SHARE = np.where(np.isin(_GROUP, (3, 4)), 1.0, 0.5)
"""Which group each type is of, and its share: there are as many males as females."""
_COUNTS_AHEAD = 26
"""The luck of so many counts of the same rings is drawn at a time."""


def type_rows() -> list[dict[str, Value]]:
    """The lice types as master data."""
    return [
        {
            "species": species,
            "gender": gender,
            "development_stage": stage,
            "description": f"{species}, {stage} {gender}",
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

    def __init__(self, stock: FishStock, knobs: LiceKnobs, seed: int) -> None:
        layout = stock.layout
        self.stock, self.knobs = stock, knobs
        self.reason = stock.condition.reason("DISEASE", "Salmon lice")
        names = (seed, layout.geography.name)
        self._area_luck = np.array(
            [stream(*names, area.name, "lice") for area in layout.areas], dtype=np.uint64
        )
        rings = np.array([stream(*names, name, "lice") for name in layout.names], dtype=np.uint64)
        areas = len(layout.areas)
        self.area = exp(knobs.area_sd * normal(self._area_luck, 0)) if areas else np.ones(0)
        water, sd = stock.water, knobs.daily_sd
        days = np.arange(water.degc.shape[1]) + water.first_day
        self.daily = exp(sd * normal(self._area_luck[:, None], days) - sd * sd / 2)
        self.ring = exp(knobs.ring_sd * noise(rings, 0))
        steps = np.abs(np.subtract.outer(np.arange(areas), np.arange(areas)))
        reach = steps <= knobs.neighbour_reach
        self.given = np.where(reach, power(knobs.neighbour_share, steps), 0.0)
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
        groups = np.add.reduceat(self.stock.condition.lice[:, rings], _FIRST_STAGES)
        mean = found * _SHARE[kinds] * groups[_GROUP[kinds, 0]]
        drawn, turn = self._luck(rings, day, kinds)
        luck, many = drawn.luck[turn], drawn.many[turn]
        return counted(mean, self.knobs.counting.fish, many, luck).astype(np.int64)

    def most_females(self, rings: Index, day: int, found: float) -> float:
        """As many adult females as :meth:`count` may find in all the rings together, or more.

        Far less work than the count itself, and mostly enough to know that nobody treats.
        """
        drawn, turn = self._luck(rings, day, ADULT_FEMALES)
        females = self.stock.condition.lice[FEMALE].take(rings) * drawn.many[turn, 0]
        mean = float(females.sum()) * found * self.knobs.counting.fish
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
            luck = uniform(streams ^ _COUNT[kinds], _EVERY * age + _NUMBER)
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


_COUNT = np.array([stream(0, "purpose", "lice count", *kind) for kind in TYPES], dtype=np.uint64)
_COUNT[ADULT_FEMALES] = stream(0, "purpose", "lice count")
_COUNT = _COUNT[:, None]
_EVERY, _NUMBER = 6, 4
"""Every type has a stream of its own, so that no count shifts another, and of it one number a day:
every sixth, from the fifth on, as adult females, whose count decides, have always had them."""
_CLUMP = stream(0, "purpose", "lice clump")
