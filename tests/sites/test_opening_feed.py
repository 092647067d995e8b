"""Feed in stock on the first day: where it stands, how much fits, and that it is all eaten."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.company.farm import Farm
from sim.scenario import Scenario, load
from sim.scenario.problems import PlanProblem
from sim.sites.layout import Layout
from sim.sites.opening_feed import DAG_PER_T, OpeningFeed, OpeningStore, opening_feed
from sim.sites.schedule import make_plan
from sim.world import World
from tests.support.command_line import ROOT, USAGE, say
from tests.support.small_company import STAGES, Told, company, run

MOST = {"feed_supply__opening_spare_days": 0, "feed_supply__opening_share": 1.0}
"""Nothing to spare: what is expected is counted whole."""
FRY, SMOLT, SEA = 1, 2, 3
"""Sites of the small company with one station and one area."""


def stocked(scenario: Scenario) -> OpeningFeed:
    return opening_feed(scenario, make_plan(scenario))


def most_t(**changes: Any) -> float:
    """How much feed a company says would fit."""
    with pytest.raises(PlanProblem) as refused:
        stocked(company(feed_supply__opening_t=1e6, **changes))
    ((path, problem),) = refused.value.items
    assert path == ("feed_supply", "opening_t")
    said = re.search(r"sure to eat ([0-9,.]+) t", problem)
    assert said, problem
    return float(said[1].replace(",", ""))


def as_full_as_can_be(**changes: Any) -> Scenario:
    """A company with as much feed in stock as fits."""
    return company(feed_supply__opening_t=most_t(**changes), **changes)


def total_t(opening: OpeningFeed) -> float:
    return sum(part.dag for parts in opening.values() for part in parts) / DAG_PER_T


def opening_lots(told: Told, lane: int = 0) -> dict[int, float]:
    """Purchases that were in stock before the first day, kg by key."""
    first = told.world.plan.first_day
    stocks = [row for row in told.rows("feed_stock", lane) if _midnight(row) == first]
    bought = {row["key"]: row["quantity_kg"] for row in told.rows("feed_purchase", lane)}
    return {row["feed_purchase"]: bought[row["feed_purchase"]] for row in stocks}


def _midnight(stock: dict[str, Any]) -> float:
    return float(stock["entry_date"]) / 86_400_000_000


def eaten_in_time(told: Told, lane: int = 0) -> dict[int, float]:
    """What was drawn from each of these lots until it expired, kg."""
    expiry = {row["key"]: row["expiry_date"] for row in told.rows("feed_purchase", lane)}
    draws, found = told.facts(lane)["feed_draw"], Counter[int]()
    for lot, day, kg in zip(draws["purchase"], draws["day"], draws["kg"], strict=True):
        if day <= expiry[lot]:
            found[lot] += kg
    return {lot: found[lot] / 100 for lot in opening_lots(told, lane)}


WHOLE_LIVES = {
    "schedule__batches": 6, "schedule__tail_days": 100, "geographies__0__stations": 2,
    "geographies__0__areas": 3,
}  # fmt: skip


@pytest.mark.parametrize("shelf_days", [75, 110])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_of_it_is_eaten_before_it_expires(seed: int, shelf_days: int) -> None:
    """Half a year of a company that is as full on its first day as it may be."""
    shelf = {f"feeds__{feed}__shelf_life_days": shelf_days for feed in range(6)}
    scenario = as_full_as_can_be(
        seed=seed, feeds=[feed.model_dump() for feed in company().feeds], **WHOLE_LIVES, **shelf
    )
    told = run(scenario)
    bought = opening_lots(told)
    assert sum(bought.values()) == pytest.approx(1000 * scenario.feed_supply.opening_t)
    assert len(bought) >= 4
    assert told.world.plan.end_day > told.world.plan.first_day + shelf_days
    assert eaten_in_time(told) == pytest.approx(bought)


def test_it_stands_where_it_is_eaten_in_the_feed_that_is_eaten_there() -> None:
    scenario = as_full_as_can_be()
    feeds = [feed.name for feed in scenario.feeds]
    found = {
        store: [feeds[part.feed] for part in parts] for store, parts in stocked(scenario).items()
    }
    assert found == {
        OpeningStore(0, FRY, 0): ["Starter Feed 0.5mm"],
        OpeningStore(0, SMOLT, 0): ["Grower Feed 2.0mm"],
        OpeningStore(0, SEA, 0): ["Finisher Feed 4.5mm"],
        OpeningStore(0, SEA, 1): ["Finisher Feed 4.5mm"],
    }


def test_what_is_eaten_soonest_comes_first() -> None:
    """One store after the other fills up; what stands there for little stays there for more."""
    whole = most_t(schedule__batches=2)
    levels = [
        stocked(company(schedule__batches=2, feed_supply__opening_t=share * whole))
        for share in (0.01, 0.1, 0.5, 1.0)
    ]
    assert list(levels[0]) == [OpeningStore(0, FRY, 0)]
    for little, much in pairwise(levels):
        for store, parts in little.items():
            assert [part.feed for part in much[store]][: len(parts)] == [p.feed for p in parts]
            assert sum(p.dag for p in much[store]) >= sum(p.dag for p in parts)
    assert total_t(levels[-1]) == pytest.approx(whole)


def test_no_store_holds_more_than_its_capacity() -> None:
    changes = {"stages__1__silo_kg": 50.0, "geographies__0__barge_kg": 700.0}
    opening = stocked(as_full_as_can_be(**changes))
    kg = {store: sum(part.dag for part in parts) / 100 for store, parts in opening.items()}
    assert kg[OpeningStore(0, FRY, 0)] == 50
    assert kg[OpeningStore(0, SEA, 0)] == 700
    assert 699 < kg[OpeningStore(0, SEA, 1)] <= 700  # what fits is told in whole kilograms


def test_a_batch_without_bad_luck_eats_what_it_is_expected_to() -> None:
    """Without sickness or spread, what one batch eats in its life is what fits at the most."""
    calm = {
        "variation__batch_fcr_sd": 0.0, "variation__container_fcr_sd": 0.0,
        "variation__container_growth_sd": 0.0, "variation__daily_fcr_sd": 0.0,
        "care__vaccination_days": [], "geographies__0__sea__yearly_sd_degc": 0.0,
        "geographies__0__sea__anomaly_sd_degc": 0.0, "geographies__0__barge_kg": 1e6,
        "stages__1__silo_kg": 1e5, "stages__2__silo_kg": 1e5,
        "feed_supply__opening_t": 0.0,
    }  # fmt: skip
    eaten = run(company(**calm)).days()["eaten_dag"].sum() / DAG_PER_T
    del calm["feed_supply__opening_t"]
    assert most_t(**calm, **MOST) == pytest.approx(eaten, rel=0.05)
    half = MOST | {"feed_supply__opening_share": 0.5}
    assert most_t(**calm, **half) == pytest.approx(most_t(**calm, **MOST) / 2, rel=0.001)


def test_it_fits_to_the_last_kilogram_and_one_more_is_refused() -> None:
    most = most_t()
    assert total_t(stocked(company(feed_supply__opening_t=most))) == pytest.approx(most)
    with pytest.raises(PlanProblem, match=f"sure to eat {most:.10g} t"):
        stocked(company(feed_supply__opening_t=most + 0.001))


def test_days_to_spare_leave_out_what_is_eaten_late() -> None:
    """The eggs take 10 days: feed that has to be eaten by then has no eaters."""
    shelf = {"feeds": [feed.model_dump() | {"shelf_life_days": 30} for feed in company().feeds]}
    spare = [most_t(**shelf, feed_supply__opening_spare_days=days) for days in (0, 10, 20)]
    assert spare[0] > spare[1] > spare[2] == 0


def test_only_batches_that_find_their_place_free_are_counted() -> None:
    """Two batches for one hall and one area: nobody knows how long the second waits."""
    one, two = (most_t(schedule__batches=count, **MOST) for count in (1, 2))
    more = most_t(schedule__batches=2, geographies__0__stations=2, **MOST)
    most = most_t(schedule__batches=2, geographies__0__stations=2, geographies__0__areas=2, **MOST)
    assert one == two < more < most


def test_an_area_is_known_until_the_first_may_be_free_again() -> None:
    """The third batch takes the third area, or the first if that is empty by then."""
    company_of_three: dict[str, Any] = {
        "schedule__batches": 3, "geographies__0__stations": 3, "geographies__0__areas": 3, **MOST,
    }  # fmt: skip
    areas = {area.index for area in Layout(company(**company_of_three), 0).areas}
    at_once, spaced = (
        areas & {store.site for store in stocked(as_full_as_can_be(**company_of_three, **apart))}
        for apart in ({}, {"schedule__stagger_days": 60})
    )
    assert len(at_once) == 3
    assert len(spaced) == 1


TWO_FEEDS = [*STAGES[:3], STAGES[3] | {
    "feeds": [{"feed": "Finisher Feed 4.5mm"},
              {"feed": "Finisher Feed 6.0mm", "from_weight_g": 120.0}],
}]  # fmt: skip


@pytest.mark.parametrize(("by_feed", "kinds"), [(True, 2), (False, 1)])
def test_a_barge_holds_the_later_feed_where_that_holds_up_no_order(
    by_feed: bool, kinds: int
) -> None:
    scenario = as_full_as_can_be(stages=TWO_FEEDS, feed_supply__order_by_feed=by_feed, **MOST)
    names = [scenario.feeds[part.feed].name for part in stocked(scenario)[OpeningStore(0, SEA, 0)]]
    assert names == ["Finisher Feed 4.5mm", "Finisher Feed 6.0mm"][:kinds]


def test_none_at_all() -> None:
    told = run(company(feed_supply__opening_t=0), days=5)
    assert told.rows("feed_purchase") == []


def test_without_tonnes_silos_are_full_where_a_batch_comes_soon() -> None:
    """Fry come on day 10, smolt on day 25."""
    for days, sites in ((10, []), (11, [FRY]), (26, [FRY, SMOLT])):
        opening = stocked(company(feed_supply__opening_days=days))
        assert [store.site for store in opening] == sites
    assert [part.dag for parts in opening.values() for part in parts] == [300_000, 1_000_000]


def test_it_is_the_same_where_nobody_records() -> None:
    scenario = as_full_as_can_be()

    def levels(recording: list[int]) -> list[dict[int, int]]:
        farm: Farm = World(scenario, recording).farms[0]
        stores = [store for stores in farm.resources.stores.values() for store in stores]
        return [{feed: store.stock_of(feed) for feed in store.lots} for store in stores]

    assert levels([]) == levels([0])
    assert sum(sum(each.values()) for each in levels([])) == pytest.approx(
        scenario.feed_supply.opening_t * DAG_PER_T
    )


def test_its_price_and_supplier_are_those_of_the_first_lots() -> None:
    told = run(as_full_as_can_be(), days=1)
    lots = told.rows("feed_purchase")
    assert {lot["purchase_date"] for lot in lots} == {told.world.plan.first_day}
    assert all(lot["batch_number"].endswith("-0001") for lot in lots)
    assert all(lot["cost_per_kg"] > 0 and lot["supplier"] for lot in lots)


def test_production_has_3730_t_and_sells_no_illusion() -> None:
    """In the usual year that feed keeps, the company would eat far less of it."""
    scenario = load(ROOT / "scenarios" / "production.yaml").scenario
    assert total_t(stocked(scenario)) == 3730
    year = [feed.model_copy(update={"shelf_life_days": 365}) for feed in scenario.feeds]
    with pytest.raises(PlanProblem, match=r"sure to eat 913\."):
        stocked(scenario.model_copy(update={"feeds": year}))


@pytest.mark.parametrize("command", [["scenario", "check"], ["run", "--dry-run"], ["plan"]])
def test_too_much_is_refused_where_the_scenario_says_it(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"extends: {ROOT}/scenarios/smoke.yaml\nname: mine\nfeed_supply:\n  opening_t: 4000\n",
        encoding="utf-8",
    )
    done = say(capsys, *command, str(path)).expect(USAGE)
    assert f"{path}:4:14: feed_supply.opening_t: 4,000 t of feed do not fit" in done.err
    assert np.isfinite(float(re.search(r"sure to eat ([0-9.]+) t", done.err)[1]))
