"""What the system refuses in the middle of a run or study: a sentence, and nothing in vain."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import sim
from persistence.ledger import FINISHED
from persistence.stores.sqlite import SqliteStore
from sim.api import runs, session
from sim.api.logs import file_name
from sim.api.memory import bytes_of
from sim.core.failures import Failure
from tests.support.command_line import SMOKE, fingerprint

FEW = {"schedule.batches": 2, "schedule.tail_days": 5, "recording.reading_hours": [8]}


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def run(**how: Any) -> Any:
    return sim.run(SMOKE, overrides=FEW, out="r", workers=1, progress=False, **how)


def before_commit(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], object]) -> None:
    """Do something before the n-th chunk is committed."""
    commit, calls = SqliteStore.commit, []

    def committed(self: SqliteStore, chunk: Any) -> Any:
        calls.append(chunk)
        if len(calls) == number:
            act()
        return commit(self, chunk)

    monkeypatch.setattr(SqliteStore, "commit", committed)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("what", ["the folder", "a file", "another file"])
def test_what_is_removed_while_it_is_written_is_never_told_to_be_complete(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove() -> None:
        if what == "the folder":
            shutil.rmtree("r")
            return
        Path("r/scotland.sqlite").unlink()
        if what == "another file":
            Path("r/scotland.sqlite").touch()

    before_commit(monkeypatch, 2, remove)
    with pytest.raises(Failure) as failure:
        run()
    assert failure.value.code == 1
    assert "What was committed is safe" not in str(failure.value)
    assert not Path("r/manifest.json").exists()
    if what == "the folder":
        assert not Path("r").exists()
    monkeypatch.undo()


def test_a_run_whose_file_was_removed_is_written_again_by_resuming(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    undisturbed = run().digest
    shutil.rmtree("r")
    with monkeypatch.context() as patch:
        before_commit(patch, 2, lambda: Path("r/scotland.sqlite").unlink())
        with pytest.raises(Failure, match="--resume writes them again"):
            run()
    assert run(resume=True).digest == undisturbed


def test_a_file_that_goes_at_the_very_end_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(*_: object) -> Any:
        Path("r/scotland.sqlite").unlink()
        return made(*_)

    made = runs._manifest
    monkeypatch.setattr(runs, "_manifest", vanish)
    with pytest.raises(Failure, match="removed during the run"):
        run()
    assert not Path("r/manifest.json").exists()
    assert not Path("r/scotland.sqlite").exists(), "looking makes no file"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "logs/x.log"), "logs/x.log: the disk is"),
        (MemoryError(), "there is not enough memory: give --memory-limit"),
        (RuntimeError("can't start new thread"), "no more threads or processes can be started"),
    ],
    ids=repr,
)
def test_an_error_of_the_system_is_told_with_the_way_on(
    error: Exception, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.api.logs.BatchLogs.take", raising(error))
    with pytest.raises(Failure) as failure:
        run()
    first, second = str(failure.value).splitlines()
    assert words in first
    assert second.startswith("What was committed is safe. To continue: ")
    assert list(tmp_path.glob("smoltflow-*.txt")) == []


def test_a_manifest_that_cannot_be_written_is_written_by_the_same_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", raising(OSError(errno.ENOSPC, "No space", "r/x")))
        patch.setattr(session.RunSession, "_write", lambda *_: None)
        with pytest.raises(Failure, match="the same command writes it"):
            run()
        assert not Path("r/manifest.json").exists()
    with closing(sqlite3.connect("r/scotland.sqlite")) as file:
        assert file.execute("SELECT status FROM smoltflow_run").fetchall() == [(FINISHED,)]
    run()
    assert Path("r/manifest.json").is_file()


def test_a_log_on_a_full_disk_stops_the_run_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sim.api.logs._LogFile.flush", raising(OSError(errno.ENOSPC, "No space")))
    with pytest.raises(Failure, match="the disk is full"):
        run(log_dir="logs")
    monkeypatch.undo()
    assert "Traceback" not in capsys.readouterr().err


def test_a_log_folder_that_cannot_be_made_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = Path.mkdir

    def forbidden(self: Path, **how: Any) -> None:
        if self.name == "logs":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        mkdir(self, **how)

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with pytest.raises(Failure, match="logs: you have no permission") as failure:
        run(log_dir="logs")
    assert failure.value.code == 2
    assert not Path("r").exists()


def test_a_table_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect("theirs.db")) as file:
        file.execute("CREATE TABLE batch_batch (id INTEGER, secret TEXT)")
    before = fingerprint(tmp_path)
    with pytest.raises(Failure, match="its table batch_batch is not AquaMind's: it has no"):
        run(database="sqlite:///theirs.db")
    assert fingerprint(tmp_path) == before


def test_reports_of_faults_do_not_grow_for_ever(tmp_path: Path) -> None:
    from sim.core.failures import unforeseen

    for number in range(15):
        told = unforeseen(KeyError(number))
    kept = list(tmp_path.glob("smoltflow-*.txt"))
    assert len(kept) == 10
    assert any(str(path) in told for path in kept)


@pytest.mark.parametrize("size", ["9" * 400 + "MB", 10**400, "9" * 70_000 + "xx", "x" * 70_000])
def test_no_machine_has_so_much_memory(size: str | int) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        bytes_of(size)
    assert len(str(error.value)) < 300


def test_any_batch_number_makes_a_name_of_a_file() -> None:
    long = "🐟" * 50
    assert len(file_name(long).encode()) < 250
    assert file_name(long) != file_name(long + "🐟")
