"""Sets of keys and indexes: what each database gets, what stays, and that ``verify`` needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from persistence.checks import run_checks
from persistence.recompute import recompute
from persistence.schema import FACT_TABLES, INDEX_SETS, TABLES, IndexSet
from persistence.schema.ddl import additions
from persistence.stores import Indexes, open_store
from tests.support.checked_runs import by_name, failed
from tests.support.command_line import MONTHS, SMOKE, Done, files, fingerprint, manifest, say
from tests.support.store_databases import (
    KINDS_OF_STORES,
    SPEC,
    Databases,
    load,
    prepare,
    query,
    scalar,
)
from tests.support.synthetic_farm import chunk

READINGS = "environmental_environmentalreading"
OF_A_BATCH = {
    "batch_batchcontainerassignment_batch_id_idx",
    "batch_growthsample_assignment_id_idx",
    f"{READINGS}_batch_id_idx",
    "inventory_feedingevent_batch_id_idx",
}
KNOBS = [*MONTHS, "--workers", "1", "--no-progress"]
EARLIER = "2025-11-20"
SHORT = ["--until", EARLIER]
Run = Callable[..., Done]


@pytest.fixture(params=KINDS_OF_STORES)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    server = request.getfixturevalue("pg_server_uri") if request.param == "postgresql" else None
    made = Databases(request.param, tmp_path, server)
    yield made
    made.drop()


def wanted(kind: str, index: IndexSet) -> set[str]:
    """The names of what a set adds."""
    return {added.name for table in TABLES for added in additions(kind, table, index)}


def names(url: str) -> set[str]:
    """The names of all indexes, and on a server of each table's first foreign key."""
    if url.startswith("sqlite"):
        listed = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql <> ''"
    else:
        listed = (
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT min(conname) FROM pg_constraint WHERE contype = 'f' GROUP BY conrelid"
        )
    return {name for (name,) in query(url, listed)}


def found(url: str) -> Indexes:
    with open_store(url) as store:
        return store.indexes()


def finish(url: str, index: IndexSet) -> None:
    with open_store(url) as store:
        prepare(store)
        store.finish(index)


def test_sets_contain_one_another() -> None:
    for kind in KINDS_OF_STORES:
        full, minimal, none = (wanted(kind, index) for index in INDEX_SETS)
        assert full > minimal > none == set()
        assert minimal >= OF_A_BATCH
        secondary = {name for name in minimal if name.endswith("_idx")}
        assert secondary == OF_A_BATCH, "all others are keys and references"


@pytest.mark.parametrize("index", INDEX_SETS)
def test_a_new_database_gets_the_set(databases: Databases, index: IndexSet) -> None:
    url = databases()
    digests = load(url)
    before = names(url)
    assert found(url).kept == "none"
    finish(url, index)
    assert names(url) - before == wanted(databases.kind, index)
    assert found(url).kept == index
    for other in INDEX_SETS:
        lacking = wanted(databases.kind, other) - wanted(databases.kind, index)
        assert found(url).lacking[other] == len(lacking)
    assert recompute([url]) == digests


def test_nothing_is_indexed_without_indexes(databases: Databases) -> None:
    url = databases()
    load(url)
    finish(url, "none")
    for table in FACT_TABLES:
        statement = (
            f"SELECT count(*) FROM pragma_index_list('{table}')"
            if databases.kind == "sqlite"
            else f"SELECT count(*) FROM pg_indexes WHERE tablename = '{table}'"
        )
        assert scalar(url, statement) == 0, table


def test_a_set_is_added_to_and_never_taken_from(databases: Databases) -> None:
    url = databases()
    load(url)
    for index in ("none", "minimal", "full"):
        finish(url, index)
        assert found(url).kept == index
    full = names(url)
    for index in ("none", "minimal"):
        finish(url, index)
        assert names(url) == full


def test_a_reopened_database_still_shows_its_set(databases: Databases) -> None:
    url = databases()
    load(url)
    finish(url, "full")
    full = names(url)
    with open_store(url) as store:
        prepare(store)
        store.reopen()
    assert not any(name.startswith(READINGS) for name in names(url))
    assert found(url).kept == "full"
    with open_store(url) as store:
        prepare(store)
        store.commit(chunk(0, 2))
        store.finish("full")
    assert names(url) == full


def test_a_wipe_takes_all_of_it(databases: Databases) -> None:
    url = databases()
    load(url)
    before = names(url)
    finish(url, "full")
    with open_store(url) as store:
        store.wipe(SPEC.identity)
        assert store.indexes().kept == "none"
    assert names(url) == before


def test_a_live_aquamind_has_its_own(pg_database: str) -> None:
    load(pg_database)
    finish(pg_database, "minimal")
    query(pg_database, "CREATE TABLE django_migrations (id int)")
    before = names(pg_database)
    assert found(pg_database) == Indexes(
        ours=False, kept="full", lacking={"full": 0, "minimal": 0, "none": 0}
    )
    finish(pg_database, "full")
    assert names(pg_database) == before


