"""A block of readings as what it is: container-days, times sensors, times hours.

Whoever wants a certain reading finds its row by sensor, day and hour, without a search.
"""

from __future__ import annotations

import numpy as np

from sim.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.facts import NULL, Block, Ints
from sim.observations.spells import MICROSECONDS_PER_MINUTE, Sensors, Spells, count_up


class Frame:
    """A clean block of readings of containers that have equally many sensors.

    Attributes:
        value, time, sensor, assignment, batch: of each row.
        sensors: keys, shape (container-days, sensors, 1).
        moments: hours since 1970-01-01, shape (container-days, 1, hours).
    """

    def __init__(self, block: Block, sensors: Sensors, hours: Ints) -> None:
        self._sensors, self._hours = sensors, len(hours)
        self._order, self._clock = np.argsort(hours), np.sort(hours)
        self.value, self.time = _column(block, "value"), _column(block, "reading_time")
        self.sensor = _column(block, "sensor")
        self.assignment = _column(block, "batch_container_assignment")
        self.batch = _column(block, "batch")
        self._container = _column(block, "container")
        self._each = int(sensors.number[self._container[0]]) * len(hours)
        container = self._container[:: self._each]
        self._day = self.time[:: self._each] // MICROSECONDS_PER_DAY
        self.first_day = int(self._day.min())
        self.days = int(self._day.max()) - self.first_day + 1
        self._place = np.full((len(sensors.number), self.days), -1, dtype=np.int64)
        self._place[container, self._day - self.first_day] = np.arange(len(container))
        first = sensors.first[container][:, None]
        self.sensors = (first + np.arange(self._each // len(hours)))[:, :, None]
        self.moments = (self._day[:, None] * 24 + hours)[:, None, :]
        self._check(block)

    def _check(self, block: Block) -> None:
        """See that the rows stand in the order that everything here relies on."""
        seen = self.sensor.reshape(-1, self._hours)[:, 0], self.time.reshape(-1, self._hours)
        times = np.broadcast_to(
            self.moments * MICROSECONDS_PER_HOUR, (*self.sensors.shape[:2], self._hours)
        ).reshape(-1, self._hours)
        if not (
            np.array_equal(seen[0], self.sensors.reshape(-1)) and np.array_equal(seen[1], times)
        ):
            raise ValueError(f"a block of {block.kind} is not in the order of container-days")

    def rows(self, sensor: Ints, day: Ints, hour: Ints) -> Ints:
        """The rows of some sensors on some days at the n-th hour; -1 where there is none."""
        column = day - self.first_day
        inside = (sensor >= 0) & (column >= 0) & (column < self.days)
        someone = np.where(inside, sensor, 0)
        place = self._place[self._sensors.container[someone], np.where(inside, column, 0)]
        row = place * self._each + self._sensors.place[someone] * self._hours + hour
        return np.where(inside & (place >= 0), row, -1)

    def rows_like(self, rows: Ints, sensor: Ints) -> Ints:
        """The rows of other sensors at the times of some rows; -1 where there is none."""
        return self.rows(sensor, self._day[rows // self._each], rows % self._hours)

    def covered(self, spells: Spells) -> tuple[Ints, Ints]:
        """The rows that lie in a spell, and for each the spell that began last."""
        days = self.first_day + np.arange(self.days)
        times = ((days[:, None] * 24 + self._clock) * MICROSECONDS_PER_HOUR).reshape(-1)
        near = np.flatnonzero((spells.until > times[0]) & (spells.since <= times[-1]))
        start = np.searchsorted(times, spells.since[near])
        number = np.searchsorted(times, spells.until[near]) - start
        spell = np.repeat(near, number)
        slot = np.repeat(start, number) + count_up(number)
        day, hour = days[slot // self._hours], self._order[slot % self._hours]
        rows = self.rows(spells.sensor[spell], day, hour)
        here = rows >= 0
        rows, spell = rows[here][::-1], spell[here][::-1]
        rows, last = np.unique(rows, return_index=True)
        return rows, spell[last]


class Held:
    """What stuck sensors repeat: for each spell the last clean value before it.

    Attributes:
        names: a number of its own for each spell.
        value: by spell; ``assignment`` whose reading it was, NULL where there was none.
    """

    def __init__(self, spells: Spells, hours: Ints, before: Held | None = None) -> None:
        self._spells = spells
        day = spells.since // MICROSECONDS_PER_DAY
        clock = np.sort(hours) * MICROSECONDS_PER_HOUR
        place = np.searchsorted(clock, spells.since % MICROSECONDS_PER_DAY) - 1
        self._day = np.where(place < 0, day - 1, day)
        self._hour = np.argsort(hours)[place]  # the one before a day's first is the last
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
