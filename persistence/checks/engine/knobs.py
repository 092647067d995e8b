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
from persistence.stores import DamagedError

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredStage:
    """A lifecycle stage of one geography.

    Attributes:
        vaccinates: whether its fish may be vaccinated.
        tgc: planned growth; ``mortality`` planned deaths, percent a day.
    """

    name: str
    fed: bool
    sea: bool
    vaccinates: bool
    days: int
    containers: int
    tgc: float
    mortality: float


@dataclass(frozen=True, slots=True)
class StoredGeography:
    """A geography: how long its sites rest, what its plant takes, its stages in order."""

    name: str
    fallow_days: int
    rest_days: int
    plant_kg: float
    stages: tuple[StoredStage, ...]


@dataclass(frozen=True, slots=True)
class StoredGrade:
    """A quality grade: its share of the fish, their weight relative to the mean, if it is waste."""

    share: float
    factor: float
    by_product: bool = False


@dataclass(frozen=True, slots=True)
class StoredLice:
    """How lice are counted, and the least days between two treatments; 0 where there are none."""

    counting_days: int
    counted_fish: int
    treated_after_days: int


@dataclass(frozen=True, slots=True)
class StoredFinance:
    """How bills are made: which weight is priced, and the days until they are approved.

    Attributes:
        blood_share: of what gutting takes away.
    """

    priced_weight: str
    approval_days: int
    blood_share: float


@dataclass(frozen=True, slots=True)
class StoredCare:
    """What is done by the calendar: days of a batch's life, days between, numbers of fish.

    Attributes:
        vaccination_days: since a batch's start; ``vaccination_interval_days`` between two rounds
            of which one had to wait.
        weighed: whether vaccinated fish are weighed.
        answer_days: longest way of a laboratory sample from the fish to its results.
    """

    vaccination_days: tuple[int, ...]
    vaccination_interval_days: int
    vaccination_g: float
    weighed: bool
    sampling_days: int
    sampling_fish: int
    lab_days: int
    answer_days: int
    journal_days: int


@dataclass(frozen=True, slots=True)
class StoredWeather:
    """How weather is noted.

    Attributes:
        hours: of the notes.
        longest_fetch_km: open water to windward, by geography.
    """

    hours: tuple[int, ...]
    rain_cloud_percent: int
    wave_spread_degrees: float
    lumens_per_watt: float
    longest_fetch_km: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StoredLimits:
    """What a figure may be, both ends allowed; None: no limit on that side."""

    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class StoredKnobs:
    """What checks need to know of a scenario.

    Attributes:
        batches: how many are planned; ``span_days`` from the newest planned start to the end.
        first_day, end_day: the whole simulated span if the run is not cut short.
        hours: of the readings; ``calibration_days`` between two of a sensor.
        meals: hours of the feedings.
        defects: as the scenario has them; None where it asks for none.
        bias_days: of record that a live forecast's temperature bias is taken over.
        opening_t: feed in stock on the first day; None where the scenario does not say.
        acceptance: limits that the run's figures must keep to; none where they do not hold for a
            plan of this size.
    """

    name: str
    batches: int
    stagger_days: int
    span_days: int
    first_day: int
    end_day: int
    egg_g: float
    hours: tuple[int, ...]
    calibration_days: int
    meals: tuple[int, ...]
    sample_days: int
    sample_fish: int
    bias_days: int
    opening_t: float | None
    care: StoredCare
    lice: StoredLice
    weather: StoredWeather
    gutted_share: float
    fillet_share: float
    grades: tuple[StoredGrade, ...]
    downgrades: bool
    finance: StoredFinance
    geographies: tuple[StoredGeography, ...]
    watchdog_days: int
    defects: Json | None
    acceptance: Mapping[str, StoredLimits]

    @property
    def stages(self) -> tuple[StoredStage, ...]:
        """The stages of the first geography, which has as many as every other."""
        return self.geographies[0].stages


def read_knobs(run: Run) -> StoredKnobs:
    """Read the scenario of a run.

    Raises:
        DamagedError: the ledger does not have it whole.
    """
    try:
        return _knobs(run, json.loads(run.spec.resolved))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DamagedError(
            f"the ledger's copy of the scenario {run.spec.scenario} cannot be read: {error!r};"
            " perhaps another version of Smoltflow wrote it"
        ) from error


