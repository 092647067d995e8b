"""Grading: fish that will never do well are culled on the eve of a move, and told as culls."""

from __future__ import annotations

import numpy as np
import pytest

from tests.processes.office.test_projections import of_run
from tests.support.small_company import Told, company, run

SHARE = {"stages__1__graded_out_percent": 6.0}


@pytest.fixture(scope="module")
def graded() -> Told:
    return run(company(**SHARE))


def culls(told: Told) -> dict[str, np.ndarray]:
    """Deaths that are told as culls, with their days."""
    table = told.cuts[0].table("deaths")
    reason = told.farm.stock.condition.reasons.index(("OTHER", "cull"))
    mine = table["reason"] == reason
    return {name: column[mine] for name, column in table.items()}


def test_the_share_is_culled_on_the_eve_of_the_planned_move(graded: Told) -> None:
    table, days = culls(graded), graded.days()
    (workflow,) = [
        row for row in graded.rows("transfer_workflow") if row["dest_lifecycle_stage"] == 2
    ]
    eve = workflow["planned_start_date"] - 1
    assert set(table["day"].tolist()) == {eve}
    there = int(days["count"][days["day"] == eve - 1].sum())
    assert table["count"].sum() == pytest.approx(0.06 * there, rel=0.05)
    assert len(table["day"]) == 4  # every tank of the hall


def test_culls_are_no_deaths_of_the_move_and_nobody_is_alarmed(graded: Told) -> None:
    plain = run(company())
    for told in (graded, plain):
        moves = told.rows("transfer_action")
        carried = sum(row["transferred_count"] for row in moves)
        died = sum(row["mortality_during_transfer"] for row in moves)
        assert died / carried < 0.01
    issues = [row for row in graded.rows("journal_entry") if row["category"] == "issue"]
    before = [row for row in plain.rows("journal_entry") if row["category"] == "issue"]
    assert len(issues) <= len(before)


def test_a_batch_that_waits_for_its_place_is_graded_once_all_the_same() -> None:
    crowded = company(**SHARE, schedule__batches=3, schedule__stagger_days=4)
    told = run(crowded)
    waits = [row for row in told.rows("wait") if row["kind"] == "tanks"]
    assert waits
    graded = [batch.gradings for batch in told.farm.batches]
    assert all(len(days) == 1 for days in graded)
    table = culls(told)
    for batch, ((day, expected),) in zip(told.farm.batches, graded, strict=True):
        mine = table["batch"] == batch.row.key
        assert set(table["day"][mine].tolist()) == {day}
        assert table["count"][mine].sum() == pytest.approx(expected, rel=0.08)


def test_planners_expect_the_culls() -> None:
    graded, plain = (of_run(run(company(**changes))) for changes in (SHARE, {}))
    days = min(len(graded["population"]), len(plain["population"]))
    kept = graded["population"][:days] / plain["population"][:days]
    assert kept[23] == pytest.approx(1)  # the last day as fry
    assert kept[25] == pytest.approx(0.94, rel=1e-3)
