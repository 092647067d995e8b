"""How many rows a run will write, worked out from what is expected of its batches.

Tables that stay small (some thousand rows in a production run) are not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sim.fish.condition import HEALTH_PARAMETERS
from sim.fish.lice import TYPES
from sim.planner.expectation import ExpectedSurroundings, Stay, stays_of
from sim.scenario import Scenario
from sim.sites.parameters import FRESHWATER_PARAMETERS, SEA_PARAMETERS
from sim.sites.schedule import BatchPlan, Plan

_ORDER = (
    "readings", "feedings", "daily states", "deaths", "growth samples", "fish in samples",
    "feed draws", "lice counts", "fish examined", "health scores", "weather", "daylight",
    "projected days", "profile days", "forecast days", "sensors",
)  # fmt: skip


def estimate(scenario: Scenario, plan: Plan, until: int) -> dict[str, int]:
    """Rows by kind of the big tables, within some percent for a schedule without long waits."""
    rows: Counter[str] = Counter()
    places = [
        ExpectedSurroundings(scenario, index, plan) for index in range(len(scenario.geographies))
    ]
    for place in places:
        rows.update(_site_rows(place, until))
    for batch in plan.batches:
        if batch.start < until:
            stays = list(stays_of(places[batch.geography], batch))
            rows.update(_lived_rows(scenario, stays, until))
            rows.update(_projected_rows(scenario, batch, stays, plan, until))
    fed = rows["feed draws"]
    rows["feedings"] = fed * len(scenario.recording.feeding_hours)
    rows["fish in samples"] = rows["growth samples"] * scenario.recording.growth_sample_fish
    rows["health scores"] = rows["fish examined"] * len(HEALTH_PARAMETERS)
    return {kind: rows[kind] for kind in _ORDER}


def _site_rows(place: ExpectedSurroundings, until: int) -> dict[str, int]:
    """What is recorded of sites, whether there are fish or not."""
    days = place.areas * (until - place.first_day)
    return {
        "weather": days * len(place.scenario.weather.hours),
        "daylight": days,
        "sensors": place.sensors,
        "profile days": place.profile_days,
    }


def _lived_rows(scenario: Scenario, stays: Sequence[Stay], until: int) -> Counter[str]:
    """What is recorded of a batch's containers."""
    recording, care = scenario.recording, scenario.care
    rows: Counter[str] = Counter()
    fed_ashore = [n for n, s in enumerate(stays) if s.stage.feeds and s.stage.role != "sea"]
    at_sea = [stay.first_day for stay in stays if stay.stage.role == "sea"]
    for number, stay in enumerate(stays):
        days, containers = stay.until(until), stay.stage.containers_per_batch
        is_sea = stay.stage.role == "sea"
        sensors = len(SEA_PARAMETERS if is_sea else FRESHWATER_PARAMETERS)
        rows["readings"] += days * containers * sensors * len(recording.reading_hours)
        rows["daily states"] += days * containers
        rows["deaths"] += round(stay.deaths * containers * days / stay.days)
        if stay.stage.feeds:
            rows["feed draws"] += days * containers
            samples = _turns(stay.age, days, recording.growth_sample_interval_days)
            rows["growth samples"] += samples * containers
        if is_sea and scenario.lice is not None:
            later = stay.first_day - at_sea[0]
            counts = _turns(later, days, scenario.lice.counting.interval_days) - (later == 0)
            rows["lice counts"] += max(counts, 0) * containers * len(TYPES)
        if number >= (fed_ashore[-1] if fed_ashore else len(stays) - len(at_sea)):
            every = care.health_sampling_interval_days
            samplings = _turns(stay.age - every // 2, days, every)
            rows["fish examined"] += samplings * care.health_sampling_fish
    return rows


def _turns(first: int, days: int, every: int) -> int:
    """How many of some days, from ``first`` on, are multiples of a number (0 is one)."""
    return sum(day >= 0 and day % every == 0 for day in range(first, first + days))


def _projected_rows(
    scenario: Scenario, batch: BatchPlan, stays: Sequence[Stay], plan: Plan, until: int
) -> Counter[str]:
    """What is expected of a batch: on its first day, as parr, and on the days of review."""
    knobs = scenario.projections
    rows: Counter[str] = Counter()
    fed = [number for number, stay in enumerate(stays) if stay.stage.feeds]
    for start in [0, *(number + 1 for number in fed[:1] if number + 1 < len(stays))]:
        if stays[start].first_day < until:
            rows["projected days"] += sum(stay.planned_days for stay in stays[start:])
            rows["profile days"] += sum(batch.durations[start:]) + knobs.spare_days
    last = stays[-1]
    end, late = last.first_day + last.days, last.days - last.planned_days
    for day in range(plan.end_day - 1, plan.first_day - 1, -knobs.forward_every_days):
        for stay in stays:
            if day < until and stay.first_day <= day < stay.first_day + stay.days:
                left = end - 1 - day
                hoped = left - round(late * min(left / last.days, 1))
                rows["forecast days"] += max(hoped, 1) * stay.stage.containers_per_batch
    return rows
