"""The container pool: all or nothing, in order, without a leak, with names and rests."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import simpy
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from sim.resources.containers import Claim, ContainerPool, Grant, NeverGrantedError
from sim.resources.kinds import TANKS, pools

GROUPS = {"A": (0, 1, 2), "B": (3, 4, 5, 6, 7), "C": (8, 9, 10, 11)}


def pool_of(env: simpy.Environment, **groups: tuple[int, ...]) -> ContainerPool:
    return ContainerPool(env, "hall", groups, dict.fromkeys(groups, pools(TANKS)))


def settle(env: simpy.Environment) -> None:
    """Let everything happen that happens now."""
    while env.peek() <= env.now:
        env.step()


@pytest.fixture
def env() -> simpy.Environment:
    return simpy.Environment(initial_time=18262)


def test_a_claim_takes_all_it_wants_or_nothing(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1, 2))
    first = pool.claim("first", 2)
    second = pool.claim("second", 2)
    assert first.value == Grant("A", (0, 1))
    assert not second.triggered
    assert pool.free["A"] == [2]
    pool.release("first", first.value, 0)
    settle(env)
    assert second.value == Grant("A", (0, 1))
    assert pool.free["A"] == [2]


def test_units_come_from_the_first_group_that_has_enough(env: simpy.Environment) -> None:
    pool = pool_of(env, **GROUPS)
    assert pool.claim("x", 4).value == Grant("B", (3, 4, 5, 6))
    assert pool.claim("y", 2).value == Grant("A", (0, 1))
    assert pool.claim("z", 1, "C").value == Grant("C", (8,))


def test_freed_units_are_taken_in_their_order_again(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1, 2))
    grants = [pool.claim(name, 1).value for name in "xyz"]
    pool.release("z", grants[2], 0)
    pool.release("x", grants[0], 0)
    settle(env)
    assert pool.claim("w", 2).value.units == (0, 2)


def test_claims_are_met_in_the_order_in_which_they_were_made(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0,))
    order: list[str] = []

    def user(name: str) -> Generator[simpy.Event, Grant, None]:
        grant = yield pool.claim(name, 1)
        order.append(name)
        yield env.timeout(1)
        pool.release(name, grant, 0)

    for name in "dacb":
        env.process(user(name))
    env.run()
    assert order == list("dacb")


def test_a_small_claim_does_not_overtake_a_large_one_on_its_ground(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1, 2), B=(3, 4))
    pool.claim("holder", 1, "A")
    large = pool.claim("large", 3, "A")
    small = pool.claim("small", 1, "A")
    anywhere = pool.claim("anywhere", 2)
    elsewhere = pool.claim("elsewhere", 1, "B")
    assert not large.triggered
    assert not small.triggered  # two units of A are free, but large waits for them
    assert anywhere.value == Grant("B", (3, 4))
    assert not elsewhere.triggered


def test_one_who_would_take_any_group_holds_up_all_of_them(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1), B=(2, 3))
    pool.claim("x", 1, "A")
    pool.claim("y", 1, "B")
    pool.claim("both", 2)
    assert not pool.claim("late", 1, "B").triggered


def test_cancelling_the_head_of_the_queue_serves_those_behind_it(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1))
    pool.claim("x", 1)
    head, tail = pool.claim("head", 2), pool.claim("tail", 1)
    head.cancel()
    assert tail.value == Grant("A", (1,))
    assert pool.get_queue == []
    assert pool.usage["A"].queued == 0


def test_a_granted_claim_gives_its_units_back_when_cancelled(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1))
    claim, behind = pool.claim("x", 2), pool.claim("y", 2)
    claim.cancel()
    settle(env)
    assert behind.value == Grant("A", (0, 1))
    assert pool.holders == {0: "y", 1: "y"}


@pytest.mark.parametrize("events_between", range(5))
def test_a_process_interrupted_around_its_grant_leaks_nothing(
    env: simpy.Environment, events_between: int
) -> None:
    pool = pool_of(env, A=(0,))
    grant = pool.claim("holder", 1).value

    def impatient() -> Generator[simpy.Event, Grant, None]:
        claim = pool.claim("impatient", 1)
        try:
            found = yield claim
            yield env.timeout(1)
            pool.release("impatient", found, 0)
        except simpy.Interrupt:
            claim.cancel()

    def owner(process: simpy.Process) -> Generator[simpy.Event, None, None]:
        yield env.timeout(1)
        pool.release("holder", grant, 0)
        for _ in range(events_between):
            yield env.timeout(0)
        process.interrupt()

    env.process(owner(env.process(impatient())))
    env.run()
    assert pool.free["A"] == [0]
    assert pool.holders == {}
    assert pool.claim("next", 1).triggered


def test_released_units_rest_before_they_are_claimed_again(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1))
    pool.release("x", pool.claim("x", 2).value, rest_days=60)
    waiting = pool.claim("y", 1)
    env.run(until=env.now + 59.9)
    assert not waiting.triggered
    assert pool.held_by(["A"]) == {"fallow": 2}
    env.run(until=env.now + 0.2)
    assert waiting.value == Grant("A", (0,))
    assert pool.usage["A"].resting == 0


@pytest.mark.parametrize(("wanted", "group"), [(4, "A"), (6, None), (0, None), (-1, "B")])
def test_what_could_never_be_granted_is_refused_at_once(
    env: simpy.Environment, wanted: int, group: str | None
) -> None:
    pool = pool_of(env, **GROUPS)
    with pytest.raises(NeverGrantedError, match=rf"x claims {wanted} units of hall"):
        pool.claim("x", wanted, group)
    assert pool.get_queue == []
    assert pool.claim("y", 5).triggered


def test_holders_are_named_with_how_much_they_hold(env: simpy.Environment) -> None:
    pool = pool_of(env, **GROUPS)
    pool.claim("x", 2, "A")
    pool.claim("y", 4, "B")
    pool.claim("x", 1, "C")
    pool.release("z", pool.claim("z", 1, "B").value, rest_days=1)
    assert pool.held_by(["A", "B", "C"]) == {"x": 3, "y": 4, "fallow": 1}
    assert pool.held_by(["C"]) == {"x": 1}


def test_who_does_not_hold_units_cannot_give_them_back(env: simpy.Environment) -> None:
    pool = pool_of(env, A=(0, 1, 2))
    grant = pool.claim("owner", 2).value
    for holder, units in [("thief", (0, 1)), ("owner", (0, 2))]:
        with pytest.raises(ValueError, match="does not hold"):
            pool.release(holder, Grant("A", units), 0)
        assert pool.holders == {0: "owner", 1: "owner"}, "a refused release changes nothing"
    pool.release("owner", grant, 0)
    settle(env)
    assert pool.free["A"] == [0, 1, 2]


class Claims(RuleBasedStateMachine):
    """Any sequence of claims, releases, cancellations and days keeps every unit accounted for."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.env = simpy.Environment(initial_time=18262)
        self.pool = pool_of(self.env, **GROUPS)
        self.live: list[Claim] = []
        self.resting: list[tuple[float, str, int]] = []
        self.waiting: list[Claim] = []

    @rule(
        target=claims,
        wanted=st.integers(1, 5),
        group=st.sampled_from([None, None, "A", "B", "C"]),
    )
    def claim(self, wanted: int, group: str | None) -> object:
        if wanted > (5 if group is None else len(GROUPS[group])):
            return multiple()
        claim = self.pool.claim(f"batch {len(self.live)}", wanted, group)
        self.live.append(claim)
        self.waiting.append(claim)
        return claim

    @rule(claim=consumes(claims))
    def cancel(self, claim: Claim) -> None:
        self.live[self.live.index(claim)] = None  # type: ignore[call-overload]
        if claim in self.waiting:
            self.waiting.remove(claim)
        claim.cancel()

    @rule(claim=consumes(claims), rest=st.sampled_from([0, 0, 1, 2.5]))
    def release(self, claim: Claim, rest: float) -> None:
        if not claim.triggered:
            return self.cancel(claim)
        self.live[self.live.index(claim)] = None  # type: ignore[call-overload]
        self.pool.release(claim.holder, claim.value, rest)
        self.resting.append((self.env.now + rest, claim.value.group, claim.wanted))
        return None

    @rule(days=st.sampled_from([0.5, 1, 3]))
    def pass_time(self, days: float) -> None:
        self.env.run(until=self.env.now + days)

    @invariant()
    def every_unit_is_free_or_held_or_resting(self) -> None:
        settle(self.env)
        pool = self.pool
        held = {unit: c.holder for c in self.live if c and c.triggered for unit in c.value.units}
        assert pool.holders == held
        for group, units in GROUPS.items():
            resting = sum(n for end, g, n in self.resting if g == group and end > self.env.now)
            busy = [unit for unit in units if unit in held]
            free = pool.free[group]
            assert sorted({*free, *busy}) == sorted([*free, *busy])
            assert len(free) + len(busy) + resting == len(units)
            assert free == sorted(free)
            assert set(free) <= set(units)
            assert pool.usage[group].busy == len(busy)
            assert pool.usage[group].resting == resting

    @invariant()
    def grants_are_whole_and_nobody_overtook(self) -> None:
        granted = [claim for claim in self.waiting if claim.triggered]
        self.waiting = [claim for claim in self.waiting if not claim.triggered]
        assert list(self.pool.get_queue) == self.waiting
        for claim in granted:
            assert len(set(claim.value.units)) == claim.wanted
            assert set(claim.value.units) <= set(GROUPS[claim.value.group])
            earlier = [c for c in self.waiting if self.order(c) < self.order(claim)]
            assert not any(claim.value.group in c.groups for c in earlier)

    @invariant()
    def nobody_waits_without_a_reason(self) -> None:
        taken: set[str] = set()
        for claim in self.waiting:
            for group in set(claim.groups) - taken:
                assert len(self.pool.free[group]) < claim.wanted
            taken |= set(claim.groups)
        queued = sum(usage.queued for usage in self.pool.usage.values())
        assert queued == pytest.approx(len(self.waiting))

    @staticmethod
    def order(claim: Claim) -> int:
        return int(claim.holder.split()[1])


TestClaims = Claims.TestCase
TestClaims.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
