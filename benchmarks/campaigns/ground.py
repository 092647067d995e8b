"""Where faults are tried: commands in processes of their own, databases, and undisturbed runs."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.campaigns import rows
from benchmarks.campaigns.inside import shortened
from benchmarks.own_server import own_server
from benchmarks.processes import ROOT, sets

KNOBS = sets([
    "schedule.batches=2", "recording.reading_hours=[8]", "recording.growth_sample_fish=5",
    "writing.chunk_days=10",
])  # fmt: skip
SMOKE = str(ROOT / "scenarios" / "smoke.yaml")
RUN = ("run", SMOKE, *KNOBS, "--out", "out", "--no-progress")
FILES = ("faroe_islands", "scotland")
LIMIT_S = 240


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended, and how long it took."""

    code: int
    text: str
    seconds: float

    def faults(self, *allowed: int) -> list[str]:
        """What should not be: another exit code, a traceback, a failure without a word."""
        found = []
        if self.code not in allowed:
            found.append(f"exit {self.code}: {shortened(self.text)}")
        elif "Traceback (most recent" in self.text or "unforeseen failure" in self.text:
            found.append(f"said: {shortened(self.text)}")
        elif self.code > 0 and not self.text.strip():
            found.append(f"exit {self.code} without a word")
        return found


@dataclass(slots=True)
class Ground:
    """A folder for everything, perhaps a server, and what undisturbed runs came to."""

    home: Path
    server: Any = None
    _known: dict[str, tuple[rows.Sums, float]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def folder(self) -> Path:
        """A new empty folder."""
        made = self.home / f"trial-{next(self._numbers)}"
        made.mkdir()
        return made

    @contextmanager
    def place(self, store: str, options: str = "") -> Iterator[RunPlace]:
        """A new folder, and a new database on the server if the store is PostgreSQL."""
        folder = self.folder()
        database = None
        try:
            if store == "postgresql":
                name = f"trial_{next(self._numbers)}"
                self.sql(f"CREATE DATABASE {name} {options}")
                database = self.server.get_uri().replace("/postgres?", f"/{name}?")
            yield RunPlace(folder, database)
        finally:
            if database is not None:
                with suppress(Exception):
                    self.sql(f"DROP DATABASE {name} WITH (FORCE)")
            shutil.rmtree(folder, ignore_errors=True)

    def sql(self, statement: str) -> None:
        """Execute a statement on the server's first database."""
        import psycopg

        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def whole(self, store: str) -> tuple[rows.Sums, float]:
        """What an undisturbed run comes to, and how many seconds it takes here."""
        if store not in self._known:
            with self.place(store) as place:
                done = finish(start(place.run(), place.folder))
                if done.code:
                    raise SystemExit(f"an undisturbed run failed: {done.text}")
                self._known[store] = (rows.sums(place.urls), done.seconds)
        return self._known[store]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a trial's run goes."""

    folder: Path
    database: str | None

    def run(self, *more: str) -> list[str]:
        """The run's command."""
        chosen = ["--database", self.database] if self.database else []
        return [*RUN, *chosen, *([] if "--workers" in more else ["--workers", "1"]), *more]

    @property
    def urls(self) -> list[str]:
        """The databases of the run."""
        if self.database:
            return [self.database]
        return [f"sqlite:///{self.folder}/out/{name}.sqlite" for name in FILES]


@contextmanager
def ground(*, with_server: bool = True) -> Iterator[Ground]:
    """Open a ground; everything is gone afterwards."""
    memory = Path("/dev/shm")  # noqa: S108 - databases are written and removed all the time
    near = memory if memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30 else None
    home = Path(tempfile.mkdtemp(prefix="smoltflow-faults-", dir=near))
    home.chmod(0o755)
    try:
        if not with_server:
            yield Ground(home)
            return
        with own_server(Path(tempfile.mkdtemp(prefix="smoltflow-pg-", dir=near))) as server:
            made = Ground(home, server)
            for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                made.sql(f"ALTER SYSTEM SET {setting} = off")
            made.sql("SELECT pg_reload_conf()")
            yield made
    finally:
        shutil.rmtree(home, ignore_errors=True)


def start(
    args: Sequence[str],
    folder: Path,
    before: Callable[[], None] | None = None,
    env: Mapping[str, str] | None = None,
    stdout: Any = subprocess.PIPE,
    stderr: Any = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a command as the leader of a process group."""
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *args],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True,
        preexec_fn=before,  # noqa: PLW1509 - sets limits only
    )  # fmt: skip


def finish(process: subprocess.Popen[bytes], limit_s: float = LIMIT_S) -> Done:
    """Wait until a command and all that it started have ended, at most so long."""
    began = time.monotonic()
    guard = threading.Timer(limit_s, lambda: kill_group(process, signal.SIGKILL))
    guard.start()
    out, err = process.communicate()
    late = not guard.is_alive()
    guard.cancel()
    text = ((out or b"") + (err or b"")).decode(errors="replace")
    took = time.monotonic() - began
    if late:
        return Done(-99, f"went on for {limit_s} s: {text}", took)
    return Done(process.returncode, text, took)


def kill_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a command and all that it started, if any of it is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def outlives(process: subprocess.Popen[bytes], seconds: float = 15) -> list[str]:
    """Tell whether anything that a command started outlives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return []
        time.sleep(0.05)
    kill_group(process, signal.SIGKILL)
    return [f"something that it started was there {seconds:g} s later"]


def made_whole(
    place: RunPlace, whole: rows.Sums, *more: str, but: Collection[str] = ()
) -> list[str]:
    """Continue a run to its end; all columns of all rows are then those of the undisturbed one.

    Args:
        place: where the run is.
        whole: what the undisturbed one came to.
        more: options of the run.
        but: tables that may differ.
    """
    done = finish(start(place.run("--resume", *more), place.folder))
    if done.code:
        return [f"--resume: {fault}" for fault in done.faults(0)]
    found = rows.sums(place.urls)
    left, right = ({name: of[name] for name in of if name not in but} for of in (whole, found))
    return [f"not equal: {name}" for name in rows.differences(left, right)]
