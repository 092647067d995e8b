"""Running the program as its users do, with what all its processes used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Used:
    """What a run used.

    Attributes:
        wall_s: from the start of the process to its end.
        cpu_s: processor time of all its processes.
        manifest: what it printed; its ``peak_rss_mb`` is the sum over its processes.
    """

    wall_s: float
    cpu_s: float
    manifest: dict[str, Any]

    @property
    def rows(self) -> int:
        """How many rows it wrote."""
        return sum(self.manifest["rows"].values())


def run(scenario: str, folder: Path, *args: str) -> Used:
    """Run a scenario into a folder, or into the database that the arguments name."""
    command = [sys.executable, "-m", "sim", "run", scenario, "--out", str(folder)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--no-progress", "--json", *args], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if process.stdout is None:
        raise RuntimeError("the run has no output")
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the run failed with exit code {process.returncode}")
    return Used(wall, usage.ru_utime + usage.ru_stime, json.loads(said))


@contextmanager
def scratch(near: str | None) -> Iterator[Path]:
    """A folder for what is measured, on the disk that is asked for; removed in the end."""
    with tempfile.TemporaryDirectory(prefix="smoltflow-bench-", dir=near) as folder:
        yield Path(folder)


def family_cpu_s(parent: int) -> float:
    """Processor time of a process and of its children, the living and those that ended."""
    stats = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            stats[int(entry.name)] = (int(words[1]), [int(word) for word in words[11:15]])
    own = stats[parent][1]
    living = sum(sum(times[:2]) for of, times in stats.values() if of == parent)
    return (sum(own) + living) / _TICKS


def sets(changes: Sequence[str]) -> list[str]:
    """Changed knobs as arguments."""
    return [word for change in changes for word in ("--set", change)]
