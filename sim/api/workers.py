"""Worker processes: each simulates the whole company and writes its own lanes.

With one worker everything happens in this process. Workers end when the process that started them
dies, so that nothing goes on writing after a ``kill -9``; the ledger makes a resumed run continue
exactly where they stopped.

A worker that loses its connection does what resuming does, without ending: it lets go of its
company, connects again, asks the ledger what is committed (also the chunk whose commit was under
way), simulates that again and writes what is missing. So a chunk is written once, whatever the
server remembers.
"""

from __future__ import annotations

import gc
import multiprocessing
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from persistence.digest import Digest
from persistence.ledger import FINISHED, RUNNING, RunSpec
from persistence.recompute import merge_shards
from persistence.schema import IndexSet
from persistence.stores import (
    Buffers,
    FileGoneError,
    Progress,
    ReplayDiffersError,
    Store,
    StoreError,
    TakenError,
    open_store,
)
from persistence.stores.waiting import telling
from sim.api.crew import PATIENCE_S, Crew, Died
from sim.api.memory import Memory
from sim.api.retrying import Again, Retry, Tries
from sim.api.targets import RunDatabase, deal, lanes_of
from sim.core.failures import COMES_AGAIN, explained, may_pass
from sim.core.worker_process import behave, peak_kb, release_memory, start_child
from sim.facts import Chunk
from sim.master_data.master import master_blocks
from sim.master_data.site_rows import site_blocks
from sim.runner import Glimpse, RunFigures, Stopped, figures, simulate
from sim.scenario import Scenario
from sim.sites.layout import Layout

Watch = Callable[[object], None]

_LASTING = (ReplayDiffersError, FileGoneError, TakenError)
"""After these, what was committed is not safe."""


@dataclass(frozen=True, slots=True)
class WorkerStep:
    """Something other than simulating that is under way, such as building an index."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class LockWait:
    """A wait for somebody else's lock, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker does: the whole company, writing the lanes of its targets.

    Attributes:
        finish: whether this worker adds keys and indexes when it is done; False when several
            workers write one database.
        index: the set of keys and indexes; ``buffers`` the sizes of what a store holds.
        retry: how often a lost connection is tried again.
        logging: whether somebody listens to the batches' stories.
    """

    scenario: str
    spec: RunSpec
    targets: tuple[RunDatabase, ...]
    until: int
    finish: bool
    index: IndexSet
    buffers: Buffers
    retry: Retry
    logging: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker reports in the end."""

    digests: dict[str, Digest]
    figures: RunFigures
    peak_kb: int


@dataclass(frozen=True, slots=True)
class Halt:
    """A worker that did not get to the end: stopped on request (``error`` None) or failed."""

    error: str | None
    day: int = 0
    resumable: bool = True


class _StoreSink:
    """Hands the chunks of each geography to its store."""

    def __init__(self, stores: dict[str, Store], tries: Tries) -> None:
        self.stores, self.tries = stores, tries

    def committed(self, geography: str) -> Sequence[tuple[int, int]]:
        spans = self.stores[geography].chunks(geography)
        return [(span.from_day, span.to_day) for span in spans]

    def commit(self, chunk: Chunk) -> int:
        rows = self.stores[chunk.geography].commit(chunk).rows
        self.tries.progress()
        return rows

    def replay(self, chunk: Chunk) -> int:
        return self.stores[chunk.geography].replay(chunk).rows


def plan_jobs(
    scenario: Scenario,
    spec: RunSpec,
    all_targets: Sequence[RunDatabase],
    until: int,
    memory: Memory,
    index: IndexSet,
    retry: Retry,
    *,
    logging: bool = False,
) -> list[Job]:
    """The jobs of as many workers as there is memory for."""
    writing = scenario.writing.model_copy(update={"buffer_rows": memory.buffer_rows})
    text = scenario.model_copy(update={"writing": writing}).model_dump_json()
    hands = deal(all_targets, memory.workers)
    lanes = lanes_of(all_targets)
    alone = len(hands) == 1 or len(all_targets) == lanes
    return [
        Job(text, spec, hand, until, alone, index, memory.buffers, retry, logging) for hand in hands
    ]


def prepare(scenario: Scenario, spec: RunSpec, targets: Sequence[RunDatabase]) -> None:
    """Create what several workers of one database share before they start."""
    for target in targets:
        with open_store(target.url) as store:
            _open(store, scenario, spec, target, alone=True)


def finish(
    spec: RunSpec,
    targets: Sequence[RunDatabase],
    memory: Memory,
    index: IndexSet,
    progress: Progress,
) -> None:
    """Add keys and indexes to what several workers of one database have written."""
    for target in targets:
        with open_store(target.url, memory.buffers) as store:
            store.start(replace(spec, shard=target.shard))
            store.finish(index, progress)


