"""Boats and trucks: a few vehicles of one kind, first come first served.

They are asked for one at a time, and a vehicle is away for the whole of its trip.
"""

from __future__ import annotations

import simpy

from sim.resources.usage import UsageLedger


class Fleet(simpy.Resource):
    """A SimPy resource that knows its name, its holders and how busy it was.

    Args:
        env: the shared clock.
        name: the fleet's name, such as ``Scotland wellboats``.
        kind: what sort of fleet it is, for totals.
        vehicles: how many there are.
    """

    def __init__(self, env: simpy.Environment, name: str, kind: str, vehicles: int) -> None:
        super().__init__(env, capacity=vehicles)
        self.name = name
        self.usage = UsageLedger(name, kind, vehicles, float(env.now))
        self.holders: dict[simpy.resources.resource.Request, str] = {}

    def set_out(self, request: simpy.resources.resource.Request, holder: str) -> None:
        """A granted vehicle leaves on a trip for its holder."""
        self.holders[request] = holder
        self.usage.change(float(self._env.now), busy=1)

    def come_back(self, request: simpy.resources.resource.Request) -> None:
        """The trip is over; the vehicle takes the next in the queue."""
        del self.holders[request]
        self.usage.change(float(self._env.now), busy=-1)
        self.release(request)
        self._trigger_put(None)  # hand it on in this instant, not when the release is processed
