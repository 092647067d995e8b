"""A dirty run is proven with its truth; damage that no label explains still fails."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from persistence.checks import CheckResult, run_checks
from persistence.checks.rules.defect_rates import covered_share, is_dirty
from persistence.digest import run_digest
from persistence.recompute import recompute
from sim.scenario import load
from tests.support.checked_runs import KNOBS, SCENARIOS, by_name, failed, simulate
from tests.support.command_line import ROOT

READING = "environmental_environmentalreading"
LABEL = "smoltflow_defect"
DUTIES = (*KNOBS[1:4], *KNOBS[6:])  # readings at all hours and samples of as many fish


def labelled(kind: str, more: str = "1 = 1") -> str:
    return f"(SELECT min(id) FROM {LABEL} WHERE kind = '{kind}' AND sensor_id > 0 AND {more})"


def at(label: str) -> str:
    return (
        f"(sensor_id, reading_time) = (SELECT sensor_id, row_time FROM {LABEL} WHERE id = {label})"
    )


GOOD = f"""(SELECT max(r.id) FROM {READING} r LEFT JOIN {LABEL} d ON d.sensor_id = r.sensor_id
    AND r.reading_time IN (d.row_time, d.true_time) WHERE d.id IS NULL)"""
SAMPLE = f"(SELECT min(growth_sample_id) FROM {LABEL})"
DEATHS = f"(SELECT min(mortality_id) FROM {LABEL})"
LAST = f"(SELECT max(id) FROM {LABEL})"
COPY = """table_name, column_name, row_time, sensor_id, growth_sample_id, mortality_id, batch_id,
    container_id, assignment_id, parameter_id, true_value, written_value, true_time, written_time,
    since, until, other_container_id"""

DAMAGE: list[tuple[str, str]] = [
    # Damage that no label explains.
    ("readings.complete", f"DELETE FROM {READING} WHERE id = {GOOD}"),
    ("readings.values", f"UPDATE {READING} SET value = 1000 WHERE id = {GOOD}"),
    ("readings.hours",
     (f"UPDATE {READING} SET reading_time = replace(reading_time, ':00:00', ':00:30')"
     f" WHERE id = {GOOD}")),
    ("samples.statistics",
     (f"UPDATE batch_growthsample SET avg_weight_g = avg_weight_g / 1000 WHERE id = (SELECT min(id)"
     f" FROM batch_growthsample WHERE id NOT IN (SELECT growth_sample_id FROM {LABEL}"
     " WHERE growth_sample_id > 0))")),
    # A dirty row is not as its label says.
    ("readings.complete", f"DELETE FROM {READING} WHERE {at(labelled('spike'))}"),
    ("defects.found", f"DELETE FROM {READING} WHERE {at(labelled('spike'))}"),
    ("defects.found", f"DELETE FROM {READING} WHERE {at(labelled('duplicate'))}"),
    ("defects.found", f"UPDATE {READING} SET value = value + 1 WHERE {at(labelled('stuck'))}"),
    ("defects.found", f"UPDATE {READING} SET value = value + 1 WHERE {at(labelled('unit'))}"),
    ("defects.found",
     (f"UPDATE {READING} SET created_at = reading_time WHERE {at(labelled('late'))}")),
    ("defects.found",
     (f"UPDATE batch_growthsample SET avg_weight_g = avg_weight_g * 1000 WHERE id = {SAMPLE}")),
    ("defects.found",
     (f"UPDATE batch_mortalityevent SET created_at = '2025-05-05 21:00:00' WHERE id = {DEATHS}")),
    # A label is not as it should be.
    ("readings.complete", f"DELETE FROM {LABEL} WHERE id = {labelled('missing')}"),
    ("readings.hours", f"DELETE FROM {LABEL} WHERE id = {labelled('duplicate')}"),
    ("readings.values",
     (f"UPDATE {LABEL} SET true_value = 400 WHERE id = {labelled('spike')}")),
    ("defects.kept", f"DELETE FROM {LABEL} WHERE id = {labelled('swapped')}"),
    ("defects.kept", f"DELETE FROM {LABEL} WHERE id = {LAST}"),
    ("defects.kept", f"DELETE FROM {LABEL} WHERE id = (SELECT min(id) FROM {LABEL})"),
    ("defects.once",
     (f"INSERT INTO {LABEL} (id, kind, {COPY}) SELECT {LAST} + 1, 'stuck', {COPY} FROM {LABEL}"
     f" WHERE id = {labelled('unit')};"
     "UPDATE smoltflow_chunk SET digests = json_set(digests, '$.last.smoltflow_defect', 9000000)"
     " WHERE json_extract(digests, '$.last.smoltflow_defect') IS NOT NULL;"
     "UPDATE smoltflow_block SET last_key = last_key + 1 WHERE table_name = 'smoltflow_defect'")),
    ("defects.once",
     (f"UPDATE {LABEL} SET (sensor_id, row_time) = (SELECT sensor_id, true_time FROM {LABEL}"
     f" WHERE id = {labelled('duplicate')}) WHERE id = {labelled('spike')}")),
    ("defects.places",
     (f"UPDATE {LABEL} SET container_id = container_id + 1 WHERE id = {labelled('spike')}")),
    ("defects.places",
     (f"UPDATE {LABEL} SET row_time = replace(row_time, ':00:00', ':30:00')"
     f" WHERE id = {labelled('missing')}")),
    ("defects.places",
     (f"UPDATE {LABEL} SET row_time = '2031-01-01 08:00:00' WHERE id = {labelled('missing')}")),
    ("defects.places", f"UPDATE {LABEL} SET batch_id = batch_id + 1 WHERE mortality_id = {DEATHS}"),
    ("defects.kinds",
     (f"UPDATE {LABEL} SET true_value = true_value + 1 WHERE id ="
     f" (SELECT min(id) FROM {LABEL} WHERE kind = 'unit' AND parameter_id = (SELECT id FROM"
     " environmental_environmentalparameter WHERE name = 'Temperature'))")),
    ("defects.kinds",
     (f"UPDATE {LABEL} SET true_value = 3 * true_value WHERE growth_sample_id = {SAMPLE}")),
    ("defects.kinds",
     (f"UPDATE {LABEL} SET written_value = true_value WHERE id = {labelled('spike')}")),
    ("defects.kinds",
     (f"UPDATE {LABEL} SET written_value = written_value + 1 WHERE id = {labelled('stuck')}")),
    ("defects.kinds",
     (f"UPDATE {LABEL} SET written_value = written_value + 1 WHERE id = {labelled('swapped')}")),
    ("defects.kinds",
     (f"UPDATE {LABEL} SET written_time = true_time WHERE id = {labelled('late')}")),
    ("defects.rates", f"DELETE FROM {LABEL} WHERE kind = 'spike' AND id % 3 > 0"),
    ("defects.rates",
     (f"UPDATE {LABEL} SET kind = 'stuck', since = row_time WHERE kind = 'late'")),
    ("defects.rates", f"DELETE FROM {LABEL} WHERE mortality_id > 0"),
]  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dirty")
    simulate("dirty.yaml", folder, "--database", f"sqlite:///{folder}/good.db", knobs=DUTIES)
    return folder / "good.db"


@pytest.fixture(scope="module")
def results(good: Path) -> dict[str, CheckResult]:
    return by_name(run_checks([f"sqlite:///{good}"]))


def test_a_dirty_run_passes_every_check(results: dict[str, CheckResult]) -> None:
    assert {result.name: result.rows for result in failed(list(results.values())).values()} == {}
    own = {name for name in results if name.startswith("defects.")}
    assert own == {name for name, _ in DAMAGE if name.startswith("defects.")}
    assert {results[name].state for name in own} == {"passed"}
    assert results["defects.rates"].found == "none of 10 rates"


def test_a_clean_run_has_no_checks_of_defects(tmp_path: Path) -> None:
    urls = simulate("smoke.yaml", tmp_path, "--until", "2025-10-20", knobs=DUTIES)
    assert not [r.name for r in run_checks(urls) if r.name.startswith("defects.")]
    with closing(sqlite3.connect(urls[0].removeprefix("sqlite:///"))) as connection:
        assert connection.execute(f"SELECT count(*) FROM {LABEL}").fetchone() == (0,)


@pytest.mark.long
def test_a_dirty_run_on_postgresql_says_the_same(
    results: dict[str, CheckResult], good: Path, pg_database: str, tmp_path: Path
) -> None:
    simulate("dirty.yaml", tmp_path, "--database", pg_database, knobs=DUTIES)
    there = by_name(run_checks([pg_database]))
    assert failed(list(there.values())) == {}
    for name, here in results.items():
        if name.startswith(("defects.", "readings.", "samples.")):
            assert there[name].found == here.found, name
    digests = [run_digest(recompute([url])) for url in (f"sqlite:///{good}", pg_database)]
    assert digests[0] == digests[1]
    with psycopg.connect(pg_database) as connection:
        connection.execute(f"UPDATE {LABEL} SET written_value = 1 WHERE id = {labelled('stuck')}")
    assert {"defects.found", "defects.kinds"} <= set(failed(run_checks([pg_database])))


@pytest.mark.parametrize(("name", "damage"), DAMAGE)
def test_damage_is_noticed(good: Path, tmp_path: Path, name: str, damage: str) -> None:
    damaged = Path(shutil.copy(good, tmp_path / "damaged.db"))
    with closing(sqlite3.connect(damaged)) as connection:
        connection.executescript(damage)
        connection.commit()
        assert connection.total_changes
    found = failed(run_checks([f"sqlite:///{damaged}"]))
    assert name in found
    assert found[name].rows


@pytest.mark.long
def test_a_run_in_two_parts_is_as_dirty(tmp_path: Path) -> None:
    whole = simulate("dirty.yaml", tmp_path / "whole", "--until", "2025-10-20", knobs=DUTIES)
    simulate("dirty.yaml", tmp_path / "parts", "--until", "2025-08-20", knobs=DUTIES)
    parts = simulate(
        "dirty.yaml", tmp_path / "parts", "--until", "2025-10-20", "--append", knobs=DUTIES
    )
    assert run_digest(recompute(parts)) == run_digest(recompute(whole))
    rows = []
    for urls in (whole, parts):
        for url in urls:
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                rows.append(
                    sorted(map(str, connection.execute(f"SELECT kind, {COPY} FROM {LABEL}")))
                )
    assert rows[:2] == rows[2:]
    assert min(map(len, rows)) > 100


QUERIES = re.findall(
    r"```sql\n(.*?)```",
    (ROOT / "docs" / "defects.md").read_text("utf-8"),
    re.DOTALL,
)


def test_the_documented_query_gives_the_clean_readings(good: Path, tmp_path: Path) -> None:
    simulate("smoke.yaml", tmp_path, "--database", f"sqlite:///{tmp_path}/clean.db", knobs=DUTIES)
    found = []
    for path, query in (
        (good, QUERIES[0]),
        (tmp_path / "clean.db", f"SELECT sensor_id, reading_time, value FROM {READING}"),
    ):
        with closing(sqlite3.connect(path)) as connection:
            found.append(sorted(connection.execute(query).fetchall()))
    assert found[0] == found[1]


def test_the_documented_queries_score_a_range_check(good: Path) -> None:
    with closing(sqlite3.connect(good)) as connection:
        kinds = {row[0]: row[1:] for row in connection.execute(QUERIES[1])}
        ((findings, correct, precision),) = connection.execute(QUERIES[2])
    assert set(kinds) == {"missing", "late", "duplicate", "stuck", "spike", "unit", "swapped"}
    for labelled_rows, found, recall, spells, of_spells in kinds.values():
        assert recall == pytest.approx(found / labelled_rows)
        assert 0 <= of_spells <= 1
        assert spells <= labelled_rows
    assert kinds["spike"][2] > 0.2
    assert kinds["stuck"][2] == 0
    assert findings == correct  # a range check is never wrong about clean readings
    assert precision == 1


def test_the_share_of_readings_in_spells_is_as_worked_out() -> None:
    assert covered_share(0.0, (1, 5), [8]) == 0
    # A spell of exactly two days on every day covers all; one of six hours, a quarter of the day.
    assert covered_share(1.0, (48, 48), [0, 12]) == pytest.approx(1, abs=1e-9)
    assert covered_share(0.1, (6, 6), [12]) == pytest.approx(0.1 * 0.25, rel=0.02)
    assert covered_share(0.001, (24, 72), [3, 15]) == pytest.approx(0.001 * 2, rel=0.01)
    assert covered_share(0.001, (24, 72), [3, 15], 12) == pytest.approx(0.001 * 1.5, rel=0.01)


def test_a_scenario_is_dirty_by_any_rate() -> None:
    assert not is_dirty(None)
    dirty = load(SCENARIOS / "dirty.yaml").scenario.defects
    assert dirty is not None
    assert dirty.any
    assert is_dirty(dirty.model_dump(mode="json"))
    for change in (
        "missing.share", "missing.dead.per_sensor_day", "late.per_container_day",
        "late.mortality_share", "duplicate.share", "stuck.per_sensor_day", "spike.share",
        "unit.per_sensor_day", "unit.sample_share", "swapped.per_pair_day",
    ):  # fmt: skip
        only = load(SCENARIOS / "smoke.yaml", [f"defects.{change}=0.1"]).scenario.defects
        assert only is not None
        assert only.any
        assert is_dirty(only.model_dump(mode="json")), change
    none = load(SCENARIOS / "smoke.yaml", ["defects={}"]).scenario.defects
    assert none is not None
    assert not none.any
    assert not is_dirty(none.model_dump(mode="json"))
