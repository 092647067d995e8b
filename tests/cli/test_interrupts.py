"""Runs that are interrupted or fail: they say how to go on, and going on makes them whole."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.support.command_line import (
    LIVES,
    MONTHS,
    SMOKE,
    STRIKE,
    Done,
    after_lines,
    files,
    finish,
    interrupt,
    manifest,
    path_of,
    printed_command,
    proven,
    query,
    run,
    say,
    sim,
    start,
    struck_at,
)

QUOTED = ["--set", "geographies.Faroe Islands.wellboats=2"]  # asks for quotes when printed
KNOBS = [*LIVES, *QUOTED, "--set", "writing.chunk_days=2", "-v"]
RUN = ["run", SMOKE, *KNOBS]
CHUNK_ROW = ("persistence.ledger:insert_span", 9)  # of the fifth chunk of the first geography


@dataclass(frozen=True, slots=True)
class Whole:
    """The digest of the run when nothing happens to it, and the bytes of its smallest file."""

    digest: str
    size: int


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("undisturbed")
    digest = str(manifest(*LIVES, *QUOTED, folder=folder)["digest"])
    return Whole(digest, min(path_of(url).stat().st_size for url in files(folder)))


def assert_goes_on(done: Done, folder: Path, urls: list[str], undisturbed: Whole) -> None:
    """The very command that was printed makes the run whole."""
    assert sum(len(query(url, "SELECT * FROM smoltflow_chunk")) for url in urls) > 0
    sim(*printed_command(done), folder=folder).expect(0)
    assert proven(urls)[0] == undisturbed.digest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_at_a_chunk_and_prints_the_command_that_goes_on(
    number: signal.Signals, tmp_path: Path, undisturbed: Whole
) -> None:
    done = struck_at(*CHUNK_ROW, *KNOBS, folder=tmp_path, signals=[number]).expect(130)
    assert "stopping at the next committed chunk" in done.err
    assert "smoltflow: stopped after 2025-" in done.err
    assert done.out == ""
    found = [query(url, "SELECT status FROM smoltflow_run") for url in files(tmp_path)]
    assert found == [[("interrupted",)]] * 2
    ((chunks,),) = query(files(tmp_path)[0], "SELECT count(*) FROM smoltflow_chunk")
    assert chunks == 5, "the chunk that was under way is kept"
    assert_goes_on(done, tmp_path, files(tmp_path), undisturbed)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,  # of systemd, or of docker stop
        pytest.param(signal.SIGINT, marks=pytest.mark.long),
        pytest.param(signal.SIGHUP, marks=pytest.mark.long),
    ],
)
def test_what_reaches_all_workers_stops_the_run(
    number: signal.Signals, tmp_path: Path, undisturbed: Whole
) -> None:
    process = start([*RUN, "--workers", "2"], tmp_path)
    after_lines(process, 3)
    interrupt(process, number)
    done = finish(process).expect(130)
    assert "smoltflow: stopped after 2025-" in done.err
    assert_goes_on(done, tmp_path, files(tmp_path), undisturbed)


def test_ctrl_c_while_the_workers_start_is_no_failure(tmp_path: Path, undisturbed: Whole) -> None:
    """The signal comes when the second worker is about to start, and the first has just begun."""
    args = [*KNOBS, "--workers", "2"]
    start = "sim.api.workers:start_child"
    struck_at(start, 2, *args, folder=tmp_path, signals=[signal.SIGINT]).expect(130)
    run(*args, "--resume", folder=tmp_path).expect(0)
    assert proven(files(tmp_path))[0] == undisturbed.digest


def test_a_second_ctrl_c_ends_a_run_amid_a_chunk(tmp_path: Path, undisturbed: Whole) -> None:
    done = struck_at(*CHUNK_ROW, *KNOBS, folder=tmp_path, signals=[signal.SIGINT] * 2).expect(130)
    assert "smoltflow: interrupted. What was committed is safe. To continue: " in done.err
    ((chunks,),) = query(files(tmp_path)[0], "SELECT count(*) FROM smoltflow_chunk")
    assert chunks == 4, "the chunk that was under way is taken back"
    assert_goes_on(done, tmp_path, files(tmp_path), undisturbed)


WEEKS = ["run", SMOKE, *MONTHS, "--set", "writing.chunk_days=2", "--workers", "2"]


def test_a_worker_that_is_killed_while_the_parent_sleeps_is_missed(tmp_path: Path) -> None:
    process = start(WEEKS, tmp_path)
    after_lines(process, 1)
    process.send_signal(signal.SIGSTOP)
    os.kill(worker_of(process), signal.SIGKILL)
    process.send_signal(signal.SIGCONT)
    done = finish(process, 30).expect(1)
    assert "smoltflow: a worker process died (exit code -9)" in done.err
    assert "--resume" in printed_command(done)


def worker_of(process: subprocess.Popen[str]) -> int:
    """One of the worker processes of a command."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return next(int(pid) for pid in children
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes())  # fmt: skip


