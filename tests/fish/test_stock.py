"""What a container holds at most, and fish that stay sound whatever the knobs allow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from sim.scenario import Scenario
from tests.support.small_company import COMPANY, STAGES, START, Told, company, run

TRAY, TANK, RING = COMPANY["container_types"]


def crowded(*starts: int, seed: int = 1, fallow_days: int = 200, **fry: object) -> Scenario:
    """Batches that block each other: the area rests for long after the first."""
    stages: list[dict[str, Any]] = [dict(stage) for stage in STAGES]
    stages[1] |= fry  # type: ignore[arg-type]
    tight = {"name": "Fry Tank", "volume_m3": 10.0, "max_biomass_kg": 25.0}
    return company(
        seed=seed,
        stages=stages,
        container_types=[{**TRAY, "max_biomass_kg": 6.0}, TANK, RING, tight],
        geographies__0__fallow_days=fallow_days,
        schedule={
            "tail_days": 120,
            "entries": [{"geography": "North", "start": START + timedelta(days=d)} for d in starts],
        },
    )  # fmt: skip


def fullness(told: Told, stage: int) -> np.ndarray:
    """Biomass / limit of every container-day of a stage."""
    columns = told.days()
    biomass = columns["count"] * columns["weight_g"] / 1000
    full = biomass / told.farm.layout.limit_kg[columns["container"]]
    return full[columns["stage"] == stage]


def test_fish_that_wait_too_long_stop_at_their_containers_limit_and_it_is_told() -> None:
    told = run(crowded(0, 17))
    assert 0.99 < fullness(told, 2).max() <= 1
    (wait,) = [row for row in told.rows("wait") if row["kind"] == "density"]
    assert wait["pool"] == "N-FW-01-Hall-C"
    assert wait["short_kg"] > 1000
    assert "limit" in wait["cause"]
    assert (wait["pool_kind"], wait["hall"], told.holders(wait)) == (None, None, {})


@pytest.mark.parametrize("seed", [2, 4, 5])
def test_fry_that_grow_fast_never_outgrow_their_tank(seed: int) -> None:
    many = {"container_type": "Fry Tank", "containers_per_hall": 20, "containers_per_batch": 20}
    told = run(crowded(0, 17, 34, seed=seed, fallow_days=60, **many))
    assert 0.99 < fullness(told, 1).max() <= 1


def test_alevins_that_wait_never_outgrow_their_tray() -> None:
    told = run(crowded(0, 17, 34, 51))
    assert told.farm.batches[3].stage == 0
    assert fullness(told, 0).max() <= 1


def test_rings_that_outgrow_a_days_work_of_the_plant_are_harvested_all_the_same() -> None:
    entries = [{"geography": "North", "start": START, "station": n} for n in (1, 2, 3)]
    knobs = {"plant_kg_per_day": 4100.0, "areas": 3, "stations": 3, "wellboats": 6}
    told = run(
        company(
            schedule={"tail_days": 150, "entries": entries},
            **{f"geographies__0__{knob}": value for knob, value in knobs.items()},
        )
    )
    assert [row["status"] for row in told.rows("batch")] == ["COMPLETED"] * 3


@pytest.mark.parametrize("knob", ["daily_fcr_sd", "container_fcr_sd", "container_growth_sd"])
def test_the_greatest_variation_that_is_allowed_gives_sound_fish(knob: str) -> None:
    for seed in range(10):
        told = run(company(**{f"variation__{knob}": 0.5}, seed=seed), days=60)
        columns = told.days()
        assert np.isfinite(columns["weight_g"]).all()
        assert (columns["weight_g"][columns["count"] > 0] > 0.05).all()
        assert (columns["eaten_dag"] >= 0).all()
        assert all(fullness(told, stage).max() <= 1 for stage in range(4))
