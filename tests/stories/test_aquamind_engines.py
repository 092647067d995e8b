"""AquaMind's engines on a run: what they recompute, what they project, what they plan by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.aquamind_engines import HARVEST, HARVEST_G, TRANSFER, TRANSFER_G, Day, Engines
from tests.support.checked_runs import simulate

# A batch of the shipped company, until it has been smolt for two months; few sites, few readings.
KNOBS = (
    "schedule.tail_days=330", "recording.reading_hours=[12]", "recording.feeding_hours=[8]",
    *(f"geographies.{place}.{what}=1" for place in (0, 1) for what in ("stations", "areas")),
)  # fmt: skip
SMOLT_DAYS_LEFT = 30


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    simulate(
        "single_batch_200d.yaml", folder, "--database", f"sqlite:///{folder}/a.db", knobs=KNOBS
    )
    return folder / "a.db"


def recomputed(database: Path, stage: str, *, by_name: bool = True) -> list[Day]:
    engines = Engines(database, by_name=by_name)
    return [day for whose in engines.assignments(stage) for day in engines.recompute(whose)]


def mean_off(days: list[Day]) -> float:
    assert len(days) >= 500
    return sum(day.off for day in days) / len(days)


@pytest.mark.parametrize("stage", ["Fry", "Parr", "Smolt"])
def test_a_recompute_of_growth_stays_within_what_samples_are_off(
    database: Path, stage: str
) -> None:
    """A sample of 30 fish is about 2 % off, and anchors the recompute for a week."""
    assert mean_off(recomputed(database, stage)) < 0.025


def test_without_values_under_the_stages_names_fry_would_grow_like_fish_at_sea(
    database: Path,
) -> None:
    assert mean_off(recomputed(database, "Fry", by_name=False)) > 0.15


def test_eggs_cannot_be_recomputed(database: Path) -> None:
    """They start from the weight that their assignment has now, and a day's growth is rounded off.

    So there is nothing to be had from other values under the stage's name.
    """
    engines = Engines(database)
    whose = next(engines.assignments("Egg&Alevin"))
    days = engines.recompute(whose)
    assert {day.engine_g for day in days} == {whose.weight_g}
    assert days[-1].ours_g == whose.weight_g > 1.8 * days[0].ours_g
    a_day_g = engines.grown_g(whose, whose.stage, 0.1, engines.degc[whose.profile, 1]) - 0.1
    assert 0 < a_day_g < 0.005


@pytest.mark.parametrize(("by_name", "least", "most"), [(True, 0.0, 1e-4), (False, 0.1, 1.0)])
def test_a_live_projection_agrees_with_ours_while_the_stage_lasts(
    database: Path, by_name: bool, least: float, most: float
) -> None:
    engines = Engines(database, by_name=by_name)
    ends = []
    for whose in engines.assignments("Smolt"):
        days = engines.project(whose)[:SMOLT_DAYS_LEFT]
        assert len(days) == SMOLT_DAYS_LEFT
        ends.append(days[-1].off)
    assert len(ends) == 10
    assert least <= min(ends) <= max(ends) < most


def test_thresholds_are_those_of_our_summaries(database: Path) -> None:
    engines = Engines(database)
    summaries = {
        assignment: (harvest_g, transfer_g)
        for assignment, harvest_g, transfer_g in engines.ask(
            "SELECT assignment_id, harvest_threshold_g, transfer_threshold_g"
            " FROM batch_containerforecastsummary"
        )
    }
    found = [whose for whose in engines.assignments("Smolt") if whose.key in summaries]
    assert len(found) == 10
    for whose in found:
        assert summaries[whose.key] == (
            engines.threshold_g(whose, HARVEST, HARVEST_G),
            engines.threshold_g(whose, TRANSFER, TRANSFER_G),
        )
