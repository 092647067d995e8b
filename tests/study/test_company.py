"""Statistics of a real (small, tight) company: common luck is worth it, more of something helps.

Figures are those of a replication without a database, counted from the first day to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim.core.arrays import Floats
from sim.kpi import measure
from sim.kpi.figures import kpis
from sim.study.gains import gains
from sim.study.statistics import contrast, paired, variance_cut
from tests.support.small_company import STAGES, START, company

REPLICATIONS = 5


def figures_of(
    seed: int, *, batches: int = 8, every_days: int = 10, stations: int = 3, **changes: object
) -> dict[str, float]:
    """Key figures of one replication; some batches, one after the other."""
    starts = [
        {
            "geography": "North",
            "start": START + timedelta(days=every_days * number),
            "station": number % stations + 1,
        }
        for number in range(batches)
    ]
    knobs = {
        "schedule": {"tail_days": 60 + 7 * batches, "entries": starts},
        "geographies__0__stations": stations,
        "geographies__0__wellboats": 6,
        "geographies__0__areas": 3,
        "eggs__count_min": 80_000,
        "eggs__count_max": 120_000,
    }
    measures = measure(company(seed=seed, **{**knobs, **changes}))
    return kpis(measures, (measures.first_day, measures.end_day))


def study(
    variants: Sequence[dict[str, Any]], replications: int = REPLICATIONS
) -> dict[str, Floats]:
    """Figures by KPI, shape (variants, replications)."""
    found = [[figures_of(seed, **knobs) for seed in range(replications)] for knobs in variants]
    return {
        kpi: np.array([[figures[kpi] for figures in row] for row in found]) for kpi in found[0][0]
    }


# Common random numbers


@cache
def barges() -> dict[str, Floats]:
    return study([{"geographies__0__barge_kg": kg} for kg in (4_000.0, 20_000.0)], 12)


@pytest.mark.parametrize(
    "kpi", ["harvested_t_per_year", "margin_per_year", "harvest_weight_kg", "survival_percent"]
)
def test_a_paired_difference_varies_less_than_an_unpaired_one(kpi: str) -> None:
    base, other = barges()[kpi]
    assert base.std() > 0
    unpaired = [(np.roll(other, shift) - base).var(ddof=1) for shift in range(1, 12)]
    assert (other - base).var(ddof=1) < 0.3 * np.mean(unpaired)
    assert variance_cut(barges()[kpi]) > 0.7


# More of something never makes worse what it should help


def with_silos(kg: float) -> list[dict[str, Any]]:
    stages: list[dict[str, Any]] = deepcopy(STAGES)
    stages[1]["silo_kg"], stages[2]["silo_kg"] = kg, 4 * kg
    return stages


@dataclass(frozen=True)
class More:
    """Levels of something, from little to ample, and the KPIs that it should help."""

    amounts: Sequence[float]
    variants: Sequence[dict[str, Any]]
    lower: Sequence[str]
    higher: Sequence[str] = field(default_factory=tuple)


def more(
    knob: str, amounts: Sequence[float], *lower: str, higher: Sequence[str] = (), **others: object
) -> More:
    variants = [{**others, f"geographies__0__{knob}": amount} for amount in amounts]
    return More(amounts, variants, lower, higher)


CROWD = {"batches": 5, "every_days": 2, "stations": 5, "geographies__0__areas": 5}
LICE = {
    "geographies__0__sea": {"mean_degc": 12.0, "amplitude_degc": 0.0},
    "stages__3__tgc": 3.0,  # nobody is harvested before the lice have grown up
    "lice": {
        "external_per_fish_day": 0.6,
        "counting": {"interval_days": 3, "methods": {"manual": 1.0}, "confidence": {"manual": 1.0}},
    },
    "delousing": {
        "minimum_interval_days": 7,
        "methods": [
            {
                "name": "Bath", "method": "freshwater", "rings_per_day": 1, "kills_attached": 0.9,
                "kills_mobile": 0.95, "mortality_percent": 0.5,
            },
        ],
    },
}  # fmt: skip

RESOURCES = {
    "areas": more(
        "areas", (1, 2, 3), "wait_days_rings_per_year", "wait_days_per_batch",
        higher=("harvested_t_per_year",),
    ),
    "rings": more(
        "rings_per_area", (6, 12, 18), "wait_days_rings_per_year", "wait_days_per_batch",
        higher=("harvested_t_per_year",), geographies__0__areas=1,
    ),
    "wellboats": more(
        "wellboats", (1, 2, 4), "wait_days_wellboats_per_year",
        "blocked_days_wellboats_per_batch", geographies__0__wellboat_trip_days=2,
    ),
    "treatment vessels": more(
        "treatment_vessels", (1, 2, 4), "wait_days_treatment_vessels_per_year", **CROWD, **LICE,
    ),
    "barges": more(
        "barge_kg", (1_000.0, 3_000.0, 20_000.0), "feed_missed_t_per_year", "stock_outs_per_year",
        higher=("harvested_t_per_year",),
    ),
    "harvest plant": more(
        "plant_kg_per_day", (6_000.0, 12_000.0, 24_000.0), "harvest_days_late",
        "blocked_days_harvest_plant_per_batch", "wait_days_harvest_plant_per_year", **CROWD,
    ),
    "silos": More(
        (100.0, 300.0, 1_000.0), [{"stages": with_silos(kg)} for kg in (100.0, 300.0, 1_000.0)],
        ("feed_missed_t_per_year", "stock_outs_per_year"),
    ),
}  # fmt: skip


@cache
def levels_of(resource: str) -> dict[str, Floats]:
    return study(RESOURCES[resource].variants)


@pytest.mark.parametrize("resource", RESOURCES)
def test_more_never_makes_worse_what_it_should_help(resource: str) -> None:
    given = RESOURCES[resource]
    values = levels_of(resource)
    for kpi, better in [*((k, -1) for k in given.lower), *((k, 1) for k in given.higher)]:
        found = values[kpi] * better
        assert np.isfinite(found).all(), kpi
        for fewer, enough in ((0, 1), (1, 2), (0, 2)):
            assert contrast(found[enough] - found[fewer], 1).high >= 0, kpi
        assert paired(found)[2].low > 0, kpi  # from too few to ample it helps surely


def test_the_next_area_buys_less_than_the_one_before() -> None:
    waits = levels_of("areas")["wait_days_per_batch"]
    amounts = np.array(RESOURCES["areas"].amounts, dtype=float)
    found = gains(waits, amounts[:, None], 0, better=-1)
    assert found.returns == "diminishing"
    assert found.helps(found.steps[0])
