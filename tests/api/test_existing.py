"""What a run does about what it finds: nothing, itself (finished or not), or another run."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from persistence.mapping import tables_by_role
from persistence.schema import TABLES
from tests.support.command_line import (
    MONTHS,
    SMOKE,
    USAGE,
    Done,
    counts,
    files,
    fingerprint,
    manifest,
    path_of,
    proven,
    query,
    say,
    say_refused,
    struck_at,
)

KNOBS = [*MONTHS, "--workers", "1", "--no-progress"]
CHUNKS = ["--set", "writing.chunk_days=7"]
CHUNK_ROW = ("persistence.ledger:insert_span", 5)
EARLIER = "2025-11-20"
PRESERVED = set(tables_by_role("master", "site"))
PROFILES = {
    "scenario_temperatureprofile", "scenario_temperaturereading", "scenario_tgcmodel",
    "scenario_tgc_model_stage",
}  # fmt: skip
MODELS = PROFILES | {
    "scenario_fcrmodel", "scenario_fcrmodelstage", "scenario_mortalitymodel",
    "scenario_mortality_model_stage", "scenario_biological_constraints",
    "scenario_stage_constraint",
}  # fmt: skip
KEPT = PRESERVED | MODELS
Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the first months of two batches within this process."""
    return lambda *args: say(capsys, "run", SMOKE, *KNOBS, *args)


