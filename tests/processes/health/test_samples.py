"""Health sampling: fish that show the state of their container, and rows that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.biology.examination import Build, frailty, scores, sizes, step_chance
from sim.core.streams import normal, stream, uniform
from sim.facts import Block
from sim.fish.condition import HEALTH_PARAMETERS
from sim.master_data.health import PARAMETER_NAMES, SAMPLE_TYPES, health_master_rows
from sim.observations.health_samples import HealthSamples
from sim.processes.health.samples import SampledFish, examine
from sim.processes.health.vaccination import containers_of
from sim.scenario import Scenario
from sim.world import World
from tests.support.small_company import Told, company, joined, run

FISH = 40_000
KEY = stream(1, "test")
GILL, WOUNDS, BODY = (HEALTH_PARAMETERS.index(name) for name in ("gill", "wounds", "body"))
PARAMETERS = len(HEALTH_PARAMETERS)


def often(**changes: object) -> Scenario:
    """A company whose batches are sampled every six days."""
    return company(care__health_sampling_interval_days=6, **changes)


@pytest.fixture(scope="module")
def told() -> Told:
    return run(often())


def looked_at(damage: list[float], *, background: float = 0.0, sd: float = 0.0) -> Any:
    """Scores of many fish with the given damage of some parameters."""
    number = np.arange(FISH)
    frail = frailty(normal(KEY, number), sd)
    chance = step_chance(np.array(damage), background, frail)
    return scores(chance, uniform(KEY, FISH + np.arange(chance.size).reshape(chance.shape)))


# Theory


def test_the_mean_score_is_three_times_the_chance_of_a_step() -> None:
    found = looked_at([0.0, 0.3, 1.0], background=0.1).mean(axis=0)
    assert found == pytest.approx([3 * 0.1, 3 * (1 - 0.9 * 0.7), 3.0], abs=0.02)


def test_scores_are_binomial() -> None:
    shares = np.bincount(looked_at([0.3])[:, 0], minlength=4) / FISH
    assert shares == pytest.approx([0.343, 0.441, 0.189, 0.027], abs=0.01)


def test_frailty_has_mean_one_and_ties_a_fishs_scores_together() -> None:
    frail = frailty(normal(KEY, np.arange(FISH)), 0.8)
    assert frail.mean() == pytest.approx(1, abs=0.02)
    sick = np.corrcoef(looked_at([0.4, 0.4], sd=0.8).T)[0, 1]
    even = np.corrcoef(looked_at([0.4, 0.4], sd=0.0).T)[0, 1]
    well = np.corrcoef(looked_at([0.0, 0.0], background=0.4, sd=0.8).T)[0, 1]
    assert sick > 0.15
    assert abs(even) < 0.02
    assert abs(well) < 0.02


def test_more_damage_never_betters_a_score() -> None:
    assert (looked_at([0.5], sd=0.8) >= looked_at([0.2], sd=0.8)).all()


def test_a_thin_fish_is_long_for_its_weight() -> None:
    z = np.zeros(2)
    build = Build(weight_cv=0.2, condition_factor=1.2, shape_cv=0.06, weight_range=(0.3, 2.2))
    weight, length = sizes(100.0, build, np.array([0.0, 0.25]), (z, z))
    k_factor = 100 * weight / length**3
    assert weight.tolist() == [100.0, 100.0]
    assert k_factor == pytest.approx([1.2, 0.9])


# What a container shows


@pytest.fixture
def world() -> World:
    world = World(often(care__health_sampling_fish=400))
    world.advance(world.plan.first_day + 32)
    return world


def look(world: World) -> tuple[SampledFish, int]:
    """Examine a tank of smolts; its number is given too."""
    farm = world.farms[0]
    batch = farm.batches[0]
    unit = int(containers_of(farm, batch)[0])
    return examine(farm, batch, unit), unit


def test_healthy_fish_score_little_and_weigh_what_their_container_says(world: World) -> None:
    fish, unit = look(world)
    assert fish.scores.mean() == pytest.approx(3 * 0.03, abs=0.02)
    true_g = float(world.farms[0].stock.weight_g[unit])
    assert fish.weight_cg.mean() / 100 == pytest.approx(true_g, rel=0.03)


def test_damage_shows_where_it_is(world: World) -> None:
    before, unit = look(world)
    world.farms[0].stock.condition.damage[GILL, unit] = 0.5
    after, _ = look(world)
    others = np.arange(PARAMETERS) != GILL
    assert (after.scores[:, others] == before.scores[:, others]).all()
    assert after.scores[:, GILL].mean() > 1
    assert (after.length_cc == before.length_cc).all()


def test_wasted_bodies_are_thin(world: World) -> None:
    before, unit = look(world)
    world.farms[0].stock.condition.damage[BODY, unit] = 0.6
    after, _ = look(world)
    assert (after.weight_cg == before.weight_cg).all()
    assert (after.length_cc >= before.length_cc).all()
    assert after.length_cc.sum() > 1.02 * before.length_cc.sum()


def test_lice_leave_wounds(world: World) -> None:
    before, unit = look(world)
    world.farms[0].stock.condition.lice[0, unit] = 10.0
    after, _ = look(world)
    raised = {
        name
        for row, name in enumerate(HEALTH_PARAMETERS)
        if after.scores[:, row].sum() > before.scores[:, row].sum()
    }
    assert raised == {"wounds", "mucous"}
    assert after.scores[:, WOUNDS].mean() == pytest.approx(3 * (1 - 0.98**10), abs=0.25)


def test_no_more_fish_are_sampled_than_there_are(world: World) -> None:
    _, unit = look(world)
    world.farms[0].stock.count[unit] = 7
    fish, _ = look(world)
    assert len(fish.weight_cg) == len(fish.scores) == 7


# When, and what is written down


def test_a_batch_is_sampled_on_its_days_from_the_last_stage_ashore_on(told: Told) -> None:
    batch = told.farm.batches[0]
    ages = [row["sampling_date"] - batch.start for row in told.rows("health_sampling")]
    last = int(told.days()["age"].max())
    assert ages == [age for age in range(last + 1) if age % 6 == 3 and age >= 25]


def test_containers_take_turns(told: Told) -> None:
    home = {row["key"]: row["container"] for row in told.rows("assignment")}
    stage = {row["key"]: row["lifecycle_stage"] for row in told.rows("assignment")}
    rows = told.rows("health_sampling")
    ashore = [home[row["assignment"]] for row in rows if stage[row["assignment"]] == 2]
    at_sea = [home[row["assignment"]] for row in rows if stage[row["assignment"]] == 3]
    assert len(ashore) == len(set(ashore)) > 1
    assert len(set(at_sea[:5])) == 5  # of six, before the first is harvested


def test_statistics_are_those_of_the_recorded_fish(told: Told) -> None:
    facts = told.facts()
    fish = facts["sampled_fish"]
    for row in told.rows("health_sampling"):
        mine = fish["sampling_event"] == row["key"]
        weight, length = fish["weight_g"][mine] / 100, fish["length_cm"][mine] / 100
        assert mine.sum() == row["number_of_fish_sampled"] == row["calculated_sample_size"] == 75
        assert row["avg_weight_g"] == pytest.approx(weight.mean())
        assert row["std_dev_weight_g"] == pytest.approx(weight.std())
        assert row["std_dev_length_cm"] == pytest.approx(length.std())
        assert (row["min_weight_g"], row["max_weight_g"]) == (weight.min(), weight.max())
        assert (row["min_length_cm"], row["max_length_cm"]) == (length.min(), length.max())
        assert row["avg_k_factor"] == pytest.approx((100 * weight / length**3).mean())


def test_every_fish_has_a_score_for_every_parameter(told: Told) -> None:
    facts = told.facts()
    table = facts["fish_score"]
    assert len(table["score"]) == PARAMETERS * len(facts["sampled_fish"]["key"])
    pairs = set(
        zip(table["individual_fish_observation"].tolist(), table["parameter"].tolist(), strict=True)
    )
    assert len(pairs) == len(table["score"])
    assert set(table["score"].tolist()) <= {0, 1, 2, 3}
    assert (table["key"] == np.arange(len(table["key"]))).all()


def test_rows_are_the_same_in_any_chunks_and_buffers() -> None:
    def rows(bounds: list[int], buffer: int) -> dict[str, Any]:
        scenario = often(writing__buffer_rows=buffer)
        world = World(scenario)
        watcher = HealthSamples(world.farms[0])
        blocks: list[Block] = []
        first = from_day = world.plan.first_day
        for days in bounds:
            world.advance(first + days)
            blocks += watcher.facts(world.farms[0].records.cut(from_day, first + days))
            from_day = first + days
        return joined(blocks)

    whole, pieces = rows([90], 150_000), rows([28, 29, 34, 90], 1_000)
    assert whole["fish_score"]["score"].sum() > 0
    for kind, columns in whole.items():
        for name, column in columns.items():
            assert (column == pieces[kind][name]).all()


def test_a_bad_score_is_a_finding_that_goes_to_the_laboratory() -> None:
    world = World(often())
    farm, first = world.farms[0], world.plan.first_day
    world.advance(first + 33)  # the morning of a sampling
    farm.stock.condition.damage[GILL, :] = 0.8
    world.advance(first + 34)
    (finding,) = [row for row in farm.lane.records["journal_entry"] if _is(row, "issue")]
    assert "Gill Condition" in str(finding.values["description"])
    assert finding.values["severity"] == "high"
    (sample,) = farm.lane.records["lab_sample"]
    assert sample.values["sample_type"] == list(SAMPLE_TYPES).index("gill")
    world.advance(first + 60)
    reference = str(sample.values["lab_reference_id"])
    entries = [row for row in farm.lane.records["journal_entry"] if _is(row, "diagnosis")]
    assert any(reference in str(row.values["description"]) for row in entries)


def _is(row: Any, category: str) -> bool:
    return bool(row.values["category"] == category)


# Master data


def test_nine_parameters_have_four_described_scores_each() -> None:
    rows = health_master_rows(company())
    assert [row["name"] for row in rows["health_parameter"]] == [
        PARAMETER_NAMES[name] for name in HEALTH_PARAMETERS
    ]
    texts = [row["description"] for row in rows["score_definition"]]
    assert len(texts) == len(set(texts)) == 4 * PARAMETERS
    for key in range(PARAMETERS):
        mine = [row for row in rows["score_definition"] if row["parameter"] == key]
        assert [row["score_value"] for row in mine] == [0, 1, 2, 3]


def test_reasons_to_die_are_unique_and_have_a_cause_above_them() -> None:
    causes = [
        {"cause": "DISEASE", "share": 0.5, "description": "Disease"},
        {"cause": "OTHER", "share": 0.2, "description": "cull"},
        {"cause": "UNKNOWN", "share": 0.3, "description": ""},
    ]
    disease = {"name": "Winter Ulcer", "agent": "bacterial", "role": "sea",
               "onsets_per_year": 0.0, "mortality_percent": 1.0}  # fmt: skip
    rows = health_master_rows(company(death_causes=causes, diseases=[disease]))
    reasons = rows["mortality_reason"]
    names = [str(row["name"]).casefold() for row in reasons]
    assert len(names) == len(set(names))
    tops = [row for row in reasons if row["parent"] is None]
    assert len(tops) == 6
    (ulcer,) = [row for row in reasons if row["name"] == "Winter Ulcer"]
    assert reasons[int(ulcer["parent"] or 0)]["name"] == "Disease"
    assert all(int(row["parent"] or 0) < len(tops) for row in reasons)
