"""Boats and trucks: a few vehicles of one kind, first come first served.

They are asked for one at a time, and a vehicle is away for the whole of its trip.
"""

from __future__ import annotations

from collections import Counter

import simpy
from simpy.resources.resource import Request

from sim.resources.kinds import Pools
from sim.resources.usage import UsageLedger


class Trip(Request):
    """A request for one vehicle; it is the trip's as soon as it is granted."""

    def __init__(self, fleet: Fleet, holder: str) -> None:
        self.holder = holder
        self.queued = False
        super().__init__(fleet)
        if not self.triggered:
            self.queued = True
            fleet.usage.change(fleet.now, queued=1)
        self.fleet = fleet

    def cancel(self) -> None:
        """The trip is not wanted any more, whether it was granted or still waits."""
        if self.triggered:
            self.fleet.come_back(self)
        else:
            self.fleet.usage.change(self.fleet.now, queued=-float(self.queued))
            super().cancel()


class Fleet(simpy.Resource):
    """A SimPy resource that knows its name, its holders and how busy it was.

    Args:
        env: the shared clock.
        name: the fleet's name, such as ``S wellboats``.
        pools: what sort of fleet it is, for totals.
        vehicles: how many there are.
    """

    def __init__(self, env: simpy.Environment, name: str, pools: Pools, vehicles: int) -> None:
        super().__init__(env, capacity=vehicles)
        self.name = name
        self.usage = UsageLedger(name, pools, vehicles, float(env.now))

    @property
    def now(self) -> float:
        """The present time, days."""
        return float(self._env.now)

    def ask(self, holder: str) -> Trip:
        """Ask for a vehicle; an event that happens when one is there, and is then the trip's.

        Args:
            holder: who asks.
        """
        return Trip(self, holder)

    def come_back(self, trip: Trip) -> None:
        """The trip is over; the vehicle takes the next in the queue."""
        self.usage.change(self.now, busy=-1)
        self.users.remove(trip)  # SimPy's ``release`` is an event that nobody would wait for
        self._trigger_put(None)

    def holders(self) -> Counter[str]:
        """Who has how many vehicles."""
        return Counter(trip.holder for trip in self.users if isinstance(trip, Trip))

    def _do_put(self, event: Request) -> None:
        super()._do_put(event)
        if event.triggered:
            waited = isinstance(event, Trip) and event.queued
            self.usage.change(self.now, busy=1, queued=-float(waited))
