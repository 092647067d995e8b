"""A run that is killed, interrupted or fails ends as if nothing had happened to it."""

from __future__ import annotations

import json
import platform
import random
import shutil
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import (
    LIVES,
    MONTHS,
    SMOKE,
    after_lines,
    files,
    finish,
    kill,
    manifest,
    path_of,
    proven,
    query,
    run,
    sim,
    start,
    struck_at,
)

# With -v, a batch's story is told line by line, each at the end of the chunk it happens in.
RUN = ["run", SMOKE, *LIVES, "--set", "writing.chunk_days=2", "-v", "--resume"]
CHUNKS = 2 * 80
LINES = 7  # after which there is much left to do
SHORT_RUN = [*MONTHS, "--set", "writing.chunk_days=10"]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the run when nothing happens to it."""
    return str(manifest(*LIVES, folder=tmp_path_factory.mktemp("undisturbed"))["digest"])


@pytest.fixture(scope="session")
def undisturbed_months(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the short run when nothing happens to it."""
    return str(manifest(*MONTHS, folder=tmp_path_factory.mktemp("undisturbed"))["digest"])


def assert_whole(urls: list[str], undisturbed: str) -> None:
    """The rows are those of an undisturbed run, each once, and what finishing adds is there."""
    digest, _ = proven(urls)
    assert digest == undisturbed
    for url in urls:
        spans = query(url, "SELECT geography, from_day, to_day FROM smoltflow_chunk ORDER BY 1, 2")
        for (geography, _, end), (following, begin, _) in pairwise(spans):
            assert geography != following or begin == end


@dataclass(frozen=True, slots=True)
class Left:
    """What a killed run left behind in its files, looked at without touching them."""

    chunks: int
    indexes: int


def left_behind(folder: Path, scratch: Path) -> Left:
    """Look at a copy: to open a file that was killed is to repair it."""
    chunks = indexes = 0
    for url in files(folder):
        if not path_of(url).exists():
            continue
        for part in path_of(url).parent.glob(path_of(url).name + "*"):
            shutil.copy(part, scratch / part.name)
        with closing(sqlite3.connect(scratch / path_of(url).name)) as copy:
            objects = copy.execute("SELECT name, type FROM sqlite_master").fetchall()
            indexes += sum(kind == "index" for _, kind in objects)
            if ("smoltflow_chunk", "table") in objects:
                chunks += copy.execute("SELECT count(*) FROM smoltflow_chunk").fetchone()[0]
    return Left(chunks, indexes)


