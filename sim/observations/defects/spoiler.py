"""Defects on request: makes the facts of a chunk dirty, and tells the truth beside them.

Off by default. With defects on, every block of readings, growth samples and deaths passes here
before it reaches digest and store. What is changed is labelled in ``defect`` facts: rows and labels
together are the clean data of the same scenario. What goes wrong is drawn by the names of sensors
and containers and the day, so it depends neither on chunks and buffers nor on other kinds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.company.farm import Farm
from sim.core.clock import MICROSECONDS_PER_DAY
from sim.core.journal import Columns, Cut
from sim.core.streams import uniform
from sim.facts import Block, Ints, quantise
from sim.observations.defects.labels import DEATHS, SAMPLES, claim, defect_block, labels
from sim.observations.defects.readings import ReadingDefects
from sim.observations.defects.spells import happens, purpose
from sim.scenario.knobs.defects import Defects


class Spoiler:
    """Makes the facts of one geography dirty, chunk by chunk in order."""

    def __init__(self, farm: Farm, knobs: Defects) -> None:
        self.farm, self.knobs = farm, knobs
        self.readings = ReadingDefects(farm, knobs)
        self.next_key = 0

    def facts(self, cut: Cut, blocks: Iterator[Block]) -> Iterator[Block]:
        """The blocks of a chunk as they are written, each followed by its labels."""
        self.readings.plan(cut.from_day, cut.to_day)
        spoil = {
            "reading": self.readings.spoil,
            "growth_sample": self._sample,
            "mortality": self._deaths,
        }
        for block in blocks:
            if block.kind not in spoil:
                yield block
                continue
            written, told = spoil[block.kind](block)
            yield written
            if told:
                truth = defect_block(told, self.next_key)
                self.next_key += truth.rows
                yield truth

    def _sample(self, block: Block) -> tuple[Block, list[Columns]]:
        """Growth samples of heavy fish whose mean weight is told in kg."""
        weight, assignment = _ints(block, "avg_weight_g"), _ints(block, "assignment")
        container, batch = self._whereabouts(assignment)
        luck = self.readings.sensors.container_luck[container] ^ purpose("sample")
        wrong = happens(luck, _ints(block, "sample_date"), self.knobs.unit.sample_share)
        wrong &= weight >= self.knobs.unit.sample_from_g * 100
        rows = np.flatnonzero(wrong)
        if not len(rows):
            return block, []
        in_kg = quantise(weight[rows] / 1000, 0)
        told = labels(
            claim("unit", rows, written=in_kg * 100),
            SAMPLES,
            "avg_weight_g",
            growth_sample=_ints(block, "key")[rows],
            row_time=_ints(block, "created_at")[rows],
            container=container[rows],
            batch=batch[rows],
            assignment=assignment[rows],
            true_value=weight[rows] * 100,
        )
        weight = weight.copy()
        weight[rows] = in_kg
        return _with(block, avg_weight_g=weight), [told]

    def _deaths(self, block: Block) -> tuple[Block, list[Columns]]:
        """Deaths that are written down days late, all of a container and day together."""
        day, assignment = _ints(block, "event_date"), _ints(block, "assignment")
        container, batch = self._whereabouts(assignment)
        luck = self.readings.sensors.container_luck[container]
        late = happens(luck ^ purpose("deaths"), day, self.knobs.late.mortality_share)
        rows = np.flatnonzero(late)
        if not len(rows):
            return block, []
        draw = uniform(luck[rows] ^ purpose("deaths delay"), day[rows])
        days = 1 + (draw * self.knobs.late.mortality_days_max).astype(np.int64)
        true = _ints(block, "created_at")
        arrived, changed = true.copy(), _ints(block, "updated_at").copy()
        arrived[rows] += days * MICROSECONDS_PER_DAY
        changed[rows] += days * MICROSECONDS_PER_DAY
        told = labels(
            claim("late", rows, moved=arrived[rows]),
            DEATHS,
            "created_at",
            mortality=_ints(block, "key")[rows],
            row_time=true[rows],
            container=container[rows],
            batch=batch[rows],
            assignment=assignment[rows],
            true_time=true[rows],
        )
        return _with(block, created_at=arrived, updated_at=changed), [told]

    def _whereabouts(self, assignment: Ints) -> tuple[Ints, Ints]:
        """Container and batch of each of some assignments."""
        kept = self.farm.lane.records["assignment"]
        values = [kept[key].values for key in assignment.tolist()]
        container = np.array([row["container"] for row in values], dtype=np.int64)
        return container, np.array([row["batch"] for row in values], dtype=np.int64)


def whole_days(day: Ints, edges: list[int]) -> list[int]:
    """Move edges between container-days down to where their days begin.

    Containers that are mixed up must be in one block.
    """
    inner = day[edges[1:-1]]
    return sorted({0, len(day), *np.searchsorted(day, inner).tolist()})


def _ints(block: Block, name: str) -> Ints:
    column = block.columns[name]
    if not isinstance(column, np.ndarray):
        raise TypeError(f"the column {name} of a block of {block.kind} is not an array")
    return column


def _with(block: Block, **columns: Ints) -> Block:
    """A block with some columns replaced."""
    return Block(block.kind, block.rows, {**block.columns, **columns})
