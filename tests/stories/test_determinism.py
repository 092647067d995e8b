"""One digest, however a run is cut, shared out and stored; proven from the rows themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from persistence.mapping import tables_by_role
from persistence.schema import TABLES
from tests import golden
from tests.support.command_line import (
    GEOGRAPHIES,
    LIVES,
    MONTHS,
    counts,
    files,
    geography_databases,
    manifest,
    proven,
    query,
)

SAME = ("scenario", "seed", "version", "simulated", "batches", "rows", "digests", "digest")
READINGS = "environmental_environmentalreading"
USAGE = "geography, pool, month, capacity_days, busy_days, resting_days, queue_days"

WAYS: dict[str, tuple[str, ...]] = {
    "two workers": ("--workers", "2"),
    "chunks of a week": ("--set", "writing.chunk_days=7"),
    "chunks of 45 days": ("--set", "writing.chunk_days=45"),
    "small buffers": ("--set", "writing.buffer_rows=1000"),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """The smoke scenario, run in the plainest way: all others must give the same."""

    manifest: dict[str, Any]
    urls: list[str]

    def assert_same(self, manifest: dict[str, Any], urls: list[str]) -> None:
        """Databases that hold the very same, and a manifest that says so."""
        for name in SAME:
            assert manifest[name] == self.manifest[name]
        assert proven(urls) == (self.manifest["digest"], self.manifest["digests"])


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plain:
    folder = tmp_path_factory.mktemp("plain")
    made = Plain(manifest(folder=folder, PYTHONHASHSEED="0"), files(folder))
    made.assert_same(made.manifest, made.urls)
    return made


@pytest.mark.parametrize("way", WAYS)
def test_files_hold_the_same_however_they_are_written(
    way: str, tmp_path: Path, plain: Plain
) -> None:
    plain.assert_same(manifest(*WAYS[way], folder=tmp_path), files(tmp_path))


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_hashes_local_time_and_language_do_not_matter(
    hash_seed: str, tmp_path: Path, plain: Plain
) -> None:
    elsewhere = {"PYTHONHASHSEED": hash_seed, "TZ": "America/St_Johns", "LC_ALL": "C"}
    plain.assert_same(manifest(folder=tmp_path, **elsewhere), files(tmp_path))


def test_one_file_holds_the_same(tmp_path: Path, plain: Plain) -> None:
    url = f"sqlite:///{tmp_path}/all.db"
    plain.assert_same(manifest("--database", url, folder=tmp_path), [url])


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_postgresql_database_holds_the_same(
    workers: str, tmp_path: Path, plain: Plain, pg_database: str
) -> None:
    made = manifest("--database", pg_database, "--workers", workers, folder=tmp_path)
    plain.assert_same(made, [pg_database])


def test_a_postgresql_database_per_geography_holds_the_same(
    tmp_path: Path, plain: Plain, pg_server_uri: str
) -> None:
    with geography_databases(pg_server_uri) as (url, urls):
        plain.assert_same(manifest("--database", url, "--workers", "2", folder=tmp_path), urls)


def test_the_figures_do_not_depend_on_the_workers(tmp_path: Path) -> None:
    by_one, by_two = (
        manifest(*MONTHS, "--out", workers, "--workers", workers, folder=tmp_path)
        for workers in ("1", "2")
    )
    assert by_one["utilisation"] == by_two["utilisation"]
    assert by_one["waits"] == by_two["waits"]


@pytest.mark.parametrize("days", ["7", "45", "366"])
def test_the_record_of_usage_does_not_depend_on_the_chunks(
    days: str, tmp_path: Path, plain: Plain
) -> None:
    manifest("--set", f"writing.chunk_days={days}", folder=tmp_path)
    ask = f"SELECT {USAGE} FROM smoltflow_usage ORDER BY pool, month"
    for url, same in zip(files(tmp_path), plain.urls, strict=True):
        assert query(url, ask) == query(same, ask)


def test_another_seed_gives_other_rows_in_the_same_company(tmp_path: Path, plain: Plain) -> None:
    made = manifest("--seed", "2", folder=tmp_path)
    assert proven(files(tmp_path)) == (made["digest"], made["digests"])
    before = plain.manifest["digests"]
    different = {name for name, digest in made["digests"].items() if digest != before[name]}
    assert {READINGS, "batch_batchcontainerassignment", "harvest_harvestlot"} <= different
    assert different.isdisjoint({"infrastructure_container", *tables_by_role("master")})


# Tables and rows of the stores, side by side

LEDGER = {"smoltflow_run", "smoltflow_chunk", "smoltflow_block", "smoltflow_key"}


@contextmanager
def one_and_many(
    kind: str, folder: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[str, str, list[str]]]:
    """The URL of one database, a URL with {geography}, and the databases that this stands for."""
    if kind == "sqlite":
        many = f"sqlite:///{folder}/{{geography}}.db"
        parts = [many.replace("{geography}", geography) for geography in GEOGRAPHIES]
        yield f"sqlite:///{folder}/all.db", many, parts
        return
    with geography_databases(request.getfixturevalue("pg_server_uri")) as (many, urls):
        yield request.getfixturevalue("pg_database"), many, urls


def rows(url: str, table: str) -> Counter[str]:
    """Every row of a table with all that it holds."""
    return Counter(map(repr, query(url, f'SELECT * FROM "{table}"')))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_databases_of_the_geographies_add_up_to_the_one_of_all(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with one_and_many(kind, tmp_path, request) as (one, many, urls):
        manifest(*LIVES, "--database", one, folder=tmp_path)
        manifest(*LIVES, "--database", many, folder=tmp_path)
        master = tables_by_role("master")
        for table in TABLES.keys() - LEDGER:
            parts = [rows(url, table) for url in urls]
            if table in master:
                assert parts == [rows(one, table)] * len(parts), table
            else:
                assert sum(parts, Counter()) == rows(one, table), table
        assert rows(one, READINGS).total() > 3000


def test_both_stores_have_the_same_tables_with_as_many_rows(
    tmp_path: Path, pg_database: str
) -> None:
    file = f"sqlite:///{tmp_path}/all.db"
    for url in (file, pg_database):
        manifest(*MONTHS, "--database", url, folder=tmp_path)
    there = query(
        pg_database, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    )
    here = query(
        file, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    assert set(here) == set(there) == {(table,) for table in TABLES}
    assert counts(file, TABLES) == counts(pg_database, TABLES)


# Golden


@pytest.fixture
def recorded() -> dict[str, str]:
    found = golden.recorded()
    if found["numpy"] != np.__version__:
        pytest.skip(f"recorded with numpy {found['numpy']}; this is {np.__version__}")
    return found


def test_the_smoke_digest_is_the_recorded_one(recorded: dict[str, str], plain: Plain) -> None:
    assert plain.manifest["digest"] == recorded["digest"], "if that is meant: " + golden.AGAIN


def test_a_batch_lives_as_recorded(recorded: dict[str, str], plain: Plain) -> None:
    assert golden.life(plain.urls[0]) == golden.recorded_life(), "if that is meant: " + golden.AGAIN
