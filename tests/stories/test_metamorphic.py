"""What must not get worse when there is more of something, on the same luck."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.support.small_company import COMPANY, STAGES, START, Told, company, run

SEEDS = range(2)
NORTH = COMPANY["geographies"][0]


def busy(seed: int, **changes: object) -> Told:
    """Eight batches, ten days apart, that want to go to sea one after the other."""
    starts = [
        {"geography": "North", "start": START + timedelta(days=10 * n), "station": n % 3 + 1}
        for n in range(8)
    ]
    return run(
        company(
            seed=seed,
            schedule={"tail_days": 130, "entries": starts},
            geographies__0__stations=3,
            geographies__0__wellboats=6,
            **changes,
        )
    )


def harvested(told: Told) -> int:
    return sum(batch.harvested for batch in told.farm.batches)


def rising(values: list[float]) -> bool:
    return all(low <= high for low, high in pairwise(values))


@pytest.mark.parametrize("seed", SEEDS)
def test_more_areas_never_lower_the_throughput(seed: int) -> None:
    found = [busy(seed, geographies__0__areas=areas) for areas in (1, 2, 3, 6)]
    assert rising([harvested(told) for told in found])
    assert harvested(found[0]) < harvested(found[2])
    waits = [sum(days for kind, days, _ in told.farm.records.wait_figures(told.world.env.now)
                 if kind == "rings") for told in found]  # fmt: skip
    assert rising(waits[::-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_more_rings_in_an_area_never_lower_the_throughput(seed: int) -> None:
    found = [
        busy(seed, geographies__0__areas=1, geographies__0__rings_per_area=rings)
        for rings in (6, 12, 18)
    ]
    assert rising([harvested(told) for told in found])
    assert harvested(found[0]) < harvested(found[-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bigger_plant_never_finishes_a_batch_later(seed: int) -> None:
    ends = []
    for plant_kg in (4_000.0, 8_000.0, 50_000.0):
        told = busy(seed, geographies__0__areas=4, geographies__0__plant_kg_per_day=plant_kg)
        ends.append([row["actual_end_date"] for row in told.rows("batch")])
    assert all((np.diff(of_batch) <= 0).all() for of_batch in zip(*ends, strict=True))
    assert ends[0] != ends[1]


def with_silo(kg: float, seed: int) -> Told:
    stages: list[dict[str, Any]] = deepcopy(STAGES)
    stages[1]["silo_kg"] = kg
    stages[2]["duration_days"] = 20
    return run(company(seed=seed, stages=stages, feed_supply__opening_days=0), days=34)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bigger_silo_never_raises_short_rations(seed: int) -> None:
    shares = []
    for kg in (20.0, 40.0, 60.0, 100.0, 150.0, 200.0, 400.0, 1000.0):
        told = with_silo(kg, seed)
        waits = [row for row in told.rows("wait") if row["pool"] == "N-FW-01-B-Silo"]
        missed_kg = sum(row["short_kg"] for row in waits)
        columns = told.days()
        eaten_kg = columns["eaten_dag"][columns["stage"] == 1].sum() / 100
        shares.append(missed_kg / (missed_kg + eaten_kg))  # fish that eat more also ask for more
    assert rising(shares[::-1])
    assert shares[0] > 0.5
    assert shares[-1] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_warmer_sea_never_slows_growth(seed: int) -> None:
    weights = []
    for degc in (6.0, 8.0, 10.0, 13.0):
        told = run(
            company(
                seed=seed,
                geographies=[{**NORTH, "sea": {"mean_degc": degc}}],
                harvest__target_kg_mean=0.9,
                harvest__target_kg_max=1.0,
                container_types__2__max_biomass_kg=60_000.0,
                geographies__0__plant_kg_per_day=60_000.0,
            ),
            days=75,
        )
        columns = told.days()
        at_sea = columns["stage"] == 3
        weights.append(columns["weight_g"][at_sea & (columns["age"] >= 45)])
    for colder, warmer in pairwise(weights):
        assert len(colder) == len(warmer) == 6 * 30
        assert (warmer > colder).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_short_rations_never_speed_up_growth(seed: int) -> None:
    hungry, full = (with_silo(kg, seed).days() for kg in (60.0, 3000.0))
    fry = [columns["weight_g"][columns["stage"] == 1] for columns in (hungry, full)]
    assert (fry[0] <= fry[1]).all()
    assert fry[0].mean() < 0.95 * fry[1].mean()
    eaten = [np.sum(columns["eaten_dag"][columns["stage"] == 1]) for columns in (hungry, full)]
    assert eaten[0] < eaten[1]
