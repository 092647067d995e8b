"""Scenarios and forecasts: what planners expect follows from what they know, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sim.biology.growth import grown_weight_g
from sim.biology.projection import project, reached
from sim.core.clock import CLOSE, REVIEW, microseconds
from sim.facts import Block
from sim.master_data.growth_models import (
    scenario_stages,
    sea_climate,
    transfer_weight_g,
    value_names,
)
from sim.observations.observer import Observer
from sim.scenario.knobs.farm import SeaWater, Stage
from sim.world import World
from tests.support.small_company import COMPANY, SOUTH, STAGES, Told, company, joined, run

NO_LUCK: dict[str, object] = {
    "variation": {
        "container_growth_sd": 0.0, "container_fcr_sd": 0.0, "batch_fcr_sd": 0.0,
        "daily_fcr_sd": 0.0, "container_temperature_sd_degc": 0.0,
        "hall_temperature_sd_degc": 0.0,
    },
    "geographies__0__sea": {"yearly_sd_degc": 0.0, "anomaly_sd_degc": 0.0, "site_sd_degc": 0.0},
    **{f"stages__{order}__mortality_batch_sd": 0.0 for order in range(4)},
    **{f"stages__{order}__mortality_daily_sd": 0.0 for order in range(4)},
}  # fmt: skip
EVERY = {"projections__forward_every_days": 20}


def of_run(told: Told, label: str = "Baseline") -> dict[str, np.ndarray[Any, Any]]:
    """The days of the first batch's projection of that label."""
    key = next(row["key"] for row in told.rows("projection_run") if row["label"] == label)
    days = told.facts()["projection"]
    return {name: column[days["projection_run"] == key] for name, column in days.items()}


def days(value: float, number: int) -> np.ndarray[Any, Any]:
    return np.full(number, value)


def test_constant_water_gives_the_closed_form() -> None:
    course = project(
        np.array([1.0, 50.0]),
        np.array([1000.0, 10.0]),
        degc=days(10.0, 100),
        tgc=days(2.7, 100),
        fcr=days(1.2, 100),
        hazard=days(0.001, 100),
        lost=np.where(np.arange(100) == 40, 0.05, 0.0),
    )
    for first_g, weight in zip((1.0, 50.0), course.weight_g, strict=True):
        assert weight[-1] == pytest.approx(grown_weight_g(first_g, 2.7, 10.0 * 100))
        assert weight[24] == pytest.approx((first_g ** (1 / 3) + 2.7 / 1000 * 250) ** 3)
    assert course.population[0] == pytest.approx(1000 * 0.999 ** np.arange(1, 101) * np.where(
        np.arange(100) >= 40, 0.95, 1.0
    ))  # fmt: skip
    # What they eat is what they gain, times the FCR, with those alive in the morning.
    gain = np.diff(course.weight_g[1], prepend=50.0)
    morning = course.population[1] / 0.999
    assert course.feed_kg[1] == pytest.approx(morning * gain / 1000 * 1.2)


def test_water_below_zero_shrinks_nobody() -> None:
    cold = project(
        100.0, 1.0, degc=days(-1.5, 5), tgc=days(3, 5), fcr=days(1, 5), hazard=days(0, 5),
        lost=days(0, 5),
    )  # fmt: skip
    assert cold.weight_g == pytest.approx(np.full(5, 100.0))
    assert cold.feed_kg == pytest.approx(np.zeros(5))


def test_a_weight_is_reached_on_the_first_evening_that_has_it() -> None:
    weights = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0]])
    assert reached(weights, 4.0).tolist() == [3, 1]
    assert reached(weights, np.array([2.5, 100.0])).tolist() == [2, 3]
    assert reached(weights, 0.5, not_before=2).tolist() == [2, 2]


