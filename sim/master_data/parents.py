"""The broodstock of a geography: its tanks, and the parents kept for each internal batch.

A group of females and males is kept for every batch that gets its eggs from the company's own
broodstock, just large enough (with a few to spare) for the eggs that the batch needs: a season's
parents follow from the plan, and one more batch changes nobody else's. Who they are is drawn from
streams that the batch names. Mothers and fathers come from different families, so that no pair is
of brother and sister.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.elementary import cbrt
from sim.core.journal import Record, Value
from sim.core.streams import normal, stream, uniform
from sim.facts import canonical_rows
from sim.scenario import Scenario
from sim.scenario.knobs.broodstock import BroodstockKnobs as Knobs
from sim.sites.layout import Layout
from sim.sites.schedule import BatchPlan

_EBV = ("growth_ebv", "lice_resistance_ebv", "disease_resistance_ebv", "fillet_colour_ebv")


@dataclass(frozen=True, slots=True)
class Parent:
    """A fish of a group.

    Attributes:
        eggs: what a female gives; 0 of a male.
        lost: whether it dies before it can spawn.
        traits: what AquaMind's ``traits`` says of it.
    """

    eggs: int
    lost: bool
    traits: str


@dataclass(slots=True)
class Group:
    """The parents kept for a batch, and their rows (in the same order)."""

    females: list[Parent]
    males: list[Parent]
    dams: list[Record] = field(default_factory=list)
    sires: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Broodstock:
    """What a geography's broodstock is at run time.

    Attributes:
        groups: the parents kept, by the name of the batch that they are for.
        seasons: the breeding plans, by calendar year.
    """

    groups: dict[str, Group] = field(default_factory=dict)
    seasons: dict[int, Record] = field(default_factory=dict)


def tank_types(scenario: Scenario) -> Iterator[dict[str, Value]]:
    """The container type of broodstock tanks, unless the scenario lists it."""
    knobs = scenario.broodstock
    if all(kind.name != knobs.tank_type for kind in scenario.container_types):
        yield {
            "name": knobs.tank_type,
            "category": "TANK",
            "max_volume_m3": knobs.tank_m3,
            "description": f"{knobs.tank_m3:,.0f} m3, {knobs.tank_kg:,.0f} kg",
        }


def tank_rows(layout: Layout) -> Iterator[dict[str, Value]]:
    """The broodstock tanks; they stand in the first station's hall with the largest tanks."""
    if not layout.halls:
        return
    knobs = layout.scenario.broodstock
    hall = max(
        (site for (station, _), site in layout.halls.items() if station == 0),
        key=lambda site: (layout.type_of[site.containers[0]].volume_m3, site.index),
    )
    kind = layout.types.get(knobs.tank_type)
    for number in range(knobs.tanks):
        yield {
            "name": f"{layout.station_name(0)}-BS-{number + 1:02d}",
            "volume_m3": kind.volume_m3 if kind else knobs.tank_m3,
            "max_biomass_kg": kind.max_biomass_kg if kind else knobs.tank_kg,
            "active": True,
            "container_type": layout.type_keys.get(knobs.tank_type, len(layout.type_keys)),
            "hall": hall.key,
            "feed_recommendations_enabled": True,
            "hierarchy_role": "HOLDING",
        }


def group_for(scenario: Scenario, geography: int, plan: BatchPlan, year: int) -> Group:
    """The parents that are kept for a batch, to spawn in a year: enough for its eggs."""
    knobs = scenario.broodstock
    drawn = _Draws(scenario, geography, plan, year)
    count = 8
    while True:
        _, eggs, lost = drawn.figures("F", count)
        given = np.cumsum(np.where(lost, 0, eggs))
        if given[-1] >= plan.eggs:
            break
        count *= 2
    needed = 1 + int(np.searchsorted(given, plan.eggs))
    sires = count = -(-needed // knobs.females_per_male)
    while count - int(drawn.figures("M", count)[2].sum()) < sires:
        count += 1
    females = drawn.fish("F", needed + int(np.ceil(knobs.spare_share * needed)))
    return Group(females, drawn.fish("M", count))


class _Draws:
    """Draws a batch's parents; the n-th female is the same however many there are."""

    def __init__(self, scenario: Scenario, geography: int, plan: BatchPlan, year: int) -> None:
        self.knobs: Knobs = scenario.broodstock
        self.names = (scenario.seed, scenario.geographies[geography].name, plan.luck, "broodstock")
        self.prefix = scenario.geographies[geography].prefix
        self.plan, self.year = plan, year

    def figures(
        self, sex: str, count: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
        """Weights (kg), eggs and losses of the first so many females or males."""
        knobs, index = self.knobs, np.arange(count)
        spread = np.clip(normal(self._key(sex, "weight"), index), -2.5, 2.5)
        mean_kg = knobs.female_kg if sex == "F" else knobs.male_kg
        weight_kg = np.round(mean_kg * np.maximum(1 + knobs.weight_cv * spread, 0.2), 2)
        per_kg = knobs.eggs_per_kg_min + (knobs.eggs_per_kg_max - knobs.eggs_per_kg_min) * uniform(
            self._key(sex, "eggs"), index
        )
        lost = uniform(self._key(sex, "lost"), index) < knobs.loss_share
        return weight_kg, np.maximum(weight_kg * per_kg, 1).astype(np.int64), lost

    def fish(self, sex: str, count: int) -> list[Parent]:
        """The first so many females or males."""
        knobs, index = self.knobs, np.arange(count)
        weight_kg, eggs, lost = self.figures(sex, count)
        ages = knobs.age_years_min + (
            uniform(self._key(sex, "age"), index)
            * max(1, knobs.age_years_max - knobs.age_years_min + 1)
        ).astype(np.int64)
        # Mothers' families have even numbers, fathers' odd ones.
        half = knobs.families // 2
        family = 2 * (uniform(self._key(sex, "family"), index) * half).astype(np.int64)
        family += 1 + (sex == "F")
        length_cm = np.round(cbrt(100_000 * weight_kg / knobs.condition_factor), 1)
        columns: dict[str, list[Any]] = {
            "tag": [f"BS-{self.plan.name}-{sex}{number + 1:03d}" for number in range(count)],
            "sex": [sex] * count,
            "age_years": ages.tolist(),
            "weight_kg": weight_kg.tolist(),
            "length_cm": length_cm.tolist(),
            "family": [
                f"{self.prefix}{self.year - age}-{place:02d}"
                for age, place in zip(ages.tolist(), family.tolist(), strict=True)
            ],
        }
        if sex == "F":
            columns["eggs"] = eggs.tolist()
        for name in _EBV:
            columns[name] = np.round(normal(self._key(sex, name), index), 2).tolist()
        traits = canonical_rows(columns)
        return [
            Parent(fish_eggs if sex == "F" else 0, gone, text)
            for fish_eggs, gone, text in zip(eggs.tolist(), lost.tolist(), traits, strict=True)
        ]

    def _key(self, sex: str, purpose: str) -> np.uint64:
        return stream(*self.names, sex, purpose)