def _knobs(run: Run, scenario: Json) -> StoredKnobs:
    recording, harvest = scenario["recording"], scenario["harvest"]
    schedule = scenario["schedule"]
    batches, newest = _planned(run.spec.simulated_from, scenario)
    given = schedule["end"]
    fixed = given is not None and (schedule["entries"] or schedule["start"])
    end = (date.fromisoformat(given) - EPOCH).days if fixed else newest + schedule["tail_days"]
    return StoredKnobs(
        name=scenario["name"],
        batches=batches,
        stagger_days=schedule["stagger_days"],
        span_days=end - newest,
        first_day=run.spec.simulated_from,
        end_day=end,
        egg_g=scenario["eggs"]["weight_g"],
        hours=tuple(recording["reading_hours"]),
        calibration_days=scenario["instruments"]["sensors"]["calibration_days"],
        meals=tuple(recording["feeding_hours"]),
        sample_days=recording["growth_sample_interval_days"],
        sample_fish=recording["growth_sample_fish"],
        bias_days=scenario["projections"]["bias_window_days"],
        opening_t=scenario["feed_supply"]["opening_t"],
        care=_care(scenario["care"]),
        lice=_lice(scenario),
        weather=_weather(scenario),
        gutted_share=harvest["gutted_share"],
        fillet_share=harvest["fillet_share"],
        grades=tuple(
            StoredGrade(grade["share"], grade["weight_factor"], grade["by_product"])
            for grade in harvest["grades"]
        ),
        downgrades=any(disease["downgrade"] > 0 for disease in scenario["diseases"]),
        finance=StoredFinance(
            scenario["finance"]["priced_weight"],
            scenario["finance"]["approval_days"],
            scenario["finance"]["blood_share"],
        ),
        geographies=tuple(_geographies(scenario)),
        watchdog_days=scenario["watchdog_days"],
        defects=scenario["defects"],
        acceptance=_acceptance(scenario["acceptance"], batches, end - newest),
    )


def _acceptance(asked: Json | None, batches: int, span_days: int) -> dict[str, StoredLimits]:
    asked = dict(asked or {})
    if asked.pop("for_batches", None) not in (None, batches):
        return {}
    if asked.pop("for_span_days", None) not in (None, span_days):
        return {}
    return {
        figure: StoredLimits(limits["least"], limits["most"])
        for figure, limits in asked.items()
        if limits is not None
    }


def _care(care: Json) -> StoredCare:
    return StoredCare(
        vaccination_days=tuple(care["vaccination_days"]),
        vaccination_interval_days=care["vaccination_interval_days"],
        vaccination_g=care["vaccination_least_weight_g"],
        weighed=care["vaccination_weighing"],
        sampling_days=care["health_sampling_interval_days"],
        sampling_fish=care["health_sampling_fish"],
        lab_days=care["lab_interval_days"],
        answer_days=care["lab_sending_days"] + max(care["lab_days"]),
        journal_days=care["journal_interval_days"],
    )


def _lice(scenario: Json) -> StoredLice:
    counting = (scenario["lice"] or {}).get("counting", {})
    return StoredLice(
        counting.get("interval_days", 0),
        counting.get("fish", 0),
        scenario["delousing"]["minimum_interval_days"],
    )


def _weather(scenario: Json) -> StoredWeather:
    weather = scenario["weather"]
    fetch = {
        geography["name"]: max(
            geography["weather"]["shortest_fetch_km"], geography["weather"]["longest_fetch_km"]
        )
        for geography in scenario["geographies"]
    }
    return StoredWeather(
        hours=tuple(weather["hours"]),
        rain_cloud_percent=weather["rain_cloud_percent"],
        wave_spread_degrees=weather["wave_spread_degrees"],
        lumens_per_watt=weather["lumens_per_watt"],
        longest_fetch_km=fetch,
    )


def _planned(first_day: int, scenario: Json) -> tuple[int, int]:
    """How many batches are planned, without those that the end cuts off; the newest's start."""
    schedule, geographies = scenario["schedule"], scenario["geographies"]
    if schedule["entries"]:
        starts = [date.fromisoformat(entry["start"]) for entry in schedule["entries"]]
        end = date.fromisoformat(schedule["end"]) if schedule["end"] else date.max
        return sum(start < end for start in starts), (max(starts) - EPOCH).days
    turns = [geography for geography in geographies if geography["stations"]]
    stagger, every = schedule["stagger_days"], len(turns)
    batches, oldest, newest = 0, math.inf, 0
    for turn, geography in enumerate(turns):
        number = geography["batches"]
        if number is None:
            number = len(range(turn, schedule["batches"], every))
        if number:
            own = geography["stagger_days"] or stagger * every
            oldest = min(oldest, turn * stagger)
            newest = max(newest, turn * stagger + (number - 1) * own)
            batches += number
    return batches, first_day + newest - int(oldest)


def _geographies(scenario: Json) -> Iterator[StoredGeography]:
    for geography in scenario["geographies"]:
        yield StoredGeography(
            name=geography["name"],
            fallow_days=geography["fallow_days"],
            rest_days=geography["hall_rest_days"],
            plant_kg=geography["plant_kg_per_day"],
            stages=tuple(_stages(geography["stages"] or scenario["stages"])),
        )


def _stages(stages: Sequence[Json]) -> Iterator[StoredStage]:
    for stage in stages:
        yield StoredStage(
            name=stage["name"],
            fed=bool(stage["feeds"]),
            sea=stage["role"] == "sea",
            vaccinates=stage["vaccinated"] and bool(stage["feeds"]) and stage["role"] != "sea",
            days=stage["duration_days"],
            containers=stage["containers_per_batch"],
            tgc=stage["tgc"],
            mortality=stage["daily_mortality_percent"],
        )
