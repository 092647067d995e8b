"""The container pool against queueing theory: Erlang C, Little's law, a line that blocks."""

from __future__ import annotations

import random
from collections.abc import Generator
from math import factorial

import pytest
import simpy

from sim.resources.containers import ContainerPool
from sim.resources.usage import Usage

Story = Generator[simpy.Event, object, None]
SERVERS, ARRIVALS_A_DAY = 3, 2.1
CUSTOMERS = 50_000


def erlang_c_wait(servers: int, arrivals: float, service_rate: float) -> float:
    """Mean wait in the queue of an M/M/c."""
    load = arrivals / service_rate
    busy = load**servers / factorial(servers) * servers / (servers - load)
    idle = sum(load**n / factorial(n) for n in range(servers))
    return busy / (idle + busy) / (servers * service_rate - arrivals)


def station(env: simpy.Environment, name: str, servers: int) -> ContainerPool:
    return ContainerPool(env, name, {name: tuple(range(servers))}, {name: "tanks"})


class Shop:
    """An M/M/c whose servers are the units of a pool."""

    def __init__(self) -> None:
        self.env = simpy.Environment(initial_time=18262)
        self.pool = station(self.env, "shop", SERVERS)
        self.luck = random.Random(2020)
        self.waits: list[float] = []
        self.services: list[float] = []
        self.env.process(self.arrivals())
        self.env.run()
        self.pool.usage["shop"].advance(self.env.now)

    def arrivals(self) -> Story:
        for number in range(CUSTOMERS):
            yield self.env.timeout(self.luck.expovariate(ARRIVALS_A_DAY))
            self.env.process(self.customer(f"customer {number}", self.luck.expovariate(1)))

    def customer(self, name: str, service: float) -> Story:
        came = self.env.now
        grant = yield self.pool.claim(name, 1)
        self.waits.append(self.env.now - came)
        self.services.append(service)
        yield self.env.timeout(service)
        self.pool.release(name, grant, 0)  # type: ignore[arg-type]

    @property
    def usage(self) -> Usage:
        return self.pool.usage["shop"].total()


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


def test_erlang_c_by_hand() -> None:
    assert erlang_c_wait(1, 0.5, 1) == pytest.approx(1)  # M/M/1: rho / (mu - lambda)
    assert erlang_c_wait(2, 1, 1) == pytest.approx(1 / 3)


def test_the_mean_wait_is_that_of_erlang_c(shop: Shop) -> None:
    expected = erlang_c_wait(SERVERS, ARRIVALS_A_DAY, 1)
    assert sum(shop.waits) / CUSTOMERS == pytest.approx(expected, rel=0.04)


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


def throughput_of_line(stations: int, jobs: int, seed: int) -> float:
    """Jobs a day through single machines in a row without buffers, exponential services of 1."""
    env = simpy.Environment(initial_time=18262)
    line = [station(env, f"machine {number}", 1) for number in range(stations)]
    luck = random.Random(seed)

    def job(number: int) -> Story:
        held = None
        for machine in line:
            grant = yield machine.claim(f"job {number}", 1)
            if held is not None:  # a job keeps its machine until the next one is free
                held[0].release(f"job {number}", held[1], 0)
            elif number + 1 < jobs:
                env.process(job(number + 1))  # there is always one more at the door
            held = (machine, grant)
            yield env.timeout(luck.expovariate(1))
        assert held is not None
        held[0].release(f"job {number}", held[1], 0)

    env.process(job(0))
    env.run()
    return jobs / (env.now - 18262)


# Hunt (1956), Operations Research 4:674: sequential arrays of waiting lines, no queue allowed
@pytest.mark.parametrize(("stations", "throughput"), [(1, 1), (2, 2 / 3), (3, 22 / 39)])
def test_a_line_without_buffers_blocks_to_its_known_throughput(
    stations: int, throughput: float
) -> None:
    assert throughput_of_line(stations, 10_000, seed=1) == pytest.approx(throughput, rel=0.02)
