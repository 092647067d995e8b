"""A connection to a server that was lost is made again, after pauses that grow.

Only the connection is worth another try: a wrong password, a full disk or a row that a constraint
refuses will be the same in a minute. What was under way is done again from its beginning, so it
must be something that may be repeated, and whatever it held is let go before the pause.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from persistence.stores import ConnectionLostError, OtherWriterError, StoreError
from sim.core.clock import date_of
from sim.core.worker_process import release_memory

T = TypeVar("T")
_LOOK_S = 0.25  # how often a pause looks whether somebody asks to stop


@dataclass(frozen=True, slots=True)
class Retry:
    """How often in a row a lost connection is tried again, and after which pauses, seconds."""

    times: int = 3
    first_s: float = 2.0
    factor: float = 4.0
    longest_s: float = 300.0

    def pause_s(self, number: int) -> float:
        """The pause before the n-th try, counted from 1."""
        return float(min(self.first_s * self.factor ** (number - 1), self.longest_s))


@dataclass(frozen=True, slots=True)
class Lost:
    """A connection was lost and will be tried again.

    Attributes:
        reason: what happened, with the database's URL.
        whose: the geographies that wait for it; empty where it concerns all.
        pause_s: seconds until the next try, which is number ``number`` of ``times``.
    """

    reason: str
    whose: tuple[str, ...]
    pause_s: float
    number: int
    times: int

    def __str__(self) -> str:
        whose = f" ({', '.join(self.whose)})" if self.whose else ""
        return (
            f"{self.reason}{whose}; trying again in {self.pause_s:g} s"
            f" ({self.number} of {self.times})"
        )


@dataclass(frozen=True, slots=True)
class Again:
    """A connection is there again, and some geographies are committed up to a day."""

    whose: tuple[str, ...]
    day: int

    def __str__(self) -> str:
        return f"connected again: {', '.join(self.whose)} from {date_of(self.day)} on"


class Tries:
    """Counts the tries in a row; whatever is committed in between starts the count anew."""

    def __init__(
        self,
        retry: Retry,
        tell: Callable[[Lost], None],
        stop: Callable[[], bool] = lambda: False,
        whose: tuple[str, ...] = (),
    ) -> None:
        self._retry, self._tell, self._stop, self._whose = retry, tell, stop, whose
        self.used = 0

    def progress(self) -> None:
        """Something was committed: the connection is good again."""
        self.used = 0

    def __call__(self, action: Callable[[], T]) -> T:
        """Do something that may be repeated until it is done or the tries are used up.

        Raises:
            StoreError: the tries are used up, or it failed for another reason.
        """
        while True:
            try:
                done = action()
            except ConnectionLostError as error:
                reason = str(error)
            except OtherWriterError as error:
                # After a loss that is ourselves: the server has not yet noticed that we are gone.
                if not self.used:
                    raise
                reason = str(error)
            else:
                self.used = 0
                return done
            if self.used >= self._retry.times:
                tried = f" ({self.used} more tries did not help)" if self.used else ""
                raise StoreError(f"{reason}{tried}")
            self.used += 1
            seconds = self._retry.pause_s(self.used)
            self._tell(Lost(reason, self._whose, seconds, self.used, self._retry.times))
            gc.collect()
            release_memory()
            pause(seconds, self._stop)


def pause(seconds: float, stop: Callable[[], bool]) -> None:
    """Wait, but not after somebody asked to stop."""
    end = time.monotonic() + seconds
    while not stop() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _LOOK_S))
