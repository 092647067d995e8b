"""Dirty readings: what goes wrong with the blocks of readings, and the truth beside them.

A reading has at most one defect. Where several would meet, the first of this list has it:

1. ``missing``: its sensor is dead for a spell, or it alone is lost;
2. ``swapped``: its sensor is in the neighbour's water;
3. ``unit``: its sensor tells another unit;
4. ``stuck``: its sensor repeats what it told last before the spell;
5. ``spike``: it alone is far off;
6. ``duplicate``: it is sent again some seconds later;
7. ``late``: its container's logger had no link and sent it afterwards.

Every defect is worked out from the clean readings, never from dirty ones. So adding a kind takes
places away from those below it and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.company.farm import Farm
from sim.core.clock import MICROSECONDS_PER_HOUR
from sim.core.journal import Columns
from sim.core.streams import uniform
from sim.facts import Block, Column, Ints, Text
from sim.observations.defects.frame import Frame, StuckValues
from sim.observations.defects.labels import READINGS, DefectClaim, claim, labels
from sim.observations.defects.spells import (
    SensorColumns,
    Spells,
    happens,
    of_containers,
    of_pairs,
    of_sensors,
)
from sim.observations.defects.spells import purpose as luck_of
from sim.observations.defects.wrong_units import ALONE, SCALE, percent_of_saturation
from sim.scenario.knobs.defects import Defects
from sim.sites.parameters import PARAMETERS

_SECOND = 1_000_000
_SIZE, _DELAY = luck_of("spike size"), luck_of("duplicate delay")
_TEMPERATURE, _OXYGEN, _SALINITY = map(
    PARAMETERS.index, ("Temperature", "Dissolved Oxygen", "Salinity")
)


class ReadingDefects:
    """Makes the readings of one geography dirty, block by block in the order of their days."""

    def __init__(self, farm: Farm, knobs: Defects) -> None:
        self.knobs = knobs
        self.sensors = sensors = SensorColumns(farm.layout, farm.seed)
        self.hours = np.array(farm.scenario.recording.reading_hours, dtype=np.int64)
        dead, stuck, unit, late, swapped = (
            knobs.missing.dead, knobs.stuck, knobs.unit, knobs.late, knobs.swapped,
        )  # fmt: skip
        self.sources = {
            "dead": of_sensors(sensors, "dead", dead.per_sensor_day, dead.hours, dead.parameters),
            "swapped": of_pairs(sensors, "swapped", swapped.per_pair_day, swapped.hours),
            "unit": of_sensors(sensors, "unit", unit.per_sensor_day, unit.hours, unit.parameters),
            "stuck": of_sensors(
                sensors, "stuck", stuck.per_sensor_day, stuck.hours, stuck.parameters
            ),
            "late": of_containers(sensors, "late", late.per_container_day, late.hours),
        }
        size = knobs.spike.size.by_parameter()
        self.spike_size = np.array([size[name] for name in PARAMETERS])
        self.spells: dict[str, Spells] = {}
        self.held: StuckValues | None = None
        self.first_key = 0

    def plan(self, from_day: int, to_day: int) -> None:
        """Draw the spells of the days [from_day, to_day), which are the next ones."""
        # One more day: a spell that begins before its first reading repeats this chunk's last.
        self.spells = {
            kind: source.between(from_day, to_day + 1) for kind, source in self.sources.items()
        }
        self.held = StuckValues(self.spells["stuck"], self.hours, self.held)

    def spoil(self, block: Block) -> tuple[Block, list[Columns]]:
        """The block as it is written, and the truth about what is wrong in it."""
        frame = Frame(block, self.sensors, self.hours)
        free = np.ones(block.rows, dtype=np.bool_)
        claims = []
        for asked in self._claims(frame):
            got = asked.part(free[asked.rows])
            if len(got.rows):
                free[got.rows] = False
                claims.append(got)
        return self._written(block, frame, claims), [self._label(got, frame) for got in claims]

    def _claims(self, frame: Frame) -> Iterator[DefectClaim]:
        """What each kind asks for, in the order of precedence."""
        knobs = self.knobs
        rows, spells = self._spells("dead", frame)
        yield claim("missing", rows, spells)
        missing, spike, duplicate = knobs.missing, knobs.spike, knobs.duplicate
        yield claim("missing", self._single(frame, "lost", missing.share, missing.parameters))
        rows, spells = self._spells("swapped", frame)
        sensor = self.sensors.first[spells.other] + self.sensors.place[spells.sensor]
        theirs = frame.rows_like(rows, sensor)
        swapped = claim("swapped", rows, spells, written=frame.value[theirs])
        yield swapped.part(theirs >= 0)
        rows, spells = self._spells("unit", frame)
        yield claim("unit", rows, spells, written=self._converted(rows, frame))
        yield self._stuck(frame)
        rows = self._single(frame, "spike", spike.share, spike.parameters)
        yield claim("spike", rows, written=self._spiked(rows, frame))
        rows = self._single(frame, "duplicate", duplicate.share, duplicate.parameters)
        again = frame.time[rows] + self._delay(rows, frame)
        yield claim("duplicate", rows, written=frame.value[rows], moved=again)
        rows, spells = self._spells("late", frame)
        late = claim("late", rows, spells, moved=spells.until)
        wait = spells.until - frame.time[rows]
        yield late.part(wait >= knobs.late.grace_hours * MICROSECONDS_PER_HOUR)

    def _spells(self, kind: str, frame: Frame) -> tuple[Ints, Spells]:
        """The rows that lie in a spell of a kind, and the spell of each."""
        rows, spell = frame.covered(self.spells[kind])
        return rows, self.spells[kind].part(spell)

    def _stuck(self, frame: Frame) -> DefectClaim:
        """Rows of sensors that had told something of the same fish before they stuck."""
        if self.held is None:
            raise RuntimeError("no spells were drawn for these days")
        self.held.take(frame)
        rows, spell = frame.covered(self.spells["stuck"])
        stuck = claim(
            "stuck", rows, self.spells["stuck"].part(spell), written=self.held.value[spell]
        )
        return stuck.part(self.held.assignment[spell] == frame.assignment[rows])

    def _single(self, frame: Frame, kind: str, share: float, parameters: Sequence[str]) -> Ints:
        """Rows that something happens to by themselves."""
        if not share:
            return np.zeros(0, dtype=np.int64)
        luck = self.sensors.luck[frame.sensors] ^ luck_of(kind)
        rows = np.flatnonzero(happens(luck, frame.moments, share))
        return rows[np.isin(frame.sensor[rows], self.sensors.measuring(parameters))]

    def _draw(self, rows: Ints, frame: Frame, what: np.uint64) -> NDArray[np.float64]:
        """A number from 0 to 1 for each of some rows."""
        luck = self.sensors.luck[frame.sensor[rows]] ^ what
        return uniform(luck, frame.time[rows] // MICROSECONDS_PER_HOUR)

    def _spiked(self, rows: Ints, frame: Frame) -> Ints:
        """Values that are far off, by a drawn distance to either side, in steps of 0.01."""
        low, high = self.knobs.spike.size_factor_min, self.knobs.spike.size_factor_max
        draw = 2 * self._draw(rows, frame, _SIZE) - 1
        usual = self.spike_size[self.sensors.parameter[frame.sensor[rows]]]
        distance = usual * (low + (high - low) * np.abs(draw))
        off = np.maximum(np.rint(distance * 100), 1).astype(np.int64) * (SCALE // 100)
        return frame.value[rows] + np.where(draw < 0, -off, off)

    def _delay(self, rows: Ints, frame: Frame) -> Ints:
        """How long after a reading it is sent again: whole seconds."""
        draw = self._draw(rows, frame, _DELAY) * self.knobs.duplicate.seconds_max
        return (1 + draw.astype(np.int64)) * _SECOND

    def _converted(self, rows: Ints, frame: Frame) -> Ints:
        """Values in the wrong unit."""
        value = frame.value[rows]
        parameter = self.sensors.parameter[frame.sensor[rows]]
        written = np.empty_like(value)
        for name, convert in ALONE.items():
            some = parameter == PARAMETERS.index(name)
            written[some] = convert(value[some])
        some = parameter == _OXYGEN
        if some.any():
            degc = frame.value[self._beside(rows[some], frame, _TEMPERATURE)]
            salt = self._beside(rows[some], frame, _SALINITY)
            ppt = np.where(salt >= 0, frame.value[salt], 0)
            written[some] = percent_of_saturation(value[some], degc, ppt)
        return written

    def _beside(self, rows: Ints, frame: Frame, parameter: int) -> Ints:
        """Rows of another sensor of the same containers at the same times; -1 without one."""
        container = self.sensors.container[frame.sensor[rows]]
        return frame.rows_like(rows, self.sensors.of[container, parameter])

    def _label(self, got: DefectClaim, frame: Frame) -> Columns:
        """The truth about some rows."""
        rows, sensor = got.rows, frame.sensor[got.rows]
        where = {
            "parameter": self.sensors.parameter[sensor],
            "sensor": sensor,
            "container": self.sensors.container[sensor],
            "batch": frame.batch[rows],
            "assignment": frame.assignment[rows],
        }
        time, value = frame.time[rows], frame.value[rows]
        if got.kind == "duplicate":
            return labels(got, READINGS, None, **where, row_time=got.moved, true_time=time)
        if got.kind == "late":
            return labels(got, READINGS, "created_at", **where, row_time=time, true_time=time)
        column = None if got.kind == "missing" else "value"
        return labels(got, READINGS, column, **where, row_time=time, true_value=value)

    def _written(self, block: Block, frame: Frame, claims: Sequence[DefectClaim]) -> Block:
        """The block as it is written; keys run on without gaps."""
        columns = dict(block.columns)
        value, arrived = frame.value.copy(), frame.time
        kept = np.ones(block.rows, dtype=np.bool_)
        again = sent = np.zeros(0, dtype=np.int64)
        for got in claims:
            if got.kind == "missing":
                kept[got.rows] = False
            elif got.kind == "duplicate":
                again, sent = got.rows, got.moved
            elif got.kind == "late":
                arrived = arrived.copy()
                arrived[got.rows] = got.moved
            else:
                value[got.rows] = got.written
        columns["value"], columns["created_at"] = value, arrived
        first = np.flatnonzero(kept)
        count = len(first) + len(again)
        if len(again) or count < block.rows:
            columns = _taken(columns, np.concatenate([first, again]))
            columns["reading_time"] = np.concatenate([frame.time[first], sent])
            # As in a clean block, one array stands for both while nothing is late.
            columns["created_at"] = (
                columns["reading_time"]
                if arrived is frame.time
                else np.concatenate([arrived[first], sent])
            )
        columns["key"] = np.arange(self.first_key, self.first_key + count, dtype=np.int64)
        self.first_key += count
        return Block(block.kind, count, columns)


def _taken(columns: dict[str, Column], rows: Ints) -> dict[str, Column]:
    """Some rows of all columns."""
    return {
        name: column.take(rows)
        if isinstance(column, Text)
        else column[rows]
        if isinstance(column, np.ndarray)
        else column
        for name, column in columns.items()
    }
