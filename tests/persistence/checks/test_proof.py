"""The proof of a run: whatever is wrong with its databases is a check that failed, and code 3."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from benchmarks.corruption.campaign import SEEN, SoundCompany, trials, verified
from benchmarks.corruption.changes import changes
from persistence.checks import prove, run_checks
from persistence.recompute import recompute
from persistence.schema import TABLES
from persistence.stores import DamagedError
from tests.support.checked_runs import simulate

UNTIL = ("--until", "2025-07-20")
FIRST_USAGE = "WHERE rowid = (SELECT min(rowid) FROM smoltflow_usage WHERE busy_days > 0)"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The databases of a short run, one for each geography."""
    folder = tmp_path_factory.mktemp("good")
    simulate("smoke.yaml", folder, *UNTIL)
    return sorted(folder.glob("*.sqlite"))


@pytest.fixture
def copy(good: Sequence[Path], tmp_path: Path) -> list[Path]:
    return [Path(shutil.copy(path, tmp_path / path.name)) for path in good]


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def failed(paths: Sequence[Path]) -> dict[str, str]:
    """The checks that fail, and the first rows that each of them shows."""
    proof = prove([f"sqlite:///{path}" for path in paths], workers=1)
    return {one.name: "; ".join(one.rows) for one in proof.results if one.state == "failed"}


def ends(paths: Sequence[Path]) -> int:
    """The exit code of verify."""
    return verified([f"sqlite:///{path}" for path in paths])[0]


def test_a_good_run_is_proved(good: Sequence[Path]) -> None:
    urls = [f"sqlite:///{path}" for path in good]
    proof = prove(urls, workers=1)
    assert [one.name for one in proof.results if one.state == "failed"] == []
    # Those that are not among the checks of a run's rows are each seen to fail below.
    assert {one.name for one in proof.results} - {one.name for one in run_checks(urls)} == {
        "digests", "ledger.sealed", "ledger.agrees", "database.objects", "users.passwords",
    }  # fmt: skip


def test_what_a_second_database_says_of_the_run_is_looked_at(copy: list[Path]) -> None:
    change(
        copy[1],
        "UPDATE smoltflow_run SET seed = seed + 1",
        f"UPDATE smoltflow_usage SET busy_days = busy_days + 1e-12 {FIRST_USAGE}",
        "UPDATE smoltflow_chunk SET rows = rows + 1",
        "UPDATE auth_user SET password = 'hush'",
    )
    found = failed(copy)
    assert {"ledger.sealed", "ledger.agrees", "digests", "users.passwords"} <= found.keys()
    assert "smoltflow_usage" in found["digests"]
    assert "rows.counted" in found


@pytest.mark.long
@pytest.mark.parametrize(
    "column", ["scenario", "seed", "version", "status", "simulated_until", "manifest", "seal"]
)
def test_no_word_of_the_ledger_can_be_changed(copy: list[Path], column: str) -> None:
    with closing(sqlite3.connect(copy[1])) as connection:
        (value,) = connection.execute(f"SELECT {column} FROM smoltflow_run").fetchone()
        other = value + 1 if isinstance(value, int) else str(value).replace("1", "2") + " "
        connection.execute(f"UPDATE smoltflow_run SET {column} = ?", (other,))
        connection.commit()
    assert failed(copy).keys() & {
        "ledger.sealed", "digests", "ledger.agrees", "database.readable",
    }  # fmt: skip


def test_what_is_not_of_the_schema_is_named_and_ids_are_those_of_keys(copy: list[Path]) -> None:
    change(
        copy[1],
        "CREATE TABLE guests (id INTEGER)",
        "CREATE VIEW fish AS SELECT * FROM batch_batch",
        "CREATE TRIGGER spy AFTER INSERT ON batch_batch BEGIN SELECT 1; END",
        "ALTER TABLE batch_batch ADD COLUMN colour TEXT",
        "CREATE INDEX mine ON batch_batch (notes)",
        "UPDATE environmental_environmentalreading SET id = id + 2 WHERE rowid = 7",
    )
    found = failed(copy)
    assert found.keys() == {"database.objects", "rows.ids"}
    for what in ("guests: a table", "fish: a view", "spy: a trigger", "batch_batch.colour"):
        assert what in found["database.objects"]


@pytest.mark.parametrize(
    ("table", "change_"),
    [
        ("batch_growthsample", "avg_weight_g = avg_weight_g + 0.0004"),
        ("batch_growthsample", "avg_weight_g = avg_weight_g || ' g'"),
        ("batch_batch", "start_date = replace(start_date, '-', '')"),
        ("batch_batch", "created_at = created_at || '+05:00'"),
        ("batch_batch", "notes = CAST(x'fffe' AS TEXT)"),
        ("batch_batch", "species_id = species_id + 0.5"),
        ("environmental_environmentalreading", "batch_container_assignment_id = 0.5"),
        ("scenario_tgcmodel", "tgc_value = tgc_value * (1 + 2e-16)"),
    ],
)
def test_a_value_that_the_store_would_not_write_is_no_value(
    good: Sequence[Path], copy: list[Path], table: str, change_: str
) -> None:
    with closing(sqlite3.connect(copy[0])) as connection:
        if not connection.execute(f"SELECT 1 FROM {table}").fetchone():
            pytest.skip(f"{table} has no rows")
    change(copy[0], f"UPDATE {table} SET {change_} WHERE rowid = 1")
    if "species_id" in change_:  # a reference that is looked up need not be read so closely
        assert "keys.lookup" in failed(copy)
        return
    urls = [f"sqlite:///{copy[0]}"]
    with contextlib.suppress(DamagedError):
        assert recompute(urls, tables={table}) != recompute(
            [f"sqlite:///{good[0]}"], tables={table}
        )


