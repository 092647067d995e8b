"""The processes of a run's workers, and what they say.

Each has a pipe of its own and shares no lock or queue with another: one that is killed, whatever it
was doing, is seen at once by the end of its pipe, and keeps nobody waiting.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from sim.core.worker_process import end

_LOOK_S = 0.25  # how often it is asked whether to stop
PATIENCE_S = 5.0
"""So long workers that nobody waits for may take to end."""


@dataclass(frozen=True, slots=True)
class Died:
    """The last word of a worker that ended before its time, with the exit code it had."""

    code: int | None


class Crew:
    """The worker processes of a run, each with a pipe."""

    def __init__(self) -> None:
        self._processes: list[SpawnProcess] = []
        self._pipes: list[Connection[Any, Any]] = []
        self._halted = False

    def hire(self, start: Callable[[Connection[Any, Any]], SpawnProcess]) -> None:
        """Start a process, which is given its end of a pipe."""
        ours, theirs = multiprocessing.Pipe()
        self._pipes.append(ours)
        self._processes.append(start(theirs))
        theirs.close()  # so that our end tells when the worker is gone

    def halt(self) -> None:
        """Ask all to stop at their next chunk."""
        if not self._halted:
            self._halted = True
            for pipe in self._pipes:
                with suppress(OSError):  # it is gone
                    pipe.send(None)

    def heard(self, but: Container[int]) -> list[tuple[int, Any]]:
        """Wait a moment for what workers say, but for some that are done."""
        numbers = {pipe: n for n, pipe in enumerate(self._pipes) if n not in but}
        ready = [pipe for pipe in wait(list(numbers), _LOOK_S) if isinstance(pipe, Connection)]
        return [(numbers[pipe], self._said(numbers[pipe])) for pipe in ready]

    def _said(self, number: int) -> Any:
        try:
            return self._pipes[number].recv()
        except (EOFError, OSError):
            process = self._processes[number]
            end(process, PATIENCE_S)
            return Died(process.exitcode)

    def leave(self, patience_s: float) -> None:
        """End the processes that do not within some seconds."""
        self.halt()
        until = time.monotonic() + patience_s
        for process in self._processes:
            end(process, max(until - time.monotonic(), 0.0))
        for pipe in self._pipes:
            pipe.close()
