"""Silos and barges: lots in order, not a gram lost, orders when somebody will eat."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.core.journal import Lane, Record
from sim.processes.feeding.meals import _several_lots, _two_lots, share_out
from sim.resources.feed import FeedStore, Lot, Portion
from sim.resources.kinds import BARGES, SILOS, pools

_NUMBERS = count()


def lot(feed: int, dag: int) -> Lot:
    number = next(_NUMBERS)
    return Lot(
        feed, Record("feed_purchase", number, {}), Record("feed_stock", number, {}), 2.0, dag
    )


def store_of(capacity_kg: float = 100.0, reorder_share: float = 0.2, *lots: Lot) -> FeedStore:
    store = FeedStore(simpy.Environment(18262), "silo", pools(SILOS), capacity_kg, reorder_share)
    deliver(store, *lots)
    return store


def deliver(store: FeedStore, *lots: Lot) -> None:
    for one in lots:
        store.ordered(one.left_dag)
        store.deliver(one)


def draw(store: FeedStore, feed: int, dag: int) -> list[tuple[Lot, int]]:
    event = store.draw(feed, dag)
    assert event.triggered, "a draw is answered at once"
    portions: list[Portion] = event.value
    return [(portion.lot, portion.dag) for portion in portions]


def test_lots_are_used_up_in_the_order_in_which_they_came() -> None:
    first, second, third = lot(0, 300), lot(0, 200), lot(0, 500)
    store = store_of(100.0, 0.2, first, second, third)
    assert draw(store, 0, 100) == [(first, 100)]
    assert draw(store, 0, 450) == [(first, 200), (second, 200), (third, 50)]
    assert (first.left_dag, second.left_dag, third.left_dag) == (0, 0, 450)
    assert store.level_dag == 450


def test_a_draw_spans_lots_of_unequal_size() -> None:
    first, second, third = lot(0, 300), lot(0, 20), lot(0, 500)
    store = store_of(100.0, 0.2, first, second, third)
    assert draw(store, 0, 370) == [(first, 300), (second, 20), (third, 50)]
    assert (first.left_dag, second.left_dag, third.left_dag) == (0, 0, 450)
    assert list(store.lots[0]) == [third]
    assert store.level_dag == store.stock_of(0) == 450


def test_a_lot_that_is_drawn_to_the_last_gram_is_gone() -> None:
    first, second = lot(0, 300), lot(0, 500)
    store = store_of(100.0, 0.2, first, second)
    assert draw(store, 0, 299) == [(first, 299)]
    assert list(store.lots[0]) == [first, second]
    assert draw(store, 0, 1) == [(first, 1)]
    assert list(store.lots[0]) == [second]
    assert draw(store, 0, 1) == [(second, 1)]
    third = lot(0, 20)
    deliver(store, third)
    assert draw(store, 0, 518) == [(second, 499), (third, 19)]
    assert draw(store, 0, 9) == [(third, 1)], "the last gram is not lost"


def test_a_short_draw_gives_what_there_is() -> None:
    store = store_of(100.0, 0.2, lot(0, 30))
    assert [dag for _, dag in draw(store, 0, 100)] == [30]
    assert draw(store, 0, 100) == []
    assert store.level_dag == 0


@pytest.mark.parametrize(
    ("stocks", "wanted", "asked", "served"),
    [
        ({0: 50, 1: 90}, 0, 50, 0),  # the wanted one suffices
        ({0: 50, 1: 90}, 0, 51, 1),  # another one suffices
        ({0: 50, 2: 90, 1: 95}, 0, 60, 1),  # two others do: the finer one
        ({0: 50, 1: 90}, 0, 91, 1),  # none does: whichever has most
        ({0: 90, 1: 50}, 0, 91, 0),
        ({0: 50, 1: 50}, 1, 91, 0),
        ({1: 40}, 0, 40, 1),  # the wanted one was never there
    ],
)
def test_a_draw_is_served_from_one_feed(
    stocks: dict[int, int], wanted: int, asked: int, served: int
) -> None:
    halves = [
        lot(feed, dag) for feed, all_ in stocks.items() for dag in (all_ // 3, all_ - all_ // 3)
    ]
    got = draw(store_of(100.0, 0.2, *halves), wanted, asked)
    assert {one.feed for one, _ in got} == {served}
    assert sum(dag for _, dag in got) == min(asked, stocks[served])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.data())
def test_what_two_lots_give_is_what_several_would(meals: list[int], data: st.DataObject) -> None:
    """Who eats from the second lot alone, who from both, and at what price."""
    total = sum(meals)
    if total < 2:
        return
    first = data.draw(st.integers(1, total - 1))
    portions = [Portion(lot(0, 0), first), Portion(lot(0, 0), total - first)]
    portions[1].lot.price_per_kg = 3.0
    containers = np.arange(len(meals)) * 2 + 1
    stocks = []
    for share_out_lots in (
        lambda stock: _two_lots(SimpleNamespace(stock=stock), containers, *portions),
        lambda stock: _several_lots(SimpleNamespace(stock=stock), containers, portions),
    ):
        stock: Any = SimpleNamespace(
            eaten_dag=np.zeros(20, dtype=np.int64),
            purchase=np.full((2, 20), -1),
            price_cents=np.zeros((2, 20)),
        )
        stock.eaten_dag[containers] = meals
        stock.first_dag = stock.eaten_dag.copy()
        stock.purchase[0][containers] = portions[0].lot.purchase.key
        stock.price_cents[0][containers] = 200.0
        share_out_lots(stock)
        stocks.append({name: array.tolist() for name, array in vars(stock).items()})
    assert stocks[0] == stocks[1]


def test_a_meal_out_of_many_lots_of_unequal_size_is_told_lot_by_lot() -> None:
    """A container's first two lots have columns; the third and those after it a draw each."""
    lane, portions = Lane("North", 0, recording=True), []
    lots = ((10, 1.0), (50, 2.0), (5, 4.0), (35, 8.0), (1, 3.0), (2, 5.0), (40, 7.0))
    for number, (dag, price) in enumerate(lots):
        portions.append(Portion(lot(0, 0), dag))
        portions[number].lot.price_per_kg = price
    keys = [portion.lot.purchase.key for portion in portions]
    stock: Any = SimpleNamespace(
        eaten_dag=np.array([65, 78]), first_dag=np.array([65, 78]), more_dag=np.zeros(2, dtype=int),
        assignment=np.array([7, 8]), purchase=np.array([[keys[0]] * 2, [-1] * 2]),
        price_cents=np.array([[100.0] * 2, [0.0] * 2]),
    )  # fmt: skip
    farm: Any = SimpleNamespace(stock=stock, lane=lane, today=5)
    _several_lots(farm, np.arange(2), portions)
    assert stock.purchase.tolist() == [[keys[0], keys[3]], [keys[1], keys[4]]]
    assert (stock.first_dag.tolist(), stock.more_dag.tolist()) == ([10, 35], [5, 42])
    assert stock.price_cents[0].tolist() == [100.0, 800.0]
    assert stock.price_cents[1] == pytest.approx(  # the mean of what the first lot did not cover
        [(50 * 200 + 5 * 400) / 55, (1 * 300 + 2 * 500 + 40 * 700) / 43]
    )
    assert lane.singles["feed_draw"] == [
        (7, 5, keys[2], 5), (8, 5, keys[5], 2), (8, 5, keys[6], 40),
    ]  # fmt: skip