AMID_IMPORTS = ("sqlalchemy:Identity.__init__", "5")
"""A module of the schema has made some of its tables: it cannot be imported once more."""


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["verify", "a.db"], ""),
        (
            ["run", SMOKE],
            ". What was committed is safe. To continue: the same command with --resume",
        ),
    ],
    ids=["verify", "run"],
)
def test_what_is_stopped_amid_its_imports_says_so(
    args: list[str], told: str, tmp_path: Path
) -> None:
    before = ("-c", STRIKE, *AMID_IMPORTS, str(int(signal.SIGTERM)))
    done = sim(*args, folder=tmp_path, before=before).expect(130)
    assert done.err.strip() == f"smoltflow: interrupted{told}"


COMMANDS = [
    (["run", SMOKE, *MONTHS, "--workers", "1"], "sim.cli.run:task_of"),
    (["plan", SMOKE], "sim.planner.planning:plan_schedule"),
    (["verify", "a.db"], "sim.cli.verify:databases_at"),
    (["wipe", "a.db"], "sim.cli.wipe:databases_at"),
    (["report", "a"], "sim.cli.report:page_of"),
    (["scenario", "check", SMOKE], "sim.cli.scenario:load"),
]


@pytest.mark.parametrize(("args", "place"), COMMANDS, ids=[args[0] for args, _ in COMMANDS])
def test_every_command_can_be_stopped(
    args: list[str], place: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Systems ask with SIGTERM: the command ends as with Ctrl-C, once it has begun."""
    monkeypatch.chdir(tmp_path)

    def stopped(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    module, _, name = place.partition(":")
    monkeypatch.setattr(f"{module}.{name}", stopped)
    done = say(capsys, *args).expect(130)
    assert "smoltflow: interrupted" in done.err
    assert ("--resume" in done.err) is (args[0] == "run")


# Faults of the database


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.long), "2"])
def test_a_disk_that_is_full_is_told_and_the_run_goes_on_when_there_is_room(
    workers: str, tmp_path: Path, undisturbed: Whole
) -> None:
    most = undisturbed.size * 2 // 3
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most))
    args = [*RUN, "--workers", workers]
    done = finish(start(args, tmp_path, preparation=limit)).expect(1)
    assert "smoltflow: sqlite:///runs/smoke/" in done.err
    assert "disk" in done.err
    assert "unforeseen" not in done.err
    assert_goes_on(done, tmp_path, files(tmp_path), undisturbed)


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_hangs_up_is_told_and_the_run_goes_on(
    workers: str, tmp_path: Path, pg_database: str, undisturbed: Whole
) -> None:
    args = [*RUN, "--retry", "0", "--workers", workers, "--database", pg_database]
    process = start(args, tmp_path)
    after_lines(process, 3)
    hang_up(pg_database)
    done = finish(process).expect(1)
    assert "smoltflow: postgresql://" in done.err
    assert "error ignored" not in done.err, "the driver has nothing to add"
    assert "unforeseen" not in done.err
    assert_goes_on(done, tmp_path, [pg_database], undisturbed)


AT_ONCE = """
import functools, sys
from sim.cli import main
from sim.api import runs
runs.Retry = functools.partial(runs.Retry, first_s=0.01)
main(sys.argv[1:])
"""


@pytest.mark.long
def test_workers_whose_server_hangs_up_again_and_again_connect_again(
    tmp_path: Path, pg_database: str, undisturbed: Whole
) -> None:
    args = [*RUN, "--workers", "2", "--database", pg_database]
    process = start(args, tmp_path, before=("-c", AT_ONCE))
    for _ in range(3):
        after_lines(process, 3)
        hang_up(pg_database)
    done = finish(process).expect(0)
    assert "; trying again in 0." in done.err
    assert proven([pg_database])[0] == undisturbed.digest


def hang_up(database: str) -> None:
    """The server ends all connections to a database."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_became_read_only_is_told_and_the_run_goes_on_when_it_writes_again(
    workers: str, tmp_path: Path, pg_database: str, undisturbed: Whole
) -> None:
    args = [*MONTHS, "--database", pg_database, "--workers", workers]
    manifest(*args, "--until", "2025-11-20", folder=tmp_path)
    read_only = "ALTER DATABASE {} SET default_transaction_read_only = {}"
    name = query(pg_database, "SELECT current_database()")[0][0]
    with psycopg.connect(pg_database, autocommit=True) as connection:
        connection.execute(read_only.format(name, "on"))
        done = run(*args, "--append", folder=tmp_path).expect(1)
        assert "the database is read-only" in done.err
        assert "--resume" in done.err
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(read_only.format(name, "off"))
    run(*args, "--append", folder=tmp_path).expect(0)
    proven([pg_database])
