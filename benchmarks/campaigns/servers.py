"""A PostgreSQL server that hangs up, cancels, stops, is slow or falls silent."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from benchmarks.campaigns.ground import (
    Done,
    Ground,
    finish,
    kill_group,
    made_whole,
    outlives,
    start,
)
from benchmarks.campaigns.kills import Result
from benchmarks.campaigns.proxy import Proxy

SILENT_S = 40.0
"""So long a run may wait for an answer before it says so: 15 seconds, on a busy machine."""


def _of_database(function: str) -> Callable[[Ground, str], None]:
    def call(ground: Ground, name: str) -> None:
        ground.sql(
            f"SELECT {function}(pid) FROM pg_stat_activity"  # noqa: S608 - our own names
            f" WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        )

    return call


def _restart(ground: Ground, name: str) -> None:
    del name
    with open(f"{ground.server.pgdata}/postmaster.pid", encoding="utf-8") as file:  # noqa: PTH123
        pid = int(file.readline())
    os.kill(pid, signal.SIGQUIT)  # at once
    with suppress(ProcessLookupError):
        for _ in range(400):
            os.kill(pid, 0)
            time.sleep(0.05)
    ground.server.ensure_postgres_running()


BLOWS: dict[str, Callable[[Ground, str], None]] = {
    "terminated": _of_database("pg_terminate_backend"),
    "cancelled": _of_database("pg_cancel_backend"),
    "restarted": _restart,
}


def hit(ground: Ground, chance: random.Random, how: str) -> Result:
    """The server does something to a run; it retries, or stops and is resumed."""
    whole, seconds = ground.whole("postgresql")
    with ground.place("postgresql") as place:
        more = ("--workers", chance.choice("12"), "--retry", chance.choice("01"))
        process = start(place.run(*more), place.folder)
        after = chance.uniform(0.2, seconds)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        name = (place.database or "").partition("/trial_")[2].partition("?")[0]
        BLOWS[how](ground, f"trial_{name}")
        done = finish(process)
        faults = done.faults(0, 1) + outlives(process) + made_whole(place, whole)
    return f"{how} after {after:.2f} s, {' '.join(more)}", f"exit {done.code}", faults


def proxied(ground: Ground, chance: random.Random, how: str) -> Result:
    """Something between a run and its server cuts, delays or swallows what is said."""
    whole, seconds = ground.whole("postgresql")
    with ground.place("postgresql") as place, Proxy(place.database or "") as proxy:
        far = replace(place, database=proxy.url)
        more = ("--workers", chance.choice("12"), "--retry", chance.choice("01"))
        after = chance.uniform(0.2, seconds)
        if how == "delayed":
            proxy.delay_s = chance.uniform(0.0005, 0.005)
        process = start(far.run(*more), place.folder)
        if how != "delayed":
            with suppress(subprocess.TimeoutExpired):
                process.wait(after)
        if how == "cut":
            proxy.cut()
        done, faults = _silent(process, proxy) if how == "half-open" else (finish(process), [])
        faults += done.faults(0, *({"cut": (1,), "half-open": (1, 130)}.get(how, ())))
        faults += outlives(process)
        proxy.deaf = False
        proxy.cut()
        faults += made_whole(place, whole)
    return f"{how} after {after:.2f} s, {' '.join(more)}", f"exit {done.code}", faults


def _silent(process: subprocess.Popen[bytes], proxy: Proxy) -> tuple[Done, list[str]]:
    """Answers are lost: the run says that it waits, and can be stopped."""
    proxy.deaf = True
    with suppress(subprocess.TimeoutExpired):
        process.wait(SILENT_S)
    running = process.poll() is None
    kill_group(process, signal.SIGINT)
    time.sleep(1)
    kill_group(process, signal.SIGINT)
    done = finish(process, 30)
    said = "wait" in done.text or "answer" in done.text
    return done, [f"said nothing for {SILENT_S:g} s: {done.text!r}"] if running and not said else []
