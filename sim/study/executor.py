"""The one way in which work is handed out, whoever does it.

An executor takes tasks and yields their replications as they are completed, in any order. It never
loses a task: one that cannot be done comes back as a replication with its error. What a task gives
does not depend on who does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from sim.study.results import Replication, Task, Unit


@dataclass(frozen=True, slots=True)
class Beat:
    """How far a worker is with a task: its share of the simulated time."""

    worker: str
    unit: Unit
    share: float


Watch = Callable[[Beat], None]
Tell = Callable[[float], None]
"""Told by the work itself which share of it is done."""
Work = Callable[[Task, Tell], Replication]


class EngineError(Exception):
    """An engine cannot be used as asked; the message is meant for the person who asked."""


class Executor(Protocol):
    """Does tasks. Used as a context manager: whatever it started ends with it."""

    name: str
    workers: int

    def run(self, tasks: Sequence[Task], watch: Watch) -> Iterator[Replication]:
        """Do tasks, and yield what came out of each as soon as it is there."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class InProcess:
    """Does tasks one after the other, here."""

    name, workers = "processes", 1

    def __init__(self, work: Work) -> None:
        self.work = work

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def run(self, tasks: Sequence[Task], watch: Watch) -> Iterator[Replication]:
        """Do tasks in their order."""
        for task in tasks:
            yield self._done(task, watch)

    def _done(self, task: Task, watch: Watch) -> Replication:
        return self.work(task, lambda share: watch(Beat("1", task.unit, share)))


def failed(task: Task, error: str) -> Replication:
    """What is kept of a task that nobody could do."""
    return Replication(task.variant, task.replication, task.seed, error=error)
