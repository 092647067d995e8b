"""Slices of simulated time: advance the clock, cut the lanes, hand their chunks to a sink.

A worker simulates the whole company and writes only its own lanes. The ledger's committed chunks
are simulated again and compared, not written: that is all there is to resuming. A run can only be
stopped between chunks, so what a sink holds is always a consistent farm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Protocol

from sim.company.farm import Farm
from sim.company.log import FeedChanges, LogLine, growth_sample_lines
from sim.company.production import Production, produced
from sim.core.clock import month_start, next_month
from sim.core.journal import READ_BACK, Cut
from sim.core.worker_process import release_memory
from sim.facts import Chunk
from sim.observations.observer import Observer
from sim.scenario import Scenario
from sim.world import World

Waits = Mapping[str, Mapping[str, float]]
"""Per kind of pool: waits (``count``), ``days`` waited, kilograms of feed missed (``short_kg``)."""


class Sink(Protocol):
    """Where chunks go."""

    def committed(self, geography: str) -> Sequence[tuple[int, int]]:
        """The (first day, day after) of the chunks that are there already, in order."""

    def commit(self, chunk: Chunk) -> int:
        """Write a chunk as one transaction; returns the number of rows."""

    def replay(self, chunk: Chunk) -> int:
        """Compare a chunk with what was committed; returns the number of rows."""


@dataclass(frozen=True, slots=True)
class Written:
    """A chunk of a lane that is safe now.

    Attributes:
        rows: how many it has; ``replayed`` whether they were there already, and were compared.
        production: what the geography had produced by the end of it.
        log_lines: what happened to its batches, if anybody listens, day by day.
    """

    geography: str
    from_day: int
    to_day: int
    rows: int
    replayed: bool
    production: Production
    log_lines: Sequence[LogLine] = ()


@dataclass(frozen=True, slots=True)
class Glimpse:
    """How far a worker is, for whoever watches.

    Attributes:
        day: midnight up to which everything is committed; ``clock_day`` that of the simulation.
        rows: rows committed by this worker; ``replayed`` those compared.
        batches: planned in all, active, harvested, died out.
        stages: active batches per stage, ``pools`` (busy, capacity, queued) per kind of pool,
            ``waiting`` the open waits as (who, for what, since), ``waits`` all waits so far, all
            over the whole company.
        written: the worker's chunks that came to be since the last time.
    """

    lanes: tuple[int, ...]
    day: int
    clock_day: int
    rows: int
    replayed: int
    batches: tuple[int, int, int, int] = (0, 0, 0, 0)
    stages: Mapping[str, int] = field(default_factory=dict)
    pools: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    waiting: Sequence[tuple[str, str, int]] = ()
    waits: Waits = field(default_factory=dict)
    alarms: Sequence[str] = ()
    written: Sequence[Written] = ()


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The run was asked to stop and did, after the chunk that ends at ``day``."""

    def __init__(self, day: int) -> None:
        super().__init__(day)
        self.day = day


def simulate(
    scenario: Scenario,
    lanes: Collection[int],
    until: int,
    sink: Sink,
    watch: Callable[[Glimpse], None],
    stop: Callable[[], bool],
    *,
    logging: bool = False,
) -> World:
    """Simulate a company and hand the chunks of some lanes to a sink.

    Args:
        scenario: what to simulate.
        lanes: indices of the geographies to write.
        until: first day that is not simulated, clipped to the scenario's end.
        sink: where chunks go.
        watch: told after every chunk.
        stop: asked after every chunk whether to stop.
        logging: whether the stories of these lanes' batches are to be told.

    Returns:
        The world at the end, for its figures.

    Raises:
        Stopped: ``stop`` said so.
    """
    world = World(scenario, recording=lanes, logging=logging)
    until = min(until, world.plan.end_day)
    tracks = [_Track(scenario, world.farms[lane], until, sink) for lane in sorted(lanes)]
    kept = READ_BACK | {kind for track in tracks for kind in track.observer.reads_back}
    rows = replayed = 0
    while any(not track.done for track in tracks):
        day = min(track.boundary for track in tracks if not track.done)
        world.advance(day)
        written = [track.cut() for track in tracks if not track.done and track.boundary == day]
        rows += sum(chunk.rows for chunk in written if not chunk.replayed)
        replayed += sum(chunk.rows for chunk in written if chunk.replayed)
        reached = min(track.start for track in tracks)
        _forget(world, kept, reached)
        watch(glimpse(world, lanes, reached, day, rows, replayed, written))
        if stop() and any(not track.done for track in tracks):
            raise Stopped(day)
    return world


def _forget(world: World, kept: Collection[str], day: int) -> None:
    """Let go of what is written in all lanes up to a day: it would grow with the years."""
    for farm in world.farms:
        farm.lane.forget(kept)
        for ledger in farm.resources.ledgers():
            ledger.forget(month_start(day - 1))
    release_memory()


