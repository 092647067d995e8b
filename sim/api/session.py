"""A session: one call of ``run`` that writes, whether it begins a run, resumes or extends it.

It keeps count of what the workers report, tells it in the run log, and leaves a report beside the
manifest, ``sessions/0001.json`` and so on. A report is there from the first chunk on, as
``running``; one that stays so is of a session that was killed.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from persistence.stores import StoreError
from sim.api.existing import Options, RunTask
from sim.api.logs import RunLog
from sim.api.manifest import Manifest
from sim.api.targets import masked_urls
from sim.company.production import Production
from sim.core.clock import date_of
from sim.core.failures import Failure
from sim.core.system_errors import in_words
from sim.core.version import __version__
from sim.runner import Glimpse, Waits, Written

FOLDER = "sessions"
_LIBRARIES = ("numpy", "simpy", "sqlalchemy")


class RunSession:
    """What one call of ``run`` does; to be entered before anything is written.

    Args:
        task: the run; ``options`` how it was asked for.
    """

    def __init__(self, task: RunTask, options: Options) -> None:
        self.task, self.options = task, options
        try:
            self.log = RunLog(options.log_dir)
        except OSError as failed:
            raise Failure(str(in_words(failed)), 2) from None
        self.began = _now()
        self._clock = time.monotonic()
        self.path: Path | None = None
        self.chunks = {"committed": 0, "compared": 0}
        self.rows = {"written": 0, "compared": 0}
        self.span: tuple[int, int] | None = None
        self._until: dict[str, int] = {}
        self._before: dict[str, Production] = {}
        self._after: dict[str, Production] = {}
        self._waits: dict[bool, tuple[int, Waits]] = {}
        self._alarms: set[str] = set()

    def __enter__(self) -> Self:
        task, say = self.task, self.log.say
        say(f"session begins: {self.options.command}")
        libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
        say(f"smoltflow {__version__}, Python {platform.python_version()}, {libraries}")
        until = date_of(task.until)
        say(
            f"scenario {task.scenario.name}, seed {task.scenario.seed},"
            f" {date_of(task.plan.first_day)} to {until}, {len(task.plan.batches)} batches,"
            f" {task.memory.workers} workers at most"
        )
        for url in masked_urls(task.targets):
            say(f"database {url}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            stopped = isinstance(error, KeyboardInterrupt) or (
                isinstance(error, Failure) and error.code == 130
            )
            known = isinstance(error, Failure | StoreError)
            message = str(error) if known else in_words(error) or type(error).__name__
            with suppress(OSError):  # of the same full disk, say: what it comes from is told
                self._end("interrupted" if stopped else "failed", message)
        self.log.close()

    def take(self, seen: Glimpse) -> list[Written]:
        """Take in what a worker reports.

        Returns:
            The chunks that this session has not heard of: a worker that starts again within it
            reports what was committed once more.
        """
        new = [chunk for chunk in seen.written if chunk.to_day > self._told(chunk.geography)]
        for chunk in new:
            self._count(chunk)
        replaying = all(chunk.replayed for chunk in new)
        if new and seen.clock_day >= self._waits.get(replaying, (0, {}))[0]:
            self._waits[replaying] = seen.clock_day, seen.waits
        for chunk in new:
            done = "is there, and came out the same" if chunk.replayed else "committed"
            span = f"{date_of(chunk.from_day)} to {date_of(chunk.to_day)}"
            waiting = f"; {len(seen.waiting)} waiting" if seen.waiting else ""
            self.log.say(f"{chunk.geography}: {span} {done}, {chunk.rows:,} rows{waiting}")
        for alarm in seen.alarms:
            if alarm not in self._alarms:
                self._alarms.add(alarm)
                self.log.alarm(f"watchdog: {alarm}")
        if self.path is None:
            self.path = _next_report(self.options.out)
            self._write("running")
        return new

    def _told(self, geography: str) -> int:
        """The midnight up to which a geography's chunks were taken in."""
        return self._until.get(geography, self.task.plan.first_day)

    def _count(self, chunk: Written) -> None:
        what, rows = ("compared", "compared") if chunk.replayed else ("committed", "written")
        self.chunks[what] += 1
        self.rows[rows] += chunk.rows
        self._until[chunk.geography] = chunk.to_day
        self._after[chunk.geography] = chunk.production
        if chunk.replayed:
            self._before[chunk.geography] = chunk.production
            return
        first, last = self.span or (chunk.from_day, chunk.to_day)
        self.span = min(first, chunk.from_day), max(last, chunk.to_day)

    def finish(self, manifest: Manifest) -> None:
        """The run is complete up to where it was asked for."""
        for kind, waits in manifest.waits.items():
            told = ", ".join(f"{name} {value:,.10g}" for name, value in waits.items())
            self.log.say(f"waits for {kind}: {told}")
        self._end("finished", None, manifest)

    def _end(self, status: str, message: str | None, manifest: Manifest | None = None) -> None:
        ended = (
            f"session ends, {status}: {self.rows['written']:,} rows written,"
            f" {self.rows['compared']:,} compared, {time.monotonic() - self._clock:.1f} s"
        )
        if manifest is not None:
            self.log.say(f"{ended}, digest {manifest.digest}")
        elif status == "interrupted":
            self.log.alarm(f"{ended}. {message}")
        else:
            self.log.fail(f"{ended}. {message}")
        if self.path is not None:
            self._write(status, message, manifest)

    def _write(
        self, status: str, message: str | None = None, manifest: Manifest | None = None
    ) -> None:
        """Write the report as a whole, or leave what was there."""
        if self.path is None:
            return
        made = self.path.with_suffix(".new")
        text = json.dumps(
            self.report(status, message, manifest), indent=2, ensure_ascii=False, allow_nan=False
        )
        made.write_text(text + "\n", encoding="utf-8")
        made.replace(self.path)

    def report(self, status: str, message: str | None, manifest: Manifest | None) -> dict[str, Any]:
        """What the session did, as plain values."""
        task = self.task
        whole = sum(self._after.values(), Production())
        mine = whole - sum(self._before.values(), Production())
        span = self.span and tuple(date_of(day).isoformat() for day in self.span)
        return {
            "session": int(self.path.stem) if self.path else 0,
            "kind": self._kind(),
            "status": status,
            "message": message,
            "command": self.options.command,
            "began": self.began,
            "ended": None if status == "running" else _now(),
            "wall_s": round(time.monotonic() - self._clock, 2),
            "scenario": task.scenario.name,
            "seed": task.scenario.seed,
            "version": __version__,
            "database": masked_urls(task.targets),
            "asked_until": date_of(task.until).isoformat(),
            "simulated": {"from": span[0], "until": span[1]} if span else None,
            "chunks": self.chunks,
            "rows": self.rows,
            "waits": self._session_waits(),
            "kpis": {"session": _figures(mine), "run": _figures(whole)},
            "digest": manifest.digest if manifest else None,
        }

    def _kind(self) -> str:
        if self.options.fresh:
            return "fresh"
        if not self.chunks["compared"]:
            return "first"
        return "append" if self.options.append else "resume"

    def _session_waits(self) -> Waits:
        """The waits of this session's days: those that began, all days waited, feed missed."""
        before, after = (self._waits.get(replaying, (0, {}))[1] for replaying in (True, False))
        none = {"count": 0.0, "days": 0.0, "short_kg": 0.0}
        return {
            kind: {
                name: round(value - before.get(kind, none)[name], 6)
                for name, value in waits.items()
            }
            for kind, waits in after.items()
        }


def _figures(production: Production) -> Mapping[str, float | None]:
    values = {name: round(value, 3) for name, value in asdict(production).items()}
    fcr = production.fcr
    return {**values, "fcr": None if fcr is None else round(fcr, 4)}


def _next_report(out: Path) -> Path:
    """The next free number's file in a run's folder."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit()]
    return folder / f"{max(numbers, default=0) + 1:04d}.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
