"""Databases whose rows are not what their ledger says: noticed at once, never believed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from persistence import ledger
from persistence.mapping import mappings
from persistence.schema import TABLES
from persistence.stores import MissingRows, open_store, presence
from tests.support.command_line import (
    MONTHS,
    SMOKE,
    USAGE,
    Done,
    fingerprint,
    manifest,
    path_of,
    say,
)
from tests.support.store_databases import KINDS_OF_STORES, SPEC, Databases, load, prepare, query
from tests.support.synthetic_farm import FACT_ROWS, FROM_DAY, GEOGRAPHIES, count

READINGS = "environmental_environmentalreading"
WRITTEN = {mapping.table for mapping in mappings()}
UNVERIFIED = 3  # exit code


class _Undo(Exception):  # noqa: N818
    pass


def missing_after(store: Any, *statements: str) -> dict[str, MissingRows]:
    """What is missing by table when some statements were executed, which are taken back."""
    found: list[MissingRows] = []
    with suppress(_Undo), store._transaction() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        (run,) = ledger.runs(connection)
        found += presence.missing(connection, run, store._keyed(connection))
        raise _Undo
    return {missing.what: missing for missing in found}


def test_what_is_missing_is_listed(databases: Databases) -> None:
    url = databases()
    with open_store(url) as store:
        prepare(store)
        assert store.missing(SPEC.identity) == [], "nothing is committed yet"
    load(url)
    with open_store(url) as store:
        assert store.missing(SPEC.identity) == []
        emptied = missing_after(store, *(f"DELETE FROM {table}" for table in WRITTEN))
        assert emptied.keys() == WRITTEN
        assert emptied["batch_batch"] == MissingRows("batch_batch", 2 * count("batch"), 0)
        assert emptied["infrastructure_geography"].expected == count("geography")
        assert emptied[READINGS] == MissingRows(READINGS, 4 * FACT_ROWS, 0)
        for table in ("batch_batch", "smoltflow_feed_draw", "infrastructure_sensor", READINGS):
            assert missing_after(store, f"DELETE FROM {table}").keys() == {table}
        (one,) = missing_after(store, "DELETE FROM batch_growthsample WHERE id = 7").values()
        assert (one.expected, one.found) == (4 * FACT_ROWS, 4 * FACT_ROWS - 1)
        moved = "UPDATE scenario_tgcmodel SET model_id = 9000 WHERE model_id = 1"
        assert missing_after(store, moved).keys() == {"scenario_tgcmodel"}
        noted = f"1, 'scenario_tgcmodel', '{GEOGRAPHIES[0]}', 0, 9000"
        assert missing_after(store, moved, f"INSERT INTO smoltflow_key VALUES ({noted})") == {}
        dropped = missing_after(store, "DROP TABLE health_fishparameterscore")
        assert dropped.keys() == {"health_fishparameterscore"}


def test_of_large_tables_every_chunk_is_asked_for(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "COUNTED", 100)
    url = databases()
    load(url)
    with open_store(url) as store:
        prepare(store)
        assert store.missing(SPEC.identity) == []
        all_gone = missing_after(store, f"DELETE FROM {READINGS}")
        assert all_gone == {READINGS: MissingRows(READINGS, 4 * FACT_ROWS, 0)}
        store.finish()
        assert store.missing(SPEC.identity) == []
        second_month = f"DELETE FROM {READINGS} WHERE reading_time >= '2022-02-06'"
        for deletion in (
            second_month,
            f"DELETE FROM batch_growthsample WHERE id > {4 * FACT_ROWS - 2}",
        ):
            (lost,) = missing_after(store, deletion).values()
            assert (lost.expected, lost.found) == (4 * FACT_ROWS, None)


def test_a_ledger_with_gaps_is_noticed_and_can_be_wiped(databases: Databases) -> None:
    url = databases()
    load(url)
    first = f"DELETE FROM smoltflow_chunk WHERE from_day = {FROM_DAY}"
    with open_store(url) as store:
        prepare(store)
        lost = missing_after(store, first)["smoltflow_chunk"]
        assert (lost.expected, lost.found, lost.wipeable) == (2 * 56, 2 * 28, True)
        finished = "UPDATE smoltflow_run SET status = 'finished'"
        lost = missing_after(store, finished, "DELETE FROM smoltflow_chunk")["smoltflow_chunk"]
        assert (lost.expected, lost.found) == (2 * 56, 0)
        other = f"DELETE FROM smoltflow_key WHERE geography = '{GEOGRAPHIES[1]}'"
        assert missing_after(store, other)["smoltflow_key"].of_the_ledger
    query(url, first)
    with open_store(url) as store:
        store.wipe(SPEC.identity)
    assert query(url, "SELECT count(*) FROM batch_batch") == [(0,)]


# What commands do about it


KNOBS = [*MONTHS, "--workers", "1", "--no-progress"]
EARLIER = "2025-11-20"
Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the first months of two batches within this process."""
    return lambda *args: say(capsys, "run", SMOKE, *KNOBS, *args)


