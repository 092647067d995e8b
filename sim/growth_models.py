"""A geography's models of feed and mortality, and its biological constraints, as in AquaMind.

AquaMind's scenarios know seven stages (see ``SCENARIO_STAGES``): they split the hatchery at the
hatch and call the last one ``harvest``. The company's stages fill them by role and order: the
hatchery is egg and alevin, fresh water in its order fry, parr, smolt and post-smolt, the last stage
at sea the harvest. Stages beyond those have no value of their own in the stage models; the FCR
model, whose stages are the company's, has them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.biology.water import FREEZING_DEGC, seasonal_degc
from sim.clock import MICROSECONDS_PER_DAY
from sim.facts import Block
from sim.journal import Value, rows_of
from sim.scenario.farm_knobs import SeaWater, Stage

if TYPE_CHECKING:
    from sim.layout import Layout

_HATCHERY = ("egg", "alevin")
_FRESHWATER = ("fry", "parr", "smolt", "post_smolt")
_SEA = "harvest"
STANDING_PROFILES = {"sea": False, "cold sea": True}
"""A geography's own temperature profiles, which no batch needs: whether it is of a cold year."""


@dataclass(frozen=True, slots=True)
class StageValue:
    """One of the scenarios' stages: the company's stage behind it, and how many of its days."""

    name: str
    order: int
    days: int


def scenario_stages(stages: Sequence[Stage], hatch_degree_days: float) -> list[StageValue]:
    """The scenarios' stages that the company's stages fill, each at most once."""
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
    return found


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
    """The geography's FCR and mortality models and biological constraints, with their stages."""
    stamp = built * MICROSECONDS_PER_DAY
    stamps: dict[str, Value] = {"created_at": stamp, "updated_at": stamp}
    name, stages = layout.geography.name, layout.stages
    values = scenario_stages(stages, layout.scenario.projections.hatch_degree_days)
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
    mean = sum(stage.daily_mortality_percent * stage.duration_days for stage in stages) / days
    yield rows_of(
        "mortality_model",
        [{"name": f"{name} mortality", "frequency": "daily", "rate": mean, **stamps}],
    )
    yield rows_of(
        "mortality_model_stage",
        [
            {
                "lifecycle_stage": value.name,
                "daily_rate_percent": stages[value.order].daily_mortality_percent,
                "weekly_rate_percent": _weekly(stages[value.order].daily_mortality_percent),
                "mortality_model": 0,
            }
            for value in values
        ],
    )
    yield rows_of(
        "constraint_set",
        [
            {
                "name": f"{name[:80]} constraints",
                "description": f"Usual weights, temperatures and durations in {name}",
                "is_active": True,
                **stamps,
            }
        ],
    )
    yield rows_of("stage_constraint", [_constraint(layout, value) for value in values])


def _weekly(daily_percent: float) -> float:
    return 100 * (1 - (1 - daily_percent / 100) ** 7)


def _constraint(layout: Layout, value: StageValue) -> dict[str, Value]:
    stage, sea = layout.stages[value.order], layout.geography.sea
    margin = layout.scenario.projections.comfort_margin_degc
    low, high = stage.temperature_degc, stage.temperature_degc
    if stage.role == "sea":
        low, high = sea.mean_degc - sea.amplitude_degc, sea.mean_degc + sea.amplitude_degc
    to_sea = value.order + 1 < len(layout.stages) and layout.stages[value.order + 1].role == "sea"
    return {
        "lifecycle_stage": value.name,
        "min_weight_g": stage.expected_weight_g[0],
        "max_weight_g": stage.expected_weight_g[1],
        "min_temperature_c": low - margin,
        "max_temperature_c": high + margin,
        "typical_duration_days": value.days,
        "max_freshwater_weight_g": stage.expected_weight_g[1] if to_sea else None,
        "constraint_set": 0,
    }