def folder_in(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


def killed(args: list[str], folder: Path, luck: random.Random) -> None:
    """Kill a run somewhere on its way."""
    process = start([*RUN, *args], folder)
    after_lines(process, luck.randint(1, LINES))
    assert kill(process, luck.uniform(0, 0.05)).code == -signal.SIGKILL


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_files_are_whole_after_kills_at_random_instants(
    workers: int, tmp_path: Path, undisturbed: str
) -> None:
    args = ["--workers", str(workers)]
    luck = random.Random(workers)
    seen = []
    for number in range(5):
        killed(args, tmp_path, luck)
        seen.append(left_behind(tmp_path, folder_in(tmp_path, f"look-{number}")).chunks)
    sim(*RUN, *args, folder=tmp_path).expect(0)
    assert_whole(files(tmp_path), undisturbed)
    assert seen == sorted(seen), "what was committed is never lost"
    assert 0 < seen[-1] < CHUNKS


def test_a_postgresql_database_is_whole_after_kills_at_random_instants(
    tmp_path: Path, pg_database: str, undisturbed: str
) -> None:
    args = ["--workers", "2", "--database", pg_database]
    luck = random.Random(3)
    for _ in range(3):
        killed(args, tmp_path, luck)
    ((committed,),) = query(pg_database, "SELECT count(*) FROM smoltflow_chunk")
    assert 0 < committed < CHUNKS
    sim(*RUN, *args, folder=tmp_path).expect(0)
    assert_whole([pg_database], undisturbed)


def test_workers_die_with_the_one_that_started_them(tmp_path: Path) -> None:
    process = start([*RUN, "--workers", "2"], tmp_path)
    after_lines(process, 1)
    process.kill()
    finish(process, limit_s=20)  # that of the workers too: see there
    assert left_behind(tmp_path, tmp_path).chunks < CHUNKS / 2


STORE = "persistence.stores.sql:SqlStore"
FILE = "persistence.stores.sqlite:SqliteStore"
SERVER = "persistence.stores.postgresql:PostgresqlStore"
SERVER_FINISH = "persistence.stores.postgresql_finish"
CHUNK_ROW = ("persistence.ledger:insert_span", 5)
INDEX = "sim.progress:PlainView.step"
MANIFEST = ("sim.api.runs:write_manifest", 1)
FILE_MOMENTS = (
    (f"{FILE}.create_tables", 2),  # the second file is there, without a table
    (f"{STORE}.bootstrap", 1),  # the run is entered, its sites are not
    (f"{FILE}._write", 60),  # amid the rows of a chunk
    CHUNK_ROW,  # all rows of a chunk are there but the ledger's
    (INDEX, 1),
    (INDEX, 6),
    (f"{FILE}.finish", 2),  # of two files, one has its indexes
    MANIFEST,
    (f"{STORE}.set_status", 2),  # of two files, one is finished
)
SERVER_MOMENTS = (
    (f"{SERVER}._copy", 60),
    CHUNK_ROW,
    (f"{SERVER_FINISH}:_execute", 30),  # amid keys and indexes
    (f"{SERVER_FINISH}:_check", 1),  # foreign keys are there, but unchecked
    MANIFEST,
)


@pytest.mark.long
def test_files_are_whole_after_a_kill_at_every_tender_moment(
    tmp_path: Path, undisturbed_months: str
) -> None:
    indexes = []
    for number, (place, count) in enumerate(FILE_MOMENTS):
        args = [*SHORT_RUN, "--resume", "--workers", "1"]
        assert struck_at(place, count, *args, folder=tmp_path).code == -signal.SIGKILL, place
        indexes.append(left_behind(tmp_path, folder_in(tmp_path, f"look-{number}")).indexes)
    done = run(*SHORT_RUN, "--resume", "--json", folder=tmp_path).expect(0)
    assert done.manifest["digest"] == undisturbed_months
    assert_whole(files(tmp_path), undisturbed_months)
    bare, some, half, all_there = indexes[4:8]
    assert bare < some < half < all_there


@pytest.mark.long
def test_a_postgresql_database_is_whole_after_a_kill_at_every_tender_moment(
    tmp_path: Path, pg_database: str, undisturbed_months: str
) -> None:
    args = [*SHORT_RUN, "--database", pg_database, "--resume", "--workers", "1"]
    for place, count in SERVER_MOMENTS:
        assert struck_at(place, count, *args, folder=tmp_path).code == -signal.SIGKILL, place
    run(*args, folder=tmp_path).expect(0)
    assert_whole([pg_database], undisturbed_months)


# Runs in parts


EARLIER, LATER = "2025-11-20", "2025-12-14"


@pytest.mark.parametrize("way", ["--append", "--resume"])
def test_a_run_in_parts_equals_one_in_one_go(
    way: str, tmp_path: Path, undisturbed_months: str
) -> None:
    first = manifest(*MONTHS, "--until", EARLIER, folder=tmp_path)
    assert first["simulated"]["until"] == EARLIER
    assert proven(files(tmp_path)) == (first["digest"], first["digests"])
    second = manifest(*MONTHS, "--until", LATER, way, folder=tmp_path)
    assert proven(files(tmp_path)) == (second["digest"], second["digests"])
    assert manifest(*MONTHS, way, folder=tmp_path)["digest"] == undisturbed_months
    assert_whole(files(tmp_path), undisturbed_months)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_in_parts_equals_one_in_one_go_on_a_server(
    workers: str, tmp_path: Path, pg_database: str, undisturbed_months: str
) -> None:
    args = [*MONTHS, "--database", pg_database, "--workers", workers]
    manifest(*args, "--until", EARLIER, folder=tmp_path)
    assert manifest(*args, "--append", folder=tmp_path)["digest"] == undisturbed_months
    assert_whole([pg_database], undisturbed_months)


def test_a_run_that_is_killed_while_it_is_extended_is_resumed(
    tmp_path: Path, undisturbed_months: str
) -> None:
    manifest(*SHORT_RUN, "--until", EARLIER, folder=tmp_path)
    args = [*SHORT_RUN, "--append", "--workers", "1"]
    assert struck_at(*CHUNK_ROW, *args, folder=tmp_path).code == -signal.SIGKILL
    refusal = run(*SHORT_RUN, "--until", EARLIER, folder=tmp_path).expect(2)
    assert "--resume continues" in refusal.err, "it is no longer the run that ended earlier"
    run(*SHORT_RUN, "--resume", folder=tmp_path).expect(0)
    assert_whole(files(tmp_path), undisturbed_months)


def test_a_replay_that_differs_from_the_ledger_stops_the_run(tmp_path: Path) -> None:
    args = [*SHORT_RUN, "--workers", "1"]
    assert struck_at(*CHUNK_ROW, *args, folder=tmp_path).code == -signal.SIGKILL
    file = path_of(files(tmp_path)[0])
    with closing(sqlite3.connect(file)) as ledger:
        ask = "SELECT from_day, digests FROM smoltflow_chunk ORDER BY from_day"
        first_day, text = ledger.execute(ask).fetchone()
        digests = json.loads(text)
        digests["facts"]["environmental_environmentalreading"][1] = "0" * 32
        change = "UPDATE smoltflow_chunk SET digests = ? WHERE from_day = ?"
        ledger.execute(change, (json.dumps(digests), first_day))
        ledger.commit()
    before = file.read_bytes()
    done = run(*SHORT_RUN, "--resume", folder=tmp_path).expect(1)
    assert "Faroe Islands, days" in done.err
    assert "came out differently from what was committed" in done.err
    assert "(environmental_environmentalreading)" in done.err
    assert f"another NumPy than {np.__version__}" in done.err
    assert f"another kind of processor than {platform.machine()}" in done.err
    assert "fresh" in done.err
    assert "To continue" not in done.err, "there is no way to continue"
    assert file.read_bytes() == before
