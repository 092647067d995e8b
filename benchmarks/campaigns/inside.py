"""Commands in a child of this process, which has imported everything: a trial in milliseconds.

The child is forked, so that whatever a command does to its process, memory included, ends with it.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.campaigns.trials import peak_mb


@dataclass(frozen=True, slots=True)
class Said:
    """A command that has ended.

    Attributes:
        code: its exit code; of one that a signal ended, the signal's number below 0.
        text: all that it said, to stdout and stderr.
        seconds: processor time, since a machine may be busy.
        peak_mb: memory at the peak.
    """

    code: int
    text: str
    seconds: float
    peak_mb: float

    @property
    def faults(self) -> list[str]:
        """What no command may ever say, and no command may die of."""
        found = []
        if self.code not in (0, 1, 2, 3, 130):
            found.append(f"ended with {self.code}")
        for word in ("Traceback (most recent", "unforeseen failure", "Warning: "):
            if word in self.text:
                found.append(f"said: {shortened(self.text)}")
                break
        return found


def say(args: Sequence[str], folder: Path, log: Path, limit_s: int = 60) -> Said:
    """Run a command in a folder.

    Args:
        args: what follows ``python -m sim``.
        folder: the current folder.
        log: a file that takes what it says.
        limit_s: it is killed after so many seconds.
    """
    from sim.cli import main

    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(out, 1)
            os.dup2(out, 2)
            sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - until the end
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            signal.alarm(limit_s)
            os.chdir(folder)
            try:
                main(list(args))
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
        except BaseException:  # noqa: BLE001 - told as a fault
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    used = usage.ru_utime + usage.ru_stime
    return Said(os.waitstatus_to_exitcode(status), text, used, peak_mb(usage))


def warm() -> None:
    """Import what the commands import, so that the children need not."""
    for name in ("run", "study", "plan", "verify", "wipe", "report", "scenario"):
        __import__(f"sim.cli.{name}")


def shortened(text: str, most: int = 400) -> str:
    """The end of a text, in one line."""
    line = " | ".join(text.strip().splitlines())
    return line if len(line) <= most else f"... {line[-most:]}"


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """What stands in a folder: names with size and time of the last change."""
    found = {}
    for path in folder.rglob("*"):
        stat = path.lstat()
        found[str(path.relative_to(folder))] = (stat.st_size, stat.st_mtime_ns)
    return found
