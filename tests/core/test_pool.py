"""Tasks that several processes share, some of which fail or are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal

import pytest

from sim.core.pool import WorkerDiedError, share_out


def square(number: int) -> tuple[int, int]:
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return number * number, os.getpid()


def squeal(number: int) -> int:
    """Every signal of those that stop a program is the parent's affair but the last."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"):
        os.kill(os.getpid(), getattr(signal, name))
    return number


def test_all_tasks_are_done_once() -> None:
    found = list(share_out(square, range(20), 2))
    assert sorted((task, result) for task, (result, _) in found) == [(n, n * n) for n in range(20)]
    pids = {pid for _, (_, pid) in found}
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert multiprocessing.active_children() == []


def test_there_are_no_more_processes_than_tasks() -> None:
    assert len({pid for _, (_, pid) in share_out(square, [3], 4)}) == 1
    assert list(share_out(square, [], 4)) == []


def test_what_a_task_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="-1 is below zero") as failed:
        list(share_out(square, [1, -1, 2, 3], 1))
    assert "in square" in failed.value.__notes__[0]
    assert multiprocessing.active_children() == []


def test_a_killed_process_is_told_at_once() -> None:
    with pytest.raises(WorkerDiedError, match=r"a worker process died \(exit code -9\)"):
        list(share_out(squeal, [1, 2, 3], 2))
    assert multiprocessing.active_children() == []
