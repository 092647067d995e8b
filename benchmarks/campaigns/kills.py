"""Commands that are killed or stopped at random instants, and go on."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.campaigns.ground import (
    FILES,
    KNOBS,
    LIMIT_S,
    SMOKE,
    Done,
    Ground,
    RunPlace,
    finish,
    kill_group,
    made_whole,
    outlives,
    start,
)
from benchmarks.processes import ROOT

Result = tuple[str, str, list[str]]
"""What was tried, what it came to, what should not be."""

STUDY = """\
name: rings
question: How many rings?
base: smoltflow:smoke.yaml
set: {schedule.batches: 2, schedule.tail_days: 60}
factors:
  - name: rings
    paths: [geographies.Faroe Islands.rings_per_area]
    values: [4, 5]
replications: 3
"""


def _worker_of(process: subprocess.Popen[Any]) -> int | None:
    """One of the children of a command."""
    with suppress(OSError):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in children:
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
    return None


def strike(process: subprocess.Popen[bytes], how: str) -> None:
    """Strike a command: itself, its group, or one of its workers."""
    if how == "kill":
        process.kill()
    elif how == "kill group":
        kill_group(process, signal.SIGKILL)
    elif how == "kill worker":
        worker = _worker_of(process)
        if worker is not None:
            os.kill(worker, signal.SIGKILL)
    else:
        kill_group(
            process, {"term": signal.SIGTERM, "int": signal.SIGINT, "hup": signal.SIGHUP}[how]
        )


HOW = ("kill", "kill group", "kill worker", "term", "int", "hup")
_CODES = {"kill": (-9,), "kill group": (-9,), "kill worker": (1,)}


def struck(
    args: Sequence[str], folder: Path, seconds: float, chance: random.Random
) -> tuple[str, Done, list[str]]:
    """Start a command, strike it within so many seconds, see that all of it ends."""
    how, after = chance.choice(HOW), chance.uniform(0, seconds)
    process = start(args, folder)
    with suppress(subprocess.TimeoutExpired):
        process.wait(after)
    strike(process, how)
    done = finish(process, 60)
    early = {-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP} if after < 1 else set()
    faults = done.faults(0, *_CODES.get(how, (130,)), *early, *([2] if done.code == 2 else []))
    return f"{how} after {after:.2f} s", done, faults + outlives(process)


def run_killed(ground: Ground, chance: random.Random, store: str, workers: int) -> Result:
    """A run, struck; then struck again while it resumes, at times; then resumed."""
    whole, seconds = ground.whole(store)
    told, faults, outcome = [], [], ""
    with ground.place(store) as place:
        more = ("--workers", str(workers))
        for turn in range(chance.choice((1, 1, 2, 3))):
            resume = ("--resume",) if turn else ()
            name, done, found = struck(place.run(*more, *resume), place.folder, seconds, chance)
            told.append(name)
            faults += found
            outcome = f"exit {done.code}"
        faults += made_whole(place, whole, *more)
    return f"{store}, {workers} workers: {', '.join(told)}", outcome, faults


def append_killed(ground: Ground, chance: random.Random, store: str) -> Result:
    """A run that ends early, appended to, which is struck; then resumed."""
    whole, seconds = ground.whole(store)
    with ground.place(store) as place:
        until = f"2025-{chance.randint(9, 11):02d}-{chance.randint(1, 28):02d}"
        first = finish(start(place.run("--until", until), place.folder))
        name, done, faults = struck(place.run("--append"), place.folder, seconds, chance)
        # A chunk ends where the first run ended: there are more of them.
        whole_again = made_whole(place, whole, but=("smoltflow_chunk",))
        faults = first.faults(0) + faults + whole_again
    return f"{store}, until {until}, append: {name}", f"exit {done.code}", faults


def wipe_killed(ground: Ground, chance: random.Random, store: str) -> Result:
    """A wipe that is struck leaves all or nothing of a database; then all goes, and comes again."""
    whole, _ = ground.whole(store)
    with ground.place(store) as place:
        faults = finish(start(place.run(), place.folder)).faults(0)
        name, done, found = struck(["wipe", "out", "--confirm"], place.folder, 2.0, chance)
        faults += found + finish(start(["wipe", "out", "--confirm"], place.folder)).faults(0)
        # What stayed is found by its name: the ledger lists where.
        faults += made_whole(place, whole, but=("smoltflow_key",))
    return f"{store}, wipe: {name}", f"exit {done.code}", faults


def reader_killed(ground: Ground, chance: random.Random, command: str) -> Result:
    """Verify and report only read: struck, they change no database, and pass the next time."""
    with ground.place("sqlite") as place:
        faults = finish(start(place.run(), place.folder)).faults(0)
        before = _bytes_of(place)
        name, done, found = struck([command, "out"], place.folder, 4.0, chance)
        page = place.folder / "out" / "report.html"
        if page.exists() and "</html>" not in page.read_text(encoding="utf-8")[-20:]:
            found.append("left half a page")
        faults += found + finish(start([command, "out"], place.folder)).faults(0)
        if _bytes_of(place) != before:
            faults.append("changed the databases")
    return f"{command}: {name}", f"exit {done.code}", faults


def _bytes_of(place: RunPlace) -> list[str]:
    files = [place.folder / "out" / f"{name}.sqlite" for name in FILES]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


_CLUSTER = """
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        input()
"""


@contextmanager
def _cluster(ground: Ground) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Dask cluster of our own, in a process whose children are its workers."""
    script = ground.home / "cluster.py"
    script.write_text(_CLUSTER, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, script], env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None  # noqa: S101 - for mypy
            yield process, process.stdout.readline().strip()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def dask_study_killed(ground: Ground, chance: random.Random) -> Result:
    """The same on a Dask cluster, of which a worker may be killed too."""
    with _cluster(ground) as (process, address):
        timer = None
        if chance.random() < 0.5:
            worker = _worker_of(process)
            if worker is not None:
                timer = threading.Timer(chance.uniform(0, 8), os.kill, (worker, signal.SIGKILL))
                timer.start()
        try:
            return study_killed(ground, chance, "--engine", "dask", "--scheduler", address)
        finally:
            if timer is not None:
                timer.join()


