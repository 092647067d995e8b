"""Vaccination: who is vaccinated when, what it costs the fish, and what is written down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.core.clock import MICROSECONDS_PER_DAY
from sim.fish.stock import ANCHOR_SAMPLE, ANCHOR_VACCINATION
from sim.processes.health.vaccination import containers_of
from sim.scenario import load
from tests.support.checked_runs import SCENARIOS
from tests.support.small_company import Told, company, run

# Days 29 and 35 lie in the smolt stage (days 25 to 39), at about 8 and 15 g.
DAYS = [29, 35]
SMOLT_TANKS = 4


def vaccinated(days: int | None = None, **changes: object) -> Told:
    """A company of one batch that is vaccinated on two days."""
    care = {"care__vaccination_days": DAYS, "care__vaccination_least_weight_g": 1.0}
    return run(company(**{**care, **changes}), days)


@pytest.fixture(scope="module")
def told() -> Told:
    return vaccinated()


def rounds(told: Told) -> dict[int, list[dict[str, Any]]]:
    """Vaccinations by the day of the batch's life, from 0."""
    start = told.farm.batches[0].start
    found: dict[int, list[dict[str, Any]]] = {}
    for row in told.rows("treatment"):
        if row["treatment_type"] == "vaccination":
            day = row["treatment_date"] // MICROSECONDS_PER_DAY - start
            found.setdefault(day, []).append(row)
    return found


def losses(told: Told) -> int:
    """Fish that died of their vaccination, by the records."""
    facts = told.facts()["mortality"]
    return int(facts["count"][facts["description"] == "After vaccination"].sum())


def test_every_container_is_vaccinated_once_on_every_day(told: Told) -> None:
    found = rounds(told)
    assert sorted(found) == DAYS
    homes = {row["container"] for row in told.rows("assignment") if row["lifecycle_stage"] == 2}
    assert len(homes) == SMOLT_TANKS
    for day in DAYS:
        assert sorted(row["container"] for row in found[day]) == sorted(homes)
        assert {row["vaccination_type"] for row in found[day]} == {DAYS.index(day)}
        assert {row["journal_entry"] for row in found[day]} <= {
            row["key"] for row in told.rows("journal_entry") if row["category"] == "vaccination"
        }


def test_small_fish_wait_until_they_are_big_enough() -> None:
    told = vaccinated(care__vaccination_least_weight_g=10.0, care__vaccination_interval_days=0)
    found = rounds(told)
    first, second = sorted(found)
    assert DAYS[0] < first < second == DAYS[1]
    days, start = told.days(), told.farm.batches[0].start

    def mean_g(day: int) -> float:
        today = days["day"] == start + day
        return float(np.average(days["weight_g"][today], weights=days["count"][today]))

    assert mean_g(first - 2) < 10 <= mean_g(first - 1)  # weighed by what they are in the morning


def test_alevins_wait_until_they_are_fed() -> None:
    told = vaccinated(care__vaccination_days=[5], care__vaccination_least_weight_g=0.0)
    assert sorted(rounds(told)) == [10]  # the first day of the fry


def test_fish_at_sea_are_not_vaccinated() -> None:
    told = vaccinated(care__vaccination_days=[50], care__vaccination_least_weight_g=0.0)
    assert rounds(told) == {}
    assert told.farm.batches[0].protection == 0


def without_fry(**changes: object) -> Told:
    """A company whose fry are not vaccinated, and smolts as soon as they are some."""
    return vaccinated(stages__1__vaccinated=False, care__vaccination_least_weight_g=0.0, **changes)


def test_the_first_day_of_a_stage_is_late_enough_for_a_round_in_it() -> None:
    """Day 25 is the day on which fish that live 10 days as eggs and 15 as fry move on."""
    told = without_fry(care__vaccination_days=[25])
    smolts = {row["container"] for row in told.rows("assignment") if row["lifecycle_stage"] == 2}
    assert {row["container"] for row in rounds(told)[25]} == smolts