def stages(*roles: str) -> list[Stage]:
    return [
        Stage(
            name=f"S{n}", role=role, hall=None if role == "sea" else "ABCDEFGHIJ"[n],
            container_type="Tank", tgc=1.0, daily_mortality_percent=0.1, duration_days=90,
            temperature_degc=10.0,
        )
        for n, role in enumerate(roles)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "filled"),
    [
        (("hatchery", *["freshwater"] * 4, "sea"),
         {"egg": 0, "alevin": 0, "fry": 1, "parr": 2, "smolt": 3, "post_smolt": 4, "harvest": 5}),
        (("hatchery", "sea"), {"egg": 0, "alevin": 0, "smolt": 0, "harvest": 1}),
        (("hatchery", "freshwater", "freshwater", "sea"),
         {"egg": 0, "alevin": 0, "fry": 1, "parr": 2, "smolt": 2, "harvest": 3}),
        (("hatchery", "hatchery", "freshwater", "sea"),
         {"egg": 0, "alevin": 1, "fry": 2, "smolt": 2, "harvest": 3}),
        (("hatchery", *["freshwater"] * 6, "sea"),
         {"egg": 0, "alevin": 0, "fry": 1, "parr": 2, "smolt": 3, "post_smolt": 4, "harvest": 7}),
        (("hatchery", "freshwater"), {"egg": 0, "alevin": 0, "fry": 1}),
    ],
)  # fmt: skip
def test_stages_fill_the_scenarios_stages_by_role_and_order(
    roles: tuple[str, ...], filled: dict[str, int]
) -> None:
    found = scenario_stages(stages(*roles), 500.0)
    assert {value.name: value.order for value in found} == filled
    assert len(found) == len(filled)


def test_models_have_a_stages_value_under_its_own_name_too() -> None:
    company = stages("hatchery", "freshwater", "freshwater", "sea")
    for order, name in ((1, "parr"), (2, "A name with no room in AquaMind")):
        company[order] = company[order].model_copy(update={"name": name})
    named = value_names(company, 500.0)
    words = ["egg", "alevin", "fry", "parr", "harvest", "smolt"]
    assert list(named) == [*words, "S0", "S3"]
    # The name of a fish's stage is what is looked up, so it comes before the word.
    assert (named["parr"], named["fry"]) == (company[1], company[1])
    assert (named["S0"], named["egg"], named["S3"]) == (company[0], company[0], company[3])


def test_the_weight_on_the_eve_of_the_sea_follows_from_the_stages() -> None:
    company = stages("hatchery", "freshwater", "sea")
    # 90 days of 10 degrees in each: cube root of 1 g, plus twice 1.0 / 1000 x 900.
    assert transfer_weight_g(company, 1.0) == pytest.approx((1 + 2 * 0.9) ** 3)
    assert transfer_weight_g(company[:2], 1.0) is None


def test_constraints_have_the_thresholds_of_the_batchs_forecasts() -> None:
    told = run(company(schedule__batches=2, **EVERY))
    sets = {row["key"]: row["name"] for row in told.rows("constraint_set")}
    batches = {batch.row.key: batch for batch in told.farm.batches}
    limits = {
        (sets[row["constraint_set"]], row["lifecycle_stage"]): row
        for row in told.rows("stage_constraint")
    }
    assert len(limits) == len(told.rows("stage_constraint"))
    scenarios = told.rows("scenario")
    assert len(scenarios) == 4  # two of each batch
    for scenario in scenarios:
        batch = batches[scenario["batch"]]
        assert batch.baseline is not None
        assert batch.baseline.transfer_g is not None
        whose = sets[scenario["biological_constraints"]]
        assert whose == f"{batch.name} constraints"
        assert limits[whose, "harvest"]["max_weight_g"] == batch.plan.target_g
        assert limits[whose, "smolt"]["max_weight_g"] == batch.baseline.transfer_g
        assert all(
            row["min_weight_g"] < row["max_weight_g"]
            for (name, _), row in limits.items() if name == whose
        )  # fmt: skip
    assert limits["North constraints (small)", "harvest"]["max_weight_g"] == 200
    of_batch = {row["key"]: row["batch"] for row in told.rows("assignment")}
    for summary in told.rows("forecast_summary"):
        whose = f"{batches[of_batch[summary['assignment']]].name} constraints"
        assert summary["harvest_threshold_g"] == limits[whose, "harvest"]["max_weight_g"]
        assert summary["transfer_threshold_g"] in (None, limits[whose, "smolt"]["max_weight_g"])


def test_the_hatchery_is_split_at_the_hatch() -> None:
    egg, alevin, *_ = scenario_stages(stages("hatchery", "freshwater"), 500.0)
    assert (egg.days, alevin.days) == (50, 40)
    egg, alevin, *_ = scenario_stages(stages("hatchery", "freshwater"), 2000.0)
    assert (egg.days, alevin.days) == (89, 1)


def test_the_climate_is_the_seas_mean_year() -> None:
    sea = SeaWater(mean_degc=9.0, amplitude_degc=3.0, peak_day=232)
    year = sea_climate(sea, np.arange(18262, 18262 + 366))  # 2020
    assert year.mean() == pytest.approx(9.0, abs=0.02)
    assert int(np.argmax(year)) + 1 == 232
    assert year.max() == pytest.approx(12.0)


