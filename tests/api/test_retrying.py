"""Lost connections to a server: tried again after growing pauses, and every chunk written once."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from persistence import ledger
from persistence.stores import ConnectionLostError, OtherWriterError, StoreError, postgresql_finish
from sim.api import retrying
from sim.api.retrying import Lost, Retry, Tries
from sim.world import World
from tests.support.command_line import FAULT, MONTHS, SMOKE, Done, manifest, proven, query, say, sim

KNOBS = [*MONTHS, "--set", "writing.chunk_days=10", "--workers", "1", "--no-progress"]
CHUNKS = 2 * 6
CHUNK_ROW = (ledger, "insert_span")  # all rows of a chunk are written but its ledger's
AT = 8  # the chunk that is disturbed: the fourth of the second geography
Run = Callable[..., Done]
Strike = Callable[[Any, int], None]
Before = Callable[[ModuleType, str, Strike], None]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the run when nothing happens to it."""
    return str(manifest(*MONTHS, folder=tmp_path_factory.mktemp("undisturbed"))["digest"])


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    pg_database: str,
) -> Run:
    """Run the first months of two batches into PostgreSQL, within this process."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: say(capsys, "run", SMOKE, *KNOBS, "--database", pg_database, *args)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, seconds, none of which takes any time."""
    made: list[float] = []
    monkeypatch.setattr(retrying, "pause", lambda seconds, _: made.append(seconds))
    return made


@pytest.fixture
def hang_up(pg_server_uri: str) -> Callable[[Any], None]:
    """The server ends a connection, and is done with it."""

    def end(connection: Any) -> None:
        with psycopg.connect(pg_server_uri, autocommit=True) as other:
            ask = "SELECT pg_terminate_backend(%s, 5000)"
            pid = connection.connection.driver_connection.info.backend_pid
            assert other.execute(ask, [pid]).fetchone() == (True,)

    return end


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Before:
    """Have something happen before each call of a function that is given a connection."""

    def install(module: ModuleType, name: str, strike: Strike) -> None:
        whole, calls = getattr(module, name), itertools.count(1)

        def struck(connection: Any, *args: Any) -> Any:
            strike(connection, next(calls))
            return whole(connection, *args)

        monkeypatch.setattr(module, name, struck)

    return install


def assert_written_once(url: str, undisturbed: str) -> None:
    assert proven([url])[0] == undisturbed
    spans = query(url, "SELECT geography, from_day, to_day FROM smoltflow_chunk ORDER BY 1, 2")
    assert len(spans) == CHUNKS
    for (geography, _, end), (following, begin, _) in pairwise(spans):
        assert geography != following or begin == end