def _open(
    store: Store, scenario: Scenario, spec: RunSpec, target: RunDatabase, *, alone: bool
) -> None:
    """Make a database ready; only who is ``alone`` in it may drop what a finished run added."""
    store.create_tables()
    names = [scenario.geographies[lane].name for lane in target.lanes]
    store.lock(names)
    run = store.start(replace(spec, shard=target.shard))
    if alone and run.status == FINISHED:
        store.set_status(RUNNING)
        store.reopen()
    master = master_blocks(scenario, spec.simulated_from)
    for lane in target.lanes:
        sites = site_blocks(Layout(scenario, lane), spec.simulated_from)
        store.bootstrap(lane, [*master, *sites])


class _Told:
    """Passes on what a worker reports; when it has to begin again, rows and alarms only once.

    Chunks are told again: whoever takes them in knows which it has heard of.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.day = self._rows = self._before = 0

    def begin_again(self) -> None:
        """The rows that the next glimpses count are added to those of before."""
        self._before = self._rows

    def __call__(self, message: object) -> None:
        if isinstance(message, Glimpse):
            self._rows = self._before + message.rows
            message = replace(message, rows=self._rows)
            if message.clock_day <= self.day:
                message = replace(message, alarms=())
            self.day = max(self.day, message.clock_day)
        self._watch(message)


def work(job: Job, watch: Watch, stop: Callable[[], bool]) -> Outcome | Halt:
    """Do a job in this process."""
    scenario = Scenario.model_validate_json(job.scenario)
    lanes = sorted(lane for target in job.targets for lane in target.lanes)
    whose = tuple(scenario.geographies[lane].name for lane in lanes)
    told = _Told(watch)
    tries = Tries(job.retry, watch, stop, whose)
    try:
        return tries(lambda: _attempt(job, scenario, lanes, told, stop, tries))
    except Stopped as stopped:
        return Halt(None, stopped.day)
    except StoreError as error:
        return Halt(str(error), resumable=not isinstance(error, _LASTING))


def _attempt(
    job: Job,
    scenario: Scenario,
    lanes: Sequence[int],
    told: _Told,
    stop: Callable[[], bool],
    tries: Tries,
) -> Outcome:
    """Write what the ledger does not have yet, from the first day on."""
    if tries.used and stop():
        raise Stopped(told.day)
    with ExitStack() as stack:
        stores: dict[str, Store] = {}
        opened: list[Store] = []
        for target in job.targets:
            store = stack.enter_context(open_store(target.url, job.buffers))
            _open(store, scenario, job.spec, target, alone=job.finish)
            opened.append(store)
            stores |= {scenario.geographies[lane].name: store for lane in target.lanes}
        if tries.used:
            told.begin_again()
            spans = [store.chunks(name) for name, store in stores.items()]
            ends = [span[-1].to_day if span else job.spec.simulated_from for span in spans]
            told(Again(tuple(stores), min(ends)))
        sink = _StoreSink(stores, tries)
        # Nothing holds on to the company while indexes are built, which takes memory too.
        reached = figures(
            simulate(scenario, lanes, job.until, sink, told, stop, logging=job.logging)
        )
        gc.collect()
        release_memory()
        if job.finish:
            for store in opened:
                store.finish(job.index, lambda *step: told(WorkerStep(*step)))
        digests = merge_shards([store.digests() for store in opened])
        return Outcome(digests, reached, peak_kb())


def run_jobs(jobs: Sequence[Job], watch: Watch, stop: Callable[[], bool]) -> list[Outcome | Halt]:
    """Do all jobs, each in a process of its own if there are several.

    When one fails or dies, the others stop at their next chunk.
    """
    if len(jobs) == 1:
        return [work(jobs[0], watch, stop)]
    context = multiprocessing.get_context("spawn")
    crew = Crew()
    results: dict[int, Outcome | Halt] = {}
    patience_s = 0.0
    try:
        for job in jobs:
            crew.hire(partial(start_child, context, _worker, job))
        while len(results) < len(jobs):
            if stop():
                crew.halt()
            for number, message in crew.heard(but=results):
                if isinstance(message, Died):
                    message = Halt(f"a worker process died (exit code {message.code})")
                if isinstance(message, Halt):
                    crew.halt()
                if isinstance(message, Outcome | Halt):
                    results[number] = message
                else:
                    watch(message)
        patience_s = PATIENCE_S
    except Exception:
        patience_s = PATIENCE_S  # they may end their chunk
        raise
    finally:
        crew.leave(patience_s)
    return [results[number] for number in range(len(jobs))]


def _worker(job: Job, pipe: Connection[Any, Any]) -> None:
    """The body of a worker process. Whatever comes through its pipe asks it to stop."""
    behave()
    speaking = threading.Lock()  # indexes are built in several threads

    def say(message: object) -> None:
        with speaking, suppress(BrokenPipeError):  # nobody listens any more
            pipe.send(message)

    try:
        with telling(lambda text: say(LockWait(text))):
            result: Outcome | Halt = work(job, say, pipe.poll)
    except Exception as error:  # noqa: BLE001 - it is reported by the parent
        passing = may_pass(error)
        told = explained(error) if passing else f"{explained(error)}\n{COMES_AGAIN}"
        result = Halt(told, resumable=passing)
    say(result)
