"""The observer of a lane: turns what a chunk's cut holds into all its facts, a buffer at a time.

Whatever expands a table of the journal is a watcher: it is asked for the facts of every chunk in
order, and lets the keys of its kinds run on from chunk to chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Protocol

from sim.company.farm import Farm
from sim.core.journal import Columns, Cut
from sim.facts import Block
from sim.observations.calibrations import CalibrationNotes
from sim.observations.days import (
    confidence_scores,
    daily_states,
    feed_draws,
    feedings,
    mortalities,
)
from sim.observations.defects.spoiler import Spoiler, whole_days
from sim.observations.health_samples import HealthSamples
from sim.observations.lice import LiceCounts
from sim.observations.projections import ProjectionRows
from sim.observations.readings import ReadingExpander
from sim.observations.samples import growth_samples
from sim.observations.summaries import FeedingSummaries
from sim.observations.weather import WeatherWatcher
from sim.sites.sensors import Calibrations

_READINGS_PER_CONTAINER_DAY = 42
"""Upper estimate, for the size of a buffer."""


class TableObserver(Protocol):
    """Expands some tables of the journal into facts."""

    def facts(self, cut: Cut) -> Iterator[Block]:
        """The facts of a chunk, as blocks of limited size."""


class Observer:
    """Expands the chunks of one lane in order; keys of facts run on from chunk to chunk.

    Attributes:
        reads_back: kinds whose records it looks up in the lane, however old they are, beside
            those that are always kept.
    """

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        calibrations = Calibrations(farm.layout, farm.first_day)
        self.readings = ReadingExpander(farm, calibrations)
        self.calibrations = CalibrationNotes(farm, calibrations)
        self.summaries = FeedingSummaries(len(farm.scenario.recording.feeding_hours))
        self.confidence = confidence_scores(farm.scenario.recording)
        self.watchers: tuple[TableObserver, ...] = (
            LiceCounts(farm),
            HealthSamples(farm),
            ProjectionRows(farm),
            WeatherWatcher(farm),
        )
        self.next_key = dict.fromkeys(
            ("daily_state", "mortality", "feeding", "growth_sample", "fish"), 0
        )
        defects = farm.scenario.defects
        self.spoiler = Spoiler(farm, defects) if defects and defects.any else None
        self.reads_back = frozenset({"assignment"} if self.spoiler else ())
        buffer = farm.scenario.writing.buffer_rows
        self.days_per_buffer = max(1, buffer // _READINGS_PER_CONTAINER_DAY)

    def entities(self, cut: Cut) -> list[Block]:
        """What only observing changes: the summaries of a chunk, the sensors calibrated in it."""
        summaries = self.summaries.add(cut.days, *self.farm.records.take_departures())
        return [*summaries, self.calibrations.entity(cut)]

    def facts(self, cut: Cut) -> Iterator[Block]:
        """All facts of a chunk, as blocks of limited size.

        Nothing here holds on to a block that was handed over while the next is worked out.
        """
        clean = self._clean(cut)
        return clean if self.spoiler is None else self.spoiler.facts(cut, clean)

    def _clean(self, cut: Cut) -> Iterator[Block]:
        yield from cut.singles
        columns = cut.days
        rows = len(columns.get("day", ()))
        edges = [*range(0, rows, self.days_per_buffer), rows]
        if self.spoiler is not None:
            edges = whole_days(columns["day"], edges)
        for start, end in pairwise(edges):
            part = {name: column[start:end] for name, column in columns.items()}
            yield from filter(_has_rows, self._expand(part))
        deaths = cut.table("deaths")
        if len(deaths.get("day", ())):
            reasons = self.farm.stock.condition.reasons
            yield self._counted(mortalities(deaths, self.next_key["mortality"], reasons))
        for watcher in self.watchers:
            yield from filter(_has_rows, watcher.facts(cut))

    def _expand(self, part: Columns) -> Iterator[Block]:
        recording, key = self.farm.scenario.recording, self.next_key
        yield self._counted(daily_states(part, key["daily_state"], self.confidence))
        yield self._counted(feedings(part, key["feeding"], recording.feeding_hours))
        yield feed_draws(part)
        samples = growth_samples(part, self.farm, key["growth_sample"], key["fish"])
        for block in samples:
            yield self._counted(block)
        yield from self.readings.expand(part)

    def _counted(self, block: Block) -> Block:
        self.next_key[block.kind] += block.rows
        return block


def _has_rows(block: Block) -> bool:
    return block.rows > 0
