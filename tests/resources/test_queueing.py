"""Our own pools against queueing theory: Erlang C and Little's law."""

from __future__ import annotations

import random
from heapq import heapreplace

import pytest
import simpy

from sim.resources.containers import ContainerPool, Grant
from sim.resources.fleet import Fleet
from sim.resources.kinds import TANKS, WELLBOATS, pools
from sim.resources.plant import HarvestPlant
from sim.resources.usage import Usage, UsageLedger
from tests.support.queueing import Story, batch_means, erlang_c, erlang_c_wait, station

SERVERS, ARRIVALS_A_DAY = 3, 2.1
CUSTOMERS = 50_000


class Shop:
    """An M/M/c whose servers are the units of a pool or the vehicles of a fleet."""

    def __init__(self, servers: str) -> None:
        self.env = simpy.Environment(initial_time=18262)
        self.pool = station(self.env, "shop", SERVERS)
        self.fleet = Fleet(self.env, "shop", pools(WELLBOATS), SERVERS)
        self.serve = {"tanks": self.in_a_tank, "boats": self.by_a_boat}[servers]
        self.ledger = {"tanks": self.pool.usage["shop"], "boats": self.fleet.usage}[servers]
        self.luck = random.Random(2020)
        self.came: list[float] = []
        self.waits: list[float] = []
        self.services: list[float] = []
        self.env.process(self.arrivals())
        self.env.run()
        self.ledger.advance(self.env.now)

    def arrivals(self) -> Story:
        for number in range(CUSTOMERS):
            yield self.env.timeout(self.luck.expovariate(ARRIVALS_A_DAY))
            self.env.process(self.serve(f"customer {number}", self.luck.expovariate(1)))

    def in_a_tank(self, name: str, service: float) -> Story:
        came = self.env.now
        grant = yield self.pool.claim(name, 1)
        self.served(came, service)
        yield self.env.timeout(service)
        self.pool.release(name, grant, 0)  # type: ignore[arg-type]

    def by_a_boat(self, name: str, service: float) -> Story:
        came = self.env.now
        trip = self.fleet.ask(name)
        yield trip
        self.served(came, service)
        yield self.env.timeout(service)
        self.fleet.come_back(trip)

    def served(self, came: float, service: float) -> None:
        self.came.append(came)
        self.waits.append(self.env.now - came)
        self.services.append(service)

    @property
    def usage(self) -> Usage:
        return self.ledger.total()


@pytest.fixture(scope="module", params=["tanks", "boats"])
def shop(request: pytest.FixtureRequest) -> Shop:
    return Shop(request.param)


def test_erlang_c_by_hand() -> None:
    assert erlang_c(1, 0.5, 1) == pytest.approx(0.5)  # M/M/1: rho
    assert erlang_c_wait(1, 0.5, 1) == pytest.approx(1)  # M/M/1: rho / (mu - lambda)
    assert erlang_c_wait(2, 1, 1) == pytest.approx(1 / 3)


def test_the_mean_wait_is_that_of_erlang_c(shop: Shop) -> None:
    found, expected = batch_means(shop.waits), erlang_c_wait(SERVERS, ARRIVALS_A_DAY, 1)
    assert found.low < expected < found.high
    assert found.half_width < 0.15 * expected


def test_everybody_waits_as_long_as_first_come_first_served_has_it(shop: Shop) -> None:
    """Kiefer and Wolfowitz (1955): who comes next takes the server that is free first."""
    free_at = [0.0] * SERVERS
    expected = []
    for came, service in zip(shop.came, shop.services, strict=True):
        starts = max(came, free_at[0])
        heapreplace(free_at, starts + service)
        expected.append(starts - came)
    assert shop.waits == pytest.approx(expected, abs=1e-6)


def test_as_many_wait_as_erlang_c_says(shop: Shop) -> None:
    found = batch_means([float(wait > 0) for wait in shop.waits])
    expected = erlang_c(SERVERS, ARRIVALS_A_DAY, 1)
    assert found.low < expected < found.high
    assert found.half_width < 0.05 * expected


def test_the_share_of_busy_servers_is_the_load(shop: Shop) -> None:
    assert shop.usage.busy_days / shop.usage.capacity_days == pytest.approx(
        ARRIVALS_A_DAY / SERVERS, rel=0.015
    )


def test_the_ledger_obeys_littles_law(shop: Shop) -> None:
    # The shop is empty at both ends, so L = lambda W holds exactly, for the queue and the servers.
    span = shop.usage.capacity_days / SERVERS
    arrivals = CUSTOMERS / span
    assert shop.usage.queue_days / span == pytest.approx(arrivals * sum(shop.waits) / CUSTOMERS)
    assert shop.usage.busy_days / span == pytest.approx(arrivals * sum(shop.services) / CUSTOMERS)
    assert shop.usage.resting_days == 0


def littles_law_at_the_plant(seed: int) -> tuple[UsageLedger, list[float]]:
    """A plant's ledger and everybody's wait, when rings of random weights come at random."""
    env = simpy.Environment(initial_time=18262)
    plant = HarvestPlant(env, "plant", 100.0)
    luck = random.Random(seed)
    waits: list[float] = []

    def ring(kg: float) -> Story:
        came = env.now
        yield plant.slaughter("batch", lambda: kg)
        waits.append(env.now - came)

    def arrivals() -> Story:
        for _ in range(3000):
            yield env.timeout(luck.expovariate(1.5))
            env.process(ring(luck.uniform(20, 80)))

    env.process(arrivals())
    env.run()
    plant.usage.advance(env.now)
    return plant.usage, waits


def test_the_plants_ledger_obeys_littles_law() -> None:
    ledger, waits = littles_law_at_the_plant(seed=3)
    assert len(waits) == 3000
    assert sum(waits) > 1000
    assert ledger.total().queue_days == pytest.approx(sum(waits))
    assert len(ledger.months) > 24


def test_claims_for_several_groups_obey_littles_law_in_sum() -> None:
    """A claim that would take any group is shared out among their queues; the sum stays one."""
    env = simpy.Environment(initial_time=18262)
    halls = {"A": tuple(range(4)), "B": tuple(range(4, 10))}
    pool = ContainerPool(env, "tanks", halls, dict.fromkeys(halls, pools(TANKS)))
    luck = random.Random(11)
    waits: list[float] = []

    def batch(name: str, wanted: int, group: str | None, stay: float) -> Story:
        came = env.now
        grant = yield pool.claim(name, wanted, group)
        waits.append(env.now - came)
        yield env.timeout(stay)
        assert isinstance(grant, Grant)
        pool.release(name, grant, rest_days=2)

    def arrivals() -> Story:
        for number in range(2000):
            yield env.timeout(luck.expovariate(0.4))
            group = luck.choice([None, "A", "B"])
            env.process(batch(f"batch {number}", luck.randint(1, 4), group, luck.expovariate(0.2)))

    env.process(arrivals())
    env.run()
    for ledger in pool.usage.values():
        ledger.advance(env.now)
    assert len(waits) == 2000
    assert sum(wait > 0 for wait in waits) > 100
    queued = sum(ledger.total().queue_days for ledger in pool.usage.values())
    assert queued == pytest.approx(sum(waits))
    assert [ledger.queued for ledger in pool.usage.values()] == pytest.approx([0, 0], abs=1e-9)
