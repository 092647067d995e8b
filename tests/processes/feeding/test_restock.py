"""Restocking: an order arrives after its lead time, if there is a vehicle for its last days."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import simpy

from sim.company.farm import Farm
from sim.core.clock import DAWN, FEED, MICROSECONDS_PER_DAY
from sim.processes.feeding.restock import LotBook, opening_stock, restock
from sim.resources.feed import FeedStore
from sim.resources.kinds import FEED_BOATS
from sim.sites.layout import Layout
from sim.sites.schedule import make_plan
from tests.support.small_company import company

LEAD, TRIP = 4, 2


def farm_of(**changes: object) -> Farm:
    scenario = company(feed_supply__trip_days=TRIP, **changes)
    plan = make_plan(scenario)
    env = simpy.Environment(initial_time=plan.first_day)
    return Farm(env, Layout(scenario, 0), plan, recording=True)


def supplied(farm: Farm, lead: int = LEAD) -> list[FeedStore]:
    """The two barges of the area, each with somebody who restocks it."""
    barges = farm.resources.stores[farm.layout.areas[0].index]
    for key, store in enumerate(barges):
        book = LotBook(farm, store, key)
        site = farm.layout.areas[0].index
        farm.env.process(restock(farm, store, site, book, farm.resources.fleets[FEED_BOATS], lead))
    return barges


def expect(farm: Farm, store: FeedStore, day: int) -> None:
    def story() -> Generator[simpy.Event, object, None]:
        yield farm.at(farm.first_day + day, FEED)
        store.expect(0)

    farm.env.process(story())


def deliveries(farm: Farm) -> dict[str, float]:
    """Day and phase of each delivery since the start, by lot number."""
    stocks = farm.lane.records.get("feed_stock", ())
    lots = farm.lane.records.get("feed_purchase", ())
    return {
        str(lot.values["batch_number"]): int(stock.values["entry_date"] or 0)
        / MICROSECONDS_PER_DAY - farm.first_day
        for lot, stock in zip(lots, stocks, strict=True)
    }  # fmt: skip


@pytest.mark.parametrize("lead", [0, 1, LEAD, 9])
def test_an_order_arrives_at_dawn_after_the_lead_time(lead: int) -> None:
    farm = farm_of()
    one, _ = supplied(farm, lead)
    expect(farm, one, day=3)
    farm.env.run(until=farm.first_day + 30)
    # with no lead time at all it comes at once
    assert deliveries(farm) == {f"{one.name}-0001": 3 + lead + DAWN if lead else 3 + FEED}
    assert one.level_dag == one.capacity
    assert "wait" not in farm.lane.records


def test_a_delivery_without_a_free_boat_comes_later_and_the_wait_is_told() -> None:
    farm = farm_of(geographies__0__feed_boats=1)
    one, two = supplied(farm)
    expect(farm, one, day=3)
    expect(farm, two, day=4)
    farm.env.run(until=farm.first_day + 30)
    # The boat leaves on day 5 and is back on day 7; the second would leave on day 6.
    assert deliveries(farm) == {f"{one.name}-0001": 7.0, f"{two.name}-0001": 9.0}
    (wait,) = farm.lane.records["wait"]
    assert wait.values["kind"] == "delivery"
    assert wait.values["pool"] == farm.resources.fleets[FEED_BOATS].name
    assert (wait.values["waiter"], wait.values["batch"]) == (two.name, None)
    (holder,) = farm.lane.records["wait_holder"]
    assert holder.values == {"wait": wait.key, "holder": one.name, "units": 1}
    assert wait.values["since"] == (farm.first_day + 6) * MICROSECONDS_PER_DAY
    assert wait.values["until"] == (farm.first_day + 7) * MICROSECONDS_PER_DAY


def test_two_boats_serve_two_barges_at_once() -> None:
    farm = farm_of(geographies__0__feed_boats=2)
    for store in supplied(farm):
        expect(farm, store, day=3)
    farm.env.run(until=farm.first_day + 30)
    assert set(deliveries(farm).values()) == {7.0}


def test_an_order_is_a_lot_at_most_and_never_more_than_there_is_room_for() -> None:
    farm = farm_of(feed_supply__lot_kg=3000.0, geographies__0__barge_kg=7000.0)
    one, _ = supplied(farm)
    expect(farm, one, day=0)
    farm.env.run(until=farm.first_day + 60)
    kg = [lot.values["quantity_kg"] for lot in farm.lane.records["feed_purchase"]]
    assert kg == [3000.0], "one lot takes the barge above its reorder point"

    def hungry() -> Generator[simpy.Event, object, None]:
        for _ in range(200):
            yield one.draw(0, 40_000)
            one.look()
            yield farm.env.timeout(1)
            assert one.level_dag + one.on_order_dag <= one.capacity

    farm.env.process(hungry())
    farm.env.run(until=farm.first_day + 300)
    kg = [lot.values["quantity_kg"] for lot in farm.lane.records["feed_purchase"]]
    assert max(kg) == 3000.0
    assert len(kg) > 10


def test_a_full_store_is_not_sent_empty_lots() -> None:
    farm = farm_of(feed_supply__reorder_share=1.0)
    one, _ = supplied(farm)
    opening_stock(one, LotBook(farm, one, 0), feed=0, dag=one.room_dag)
    expect(farm, one, day=1)
    farm.env.run(until=farm.first_day + 30)
    kg = [lot.values["quantity_kg"] for lot in farm.lane.records["feed_purchase"]]
    assert kg == [one.capacity / 100]


def test_opening_stock_is_there_on_the_first_morning() -> None:
    farm = farm_of()
    one, _ = supplied(farm)
    opening_stock(one, LotBook(farm, one, 0), feed=2, dag=1234)
    assert one.level_dag == one.stock_of(2) == 1234
    assert one.room_dag == one.capacity - 1234
    assert deliveries(farm) == {f"{one.name}-0001": 0.0}


def test_price_and_supplier_of_a_lot_depend_on_its_number_alone() -> None:
    prices = []
    for order in ((0, 1), (1, 0)):
        farm = farm_of()
        barges = supplied(farm)
        books = [LotBook(farm, store, key) for key, store in enumerate(barges)]
        for which in order * 3:
            books[which].new_lot(0, 1000)
        rows = farm.lane.records["feed_purchase"]
        prices.append(
            {
                r.values["batch_number"]: (r.values["cost_per_kg"], r.values["supplier"])
                for r in rows
            }
        )
    assert prices[0] == prices[1]
    assert len(set(prices[0].values())) > 3
