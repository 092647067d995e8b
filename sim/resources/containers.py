"""Tanks and rings: a pool of named units, claimed all or nothing.

A pool's units stand in *groups* (the halls of a station, the areas of a geography). A claim asks
for a number of units of one group; it is granted completely or it waits. The queue discipline:

1. Claims are looked at in the order in which they were made.
2. A claim that accepts any group takes the first group, in the pool's order, with enough free
   units; inside a group the first free units.
3. Nobody overtakes on the same ground: while a claim waits, later claims may not take units of a
   group that it would accept. So a large claim is never starved by small ones.

Released units rest (fallow) before they can be claimed again. ``Claim.cancel`` withdraws a claim
without leaking: SimPy cannot cancel a granted request, so a granted one gives its units back.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import simpy
from simpy.resources import base

from sim.resources.kinds import Pools
from sim.resources.usage import UsageLedger

FALLOW = "fallow"
"""Who holds units that rest."""


class NeverGrantedError(Exception):
    """A claim that no group of the pool could ever satisfy."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The units that a claim got, all of one group."""

    group: str
    units: tuple[int, ...]


class Claim(base.Get["ContainerPool"]):
    """A request for ``wanted`` units of one group; its value is a :class:`Grant`."""

    def __init__(
        self, pool: ContainerPool, holder: str, wanted: int, group: str | None = None
    ) -> None:
        self.holder = holder
        self.wanted = wanted
        self.groups: tuple[str, ...] = tuple(pool.groups) if group is None else (group,)
        self.pool = pool
        self.since = pool.now
        self.queued = False
        pool.check_possible(self)
        super().__init__(pool)
        if not self.triggered:
            self.queued = True
            pool.queue_changed(self.groups, +1)

    def cancel(self) -> None:
        """Withdraw the claim: a waiting one leaves the queue, a granted one is given back."""
        if self.triggered:
            grant: Any = self.value
            self.pool.release(self.holder, grant, rest_days=0)
            return
        super().cancel()
        self.pool.queue_changed(self.groups, -1)
        self.pool.reconsider()


class Release(base.Put["ContainerPool"]):
    """Units that are free again."""

    def __init__(self, pool: ContainerPool, group: str, units: Sequence[int]) -> None:
        self.group = group
        self.units = tuple(units)
        super().__init__(pool)


class ContainerPool(base.BaseResource[Release, Claim]):
    """Named units in groups, with holders, rests and usage ledgers per group.

    Args:
        env: the shared clock.
        name: the pool's name in figures and messages.
        groups: unit numbers by group, in the order in which groups are preferred.
        pools: what each group is counted with in totals.

    Attributes:
        usage: by group, how much of it was busy, resting and asked for, in unit-days a month.
    """

    def __init__(
        self,
        env: simpy.Environment,
        name: str,
        groups: Mapping[str, Sequence[int]],
        pools: Mapping[str, Pools],
    ) -> None:
        super().__init__(env, capacity=sum(map(len, groups.values())))
        self.name = name
        self.groups = {group: tuple(units) for group, units in groups.items()}
        self.free = {group: list(units) for group, units in groups.items()}
        self.holders: dict[int, str] = {}
        self.usage = {
            group: UsageLedger(group, pools[group], len(units), env.now)
            for group, units in groups.items()
        }

    def claim(self, holder: str, wanted: int, group: str | None = None) -> Claim:
        """Ask for units of one group; an event whose value is a :class:`Grant`.

        Args:
            holder: who asks; ``release`` wants the same.
            wanted: how many units, all or none.
            group: of which group; default of any.

        Raises:
            NeverGrantedError: no group has so many, or there is no such group.
        """
        return Claim(self, holder, wanted, group)

    @property
    def now(self) -> float:
        """The present time, days."""
        return float(self._env.now)

    def release(self, holder: str, grant: Grant, rest_days: float) -> None:
        """Give back what a holder was granted.

        Args:
            holder: who was granted it.
            grant: what was granted.
            rest_days: days that the units lie empty before they can be claimed again.

        Raises:
            ValueError: the holder does not hold all of it.
        """
        for unit in grant.units:
            if self.holders.get(unit) != holder:
                raise ValueError(f"{holder} does not hold unit {unit} of {self.name}")
        for unit in grant.units:
            del self.holders[unit]
        count = len(grant.units)
        self.usage[grant.group].change(self.now, busy=-count, resting=count)
        self._env.process(self._rest(grant, rest_days))

    def _rest(self, grant: Grant, days: float) -> Generator[simpy.Event, object, None]:
        yield self._env.timeout(days)
        self.usage[grant.group].change(self.now, resting=-len(grant.units))
        Release(self, grant.group, grant.units)

    def check_possible(self, claim: Claim) -> None:
        """Refuse a claim that could not be met even by an empty pool."""
        unknown = [group for group in claim.groups if group not in self.groups]
        if unknown:
            raise NeverGrantedError(f"{self.name} has no group {unknown[0]}")
        largest = max((len(self.groups[group]) for group in claim.groups), default=0)
        if claim.wanted > largest or claim.wanted < 1:
            raise NeverGrantedError(
                f"{claim.holder} claims {claim.wanted} units of {self.name},"
                f" where a group has at most {largest}"
            )

    def held_by(self, groups: Sequence[str]) -> dict[str, int]:
        """Who holds how many units of these groups (resting units: ``FALLOW``)."""
        found: dict[str, int] = {}
        for group in groups:
            for unit in self.groups[group]:
                if unit in self.holders:
                    found[self.holders[unit]] = found.get(self.holders[unit], 0) + 1
            resting = int(self.usage[group].resting)
            if resting:
                found[FALLOW] = found.get(FALLOW, 0) + resting
        return found

    def queue_changed(self, groups: Sequence[str], difference: int) -> None:
        """A claim joined or left the queue of these groups (shared out among them)."""
        for group in groups:
            self.usage[group].change(self.now, queued=difference / len(groups))

    def reconsider(self) -> None:
        """Look through the queue again, as after a release."""
        self._trigger_get(None)

    def _do_put(self, event: Release) -> None:
        self.free[event.group] = sorted((*self.free[event.group], *event.units))
        event.succeed()

    def _trigger_get(self, put_event: Release | None) -> None:
        self._spoken_for: set[str] = set()
        super()._trigger_get(put_event)

    def _do_get(self, event: Claim) -> bool:
        """Grant a claim if it can be met; True lets the queue be searched further."""
        for group in event.groups:
            if group not in self._spoken_for and len(self.free[group]) >= event.wanted:
                units = tuple(self.free[group][: event.wanted])
                del self.free[group][: event.wanted]
                self.holders.update(dict.fromkeys(units, event.holder))
                self.usage[group].change(self.now, busy=event.wanted)
                if event.queued:
                    self.queue_changed(event.groups, -1)
                event.succeed(Grant(group, units))
                return True
        self._spoken_for.update(event.groups)
        return True
