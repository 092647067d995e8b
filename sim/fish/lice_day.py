"""Lice on the rings of a company: one array step a day of infection, growing up and falling off."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.biology.lice import eggs_per_day, stage_rate
from sim.core.arrays import Floats, Index, flat, offsets
from sim.core.clock import date_of
from sim.fish.condition import LICE_STAGES
from sim.fish.growth_day import Fish
from sim.fish.lice import (
    ATTACHED,
    CALIGUS,
    CALIGUS_JUVENILE,
    FEMALE,
    MALE,
    MOBILE,
    LicePopulation,
)
from sim.sites.layout import Layout

_REFERENCE_DEGC = 10.0
"""At which the knobs of lice tell what depends on temperature."""


class Infestation:
    """The lice of a company: one array step a day.

    Args:
        parts: the lice of every geography.
        fish: the company's fish.
    """

    def __init__(self, parts: Sequence[LicePopulation], fish: Fish) -> None:
        knobs = self._knobs = parts[0].knobs
        self._parts, self.fish = parts, fish
        self._lice, self._reason = flat(fish.condition.lice), parts[0].reason
        self._stages = np.arange(0, len(self._lice), len(fish.site_of))[:, None]
        self._area = np.concatenate([part.area for part in parts])
        self._daily = np.ascontiguousarray(np.concatenate([part.daily for part in parts]).T)
        self._ring = np.concatenate([part.ring for part in parts])
        ends = offsets([len(part.area) for part in parts])
        self._areas = list(pairwise(ends.tolist()))
        self._area_of: Index = np.concatenate(
            [_area_of(part.stock.layout, first) for part, first in zip(parts, ends, strict=False)]
        )
        self._rings = np.flatnonzero(self._area_of >= 0)
        self._offset_degc = np.concatenate([part.stock.offset_degc for part in parts])
        self._first_day = parts[0].stock.water.first_day
        self._laying = np.array(knobs.eggs_per_female_day).T
        reference = np.array(_REFERENCE_DEGC)
        self._reference_eggs = float(eggs_per_day(reference, self._laying))
        reference_rate = max(float(stage_rate(reference, knobs.stage_rate)), 1e-9)
        self._caligus_pace = 1 / reference_rate / knobs.caligus_juvenile_days
        losses = np.empty((len(LICE_STAGES), 1))
        losses[ATTACHED], losses[MOBILE] = knobs.attached_loss_per_day, knobs.mobile_loss_per_day
        losses[CALIGUS] = knobs.caligus_loss_per_day
        self._staying = 1 - losses
        self._held = np.zeros(len(self._rings), dtype=bool)
        self._infested = self._look_around()

    def step(self, day: int) -> None:
        """A day of infection, growing up and falling off."""
        knobs, infested = self._knobs, self._look()
        rows = infested.rows
        if not len(rows):
            return
        lice = self._lice.take(infested.at).reshape(len(LICE_STAGES), -1)
        degc = self.fish.temperature(infested, day)
        outside, inside = self._pressure(day, infested, lice[FEMALE], degc)
        pace = stage_rate(degc, knobs.stage_rate)
        grown = lice[:MALE] * pace
        lice[:MALE] -= grown
        lice[1:MALE] += grown[:-1]
        lice[MALE : FEMALE + 1] += grown[-1] / 2
        caligus = lice[CALIGUS_JUVENILE] * np.minimum(pace * self._caligus_pace, 1)
        lice[CALIGUS_JUVENILE] -= caligus
        lice[CALIGUS] += caligus
        lice *= self._staying
        lice[0] += knobs.external_per_fish_day * outside + inside
        caligus = knobs.caligus_per_fish_day * outside
        lice[CALIGUS] += knobs.caligus_adult_share * caligus
        lice[CALIGUS_JUVENILE] += (1 - knobs.caligus_adult_share) * caligus
        self._lice[infested.at] = lice.reshape(-1)
        self._harm(rows, lice[FEMALE])

    def _pressure(
        self, day: int, rings: _Infested, females: Floats, degc: Floats
    ) -> tuple[Floats, Floats]:
        """Pressure from outside (as a factor) and new lice per fish from the areas' own lice."""
        knobs, count = self._knobs, self.fish.count.take(rings.rows)
        areas = len(self._area)
        fish = np.bincount(rings.area, count, areas)
        eggs = eggs_per_day(degc, self._laying)
        eggs /= self._reference_eggs
        laid = np.bincount(rings.area, females * count * eggs, areas) / np.maximum(fish, 1)
        given = np.concatenate(
            [
                (part.given * laid[start:end]).sum(axis=1)
                for part, (start, end) in zip(self._parts, self._areas, strict=True)
            ]
        )
        today = self._area * self._daily[day - self._first_day]
        today *= knobs.season[date_of(day).month - 1]
        given *= knobs.own_per_female_day
        outside, inside = today.take(rings.area), given.take(rings.area)
        outside *= rings.ring
        inside *= rings.ring
        return outside, inside

    def _harm(self, rows: Index, females: Floats) -> None:
        knobs = self._knobs
        if females.max() <= knobs.borne_females:
            return
        many = np.maximum(females - knobs.borne_females, 0)
        hazard = knobs.hazard_percent_per_female / 100 * many
        self.fish.condition.add_hazard("lice", rows, hazard, self._reason)
        wounds = np.minimum(knobs.wounds_per_female * many, knobs.wounds_most)
        self.fish.condition.deepen_damage("wounds", rows, wounds)

    def _look(self) -> _Infested:
        """The rings with fish; worked out anew only when one was filled or emptied."""
        held = self.fish.batch.take(self._rings) >= 0
        if held.tobytes() != self._held.tobytes():
            self._held = held
            self._infested = self._look_around()
        return self._infested

    def _look_around(self) -> _Infested:
        rows = self._rings[self._held]
        return _Infested(
            rows, (self._stages + rows).reshape(-1),
            self._area_of.take(rows), self._ring.take(rows),
            self.fish.site_of.take(rows), self._offset_degc.take(rows),
        )  # fmt: skip


class _Infested(NamedTuple):
    """Rings with fish, and what does not change in them.

    Attributes:
        rows: the containers; ``site`` and ``offset_degc`` tell how warm they are; ``at`` places
            of their lice, stage after stage.
        area: number of the area, of all; ``ring`` how much more than usual come to this ring.
    """

    rows: Index
    at: Index
    area: Index
    ring: Floats
    site: Index
    offset_degc: Floats


def _area_of(layout: Layout, first: int) -> Index:
    """Number of each container's area, counted from ``first``; -1 in a hall."""
    area = layout.site_of - min((site.index for site in layout.areas), default=0) + first
    return np.asarray(np.where(layout.at_sea, area, -1))
