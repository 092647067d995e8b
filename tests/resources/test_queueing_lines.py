"""Lines of our own pools that block upstream, and pools that rest: their known throughput."""

from __future__ import annotations

import random

import numpy as np
import pytest
import simpy

from sim.resources.containers import ContainerPool, Grant
from tests.support.queueing import Story, batch_means, station


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


def line_with_a_buffer(
    places: int, rates: tuple[float, float], jobs: int, seed: int | None
) -> list[float]:
    """When each job leaves a line of two machines with so many places between them.

    The places are a pool like the machines. Whoever is done upstream keeps what it holds until it
    is granted what comes next, as batches keep their tanks until the rings are theirs. There is
    always one more job at the door. Services are exponential, or constant without a seed.
    """
    env = simpy.Environment(initial_time=18262)
    stops = [station(env, "first", 1)]
    stops += [station(env, "between", places)] if places else []
    stops += [station(env, "second", 1)]
    luck = random.Random(seed)
    left: list[float] = []

    def service(rate: float) -> float:
        return 1 / rate if seed is None else luck.expovariate(rate)

    def job(number: int) -> Story:
        name = f"job {number}"
        held: tuple[ContainerPool, Grant] | None = None
        for stop in stops:
            grant = yield stop.claim(name, 1)
            assert isinstance(grant, Grant)
            if held is not None:
                held[0].release(name, held[1], 0)
            elif number + 1 < jobs:
                env.process(job(number + 1))
            held = (stop, grant)
            if stop.name != "between":
                yield env.timeout(service(rates[stop.name == "second"]))
        assert held is not None
        held[0].release(name, held[1], 0)
        left.append(env.now - 18262)

    env.process(job(0))
    env.run()
    return left


def throughput_with_a_buffer(places: int, rates: tuple[float, float]) -> float:
    """Of a saturated line of two exponential machines that block after service.

    The jobs that the first machine has finished or that wait behind it are a birth-death process
    with places + 3 states (Hunt 1956, *Operations Research* 4:674; Buzacott and Shanthikumar 1993,
    *Stochastic Models of Manufacturing Systems*, 5.2): the second machine idles in the first state.
    """
    weights = [(rates[0] / rates[1]) ** state for state in range(places + 3)]
    return rates[1] * (1 - weights[0] / sum(weights))


def test_the_lines_throughput_by_hand() -> None:
    assert throughput_with_a_buffer(0, (1, 1)) == pytest.approx(2 / 3)
    assert throughput_with_a_buffer(2, (1, 1)) == pytest.approx(4 / 5)
    assert throughput_with_a_buffer(1000, (1, 2)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("places", "rates"), [(0, (1, 1)), (0, (1, 2)), (2, (1, 1)), (3, (1.5, 1))]
)
def test_a_line_with_a_finite_buffer_blocks_to_its_known_throughput(
    places: int, rates: tuple[float, float]
) -> None:
    left = np.array(line_with_a_buffer(places, rates, 10_001, seed=7))
    between = batch_means(np.diff(left).tolist())
    assert between.low < 1 / throughput_with_a_buffer(places, rates) < between.high
    assert between.half_width < 0.04 * between.mean


@pytest.mark.parametrize("places", [0, 1, 5])
@pytest.mark.parametrize("rates", [(1.0, 1.0), (0.5, 1.0), (1.0, 0.5)])
def test_without_chance_the_slower_machine_sets_the_pace(
    places: int, rates: tuple[float, float]
) -> None:
    left = line_with_a_buffer(places, rates, 40, seed=None)
    first = sum(1 / rate for rate in rates)
    assert left == pytest.approx([first + number / min(rates) for number in range(40)])


def test_units_that_rest_turn_over_as_often_as_stay_and_fallow_allow() -> None:
    """Saturated, a pool serves units / (stay + rest) a day: rings with their fallow."""
    env = simpy.Environment(initial_time=18262)
    rings = station(env, "rings", 6)
    starts: list[float] = []

    def batch(name: str, stay: float) -> Story:
        grant = yield rings.claim(name, 2)
        starts.append(env.now - 18262)
        yield env.timeout(stay)
        assert isinstance(grant, Grant)
        rings.release(name, grant, rest_days=50)

    for number in range(30):
        env.process(batch(f"batch {number}", 400))
    env.run(until=18262 + 4500)
    assert starts == [450 * (number // 3) for number in range(30)]
    usage = rings.usage["rings"]
    usage.advance(18262 + 4500)
    total = usage.total()
    assert total.busy_days / total.capacity_days == pytest.approx(400 / 450)
    assert total.resting_days / total.capacity_days == pytest.approx(50 / 450)
