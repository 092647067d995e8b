"""Runs the program as its users do: in a process of its own, with its exit code and its output."""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from persistence import ledger
from persistence.digest import OWN_PREFIX, run_digest
from persistence.mapping import tables_by_role
from persistence.recompute import recompute
from persistence.stores import open_source
from sim.cli import main

ROOT = Path(__file__).parents[2]
SMOKE = str(ROOT / "scenarios" / "smoke.yaml")
USAGE, FAULT = 2, 1  # exit codes
GEOGRAPHIES = ("faroe_islands", "scotland")
LIMIT_SECONDS = 90  # a run takes two: this only keeps a hanging one from lasting for ever

_LIVES = ("schedule.batches=2", "recording.reading_hours=[8]", "recording.growth_sample_fish=5")
LIVES = [word for knob in _LIVES for word in ("--set", knob)]
"""Two whole lives, one per geography, with few rows."""
MONTHS = [*LIVES, "--set", "schedule.tail_days=40"]
"""Their first two months."""

_NUMBERS = itertools.count(1)
_OURS = ("PYTHONHASHSEED", "NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "TTY_COMPATIBLE")


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def manifest(self) -> dict[str, Any]:
        """The JSON object that it printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def expect(self, code: int) -> Done:
        """Fail with what was said if it ended in another way, or with a traceback."""
        assert self.code == code, f"exit code {self.code}\n{self.out}\n{self.err}"
        assert "Traceback" not in self.out + self.err
        return self


def environment(**changes: str) -> dict[str, str]:
    """The environment of a command, without what would change how its output looks."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    return kept | changes


_PRCTL = getattr(ctypes.CDLL(None), "prctl", None)  # Linux has it
_PR_SET_PDEATHSIG = 1


def tie_to_parent() -> None:
    """In a child: be killed when the parent is gone."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)


def start(
    args: Sequence[str],
    folder: Path,
    before: Sequence[str] = ("-m", "sim"),
    preparation: Callable[[], None] | None = None,
    stderr: int = subprocess.PIPE,
    **variables: str,
) -> subprocess.Popen[str]:
    """Start a command as the leader of a process group, which does not outlive the tests."""

    def prepare() -> None:
        tie_to_parent()
        if preparation is not None:
            preparation()

    return subprocess.Popen(
        [sys.executable, *before, *args],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - this process has one thread
    )


def finish(process: subprocess.Popen[str], limit_s: float = LIMIT_SECONDS) -> Done:
    """Read all that a command and its workers still say.

    They keep its output open, so that reading ends when the last of them is gone.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    guard = threading.Timer(limit_s, os.killpg, (process.pid, signal.SIGKILL))
    guard.start()
    out = ""

    def read() -> None:  # beside the other: a pipe that nobody reads holds up who fills it
        nonlocal out
        assert process.stdout is not None
        out = process.stdout.read()

    with process:
        reader = threading.Thread(target=read)
        reader.start()
        err = process.stderr.read()
        reader.join()
    in_time = guard.is_alive()
    guard.cancel()
    assert in_time, f"the command or one of its workers went on for {limit_s} seconds:\n{err}"
    return Done(process.returncode, out, err)


def sim(*args: str, folder: Path, **how: Any) -> Done:
    """Run a command to its end."""
    return finish(start(args, folder, **how))


def run(*args: str, folder: Path, **how: Any) -> Done:
    """Run the smoke scenario to its end, on one worker unless told otherwise."""
    return sim("run", SMOKE, *alone(args), folder=folder, **how)


def alone(args: Sequence[str]) -> list[str]:
    """The arguments, with one worker unless they say how many."""
    return [*args] if "--workers" in args else [*args, "--workers", "1"]


def manifest(*args: str, folder: Path, **how: Any) -> dict[str, Any]:
    """Run the smoke scenario and return the JSON object that it prints."""
    return run(*args, "--json", folder=folder, **how).expect(0).manifest


def say(capsys: pytest.CaptureFixture[str], *args: str) -> Done:
    """Run a command within the test's own process: for those that end before anything starts."""
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    code = ended.value.code
    output = capsys.readouterr()
    return Done(code if isinstance(code, int) else -1, output.out, output.err)


def say_refused(folder: Path, capsys: pytest.CaptureFixture[str], code: int, *args: str) -> Done:
    """Give a command that must be refused without leaving a trace in the folder."""
    before = fingerprint(folder), sorted(folder.rglob("*"))
    done = say(capsys, *args).expect(code)
    assert (fingerprint(folder), sorted(folder.rglob("*"))) == before
    assert done.out == ""
    assert done.err.strip()
    assert "unforeseen" not in done.err
    return done


# Processes that are disturbed


def after_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """Wait until a command has said so many lines, or ends; return them."""
    assert process.stderr is not None
    return list(itertools.islice(process.stderr, count))


def after_saying(process: subprocess.Popen[str], what: str) -> None:
    """Wait until a command has said something, or ends."""
    assert process.stderr is not None
    next((line for line in process.stderr if what in line), None)


def kill(process: subprocess.Popen[str], after_s: float = 0.0) -> Done:
    """Kill a command after a moment, but not its workers; wait until these are gone too."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(after_s)
    process.kill()
    return finish(process)


def interrupt(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    """Press Ctrl-C: the signal goes to the whole group."""
    os.killpg(process.pid, number)


def printed_command(done: Done) -> list[str]:
    """The arguments of the command that a message says continues the run."""
    found = re.search(r"To continue: python -m sim (.*)", done.err)
    assert found, done.err
    return shlex.split(found[1].partition("  (")[0])


STRIKE = """
import importlib, os, sys
from sim.cli import main

place, number, signals, *args = sys.argv[1:]
module, _, path = place.partition(":")
owner, _, name = path.rpartition(".")
holder = importlib.import_module(module)
holder = getattr(holder, owner) if owner else holder
whole = getattr(holder, name)
calls = []

def struck(*given, **named):
    calls.append(1)
    if len(calls) == int(number):
        for signal in signals.split(","):
            os.killpg(0, int(signal))
    return whole(*given, **named)

setattr(holder, name, struck)
sys.argv[1:] = args
main(args)
"""


def struck_at(
    place: str, call: int, *args: str, folder: Path, signals: Sequence[int] = (signal.SIGKILL,)
) -> Done:
    """Run the smoke scenario; signals strike it before the n-th call of a function."""
    numbers = ",".join(str(int(number)) for number in signals)
    before = ("-c", STRIKE, place, str(call), numbers)
    return sim("run", SMOKE, *alone(args), folder=folder, before=before)


# Databases


def files(folder: Path) -> list[str]:
    """The URLs of a run's files where they are by default, one per geography."""
    return [f"sqlite:///{folder}/runs/smoke/{geography}.sqlite" for geography in GEOGRAPHIES]


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder and a hash of what it holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def proven(urls: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The digest of a finished run and of its tables, recomputed from nothing but the rows.

    The tables must hold these rows and no others.
    """
    urls = list(urls)
    tables = recompute(urls, workers=1)
    for url in urls:
        with closing(open_source(url)) as source:
            found = ledger.runs(source.connection)
            assert [run.status for run in found] == [ledger.FINISHED]
    there = Counter[str]()
    for url in urls:
        there += counts(url, tables)
    for name in tables_by_role("master"):
        there[name] //= len(urls)
    assert there == {name: digest.rows for name, digest in tables.items() if digest.rows}
    digests = {
        name: digest.hex()
        for name, digest in sorted(tables.items())
        if not name.startswith(OWN_PREFIX)
    }
    return run_digest(tables), digests


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows that a statement gives."""
    with closing(open_source(url)) as source:
        return [tuple(row) for row in source.connection.exec_driver_sql(statement)]


def counts(url: str, tables: Iterable[str]) -> Counter[str]:
    """The number of rows of some tables."""
    parts = [f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables]
    return Counter(dict(query(url, " UNION ALL ".join(parts))))


@contextmanager
def geography_databases(server: str) -> Iterator[tuple[str, list[str]]]:
    """Create a database per geography; yield the URL with {geography}, and each one's URL."""
    stem = f"geo_{next(_NUMBERS)}_"
    url = server.replace("/postgres?", f"/{stem}{{geography}}?")
    with psycopg.connect(server, autocommit=True) as connection:
        for geography in GEOGRAPHIES:
            connection.execute(f"CREATE DATABASE {stem}{geography}")
    try:
        yield url, [url.replace("{geography}", geography) for geography in GEOGRAPHIES]
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            for geography in GEOGRAPHIES:
                connection.execute(f"DROP DATABASE {stem}{geography} WITH (FORCE)")