def test_a_batch_is_pinned_to_its_baseline() -> None:
    told = run(company(schedule__batches=2))
    scenarios = {row["key"]: row for row in told.rows("scenario")}
    runs = {row["key"]: row for row in told.rows("projection_run")}
    batches = told.rows("batch")
    assert len(batches) == 2
    for batch in batches:
        pinned = runs[batch["pinned_projection_run"]]
        scenario = scenarios[pinned["scenario"]]
        assert (scenario["batch"], scenario["start_date"]) == (batch["key"], batch["start_date"])
        assert scenario["name"] == f"Baseline {batch['batch_number']}"
        again = [s for s in scenarios.values() if s["batch"] == batch["key"]]
        assert [s["name"] for s in again][1:] == [f"From Smolt {batch['batch_number']}"]
        snapshot = json.loads(pinned["parameters_snapshot"])
        assert snapshot["start"]["count"] == scenario["initial_count"]
        assert [stage["days"] for stage in snapshot["stages"]] == [10, 15, 15, 50]
        assert pinned["final_weight_g"] >= snapshot["target"]["weight_g"] - 1e-3


def test_a_projection_ends_on_the_evening_of_the_target_or_with_the_last_stage() -> None:
    told = run(company(), days=3)
    target = told.farm.batches[0].plan.target_g
    grams = of_run(told)["average_weight"] / 1e6
    assert grams[-2] < target <= grams[-1]
    slow = run(company(stages__3__tgc=1.0), days=3)
    assert len(of_run(slow)["day_number"]) == 10 + 15 + 15 + 50


def test_the_plan_knows_nothing_of_the_batchs_luck() -> None:
    """Weather, mortality and growth to come move no projection; knobs of the plan do."""
    plain = run(company(), days=3)
    moody = run(
        company(
            geographies__0__sea={"yearly_sd_degc": 3.0, "anomaly_sd_degc": 3.0},
            variation={"container_growth_sd": 0.3, "daily_fcr_sd": 0.3},
            stages__1__mortality_batch_sd=1.0,
        ),
        days=3,
    )
    warmer = run(company(stages__1__temperature_degc=14.0), days=3)
    for name in ("average_weight", "population", "daily_feed", "temperature"):
        assert (of_run(plain)[name] == of_run(moody)[name]).all()
    assert of_run(warmer)["average_weight"][20] > of_run(plain)["average_weight"][20]


def test_without_luck_a_batch_does_as_projected() -> None:
    told = run(company(**NO_LUCK))
    for label, least_days in (("Baseline", 60), ("From Smolt", 35)):
        planned = of_run(told, label)
        state = told.facts()["daily_state"]
        compared = 0
        for place, day in enumerate(planned["projection_date"].tolist()):
            today = state["date"] == day
            fish = state["population"][today]
            if not today.any() or day > planned["projection_date"][-1] - 3:
                continue  # the rings that are emptied first are no longer there
            mean = (fish * state["avg_weight_g"][today]).sum() / fish.sum() / 100
            degc = state["temp_c"][
                today & (state["lifecycle_stage"] == planned["current_stage"][place])
            ]
            # Small fish are recorded to 0.01 g.
            assert mean == pytest.approx(planned["average_weight"][place] / 1e6, rel=0.03, abs=0.01)
            assert fish.sum() == pytest.approx(planned["population"][place] / 1e6, rel=0.01)
            # A move by boat takes days: who has come is in the water that was expected.
            assert degc / 100 == pytest.approx(planned["temperature"][place] / 1e6, abs=0.006)
            compared += 1
        assert compared >= least_days


def test_feed_and_fish_of_a_whole_projection() -> None:
    told = run(company(), days=3)
    planned, stage = of_run(told), told.farm.stages
    grams, fish = planned["average_weight"] / 1e6, planned["population"] / 1e6
    assert (np.diff(grams) > 0).all()
    assert (np.diff(fish) < 0).all()
    assert (planned["cumulative_feed"] == np.cumsum(planned["daily_feed"])).all()
    assert not planned["daily_feed"][planned["current_stage"] == 0].any()
    fed = planned["daily_feed"][-1] / 1e6
    eaters = fish[-2]
    assert fed == pytest.approx(eaters * (grams[-1] - grams[-2]) / 1000 * stage[3].fcr, rel=1e-6)
    smolts_to_sea = np.flatnonzero(planned["current_stage"] == 3)[0]
    survived = fish[smolts_to_sea] / fish[smolts_to_sea - 1]
    assert survived == pytest.approx((1 - 0.005) * (1 - stage[3].daily_mortality_percent / 100))


