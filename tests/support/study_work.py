"""Work that is done in no time and whose numbers follow from the task alone, for tests of studies.

Worker processes import this module, so what happens in them is said by environment variables.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from sim.core.streams import stream, uniform
from sim.study.executor import Tell
from sim.study.results import Replication, Task

FOLDER = "STUDY_WORK_FOLDER"
"""Where work leaves a file for every time that a task was begun: ``variant-replication-pid-n``."""


def fake(task: Task, tell: Tell) -> Replication:
    """Two figures and a wait."""
    _begun(task)
    tell(0.5)
    luck = float(uniform(stream(task.seed, "luck"), 0))
    kpis = {"tonnes": 100.0 + 10 * task.variant + luck, "fcr": 1.1, "unknown": float("nan")}
    return Replication(
        task.variant,
        task.replication,
        task.seed,
        days=("2020-01-01", "2021-01-01", "2022-01-01"),
        kpis=kpis,
        waits=[("North", "rings", "rings", 2, 3.5 + luck, 1.0, 0.0)],
        measures=b"measures" if task.replication == 0 else None,
        seconds=time.monotonic(),
        worker=str(os.getpid()),
        peak_kb=1000,
    )


def fake_but_one_dies_once(task: Task, tell: Tell) -> Replication:
    """The process is killed when it does task (1, 1) for the first time."""
    if task.unit == (1, 1) and _begun(task) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return fake(task, tell)


def fake_but_one_always_dies(task: Task, tell: Tell) -> Replication:
    """The process is killed whenever it does task (1, 1)."""
    if task.unit == (1, 1):
        _begun(task)
        os.kill(os.getpid(), signal.SIGKILL)
    return fake(task, tell)


def fake_for_ever(task: Task, tell: Tell) -> Replication:
    """Never done."""
    _begun(task)
    tell(0.1)
    signal.pause()
    return fake(task, tell)


def begun(folder: Path) -> list[str]:
    """How often which task was begun."""
    return sorted("-".join(path.name.split("-")[:2]) for path in folder.iterdir())


def workers(folder: Path) -> set[int]:
    """The processes that did something."""
    return {int(path.name.split("-")[2]) for path in folder.iterdir()}


def _begun(task: Task) -> int:
    folder = os.environ.get(FOLDER)
    if folder is None:
        return 1
    name = f"{task.variant}-{task.replication}-"
    number = 1 + sum(path.name.startswith(name) for path in Path(folder).iterdir())
    (Path(folder) / f"{name}{os.getpid()}-{number}").touch()
    return number