STEPS = st.lists(
    st.tuples(st.sampled_from(["deliver", "draw", "draw"]), st.integers(0, 2), st.integers(1, 400)),
    max_size=60,
)


@given(STEPS)
def test_not_a_gram_is_lost_or_found(steps: list[tuple[str, int, int]]) -> None:
    store = store_of(10_000.0)
    lots: list[Lot] = []
    delivered: list[int] = []
    eaten: dict[int, int] = {}
    for what, feed, dag in steps:
        if what == "deliver":
            lots.append(lot(feed, dag))
            delivered.append(dag)
            deliver(store, lots[-1])
        else:
            before = {kind: store.stock_of(kind) for kind in range(3)}
            got = draw(store, feed, dag)
            assert len({one.feed for one, _ in got}) <= 1
            assert all(part > 0 for _, part in got)
            best = before[feed] if before[feed] >= dag else max(before.values())
            assert sum(part for _, part in got) == min(dag, best)
            for one, part in got:
                eaten[one.purchase.key] = eaten.get(one.purchase.key, 0) + part
        assert store.level_dag == sum(one.left_dag for one in lots) >= 0
        assert store.level_dag == sum(store.stock_of(kind) for kind in range(3))
        assert store.room_dag == store.capacity - store.level_dag
    for one, dag in zip(lots, delivered, strict=True):
        assert one.left_dag + eaten.get(one.purchase.key, 0) == dag
    for feed in range(3):  # first in, first out: at most one lot of a feed is broached
        left = [(one.left_dag, dag) for one, dag in zip(lots, delivered, strict=True)
                if one.feed == feed and one.left_dag]  # fmt: skip
        assert all(now == then for now, then in left[1:])
        untouched = [one for one in lots if one.feed == feed]
        gone = [one.left_dag == 0 for one in untouched]
        assert gone == sorted(gone, reverse=True)