def test_profiles_are_as_long_as_the_plan_and_the_geographys_own_450_days() -> None:
    told = run(company(projections={"spare_days": 7}), days=3)
    names = {row["key"]: row["name"] for row in told.rows("temperature_profile")}
    readings = told.facts()["temperature_reading"]
    length = {names[key]: int((readings["profile"] == key).sum()) for key in names}
    batch = told.farm.batches[0].name
    assert length == {
        "North sea (small)": 450,
        "North cold sea (small)": 450,
        f"Baseline {batch} water": 90 + 7,
    }
    models = told.rows("tgc_model")
    assert [model["profile"] for model in models] == sorted(names)


def test_every_geography_has_a_standing_profile_of_a_mean_and_of_a_cold_year() -> None:
    south = {**SOUTH, "sea": {"mean_degc": 1.0, "amplitude_degc": 2.0, "yearly_sd_degc": 0.4}}
    told = run(
        company(geographies=[COMPANY["geographies"][0], south], projections={"cold_year_sd": 2.0}),
        days=1,
    )
    for lane, (name, mean_degc, sd_degc) in enumerate((("North", 9.5, 0.25), ("South", 1.0, 0.4))):
        rows = told.rows("temperature_profile", lane)[:2]
        assert [row["name"] for row in rows] == [f"{name} sea (small)", f"{name} cold sea (small)"]
        readings = told.facts(lane)["temperature_reading"]
        mean, cold = (
            readings["temperature"][readings["profile"] == row["key"]] / 1e6 for row in rows
        )
        year = slice(0, 366)  # 2020
        assert mean[year].mean() == pytest.approx(mean_degc, abs=0.01)
        assert mean - cold == pytest.approx(np.minimum(2 * sd_degc, mean + 1.5), abs=2e-6)
        assert cold.min() >= -1.5  # sea water does not get colder
    assert cold.min() == -1.5


def test_live_forecasts_are_made_on_their_evenings_and_on_the_last_day() -> None:
    told = run(company(**EVERY))
    last = told.world.plan.end_day - 1
    made = sorted(set(told.facts()["forward_projection"]["computed_date"].tolist()))
    assert made
    assert all((last - day) % 20 == 0 for day in made)
    alive = run(company(**EVERY, schedule__tail_days=50))
    last = alive.world.plan.end_day - 1
    assert last in alive.facts()["forward_projection"]["computed_date"]
    summaries = [row for row in alive.rows("forecast_summary") if row["computed_date"] == last]
    active = {int(key) for key in alive.farm.stock.assignment if key >= 0}
    assert {row["assignment"] for row in summaries} == active
    assert {row["last_computed"] for row in summaries} == {microseconds(last + REVIEW)}
    assert REVIEW > CLOSE


def test_a_forecast_starts_from_the_days_record() -> None:
    told = run(company(**EVERY))
    state = told.facts()["daily_state"]
    where = {
        (a, d): n for n, (a, d) in enumerate(zip(state["assignment"], state["date"], strict=True))
    }
    rows = told.rows("forecast_summary")
    assert len(rows) > 8
    for row in rows:
        n = where[row["assignment"], row["state_date"]]
        assert row["current_population"] == state["population"][n]
        assert round(row["current_weight_g"] * 100) == pytest.approx(
            state["avg_weight_g"][n], abs=1
        )
        scores = json.loads(state["confidence_scores"][n])
        assert row["state_confidence"] == min(scores.values())


def test_the_bias_is_what_the_water_was_warmer_and_is_clamped() -> None:
    """A sea that is 5 degrees warmer than its climate, all year, of which 1 is believed."""
    knobs = {"bias_max_degc": 1.0, "forward_every_days": 10}
    warm = company(**NO_LUCK, projections=knobs)
    world = World(warm)
    farm = world.farms[0]
    area = farm.layout.areas[0].index
    farm.surroundings.water.degc[area] += 5.0
    world.advance(world.plan.end_day)
    told = Told(world, [farm.records.cut(world.plan.first_day, world.plan.end_day)])
    forward = told.facts()["forward_projection"]
    at_sea = farm.layout.at_sea[forward["container"]]
    assert set(forward["temp_bias_c"][at_sea].tolist()) == {100}
    assert set(forward["temp_bias_c"][~at_sea].tolist()) == {0}
    profile = farm.batches[0].baseline
    assert profile is not None
    used = forward["temperature_used_c"][at_sea] / 100
    assert used == pytest.approx(profile.degc[forward["day_number"][at_sea] - 1] + 1, abs=0.006)


