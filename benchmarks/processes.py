"""Running the program as its users do, with what all its processes used."""

from __future__ import annotations

import argparse
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

    @property
    def peak_mb(self) -> float:
        """Peak memory, the peaks of its processes added up."""
        return float(self.manifest["peak_rss_mb"])


def arguments(parser: argparse.ArgumentParser, *, index: bool = False) -> None:
    """Add the options of benchmarks that write databases."""
    if index:
        parser.add_argument("--index", choices=["full", "minimal", "none"], default="minimal")
    parser.add_argument("--folder", help="where databases are made and removed (another disk)")


def positive(given: str) -> int:
    """Read a number from the command line that must be at least 1."""
    number = int(given)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{given} is not at least 1")
    return number


def note(what: str) -> None:
    """Tell whoever waits what is being done."""
    print(f"{what} ...", file=sys.stderr, flush=True)


def run(scenario: str, folder: Path, *args: str) -> Used:
    """Run a scenario into a folder, or into the database that the arguments name."""
    command = [sys.executable, "-m", "sim", "run", str(Path(scenario).resolve())]
    command += ["--out", str(folder), "--no-progress", "--json", *args]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.read() if process.stdout else ""
            # Unlike Popen.wait, this tells what the process and its children have used.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()  # its workers end with it
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"the run failed with exit code {process.returncode}")
    return Used(wall, usage.ru_utime + usage.ru_stime, json.loads(said))


@contextmanager
def scratch(near: str | None) -> Iterator[Path]:
    """A folder for what is measured, on the disk that is asked for; removed in the end.

    SQLite sorts indexes in files; those of processes that are started meanwhile go there too.
    """
    before = os.environ.get("SQLITE_TMPDIR")
    place = place_of(near)
    with tempfile.TemporaryDirectory(prefix="smoltflow-bench-", dir=place) as folder:
        os.environ["SQLITE_TMPDIR"] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ["SQLITE_TMPDIR"]
            if before is not None:
                os.environ["SQLITE_TMPDIR"] = before


def place_of(near: str | None) -> Path:
    """The folder in which databases are made, which must be there."""
    place = Path(near or tempfile.gettempdir()).resolve()
    if not place.is_dir():
        raise SystemExit(f"{place} is no folder")
    return place


def settle() -> None:
    """Wait until the disk has what was written before, so that it does not cost what comes now."""
    os.sync()


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
    return (sum(own) + living) / os.sysconf("SC_CLK_TCK")


def sets(changes: Sequence[str]) -> list[str]:
    """Changed knobs as arguments."""
    return [word for change in changes for word in ("--set", change)]
