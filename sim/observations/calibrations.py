"""Calibrations of sensors: their rows say when the last one was."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.company.farm import Farm
from sim.core.clock import MICROSECONDS_PER_DAY
from sim.core.journal import Cut
from sim.facts import Block, Column, Text
from sim.master_data.site_rows import sensor_block
from sim.sites.sensors import Calibrations


class CalibrationNotes:
    """Turns days into the rows of the sensors that were calibrated in them."""

    def __init__(self, farm: Farm, calibrations: Calibrations) -> None:
        self.farm, self.calibrations = farm, calibrations

    @cached_property
    def _sensors(self) -> Block:
        """All sensors, as they were before the first day."""
        return sensor_block(self.farm.layout, self.farm.first_day)

    def entity(self, cut: Cut) -> Block:
        """The sensors that were calibrated in a chunk, as they are at its end; perhaps none."""
        columns = self._sensors.columns
        container = columns["container"]
        if not isinstance(container, np.ndarray):
            raise TypeError("a sensor stands in a container of its own")
        last = self.calibrations.last(container, cut.to_day - 1)
        rows = np.flatnonzero(last >= cut.from_day)
        some: dict[str, Column] = {name: _some(column, rows) for name, column in columns.items()}
        some["last_calibration_date"] = last[rows]
        some["updated_at"] = last[rows] * MICROSECONDS_PER_DAY
        return Block("sensor", len(rows), some)


def _some(column: Column, rows: NDArray[np.int64]) -> Column:
    """Some rows of a column; texts with only the values that these need, since each has a cost."""
    if isinstance(column, Text):
        used, codes = np.unique(column.codes[rows], return_inverse=True)
        return Text(codes.astype(np.int32), tuple(column.values[code] for code in used.tolist()))
    return column[rows] if isinstance(column, np.ndarray) else column
