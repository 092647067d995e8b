"""The knobs of the run's scenario that checks go by, read from the ledger.

A check must not know the company: how long an area rests, how much the plant takes or when the
sensors report is what the run's own scenario says. The ledger keeps it with every knob filled in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from persistence.ledger import EPOCH, Run
from persistence.stores import StoreError

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """A lifecycle stage of one geography."""

    name: str
    fed: bool
    sea: bool
    days: int
    containers: int


@dataclass(frozen=True, slots=True)
class Geography:
    """A geography: how long its sites rest, what its plant takes, its stages in order."""

    name: str
    fallow_days: int
    rest_days: int
    plant_kg: float
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """A quality grade: its share of the fish, and their weight relative to the mean."""

    share: float
    factor: float


@dataclass(frozen=True, slots=True)
class Knobs:
    """What checks need to know of a scenario.

    Attributes:
        batches: how many are planned; ``span_days`` from the newest planned start to the end.
        first_day, end_day: the whole simulated span if the run is not cut short.
        hours: of the readings; ``meals`` of the feedings.
    """

    name: str
    batches: int
    stagger_days: int
    span_days: int
    first_day: int
    end_day: int
    egg_g: float
    hours: tuple[int, ...]
    meals: tuple[int, ...]
    sample_days: int
    sample_fish: int
    gutted_share: float
    fillet_share: float
    grades: tuple[Grade, ...]
    geographies: tuple[Geography, ...]
    watchdog_days: int

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the first geography, which has as many as every other."""
        return self.geographies[0].stages


def read_knobs(run: Run) -> Knobs:
    """Read the scenario of a run.

    Raises:
        StoreError: the ledger does not have it whole.
    """
    try:
        return _knobs(run, json.loads(run.spec.resolved))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise StoreError(
            f"the ledger's copy of the scenario {run.spec.scenario} cannot be read: {error!r}"
        ) from error


def _knobs(run: Run, scenario: Json) -> Knobs:
    recording, harvest = scenario["recording"], scenario["harvest"]
    schedule = scenario["schedule"]
    batches, newest = _planned(run.spec.simulated_from, scenario)
    given = schedule["end"]
    fixed = given is not None and (schedule["entries"] or schedule["start"])
    end = (date.fromisoformat(given) - EPOCH).days if fixed else newest + schedule["tail_days"]
    return Knobs(
        name=scenario["name"],
        batches=batches,
        stagger_days=schedule["stagger_days"],
        span_days=end - newest,
        first_day=run.spec.simulated_from,
        end_day=end,
        egg_g=scenario["eggs"]["weight_g"],
        hours=tuple(recording["reading_hours"]),
        meals=tuple(recording["feeding_hours"]),
        sample_days=recording["growth_sample_interval_days"],
        sample_fish=recording["growth_sample_fish"],
        gutted_share=harvest["gutted_share"],
        fillet_share=harvest["fillet_share"],
        grades=tuple(Grade(grade["share"], grade["weight_factor"]) for grade in harvest["grades"]),
        geographies=tuple(_geographies(scenario)),
        watchdog_days=scenario["watchdog_days"],
    )


def _planned(first_day: int, scenario: Json) -> tuple[int, int]:
    """How many batches are planned, and the planned start of the newest."""
    schedule, geographies = scenario["schedule"], scenario["geographies"]
    if schedule["entries"]:
        starts = [date.fromisoformat(entry["start"]) for entry in schedule["entries"]]
        return len(starts), (max(starts) - EPOCH).days
    stagger, every = schedule["stagger_days"], len(geographies)
    batches, oldest, newest = 0, math.inf, 0
    for index, geography in enumerate(geographies):
        number = geography["batches"]
        if number is None:
            number = len(range(index, schedule["batches"], every))
        if number:
            own = geography["stagger_days"] or stagger * every
            oldest = min(oldest, index * stagger)
            newest = max(newest, index * stagger + (number - 1) * own)
            batches += number
    return batches, first_day + newest - int(oldest)


def _geographies(scenario: Json) -> Iterator[Geography]:
    for geography in scenario["geographies"]:
        yield Geography(
            name=geography["name"],
            fallow_days=geography["fallow_days"],
            rest_days=geography["hall_rest_days"],
            plant_kg=geography["plant_kg_per_day"],
            stages=tuple(_stages(geography["stages"] or scenario["stages"])),
        )


def _stages(stages: Sequence[Json]) -> Iterator[Stage]:
    for stage in stages:
        yield Stage(
            name=stage["name"],
            fed=bool(stage["feeds"]),
            sea=stage["role"] == "sea",
            days=stage["duration_days"],
            containers=stage["containers_per_batch"],
        )