@pytest.mark.parametrize("table", ["smoltflow_run", "smoltflow_key"])
def test_a_table_that_is_gone_is_a_check_that_failed(copy: list[Path], table: str) -> None:
    change(copy[1], f"DROP TABLE {table}")
    code, first, _ = verified([f"sqlite:///{path}" for path in copy])
    assert (code, first) == (3, "database.objects")


@pytest.mark.long
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE smoltflow_chunk SET digests = '{'",
        "UPDATE smoltflow_run SET resolved = '{}'",
        "UPDATE smoltflow_run SET resolved = replace(resolved, '\"harvest\"', '\"harvests\"')",
        "UPDATE smoltflow_run SET simulated_until = 'soon'",
        "UPDATE smoltflow_run SET identity = identity || 'x'",
        "DELETE FROM smoltflow_run",
        "DELETE FROM smoltflow_key",
        "UPDATE smoltflow_block SET first_id = 'one'",
    ],
)
def test_a_ledger_that_cannot_be_read_is_a_check_that_failed(copy: list[Path], damage: str) -> None:
    change(copy[1], damage)
    assert ends(copy) == 3


def test_a_file_that_is_cut_short_or_overwritten_is_a_check_that_failed(copy: list[Path]) -> None:
    content = copy[1].read_bytes()
    half = len(content) // 2
    for damaged in (content[:half], b"\0" * 100 + content[100:]):
        copy[1].write_bytes(damaged)
        assert ends(copy) == 3


def test_an_index_that_disagrees_with_its_table_is_seen(copy: list[Path]) -> None:
    index = next(one for one in changes() if one.kind == "index without a row")
    assert index.do(copy[0])
    assert "database.pages" in failed(copy)


def test_a_row_with_a_negative_rowid_is_read(copy: list[Path]) -> None:
    """What is read in parts must not begin at 1 because rows usually do."""
    urls = [f"sqlite:///{copy[0]}"]
    table = "environmental_environmentalreading"
    before = recompute(urls, tables={table})[table]
    change(copy[0], f"UPDATE {table} SET rowid = -5 WHERE rowid = 1")
    assert recompute(urls, tables={table})[table] == before


def company(good: Sequence[Path], folder: Path) -> SoundCompany:
    files = {"whole": good[0], "first": good[0], "second": good[1]}
    with closing(sqlite3.connect(good[0])) as connection:
        (manifest,) = connection.execute("SELECT manifest FROM smoltflow_run").fetchone()
    assert {"digests", "own_digests"} <= json.loads(manifest).keys()
    tables = recompute([f"sqlite:///{good[0]}"])
    counted = {table: digest.hex() for table, digest in tables.items()}
    return SoundCompany(folder, files, counted)


def test_every_table_is_changed_in_every_way() -> None:
    every = changes()
    assert len({(one.kind, one.name) for one in every}) == len(every)
    cells = {one.name.partition(":")[0] for one in every if one.kind == "cell"}
    assert cells == {f"{table}.{column.name}" for table in TABLES.values()
                     for column in table.columns}  # fmt: skip
    for kind in ("row more", "row less", "row twice", "table gone"):
        assert {one.name for one in every if one.kind == kind} == TABLES.keys()


def test_digests_see_changed_cells(good: Sequence[Path], tmp_path: Path) -> None:
    """A part of the campaign: cells that the digest of their table sees."""
    chosen = [
        one
        for one in changes()
        if one.kind == "cell" and one.name.partition(": ")[2] in ("a letter more", "a day later")
        and one.table not in ("auth_user", "smoltflow_run", "smoltflow_chunk", "smoltflow_block",
                              "smoltflow_key")
    ]  # fmt: skip
    done = list(trials(company(good, tmp_path), chosen[::12], every=1 << 30))
    assert {trial.by for trial in done if trial.outcome == SEEN} == {"digests"}
    assert [trial for trial in done if trial.faults] == []


@pytest.mark.long
def test_the_campaign(good: Sequence[Path], tmp_path: Path) -> None:
    chosen = [one for one in changes() if one.file == "whole"][::40]
    done = list(trials(SoundCompany.made(tmp_path), chosen))
    assert [trial for trial in done if trial.faults] == []
    assert sum(trial.outcome == SEEN for trial in done) > len(done) / 2


def test_a_server_is_looked_at_alike(pg_database: str, tmp_path: Path) -> None:
    simulate("smoke.yaml", tmp_path, *UNTIL, "--database", pg_database)

    def found() -> dict[str, str]:
        proof = prove([pg_database], workers=1)
        return {one.name: "; ".join(one.rows) for one in proof.results if one.state == "failed"}

    assert found() == {}
    with psycopg.connect(pg_database) as connection:
        for statement in (
            "CREATE TABLE guests (id INTEGER)",
            "CREATE POLICY blind ON batch_batch USING (false)",
            "ALTER TABLE harvest_harvestlot ALTER unit_count TYPE bigint",
            "UPDATE auth_user SET password = 'hush'",
            "UPDATE scenario_tgcmodel SET tgc_value = tgc_value * (1 + 4e-16::float8)",
            "UPDATE smoltflow_chunk SET rows = rows + 1",
            "DROP TABLE harvest_harvestwaste",
        ):
            connection.execute(statement)
    names = found()
    assert {"users.passwords", "digests", "ledger.sealed", "database.readable"} <= names.keys()
    for what in ("guests: a table", "blind on batch_batch: a policy", "unit_count: is bigint",
                 "harvest_harvestwaste: is missing"):  # fmt: skip
        assert what in names["database.objects"]
