"""A geography's models of feed and mortality, and what AquaMind reads in them and in constraints.

AquaMind's scenarios know seven stages (see ``SCENARIO_STAGES``): they split the hatchery at the
hatch and call the last one ``harvest``. The company's stages fill them by role and order: the
hatchery is egg and alevin, fresh water in its order fry, parr, smolt and post-smolt, the last stage
at sea the harvest. The stage that fish leave for the sea is the smolt, if no other is.

These are the words that AquaMind's forms offer. Its engines, which recompute daily states and
project containers, look the values of growth and mortality models up by the name of the fish's own
lifecycle stage, and take the model's base value where there is none. So a stage's values stand
under both (:func:`value_names`). Constraints stand under the scenarios' words alone: the engines
want exactly one for the harvest, whose greatest weight they take for the harvest's threshold, and
exactly one for the smolt, for that of the move to sea (:func:`stage_limits`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.growth import grown_weight_g
from sim.biology.water import FREEZING_DEGC, seasonal_degc
from sim.core.clock import MICROSECONDS_PER_DAY
from sim.core.journal import Value, rows_of
from sim.facts import Block
from sim.scenario.knobs.farm import SeaWater, Stage
from sim.sites.layout import Layout

_HATCHERY = ("egg", "alevin")
_FRESHWATER = ("fry", "parr", "smolt", "post_smolt")
_SEA = "harvest"
_TO_SEA = ("smolt", "post_smolt")
"""Scenarios' stages that end with the move to sea."""
_LONGEST_NAME = 20
"""Of a stage in the models, in AquaMind; what is called otherwise cannot be looked up there."""


@dataclass(frozen=True, slots=True)
class StageValue:
    """One of the scenarios' stages: the company's stage behind it, and how many of its days."""

    name: str
    order: int
    days: int


def scenario_stages(stages: Sequence[Stage], hatch_degree_days: float) -> list[StageValue]:
    """The scenarios' stages that the company's stages fill."""
    of: dict[str, list[int]] = {"hatchery": [], "freshwater": [], "sea": []}
    for order, stage in enumerate(stages):
        of[stage.role].append(order)
    found = []
    if len(of["hatchery"]) == 1:
        (order,) = of["hatchery"]
        stage = stages[order]
        hatch = round(hatch_degree_days / max(stage.temperature_degc, 0.1))
        egg_days = max(1, min(hatch, stage.duration_days - 1))
        found += [
            StageValue("egg", order, egg_days),
            StageValue("alevin", order, stage.duration_days - egg_days),
        ]
    for names, orders in (
        (_HATCHERY, of["hatchery"] if len(of["hatchery"]) > 1 else []),
        (_FRESHWATER, of["freshwater"]),
        ((_SEA,), of["sea"][-1:]),
    ):
        found += [
            StageValue(name, order, stages[order].duration_days)
            for name, order in zip(names, orders, strict=False)
        ]
    last = _last_before_sea(stages)
    if last is not None and all(value.name != _TO_SEA[0] for value in found):
        found.append(StageValue(_TO_SEA[0], last, stages[last].duration_days))
    return found


def _last_before_sea(stages: Sequence[Stage]) -> int | None:
    """The order of the stage that fish leave for the sea, if they do."""
    sea = next((order for order, stage in enumerate(stages) if stage.role == "sea"), 0)
    return sea - 1 if sea else None


def value_names(stages: Sequence[Stage], hatch_degree_days: float) -> dict[str, Stage]:
    """The company's stage behind each name under which growth and mortality models have values.

    They are the scenarios' stages and the lifecycle stages' own names, which come first where they
    are the same.
    """
    named = {
        value.name: stages[value.order] for value in scenario_stages(stages, hatch_degree_days)
    }
    return named | {stage.name: stage for stage in stages if len(stage.name) <= _LONGEST_NAME}