# The command


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the first months of two batches within this process."""
    return lambda *args: say(capsys, "run", SMOKE, *KNOBS, *args)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/all.db"
    return str(request.getfixturevalue("pg_database"))


@pytest.fixture
def say_it(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *args: say(capsys, *args)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifest of a run that says nothing of indexes."""
    return manifest(*MONTHS, folder=tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("index", INDEX_SETS)
def test_every_set_is_verified(
    index: IndexSet, database: str, run: Run, say_it: Run, plain: dict[str, Any]
) -> None:
    made = run("--database", database, "--out", "x", "--index", index, "--json").expect(0).manifest
    assert found(database).kept == index
    assert made["digests"] == plain["digests"]
    assert made.keys() == plain.keys()
    say_it("verify", database).expect(0)


def test_a_new_database_gets_the_keys_and_one_that_is_there_keeps_its_set(
    database: str, run: Run
) -> None:
    run("--database", database, *SHORT).expect(0)
    assert found(database).kept == "minimal"
    run("--database", database, *SHORT, "--index", "full").expect(0)
    assert found(database).lacking["full"] == 0
    run("--database", database, "--append").expect(0)
    assert found(database).lacking["full"] == 0, "though it was dropped to append faster"
    run("--database", database, "--fresh", "--index", "none").expect(0)
    assert found(database).kept == "none"
    run("--database", database, "--fresh", *SHORT).expect(0)
    assert found(database).kept == "none"


def test_workers_of_one_server_leave_it_to_the_end(pg_database: str, run: Run, say_it: Run) -> None:
    run("--database", pg_database, "--index", "full", "--workers", "2").expect(0)
    assert found(pg_database).lacking["full"] == 0
    say_it("verify", pg_database).expect(0)


def test_a_finished_run_gets_what_it_lacks(run: Run, tmp_path: Path, say_it: Run) -> None:
    first = run("--index", "none").expect(0)
    rows = [query(url, f"SELECT * FROM {READINGS}") for url in files(tmp_path)]
    again = run("--index", "minimal").expect(0)
    assert again.out == first.out
    for url in files(tmp_path):
        added = len(wanted("sqlite", "minimal"))
        assert f"faroe_islands.sqlite: {added} missing keys and indexes were added" in again.err
        assert found(url).lacking["minimal"] == 0
    assert [query(url, f"SELECT * FROM {READINGS}") for url in files(tmp_path)] == rows
    say_it("verify", "runs/smoke").expect(0)


@pytest.mark.parametrize("index", INDEX_SETS)
def test_a_finished_run_that_has_it_all_is_left_alone(
    index: IndexSet, run: Run, tmp_path: Path
) -> None:
    run().expect(0)
    if index == "full":
        run("--index", "full").expect(0)
    before = fingerprint(tmp_path)
    again = run("--index", index).expect(0)
    assert fingerprint(tmp_path) == before
    assert ("stay: only --fresh --index none" in again.err) == (index == "none")


@pytest.mark.parametrize("index", ["minimal", "none"])
def test_a_live_aquamind_is_never_given_less(pg_database: str, run: Run, index: str) -> None:
    query(pg_database, "CREATE TABLE django_migrations (id int)")
    refusal = run("--database", pg_database, "--index", index).expect(2)
    assert "is a live AquaMind" in refusal.err
    assert names(pg_database).isdisjoint({"smoltflow_run_pkey"})


def test_an_unknown_set_is_refused(run: Run) -> None:
    assert "'full', 'minimal', 'none'" in run("--index", "most").expect(2).err


# What no key sees to any more, ``verify`` does


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path, run: Run) -> str:
    """A finished run without indexes."""
    kind = request.param
    url = request.getfixturevalue("pg_database") if kind == "postgresql" else None
    url = url or f"sqlite:///{tmp_path}/bare.db"
    run("--database", url, "--index", "none").expect(0)
    return str(url)


def test_a_row_that_stands_twice_is_noticed(bare: str) -> None:
    query(bare, f"INSERT INTO {READINGS} SELECT * FROM {READINGS} LIMIT 1")
    checks = by_name(run_checks([bare]))
    (told,) = checks["keys.unique"].rows
    assert told.startswith(f"{READINGS}: 1 values of primary key")
    assert not checks["keys.unique"].passed


def test_a_reference_that_leads_nowhere_is_noticed(bare: str) -> None:
    one = f"SELECT min(id) FROM {READINGS}"
    query(bare, f"UPDATE {READINGS} SET sensor_id = 471100 WHERE id = ({one})")
    bad = failed(run_checks([bare]))
    name = "keys.lookup" if bare.startswith("sqlite") else "keys.references"
    assert name in bad
    if name == "keys.references":
        (told,) = bad[name].rows
        assert told == f"{READINGS}: 1 rows have a sensor_id that is not in infrastructure_sensor"


def test_one_key_alone_is_not_enough(bare: str) -> None:
    query(bare, "CREATE UNIQUE INDEX somebodys ON batch_mortalityevent (id, batch_id)")
    assert failed(run_checks([bare])) == {}, "somebody's own index promises nothing"
    url = bare
    table = "environmental_weatherdata"
    key = ", ".join(column.name for column in TABLES[table].primary_key)
    if url.startswith("sqlite"):
        query(url, f"CREATE UNIQUE INDEX {table}_pkey ON {table} ({key})")
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({key})")
    missing = failed(run_checks([url]))["keys.unique"].rows
    assert all(row.endswith("is missing") for row in missing)
