"""Companies at the edge of what their knobs allow: they end, and pass their own checks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from persistence.checks import run_checks
from persistence.kpi import measure_databases
from sim.kpi import Measures, measure
from sim.scenario import load
from tests.support.checked_runs import SCENARIOS, failed, simulate

SMALL = (
    "name=edge", "schedule.batches=2", "schedule.stagger_days=5", "recording.reading_hours=[8]",
    "recording.growth_sample_fish=4", "weather.hours=[12]",
)  # fmt: skip


def checked(folder: Path, *knobs: str) -> tuple[Measures, dict[str, int]]:
    """Run a company, check its databases, and measure them; with how its batches ended."""
    urls = simulate("smoke.yaml", folder, knobs=[*SMALL, *knobs])
    assert failed(run_checks(urls, workers=1)) == {}
    batches: dict[str, int] = json.loads((folder / "manifest.json").read_text("utf-8"))["batches"]
    return measure_databases(urls), batches


def measured(*knobs: str) -> Measures:
    return measure(load(SCENARIOS / "smoke.yaml", [*SMALL, *knobs]).scenario)


@pytest.mark.parametrize(
    "knobs",
    [
        ("schedule.tail_days=75", "stages.Smolt.daily_mortality_percent=50",
         "eggs.count_min=500", "eggs.count_max=900"),
        ("schedule.tail_days=115", "stages.Adult.daily_mortality_percent=50",
         "eggs.count_min=500", "eggs.count_max=900"),
    ],
    ids=["on land", "at sea"],
)  # fmt: skip
def test_batches_that_die_out_are_told_apart_everywhere(
    knobs: Sequence[str], tmp_path: Path
) -> None:
    found, batches = checked(tmp_path, *knobs)
    assert batches == {"total": 2, "active": 0, "completed": 0, "died_out": 2}
    assert (found.batches["died_out"] >= 0).all()
    assert (found.batches["ended"] < 0).all()
    model = measured(*knobs)
    for table in ("batches", "transitions", "stays", "deaths"):
        ours, theirs = getattr(model, table), getattr(found, table)
        for column in ours:
            if ours[column].dtype.kind in "iO":
                assert_array_equal(ours[column], theirs[column], f"{table}.{column}")


def test_stages_of_a_day_pass_their_checks(tmp_path: Path) -> None:
    one = [f"stages.{name}.duration_days=1" for name in ("Egg&Alevin", "Fry", "Smolt", "Adult")]
    _, batches = checked(tmp_path, *one, "schedule.tail_days=30")
    assert batches["completed"] >= 1


def test_fish_that_come_to_sea_with_their_target_stay_there_for_a_night(tmp_path: Path) -> None:
    light = ("harvest.target_kg_min=0.001", "harvest.target_kg_mean=0.001")
    found, batches = checked(tmp_path, *light, "schedule.tail_days=110")
    assert batches["completed"] >= 1
    sea = (found.stays["order"] == found.sea_order) & (found.stays["to"] >= 0)
    assert sea.any()
    assert (found.stays["to"][sea] > found.stays["from"][sea]).all()


def test_fish_that_are_not_fed_at_sea_are_harvested_when_their_last_stage_is_over(
    tmp_path: Path,
) -> None:
    hungry = ("stages.Adult.max_feed_percent_per_day=0", "stages.Adult.duration_days=9")
    _, batches = checked(tmp_path, *hungry, "schedule.tail_days=150")
    assert batches["completed"] >= 1


@pytest.mark.long
def test_batches_that_have_no_place_by_the_end_or_start_after_it_do_not_fail(
    tmp_path: Path,
) -> None:
    full = (
        "schedule.batches=4", "schedule.stagger_days=1", "schedule.tail_days=4",
        "geographies.0.stations=1", "geographies.1.stations=1",
    )  # fmt: skip
    _, batches = checked(tmp_path / "full", *full)
    assert batches == {"total": 4, "active": 2, "completed": 0, "died_out": 0}
    cut = (
        "schedule.end=2025-05-20",
        (
            "schedule.entries=[{geography: Scotland, start: 2025-05-01},"
            " {geography: Scotland, start: 2025-06-01}]"
        ),
    )
    _, batches = checked(tmp_path / "cut", *cut)
    assert batches["active"] == 1
