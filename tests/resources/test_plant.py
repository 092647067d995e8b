"""The harvest plant's day: its capacity, in the order of those who asked."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.core.clock import MOVE
from sim.resources.plant import HarvestPlant, Slaughter

FIRST = 18262
CAPACITY = 100.0

Story = Generator[simpy.Event, object, None]


def plant_at(now: float = FIRST + MOVE) -> HarvestPlant:
    return HarvestPlant(simpy.Environment(initial_time=now), "plant", CAPACITY)


def ask(plant: HarvestPlant, holder: str, kg: float) -> Slaughter:
    return plant.slaughter(holder, lambda: kg)


def taken_on(plant: HarvestPlant, requests: dict[str, Slaughter]) -> dict[str, int]:
    """Days after the first on which each request was met."""
    days: dict[str, int] = {}

    def watch(name: str, request: Slaughter) -> Story:
        yield request
        days[name] = int(plant.now) - FIRST

    for name, request in requests.items():
        plant._env.process(watch(name, request))
    plant._env.run(until=plant.now + 200)
    return days


def test_rings_that_fit_are_taken_at_once() -> None:
    plant = plant_at()
    assert all(ask(plant, "x", kg).triggered for kg in (60.0, 30.0, 10.0))
    assert not ask(plant, "x", 0.1).triggered
    assert plant.holders == ["x"] * 3


def test_a_ring_that_does_not_fit_waits_for_the_next_working_day() -> None:
    plant = plant_at()
    ask(plant, "x", 60.0)
    waiting = ask(plant, "y", 60.0)
    plant._env.run(until=FIRST + 1 + MOVE)
    assert not waiting.triggered
    plant._env.run(until=FIRST + 1 + MOVE + 0.01)
    assert waiting.value == 60.0


def test_a_small_ring_does_not_overtake_a_large_one() -> None:
    plant = plant_at()
    sizes = {"first": 60.0, "large": 60.0, "small": 10.0, "next": 40.0, "last": 1.0}
    requests = {name: ask(plant, name, kg) for name, kg in sizes.items()}
    assert taken_on(plant, requests) == {"first": 0, "large": 1, "small": 1, "next": 2, "last": 2}


def test_fish_that_wait_are_weighed_again() -> None:
    plant = plant_at()
    ask(plant, "x", 70.0)
    growing = plant.slaughter("y", lambda: 40.0 + 20 * (int(plant.now) - FIRST))
    behind = ask(plant, "z", 50.0)  # 60 kg are taken on day 1, so this does not fit any more
    assert taken_on(plant, {"y": growing, "z": behind}) == {"y": 1, "z": 2}
    assert growing.value == 60.0


def test_fish_that_lost_weight_make_room_the_same_day() -> None:
    plant = plant_at()
    weight = [50.0]
    ask(plant, "x", 60.0)
    shrinking = plant.slaughter("y", lambda: weight[0])
    assert not shrinking.triggered
    weight[0] = 40.0
    ask(plant, "z", 1.0)  # whoever asks makes the plant look at its queue again
    assert shrinking.value == 40.0


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0, 0, 0.5, 1, 3]), st.floats(0.1, CAPACITY)),
        min_size=1,
        max_size=25,
    )
)
def test_a_day_never_exceeds_the_capacity_and_rings_go_in_order(
    asks: list[tuple[float, float]],
) -> None:
    plant = plant_at()
    env = plant._env
    taken: list[tuple[int, int, float]] = []

    def ring(number: int, kg: float) -> Story:
        got = yield plant.slaughter(f"ring {number}", lambda: kg)
        assert got == kg
        taken.append((number, int(env.now), kg))

    def source() -> Story:
        for number, (pause, kg) in enumerate(asks):
            yield env.timeout(pause)
            env.process(ring(number, kg))

    env.process(source())
    env.run()
    assert [number for number, _, _ in taken] == list(range(len(asks)))
    assert [day for _, day, _ in taken] == _days_by_hand(asks)
    for today in {day for _, day, _ in taken}:
        assert sum(kg for _, day, kg in taken if day == today) <= CAPACITY + 1e-9


def _days_by_hand(asks: list[tuple[float, float]]) -> list[int]:
    """Each ring on the first day that has room, not before the ring asked for before it."""
    now, day, left = FIRST + MOVE, 0, 0.0
    days = []
    for pause, kg in asks:
        now += pause
        if int(now) > day:
            day, left = int(now), CAPACITY
        if kg > left:
            day, left = day + 1, CAPACITY
        left -= kg
        days.append(day)
    return days


def test_the_plants_ledger_counts_what_was_worked_and_who_waited() -> None:
    plant = plant_at()
    requests = {str(n): ask(plant, "x", 50.0) for n in range(4)}
    assert taken_on(plant, requests) == {"0": 0, "1": 0, "2": 1, "3": 1}
    plant.usage.advance(plant.now)
    assert plant.usage.total().busy_days == pytest.approx(2)
    assert plant.usage.total().queue_days == pytest.approx(2)


def test_days_without_work_pay_back_what_an_outgrown_ring_took() -> None:
    env = simpy.Environment()
    plant = HarvestPlant(env, "plant", 10.0)
    taken: list[tuple[int, float]] = []

    def harvest(day: int, weight_kg: float) -> Story:
        yield env.timeout(day)
        yield plant.slaughter("batch", lambda: weight_kg)
        taken.append((int(env.now), weight_kg))

    for day, weight_kg in ((0, 15.0), (1, 6.0), (5, 18.0), (9, 9.0)):
        env.process(harvest(day, weight_kg))
    env.run(until=20)
    assert taken == [(0, 15.0), (2, 6.0), (5, 18.0), (9, 9.0)]
