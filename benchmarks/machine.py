"""What figures depend on beside the program: the machine, and the versions of what it stands on."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path

import numpy as np
import simpy

from benchmarks.tables import Cell
from sim.core.version import __version__


def machine() -> dict[str, Cell]:
    """Describe this machine as it is now; ``load before`` tells whether it was idle."""
    return {
        "cores": _cores(),
        "processor": _processor(),
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        "Smoltflow": __version__,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "SimPy": simpy.__version__,
        "SQLite": sqlite3.sqlite_version,
        "load before": round(os.getloadavg()[0], 2),
    }


def _cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
