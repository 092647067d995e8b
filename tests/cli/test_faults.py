"""Faults that nobody foresaw: --resume is named where it helps, and nowhere else."""

from __future__ import annotations

import re
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from persistence.stores.waiting import tell
from sim.api import workers
from sim.api.runs import _outcomes
from sim.api.workers import Halt, LockWait
from sim.company.records import Records
from sim.core.failures import COMES_AGAIN, Failure, may_pass
from tests.support.command_line import SMOKE, say

RESUME = "What was committed is safe. To continue: python -m sim"


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


BUGS = [
    KeyError("N-001"),
    AssertionError(),
    ZeroDivisionError("division by zero"),
    TypeError("no"),
    RuntimeError("N-001 has no scenario"),
    raised_from(ValueError("bad"), KeyError("batch")),
]
FROM_OUTSIDE = [OSError(28, "No space left on device"), ConnectionResetError(104, "reset by peer"),
                MemoryError(), BrokenProcessPool("a child was killed"), EOFError(),
                raised_from(RuntimeError("not written"), OSError(5, "I/O error"))]  # fmt: skip


@pytest.mark.parametrize("error", BUGS, ids=repr)
def test_a_fault_of_ours_comes_again(error: Exception) -> None:
    assert not may_pass(error)


@pytest.mark.parametrize("error", FROM_OUTSIDE, ids=repr)
def test_what_comes_from_outside_may_be_over(error: Exception) -> None:
    assert may_pass(error)


def test_an_error_that_goes_round_in_a_circle_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert not may_pass(first)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The model fails when the first geography's first chunk is cut."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Records, "cut", fail)


def test_a_bug_in_the_model_does_not_ask_for_another_try(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, KeyError("N-001"))
    done = say(capsys, "run", SMOKE, "--workers", "1", "--no-progress").expect(1)
    told, advice = done.err.splitlines()
    report = re.fullmatch(
        r"smoltflow: unforeseen failure \(KeyError: 'N-001'\); what happened is in (.+\.txt)", told
    )
    assert report
    assert "KeyError: 'N-001'" in Path(report[1]).read_text("utf-8")
    assert advice == COMES_AGAIN
    assert "To continue" not in done.err


def test_a_full_disk_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, OSError(28, "No space left on device"))
    done = say(capsys, "run", SMOKE, "--workers", "1", "--no-progress").expect(1)
    assert done.err.splitlines()[1].startswith(RESUME)
    assert "the disk is full" in done.err


def test_a_command_that_cannot_be_continued_is_not_told_to_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.cli.scenario.load", fail)
    done = say(capsys, "scenario", "check", SMOKE).expect(1)
    assert len(done.err.splitlines()) == 1
    assert "resume" not in done.err


@pytest.mark.parametrize("error", [KeyError("N-001"), MemoryError("too little")])
def test_a_worker_says_the_same(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(workers, "work", fail)
    monkeypatch.setattr(workers, "behave", lambda: None)
    ours, theirs = Pipe()
    workers._worker(SimpleNamespace(), theirs)  # type: ignore[arg-type]
    halt = ours.recv()
    assert isinstance(halt, Halt)
    assert halt.resumable is may_pass(error)
    assert halt.error is not None
    assert halt.error.endswith(COMES_AGAIN) is not halt.resumable


def test_a_worker_tells_of_its_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*_: object) -> Halt:
        tell("waiting for Anna")
        return Halt(None, 5)

    monkeypatch.setattr(workers, "work", wait)
    monkeypatch.setattr(workers, "behave", lambda: None)
    ours, theirs = Pipe()
    workers._worker(SimpleNamespace(), theirs)  # type: ignore[arg-type]
    assert ours.recv() == LockWait("waiting for Anna")
    assert ours.recv() == Halt(None, 5)


def ended(*halts: Halt) -> str:
    unused: Any = None
    options: Any = SimpleNamespace(again=f"{RESUME.partition(': ')[2]} run --resume")
    with pytest.raises(Failure) as failure:
        _outcomes(halts, unused, options, unused)
    return str(failure.value)


def test_of_several_workers_the_fault_that_comes_again_is_told() -> None:
    killed, bug = Halt("a worker process died"), Halt("a bug", resumable=False)
    assert ended(killed, bug, Halt(None, 5)) == "a bug"
    assert ended(killed, Halt(None, 5)).startswith(f"a worker process died\n{RESUME}")