class _Track:
    """One lane's way through its chunks."""

    def __init__(self, scenario: Scenario, farm: Farm, until: int, sink: Sink) -> None:
        self.farm, self.sink, self.until = farm, sink, until
        self.observer = Observer(farm)
        self.chunk_days = scenario.writing.chunk_days
        self.start = farm.first_day
        self.done = False
        self.production = Production()
        self.feeds = FeedChanges([feed.name for feed in scenario.feeds])
        self.spans: Iterator[tuple[int, int]] = iter(sink.committed(farm.geography.name))
        self._next()

    def _next(self) -> None:
        span = next(self.spans, None)
        self.is_committed = span is not None
        if span is not None:
            self.boundary = span[1]
        elif self.start >= self.until:
            self.done = True
        else:
            days = self.chunk_days
            end = next_month(self.start) if days is None else self.start + days
            self.boundary = min(end, self.until)

    def cut(self) -> Written:
        """Cut the lane here; what is told of these days is told when they are safe."""
        farm, start = self.farm, self.start
        cut = farm.records.cut(self.start, self.boundary)
        self.production = produced(farm, cut, self.production)
        log_lines = self._log_lines(cut) if farm.log.on else ()
        entities = [*cut.entities, *self.observer.entities(cut)]
        chunk = Chunk(
            farm.geography.name,
            farm.index,
            self.start,
            self.boundary,
            self.observer.facts(cut),
            [block for block in entities if block.rows],
        )
        was_committed = self.is_committed
        rows = self.sink.replay(chunk) if was_committed else self.sink.commit(chunk)
        self.start = self.boundary
        self._next()
        return Written(
            farm.geography.name, start, self.start, rows, was_committed, self.production, log_lines
        )

    def _log_lines(self, cut: Cut) -> list[LogLine]:
        """What was told of the days of a cut, with what only their columns tell."""
        names = [batch.name for batch in self.farm.batches]
        told = [
            *self.farm.log.take(),
            *growth_sample_lines(cut.days, names),
            *self.feeds.log(cut.days, names),
        ]
        return sorted(told, key=attrgetter("day"))  # keeps the order within a day


def glimpse(
    world: World,
    lanes: Collection[int],
    day: int,
    clock_day: int,
    rows: int,
    replayed: int,
    written: Sequence[Written] = (),
) -> Glimpse:
    """What can be seen of a world now."""
    pools: dict[str, tuple[float, float, float]] = {}
    stages: dict[str, int] = {}
    waiting: list[tuple[str, str, int]] = []
    total = len(world.plan.batches)
    completed = died_out = started = 0
    alarms: list[str] = []
    for farm in world.farms:
        for ledger in farm.resources.ledgers():
            kind = ledger.pools.name
            busy, capacity, queued = pools.get(kind, (0.0, 0.0, 0.0))
            pools[kind] = (
                busy + ledger.busy + ledger.resting,
                capacity + ledger.capacity,
                queued + ledger.queued,
            )
        for stage, count in zip(farm.stages, farm.active_by_stage(), strict=True):
            stages[stage.name] = stages.get(stage.name, 0) + count
        started += len(farm.batches)
        completed += sum(batch.is_harvested for batch in farm.batches)
        died_out += sum(batch.died_out for batch in farm.batches)
        waiting += farm.records.open_waits()
        alarms += farm.resources.watchdog()
    return Glimpse(
        lanes=tuple(lanes),
        day=day,
        clock_day=clock_day,
        rows=rows,
        replayed=replayed,
        batches=(total, started - completed - died_out, completed, died_out),
        stages=stages,
        pools=pools,
        waiting=waiting,
        waits=wait_totals(world.farms, float(world.env.now)),
        alarms=alarms,
        written=written,
    )


def wait_totals(farms: Iterable[Farm], now: float) -> Waits:
    """All waits of some geographies up to an instant, by kind of pool."""
    waits: dict[str, dict[str, float]] = {}
    for farm in farms:
        for kind, days, short_kg in farm.records.wait_figures(now):
            entry = waits.setdefault(kind, {"count": 0, "days": 0.0, "short_kg": 0.0})
            entry["count"] += 1
            entry["days"] = round(entry["days"] + days, 6)
            entry["short_kg"] = round(entry["short_kg"] + short_kg, 3)
    return {kind: waits[kind] for kind in sorted(waits)}


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A finished run's figures over the whole company.

    Attributes:
        batches: total planned, active, completed by their harvest, and died out before.
        utilisation: time-weighted share of each kind of pool that was busy or resting.
        waits: per kind of pool: number, days waited, kilograms of feed missed.
    """

    batches: Mapping[str, int]
    utilisation: Mapping[str, float]
    waits: Waits


def figures(world: World) -> RunFigures:
    """Sum up a world at its end."""
    total = len(world.plan.batches)
    started = [batch for farm in world.farms for batch in farm.batches]
    capacity: dict[str, float] = {}
    used: dict[str, float] = {}
    for farm in world.farms:
        for ledger in farm.resources.ledgers():
            ledger.advance(float(world.env.now))
            usage = ledger.total()
            kind = ledger.pools.name
            capacity[kind] = capacity.get(kind, 0.0) + usage.capacity_days
            spent = usage.busy_days + usage.resting_days
            used[kind] = used.get(kind, 0.0) + spent
    return RunFigures(
        batches={
            "total": total,
            "active": sum(batch.alive for batch in started),
            "completed": sum(batch.is_harvested for batch in started),
            "died_out": sum(batch.died_out for batch in started),
        },
        utilisation={
            kind: round(used[kind] / capacity[kind], 6)
            for kind in sorted(capacity)
            if capacity[kind]
        },
        waits=wait_totals(world.farms, float(world.env.now)),
    )
