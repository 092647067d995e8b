"""Shortcuts of the model: where nobody looks, less is done, and it makes no difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.company.farm import Farm
from sim.core.streams import noise, noise_at, normal, normal_at, stream, uniform, uniform_at
from sim.processes.feeding import meals
from sim.processes.life import harvest
from sim.resources.feed import Portion
from sim.scenario import Scenario, load
from sim.world import World
from tests.support.small_company import CLOSE_TOGETHER, SHORT, Told, company, run

LOT_AFTER_LOT = CLOSE_TOGETHER | {
    "stages__1__silo_kg": 1000.0,
    "geographies__0__barge_kg": 9000.0,
    "feed_supply": {
        "reorder_share": 0.8, "lot_kg": 500.0, "silo_lead_days": 1, "barge_lead_days": 1,
    },
    "geographies__0__feed_trucks": 9,
    "geographies__0__feed_boats": 9,
}  # fmt: skip
"""Stores that are filled up in small lots."""


def state(farm: Farm) -> dict[str, Any]:
    """Fish and what ails them, waits and usage, to the last bit."""
    stock = farm.stock
    arrays = (
        stock.count, stock.weight_g, stock.batch, stock.eaten_dag,
        stock.condition.lice, stock.condition.damage, stock.condition.load,
    )  # fmt: skip
    now = float(farm.env.now)
    return {
        "fish": [array.tolist() for array in arrays],
        "harvested": [batch.harvested for batch in farm.batches],
        "delousings": [batch.delousings for batch in farm.batches],
        "waits": list(farm.records.wait_figures(now)),
        "usage": {
            ledger.pool: {month: vars_of(use) for month, use in ledger.seen(0, now).items()}
            for ledger in farm.resources.ledgers()
        },
    }


def vars_of(usage: Any) -> tuple[float, ...]:
    return tuple(getattr(usage, name) for name in usage.__slots__)


@pytest.fixture(scope="module")
def smoke() -> Scenario:
    return load("scenarios/smoke.yaml").scenario


def test_what_nobody_records_happens_all_the_same(smoke: Scenario) -> None:
    worlds = [World(smoke, recording=lanes) for lanes in ([0, 1], [])]
    for world in worlds:
        world.advance(world.plan.end_day)
    told, untold = ([state(farm) for farm in world.farms] for world in worlds)
    assert told == untold
    assert any(farm.lane.records["treatment"] for farm in worlds[0].farms)
    journals = [farm.lane.records.get("journal_entry") for farm in worlds[1].farms]
    assert not any(journals)


def _meals(told: Told) -> dict[str, Any]:
    columns = ("day", "container", "eaten_dag", "feed", "first_dag", "purchase", "purchase_2")
    return {name: told.days()[name].tolist() for name in columns} | {
        "stock": told.rows("feed_stock"),
        "state": state(told.farm),
    }


@pytest.mark.parametrize(
    "changes", [CLOSE_TOGETHER, LOT_AFTER_LOT, SHORT], ids=["plenty", "lot after lot", "short"]
)
def test_sharing_out_feed_lines_at_once_gives_what_handing_out_each_draw_gives(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
) -> None:
    """Lines that got all out of one lot in one array step, and two lots by their border."""
    handed: list[int] = []

    def plainly(farm: Farm, containers: Any, portions: list[Portion], asked: int) -> int:
        handed.append(len(portions))
        return by_hand(farm, containers, portions, asked)

    by_hand = meals._hand_out
    monkeypatch.setattr(meals, "_hand_out", plainly)
    at_once = run(company(**changes))
    some = len(handed)
    handed.clear()
    monkeypatch.setattr(meals, "_is_whole", lambda *_: False)
    monkeypatch.setattr(
        meals, "_two_lots", lambda farm, units, *lots: meals._several_lots(farm, units, [*lots])
    )
    each = run(company(**changes))
    assert len(handed) > max(200, 2 * some)
    assert (handed.count(2) > 10) == (changes is LOT_AFTER_LOT)
    assert _meals(at_once) == _meals(each)
    shorts = [row for row in at_once.rows("wait") if row["kind"] == "feed"]
    assert bool(shorts) == (changes is SHORT)


def test_sleeping_until_harvest_can_be_near_changes_no_harvest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asleep: list[int] = []

    def awake(*args: Any) -> int:
        asleep.append(before(*args))
        return 0

    slow = CLOSE_TOGETHER | {"stages__3__max_feed_percent_per_day": 8.0}
    slept = run(company(**slow))
    before = harvest._too_early_days
    monkeypatch.setattr(harvest, "_too_early_days", awake)
    watched = run(company(**slow))
    assert max(asleep) >= 1
    assert slept.rows("harvest_event") == watched.rows("harvest_event")


def test_one_number_of_a_stream_is_the_array_s() -> None:
    key = stream(3, "one")
    numbers = np.arange(5000)
    assert uniform(key, numbers).tolist() == [uniform_at(key, n) for n in range(5000)]
    assert normal(key, numbers).tolist() == [normal_at(key, n) for n in range(5000)]
    assert noise(key, numbers).tolist() == [noise_at(key, n) for n in range(5000)]
    assert float(uniform(key, 7)) == uniform_at(key, 7)
    assert float(normal(key, 7)) == normal_at(key, 7)
