"""Worker processes: each simulates the whole company and writes its own lanes.

With one worker everything happens in this process. Workers end when the process that started them
dies, so that nothing goes on writing after a ``kill -9``; the ledger makes a resumed run continue
exactly where they stopped.
"""

from __future__ import annotations

import gc
import multiprocessing
import queue
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.queues import Queue
from typing import Any

from persistence.digest import Digest
from persistence.ledger import FINISHED, RUNNING, RunSpec
from persistence.recompute import merge_shards
from persistence.schema import IndexSet
from persistence.stores import Buffers, ReplayDiffersError, Store, StoreError, open_store
from sim.children import behave, peak_kb, release_memory, start_child
from sim.cli import unforeseen
from sim.cli.memory import Memory
from sim.cli.targets import Target, deal, lanes_of
from sim.facts import Chunk
from sim.layout import Layout, site_blocks
from sim.master import master_blocks
from sim.runner import Figures, Stopped, figures, simulate
from sim.scenario import Scenario

Watch = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Step:
    """Something other than simulating that is under way, such as building an index."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker does: the whole company, writing the lanes of its targets.

    Attributes:
        finish: whether this worker adds keys and indexes when it is done; False when several
            workers write one database.
        index: the set of keys and indexes; ``buffers`` the sizes of what a store holds.
        telling: whether somebody listens to the batches' stories.
    """

    scenario: str
    spec: RunSpec
    targets: tuple[Target, ...]
    until: int
    finish: bool
    index: IndexSet
    buffers: Buffers
    telling: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker reports in the end."""

    digests: dict[str, Digest]
    figures: Figures
    peak_kb: int


@dataclass(frozen=True, slots=True)
class Halt:
    """A worker that did not get to the end: stopped on request (``error`` None) or failed."""

    error: str | None
    day: int = 0
    resumable: bool = True


class _StoreSink:
    """Hands the chunks of each geography to its store."""

    def __init__(self, stores: dict[str, Store]) -> None:
        self.stores = stores

    def committed(self, geography: str) -> Sequence[tuple[int, int]]:
        spans = self.stores[geography].chunks(geography)
        return [(span.from_day, span.to_day) for span in spans]

    def commit(self, chunk: Chunk) -> int:
        return self.stores[chunk.geography].commit(chunk).rows

    def replay(self, chunk: Chunk) -> int:
        return self.stores[chunk.geography].replay(chunk).rows


def plan_jobs(
    scenario: Scenario,
    spec: RunSpec,
    all_targets: Sequence[Target],
    until: int,
    memory: Memory,
    index: IndexSet = "minimal",
    *,
    telling: bool = False,
) -> list[Job]:
    """The jobs of as many workers as there is memory for."""
    writing = scenario.writing.model_copy(update={"buffer_rows": memory.buffer_rows})
    text = scenario.model_copy(update={"writing": writing}).model_dump_json()
    hands = deal(all_targets, memory.workers)
    lanes = lanes_of(all_targets)
    alone = len(hands) == 1 or len(all_targets) == lanes
    return [Job(text, spec, hand, until, alone, index, memory.buffers, telling) for hand in hands]


def prepare(scenario: Scenario, spec: RunSpec, target: Target) -> None:
    """Create what several workers of one database share before they start."""
    with open_store(target.url) as store:
        _open(store, scenario, spec, target, alone=True)


def _open(store: Store, scenario: Scenario, spec: RunSpec, target: Target, *, alone: bool) -> None:
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


def work(job: Job, watch: Watch, stop: Callable[[], bool]) -> Outcome | Halt:
    """Do a job in this process."""
    scenario = Scenario.model_validate_json(job.scenario)
    try:
        with ExitStack() as stack:
            stores: dict[str, Store] = {}
            opened: list[Store] = []
            for target in job.targets:
                store = stack.enter_context(open_store(target.url, job.buffers))
                _open(store, scenario, job.spec, target, alone=job.finish)
                opened.append(store)
                stores |= {scenario.geographies[lane].name: store for lane in target.lanes}
            lanes = sorted(lane for target in job.targets for lane in target.lanes)
            # Nothing holds on to the company while indexes are built, which takes memory too.
            sink = _StoreSink(stores)
            reached = figures(
                simulate(scenario, lanes, job.until, sink, watch, stop, telling=job.telling)
            )
            gc.collect()
            release_memory()
            if job.finish:
                for store in opened:
                    store.finish(job.index, lambda *step: watch(Step(*step)))
            digests = merge_shards([store.digests() for store in opened])
            return Outcome(digests, reached, peak_kb())
    except Stopped as stopped:
        return Halt(None, stopped.day)
    except StoreError as error:
        return Halt(str(error), resumable=not isinstance(error, ReplayDiffersError))


def run_jobs(jobs: Sequence[Job], watch: Watch, stop: Callable[[], bool]) -> list[Outcome | Halt]:
    """Do all jobs, each in a process of its own if there are several."""
    if len(jobs) == 1:
        return [work(jobs[0], watch, stop)]
    context = multiprocessing.get_context("spawn")
    messages: Queue[tuple[int, Any]] = context.Queue()
    halt = context.Event()
    processes = [
        start_child(context, _worker, number, job, messages, halt)
        for number, job in enumerate(jobs)
    ]
    results: dict[int, Outcome | Halt] = {}
    try:
        while len(results) < len(jobs):
            if stop():
                halt.set()
            try:
                number, message = messages.get(timeout=0.25)
            except queue.Empty:
                _note_dead(processes, results)
                continue
            if isinstance(message, Outcome | Halt):
                results[number] = message
                if isinstance(message, Halt):
                    halt.set()
            else:
                watch(message)
    finally:
        halt.set()
        for process in processes:
            process.join(timeout=None if len(results) == len(jobs) else 5)
            if process.is_alive():
                process.terminate()
    return [results[number] for number in range(len(jobs))]


def _note_dead(processes: Sequence[Any], results: dict[int, Outcome | Halt]) -> None:
    for number, process in enumerate(processes):
        if number not in results and process.exitcode not in (None, 0):
            results[number] = Halt(f"a worker process died (exit code {process.exitcode})")


def _worker(number: int, job: Job, messages: Queue[tuple[int, Any]], halt: Any) -> None:
    """The body of a worker process."""
    behave()
    try:
        result: Outcome | Halt = work(job, lambda m: messages.put((number, m)), halt.is_set)
    except Exception as error:  # noqa: BLE001 - it is reported by the parent
        result = Halt(unforeseen(error))
    messages.put((number, result))
