"""Spells: stretches of time during which something is wrong with a sensor.

Whether a spell begins on a day is a hash of its source (a sensor, a container's logger, a pair of
containers), the kind of defect and the day, and so are its minute and its length. A spell is
therefore known from any chunk: whoever wants those of some days looks back as far as the longest
one reaches. Where two spells of a kind overlap, the one that began later counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.clock import MICROSECONDS_PER_DAY
from sim.core.streams import bits, stream, uniform
from sim.facts import Ints
from sim.sites.layout import Layout
from sim.sites.parameters import FRESHWATER_PARAMETERS, PARAMETERS, SEA_PARAMETERS

MICROSECONDS_PER_MINUTE = 60_000_000
_MINUTES_PER_DAY = 24 * 60
_ALL_BITS = 1 << 64


class SensorColumns:
    """A geography's sensors as columns, in the order of their keys.

    Attributes:
        container, parameter: of each sensor, the latter as place in ``PARAMETERS``.
        place: of each sensor among its container's.
        first, number: of each container, its first sensor and how many it has.
        of: the sensor by container and parameter; -1 where there is none.
        luck: of each sensor; ``container_luck`` of each container.
        pairs: neighbours of a hall or an area, two and two; ``pair_luck`` of each pair.
    """

    def __init__(self, layout: Layout, seed: int) -> None:
        name = layout.geography.name
        self.first = layout.first_sensor
        self.number = np.where(
            layout.at_sea, len(SEA_PARAMETERS), len(FRESHWATER_PARAMETERS)
        ).astype(np.int64)
        self.container: Ints = np.repeat(np.arange(len(self.number)), self.number)
        self.place: Ints = np.arange(len(self.container)) - self.first[self.container]
        measured = [
            parameter
            for at_sea in layout.at_sea
            for parameter in (SEA_PARAMETERS if at_sea else FRESHWATER_PARAMETERS)
        ]
        self.parameter: Ints = np.array([PARAMETERS.index(parameter) for parameter in measured])
        self.luck = np.array(
            [
                stream(seed, name, layout.names[container], parameter, "defects")
                for container, parameter in zip(self.container, measured, strict=True)
            ],
            dtype=np.uint64,
        )
        self.of = np.full((len(self.number), len(PARAMETERS)), -1, dtype=np.int64)
        self.of[self.container, self.parameter] = np.arange(len(self.container))
        self.container_luck = np.array(
            [stream(seed, name, container, "defects") for container in layout.names],
            dtype=np.uint64,
        )
        self.pairs: Ints = np.array(
            [
                pair
                for site in layout.sites
                for pair in zip(site.containers[::2], site.containers[1::2], strict=False)
            ],
            dtype=np.int64,
        ).reshape(-1, 2)
        self.pair_luck = self.container_luck[self.pairs[:, 0]]

    def measuring(self, parameters: Sequence[str]) -> Ints:
        """Those that measure one of some parameters."""
        wanted = np.array([name in parameters for name in PARAMETERS])
        return np.flatnonzero(wanted[self.parameter])


@dataclass(frozen=True, slots=True)
class Spells:
    """Spells of one kind, one sensor each, in the order in which they begin.

    Attributes:
        since, until: microseconds; the latter is the first instant after.
        other: the container whose water the sensor is in meanwhile, or -1.
    """

    sensor: Ints
    since: Ints
    until: Ints
    other: Ints

    def __len__(self) -> int:
        return len(self.sensor)

    def part(self, some: Ints) -> Spells:
        """Some of them, at the given places."""
        return Spells(self.sensor[some], self.since[some], self.until[some], self.other[some])


@dataclass(frozen=True, slots=True)
class SpellSource:
    """Where spells of a kind come from.

    Attributes:
        luck: of each source.
        chance: that a spell begins, per source and day.
        hours: how long one lasts, at least and at most.
        first: of each source, its first row in ``sensor`` and ``other``; one more at the end.
    """

    luck: NDArray[np.uint64]
    chance: float
    hours: tuple[int, int]
    first: Ints
    sensor: Ints
    other: Ints

    def between(self, from_day: int, to_day: int) -> Spells:
        """The spells that touch the days [from_day, to_day)."""
        shortest, longest = (hours * 60 for hours in self.hours)
        reach = -(-longest // _MINUTES_PER_DAY)
        days = np.arange(from_day - reach, to_day, dtype=np.int64)
        luck = self.luck if self.chance else self.luck[:0]
        source, column = np.nonzero(happens(luck[:, None], days, self.chance))
        day = days[column]
        # The draw of the beginning says nothing of the other two, which have streams of their own.
        minute = _one_of(_MINUTES_PER_DAY, luck[source] ^ _MINUTE, day)
        length = shortest + _one_of(longest - shortest + 1, luck[source] ^ _LENGTH, day)
        since = (day * _MINUTES_PER_DAY + minute) * MICROSECONDS_PER_MINUTE
        until = since + length * MICROSECONDS_PER_MINUTE
        touching = until > from_day * MICROSECONDS_PER_DAY
        order = np.flatnonzero(touching)
        order = order[np.lexsort((source[order], since[order]))]
        source, since, until = source[order], since[order], until[order]
        number = self.first[source + 1] - self.first[source]
        row = np.repeat(self.first[source], number) + count_up(number)
        return Spells(
            self.sensor[row], np.repeat(since, number), np.repeat(until, number), self.other[row]
        )


_MINUTE, _LENGTH = stream(0, "purpose", "defect minute"), stream(0, "purpose", "defect length")


def of_sensors(
    sensors: SensorColumns,
    kind: str,
    chance: float,
    hours: tuple[int, int],
    parameters: Sequence[str],
) -> SpellSource:
    """Each sensor that measures one of the parameters for itself."""
    chosen = sensors.measuring(parameters)
    return SpellSource(
        sensors.luck[chosen] ^ purpose(kind),
        chance,
        hours,
        np.arange(len(chosen) + 1),
        chosen,
        np.full(len(chosen), -1),
    )


def of_containers(
    sensors: SensorColumns, kind: str, chance: float, hours: tuple[int, int]
) -> SpellSource:
    """All sensors of a container together."""
    everyone = len(sensors.container)
    return SpellSource(
        sensors.container_luck ^ purpose(kind),
        chance,
        hours,
        np.append(sensors.first, everyone),
        np.arange(everyone),
        np.full(everyone, -1),
    )


def of_pairs(
    sensors: SensorColumns, kind: str, chance: float, hours: tuple[int, int]
) -> SpellSource:
    """All sensors of two neighbours of a hall or area, each in the other's water."""
    one, two = sensors.pairs[:, 0], sensors.pairs[:, 1]
    owner = np.stack([one, two], axis=1).reshape(-1)
    other = np.stack([two, one], axis=1).reshape(-1)
    number = sensors.number[owner]
    ends = np.concatenate([[0], np.cumsum(number)])
    return SpellSource(
        sensors.pair_luck ^ purpose(kind),
        chance,
        hours,
        ends[::2],
        np.repeat(sensors.first[owner], number) + count_up(number),
        np.repeat(other, number),
    )


def purpose(kind: str) -> np.uint64:
    """What sets the luck of a kind of defect apart from that of the others."""
    return stream(0, "purpose", "defect", kind)


def happens(luck: NDArray[np.uint64], index: NDArray[np.int64], chance: float) -> NDArray[np.bool_]:
    """Whether what has a chance happens at an index of a stream; luck and index broadcast."""
    if chance >= 1:
        return np.ones(np.broadcast_shapes(luck.shape, index.shape), dtype=np.bool_)
    return np.asarray(bits(luck, index) < np.uint64(int(chance * _ALL_BITS)))


def _one_of(number: int, luck: NDArray[np.uint64], index: Ints) -> Ints:
    """A whole number from 0 up to ``number``, without it."""
    return (uniform(luck, index) * number).astype(np.int64)


def count_up(number: Ints) -> Ints:
    """0, 1, 2 ... for each number in turn, end to end."""
    ends = np.cumsum(number)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - number, number)
