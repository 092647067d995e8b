"""The harvest plant: so many kilograms a working day, rings taken whole, in the order asked.

A ring that does not fit into what is left of the day waits for the next one, and nobody overtakes
it. Fish that wait keep growing, so the weight asked for is looked up again each time; a ring that
has outgrown a whole day is taken on a fresh one, and the days after make up for it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import simpy
from simpy.resources import base

from sim.core.clock import MOVE
from sim.resources.kinds import PLANT, pools
from sim.resources.usage import UsageLedger


class Slaughter(base.Get["HarvestPlant"]):
    """A request to take a ring today or as soon as there is room."""

    def __init__(self, plant: HarvestPlant, holder: str, weight_kg: Callable[[], float]) -> None:
        self.holder = holder
        self.weight_kg = weight_kg
        self.queued = False
        super().__init__(plant)
        if not self.triggered:
            self.queued = True
            plant.usage.change(float(plant.now), queued=1)
            plant.open_again_tomorrow()

    def cancel(self) -> None:
        """The ring is not to be taken any more; nothing happens if it was, or was withdrawn."""
        if not self.triggered and self in self.resource.get_queue:
            self.resource.usage.change(self.resource.now, queued=-1)
            super().cancel()


class HarvestPlant(base.BaseResource[base.Put["HarvestPlant"], Slaughter]):
    """A daily capacity that is used up and comes back every morning.

    Args:
        env: the shared clock.
        name: the plant's name.
        kg_per_day: live weight it takes a day.
    """

    def __init__(self, env: simpy.Environment, name: str, kg_per_day: float) -> None:
        super().__init__(env, capacity=kg_per_day)
        self.name = name
        self.left_kg = kg_per_day
        self.today = -1
        self.holders: list[str] = []
        self.usage = UsageLedger(name, pools(PLANT), 1.0, float(env.now))
        self._opening = False

    def slaughter(self, holder: str, weight_kg: Callable[[], float]) -> Slaughter:
        """Ask for a ring to be taken; an event whose value is the weight taken, kg.

        Args:
            holder: whose ring it is.
            weight_kg: tells its live weight at any time, since fish that wait grow.
        """
        return Slaughter(self, holder, weight_kg)

    @property
    def now(self) -> float:
        """The present time, days."""
        return float(self._env.now)

    def open_again_tomorrow(self) -> None:
        """Look at the queue again on the next working day."""
        if not self._opening:
            self._opening = True
            self._env.process(self._tomorrow())

    def _tomorrow(self) -> Generator[simpy.Event, object, None]:
        yield self._env.timeout(int(self.now) + 1 + MOVE - self.now)
        self._opening = False
        self._trigger_get(None)
        if self.get_queue:
            self.open_again_tomorrow()

    def _do_get(self, event: Slaughter) -> bool:
        day = int(self.now)
        if day != self.today:
            idle_kg = float(self.capacity) * (day - self.today - 1)
            self.left_kg = float(self.capacity) + min(0.0, self.left_kg + idle_kg)
            self.today, self.holders = day, []
        weight = event.weight_kg()
        outgrown = weight > self.capacity and self.left_kg == self.capacity
        if weight > self.left_kg and not outgrown:
            return False
        self.left_kg -= weight
        self.holders.append(event.holder)
        self.usage.change(self.now, queued=-float(event.queued))
        self._env.process(self._working_day(weight / self.capacity))
        event.succeed(weight)
        return True

    def _working_day(self, share: float) -> Generator[simpy.Event, object, None]:
        self.usage.change(self.now, busy=share)
        yield self._env.timeout(1)
        self.usage.change(self.now, busy=-share)
