"""Who lives where in a company, what stays the same while they do, and who died in a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.biology.growth import grown_weight_g
from sim.core.arrays import Floats, Index
from sim.core.journal import Columns
from sim.resources.feed import DAG_PER_KG
from sim.scenario.knobs.farm import Stage
from sim.sites.layout import Layout


class Places(Protocol):
    """Containers whose water temperature may be asked for."""

    @property
    def site(self) -> Index:
        """Their sites, of all of the company."""

    @property
    def offset_degc(self) -> Floats:
        """How much warmer than its site each is."""


@dataclass(frozen=True, slots=True)
class Occupants:
    """What does not change while the same fish live in the same containers; arrays over those.

    Attributes:
        rows: occupied containers, with their ``assignment``, ``batch``, ``stage`` and ``site``.
        ends: where each geography's begin in ``rows``, and where the last one's end.
        start: first day of the batch.
        tgc, fcr: of this container's fish; ``most`` the most they may eat a day, as a share.
        dag_per_kg: 0 where nobody is fed; ``unfed`` where that is, in ``rows``.
        full_kg: biomass beyond which nobody is fed; ``limit_kg`` beyond which nobody grows.
        keys: streams of today's swing of deaths, of the FCR, of who dies and of what; shape
            (4, rows).
    """

    rows: Index
    ends: Sequence[int]
    assignment: Index
    batch: Index
    stage: Index
    start: Index
    site: Index
    offset_degc: Floats
    tgc: Floats
    fcr: Floats
    most: Floats
    unfed: Index
    dag_per_kg: Floats
    yolk_g: Floats
    hazard: Floats
    daily_sd: Floats
    limit_kg: Floats
    full_kg: Floats
    luck: NDArray[np.uint64]
    keys: NDArray[np.uint64]


class Fallen(NamedTuple):
    """A day's deaths: a row for each container and cause.

    Attributes:
        fish: who lived where; ``weight_g`` what they weighed, per row of it.
        at: rows of ``fish``, in their order; ``dead`` how many died there, ``reason`` of what.
    """

    fish: Occupants
    weight_g: Floats
    at: Index
    dead: Index
    reason: Index

    def part(self, day: int, start: int, end: int) -> Columns:
        """The deaths of the rows from ``start`` to ``end``."""
        first, last = self.at.searchsorted((start, end)).tolist()
        at = self.at[first:last]
        return {
            "day": np.full(len(at), day, dtype=np.int64),
            "count": self.dead[first:last],
            "reason": self.reason[first:last],
            "assignment": self.fish.assignment[at],
            "batch": self.fish.batch[at],
            "weight_g": self.weight_g[at],
        }


@dataclass(frozen=True, slots=True)
class StageKnobs:
    """The stages of all geographies end to end; ``yolk_g`` the weight at which yolk is used up."""

    tgc: Floats
    most: Floats
    dag_per_kg: Floats
    yolk_g: Floats
    daily_sd: Floats

    @classmethod
    def of(cls, layouts: Sequence[Layout]) -> StageKnobs:
        """The stages of some geographies, one geography after the other."""
        stages = [(layout, stage) for layout in layouts for stage in layout.stages]
        return cls(
            tgc=np.array([stage.tgc for _, stage in stages]),
            most=np.array([stage.max_feed_percent_per_day for _, stage in stages]) / 100,
            dag_per_kg=np.array([float(DAG_PER_KG) if stage.feeds else 0.0 for _, stage in stages]),
            yolk_g=np.array([_yolk_end_g(layout, stage) for layout, stage in stages]),
            daily_sd=np.array([stage.mortality_daily_sd for _, stage in stages]),
        )


def _yolk_end_g(layout: Layout, stage: Stage) -> float:
    """Weight at which unfed alevins have used up their yolk: somewhat above the stage's plan."""
    degree_days = stage.temperature_degc * stage.duration_days
    eggs = layout.scenario.eggs
    planned: float = grown_weight_g(eggs.weight_g, stage.tgc, degree_days)
    return eggs.yolk_share * planned