@pytest.mark.parametrize(("fry_days", "given"), [(12, 25), (15, 25), (19, 29)])
def test_a_round_waits_for_its_stage_but_is_never_early(fry_days: int, given: int) -> None:
    told = without_fry(care__vaccination_days=[25], stages__1__duration_days=fry_days)
    assert sorted(rounds(told)) == [given]


def test_a_round_waits_until_a_move_of_several_days_is_over() -> None:
    told = without_fry(care__vaccination_days=[25], stages__1__containers_moved_per_day=1)
    found = rounds(told)
    assert sorted(found) == [25 + SMOLT_TANKS - 1]
    assert len(found[28]) == SMOLT_TANKS


def test_rounds_that_wait_do_not_bunch() -> None:
    late = {"care__vaccination_days": [12, 20, 26], "stages__1__vaccinated": False}
    kept = rounds(vaccinated(**late, care__vaccination_interval_days=5))
    assert sorted(kept) == [25, 30, 35]
    assert sorted(rounds(vaccinated(**late, care__vaccination_interval_days=0))) == [25, 26]
    # Rounds that are planned to be nearer are given so.
    near = vaccinated(care__vaccination_days=[28, 30, 32], care__vaccination_interval_days=14)
    assert sorted(rounds(near)) == [28, 30, 32]


def test_a_round_that_waits_too_long_falls_away() -> None:
    late = {"care__vaccination_days": [12, 20], "stages__1__vaccinated": False}
    told = vaccinated(**late, care__vaccination_interval_days=50)
    assert len(rounds(told)) == 2  # planned 8 days apart, so given 8 days apart
    told = vaccinated(**late, care__vaccination_least_weight_g=18.0)
    assert len(rounds(told)) == 1


def test_the_last_vaccine_of_the_list_is_for_all_later_rounds() -> None:
    told = vaccinated(
        care__vaccination_days=[28, 30, 32], care__vaccines=[{"name": "A"}, {"name": "B"}]
    )
    assert [rows[0]["vaccination_type"] for _, rows in sorted(rounds(told).items())] == [0, 1, 1]


def test_vaccinated_fish_fast_if_the_knob_says_so() -> None:
    told = vaccinated(care__vaccination_appetite=0.0)
    days, batch = told.days(), told.farm.batches[0]
    smolts = days["stage"] == 2
    unfed = smolts & (days["eaten_dag"] == 0)
    assert sorted(set(days["day"][unfed] - batch.start)) == DAYS
    assert unfed.sum() == len(DAYS) * SMOLT_TANKS
    assert (days["gain_kg"][unfed] == 0).all()


def test_the_ration_of_a_vaccinated_tank_is_the_share_that_the_knob_says() -> None:
    def eaten(appetite: float) -> int:
        told = vaccinated(care__vaccination_appetite=appetite)
        days, first = told.days(), told.farm.batches[0].start + DAYS[0]
        return int(days["eaten_dag"][days["day"] == first].sum())

    assert eaten(0.5) == pytest.approx(0.5 * eaten(1.0), rel=0.01)


def test_a_round_costs_its_share_of_the_fish_within_its_days() -> None:
    told = vaccinated(care__vaccination_days=[29], care__vaccination_mortality_percent=5.0)
    fish = 95_000
    assert losses(told) == pytest.approx((1 - 0.99**5) * fish, rel=0.04)
    facts = told.facts()["mortality"]
    when = facts["event_date"][facts["description"] == "After vaccination"]
    first = told.farm.batches[0].start + 29
    assert set(when - first) == set(range(5))
    assert set(facts["cause"][facts["description"] == "After vaccination"]) == {"HANDLING"}


def test_fish_that_move_in_the_meantime_die_where_they_are() -> None:
    told = vaccinated(care__vaccination_days=[37], care__vaccination_mortality_percent=5.0)
    facts = told.facts()["mortality"]
    mine = facts["assignment"][facts["description"] == "After vaccination"]
    stage = {row["key"]: row["lifecycle_stage"] for row in told.rows("assignment")}
    assert {stage[key] for key in mine.tolist()} == {2, 3}