def test_without_luck_a_forecast_agrees_with_the_plan() -> None:
    told = run(company(**NO_LUCK, **EVERY))
    rows = told.rows("forecast_summary")
    assert len(rows) > 8
    for row in rows:
        assert abs(row["harvest_variance_days"]) <= 2
        at_sea = told.farm.layout.at_sea[
            next(r["container"] for r in told.rows("assignment") if r["key"] == row["assignment"])
        ]
        assert (row["projected_transfer_date"] is None) == bool(at_sea)
        if not at_sea:
            start = told.farm.batches[0].start
            assert abs(row["projected_transfer_date"] - (start + 10 + 15 + 15 - 1)) <= 1


def test_slow_fish_are_late_and_end_with_the_last_stage() -> None:
    world = World(company(**NO_LUCK, projections={"forward_every_days": 5}))
    farm, first = world.farms[0], world.plan.first_day
    world.advance(first + 41)
    farm.stock.weight_g[farm.stock.batch >= 0] *= 0.2
    world.advance(first + 46)
    rows = Told(world, [farm.records.cut(first, first + 46)]).rows("forecast_summary")
    plan = farm.batches[0].plan
    newest = [row for row in rows if row["computed_date"] == max(r["computed_date"] for r in rows)]
    assert newest
    for row in newest:
        assert row["harvest_variance_days"] > 5
        assert row["projected_harvest_weight_g"] < row["harvest_threshold_g"] == plan.target_g
        # The last ring came by boat some days after the first: its stage ends with theirs.
        assert 0 <= row["projected_harvest_date"] - (plan.planned_end - 1) <= 3


def test_what_is_gone_keeps_its_last_forecast_and_needs_no_planning() -> None:
    """Without a plan whatever is due soon needs one, until its container is empty."""
    scenario = company(projections={"forward_every_days": 20, "attention_days": 3650})
    world = World(scenario)
    farm, last = world.farms[0], world.plan.end_day - 1
    first = next(day for day in range(world.plan.first_day, last) if (last - day) % 20 == 0)
    flagged: dict[int, list[bool]] = {}
    for day in range(first, world.plan.end_day, 20):
        world.advance(day)
        for activity in farm.lane.records["planned_activity"]:
            activity.values["status"] = "CANCELLED"
        world.advance(day + 1)
        for row in farm.lane.records["forecast_summary"]:
            active = row.values["assignment"] in farm.stock.assignment
            needs = bool(row.values["needs_planning_attention"])
            assert needs == active
            assert (row.values["computed_date"] == day) == active
            flagged.setdefault(row.key, []).append(needs)
    assert [True, False] in [flags[:2] for flags in flagged.values()]
    planned = run(scenario, days=30).rows("forecast_summary")
    assert planned
    assert not any(row["needs_planning_attention"] for row in planned)


def test_rows_do_not_depend_on_where_chunks_end() -> None:
    scenario = company(**EVERY, schedule__batches=2)
    whole = run(scenario).facts()
    for step in (7, 45):
        world = World(scenario)
        farm = world.farms[0]
        observer = Observer(farm)
        blocks: list[Block] = []
        for start in range(world.plan.first_day, world.plan.end_day, step):
            end = min(start + step, world.plan.end_day)
            world.advance(end)
            blocks += observer.facts(farm.records.cut(start, end))
        parts = joined(blocks)
        for kind in ("temperature_reading", "projection", "forward_projection"):
            assert whole[kind].keys() == parts[kind].keys()
            for name, column in whole[kind].items():
                assert (column == parts[kind][name]).all(), (kind, name)


def test_another_geography_moves_no_projection() -> None:
    alone = run(company())
    beside = run(company(geographies=[company().geographies[0].model_dump(), SOUTH]))
    for name, column in of_run(alone).items():
        assert (column == of_run(beside)[name]).all()


def test_a_company_without_fresh_water_has_only_a_baseline() -> None:
    short = run(company(stages=[STAGES[0], STAGES[3]], harvest__target_kg_mean=0.15), days=30)
    assert [row["label"] for row in short.rows("projection_run")] == ["Baseline"]
