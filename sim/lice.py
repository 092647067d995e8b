"""Lice on the rings of a company: one array step a day.

Lice come from outside (more in the warm months), from the area's own adult females and from those
of the areas next to it. On the fish they grow up at the pace of the water's temperature, and some
fall off every day. What people count, and treat by, are draws from this population.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.biology.lice import burden, counted, eggs_per_day, stage_rate
from sim.clock import date_of
from sim.condition import LICE_STAGES
from sim.fish import Fish, Occupants
from sim.joint import offsets
from sim.journal import Value
from sim.layout import Layout
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


class Infestation:
    """The lice of a company: one array step a day.

    Args:
        parts: the lice of every geography.
        fish: the company's fish.
    """

    def __init__(self, parts: Sequence[LicePopulation], fish: Fish) -> None:
        knobs = self._knobs = parts[0].knobs
        self._parts, self.fish = parts, fish
        self._lice, self._reason = fish.condition.lice, parts[0].reason
        self._area = np.concatenate([part.area for part in parts])
        self._daily = np.ascontiguousarray(np.concatenate([part.daily for part in parts]).T)
        self._ring = np.concatenate([part.ring for part in parts])
        ends = offsets([len(part.area) for part in parts])
        self._areas = list(pairwise(ends.tolist()))
        self._area_of: Index = np.concatenate(
            [_area_of(part.stock.layout, first) for part, first in zip(parts, ends, strict=False)]
        )
        self._first_day = parts[0].stock.water.first_day
        reference = eggs_per_day(np.array(_REFERENCE_DEGC), knobs.eggs_per_female_day)
        self._reference_eggs = float(reference)
        losses = np.empty((len(LICE_STAGES), 1))
        losses[ATTACHED], losses[MOBILE] = knobs.attached_loss_per_day, knobs.mobile_loss_per_day
        losses[CALIGUS] = knobs.caligus_loss_per_day
        self._staying = 1 - losses
        self._known: Occupants | None = None
        self._infested = _Infested(*(np.empty(0, dtype=np.int64),) * 3, np.empty(0))

    def step(self, day: int) -> None:
        """A day of infection, growing up and falling off."""
        knobs, infested = self._knobs, self._look()
        rows = infested.rows
        if not len(rows):
            return
        lice = self._lice[:, rows]
        degc = self.fish.temperature(self.fish.occupants(), day)[infested.at]
        outside, inside = self._pressure(day, infested, lice[FEMALE], degc)
        grown = lice[:MALE] * stage_rate(degc, knobs.stage_rate)
        lice[:MALE] -= grown
        lice[1:MALE] += grown[:-1]
        lice[MALE : FEMALE + 1] += grown[-1] / 2
        lice *= self._staying
        lice[0] += knobs.external_per_fish_day * outside + inside
        lice[CALIGUS] += knobs.caligus_per_fish_day * outside
        self._lice[:, rows] = lice
        self._harm(rows, lice[FEMALE])

    def _pressure(
        self, day: int, rings: _Infested, females: Floats, degc: Floats
    ) -> tuple[Floats, Floats]:
        """Pressure from outside (as a factor) and new lice per fish from the areas' own lice."""
        knobs, count = self._knobs, self.fish.count[rings.rows]
        areas = len(self._area)
        fish = np.bincount(rings.area, count, areas)
        eggs = eggs_per_day(degc, knobs.eggs_per_female_day) / self._reference_eggs
        laid = np.bincount(rings.area, females * count * eggs, areas) / np.maximum(fish, 1)
        given = np.concatenate(
            [
                part.given @ laid[start:end]
                for part, (start, end) in zip(self._parts, self._areas, strict=True)
            ]
        )
        today = self._daily[day - self._first_day]
        season = knobs.season[date_of(day).month - 1]
        outside = season * (self._area * today)[rings.area] * rings.ring
        return outside, knobs.own_per_female_day * given[rings.area] * rings.ring

    def _harm(self, rows: Index, females: Floats) -> None:
        many = np.maximum(females - 2, 0)
        if many.any():
            hazard = self._knobs.hazard_percent_per_female / 100 * many
            self.fish.condition.harm("lice", rows, hazard, self._reason)
            self.fish.condition.mark("wounds", rows, np.minimum(0.05 * many, 0.6))

    def _look(self) -> _Infested:
        """The rings with fish; worked out anew only when somebody came or went."""
        fish = self.fish.occupants()
        if fish is not self._known:
            self._known = fish
            at = np.flatnonzero(self._area_of[fish.rows] >= 0)
            rows = fish.rows[at]
            self._infested = _Infested(at, rows, self._area_of[rows], self._ring[rows])
        return self._infested


class _Infested(NamedTuple):
    """Rings with fish: their places among the occupied containers, and what does not change.

    Attributes:
        at: place among the occupied containers; ``rows`` the containers.
        area: number of the area, of all; ``ring`` how much more than usual come to this ring.
    """

    at: Index
    rows: Index
    area: Index
    ring: Floats


def _area_of(layout: Layout, first: int) -> Index:
    """Number of each container's area, counted from ``first``; -1 in a hall."""
    area = layout.site_of - min((site.index for site in layout.areas), default=0) + first
    return np.asarray(np.where(layout.at_sea, area, -1))


_COUNT, _CLUMP = stream(0, "purpose", "lice count"), stream(0, "purpose", "lice clump")
