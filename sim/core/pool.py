"""Tasks shared out to a few processes of this machine.

Each process has a pipe of its own and shares no lock or queue with another, so that one that is
killed, whatever it was doing, is seen at once and keeps nobody waiting.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from sim.core.failures import Failure
from sim.core.worker_process import behave, end, start_child

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE_S = 5.0
"""A process that has nothing to do any more is gone sooner."""


class WorkerDiedError(Failure):
    """A process was killed, or ended in the middle of its work."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"a worker process died (exit code {code}): do it again")


def share_out(work: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[tuple[T, R]]:
    """Do tasks in several processes.

    Args:
        work: does one; what it raises is raised here.
        tasks: they are begun in this order.
        workers: how many processes.

    Yields:
        Each task with what came of it, as they are completed.

    Raises:
        WorkerDiedError: a process ended that should not.
    """
    context = multiprocessing.get_context("spawn")
    hands: dict[Connection[Any, Any], SpawnProcess] = {}
    busy: dict[Connection[Any, Any], T] = {}
    left = iter(tasks)
    done = False
    try:
        for task in _first(left, workers):
            ours, theirs = context.Pipe()
            hands[ours] = start_child(context, _serve, work, theirs)
            theirs.close()  # so that our end tells when the process is gone
            _give(ours, task)
            busy[ours] = task
        while busy:
            for ready in wait(list(busy)):
                pipe: Connection[Any, Any] = ready  # type: ignore[assignment]
                task = busy.pop(pipe)
                result = _taken(pipe, hands[pipe])
                following = next(left, None)
                if following is not None:
                    _give(pipe, following)
                    busy[pipe] = following
                yield task, result
        done = True
    finally:
        for pipe in hands:
            pipe.close()
        for process in hands.values():
            end(process, _PATIENCE_S if done else 0.0)


def _first(tasks: Iterator[T], count: int) -> Iterator[T]:
    for _ in range(count):
        task = next(tasks, None)
        if task is None:
            return
        yield task


def _give(pipe: Connection[Any, Any], task: object) -> None:
    with suppress(OSError):  # it is dead, which reading from the pipe will tell
        pipe.send(task)


def _taken(pipe: Connection[Any, Any], process: SpawnProcess) -> Any:
    """What a process says of its task."""
    try:
        result, error = pipe.recv()
    except (EOFError, OSError):
        end(process, _PATIENCE_S)
        raise WorkerDiedError(process.exitcode) from None
    if error is not None:
        raise error
    return result


def _serve(work: Callable[[Any], Any], pipe: Connection[Any, Any]) -> None:
    """The body of a process: task after task until the pipe is closed."""
    behave()
    with suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            pipe.send(_done(work, task))


def _done(work: Callable[[Any], Any], task: object) -> tuple[Any, BaseException | None]:
    try:
        return work(task), None
    except Exception as error:  # noqa: BLE001 - it is raised in the parent
        error.add_note("".join(traceback.format_exception(error)))
        return None, error
