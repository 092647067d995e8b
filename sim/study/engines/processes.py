"""Processes of this machine, one task each at a time.

Every worker has a pipe of its own, so that the death of one (out of memory, ``kill -9``) is seen at
once and costs only the task it had: another worker takes its place and the task is done again. A
task that keeps killing its workers comes back as failed.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Self

from sim.core.worker_process import behave, end, need_guard, start_child
from sim.study.executor import Beat, Watch, Work, failed
from sim.study.results import Replication, Task, Unit

MOST_DEATHS = 3
"""So many workers may die of a task."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class _Worker:
    """A process, our end of its pipe, and the task it has."""

    def __init__(self, name: str, work: Work) -> None:
        self.name = name
        self.task: Task | None = None
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        with _one_thread():
            self.process: SpawnProcess = start_child(context, _serve, work, theirs)
        theirs.close()  # so that our end tells when the worker is gone

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # it is dead, which reading from the pipe will tell
            self.pipe.send(task)

    def end(self) -> None:
        self.pipe.close()
        end(self.process)


class Processes:
    """Does tasks in worker processes; ``with`` it, as long as these are needed.

    Raises:
        MissingGuardError: the script that is run has no main guard.
    """

    name = "processes"

    def __init__(self, work: Work, workers: int) -> None:
        self.work, self.workers = work, workers
        self._pool: list[_Worker] = []

    def __enter__(self) -> Self:
        need_guard()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._pool:
            worker.end()
        self._pool = []

    def run(self, tasks: Sequence[Task], watch: Watch) -> Iterator[Replication]:
        """Do tasks; they are started in their order."""
        waiting, deaths = deque(tasks), Counter[Unit]()
        while waiting or any(worker.task for worker in self._pool):
            self._hand_out(waiting)
            ready = wait([worker.pipe for worker in self._pool if worker.task])
            for worker in [worker for worker in self._pool if worker.pipe in ready]:
                task = worker.task
                if task is None:
                    continue
                message = _received(worker.pipe)
                if isinstance(message, float):
                    watch(Beat(worker.name, task.unit, message))
                    continue
                worker.task = None
                if message is None:
                    message = self._bury(worker, task, deaths)
                if message is None:
                    waiting.appendleft(task)
                else:
                    yield message

    def _hand_out(self, waiting: deque[Task]) -> None:
        idle = [worker for worker in self._pool if worker.task is None]
        while waiting and (idle or len(self._pool) < self.workers):
            if not idle:
                names = {worker.name for worker in self._pool}
                name = next(n for n in map(str, range(1, self.workers + 1)) if n not in names)
                idle.append(_Worker(name, self.work))
                self._pool.append(idle[0])
            idle.pop(0).give(waiting.popleft())

    def _bury(self, worker: _Worker, task: Task, deaths: Counter[Unit]) -> Replication | None:
        """Remove a dead worker; returns what is kept of its task if it is not done again."""
        worker.end()
        self._pool.remove(worker)
        deaths[task.unit] += 1
        if deaths[task.unit] < MOST_DEATHS:
            return None
        code = worker.process.exitcode
        return failed(task, f"its worker process died {MOST_DEATHS} times (exit code {code})")


def _received(pipe: Connection[Task, float | Replication]) -> float | Replication | None:
    """A share done, a replication, or None from a worker that is gone."""
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return None


def _serve(work: Work, pipe: Connection[float | Replication, Task]) -> None:
    """The body of a worker process: task after task until the pipe is closed."""
    behave()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(work(pipe.recv(), pipe.send))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Children inherit that numerical libraries have one thread: cores are for replications."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
