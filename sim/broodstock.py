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
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.facts import canonical_json
from sim.journal import Record, Value
from sim.scenario import Scenario
from sim.scenario.broodstock_knobs import Broodstock as Knobs
from sim.schedule import BatchPlan
from sim.streams import normal, stream, uniform

if TYPE_CHECKING:
    from sim.layout import Layout

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
        females = drawn.fish("F", count)
        given = np.cumsum([0 if fish.lost else fish.eggs for fish in females])
        if given[-1] >= plan.eggs:
            break
        count *= 2
    needed = 1 + int(np.searchsorted(given, plan.eggs))
    females = drawn.fish("F", needed + int(np.ceil(knobs.spare_share * needed)))
    count = -(-needed // knobs.females_per_male)
    males = drawn.fish("M", count)
    while sum(not fish.lost for fish in males) < -(-needed // knobs.females_per_male):
        count += 1
        males = drawn.fish("M", count)
    return Group(females, males)


class _Draws:
    """Draws a batch's parents; the n-th female is the same however many there are."""

    def __init__(self, scenario: Scenario, geography: int, plan: BatchPlan, year: int) -> None:
        self.knobs: Knobs = scenario.broodstock
        self.names = (scenario.seed, scenario.geographies[geography].name, plan.luck, "broodstock")
        self.prefix = scenario.geographies[geography].prefix
        self.plan, self.year = plan, year

    def fish(self, sex: str, count: int) -> list[Parent]:
        """The first so many females or males."""
        knobs, index = self.knobs, np.arange(count)
        spread = np.clip(normal(self._key(sex, "weight"), index), -2.5, 2.5)
        mean_kg = knobs.female_kg if sex == "F" else knobs.male_kg
        weight_kg = np.round(mean_kg * np.maximum(1 + knobs.weight_cv * spread, 0.2), 2)
        per_kg = knobs.eggs_per_kg_min + (knobs.eggs_per_kg_max - knobs.eggs_per_kg_min) * uniform(
            self._key(sex, "eggs"), index
        )
        eggs = np.maximum(weight_kg * per_kg, 1).astype(np.int64)
        ages = knobs.age_years_min + (
            uniform(self._key(sex, "age"), index)
            * max(1, knobs.age_years_max - knobs.age_years_min + 1)
        ).astype(np.int64)
        lost = uniform(self._key(sex, "lost"), index) < knobs.loss_share
        values = [np.round(normal(self._key(sex, name), index), 2) for name in _EBV]
        return [
            Parent(
                int(eggs[i]) if sex == "F" else 0,
                bool(lost[i]),
                self._traits(sex, i, float(weight_kg[i]), int(ages[i]), int(eggs[i]), values),
            )
            for i in range(count)
        ]

    def _key(self, sex: str, purpose: str) -> np.uint64:
        return stream(*self.names, sex, purpose)

    def _traits(
        self,
        sex: str,
        number: int,
        weight_kg: float,
        age: int,
        eggs: int,
        values: list[NDArray[np.float64]],
    ) -> str:
        # Mothers' families have even numbers, fathers' odd ones.
        half = self.knobs.families // 2
        place = 2 * int(float(uniform(self._key(sex, "family"), number)) * half)
        traits: dict[str, object] = {
            "tag": f"BS-{self.plan.name}-{sex}{number + 1:03d}",
            "sex": sex,
            "age_years": age,
            "weight_kg": weight_kg,
            "length_cm": round((100_000 * weight_kg / 1.2) ** (1 / 3), 1),
            "family": f"{self.prefix}{self.year - age}-{place + 1 + (sex == 'F'):02d}",
        }
        if sex == "F":
            traits["eggs"] = eggs
        for name, column in zip(_EBV, values, strict=True):
            traits[name] = float(column[number])
        return canonical_json(traits)
