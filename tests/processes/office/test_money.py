"""Money: who bills whom, for what, at which price; harvest facts and waste."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.clock import FEED, microseconds
from sim.core.journal import Record
from sim.facts import Block, Text
from sim.master_data.finance import (
    FARMING,
    FRESHWATER,
    HARVEST_EVENT,
    LOGISTICS,
    TRANSFER_WORKFLOW,
    Policy,
    policies,
)
from sim.master_data.master import master_blocks
from sim.master_data.site_rows import site_blocks
from sim.processes.office.money import account_for_harvest, bill_smolts
from sim.scenario import Scenario
from sim.sites.layout import Layout
from sim.world import World
from tests.support.small_company import COMPANY, SOUTH, Told, company, run

CENT = Decimal("0.01")
NORTH = COMPANY["geographies"][0]
POUNDS = {"currency": "GBP", "exchange_rate": 0.115, "smolt_price_per_kg": 179.0}
ABROAD = {**SOUTH, "areas": 2, "stations": 2, "money": POUNDS}


def due(kilograms: Decimal, price: Decimal) -> Decimal:
    return (kilograms * price).quantize(CENT, ROUND_HALF_UP)


def recorded(value: Any, places: str) -> Decimal:
    """What a column of so many decimals holds."""
    return Decimal(repr(float(value))).quantize(Decimal(places), ROUND_HALF_UP)


def amount(bill: dict[str, Any]) -> Decimal:
    return recorded(bill["amount"], "0.01")


def rows(block: Block) -> list[dict[str, Any]]:
    plain = {
        name: [column.values[code] for code in column.codes]
        if isinstance(column, Text)
        else column.tolist()
        for name, column in block.columns.items()
        if isinstance(column, Text | np.ndarray)
    }
    return [{name: plain[name][row] for name in plain} for row in range(block.rows)]


def of_sites(scenario: Scenario, index: int = 0) -> dict[str, list[dict[str, Any]]]:
    return {block.kind: rows(block) for block in site_blocks(Layout(scenario, index), 20_000)}


@pytest.fixture(scope="module")
def told() -> Told:
    return run(company())


def test_three_companies_and_a_site_for_every_station_and_area() -> None:
    scenario = company(geographies=[NORTH, ABROAD])
    found = of_sites(scenario, 1)
    assert [(c["subsidiary"], c["currency"], c["geography"]) for c in found["company"]] == [
        ("FW", "GBP", 1), ("FM", "GBP", 1), ("LG", "GBP", 1),
    ]  # fmt: skip
    places = [(s["source_model"], s["source_pk"], s["company"]) for s in found["finance_site"]]
    assert places == [
        ("station", 0, FRESHWATER), ("station", 1, FRESHWATER),
        ("area", 0, FARMING), ("area", 1, FARMING),
    ]  # fmt: skip
    names = {"station": found["station"], "area": found["area"]}
    for site in found["finance_site"]:
        assert site["site_name"] == names[site["source_model"]][site["source_pk"]]["name"]


def test_content_types_are_named_as_django_names_them() -> None:
    (block,) = [b for b in master_blocks(company(), 20_000) if b.kind == "content_type"]
    assert [(row["app_label"], row["model"]) for row in rows(block)] == [
        ("harvest", "harvestevent"),
        ("batch", "batchtransferworkflow"),
    ]


def test_prices_stand_in_the_geographys_currency() -> None:
    scenario = company(geographies=[NORTH, ABROAD])
    faroe, scottish = (policies(scenario, geography) for geography in scenario.geographies)
    grades = scenario.harvest.grades
    for grade, quality in enumerate(grades):
        assert faroe[grade].price_cents == round(100 * quality.price_per_kg)
        assert scottish[grade].price_cents == pytest.approx(11.5 * quality.price_per_kg, abs=0.5)
        assert (faroe[grade].seller, faroe[grade].buyer) == (FARMING, LOGISTICS)
    assert (faroe[-1].price_cents, scottish[-1].price_cents) == (10_800, 2059)
    assert len(faroe) == len(grades) + 1


def test_smolts_are_priced_by_the_last_stage_in_freshwater_whatever_its_name() -> None:
    scenario = company(stages__2__name="Whatever")
    (smolts,) = [p for p in of_sites(scenario)["policy"] if p["pricing_basis"] == "lifecycle"]
    assert scenario.stages[smolts["lifecycle_stage"]].name == "Whatever"
    assert (smolts["from_company"], smolts["to_company"]) == (FRESHWATER, FARMING)
    assert (smolts["method"], smolts["price_per_kg"]) == ("standard", 10_800)


def test_a_policy_says_how_its_price_came_about() -> None:
    market = of_sites(company())["policy"][0]
    assert (market["method"], market["price_per_kg"]) == ("market", 6000)
    assert market["markup_percent"] < 0  # NULL
    plus = company(finance={"harvest_method": "cost_plus", "markup_percent": 12.5})
    marked_up = of_sites(plus)["policy"]
    assert [(p["method"], p["markup_percent"]) for p in marked_up[:-1]] == [
        ("cost_plus", 12_500)
    ] * 5
    assert [p["price_per_kg"] for p in marked_up[:3]] == [6750, 6413, 5850]
    assert (marked_up[-1]["method"], marked_up[-1]["price_per_kg"]) == ("standard", 10_800)


def test_every_lot_has_a_fact_of_its_live_weight(told: Told) -> None:
    lots, facts = told.rows("harvest_lot"), told.rows("harvest_fact")
    events = told.rows("harvest_event")
    assert [fact["lot"] for fact in facts] == [lot["key"] for lot in lots]
    for lot, fact in zip(lots, facts, strict=True):
        event = events[lot["event"]]
        assert fact["quantity_kg"] == lot["live_weight_kg"]
        assert fact["unit_count"] == lot["unit_count"]
        assert (fact["event"], fact["product_grade"]) == (lot["event"], lot["product_grade"])
        assert (fact["dim_batch_id"], fact["event_date"]) == (event["batch"], event["event_date"])
        assert fact["dim_company"] == FARMING


def test_a_facts_site_is_the_area_that_was_harvested() -> None:
    two = {**NORTH, "stations": 3, "areas": 2}
    told = run(company(geographies=[two], schedule__batches=2))
    layout, assignments = told.farm.layout, told.rows("assignment")
    sites = of_sites(told.world.scenario)["finance_site"]
    seen = set()
    for fact in told.rows("harvest_fact"):
        event = told.rows("harvest_event")[fact["event"]]
        ring = layout.names[assignments[event["assignment"]]["container"]]
        site = sites[fact["dim_site"]]
        assert ring.startswith(site["site_name"] + "-Ring")
        assert site["source_model"] == "area"
        seen.add(site["site_name"])
    assert seen == {"N-SEA-01", "N-SEA-02"}


@pytest.mark.parametrize("weight", ["gutted", "live"])
def test_a_harvest_is_billed_by_grade_to_the_cent(weight: str) -> None:
    told = run(company(finance={"priced_weight": weight}))
    prices = [
        Decimal(p.price_cents) / 100 for p in policies(told.world.scenario, told.farm.geography)
    ]
    kilograms: dict[tuple[int, int], Decimal] = {}
    for lot in told.rows("harvest_lot"):
        where = (lot["event"], lot["product_grade"])
        mine = recorded(lot[f"{weight}_weight_kg"], "0.001")
        kilograms[where] = kilograms.get(where, Decimal(0)) + mine
    bills = [bill for bill in told.rows("transaction") if bill["content_type"] == HARVEST_EVENT]
    assert len(bills) == len(kilograms) == 30
    for bill in bills:
        assert bill["object_id"] == bill["event"]
        grade = bill["policy"]  # policies of grades stand in their order
        assert amount(bill) == due(kilograms.pop((bill["event"], grade)), prices[grade])
        event = told.rows("harvest_event")[bill["event"]]
        assert bill["posting_date"] == event["event_date"] // 86_400_000_000
        assert bill["currency"] == "DKK"
    assert not kilograms


def test_lots_of_one_grade_are_summed_before_the_price(told: Told) -> None:
    farm = World(company()).farms[0]
    event = farm.lane.create(
        "harvest_event", 0.0, event_date=0, batch=0, assignment=0, document_ref="H-1"
    )
    lots = [
        farm.lane.create(
            "harvest_lot", 0.0, live_weight_kg=kg, gutted_weight_kg=kg, unit_count=1,
            event=event.key, product_grade=grade,
        )
        for kg, grade in ((0.004, 0), (0.004, 0), (1.0, 2))
    ]  # fmt: skip
    account_for_harvest(farm, event, farm.layout.areas[0].containers[0], lots)
    # 8 g at 60.00: 48 cents together, 24 and 24 apart; and three facts all the same.
    bills = farm.lane.records["transaction"]
    assert [(bill.values["policy"], bill.values["amount"]) for bill in bills] == [
        (0, 0.48),
        (2, 52.0),
    ]
    assert len(farm.lane.records["harvest_fact"]) == 3


def test_a_move_to_sea_is_billed_once_and_names_its_bill(told: Told) -> None:
    moves = told.rows("transfer_workflow")
    bills = [b for b in told.rows("transaction") if b["content_type"] == TRANSFER_WORKFLOW]
    (to_sea,) = [move for move in moves if move["is_intercompany"]]
    (bill,) = bills
    assert bill["object_id"] == to_sea["key"]
    assert bill.get("event") is None
    assert to_sea["finance_transaction"] == bill["key"]
    assert [m.get("finance_transaction") for m in moves if not m["is_intercompany"]] == [None] * 2
    assert amount(bill) == due(recorded(to_sea["total_biomass_kg"], "0.01"), Decimal(108))
    assert bill["posting_date"] == to_sea["actual_completion_date"]
    sold = policies(told.world.scenario, told.farm.geography)[bill["policy"]].stage
    assert sold == to_sea["source_lifecycle_stage"] == 2


def test_a_move_that_takes_days_is_billed_when_it_is_over() -> None:
    slow = run(company(geographies__0__wellboat_kg=700.0, geographies__0__wellboat_trip_days=2))
    (to_sea,) = [m for m in slow.rows("transfer_workflow") if m["is_intercompany"]]
    (bill,) = [b for b in slow.rows("transaction") if b["content_type"] == TRANSFER_WORKFLOW]
    assert to_sea["actual_completion_date"] > to_sea["actual_start_date"]
    assert bill["posting_date"] == to_sea["actual_completion_date"]
    moved = [a["transferred_biomass_kg"] for a in slow.rows("transfer_action")
             if a["workflow"] == to_sea["key"]]  # fmt: skip
    assert float(amount(bill)) == pytest.approx(108 * sum(moved), abs=1)


def test_nothing_is_charged_when_nothing_arrives() -> None:
    farm = World(company()).farms[0]
    workflow = Record("transfer_workflow", 0, {"total_biomass_kg": 0.004})
    bill_smolts(farm, workflow)
    assert "transaction" not in farm.lane.records
    assert "finance_transaction" not in workflow.values


def test_bills_are_pending_until_they_are_approved(told: Told) -> None:
    days = told.world.scenario.finance.approval_days
    for bill in told.rows("transaction"):
        assert (bill["state"], bill["approved_by"]) == ("posted", 0)
        assert bill["approval_date"] == microseconds(bill["posting_date"] + days + FEED)
        assert bill["updated_at"] == bill["approval_date"] > bill["created_at"]


@pytest.mark.parametrize("days", [0, 3, 30])
def test_the_newest_bills_are_still_pending(days: int) -> None:
    last = run(company(finance={"approval_days": 30})).rows("transaction")[-1]["posting_date"]
    until = last - World(company()).plan.first_day + 4  # simulated to the end of day last + 3
    told = run(company(finance={"approval_days": days}), days=until)
    states = {bill["state"] for bill in told.rows("transaction") if bill["posting_date"] == last}
    assert states == ({"posted"} if days <= 3 else {"pending"})
    for bill in told.rows("transaction"):
        assert (bill["state"] == "posted") == (bill.get("approval_date") is not None)


def test_an_approval_changes_the_bill_in_the_chunk_of_its_day() -> None:
    world = World(company())
    first = world.plan.first_day
    states: list[dict[int, str]] = []
    for day in range(first + 1, world.plan.end_day + 1):
        world.advance(day)
        cut = world.farms[0].records.cut(day - 1, day)
        found = [block for block in cut.entities if block.kind == "transaction"]
        states.append({row["key"]: row["state"] for row in rows(found[0])} if found else {})
    changes = Counter(state for changed in states for state in changed.values())
    bills = len(world.farms[0].lane.records["transaction"])
    assert changes == {"pending": bills, "posted": bills}
    for bill in world.farms[0].lane.records["transaction"]:
        day = int(bill.values["posting_date"] or 0) - first
        assert states[day][bill.key] == "pending"
        assert states[day + world.scenario.finance.approval_days][bill.key] == "posted"


def test_live_weight_is_what_is_sold_and_what_is_waste(told: Told) -> None:
    lots, grades = told.rows("harvest_lot"), told.world.scenario.harvest.grades
    waste: dict[int, dict[str, Decimal]] = {}
    for entry in told.rows("harvest_waste"):
        mine = waste.setdefault(entry["event"], {})
        assert entry["category"] not in mine
        mine[entry["category"]] = recorded(entry["weight_kg"], "0.001")
    for event in told.rows("harvest_event"):
        mine = [lot for lot in lots if lot["event"] == event["key"]]
        live = sum(recorded(lot["live_weight_kg"], "0.001") for lot in mine)
        for_people = sum(
            recorded(lot["gutted_weight_kg"], "0.001")
            for lot in mine
            if not grades[lot["product_grade"]].by_product
        )
        found = waste[event["key"]]
        assert live == for_people + sum(found.values())
        offal = found["VISCERA"] + found["BLOOD"]
        assert abs(found["BLOOD"] - offal * Decimal("0.17")) <= Decimal("0.0005")
        (reject,) = [lot for lot in mine if grades[lot["product_grade"]].code == "REJECT"]
        assert found["REJECTED_FISH"] == recorded(reject["gutted_weight_kg"], "0.001")


def test_there_is_no_entry_for_waste_that_is_not_there() -> None:
    grade = {"code": "ONLY", "share": 1.0, "weight_factor": 1.0}
    harvest = {**COMPANY["harvest"], "grades": [grade]}
    told = run(company(harvest=harvest, finance={"blood_share": 0.0}))
    assert {entry["category"] for entry in told.rows("harvest_waste")} == {"VISCERA"}
    ungutted = run(company(harvest={**harvest, "gutted_share": 1.0}))
    assert ungutted.rows("harvest_waste") == []


def test_geographies_bill_in_their_own_currency() -> None:
    told = run(company(geographies=[NORTH, ABROAD], schedule__batches=2, schedule__stagger_days=1))
    for lane, currency in ((0, "DKK"), (1, "GBP")):
        bills = told.rows("transaction", lane)
        assert {bill["currency"] for bill in bills} == {currency}
        assert len(bills) == 31


def test_prices_move_nothing_but_money(told: Told) -> None:
    other = run(company(finance={"priced_weight": "live", "approval_days": 0},
                        geographies__0__money=POUNDS))  # fmt: skip
    for kind in ("harvest_lot", "harvest_fact", "assignment", "transfer_action", "feed_purchase"):
        assert other.rows(kind) == told.rows(kind)
    assert other.rows("transaction") != told.rows("transaction")


@given(st.integers(0, 10**10), st.integers(1, 10**5), st.sampled_from([2, 3]))
def test_charges_are_rounded_half_away_from_zero(quantity: int, price: int, scale: int) -> None:
    policy = Policy(FARMING, LOGISTICS, None, 0, price)
    exact = Decimal(quantity).scaleb(-scale) * Decimal(price)
    assert policy.charge(quantity, scale) == exact.quantize(Decimal(1), ROUND_HALF_UP)


def test_charges_by_hand() -> None:
    policy = Policy(FRESHWATER, FARMING, 2, None, 10_850)
    assert policy.charge(100_000, 2) == 10_850_000  # a tonne at 108.50
    assert policy.charge(1, 2) == 109  # 10 g: 1.085
    assert policy.charge(0, 3) == 0