def test_a_lost_connection_is_made_again_and_the_run_goes_on(
    run: Run, pauses: list[float], before: Before, hang_up: Any, pg_database: str,
    undisturbed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    companies = []

    def pause(seconds: float, _: object) -> None:
        pauses.append(seconds)
        companies.append(sum(type(thing) is World for thing in gc.get_objects()))

    monkeypatch.setattr(retrying, "pause", pause)
    before(*CHUNK_ROW, lambda connection, call: hang_up(connection) if call == AT else None)
    done = run("--log-dir", "logs", "--json").expect(0)
    assert done.manifest["digest"] == undisturbed
    assert_written_once(pg_database, undisturbed)
    assert pauses == [2.0]
    assert companies == [0], "nothing of the company is kept during the pause"
    lost, again = done.err.splitlines()
    assert "the server closed the connection (Faroe Islands, Scotland); trying again in 2 s" in lost
    assert lost.endswith("(1 of 3)")
    assert again == "connected again: Faroe Islands, Scotland from 2025-12-01 on"
    for log in (tmp_path / "logs").iterdir():
        lines = log.read_text().splitlines()
        assert len(lines) == len(set(lines)), "no story is told twice"


@pytest.mark.long
def test_a_chunk_whose_commit_was_in_doubt_is_written_once(
    run: Run, pauses: list[float], before: Before, hang_up: Any, pg_database: str,
    undisturbed: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The server has committed, but its answer does not arrive."""
    commit, doubtful = psycopg.Connection.commit, []

    def unanswered(connection: psycopg.Connection[Any]) -> None:
        commit(connection)
        if doubtful:
            hang_up(doubtful.pop())
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Connection, "commit", unanswered)
    before(*CHUNK_ROW, lambda connection, call: doubtful.append(connection) if call == AT else None)
    assert run("--json").expect(0).manifest["digest"] == undisturbed
    assert_written_once(pg_database, undisturbed)
    assert pauses == [2.0]


@pytest.mark.long
def test_when_the_tries_are_used_up_the_run_says_how_to_continue(
    run: Run, pauses: list[float], before: Before, hang_up: Any, pg_database: str,
    undisturbed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before(*CHUNK_ROW, lambda connection, call: hang_up(connection) if call >= AT else None)
    done = run("--retry", "4").expect(FAULT)
    monkeypatch.undo()
    assert pauses == [2.0, 8.0, 32.0, 128.0]
    assert "(4 of 4)" in done.err
    assert "smoltflow: postgresql://" in done.err
    assert "the server closed the connection (4 more tries did not help)" in done.err
    assert "What was committed is safe. To continue: python -m sim" in done.err
    sim("run", SMOKE, *KNOBS, "--database", pg_database, "--resume", folder=tmp_path).expect(0)
    assert_written_once(pg_database, undisturbed)


@pytest.mark.long
@pytest.mark.parametrize(
    ("module", "name", "call"),
    [(postgresql_finish, "_execute", 30), (ledger, "update_run", 1), (ledger, "insert_run", 1)],
    ids=["amid indexes", "when it is noted as finished", "when it is entered"],
)
def test_connections_are_made_again_before_and_after_the_simulation(
    module: ModuleType, name: str, call: int, run: Run, pauses: list[float], before: Before,
    hang_up: Any, pg_database: str, undisturbed: str,
) -> None:  # fmt: skip
    before(module, name, lambda connection, number: hang_up(connection) if number == call else None)
    assert run("--json").expect(0).manifest["digest"] == undisturbed
    assert_written_once(pg_database, undisturbed)
    assert pauses == [2.0]


# The tries themselves


def failing(*errors: StoreError | None, tries: Tries | None = None) -> Callable[[], str]:
    """Something that fails with these errors in turn, commits where there is None, and is done."""
    left = list(errors)

    def action() -> str:
        while left:
            error = left.pop(0)
            if error is not None:
                raise error
            assert tries is not None
            tries.progress()
        return "done"

    return action


LOST, OTHER = ConnectionLostError("db: gone"), OtherWriterError("db: another process is writing X")


@pytest.fixture
def told() -> list[Lost]:
    return []


def test_pauses_grow_up_to_a_limit(pauses: list[float], told: list[Lost]) -> None:
    tries = Tries(Retry(7), told.append)
    assert tries(failing(*[LOST] * 7)) == "done"
    assert pauses == [2, 8, 32, 128, 300, 300, 300] == [lost.pause_s for lost in told]
    assert str(told[0]) == "db: gone; trying again in 2 s (1 of 7)"


def test_what_is_committed_in_between_starts_the_count_anew(
    pauses: list[float], told: list[Lost]
) -> None:
    tries = Tries(Retry(2), told.append)
    action = failing(LOST, LOST, None, LOST, LOST, tries=tries)
    assert tries(action) == "done"
    assert pauses == [2, 8, 2, 8]
    assert tries(failing(LOST)) == "done"
    assert pauses[-1] == 2


@pytest.mark.parametrize("times", [0, 1, 3])
def test_tries_are_used_up(times: int, pauses: list[float], told: list[Lost]) -> None:
    said = f"db: gone ({times} more tries did not help)" if times else "db: gone"
    with pytest.raises(StoreError) as failed:
        Tries(Retry(times), told.append)(failing(*[LOST] * (times + 1)))
    assert str(failed.value) == said
    assert len(pauses) == len(told) == times


def test_what_does_not_pass_is_not_tried_again(pauses: list[float], told: list[Lost]) -> None:
    for error in (StoreError("db: the disk is full"), OTHER):
        with pytest.raises(StoreError, match=str(error)):
            Tries(Retry(), told.append)(failing(error))
    assert pauses == []


def test_after_a_loss_another_writer_is_this_one_before_the_server_noticed(
    pauses: list[float], told: list[Lost]
) -> None:
    assert Tries(Retry(), told.append)(failing(LOST, OTHER, OTHER)) == "done"
    assert pauses == [2, 8, 32]


def test_a_pause_ends_when_somebody_asks_to_stop() -> None:
    asked = iter([False, True])
    retrying.pause(3600, lambda: next(asked))
