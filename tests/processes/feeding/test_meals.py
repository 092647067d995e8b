"""Meals: every batch asks every store that serves it, every day; growth follows what it got."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from sim.company.company import Company
from sim.company.farm import Farm
from sim.core.clock import CLOSE, FEED
from sim.fish.growth_day import Fish
from sim.resources.feed import Draw, FeedStore
from sim.world import World
from tests.support.small_company import CLOSE_TOGETHER, SHORT, Told, company, run

SHARED = CLOSE_TOGETHER | {
    "geographies__0__stations": 1,
    "stages__1__containers_per_hall": 8,
    "stages__2__containers_per_hall": 8,
    "stages__0__containers_per_hall": 8,
    "geographies__0__rings_per_area": 12,
    "geographies__0__areas": 2,
}
"""Batches that eat from the same silos and barges at a time."""

Request = tuple[float, str, str]
"""When a batch asked which store."""


class Queue(list[Draw]):
    """A store's queue that tells of every request that is put into it."""

    seen: list[Request]

    def append(self, draw: Draw) -> None:
        process = draw.env.active_process
        assert process is not None, "a batch's process asks"
        batch = process._generator.gi_frame.f_locals["batch"]
        self.seen.append((draw.env.now, batch.name, draw.resource.name))
        super().append(draw)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """All that is put into any store's queue."""
    seen: list[Request] = []
    monkeypatch.setattr(FeedStore, "GetQueue", type("Seen", (Queue,), {"seen": seen}))
    return seen


Hungry = set[tuple[int, str, str]]
"""By day, batch and store: where any container had a ration."""


@pytest.fixture
def hungry(monkeypatch: pytest.MonkeyPatch) -> Hungry:
    """Who has to ask which store, worked out container by container when the day's rations are."""
    found: Hungry = set()

    def look(fish: Fish) -> None:
        before(fish)
        (stock,) = fish.stocks
        for unit in ((stock.ration_dag > 0) & (stock.batch >= 0)).nonzero()[0].tolist():
            found.add((farms[0].today, farms[0].batches[stock.batch[unit]].name,
                       store_of(farms[0], unit).name))  # fmt: skip

    def start(company_: Company, made: list[Farm]) -> None:
        farms[:] = made
        begin(company_, made)

    farms: list[Farm] = []
    before, begin = Fish.ask, Company.__init__
    monkeypatch.setattr(Fish, "ask", look)
    monkeypatch.setattr(Company, "__init__", start)
    return found


def fed(told: Told) -> Hungry:
    """Where any container ate."""
    farm, days = told.farm, told.days()
    eaten = days["eaten_dag"] > 0
    columns = (days[name][eaten].tolist() for name in ("day", "batch", "container"))
    return {
        (day, farm.batches[batch].name, store_of(farm, unit).name)
        for day, batch, unit in zip(*columns, strict=True)
    }


def store_of(farm: Farm, unit: int) -> FeedStore:
    site = farm.layout.sites[farm.layout.site_of[unit]]
    return farm.resources.stores[site.index][int(farm.layout.stores_of(site, np.array([unit]))[0])]


@pytest.mark.parametrize("changes", [CLOSE_TOGETHER, SHARED], ids=["apart", "shared"])
def test_every_batch_asks_each_of_its_stores_once_a_day(
    requests: list[Request], hungry: Hungry, changes: dict[str, object]
) -> None:
    """One request a store and day, for all containers there, on each day that any has a ration."""
    told = run(company(**changes))
    asked = Counter((int(now), batch, store) for now, batch, store in requests)
    assert {now % 1 for now, _, _ in requests} == {FEED}
    assert set(asked.values()) == {1}
    assert set(asked) == hungry == fed(told)
    assert len(asked) > 250


def test_who_is_short_asks_all_the_same(requests: list[Request], hungry: Hungry) -> None:
    told = run(company(**SHORT))
    asked = Counter((int(now), batch, store) for now, batch, store in requests)
    assert set(asked.values()) == {1}
    assert set(asked) == hungry > fed(told), "there are days on which nobody got anything"


def test_at_a_store_those_that_started_first_ask_first(requests: list[Request]) -> None:
    run(company(**SHARED))
    queues: dict[tuple[int, str], list[str]] = {}
    for now, batch, store in requests:
        queues.setdefault((int(now), store), []).append(batch)
    assert sum(len(batches) > 1 for batches in queues.values()) > 20
    assert all(batches == sorted(batches) for batches in queues.values())


def test_fish_get_nothing_but_through_the_queue_of_their_store() -> None:
    """A store whose queue is not served starves its fish; the others eat."""

    def world() -> World:
        made = World(company(**CLOSE_TOGETHER))
        made.advance(made.plan.first_day + 20)
        return made

    served, left = world(), world()
    silo = left.farms[0].batches[0].feed_lines[0].store
    silo.serve = lambda: None  # type: ignore[method-assign]
    day = left.plan.first_day + 20
    before = left.farms[0].stock.weight_g.copy()
    for each in (served, left):
        each.env.run(until=day + CLOSE + 0.01)
    farm, other = left.farms[0], served.farms[0]
    mine = farm.batches[0].feed_lines[0].containers
    assert [draw.dag for draw in silo.get_queue] == [int(other.stock.eaten_dag[mine].sum())]
    assert not farm.stock.eaten_dag[mine].any()
    assert (farm.stock.weight_g[mine] <= before[mine]).all()
    assert (other.stock.weight_g[mine] > before[mine]).all()
    (theirs,) = farm.batches[1].feed_lines
    assert farm.stock.eaten_dag[theirs.containers].all()


def test_the_batch_that_asks_first_gets_all_and_the_next_the_rest() -> None:
    """Two batches at one silo with too little for both; containers share in proportion."""
    world = World(company(**SHARED))
    farm = world.farms[0]
    day = world.plan.first_day
    while not _both_at_one_silo(farm):
        day += 1
        world.advance(day)
    first, second = (batch for batch in farm.batches if batch.feed_lines)
    silo = first.feed_lines[-1].store
    world.env.run(until=day + FEED - 0.01)  # rations are known, and not yet drawn
    asked = [_asked(farm, batch) for batch in (first, second)]
    spare = asked[0] + asked[1] // 2
    feed = farm.feed_for(farm.stages[first.feed_lines[-1].order], 1.0)
    for kind in list(silo.lots):
        silo.draw(kind, silo.stock_of(kind) - (spare if kind == feed else 0))
    assert silo.level_dag == spare
    world.env.run(until=day + CLOSE + 0.01)
    eaten, ration = farm.stock.eaten_dag, farm.stock.ration_dag
    units = [batch.feed_lines[-1].containers for batch in (first, second)]
    assert eaten[units[0]].tolist() == ration[units[0]].tolist()
    assert int(eaten[units[1]].sum()) == asked[1] // 2
    assert (np.abs(eaten[units[1]] - ration[units[1]] * (asked[1] // 2) / asked[1]) < 1.001).all()
    assert silo.level_dag == 0
    assert silo.name in second.short
    assert silo.name not in first.short


def _both_at_one_silo(farm: Farm) -> bool:
    stores = [line.store for batch in farm.batches for line in batch.feed_lines]
    return any(count > 1 for count in Counter(stores).values()) and len(stores) == 2


def _asked(farm: Farm, batch: Any) -> int:
    return int(farm.stock.ration_dag[batch.feed_lines[-1].containers].sum())
