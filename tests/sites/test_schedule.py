"""The plan: explicit entries, staggered starts, batch numbers, and what is drawn by name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.core.clock import date_of, day_of
from sim.scenario.problems import PlanProblem
from sim.sites.schedule import BatchPlan, make_plan
from tests.support.small_company import COMPANY, SOUTH, START, company, run

NORTH = COMPANY["geographies"][0]
BOTH = [NORTH, SOUTH]


def plans(**changes: object) -> tuple[BatchPlan, ...]:
    return make_plan(company(**changes)).batches


def entry(geography: str, day: int, **given_: object) -> dict[str, Any]:
    return {"geography": geography, "start": START + timedelta(days=day), **given_}


def test_entries_are_taken_as_they_are_given() -> None:
    scenario = company(
        geographies=[{**NORTH, "stations": 3}, SOUTH],
        eggs__count_max=150_000,
        schedule__entries=[
            entry("South", 30, batch_number="SPRING", eggs=120_000),
            entry("North", 9, station=3, target_weight_kg=0.21),
            entry("North", 2),
        ],
    )
    plan = make_plan(scenario)
    first, second, third = plan.batches
    assert [b.start - day_of(START) for b in plan.batches] == [2, 9, 30]
    assert (first.name, first.geography, first.station) == ("NOR-2020-001", 0, 0)
    assert (second.name, second.station, second.target_g) == ("NOR-2020-002", 2, 210.0)
    assert (third.name, third.geography, third.eggs) == ("SPRING", 1, 120_000)
    assert (plan.first_day, plan.end_day) == (first.start, third.start + 95)


def test_what_an_entry_leaves_out_is_drawn_as_for_a_staggered_batch() -> None:
    knobs = {"eggs__count_max": 200_000, "stages__1__duration_spread_days": 3}
    (staggered,) = plans(**knobs)
    (given_,) = plans(**knobs, schedule__entries=[entry("North", 0)])
    assert given_ == staggered
    (other,) = plans(**knobs, schedule__entries=[entry("North", 0, target_weight_kg=0.2)])
    assert (other.eggs, other.durations) == (staggered.eggs, staggered.durations)


def test_an_end_cuts_entries_off() -> None:
    until = START + timedelta(days=20)
    scenario = company(
        schedule__end=until, schedule__entries=[entry("North", 0), entry("North", 40)]
    )
    told = run(scenario)
    assert told.world.plan.end_day == day_of(until)
    assert [row["batch_number"] for row in told.rows("batch")] == ["NOR-2020-001"]


def test_starts_alternate_between_the_geographies() -> None:
    starts = plans(geographies=BOTH, schedule__batches=5, schedule__stagger_days=13)
    assert [(b.geography, b.number, b.start - day_of(START)) for b in starts] == [
        (0, 1, 0), (1, 1, 13), (0, 2, 26), (1, 2, 39), (0, 3, 52),
    ]  # fmt: skip


def test_an_end_date_is_counted_back_from() -> None:
    end = date(2025, 12, 31)
    plan = make_plan(company(schedule__start=None, schedule__end=end, schedule__batches=4))
    assert plan.end_day == day_of(end)
    assert plan.batches[-1].start == day_of(end) - 95
    assert plan.first_day == day_of(end) - 95 - 3 * 20


def test_a_geography_may_have_its_own_number_and_stagger() -> None:
    south = {**SOUTH, "batches": 3, "stagger_days": 7}
    starts = plans(geographies=[NORTH, south], schedule__batches=2)
    assert [b.start - day_of(START) for b in starts if b.geography == 1] == [20, 27, 34]
    assert sum(b.geography == 0 for b in starts) == 1


def test_stations_take_turns() -> None:
    found = plans(geographies__0__stations=3, schedule__batches=7)
    assert [batch.station for batch in found] == [0, 1, 2, 0, 1, 2, 0]


BAK = "BAK{year}{week:02d}{n}"


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (date(2020, 1, 6), "BAK2020021"),
        (date(2025, 6, 18), "BAK2025251"),
        (date(2019, 12, 30), "BAK2020011"),  # a Monday, of the first week of 2020
        (date(2021, 1, 3), "BAK2020531"),  # a Sunday, of the last week of 2020
    ],
)
def test_bak_numbers_tell_year_and_week(start: date, name: str) -> None:
    (batch,) = plans(schedule__start=start, schedule__batch_number_pattern=BAK)
    assert batch.name == name


@pytest.mark.parametrize(
    "schedule",
    [
        {"batch_number_pattern": BAK, "entries": [entry("North", 0), entry("South", 1)]},
        {
            "batch_number_pattern": "{code}-{year}",
            "entries": [entry("North", 0), entry("North", 9)],
        },
        {"entries": [entry("North", 0, batch_number="NOR-2020-002"), entry("North", 9)]},
    ],
)
def test_two_batches_that_would_share_a_number_are_refused(schedule: dict[str, Any]) -> None:
    scenario = company(geographies=BOTH, schedule={"tail_days": 95, **schedule})
    with pytest.raises(PlanProblem, match="two batches would be called"):
        make_plan(scenario)


def test_no_batch_starts_before_days_are_counted() -> None:
    schedule = {"end": date(1970, 3, 1), "batches": 3, "stagger_days": 20, "tail_days": 95}
    with pytest.raises(PlanProblem, match="days are counted from") as refused:
        make_plan(company(schedule=schedule))
    ((where, text),) = refused.value.items
    assert where == ("schedule", "end")
    assert "the first batch would start 76 days before 1970-01-01" in text


def test_the_first_day_that_is_counted_is_a_start() -> None:
    (batch,) = plans(schedule__start=date(1970, 1, 1))
    assert batch.start == 0


@given(st.integers(1, 10**7), st.integers(0, 10**6), st.integers(0, 5))
@settings(deadline=None, max_examples=50)
def test_eggs_are_within_their_bounds(least: int, span: int, seed: int) -> None:
    limits = [{**kind, "max_biomass_kg": 99_999_999} for kind in COMPANY["container_types"]]
    (batch,) = plans(
        seed=seed, eggs={"count_min": least, "count_max": least + span}, container_types=limits,
        geographies__0__plant_kg_per_day=1e9, geographies__0__wellboat_kg=1e9,
    )  # fmt: skip
    assert least <= batch.eggs <= least + span


def test_draws_spread_over_what_the_knobs_allow() -> None:
    found = plans(schedule__batches=400, eggs__count_max=200_000, stages__1__duration_spread_days=2)
    eggs = [batch.eggs for batch in found]
    assert min(eggs) < 104_000
    assert max(eggs) > 196_000
    assert sum(eggs) / len(eggs) == pytest.approx(150_000, rel=0.03)
    assert {batch.durations[1] for batch in found} == {13, 14, 15, 16, 17}
    assert {batch.durations[2] for batch in found} == {15}
    targets = [batch.target_g for batch in found]
    assert sum(targets) / len(targets) == pytest.approx(200, abs=2)
    assert min(targets) >= 150
    assert max(targets) <= 250


def test_no_stage_lasts_less_than_a_day() -> None:
    try:
        found = plans(schedule__batches=50, stages__1__duration_spread_days=15)
    except ValidationError:
        return  # refused, which is as good
    assert min(min(batch.durations) for batch in found) >= 1


@pytest.mark.parametrize("share", [0.0, 0.25, 0.4, 1.0])
def test_own_broodstock_gives_its_share_evenly(share: float) -> None:
    own = [b.internal for b in plans(schedule__batches=40, eggs__internal_share=share)]
    assert sum(own) == round(40 * share)
    for some in range(1, 41):
        assert abs(sum(own[:some]) - some * share) < 1


def test_every_start_is_its_date_again() -> None:
    assert [date_of(b.start) for b in plans(schedule__batches=3)] == [
        START, START + timedelta(days=20), START + timedelta(days=40),
    ]  # fmt: skip