@pytest.mark.parametrize(("fry_days", "day"), [(85, 180), (90, 180), (95, 185)])
def test_the_first_round_of_the_shipped_company_meets_parr(fry_days: int, day: int) -> None:
    """Stages of 90 days, or of 85 to 95: the fish are parr, however long they were fry."""
    knobs = [f"stages.Fry.duration_days={fry_days}", "schedule.tail_days=190"]
    told = run(load(SCENARIOS / "single_batch_200d.yaml", knobs).scenario)
    assert sorted(rounds(told)) == [day]
    stages = {row["key"]: row["lifecycle_stage"] for row in told.rows("assignment")}
    parr = [stage.name for stage in told.farm.stages].index("Parr")
    assert {stages[row["batch_assignment"]] for row in rounds(told)[day]} == {parr}
    assert len(rounds(told)[day]) == 10


def test_the_default_programme_costs_less_than_a_tenth_of_a_point() -> None:
    care = company().care
    assert len(care.vaccination_days) * care.vaccination_mortality_percent <= 0.1


def test_protection_rises_with_every_round(told: Told) -> None:
    assert told.farm.batches[0].protection == pytest.approx(1 - 0.65**2)
    assert vaccinated(days=30).farm.batches[0].protection == pytest.approx(0.35)


def test_nothing_may_be_slaughtered_in_the_withholding_period() -> None:
    farm = vaccinated(days=30, care__vaccination_withholding_days=12).farm
    batch = farm.batches[0]
    units = containers_of(farm, batch)
    assert len(units) == SMOLT_TANKS
    assert set(farm.stock.condition.withheld_until[units]) == {batch.start + 29 + 12}


def test_the_outcome_is_known_when_the_fish_have_been_followed_up(told: Told) -> None:
    early = vaccinated(days=33)
    assert {row["outcome"] for row in early.rows("treatment")} == {"pending"}
    assert {row["outcome"] for row in told.rows("treatment")} == {"successful"}
    entries = [row for row in told.rows("journal_entry") if row["category"] == "vaccination"]
    assert [row["resolution_status"] for row in entries] == [True, True]
    assert all("fish died" in row["resolution_notes"] for row in entries)


def test_weighed_fish_anchor_the_days_state_unless_a_sample_does(told: Told) -> None:
    days, start = told.days(), told.farm.batches[0].start
    on_days = np.isin(days["day"] - start, DAYS)
    sampled = on_days & ((days["day"] - start) % 7 == 0)
    assert sampled.any()  # day 35
    assert set(days["anchor"][sampled]) == {ANCHOR_SAMPLE}
    assert set(days["anchor"][on_days & ~sampled]) == {ANCHOR_VACCINATION}
    assert ANCHOR_VACCINATION not in days["anchor"][~on_days]
    states = told.facts()["daily_state"]
    anchored = np.array(['"vaccination"' in text for text in states["sources"]])
    assert (states["date"][anchored] == start + DAYS[0]).all()
    assert anchored.sum() == SMOLT_TANKS


def test_a_vaccination_without_weighing_is_no_anchor() -> None:
    told = vaccinated(care__vaccination_weighing=False)
    assert ANCHOR_VACCINATION not in told.days()["anchor"]
    assert {row["includes_weighing"] for row in told.rows("treatment")} == {False}


def test_nobody_else_notices_a_batchs_vaccination() -> None:
    """Other batches have the same luck, whether the first one was vaccinated or not."""
    two = {"schedule__batches": 2, "geographies__0__stations": 2, "geographies__0__areas": 2}
    without = vaccinated(days=29, care__vaccination_days=[4000], **two).days()
    harsh = vaccinated(days=31, care__vaccination_mortality_percent=20.0, **two).days()
    mild = vaccinated(days=31, care__vaccination_days=[4000], **two).days()
    for name in ("count", "weight_g"):
        younger = harsh["batch"] == 1
        assert (harsh[name][younger] == mild[name][mild["batch"] == 1]).all()
        early = harsh["day"] < harsh["day"].min() + 29
        assert (harsh[name][early] == without[name]).all()
    assert harsh["dead"].sum() > mild["dead"].sum()
