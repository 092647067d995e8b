"""When sensors are calibrated.

The sensors of a site are calibrated together, in the morning, every so many days; every site has
its own days, and keeps to them whether fish live there or not. In between sensors drift, so the
day of its last calibration that stands in a sensor's row is the day on which its drift began anew.
A new sensor comes calibrated.
"""

from __future__ import annotations

import numpy as np

from sim.core.arrays import Ints
from sim.core.streams import normal, stream, uniform
from sim.sites.layout import Layout


class Calibrations:
    """When the sensors of a geography's containers are calibrated.

    Attributes:
        every_days: from one calibration to the next.
        installed: day on which a container's sensors were installed, before the first day.
    """

    def __init__(self, layout: Layout, first_day: int) -> None:
        name, knobs = layout.geography.name, layout.scenario.instruments.sensors
        self.every_days = knobs.calibration_days
        keys = [stream(0, name, site.name, "calibration") for site in layout.sites]
        days = uniform(np.array(keys, dtype=np.uint64), 0) * self.every_days
        self._turn: Ints = days.astype(np.int64)[layout.site_of]
        built = first_day - layout.scenario.schedule.built_days_before
        spread = np.abs(normal(stream(0, name, "sensor age"), np.arange(layout.holding)))
        late = (knobs.installation_sd_days * np.minimum(spread, 3.0)).astype(np.int64)
        self.installed: Ints = np.minimum(built + late, first_day)

    def last(self, container: Ints, day: Ints | int) -> Ints:
        """The day, until and with a given one, on which containers' sensors were calibrated."""
        since = (day - self._turn[container]) % self.every_days
        return np.asarray(np.maximum(day - since, self.installed[container]))
