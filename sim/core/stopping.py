"""Signals by which people and systems ask a program to stop, and who answers them.

Ctrl-C, ``kill``, systemd, ``docker stop`` and a terminal that is closed ask with different signals
for the same thing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Those signals, as far as the system has them."""


@contextmanager
def on_stop(
    answer: Callable[[], None], signals: Sequence[signal.Signals] = STOPPING
) -> Iterator[None]:
    """Have a function called whenever the program is asked to stop.

    A closed terminal does not stop who was started to outlive it (``nohup``). Outside of the main
    thread, to which alone signals come, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _: object) -> None:
        if number == getattr(signal, "SIGHUP", None):
            _leave_terminal()
        answer()

    before = {}
    for number in signals:
        outlives = number == getattr(signal, "SIGHUP", None)
        if not (outlives and signal.getsignal(number) is signal.SIG_IGN):
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt() -> None:
    """Stop at once.

    Raises:
        KeyboardInterrupt: always, as Python does for Ctrl-C.
    """
    raise KeyboardInterrupt


def _leave_terminal() -> None:
    """Write to nowhere from now on what would go to a terminal that is no more there."""
    for descriptor in (1, 2):
        try:
            os.write(descriptor, b"")
        except OSError:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
