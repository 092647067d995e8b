"""Engines: every task comes back once, whoever does it and whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sim.study.engines.processes import MOST_DEATHS, Processes
from sim.study.executor import Beat, InProcess
from sim.study.results import Replication, Task
from tests.support import study_work
from tests.support.command_line import ROOT
from tests.support.study_work import (
    begun,
    fake,
    fake_but_one_always_dies,
    fake_but_one_dies_once,
    workers,
)

TASKS = [
    Task(variant, replication, 1000 + replication, "{}", None, "test")
    for replication in range(3)
    for variant in range(3)
]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    monkeypatch.setenv(study_work.FOLDER, str(folder))
    return folder


def comparable(found: Sequence[Replication]) -> list[str]:
    """Replications in order, but for what differs between processes."""
    plain = [replace(one, seconds=0.0, worker="", peak_kb=0) for one in found]
    return [repr(one) for one in sorted(plain, key=lambda one: one.unit)]


def test_processes_give_what_one_process_gives():
    here = list(InProcess(fake).run(TASKS, lambda _: None))
    assert [one.unit for one in here] == [task.unit for task in TASKS]
    beats: list[Beat] = []
    with Processes(fake, 2) as executor:
        there = list(executor.run(TASKS, beats.append))
        again = list(executor.run(TASKS[:2], beats.append))
    assert comparable(there) == comparable(here)
    assert comparable(again) == comparable(here[:2])
    assert {one.worker for one in again} <= {one.worker for one in there}
    assert len({one.worker for one in there}) == 2
    assert {beat.unit for beat in beats} == {task.unit for task in TASKS}
    assert {beat.worker for beat in beats} == {"1", "2"}


def test_the_task_of_a_killed_worker_is_done_again(log: Path):
    with Processes(fake_but_one_dies_once, 2) as executor:
        found = list(executor.run(TASKS, lambda _: None))
    assert comparable(found) == comparable(list(InProcess(fake).run(TASKS, lambda _: None)))
    assert begun(log).count("1-1") == 3 + 1  # killed, done (which notes it twice), and above
    assert len(workers(log) - {os.getpid()}) == 3


def test_a_task_that_keeps_killing_comes_back_as_failed(log: Path):
    with Processes(fake_but_one_always_dies, 2) as executor:
        found = list(executor.run(TASKS, lambda _: None))
    assert len(found) == len(TASKS)
    (failed,) = [one for one in found if one.error is not None]
    assert failed.unit == (1, 1)
    assert failed.error == "its worker process died 3 times (exit code -9)"
    assert begun(log).count("1-1") == MOST_DEATHS


def test_workers_are_gone_when_an_executor_is_left_early():
    with Processes(fake, 2) as executor:
        next(executor.run(TASKS, lambda _: None))
        pool = [worker.process for worker in executor._pool]
        assert pool
    assert not any(process.is_alive() for process in pool)


PARENT = """
import sys
from tests.support.study_work import fake_for_ever
from sim.study.engines.processes import Processes
from sim.study.results import Task

if __name__ == "__main__":
    tasks = [Task(variant, 0, 1, "{}", None, "test") for variant in range(2)]
    with Processes(fake_for_ever, 2) as executor:
        list(executor.run(tasks, lambda beat: print(beat.worker, flush=True)))
"""


def test_workers_end_with_their_parent(log: Path, tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    path = str(ROOT)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    guard = threading.Timer(30, lambda: [os.kill(pid, signal.SIGKILL) for pid in workers(log)])
    guard.start()
    with parent:
        assert {parent.stdout.readline().strip() for _ in range(2)} == {"1", "2"}
        parent.send_signal(signal.SIGKILL)
        # Workers hold the pipe too: it ends when the last of them is gone.
        assert parent.stdout.read() == ""
    assert guard.is_alive(), "the workers went on without their parent"
    guard.cancel()
    assert len(workers(log)) == 2
