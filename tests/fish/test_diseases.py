"""Diseases: onset by season and stage, spread within a site and to the next, course and cure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.core.arrays import Arrays
from sim.fish.condition import Condition, DeathTally
from tests.support.small_company import COMPANY, Told, company, run

ILL: dict[str, Any] = {
    "name": "Test fever", "agent": "viral", "role": "sea", "onsets_per_year": 40.0,
    "spread_per_day": 1.5, "neighbour_per_day": 0.0, "duration_days": 14.0, "duration_sd": 0.0,
    "mortality_percent": 10.0, "mortality_sd": 0.0, "container_sd": 0.0, "appetite_loss": 0.5,
    "damage": {"gill": 0.8},
}  # fmt: skip
STEADY: dict[str, Any] = {"stages__3__tgc": 3.0}
ROOMY = {**COMPANY["geographies"][0], "stations": 4, "areas": 4, "wellboats": 8}


def with_disease(*, disease: dict[str, Any] | None = None, **changes: object) -> Told:
    return run(company(diseases=[{**ILL, **(disease or {})}], **{**STEADY, **changes}))


def deaths_of(told: Told, name: str = "Test fever") -> dict[str, np.ndarray[Any, Any]]:
    table = told.cuts[0].table("deaths")
    names = np.array([description for _, description in told.farm.stock.condition.reasons])
    mine = names[table["reason"]] == name
    return {column: values[mine] for column, values in table.items()}


def died(told: Told, name: str = "Test fever") -> int:
    return int(deaths_of(told, name)["count"].sum())


def rings_hit(told: Told) -> int:
    return len(np.unique(deaths_of(told)["assignment"]))


def test_an_outbreak_spreads_along_a_site() -> None:
    """From one ring to all others; with no spread it stays where luck put it."""
    calm = with_disease(disease={"spread_per_day": 0.0, "onsets_per_year": 12.0})
    fever = with_disease(disease={"onsets_per_year": 12.0})
    assert 1 <= rings_hit(calm) < rings_hit(fever) == 6
    first = {
        int(key): int(deaths_of(fever)["day"][deaths_of(fever)["assignment"] == key].min())
        for key in np.unique(deaths_of(fever)["assignment"])
    }
    assert max(first.values()) > min(first.values())
    assert died(fever) > died(calm)


def test_an_outbreak_reaches_the_next_area() -> None:
    """The batch in the next area falls ill because its neighbour is."""

    def second_batch(neighbour: float) -> int:
        told = with_disease(
            disease={"onsets_per_year": 10.0, "neighbour_per_day": neighbour},
            geographies=[ROOMY], schedule__batches=4, schedule__stagger_days=2,
        )  # fmt: skip
        return len(np.unique(deaths_of(told)["batch"]))

    assert second_batch(0.0) < second_batch(3.0) == 4


def test_the_course_takes_the_share_that_it_says() -> None:
    told = with_disease(disease={"spread_per_day": 9.0}, stages__3__daily_mortality_percent=0.0)
    days, lost = told.days(), deaths_of(told)
    for key in np.unique(lost["assignment"]):
        mine = days["assignment"] == key
        before = int(days["count"][mine].max())
        share = lost["count"][lost["assignment"] == key].sum() / before
        assert share == pytest.approx(0.10, abs=0.012)
        span = np.unique(lost["day"][lost["assignment"] == key])
        assert span[-1] - span[0] < 14  # over when the course is


def test_who_had_it_is_immune() -> None:
    told = with_disease(disease={"onsets_per_year": 50.0, "duration_days": 5.0})
    for key in np.unique(deaths_of(told)["assignment"]):
        day = np.unique(deaths_of(told)["day"][deaths_of(told)["assignment"] == key])
        assert day[-1] - day[0] < 5


def test_no_onset_out_of_season_or_place() -> None:
    assert died(with_disease(disease={"season": [0.0] * 12})) == 0
    assert died(with_disease(disease={"most_degc": 2.0})) == 0
    assert died(with_disease(disease={"from_weight_g": 9000.0})) == 0
    assert died(with_disease(disease={"from_day": 400})) == 0
    ashore = with_disease(disease={"role": "freshwater", "onsets_per_year": 50.0})
    stages = {row["key"]: row["lifecycle_stage"] for row in ashore.rows("assignment")}
    assert {stages[int(key)] for key in deaths_of(ashore)["assignment"]} <= {1, 2}
    assert died(ashore) > 0


def test_a_greater_hazard_only_brings_illness_forward() -> None:
    """Common luck: who fell ill under the smaller hazard does so under the greater, no later."""

    def first_days(rate: float) -> dict[int, int]:
        lost = deaths_of(with_disease(disease={"onsets_per_year": rate, "spread_per_day": 0.0}))
        return {
            int(key): int(lost["day"][lost["assignment"] == key].min())
            for key in np.unique(lost["assignment"])
        }

    few, many = first_days(10.0), first_days(40.0)
    assert 0 < len(few) < len(many)
    assert all(many[key] <= day for key, day in few.items())


def test_the_background_is_left_alone() -> None:
    """A disease draws its own luck: other deaths of the ring stay as they were, while fish last."""
    healthy = run(company(**STEADY))
    ill = with_disease(disease={"mortality_percent": 0.001})
    one, other = healthy.cuts[0].table("deaths"), ill.cuts[0].table("deaths")
    mine = other["reason"] < len(healthy.world.scenario.death_causes)
    together = min(int(one["count"].sum()), 10**9)
    assert abs(int(other["count"][mine].sum()) - together) <= 0.01 * together


def test_vaccination_prevents() -> None:
    open_ = with_disease(disease={"onsets_per_year": 15.0})
    scenario = company(diseases=[{**ILL, "onsets_per_year": 15.0, "vaccine_effect": 1.0}],
                       **STEADY)  # fmt: skip
    from sim.world import World

    world = World(scenario)
    world.advance(world.plan.first_day + 5)
    world.farms[0].batches[0].protection = 1.0
    world.advance(world.plan.end_day)
    assert died(open_) > 0
    assert not world.farms[0].batches[0].outbreaks


def test_the_ill_eat_less_and_grow_less() -> None:
    healthy, ill = run(company(**STEADY)), with_disease(disease={"mortality_percent": 0.01})

    def heaviest(told: Told) -> float:
        days = told.days()
        return float(days["weight_g"][days["stage"] == 3].max())

    assert heaviest(ill) < 0.99 * heaviest(healthy)


def test_a_cure_saves_fish_and_withholds_them() -> None:
    cure = {"kind": "antibiotic", "name": "Test cure", "relief": 0.8, "duration_days": 5,
            "withholding_days": 10}  # fmt: skip
    knobs: dict[str, Any] = {"outbreaks": {"noticed_from": 0.05, "looked_at_days": 1}}
    left = with_disease(**knobs)
    cured = with_disease(disease={"cure": cure}, **knobs)
    assert died(cured) < 0.8 * died(left)
    rows = [row for row in cured.rows("treatment") if row["treatment_type"] == "medication"]
    assert rows
    assert {row["withholding_period_days"] for row in rows} == {10}
    entries = [row["category"] for row in cured.rows("journal_entry")]
    assert {"issue", "treatment"} <= set(entries)


def test_deaths_are_bursty_and_bad_weeks_follow_bad_weeks() -> None:
    """Against the same mean spread evenly: weekly deaths vary far more, and persist."""

    def weekly(told: Told) -> np.ndarray[Any, Any]:
        days = told.days()
        sea = days["stage"] == 3
        week = (days["day"][sea] - days["day"][sea].min()) // 4
        ring = days["container"][sea] - days["container"][sea].min()
        table = np.zeros((int(ring.max()) + 1, int(week.max()) + 1))
        np.add.at(table, (ring, week), days["dead"][sea])
        return table[:, :-1]

    knobs: dict[str, Any] = {"geographies": [ROOMY], "schedule__batches": 4}
    bursty = weekly(with_disease(disease={"onsets_per_year": 8.0, "mortality_sd": 1.0}, **knobs))
    even = weekly(run(company(**STEADY, **knobs)))

    def spread(table: np.ndarray[Any, Any]) -> float:
        return float(table.std() / table.mean())

    def persistence(table: np.ndarray[Any, Any]) -> float:
        return float(np.corrcoef(table[:, :-1].ravel(), table[:, 1:].ravel())[0, 1])

    assert spread(bursty) > 2 * spread(even)
    assert persistence(bursty) > 0.4


@pytest.mark.parametrize("share", [0.3, 0.5, 1.0])
def test_illness_goes_with_the_fish(share: float) -> None:
    told = with_disease(disease={"role": "freshwater", "onsets_per_year": 0.0})
    farm = told.farm
    epidemics, condition = farm.epidemics, farm.stock.condition
    epidemics.since[0, 3], epidemics.course[0, 3], epidemics.toll[0, 3] = farm.today, 20.0, 0.1
    condition.damage[0, 3] = 0.6
    condition.settle(np.array([5]), np.array([3]), np.array([share]))
    assert epidemics.since[0, 5] == farm.today
    assert condition.damage[0, 5] == pytest.approx(0.6 * share)
    condition.clear(np.array([5]))
    assert epidemics.since[0, 5] == -1
    assert condition.damage[0, 5] == 0


def test_of_two_harms_the_greater_is_the_reason() -> None:
    """Their hazards add up; what is told is what most die of, whichever comes first."""
    condition = Condition(Arrays([3]).whole, 0, 0)
    mild, bad = condition.reason("DISEASE", "mild"), condition.reason("DISEASE", "bad")
    condition.add_hazard("infection", np.array([0, 1]), 0.1, mild)
    condition.add_hazard("infection", np.array([0, 2]), 0.3, bad)
    condition.add_hazard("infection", np.array([2]), 0.1, mild)
    rows, fish = np.arange(3), np.full(3, 1_000_000)
    tally = DeathTally(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64), condition.places)
    luck, age = np.arange(3).astype(np.uint64), np.zeros(3, dtype=np.int64)
    dead = condition.die(rows, fish, luck, age, tally)
    assert dead / 1e6 == pytest.approx([0.4, 0.1, 0.4], rel=0.02)
    at, count, reason = tally.columns()
    assert at.tolist() == [0, 1, 2]
    assert count.tolist() == dead.tolist()
    assert reason.tolist() == [bad, mild, bad]


def at_sea() -> tuple[Told, int]:
    """A company some days after fish came to sea, with a rare disease; and one of their rings."""
    told = run(company(diseases=[{**ILL, "onsets_per_year": 1e-6}], **STEADY), days=45)
    base = told.farm.epidemics.base_hazard()[0]
    return told, int(np.flatnonzero((base > 0) & (told.farm.stock.batch >= 0))[0])


def test_a_week_of_hazard_is_kept_for_the_next() -> None:
    """From nowhere alone, a ring that is open meets as much hazard as it stands there days."""
    told, ring = at_sea()
    epidemics, spread = told.farm.epidemics, told.world.company.spread
    look = told.farm.today + -told.farm.today % 7
    spread.step(look)
    before = float(epidemics.exposure[0, ring])
    for day in range(look + 1, look + 22):
        spread.step(day)
    met = float(epidemics.exposure[0, ring]) - before
    assert met == pytest.approx(21 * epidemics.base_hazard()[0, ring], rel=1e-9)


def test_fish_that_come_anew_have_met_no_hazard() -> None:
    """What makes them ill is drawn at the next weekly look; until then they are not open."""
    told, ring = at_sea()
    epidemics, spread = told.farm.epidemics, told.world.company.spread
    look = told.farm.today + -told.farm.today % 7
    spread.step(look)
    assert epidemics.openness[0, ring] > 0
    drawn = float(epidemics.threshold[0, ring])
    spread.step(look + 1)
    told.farm.stock.condition.clear(np.array([ring]))
    epidemics.threshold[0, ring] = drawn + 1
    epidemics.begin([ring], look + 1)
    for day in range(look + 2, look + 7):
        spread.step(day)
        assert epidemics.openness[0, ring] == 0
    spread.step(look + 7)
    assert epidemics.openness[0, ring] > 0
    assert epidemics.exposure[0, ring] == 0
    assert epidemics.threshold[0, ring] == drawn  # the same luck


def test_scars_downgrade_fish_at_harvest() -> None:
    """Superior fish with scars become ordinary ones; nobody is lost, and rejects stay as many."""
    knobs: dict[str, Any] = {"stages__3__tgc": 9.0, "schedule__tail_days": 140}
    plain = with_disease(disease={"mortality_percent": 0.0}, **knobs)
    scarred = with_disease(disease={"mortality_percent": 0.0, "downgrade": 0.5}, **knobs)

    def fish(told: Told) -> np.ndarray[Any, Any]:
        counts = np.zeros(5, dtype=np.int64)
        for row in told.rows("harvest_lot"):
            counts[row["product_grade"]] += row["unit_count"]
        return counts

    before, after = fish(plain), fish(scarred)
    assert before.sum() == after.sum() > 0
    assert after[0] < 0.7 * before[0]
    assert after[3] - before[3] == before[0] - after[0]
    assert (after[[1, 2, 4]] == before[[1, 2, 4]]).all()
