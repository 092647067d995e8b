"""Processes: children that leave Ctrl-C to their parent and end with it, and memory.

Who stops a service, a container or a terminal signals all of its processes at once. A child leaves
that to its parent, which knows what to do about it; it ends when the parent says so by SIGKILL, or
is gone.

A child imports the script that its parent runs. Without a main guard it would do there all that the
script does, and start children of its own. So whoever starts children asks before for the guard
(:func:`need_guard`), and whatever starts a run leaves such an import (:func:`leave_import`).
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.resource_tracker import ensure_running
from multiprocessing.spawn import get_preparation_data
from multiprocessing.util import Finalize
from typing import Any
from weakref import WeakSet

from sim.core.failures import MissingGuardError
from sim.core.stopping import STOPPING

_NO_GUARD = 78
"""Exit code of a child that left the import of a script without a guard."""

_children: WeakSet[SpawnProcess] = WeakSet()


def need_guard() -> None:
    """Make sure that children can import the script that starts them, before anything is done.

    Only an import tells; it takes as long as the script's own imports.

    Raises:
        MissingGuardError: it would start them again.
    """
    told = get_preparation_data("guard")
    script = told.get("init_main_from_path") or told.get("init_main_from_name")
    if script is None or script.endswith(".__main__"):  # a notebook, a package such as ours
        return
    child = start_child(multiprocessing.get_context("spawn"), behave)
    child.join()
    if child.exitcode == _NO_GUARD:
        raise MissingGuardError(str(getattr(sys.modules["__main__"], "__file__", script)))


def leave_import() -> None:
    """End a child that has come here because it imports its parent's script."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(_NO_GUARD)


def start_child(context: SpawnContext, target: Callable[..., None], *args: Any) -> SpawnProcess:
    """Start a process whose ``target`` calls :func:`behave` first."""
    leave_import()
    process = context.Process(target=target, args=args, daemon=True)
    with _unheard():
        process.start()
    if not _children:  # when this process ends, before it would wait for those that are left
        Finalize(None, end_children, exitpriority=100)
    _children.add(process)
    return process


@contextmanager
def _unheard() -> Iterator[None]:
    """A new process inherits the mask: no signal reaches it before it says that it ignores them."""
    if os.name != "posix":
        yield
        return
    ensure_running()  # multiprocessing's tracker would let some of them in again when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_children() -> None:
    """Kill the children that are left, whatever they do."""
    for child in list(_children):
        with suppress(ValueError):  # it is closed
            child.kill()


def end(process: SpawnProcess, patience_s: float = 0.0) -> None:
    """End a child: by itself within some seconds, or else by force."""
    process.join(patience_s)
    if process.is_alive():
        process.kill()
        process.join()


def behave() -> None:
    """In a child: to stop is the parent's business, and nothing goes on when the parent is gone."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    if os.name == "posix":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
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
