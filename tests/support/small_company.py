"""A company that lives fast: four stages of 10 to 30 days, harvested after two months.

Everything is as in the real model but small, so that a whole life takes a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from sim.company.farm import Farm
from sim.core.journal import Columns, Cut, Record
from sim.facts import Block, Text
from sim.observations.observer import Observer
from sim.scenario import Scenario
from sim.world import World

START = date(2020, 1, 6)
FEED = "Starter Feed 0.5mm"
GROWER = "Grower Feed 2.0mm"
FINISHER = "Finisher Feed 4.5mm"

STAGES: list[dict[str, Any]] = [
    {
        "name": "Eggs", "role": "hatchery", "hall": "A", "container_type": "Tray",
        "containers_per_hall": 4, "containers_per_batch": 4, "duration_days": 10,
        "temperature_degc": 8.0, "tgc": 1.0, "daily_mortality_percent": 0.3,
    },
    {
        "name": "Fry", "hall": "B", "container_type": "Tank",
        "containers_per_hall": 4, "containers_per_batch": 4, "duration_days": 15,
        "tgc": 6.0, "daily_mortality_percent": 0.1, "max_feed_percent_per_day": 90.0,
        "feeds": [{"feed": FEED}], "silo_kg": 3000.0,
    },
    {
        "name": "Smolt", "hall": "C", "container_type": "Tank",
        "containers_per_hall": 4, "containers_per_batch": 4, "duration_days": 15,
        "tgc": 8.0, "daily_mortality_percent": 0.05, "max_feed_percent_per_day": 90.0,
        "feeds": [{"feed": GROWER}], "silo_kg": 10_000.0, "transfer_mortality_percent": 0.5,
    },
    {
        "name": "Adult", "role": "sea", "container_type": "Ring", "containers_per_batch": 6,
        "duration_days": 50, "tgc": 9.0, "daily_mortality_percent": 0.03,
        "max_feed_percent_per_day": 90.0, "feeds": [{"feed": FINISHER}],
    },
]  # fmt: skip

COMPANY: dict[str, Any] = {
    "name": "small",
    "schedule": {"start": START, "batches": 1, "stagger_days": 20, "tail_days": 95},
    "eggs": {"count_min": 100_000, "count_max": 100_000},
    "container_types": [
        {"name": "Tray", "category": "TRAY", "volume_m3": 5.0, "max_biomass_kg": 100.0},
        {"name": "Tank", "volume_m3": 60.0, "max_biomass_kg": 2500.0},
        {"name": "Ring", "category": "PEN", "volume_m3": 2000.0, "max_biomass_kg": 20_000.0},
    ],
    "stages": STAGES,
    "geographies": [
        {
            "name": "North", "code": "NOR", "prefix": "N", "rings_per_area": 6,
            "barges_per_area": 2, "barge_kg": 20_000.0, "fallow_days": 5, "hall_rest_days": 2,
            "wellboat_kg": 2500.0, "wellboats": 1, "plant_kg_per_day": 15_000.0,
        },
    ],
    "harvest": {
        "target_kg_mean": 0.2, "target_kg_sd": 0.01, "target_kg_min": 0.15, "target_kg_max": 0.25,
    },
    "feed_supply": {"ahead_days": 5, "silo_lead_days": 2, "barge_lead_days": 3},
}  # fmt: skip

SOUTH: dict[str, Any] = {
    **COMPANY["geographies"][0], "name": "South", "code": "SOU", "prefix": "S",
}  # fmt: skip

CLOSE_TOGETHER = {
    "schedule__batches": 4,
    "schedule__stagger_days": 9,
    "geographies__0__areas": 5,
    "geographies__0__stations": 2,
}
"""Changes: four batches that come soon after each other."""
SHORT = CLOSE_TOGETHER | {
    "stages__1__silo_kg": 300.0,
    "geographies__0__barge_kg": 3000.0,
    "feed_supply": {"ahead_days": 5, "silo_lead_days": 9, "barge_lead_days": 12},
}
"""Changes: with stores that are too small for them."""


def company(**changes: object) -> Scenario:
    """The small company with some knobs changed: ``geographies__0__areas=2``."""
    data: Any = deepcopy(COMPANY)
    for path, value in changes.items():
        *parents, last = path.split("__")
        node = data
        for name in parents:
            node = node[int(name)] if isinstance(node, list) else node.setdefault(name, {})
        if isinstance(node, list):
            node[int(last)] = deepcopy(value)
        else:
            node[last] = deepcopy(value)  # a later change must not reach the caller's own
    return Scenario.model_validate(data)


@dataclass
class Told:
    """What a lane told over a whole run."""

    world: World
    cuts: list[Cut]

    @property
    def farm(self) -> Farm:
        return self.world.farms[0]

    def days(self, lane: int = 0) -> Columns:
        """The container-days of a lane."""
        return self.cuts[lane].days

    def rows(self, kind: str, lane: int = 0) -> list[dict[str, Any]]:
        """The entities of a kind as they were at the end, with their keys."""
        return [{"key": row.key, **row.values} for row in self.records(kind, lane)]

    def records(self, kind: str, lane: int = 0) -> list[Record]:
        return self.world.farms[lane].lane.records.get(kind, [])

    def holders(self, wait: dict[str, Any], lane: int = 0) -> dict[str, int]:
        """Who held how many units when a wait began."""
        return {
            row["holder"]: row["units"]
            for row in self.rows("wait_holder", lane)
            if row["wait"] == wait["key"]
        }

    def facts(self, lane: int = 0) -> dict[str, Columns]:
        """All facts of a lane, expanded; texts as arrays of texts."""
        observer = Observer(self.world.farms[lane])
        return joined(observer.facts(self.cuts[lane]))


def run(scenario: Scenario, days: int | None = None) -> Told:
    """Run a company for some days (default: to its end)."""
    world = World(scenario)
    end = world.plan.end_day if days is None else world.plan.first_day + days
    world.advance(end)
    return Told(world, [farm.records.cut(world.plan.first_day, end) for farm in world.farms])


def joined(blocks: Iterator[Block] | Sequence[Block]) -> dict[str, Columns]:
    """Blocks of the same kind end to end."""
    parts: dict[str, list[Columns]] = {}
    for block in blocks:
        columns = {name: _plain(column, block.rows) for name, column in block.columns.items()}
        parts.setdefault(block.kind, []).append(columns)
    return {
        kind: {name: np.concatenate([part[name] for part in some]) for name in some[0]}
        for kind, some in parts.items()
    }


def _plain(column: object, rows: int) -> np.ndarray[Any, Any]:
    if isinstance(column, Text):
        texts = np.array([*column.values, None], dtype=object)  # code -1 is NULL, the last
        return texts[column.codes]
    return column if isinstance(column, np.ndarray) else np.full(rows, column)
