"""Laboratory samples and the journal's rounds: they say what is true, and when it is known."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from sim.core.arrays import Arrays
from sim.core.journal import Record
from sim.core.streams import stream
from sim.fish.condition import HEALTH_PARAMETERS, Condition
from sim.fish.laboratory import LOOKED_AT, Analysis, analyse_fish, analyse_water
from sim.master_data.health import SAMPLE_TYPES
from sim.processes.health.labs import send_sample
from sim.processes.health.rounds import severity_of
from sim.processes.health.vaccination import containers_of
from sim.scenario.knobs.care import Care
from sim.world import World
from tests.support.small_company import Told, company, run

CARE = Care()
GILL = HEALTH_PARAMETERS.index("gill")
DISEASES = ("PD", "ISA")
MANY = 2000


def analysed(kind: str, condition: Condition, n: int, care: Care = CARE) -> Analysis:
    """The n-th of many samples of the first container."""
    return analyse_fish(care, kind, condition, 0, DISEASES, stream(1, "sample", n))


def sick(load: float = 0.0, gill: float = 0.0) -> Condition:
    """Two containers, the first with the first disease and damaged gills."""
    condition = Condition(Arrays([2]).whole, len(DISEASES), 1)
    condition.load[0, 0] = load
    condition.damage[GILL, 0] = gill
    return condition


# What is found


def test_a_pathogen_is_found_with_the_tests_sensitivity_however_few_are_infected() -> None:
    found = [analysed("kidney", sick(load=0.05), n).found for n in range(MANY)]
    assert {name for names in found for name in names} == {"PD"}
    assert sum(map(bool, found)) / MANY == pytest.approx(CARE.lab_sensitivity, abs=0.02)
    always = Care(lab_sensitivity=1.0)
    assert analysed("kidney", sick(load=1e-6), 0, always).found == ("PD",)


def test_signals_come_sooner_the_further_a_disease_has_spread() -> None:
    always = Care(lab_sensitivity=1.0)

    def ct(load: float) -> float:
        return float(
            json.loads(analysed("gill", sick(load=load), 3, always).results)["pcr_ct"]["PD"]
        )

    assert ct(0.05) > ct(0.5) > ct(1.0) > 0


def test_healthy_fish_are_well_but_for_a_few_doubts() -> None:
    found = [analysed("gill", sick(), n) for n in range(MANY)]
    abnormal = [analysis for analysis in found if analysis.abnormal]
    assert 0 < len(abnormal) < 3 * CARE.lab_false_share * MANY
    assert {analysis.found for analysis in found} == {()}
    assert {analysis.summary for analysis in abnormal} == {"Weak signal, not confirmed"}
    never = Care(lab_false_share=0.0)
    assert not any(analysed("gill", sick(), n, never).abnormal for n in range(MANY))


def test_a_score_is_that_of_the_damage_that_the_sample_shows() -> None:
    scores = [json.loads(analysed("gill", sick(gill=0.5), n).results)["score"] for n in range(MANY)]
    assert np.mean(scores) == pytest.approx(1.5, abs=0.02)
    assert analysed("gill", sick(gill=0.5), 1).abnormal
    assert not analysed("gill", sick(gill=0.1), 1).abnormal
    never = Care(lab_false_share=0.0)
    for kind in LOOKED_AT.keys() - {"gill"}:
        assert json.loads(analysed(kind, sick(gill=0.9), 1, never).results)["score"] == 0


def test_ill_fish_are_anaemic() -> None:
    condition = sick()
    condition.damage[HEALTH_PARAMETERS.index("body"), 0] = 0.7
    well, ill = (
        np.mean([json.loads(analysed("blood", state, n).results)["haematocrit_percent"]
                 for n in range(100)])
        for state in (sick(), condition)
    )  # fmt: skip
    assert well - ill == pytest.approx(7 * 3 * 0.7, rel=0.1)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "As it should be"),
        ({"degc": 19.0}, "19.0 degrees"),
        ({"feed_kg_m3": 4.0}, "Loaded: 4.0 kg of feed a day and cubic metre"),
        ({"oxygen_loss": 0.4}, "40 % of the oxygen is missing"),
    ],
)
def test_water_is_abnormal_where_something_is_wrong(changed: dict[str, float], told: str) -> None:
    state = {"degc": 9.0, "salinity_ppt": 34.0, "feed_kg_m3": 0.5, "oxygen_loss": 0.0}
    analysis = analyse_water(CARE, **{**state, **changed})
    assert analysis.summary == told
    assert analysis.abnormal == bool(changed)
    assert json.loads(analysis.results)["abnormal"] == bool(changed)


# When it is known


@pytest.fixture(scope="module")
def told() -> Told:
    return run(company(schedule__batches=2, care__lab_interval_days=10))


def test_types_and_containers_take_turns(told: Told) -> None:
    rows = told.rows("lab_sample")
    assert {row["sample_type"] for row in rows} == set(range(len(SAMPLE_TYPES)))
    references = [row["lab_reference_id"] for row in rows]
    assert len(references) == len(set(references))
    homes = {row["batch_container_assignment"] for row in rows}
    assert len(homes) > len(rows) / 3


def test_eggs_and_alevins_are_spared(told: Told) -> None:
    small = {row["key"] for row in told.rows("assignment") if row["lifecycle_stage"] == 0}
    types = [row["sample_type"] for row in told.rows("lab_sample")
             if row["batch_container_assignment"] in small]  # fmt: skip
    assert types
    assert set(types) == {list(SAMPLE_TYPES).index("water")}


def test_results_come_days_after_a_sample_was_sent(told: Told) -> None:
    low, high = CARE.lab_days
    answered = [row for row in told.rows("lab_sample") if row["date_results_received"]]
    for row in answered:
        assert row["date_sent_to_lab"] - row["sample_date"] == CARE.lab_sending_days
        assert low <= row["date_results_received"] - row["date_sent_to_lab"] <= high
        assert row["findings_summary"]
        assert row["quantitative_results"]
    days = [row["date_results_received"] - row["date_sent_to_lab"] for row in answered]
    assert len(set(days)) > 3


def test_results_may_be_outstanding_when_a_run_is_cut() -> None:
    early = run(company(care__lab_interval_days=10), 9)
    (row,) = early.rows("lab_sample")  # taken on the sixth day, sent on the seventh
    assert row["date_sent_to_lab"] == row["sample_date"] + 1
    names = ("date_results_received", "findings_summary", "quantitative_results")
    assert [row[name] for name in names] == [None, None, None]


def test_whoever_sends_a_sample_can_wait_for_the_answer() -> None:
    world = World(company(care__lab_interval_days=1000, care__lab_days=(3, 3)))
    world.advance(world.plan.first_day + 30)
    farm = world.farms[0]
    batch = farm.batches[0]
    unit = int(containers_of(farm, batch)[0])
    farm.stock.condition.damage[GILL, unit] = 0.9
    answers: list[tuple[float, Analysis]] = []

    def wait() -> Generator[Any, Any, None]:
        sent = send_sample(farm, batch, unit, "gill", "Wanted to know")
        analysis = yield sent.results
        answers.append((farm.env.now, analysis))

    farm.env.process(wait())
    world.advance(world.plan.first_day + 40)
    ((when, analysis),) = answers
    assert int(when) == world.plan.first_day + 30 + 1 + 3
    assert analysis.abnormal
    assert json.loads(analysis.results)["score"] > 2  # as it was when the sample was taken
    (diagnosis,) = entries(world, "diagnosis")
    assert diagnosis.values["container"] == unit


# Rounds


@pytest.mark.parametrize(
    ("lost", "expected", "damage", "level"),
    [
        (100, 100.0, 0.0, 0),
        (199, 100.0, 0.0, 0),
        (200, 100.0, 0.0, 1),
        (500, 100.0, 0.0, 2),
        (4, 1.0, 0.0, 0),  # a few fish more are chance
        (10, 1.0, 0.0, 2),
        (0, 0.0, 0.15, 1),
        (0, 0.0, 0.4, 2),
        (200, 100.0, 0.4, 2),
    ],
)
def test_severity_is_the_worse_of_losses_and_damage(
    lost: int, expected: float, damage: float, level: int
) -> None:
    assert severity_of(CARE, lost, expected, damage) == level


def entries(world: World, category: str) -> list[Record]:
    rows = world.farms[0].lane.records.get("journal_entry", [])
    return [row for row in rows if row.values["category"] == category]


def test_a_healthy_batch_is_observed_and_nothing_else(told: Told) -> None:
    rows = told.rows("journal_entry")
    assert {(row["category"], row["severity"]) for row in rows} == {("observation", "low")}
    for batch in told.farm.batches:
        ages = [
            row["entry_date"] // 86_400_000_000 - batch.start
            for row in rows
            if row["batch"] == batch.row.key
        ]
        assert ages == list(range(15, ages[-1] + 1, 30))
        assert len(ages) > 1


def test_losses_are_counted_and_told() -> None:
    world = World(company(care__journal_interval_days=20))
    first = world.plan.first_day
    world.advance(first + 25)
    farm = world.farms[0]
    units = containers_of(farm, farm.batches[0])
    farm.stock.count[units] -= farm.stock.count[units] // 10
    world.advance(first + 31)
    (issue,) = entries(world, "issue")
    assert issue.values["severity"] == "high"
    assert issue.values["resolution_status"] is False
    world.advance(first + 51)
    assert issue.values["resolution_status"] is True
    assert len(entries(world, "issue")) == 1


def test_damage_becomes_an_issue_a_sample_and_a_diagnosis() -> None:
    world = World(company(care__journal_interval_days=20, care__lab_interval_days=1000,
                          variation__healing_percent_per_day=0.0))  # fmt: skip
    first = world.plan.first_day
    world.advance(first + 30)
    farm = world.farms[0]
    worst = int(containers_of(farm, farm.batches[0])[1])
    farm.stock.condition.damage[GILL, worst] = 0.5
    world.advance(first + 48)
    (issue,), (sample,), (diagnosis,) = (
        entries(world, category) for category in ("issue", "sample", "diagnosis")
    )
    assert issue.values["container"] == worst
    assert "Gill Condition" in str(issue.values["description"])
    reference = str(farm.lane.records["lab_sample"][0].values["lab_reference_id"])
    assert reference in str(sample.values["description"])
    assert reference in str(diagnosis.values["description"])


def test_a_move_is_not_mistaken_for_an_illness() -> None:
    """When smolts move, two per cent of them die: six times the losses of another week."""
    world = World(company(care__journal_interval_days=7, stages__2__transfer_mortality_percent=2.0))
    world.advance(world.plan.first_day + 60)
    assert len(entries(world, "observation")) >= 7
    assert entries(world, "issue") == []
