"""A stopwatch for parts that call each other: every moment belongs to one of them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Stopwatch:
    """Gives every moment to one part: the innermost that is at work.

    Attributes:
        wall_s: seconds of each part.
        core_s: processor time of this process in each part; the rest of its seconds it waited.
    """

    def __init__(self, first: str) -> None:
        self.wall_s: defaultdict[str, float] = defaultdict(float)
        self.core_s: defaultdict[str, float] = defaultdict(float)
        self._stack = [first]
        self.start()

    def start(self) -> None:
        """Forget what was before."""
        self.wall_s.clear()
        self.core_s.clear()
        self._since = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """Give the time until now to who is at work."""
        wall, core = time.perf_counter(), time.process_time()
        part = self._stack[-1]
        self.wall_s[part] += wall - self._since[0]
        self.core_s[part] += core - self._since[1]
        self._since = wall, core

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Give the time to a part until it is left."""
        self.stop()
        self._stack.append(name)
        try:
            yield
        finally:
            self.stop()
            self._stack.pop()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with its time given to a part."""

        def run(*args: Any, **named: Any) -> Any:
            with self.part(name):
                return function(*args, **named)

        return run

    def timed_items(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same generator function, with the time between its items left to who takes them."""

        def run(*args: Any, **named: Any) -> Iterator[Any]:
            with self.part(name):
                items = iter(function(*args, **named))
            while True:
                with self.part(name):
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                yield item

        return run