@pytest.mark.parametrize(("level_dag", "fires"), [(0, True), (2000, True), (2001, False)])
def test_an_order_is_due_at_or_below_the_reorder_point(level_dag: int, fires: bool) -> None:
    store = store_of(100.0, 0.2, *([lot(0, level_dag)] if level_dag else []))
    store.expect(0)
    assert store.low().triggered is fires


@pytest.mark.parametrize("by_feed", [False, True])
@pytest.mark.parametrize(
    ("share", "level_dag", "on_order_dag", "fires"),
    [
        (0.2, 2000, 0, True), (0.2, 2001, 0, False),
        (0.2, 500, 1500, True), (0.2, 500, 1501, False),
        (0.205, 2050, 0, True), (0.205, 2051, 0, False),  # 20.5 kg: no whole kilograms
    ],
)  # fmt: skip
def test_exactly_at_the_reorder_point_an_order_goes_out(
    share: float, level_dag: int, on_order_dag: int, fires: bool, *, by_feed: bool
) -> None:
    env = simpy.Environment(18262)
    store = FeedStore(env, "silo", "silos", 100.0, share, by_feed=by_feed)
    deliver(store, lot(0, level_dag))
    store.ordered(on_order_dag)
    store.expect(0)
    assert store.low().triggered is fires


def test_a_store_without_room_orders_nothing_however_early_it_would() -> None:
    store = store_of(100.0, 1.0, lot(0, 10_000))
    store.expect(0)
    low = store.low()
    assert not low.triggered
    draw(store, 0, 1)
    store.look()
    assert low.triggered


def test_nothing_is_ordered_for_nobody() -> None:
    store = store_of()
    low = store.low()
    assert not low.triggered
    store.expect(3)
    assert low.triggered
    assert store.wanted_feed == 3
    store.leave()
    assert not store.low().triggered


def test_a_store_asks_when_a_meal_takes_it_to_the_reorder_point() -> None:
    store = store_of(100.0, 0.2, lot(0, 4000))
    store.expect(0)
    low = store.low()
    draw(store, 0, 1999)
    store.look()
    assert not low.triggered
    draw(store, 1, 1)
    assert not low.triggered, "nobody has looked yet"
    store.look()
    assert low.triggered
    assert store.wanted_feed == 1, "what was wanted last is ordered"


@pytest.mark.parametrize(
    ("asked", "stocks", "ordered"),
    [
        ([0, 1], {0: 2000, 1: 9000}, 0),
        ([0, 1], {0: 9000, 1: 2000}, 1),
        ([1, 0], {0: 2000, 1: 2000}, 1),
        ([0], {0: 9000, 1: 0}, None),
        ([1], {0: 2001, 1: 2000}, 1),
    ],
)
def test_of_several_feeds_that_are_eaten_the_one_that_runs_out_is_ordered(
    asked: list[int], stocks: dict[int, int], ordered: int | None
) -> None:
    store = FeedStore(simpy.Environment(18262), "barge", pools(BARGES), 500.0, 0.04, by_feed=True)
    deliver(store, *(lot(feed, dag + 1) for feed, dag in stocks.items()))
    store.expect(asked[0])
    low = store.low()
    assert not low.triggered
    for feed in asked:
        draw(store, feed, 1)
    store.look()
    assert low.triggered is (ordered is not None)
    assert ordered is None or store.wanted_feed == ordered


def test_what_is_on_its_way_counts_as_stock() -> None:
    store = store_of(100.0, 0.2)
    store.expect(0)
    store.ordered(2001)
    assert store.room_dag == 7999
    assert not store.low().triggered
    store.deliver(lot(0, 2001))
    assert (store.on_order_dag, store.level_dag, store.room_dag) == (0, 2001, 7999)


def test_the_level_is_in_the_ledger_as_a_share_of_the_capacity() -> None:
    store = store_of(100.0, 0.2, lot(0, 8000))
    env = store._env
    env.run(until=18263)
    draw(store, 0, 4000)
    env.run(until=18265)
    store.usage.advance(18265)
    assert store.usage.total().busy_days == pytest.approx(0.8 + 2 * 0.4)


RATIONS = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)


@given(RATIONS, st.floats(0, 1))
def test_a_short_store_is_shared_in_proportion_to_the_last_gram(
    rations: list[int], share: float
) -> None:
    asked = np.array(rations, dtype=np.int64)
    got = int(share * int(asked.sum()))
    parts = share_out(asked, got)
    assert int(parts.sum()) == got
    assert (parts >= 0).all()
    assert (parts <= asked).all()
    if asked.sum():
        assert (np.abs(parts - asked * (got / asked.sum())) < 1 + 1e-6).all()


def test_left_over_grams_go_to_the_first_containers() -> None:
    assert share_out(np.array([10, 10, 10]), 20).tolist() == [7, 7, 6]
    assert share_out(np.array([0, 3, 3]), 5).tolist() == [0, 3, 2]
