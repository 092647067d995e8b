"""Processes: children that leave Ctrl-C to their parent and end with it, and memory."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any


def start_child(context: SpawnContext, target: Callable[..., None], *args: Any) -> SpawnProcess:
    """Start a process whose ``target`` calls :func:`behave` first."""
    process = context.Process(target=target, args=args, daemon=True)
    # A new process inherits the mask: no Ctrl-C reaches it before it says that it ignores them.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def behave() -> None:
    """In a child: Ctrl-C is the parent's business, and nothing goes on when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def peak_kb() -> int:
    """Peak resident memory of this process, KiB."""
    import resource  # not on every system, and nothing else here needs it

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def release_memory() -> None:
    """Give back to the system what is free, which otherwise would add to what is asked for next."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
    if trim is not None:
        trim(0)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