def transfer_weight_g(stages: Sequence[Stage], egg_g: float) -> float | None:
    """What fish weigh on the eve of the sea if they grow as their stages plan; None without sea."""
    last = _last_before_sea(stages)
    if last is None:
        return None
    weight_g = egg_g
    for stage in stages[: last + 1]:
        weight_g = grown_weight_g(weight_g, stage.tgc, stage.temperature_degc * stage.duration_days)
    return float(weight_g)


def sea_climate(
    sea: SeaWater, days: NDArray[np.int64], colder_sd: float = 0.0
) -> NDArray[np.float64]:
    """What is expected of the sea on some days: its seasonal curve, without any year's mood.

    Args:
        sea: the geography's sea.
        days: days since 1970.
        colder_sd: colder than the mean year by so many standard deviations of years.
    """
    dates = days.astype("datetime64[D]")
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    mean_degc = sea.mean_degc - colder_sd * sea.yearly_sd_degc
    degc = seasonal_degc(
        day_of_year.astype(np.float64), mean_degc, sea.amplitude_degc, sea.peak_day
    )
    return np.maximum(degc, FREEZING_DEGC)


def growth_model_blocks(layout: Layout, built: int) -> Iterator[Block]:
    """The geography's FCR and mortality models, with their stages."""
    stamp = built * MICROSECONDS_PER_DAY
    stamps: dict[str, Value] = {"created_at": stamp, "updated_at": stamp}
    name, stages = layout.geography.name, layout.stages
    named = value_names(stages, layout.scenario.projections.hatch_degree_days)
    days = sum(stage.duration_days for stage in stages)
    yield rows_of("fcr_model", [{"name": f"{name} feed", **stamps}])
    yield rows_of(
        "fcr_model_stage",
        [
            {
                "fcr_value": stage.fcr if stage.feeds else 0.0,
                "duration_days": stage.duration_days,
                "model": 0,
                "stage": order,
                **stamps,
            }
            for order, stage in enumerate(stages)
        ],
    )
    mean = math.fsum(stage.daily_mortality_percent * stage.duration_days for stage in stages) / days
    yield rows_of(
        "mortality_model",
        [{"name": f"{name} mortality", "frequency": "daily", "rate": mean, **stamps}],
    )
    yield rows_of(
        "mortality_model_stage",
        [
            {
                "lifecycle_stage": name,
                "daily_rate_percent": stage.daily_mortality_percent,
                "weekly_rate_percent": _weekly(stage.daily_mortality_percent),
                "mortality_model": 0,
            }
            for name, stage in named.items()
        ],
    )


def _weekly(daily_percent: float) -> float:
    alive = math.prod([1 - daily_percent / 100] * 7)
    return 100 * (1 - alive)


def stage_limits(
    layout: Layout, target_g: float, transfer_g: float | None
) -> Iterator[dict[str, Value]]:
    """A constraint for each of the scenarios' stages that the geography's stages fill.

    Args:
        layout: of the geography.
        target_g: weight to harvest at, the most of the stage at sea.
        transfer_g: weight planned for the sea, the most of the stages before it; None without sea.
    """
    stages, sea = layout.stages, layout.geography.sea
    knobs = layout.scenario.projections
    last = _last_before_sea(stages)
    for value in scenario_stages(stages, knobs.hatch_degree_days):
        stage = stages[value.order]
        low, high = stage.temperature_degc, stage.temperature_degc
        if stage.role == "sea":
            low, high = sea.mean_degc - sea.amplitude_degc, sea.mean_degc + sea.amplitude_degc
        least_g, most_g = stage.expected_weight_g
        if value.name == _SEA:
            most_g = target_g
        elif value.name in _TO_SEA and transfer_g is not None:
            most_g = transfer_g
        yield {
            "lifecycle_stage": value.name,
            "min_weight_g": least_g if least_g < most_g else 0.0,
            "max_weight_g": most_g,
            "min_temperature_c": low - knobs.comfort_margin_degc,
            "max_temperature_c": high + knobs.comfort_margin_degc,
            "typical_duration_days": value.days,
            "max_freshwater_weight_g": (
                stage.expected_weight_g[1] if value.order == last else None
            ),
        }