@pytest.fixture(scope="session")
def finished_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds a finished run."""
    folder = tmp_path_factory.mktemp("finished")
    manifest(*MONTHS, "--database", "sqlite:///farm.db", folder=folder)
    return folder / "farm.db"


@pytest.fixture
def file(finished_file: Path, tmp_path: Path) -> str:
    """The URL of a copy of it."""
    shutil.copy(finished_file, tmp_path / "farm.db")
    return "sqlite:///farm.db"


def assert_refused(done: Done, words: Sequence[str], code: int = USAGE) -> None:
    done.expect(code)
    assert done.out == ""
    for said in words:
        assert said in done.err


@pytest.mark.parametrize("kind", KINDS_OF_STORES)
def test_a_finished_run_whose_batches_are_gone_is_not_believed(
    kind: str, run: Run, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        url, emptying = str(request.getfixturevalue("file")), "DELETE FROM batch_batch"
    else:
        url, emptying = str(request.getfixturevalue("pg_database")), "TRUNCATE batch_batch CASCADE"
        run("--database", url).expect(0)
    whole = run("--database", url, "--json").expect(0).manifest
    query(url, emptying)
    words = ["batch_batch has 0 of 2 rows", "again with --fresh", "smoltflow wipe '"]
    assert_refused(run("--database", url), words)
    assert_refused(run("--database", url, "--resume"), words)
    assert_refused(say(capsys, "report", url, "--json"), words)
    assert query(url, "SELECT count(*) FROM batch_batch") == [(0,)]
    if kind == "sqlite":
        again = run("--database", url, "--fresh", "--json").expect(0).manifest
        assert again["digest"] == whole["digest"]


def test_an_earlier_part_that_is_gone_is_not_appended_to(run: Run) -> None:
    args = ["--database", "sqlite:///farm.db"]
    run(*args, "--until", EARLIER).expect(0)
    query(args[1], "DELETE FROM batch_batchcontainerassignment")
    for way in ("--append", "--resume"):
        assert_refused(run(*args, way), ["batch_batchcontainerassignment has 0 of"])


def test_one_of_several_databases_that_was_emptied_is_named(run: Run, tmp_path: Path) -> None:
    whole = run("--json").expect(0).manifest
    url = "sqlite:///runs/smoke/scotland.sqlite"
    with closing(sqlite3.connect(path_of(url))) as connection:
        of_the_ledger = {f"smoltflow_{name}" for name in ("run", "chunk", "block", "key")}
        for table in TABLES.keys() - of_the_ledger:
            connection.execute(f"DELETE FROM {table}")
        connection.commit()
    before = fingerprint(tmp_path)
    for way in ([], ["--resume"]):
        done = run(*way)
        assert_refused(done, [f"smoltflow: {url}: not all is there", "more tables"])
        assert "faroe" not in done.err
    assert fingerprint(tmp_path) == before
    path_of(url).unlink()
    for way in ([], ["--append"]):
        assert_refused(run(*way), [f"{url} holds nothing of this run", "--resume", "--fresh"])
    assert run("--resume", "--json").expect(0).manifest["digest"] == whole["digest"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("smoltflow_run", ["FAR-2025-001, SCO-2025-001", "If its ledger was emptied: delete the"]),
        ("smoltflow_chunk", ["smoltflow_chunk has 0 of 120 days", "--fresh"]),
        ("smoltflow_block", ["smoltflow_block lacks rows", "delete the file farm.db"]),
        ("smoltflow_key", ["smoltflow_key lacks rows", "--fresh"]),
        ("smoltflow_feed_draw", ["smoltflow_feed_draw lacks rows", "--fresh"]),
        ("smoltflow_usage", ["smoltflow_usage has 0 of", "--fresh"]),
    ],
)
def test_tables_of_our_own_that_were_emptied_alone(
    table: str, words: list[str], file: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    query(file, f"DELETE FROM {table}")
    for way in ([], ["--resume"]):
        assert_refused(run("--database", file, *way), words)
    if table in ("smoltflow_run", "smoltflow_block"):
        assert_refused(run("--database", file, "--fresh"), words)
        Path("farm.db").unlink()
        run("--database", file).expect(0)
    if table in ("smoltflow_chunk", "smoltflow_block", "smoltflow_key"):
        query(file, f"DELETE FROM {table}")
        done = say(capsys, "verify", file).expect(UNVERIFIED)
        assert "ledger.sealed" in done.err


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        (["ALTER TABLE smoltflow_wait DROP COLUMN hall", "DROP TABLE smoltflow_block"],
         "smoltflow_block, smoltflow_wait.hall"),
        (["ALTER TABLE smoltflow_run DROP COLUMN seal"], "smoltflow_run.seal"),
    ],
)  # fmt: skip
def test_databases_of_another_version_are_told_as_such(
    changes: list[str], lacks: str, file: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for change in changes:
        query(file, change)
    words = [f"written by another version of Smoltflow: it has no {lacks}"]
    for way in ([], ["--resume"], ["--fresh"]):
        done = run("--database", file, *way)
        assert_refused(done, words)
        assert "--resume" not in done.err
    assert_refused(say(capsys, "report", file), words)
