"""Lice on the rings of a geography: one array step a day.

Lice come from outside (more in the warm months), from the area's own adult females and from those
of the areas next to it. On the fish they grow up at the pace of the water's temperature, and some
fall off every day. What people count, and treat by, are draws from this population.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.lice import burden, counted, eggs_per_day, stage_rate
from sim.clock import date_of
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
_REFERENCE_DEGC = 10.0
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
    """The lice of one geography; their numbers per fish stand in ``stock.condition.lice``."""

    def __init__(self, stock: FishStock, knobs: Lice, seed: int) -> None:
        layout = stock.layout
        self.stock, self.knobs = stock, knobs
        self.reason = stock.condition.reason("DISEASE", "Salmon lice")
        self._first = min((area.index for area in layout.areas), default=0)
        names = (seed, layout.geography.name)
        self._area_luck = np.array(
            [stream(*names, area.name, "lice") for area in layout.areas], dtype=np.uint64
        )
        rings = np.array([stream(*names, name, "lice") for name in layout.names], dtype=np.uint64)
        areas = len(layout.areas)
        self._area = np.exp(knobs.area_sd * normal(self._area_luck, 0)) if areas else np.ones(0)
        water, sd = stock.water, knobs.daily_sd
        self._first_day = water.first_day
        days = np.arange(water.degc.shape[1]) + water.first_day
        self._daily = np.exp(sd * normal(self._area_luck[:, None], days) - sd * sd / 2)
        self._ring = np.exp(knobs.ring_sd * noise(rings, 0))
        steps = np.abs(np.subtract.outer(np.arange(areas), np.arange(areas)))
        reach = steps <= knobs.neighbour_reach
        self._given = np.where(reach, knobs.neighbour_share ** steps.astype(float), 0.0)
        reference = eggs_per_day(np.array(_REFERENCE_DEGC), knobs.eggs_per_female_day)
        self._reference_eggs = float(reference)
        self._lucks: dict[int, _Luck] = {}

    def step(self, day: int) -> None:
        """A day of infection, growing up and falling off."""
        stock, knobs = self.stock, self.knobs
        rows = np.flatnonzero((stock.batch >= 0) & stock.layout.at_sea)
        if not len(rows):
            return
        lice = stock.condition.lice[:, rows]
        degc = stock.temperature(rows, day)
        area = stock.layout.site_of[rows] - self._first
        outside, inside = self._pressure(day, rows, area, lice[FEMALE], degc)
        grown = lice[:FEMALE] * stage_rate(degc, knobs.stage_rate)
        grown[MALE] = 0.0
        lice[:MALE] -= grown[:MALE]
        lice[1:MALE] += grown[: MALE - 1]
        lice[MALE] += grown[MALE - 1] / 2
        lice[FEMALE] += grown[MALE - 1] / 2
        lice[ATTACHED] *= 1 - knobs.attached_loss_per_day
        lice[MALE - 2 : CALIGUS] *= 1 - knobs.mobile_loss_per_day
        lice[CALIGUS] *= 1 - knobs.caligus_loss_per_day
        lice[0] += knobs.external_per_fish_day * outside + inside
        lice[CALIGUS] += knobs.caligus_per_fish_day * outside
        stock.condition.lice[:, rows] = lice
        self._harm(rows, lice[FEMALE])

    def _pressure(
        self, day: int, rows: Index, area: Index, females: Floats, degc: Floats
    ) -> tuple[Floats, Floats]:
        """Pressure from outside (as a factor) and new lice per fish from the areas' own lice."""
        knobs, stock = self.knobs, self.stock
        areas = len(self._area)
        fish = np.bincount(area, stock.count[rows], areas)
        eggs = eggs_per_day(degc, knobs.eggs_per_female_day) / self._reference_eggs
        laid = np.bincount(area, females * stock.count[rows] * eggs, areas)
        given = self._given @ (laid / np.maximum(fish, 1))
        today = self._daily[:, day - self._first_day]
        season = knobs.season[date_of(day).month - 1]
        outside = season * (self._area * today)[area] * self._ring[rows]
        return outside, knobs.own_per_female_day * given[area] * self._ring[rows]

    def _harm(self, rows: Index, females: Floats) -> None:
        condition = self.stock.condition
        many = np.maximum(females - 2, 0)
        if many.any():
            hazard = self.knobs.hazard_percent_per_female / 100 * many
            condition.harm("lice", rows, hazard, self.reason)
            condition.mark("wounds", rows, np.minimum(0.05 * many, 0.6))

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
        luck, many = self._luck(rings, day, kinds)
        return counted(mean, self.knobs.counting.fish, many, luck).astype(np.int64)

    def _luck(self, rings: Index, day: int, kinds: slice) -> tuple[Floats, Floats]:
        """Uniforms of a day's counts, and how infested the fish are that are looked at."""
        stock, knobs = self.stock, self.knobs.counting
        streams, first = stock.luck[rings], int(rings[0])
        whose = (streams.tobytes(), kinds.start)
        drawn = self._lucks.get(first)
        if drawn is None or drawn.whose != whose or day not in drawn.days:
            days = range(day, day + _COUNTS_AHEAD * knobs.interval_days, knobs.interval_days)
            age = (np.array(days)[:, None] - stock.batch_start[rings])[:, None]
            number = np.arange(len(TYPES))[kinds, None]
            drawn = self._lucks[first] = _Luck(
                whose,
                days,
                uniform(streams ^ _COUNT, age * len(TYPES) + number),
                burden(knobs.fish, knobs.clumping, uniform(streams ^ _CLUMP, age)),
            )
        turn = drawn.days.index(day)
        return drawn.luck[turn], drawn.many[turn]


@dataclass(frozen=True, slots=True)
class _Luck:
    """Luck of the coming counts of some rings; arrays over counts, types and rings.

    Attributes:
        whose: of which rings and types it is; ``days`` those of the counts.
        luck: uniforms; ``many`` factors of how infested the fish are, the same for every type.
    """

    whose: tuple[bytes, int | None]
    days: range
    luck: Floats
    many: Floats


_COUNT, _CLUMP = stream(0, "purpose", "lice count"), stream(0, "purpose", "lice clump")
