"""Queueing theory that several tests need, and a station made of our own container pool."""

from __future__ import annotations

from collections.abc import Generator
from math import factorial

import numpy as np
import simpy

from sim.resources.containers import ContainerPool
from sim.resources.kinds import TANKS, pools
from sim.study.statistics import Mean, mean_of

Story = Generator[simpy.Event, object, None]


def erlang_c(servers: int, arrivals: float, service_rate: float) -> float:
    """Probability of having to wait in an M/M/c (Erlang 1917)."""
    load = arrivals / service_rate
    busy = load**servers / factorial(servers) * servers / (servers - load)
    return busy / (sum(load**n / factorial(n) for n in range(servers)) + busy)


def erlang_c_wait(servers: int, arrivals: float, service_rate: float) -> float:
    """Mean wait in the queue of an M/M/c."""
    return erlang_c(servers, arrivals, service_rate) / (servers * service_rate - arrivals)


def batch_means(figures: list[float], batches: int = 25) -> Mean:
    """Mean and 99% interval of figures that depend on those shortly before them.

    Means of long batches hardly depend on each other (Law 2015, *Simulation Modeling and Analysis*,
    9.5.3).
    """
    return mean_of(np.array(figures).reshape(batches, -1).mean(axis=1), 0.99)


def station(env: simpy.Environment, name: str, servers: int) -> ContainerPool:
    return ContainerPool(env, name, {name: tuple(range(servers))}, {name: pools(TANKS)})
