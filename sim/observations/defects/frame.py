"""A block of readings as what it is: container-days, times sensors, times hours.

Whoever wants a certain reading finds its row by sensor, day and hour, without a search.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.facts import NULL, Block, Ints
from sim.observations.defects.spells import MICROSECONDS_PER_MINUTE, SensorColumns, Spells, count_up


class Frame:
    """A clean block of readings of containers that have equally many sensors.

    Attributes:
        value, time, sensor, assignment, batch: of each row.
        sensors: keys, shape (container-days, sensors, 1).
        moments: hours since 1970-01-01, shape (container-days, 1, hours).
    """

    def __init__(self, block: Block, sensors: SensorColumns, hours: Ints) -> None:
        self._all, self._hours = sensors, hours
        self.value, self.time = _column(block, "value"), _column(block, "reading_time")
        self.sensor = _column(block, "sensor")
        self.assignment = _column(block, "batch_container_assignment")
        self.batch = _column(block, "batch")
        container = _column(block, "container")
        number = int(sensors.number[container[0]])
        self._each = number * len(hours)
        container = container[:: self._each]
        self._day = self.time[:: self._each] // MICROSECONDS_PER_DAY
        self.first_day = int(self._day.min())
        self.days = int(self._day.max()) - self.first_day + 1
        self._place = np.full((len(sensors.number), self.days), -1, dtype=np.int64)
        self._place[container, self._day - self.first_day] = np.arange(len(container))
        self.sensors = (sensors.first[container][:, None] + np.arange(number))[:, :, None]
        self.moments = (self._day[:, None] * 24 + hours)[:, None, :]
        if not self._is_in_order():
            raise ValueError(f"a block of {block.kind} is not in the order of container-days")

    def _is_in_order(self) -> bool:
        """Whether the rows stand in the order that everything here relies on."""
        shape = (*self.sensors.shape[:2], len(self._hours))
        if self.value.size != math.prod(shape):
            return False
        same_sensor = self.sensor.reshape(shape) == self.sensors
        same_time = self.time.reshape(shape) == self.moments * MICROSECONDS_PER_HOUR
        return bool(same_sensor.all() and same_time.all())

    def rows(self, sensor: Ints, day: Ints, hour: Ints) -> Ints:
        """The rows of some sensors on some days at the n-th hour; -1 where there is none."""
        column = day - self.first_day
        inside = (sensor >= 0) & (column >= 0) & (column < self.days)
        someone = np.where(inside, sensor, 0)
        place = self._place[self._all.container[someone], np.where(inside, column, 0)]
        row = place * self._each + self._all.place[someone] * len(self._hours) + hour
        return np.where(inside & (place >= 0), row, -1)

    def rows_like(self, rows: Ints, sensor: Ints) -> Ints:
        """The rows of other sensors at the times of some rows; -1 where there is none."""
        return self.rows(sensor, self._day[rows // self._each], rows % len(self._hours))

    def covered(self, spells: Spells) -> tuple[Ints, Ints]:
        """The rows that lie in a spell, and for each the spell that began last."""
        days = self.first_day + np.arange(self.days)
        times = ((days[:, None] * 24 + self._hours) * MICROSECONDS_PER_HOUR).reshape(-1)
        near = np.flatnonzero((spells.until > times[0]) & (spells.since <= times[-1]))
        start = np.searchsorted(times, spells.since[near])
        number = np.searchsorted(times, spells.until[near]) - start
        spell = np.repeat(near, number)
        slot = np.repeat(start, number) + count_up(number)
        day = days[slot // len(self._hours)]
        rows = self.rows(spells.sensor[spell], day, slot % len(self._hours))
        here = rows >= 0
        rows, spell = rows[here][::-1], spell[here][::-1]
        rows, last = np.unique(rows, return_index=True)
        return rows, spell[last]


class StuckValues:
    """What stuck sensors repeat: for each spell the last clean value before it.

    Attributes:
        names: a number of its own for each spell.
        value: by spell; ``assignment`` whose reading it was, NULL where there was none.
    """

    def __init__(self, spells: Spells, hours: Ints, before: StuckValues | None = None) -> None:
        self._spells = spells
        day = spells.since // MICROSECONDS_PER_DAY
        clock = hours * MICROSECONDS_PER_HOUR
        place = np.searchsorted(clock, spells.since % MICROSECONDS_PER_DAY) - 1
        self._day = np.where(place < 0, day - 1, day)
        self._hour = place % len(hours)  # the one before a day's first is the last
        self.names: Ints = (spells.sensor << 32) + spells.since // MICROSECONDS_PER_MINUTE
        self.value = np.full(len(spells), NULL, dtype=np.int64)
        self.assignment = np.full(len(spells), NULL, dtype=np.int64)
        if before is not None:
            _, mine, theirs = np.intersect1d(
                self.names, before.names, assume_unique=True, return_indices=True
            )
            self.value[mine], self.assignment[mine] = (
                before.value[theirs], before.assignment[theirs],
            )  # fmt: skip

    def take(self, frame: Frame) -> None:
        """Note the values that are in a block."""
        rows = frame.rows(self._spells.sensor, self._day, self._hour)
        here = np.flatnonzero(rows >= 0)
        self.value[here] = frame.value[rows[here]]
        self.assignment[here] = frame.assignment[rows[here]]


def _column(block: Block, name: str) -> Ints:
    column = block.columns[name]
    if not isinstance(column, np.ndarray):
        raise TypeError(f"the column {name} of a block of {block.kind} is not an array")
    return column
