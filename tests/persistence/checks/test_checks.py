"""The checks: a good run passes them all, and every one of them notices what it is there for."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from persistence.checks import CheckResult, run_checks
from persistence.checks.engine.dialect import translate
from persistence.checks.engine.session import Session
from persistence.checks.run import RULES
from persistence.stores import StoreError
from tests.support.checked_runs import KNOBS, by_name, failed, good_run, simulate
from tests.support.damage.every import DAMAGE, ON_POSTGRESQL

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return good_run(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def results(good: Path) -> dict[str, CheckResult]:
    return by_name(run_checks([f"sqlite:///{good}"]))


@pytest.fixture(scope="module")
def good_on_postgresql(pg_server_uri: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same run in a PostgreSQL database, whose name ends in ``good``."""
    with psycopg.connect(pg_server_uri, autocommit=True) as connection:
        connection.execute("CREATE DATABASE checks_good")
    url = pg_server_uri.replace("/postgres?", "/checks_good?")
    simulate("smoke.yaml", tmp_path_factory.mktemp("there"), "--database", url, knobs=KNOBS)
    return url


@pytest.fixture
def copy_on_postgresql(pg_server_uri: str, good_on_postgresql: str) -> Iterator[str]:
    name = f"checks_{next(_NUMBERS)}"
    with psycopg.connect(pg_server_uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE checks_good")
        yield good_on_postgresql.replace("checks_good", name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_good_run_passes_every_check(results: dict[str, CheckResult]) -> None:
    assert {result.name: result.rows for result in results.values() if not result.passed} == {}
    assert {result.state for result in results.values()} == {"passed"}
    assert {result.group for result in results.values()} == {
        "integrity", "conservation", "acceptance",
    }  # fmt: skip


def test_a_good_run_passes_on_postgresql_too(
    results: dict[str, CheckResult], good_on_postgresql: str
) -> None:
    there = by_name(run_checks([good_on_postgresql]))
    # SQLite looks every reference and width up; PostgreSQL's own keys and types say as much.
    assert {name: result.found for name, result in there.items()} == {
        name: result.found
        for name, result in results.items()
        if name not in ("keys.lookup", "columns.widths", "database.pages")
    }
    assert {result.state for result in there.values()} == {"passed"}


def test_databases_of_one_run_are_checked_together(
    results: dict[str, CheckResult], tmp_path: Path
) -> None:
    urls = simulate("smoke.yaml", tmp_path, knobs=KNOBS)
    assert len(urls) == 2
    told: list[tuple[str, int, int]] = []
    together = by_name(run_checks(urls, progress=lambda *step: told.append(step)))
    assert {result.state for result in together.values()} == {"passed"}
    # Master data is in every database, and so is each table.
    in_each = ("keys.", "columns.", "health_parameters.", "database.", "rows.ids")
    rows = {name for name in results if not name.startswith(in_each)}
    assert {name: together[name].found for name in rows} == {
        name: results[name].found for name in rows
    }
    assert told[-1][1:] == (len(told), len(told))

    alone = by_name(run_checks(urls[:1]))
    assert alone["batches.created"].found == "not all of the run's databases are looked at"
    assert failed(list(alone.values())) == {}


def test_several_processes_find_what_one_finds(
    results: dict[str, CheckResult], good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.checks.run._INLINE_ROWS", 0)
    shared = by_name(run_checks([f"sqlite:///{good}"], workers=2))
    assert {name: result.found for name, result in shared.items()} == {
        name: result.found for name, result in results.items()
    }


def test_readings_may_be_looked_at_in_any_parts(
    results: dict[str, CheckResult], good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.checks.rules.readings.PART_ROWS", 5000)
    parts = by_name(run_checks([f"sqlite:///{good}"]))
    assert parts["readings.complete"].found == results["readings.complete"].found


@pytest.mark.parametrize("until", ["2025-08-08", "2025-09-23", "2025-11-11"])
def test_a_run_that_was_cut_short_is_a_consistent_farm(tmp_path: Path, until: str) -> None:
    found = by_name(run_checks(simulate("smoke.yaml", tmp_path, "--until", until, knobs=KNOBS)))
    assert failed(list(found.values())) == {}
    assert found["batches.created"].found == "the run was cut short"


def test_results_are_plain_values_for_json(results: dict[str, CheckResult]) -> None:
    result = results["eggs.balance"]
    assert json.loads(json.dumps(result.as_dict())) == {
        "name": "eggs.balance",
        "group": "conservation",
        "says": result.says,
        "expected": "none",
        "found": "none of 6 batches",
        "state": "passed",
        "rows": [],
        "seconds": result.seconds,
        "passed": True,
    }


def test_databases_of_different_runs_are_refused(good: Path, tmp_path: Path) -> None:
    until = ("--until", "2025-08-01")
    other = simulate("smoke.yaml", tmp_path, *until, knobs=[*KNOBS, "seed=2"])
    with pytest.raises(StoreError, match="do not hold the same run"):
        run_checks([f"sqlite:///{good}", other[0]])


def test_a_scenario_that_the_ledger_has_not_whole_is_refused(good: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(good, tmp_path / "copy.db"))
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE smoltflow_run SET resolved = '{}'")
        connection.commit()
    with pytest.raises(StoreError, match="copy of the scenario checks cannot be read"):
        run_checks([f"sqlite:///{copy}"])


def test_words_are_translated_with_their_arguments() -> None:
    query = "SELECT DAY(COALESCE(a, b)), MOST(WHOLE(x, 2), 1), today(c)"
    assert translate("postgresql", query) == (
        "SELECT (COALESCE(a, b) - DATE '1970-01-01'),"
        " greatest(CAST(round(x * 1e2) AS bigint), 1), today(c)"
    )
    with pytest.raises(ValueError, match="not closed"):
        translate("sqlite", "SELECT DAY(a")


def looked_at(url: str, name: str) -> CheckResult:
    """What a check finds; a rule is looked at alone, which is many times faster."""
    if name not in RULES:
        return by_name(run_checks([url]))[name]
    session = Session(url)
    try:
        return RULES[name].look(session).result()
    finally:
        session.close()


def test_a_rule_that_is_looked_at_alone_finds_what_it_finds_among_all(
    results: dict[str, CheckResult], good: Path
) -> None:
    alone = {name: looked_at(f"sqlite:///{good}", name) for name in RULES if name in results}
    assert len(alone) > 80
    assert {name: one.found for name, one in alone.items()} == {
        name: results[name].found for name in alone
    }


@pytest.mark.parametrize(("name", "damage"), DAMAGE)
def test_damage_is_noticed(good: Path, tmp_path: Path, name: str, damage: str) -> None:
    damaged = Path(shutil.copy(good, tmp_path / "damaged.db"))
    with closing(sqlite3.connect(damaged)) as connection:
        connection.executescript(damage)
        connection.commit()
        assert connection.total_changes or damage.startswith("DROP")
    found = looked_at(f"sqlite:///{damaged}", name)
    assert found.state == "failed"
    assert found.rows


@pytest.mark.parametrize(("name", "damage"), ON_POSTGRESQL)
def test_damage_is_noticed_on_postgresql(copy_on_postgresql: str, name: str, damage: str) -> None:
    with psycopg.connect(copy_on_postgresql) as connection:
        for statement in damage.split(";"):
            connection.execute(statement.encode())
    found = looked_at(copy_on_postgresql, name)
    assert found.state == "failed"
    assert found.rows


def test_every_check_can_fail(results: dict[str, CheckResult]) -> None:
    assert {name for name, _ in DAMAGE} == set(results)
