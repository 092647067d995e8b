"""scenarios/tight.yaml: in every pool somebody waits, and without a pool's queue nobody would."""

from collections import Counter
from functools import cache

import pytest

from sim.scenario import load
from sim.world import World
from tests.support.command_line import ROOT

TIGHT = ROOT / "scenarios" / "tight.yaml"

AMPLE = {
    "tanks A": ("stages.0.containers_per_hall=600",),
    "rings": ("geographies.0.areas=60",),
    "wellboats": ("geographies.0.wellboats=100",),
    "feed trucks": ("geographies.0.feed_trucks=1000",),
    "feed boats": ("geographies.0.feed_boats=1000",),
    "harvest plant": ("geographies.0.plant_kg_per_day=1e12",),
    "silos": ("feed_supply.silo_lead_days=0", "geographies.0.feed_trucks=1000"),
    "barges": (
        "feed_supply.barge_lead_days=0",
        "geographies.0.feed_boats=1000",
        "storms.stop_boats=false",
    ),
    "treatment vessels": ("geographies.0.treatment_vessels=100",),
}
"""Per pool, the knobs that leave nothing to wait for in it."""


@cache
def waits(*overrides: str) -> tuple[Counter[str], tuple[str, ...]]:
    """Waits of more than an instant by kind of pool, and what the watchdog said."""
    world = World(load(TIGHT, overrides).scenario, recording=[])
    world.advance(world.plan.end_day)
    (farm,) = world.farms
    kind_of = {ledger.pool: ledger.pools.name for ledger in farm.resources.ledgers()}
    found: Counter[str] = Counter()
    for wait in farm.lane.records["wait"]:
        values = wait.values
        kind = kind_of.get(str(values["pool"]), str(values["kind"]))
        until = values["until"] if values["until"] is not None else values["since"] + 1
        if until > values["since"] and values["kind"] not in ("density", "weather"):
            found["silos" if kind.startswith("silos") else kind] += 1
    return found, tuple(farm.resources.watchdog())


@pytest.mark.parametrize("pool", AMPLE)
def test_every_pool_has_a_queue(pool: str):
    assert waits()[0][pool] > 0


@pytest.mark.parametrize("pool", AMPLE)
def test_a_pool_that_is_never_short_has_no_queue(pool: str):
    assert waits(*AMPLE[pool])[0][pool] == 0


def test_the_watchdog_is_silent():
    assert waits()[1] == ()


def test_nothing_is_lost():
    world = World(load(TIGHT).scenario, recording=[])
    world.advance(world.plan.end_day)
    (farm,) = world.farms
    held = Counter(unit for pool in farm.resources.pools() for unit in pool.holders)
    assert held
    assert max(held.values()) == 1
    for pool in farm.resources.pools():
        free = sum(map(len, pool.free.values()))
        resting = sum(ledger.resting for ledger in pool.usage.values())
        assert free + resting + len(pool.holders) == pool.capacity
