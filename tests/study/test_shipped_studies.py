"""What ships in scenarios/studies/: every study loads, and asks what its range can answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import load
from sim.study.loader import load_study
from tests.support.command_line import ROOT

FOLDER = ROOT / "scenarios" / "studies"
SHIPPED = sorted(FOLDER.glob("*.yaml"))
NAMES = {
    "sea_rings", "stagger", "barges_and_lead_times", "treatment_vessels", "harvest_plant", "fallow",
    "saturation",
}  # fmt: skip


def test_all_promised_studies_ship():
    assert {path.stem for path in SHIPPED} >= NAMES


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_study_loads_and_asks_a_question(path: Path):
    plan = load_study(path)
    study = plan.study
    assert study.name == path.stem
    assert study.question.endswith("?")
    assert study.objective is not None
    assert len(plan.variants) >= 5
    assert plan.replications[0] >= 5
    assert set(study.kpis) >= {study.objective.maximise or study.objective.minimise}


def test_sea_rings_is_as_large_as_it_must_be():
    plan = load_study(FOLDER / "sea_rings.yaml")
    assert len(plan.variants) >= 8
    assert plan.replications == (10, 10)


@pytest.mark.parametrize("name", ["stagger", "saturation"])
def test_levels_of_the_pace_cover_the_same_time(name: str):
    plan = load_study(FOLDER / f"{name}.yaml")
    schedules = [variant.scenario.schedule for variant in plan.variants]
    days = [(one.batches - 1) * one.stagger_days + one.tail_days for one in schedules]
    assert max(days) - min(days) < max(one.stagger_days for one in schedules)


def test_the_lean_base_is_half_of_production():
    lean = load(FOLDER / "bases" / "faroes.yaml").scenario
    whole = load(FOLDER.parent / "production.yaml").scenario
    assert lean.geographies == whole.geographies[:1]
    assert lean.schedule.batches * 2 == whole.schedule.batches
    assert lean.schedule.stagger_days == whole.schedule.stagger_days * 2
    assert (lean.feed_supply.opening_t, whole.feed_supply.opening_t) == (1865, 3730)