@pytest.fixture(scope="session")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest that they have."""
    return str(manifest(*MONTHS, folder=tmp_path_factory.mktemp("plain"))["digest"])


def assert_refused(done: Done, *said: str) -> None:
    done.expect(2)
    assert done.out == ""
    for words in said:
        assert words in done.err


@pytest.mark.parametrize("way", [[], ["--resume"], ["--fresh"]])
def test_on_nothing_a_run_starts(way: list[str], run: Run, tmp_path: Path, digest: str) -> None:
    assert run(*way, "--json").expect(0).manifest["digest"] == digest
    assert proven(files(tmp_path))[0] == digest


def test_on_nothing_there_is_nothing_to_append_to(run: Run, tmp_path: Path) -> None:
    assert_refused(run("--append"), "no earlier part of this run")
    assert fingerprint(tmp_path) == {}


@pytest.mark.parametrize(
    "again", [[], ["--resume"], ["--until", EARLIER], [*CHUNKS, "--log-dir", "logs"]]
)
def test_a_finished_run_tells_its_summary_and_changes_nothing(
    again: list[str], run: Run, tmp_path: Path
) -> None:
    first = run()
    before = fingerprint(tmp_path)
    assert run(*again).expect(0).out == first.expect(0).out
    assert run(*again, "--json").manifest == json.loads(
        (tmp_path / "runs/smoke/manifest.json").read_text()
    )
    assert fingerprint(tmp_path) == before


def test_an_unfinished_run_is_refused_and_says_what_to_do(run: Run, tmp_path: Path) -> None:
    interrupted = struck_at(*CHUNK_ROW, *MONTHS, *CHUNKS, folder=tmp_path, signals=[signal.SIGINT])
    interrupted.expect(130)
    before = fingerprint(tmp_path)
    assert_refused(run(), "not finished", "--resume continues", "--fresh starts again")
    assert fingerprint(tmp_path) == before


def test_an_unfinished_run_can_be_started_afresh(run: Run, tmp_path: Path, digest: str) -> None:
    struck_at(*CHUNK_ROW, *MONTHS, *CHUNKS, folder=tmp_path)
    assert run("--fresh", "--json").expect(0).manifest["digest"] == digest
    assert proven(files(tmp_path))[0] == digest


def test_a_run_that_ended_earlier_is_refused_and_says_what_to_do(run: Run, tmp_path: Path) -> None:
    run("--until", EARLIER).expect(0)
    before = fingerprint(tmp_path)
    assert_refused(run(), "up to an earlier date", "--append extends", "--fresh starts again")
    assert fingerprint(tmp_path) == before


def test_a_lost_file_of_a_finished_run_is_made_again(run: Run, tmp_path: Path, digest: str) -> None:
    run().expect(0)
    path_of(files(tmp_path)[1]).unlink()
    assert_refused(run(), "--resume")
    run("--resume").expect(0)
    assert proven(files(tmp_path))[0] == digest


@pytest.mark.parametrize("way", [[], ["--resume"], ["--append"]])
def test_another_seed_is_another_run_and_refused(way: list[str], run: Run, tmp_path: Path) -> None:
    run().expect(0)
    before = fingerprint(tmp_path)
    refusal = run("--seed", "2", *way)
    assert_refused(
        refusal, "sqlite:///runs/smoke/faroe_islands.sqlite holds another run", "smoke, seed 1",
        "version", "smoltflow wipe", "--fresh",
    )  # fmt: skip
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize("way", [[], ["--fresh"]])
def test_another_scenario_is_refused_and_not_replaced(
    way: list[str], run: Run, tmp_path: Path, pg_database: str
) -> None:
    run("--database", pg_database).expect(0)
    before = counts(pg_database, TABLES)
    refusal = run("--database", pg_database, "--set", "name=other", *way)
    assert_refused(refusal, "holds another run", "smoke, seed 1", "smoltflow wipe")
    assert "--fresh" not in refusal.err
    assert counts(pg_database, TABLES) == before
    assert [str(path) for path in (tmp_path / "runs").iterdir()] == [str(tmp_path / "runs/smoke")]


def test_fresh_replaces_an_earlier_run_of_the_scenario(run: Run, tmp_path: Path) -> None:
    run().expect(0)
    sites = {url: rows_of(url, "infrastructure_container") for url in files(tmp_path)}
    replaced = run("--seed", "2", "--fresh", "--json").expect(0)
    assert proven(files(tmp_path))[0] == replaced.manifest["digest"]
    elsewhere = run("--seed", "2", "--json", "--out", "elsewhere").expect(0)
    assert replaced.manifest["digest"] == elsewhere.manifest["digest"]
    assert {url: rows_of(url, "infrastructure_container") for url in files(tmp_path)} == sites


# Wiping


def rows_of(url: str, table: str) -> list[tuple[Any, ...]]:
    return query(url, f'SELECT * FROM "{table}" ORDER BY 1')


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/all.db"
    return str(request.getfixturevalue("pg_database"))


def test_wiping_leaves_infrastructure_master_data_and_models_for_the_next_run(
    database: str, run: Run, capsys: pytest.CaptureFixture[str], digest: str
) -> None:
    run("--database", database).expect(0)
    before = {table: rows_of(database, table) for table in TABLES}
    refused = say(capsys, "wipe", database)
    assert_refused(refused, "smoke (seed 1)", "--confirm", "DELETE")
    assert {table: rows_of(database, table) for table in TABLES} == before
    done = say(capsys, "wipe", database, "--confirm").expect(0)
    assert "removed smoke (seed 1)" in done.out
    after = {table: rows_of(database, table) for table in TABLES}
    assert {table for table, rows in after.items() if rows} - {"smoltflow_key"} == KEPT
    assert {table: after[table] for table in KEPT} == {table: before[table] for table in KEPT}
    assert "holds no run" in say(capsys, "wipe", database, "--confirm").expect(0).out
    assert run("--database", database, "--json").expect(0).manifest["digest"] == digest
    assert proven([database])[0] == digest
    again = {table: rows_of(database, table) for table in KEPT}
    for table in PRESERVED | {"scenario_temperatureprofile", "scenario_tgcmodel"}:
        assert again[table] == before[table], "found by name, ids and all"
    assert {table: len(rows) for table, rows in again.items()} == {
        table: len(before[table]) for table in KEPT
    }
    checked = say(capsys, "verify", database, "--workers", "1")
    assert " 0 failed" in checked.expect(0).out


def test_models_and_profiles_are_wiped_on_request(
    database: str, run: Run, capsys: pytest.CaptureFixture[str], digest: str
) -> None:
    run("--database", database).expect(0)
    say(capsys, "wipe", database, "--confirm").expect(0)
    say(capsys, "wipe", database, "--all", "--confirm").expect(0)
    there = {table for table in TABLES if rows_of(database, table)}
    assert there - {"smoltflow_key"} == PRESERVED - MODELS
    assert run("--database", database, "--json").expect(0).manifest["digest"] == digest
    assert proven([database])[0] == digest


def test_a_wipe_shows_what_would_go_and_waits_for_the_word(tmp_path: Path, run: Run) -> None:
    told = run("--json").expect(0).manifest
    urls = files(tmp_path)
    before = fingerprint(tmp_path)
    asked = piped("", tmp_path)
    assert_refused(asked, "holds smoke (seed 1)", "--confirm", "DELETE")
    shown = Counter[str]()
    for table, rows in re.findall(r"^  (\w+) +([\d,]+)$", asked.err, re.MULTILINE):
        shown[table] += int(rows.replace(",", ""))
    gone = {table: rows for table, rows in told["rows"].items() if table not in KEPT and rows}
    assert {table: rows for table, rows in shown.items() if table in told["rows"]} == gone
    assert f"{sum(shown.values()):,}" not in asked.err, "a sum for each database"
    for words in ("delete", "DELETE it"):
        refused = piped(words + "\n", tmp_path)
        assert "nothing was removed" in refused.expect(1).err
    assert fingerprint(tmp_path) == before
    done = piped("DELETE\n", tmp_path).expect(0)
    assert done.out.count("removed smoke (seed 1)") == 2
    for url in urls:
        assert counts(url, ["smoltflow_run", "batch_batch"]).total() == 0
    assert "holds no run" in piped("", tmp_path).expect(0).out, "there is nothing to ask about"


def piped(words: str, folder: Path) -> Done:
    line = [sys.executable, "-m", "sim", "wipe", "runs/smoke"]
    ended = subprocess.run(
        line, input=words, cwd=folder, capture_output=True, text=True, check=False
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)


def test_on_a_terminal_a_wipe_asks_for_the_word(tmp_path: Path, run: Run) -> None:
    run().expect(0)
    typed = {"delete\n": 1, "\n": 1, "\x04": 1, "\x03": 130, "DELETE\n": 0}
    for keys, code in typed.items():
        ended, shown = at_terminal(keys, tmp_path)
        assert ended == code, shown
        assert shown.index("batch_batch ") < shown.index("Type DELETE")
        assert ("nothing was removed" in shown) == (code == 1)
        assert ("removed smoke (seed 1)" in shown) == (code == 0)
        left = sum(counts(url, ["batch_batch"]).total() for url in files(tmp_path))
        assert left == (0 if code == 0 else 2)


def at_terminal(typed: str, folder: Path) -> tuple[int, str]:
    """Wipe the run at a terminal, where somebody types something when he is asked."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests may ignore it
        os.execv(sys.executable, [sys.executable, "-m", "sim", "wipe", "runs/smoke"])
    shown = ""
    with suppress(OSError):  # how Linux says that the other end is closed
        while piece := os.read(terminal, 4096):
            shown += piece.decode()
            if typed and "Type DELETE" in shown:
                os.write(terminal, typed.encode())
                typed = ""
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


def test_the_printed_wipe_command_makes_way_for_another_run(
    database: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--database", database).expect(0)
    refusal = run("--database", database, "--set", "name=other")
    printed = re.search("smoltflow (wipe .* --confirm)", refusal.err)
    assert printed
    say(capsys, *shlex.split(printed[1])).expect(0)
    run("--database", database, "--set", "name=other").expect(0)


def test_a_run_s_folder_stands_for_all_its_databases(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run().expect(0)
    say(capsys, "wipe", "runs/smoke", "--confirm").expect(0)
    for url in files(tmp_path):
        assert counts(url, ["smoltflow_run", "batch_batch"]).total() == 0
        assert counts(url, ["infrastructure_container"]).total() > 0


@pytest.mark.parametrize("url", ["sqlite:///nothing.db", "sqlite+pysqlite:///nothing.db"])
def test_wiping_what_is_not_there_creates_nothing(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = say_refused(tmp_path, capsys, USAGE, "wipe", url, "--confirm")
    assert f"{url}: the file does not exist" in done.err
