"""The fleets' queue: who asked first gets the next boat, and who is away with one is named."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import simpy

from sim.resources.fleet import Fleet
from sim.resources.kinds import WELLBOATS, pools

FIRST = 18262
Story = Generator[simpy.Event, object, None]


def boat_trips(
    fleet: Fleet, env: simpy.Environment, trips: dict[str, float]
) -> list[tuple[str, float]]:
    """Who set out when, everybody asking at once."""
    log: list[tuple[str, float]] = []

    def trip(name: str, days: float) -> Story:
        vehicle = fleet.ask(name)
        yield vehicle
        log.append((name, env.now - FIRST))
        yield env.timeout(days)
        fleet.come_back(vehicle)

    for name, days in trips.items():
        env.process(trip(name, days))
    env.run()
    fleet.usage.advance(env.now)
    return log


def test_boats_go_to_whoever_asked_first() -> None:
    env = simpy.Environment(initial_time=FIRST)
    fleet = Fleet(env, "wellboats", pools(WELLBOATS), 2)
    log = boat_trips(fleet, env, {"a": 3, "b": 1, "c": 1, "d": 1})
    assert log == [("a", 0), ("b", 0), ("c", 1), ("d", 2)]
    assert fleet.holders() == {}


def test_a_fleet_names_who_is_away_with_its_boats() -> None:
    env = simpy.Environment(initial_time=FIRST)
    fleet = Fleet(env, "wellboats", pools(WELLBOATS), 2)
    one, _, _ = (fleet.ask(name) for name in ("a", "b", "c"))
    assert fleet.holders() == {"a": 1, "b": 1}
    fleet.come_back(one)
    assert fleet.holders() == {"b": 1, "c": 1}


def test_a_fleets_ledger_counts_trips_and_those_who_waited() -> None:
    env = simpy.Environment(initial_time=FIRST)
    fleet = Fleet(env, "wellboats", pools(WELLBOATS), 1)
    boat_trips(fleet, env, {"a": 3, "b": 1, "c": 2})
    usage = fleet.usage.total()
    assert (usage.capacity_days, usage.busy_days) == (6, 6)
    assert usage.queue_days == pytest.approx(3 + 4)
