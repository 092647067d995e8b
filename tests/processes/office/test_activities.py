"""Plans of activities: due by the plan, and told as done when it happens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.company.batch import Batch
from sim.core.clock import CLOSE, HEALTH, MICROSECONDS_PER_DAY, MOVE
from sim.master_data.activities import HARVEST, TREATMENT, templates
from sim.processes.office.activities import close_plan, finish, treatment_begun
from tests.support.small_company import FEED, FINISHER, GROWER, STAGES, Told, company, run

TRANSFERS = ["Transfer to Fry", "Transfer to Smolt", "Transfer to Adult"]


def plan_of(told: Told, batch: int = 0) -> dict[str, dict[str, Any]]:
    rows = [row for row in told.rows("planned_activity") if row["batch"] == batch]
    found = {row["notes"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def status(told: Told, *names: str, batch: int = 0) -> list[str]:
    plan = plan_of(told, batch)
    return [plan[name]["status"] for name in names]


def moment(day: int, phase: float) -> int:
    return round((day + phase) * MICROSECONDS_PER_DAY)


@pytest.fixture(scope="module")
def whole() -> Told:
    return run(company())


def test_a_new_batch_has_everything_planned_and_nothing_done() -> None:
    told = run(company(), days=5)
    plan, (batch,) = plan_of(told), told.farm.batches
    wanted = [each for each in templates(told.world.scenario) if each.name != TREATMENT]
    assert list(plan) == [template.name for template in wanted]
    assert [row["activity_type"] for row in plan.values()] == [each.type for each in wanted]
    assert {row["status"] for row in plan.values()} == {"PENDING"}
    baseline = told.rows("scenario")[0]
    assert {row["scenario"] for row in plan.values()} == {baseline["key"]}
    assert baseline["batch"] == batch.row.key
    assert {row["created_at"] for row in plan.values()} == {moment(batch.start, MOVE)}


def test_due_dates_follow_the_batchs_own_plan() -> None:
    stages = [{**stage, "duration_spread_days": 3} for stage in STAGES]
    told = run(company(stages=stages, care__vaccination_days=[31]), days=3)
    plan, (batch,) = plan_of(told), told.farm.batches
    durations = batch.plan.durations
    assert durations != (10, 15, 15, 50)
    assert [plan[name]["due_date"] - batch.start for name in TRANSFERS] == [
        sum(durations[:order]) for order in (1, 2, 3)
    ]
    assert plan["Vaccination on day 31"]["due_date"] - batch.start == 31
    for order, name in ((1, "Fry"), (2, "Smolt"), (3, "Adult")):
        day = plan[f"Growth sampling in {name} at 50%"]["due_date"] - batch.start
        assert day % 7 == 0
        first = sum(durations[:order])
        middle = first + durations[order] / 2
        assert first <= day < first + durations[order]
        assert middle - 7 < day <= middle or day - 7 < first
    assert batch.baseline is not None
    assert plan[HARVEST]["due_date"] == batch.baseline.harvest_day + 1


def test_a_milestone_of_a_short_stage_is_not_before_it() -> None:
    plan = plan_of(run(company(planning__sampling_shares=[0.0]), days=3))
    start = plan[TRANSFERS[0]]["due_date"] - 10
    days = [plan[f"Growth sampling in {name} at 0%"]["due_date"] - start
            for name in ("Fry", "Smolt", "Adult")]  # fmt: skip
    assert days == [14, 28, 42]  # the first weekly samples from days 10, 25 and 40 on


def test_a_transfer_is_done_when_its_workflow_is(whole: Told) -> None:
    plan, workflows = plan_of(whole), whole.rows("transfer_workflow")
    assert len(workflows) == 3
    for name, workflow in zip(TRANSFERS, workflows, strict=True):
        activity = plan[name]
        assert activity["status"] == workflow["status"] == "COMPLETED"
        assert activity["transfer_workflow"] == workflow["key"]
        assert workflow["planned_activity"] == activity["key"]
        assert activity["due_date"] == workflow["planned_start_date"]
        assert activity["completed_at"] == moment(workflow["actual_completion_date"], MOVE)


def test_a_transfer_of_several_days_is_in_progress_meanwhile() -> None:
    stages = [{**STAGES[0], "containers_moved_per_day": 1}, *STAGES[1:]]
    seen = [status(run(company(stages=stages), days=day), TRANSFERS[0])[0] for day in range(10, 16)]
    # Four trays, one a day from the tenth day on.
    assert seen == ["PENDING", *["IN_PROGRESS"] * 3, *["COMPLETED"] * 2]


def test_a_late_transfer_keeps_its_due_date() -> None:
    # The first batch is among the fry until day 25, and its tanks rest for two days.
    told = run(company(schedule__batches=2, schedule__stagger_days=12), days=75)
    plan, start = plan_of(told, 1), told.farm.batches[1].start
    assert [plan[name]["due_date"] - start for name in TRANSFERS] == [10, 25, 40]
    assert plan[TRANSFERS[0]]["completed_at"] == moment(start + 27 - 12, MOVE)


def test_a_harvest_begins_with_its_first_ring_and_ends_with_the_last(whole: Told) -> None:
    (batch,) = whole.rows("batch")
    rings = sorted(event["event_date"] for event in whole.rows("harvest_event"))
    days = [int(ring // MICROSECONDS_PER_DAY) - batch["start_date"] for ring in rings]
    assert days[0] < days[-1]
    plan = plan_of(whole)
    assert plan[HARVEST]["status"] == "COMPLETED"
    assert plan[HARVEST]["completed_at"] == rings[-1]
    assert status(run(company(), days=days[0]), HARVEST) == ["PENDING"]
    assert status(run(company(), days=days[0] + 1), HARVEST) == ["IN_PROGRESS"]


def test_nothing_stays_open_when_the_batch_is_gone(whole: Told) -> None:
    open_before = {
        name for name, row in plan_of(run(company(), days=60)).items() if row["status"] == "PENDING"
    }
    plan = plan_of(whole)
    # Vaccinations of the default company's calendar come after this batch's life.
    vaccinations = {name for name in plan if name.startswith("Vaccination")}
    assert vaccinations < open_before
    assert {plan[name]["status"] for name in vaccinations} == {"CANCELLED"}
    assert {row["status"] for row in plan.values()} == {"COMPLETED", "CANCELLED"}
    for row in plan.values():
        assert (row["completed_at"] is not None) == (row["status"] == "COMPLETED")


def test_a_milestone_is_a_day_on_which_fish_are_weighed(whole: Told) -> None:
    facts = whole.facts()["growth_sample"]
    days = {moment(day, CLOSE) for day in facts["sample_date"].tolist()}
    done = [row for name, row in plan_of(whole).items() if name.startswith("Growth sampling")]
    assert len(done) == 3
    for row in done:
        assert row["status"] == "COMPLETED"
        assert row["completed_at"] in days
        assert row["completed_at"] == moment(row["due_date"], CLOSE)


def test_a_milestone_waits_for_fish_that_are_late() -> None:
    # The second batch waits in a hatchery of its own, unfed, past its sampling among the fry.
    stages = [{**STAGES[0], "containers_per_hall": 8}, *STAGES[1:]]
    told = run(company(stages=stages, schedule__batches=2, schedule__stagger_days=5))
    plan = plan_of(told, 1)
    row = plan["Growth sampling in Fry at 50%"]
    moved = plan[TRANSFERS[0]]["completed_at"]
    facts = told.facts()
    assigned = {row["key"]: row["batch"] for row in told.rows("assignment")}
    sample = facts["growth_sample"]
    own = np.array([assigned[key] == 1 for key in sample["assignment"].tolist()])
    days = sorted(set(sample["sample_date"][own].tolist()))
    assert row["completed_at"] == moment(next(d for d in days if d >= row["due_date"]), CLOSE)
    assert row["completed_at"] > moved > moment(row["due_date"], CLOSE)


def test_vaccinations_are_done_when_they_can_be_or_fall_away() -> None:
    told = run(company(care__vaccination_days=[5, 31, 70], care__vaccination_least_weight_g=0.1))
    start = told.farm.batches[0].start
    names = [f"Vaccination on day {day}" for day in (5, 31, 70)]
    assert status(told, *names) == ["COMPLETED", "COMPLETED", "CANCELLED"]
    assert status(run(told.world.scenario, days=10), *names) == ["PENDING"] * 3
    assert status(run(told.world.scenario, days=11), *names) == ["COMPLETED", "PENDING", "PENDING"]
    waited, done = (plan_of(told)[name] for name in names[:2])
    assert (waited["due_date"], done["due_date"]) == (start + 5, start + 31)
    assert waited["completed_at"] == moment(start + 10, HEALTH)  # when they are fry
    assert done["completed_at"] == moment(start + 31, HEALTH)
    given = {row["treatment_date"] for row in told.rows("treatment")
             if row["treatment_type"] == "vaccination"}  # fmt: skip
    assert given == {waited["completed_at"], done["completed_at"]}


@pytest.fixture(scope="module")
def two_feeds() -> Told:
    adult = {**STAGES[3], "feeds": [{"feed": GROWER}, {"feed": FINISHER, "from_weight_g": 60.0}]}
    return run(company(stages=[*STAGES[:3], adult], geographies__0__barge_kg=4000.0))


def test_a_change_of_feed_is_done_when_every_ring_gets_it(two_feeds: Told) -> None:
    (name,) = (name for name in plan_of(two_feeds) if name.startswith("Change"))
    assert name == f"Change to {FINISHER} in Adult"
    row, facts = plan_of(two_feeds)[name], two_feeds.facts()["feeding"]
    key = two_feeds.farm.feed_keys[FINISHER]
    days = sorted(set(facts["feeding_date"].tolist()))
    only = [
        day for day in days
        if set(facts["feed"][facts["feeding_date"] == day].tolist()) == {key}
    ]  # fmt: skip
    assert row["status"] == "COMPLETED"
    assert row["completed_at"] == moment(only[0], 0.75)
    start = two_feeds.farm.batches[0].start
    # By the stages' own figures: cube root of 0.1 g, then each stage's TGC x degree-days.
    root = np.cbrt(0.1) + (1.0 * 80 + 6.0 * 180 + 8.0 * 180) / 1000
    a_day = 9.0 * two_feeds.farm.geography.sea.mean_degc / 1000
    days_at_sea = int(np.ceil((np.cbrt(60.0) - root) / a_day))
    assert row["due_date"] - start == 40 + days_at_sea


def test_leftovers_of_the_next_feed_are_no_change_of_feed() -> None:
    # Of the second feed alone: the fish get it from their first day at sea, when they are small.
    adult = {**STAGES[3], "feeds": [{"feed": FINISHER}, {"feed": FINISHER, "from_weight_g": 60.0}]}
    told = run(company(stages=[*STAGES[:3], adult]))
    row, facts = plan_of(told)[f"Change to {FINISHER} in Adult"], told.facts()["daily_state"]
    heavy = [
        int(day) for day in np.unique(facts["date"])
        if facts["avg_weight_g"][facts["date"] == day].min() >= 6000
    ]  # fmt: skip
    assert row["completed_at"] == moment(heavy[0] + 1, 0.75)  # they eat by yesterday's weight


def test_templates_have_names_of_their_own() -> None:
    scenario = company(stages=[*STAGES[:3], {
        **STAGES[3], "feeds": [{"feed": FEED}, {"feed": GROWER, "from_weight_g": 20.0},
                               {"feed": FINISHER, "from_weight_g": 60.0}]}],
        planning__sampling_shares=[0.25, 0.75], care__vaccination_days=[20, 20, 30])  # fmt: skip
    found = templates(scenario)
    assert len({template.name for template in found}) == len(found)
    kinds = [template.type for template in found]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "TRANSFER": 3, "VACCINATION": 2, "SAMPLING": 6, "FEED_CHANGE": 2, "TREATMENT": 1,
        "HARVEST": 1,
    }  # fmt: skip


def test_a_treatment_enters_the_plan_when_it_is_decided_on() -> None:
    told = run(company(), days=60)
    farm, batch = told.farm, told.farm.batches[0]
    first, second = (treatment_begun(farm, batch) for _ in range(2))
    assert first.values["status"] == second.values["status"] == "IN_PROGRESS"
    assert first.values["due_date"] == farm.today
    finish(farm, first)
    assert first.values["status"] == "COMPLETED"
    done_at = first.values["completed_at"]
    assert done_at == round(farm.env.now * MICROSECONDS_PER_DAY)
    _close(told, batch)
    assert second.values["status"] == "COMPLETED"
    assert first.values["completed_at"] == done_at


def _close(told: Told, batch: Batch) -> None:
    told.world.env.run(until=told.farm.today + 1)
    close_plan(told.farm, batch)