def study_killed(ground: Ground, chance: random.Random, *engine: str) -> Result:
    """A study that is struck and resumed answers as one that nothing happened to."""
    args = ["study", "study.yaml", "--json", "--no-page", "--no-progress", "-o", "out",
            *(engine or ("--workers", "2"))]  # fmt: skip
    answers: list[Any] = []
    faults: list[str] = []
    name, outcome, seconds = "", "", 0.0
    for strikes in (False, True):
        with ground.place("sqlite") as place:
            (place.folder / "study.yaml").write_text(STUDY, encoding="utf-8")
            began = time.monotonic()
            if strikes:
                name, done, faults = struck(args, place.folder, seconds, chance)
                outcome = f"exit {done.code}"
            again = finish(start([*args, "--resume"], place.folder, stderr=subprocess.PIPE))
            seconds = time.monotonic() - began
            if again.code:
                faults += [f"--resume: {fault}" for fault in again.faults(0)]
                continue
            answers.append(_answer(again.text))
    if len(answers) == 2 and answers[0] != answers[1]:
        faults.append("another answer")
    return f"study: {name}", outcome, faults


_OF_THE_PROCESS = ("wall_s", "workers", "peak_rss_mb")


def _answer(text: str) -> Any:
    """What a study printed, without how long it took."""
    found = json.JSONDecoder().raw_decode(text[text.index("{") :])[0]
    return {key: value for key, value in found.items() if key not in _OF_THE_PROCESS}


def plan_killed(ground: Ground, chance: random.Random) -> Result:
    """A plan that is struck writes all of its schedule or none; the next one is the same."""
    args = ["plan", SMOKE, *KNOBS, "--no-search", "--no-progress", "-o", "plan.yaml"]
    written: list[str] = []
    faults: list[str] = []
    name, outcome, seconds = "", "", 0.0
    for strikes in (False, True):
        with ground.place("sqlite") as place:
            if strikes:
                name, done, faults = struck(args, place.folder, seconds, chance)
                outcome = f"exit {done.code}"
                file = place.folder / "plan.yaml"
                if file.exists() and file.read_text(encoding="utf-8") != written[0]:
                    faults.append("left half a schedule")
                file.unlink(missing_ok=True)
            done = finish(start(args, place.folder))
            seconds = done.seconds
            faults += done.faults(0, 1)
            file = place.folder / "plan.yaml"
            written.append(file.read_text(encoding="utf-8") if file.exists() else "")
    if written[0] != written[1]:
        faults.append("another schedule")
    return f"plan: {name}", outcome, faults


def twice(ground: Ground, chance: random.Random, store: str) -> Result:
    """Two runs at once: one does it, the other waits or is refused; the rows are there once."""
    whole, seconds = ground.whole(store)
    with ground.place(store) as place:
        first = start(place.run("--resume"), place.folder)
        after = chance.uniform(0, seconds)
        with suppress(subprocess.TimeoutExpired):
            first.wait(after)
        second = start(place.run("--resume", "--workers", chance.choice("12")), place.folder)
        done = [finish(process, LIMIT_S) for process in (first, second)]
        faults = done[0].faults(0, 1, 2) + done[1].faults(0, 1, 2)
        if all(one.code for one in done):
            faults.append("neither came through")
        faults += made_whole(place, whole)
    return (f"{store}, the second {after:.2f} s later", f"exits {done[0].code} and {done[1].code}",
            faults)  # fmt: skip
