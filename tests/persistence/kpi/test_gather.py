"""Measures from a run's databases are those of the world that it simulated."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from persistence.checks.engine.knobs import read_knobs
from persistence.checks.engine.session import Session
from persistence.checks.figures import measures as checks
from persistence.checks.figures.gather import gather
from persistence.kpi import measure_databases
from persistence.stores import StoreError
from sim.core.clock import date_of
from sim.kpi import Measures, measure
from sim.kpi.figures import kpis
from sim.kpi.measures import TYPES
from sim.scenario import load
from tests.support.checked_runs import KNOBS, SCENARIOS, simulate

# What a column cannot hold: weights are rounded to 10 g per row (a month's deaths of a batch are
# some hundred rows of containers), usage to a millionth of a unit-day. Days that the plant kept a
# batch follow from weights.
_KG = 1.0
_UNIT_DAYS = 1e-5
_DAYS = 1e-4
_LOOSE = {
    ("waits", "blocked"): _DAYS,
    ("deaths", "kg"): _KG,
    ("transitions", "kg"): _KG,
    ("batches", "alive_kg"): _KG,
} | {("usage", column): _UNIT_DAYS for column in TYPES["usage"]}
_KPI_TOLERANCE = 1e-5
"""Shares of usage come from rounded unit-days; all else is exact but for the order of sums."""


def same(found: Measures, expected: Measures, figures: int = 60) -> None:
    for name in Measures.__dataclass_fields__:
        if name not in TYPES:
            assert getattr(found, name) == getattr(expected, name), name
    for table, types in TYPES.items():
        for column, kind in types.items():
            ours, theirs = getattr(found, table)[column], getattr(expected, table)[column]
            if kind.startswith("f"):
                loose = _LOOSE.get((table, column), 1e-6)
                assert_allclose(ours, theirs, rtol=1e-9, atol=loose, err_msg=f"{table}.{column}")
            else:
                assert_array_equal(ours, theirs, err_msg=f"{table}.{column}")
    told = kpis(expected)
    assert kpis(found) == pytest.approx(told, rel=_KPI_TOLERANCE, nan_ok=True)
    assert sum(not math.isnan(value) for value in told.values()) > figures


@pytest.fixture(scope="module")
def expected() -> Measures:
    return measure(load(SCENARIOS / "smoke.yaml", KNOBS).scenario)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return simulate("smoke.yaml", tmp_path_factory.mktemp("shards"), knobs=KNOBS)


def test_a_file_for_each_geography(shards: list[str], expected: Measures) -> None:
    assert len(shards) == 2
    found = measure_databases(shards)
    same(found, expected)
    same(measure_databases(shards[::-1]), expected)
    assert (found.waits["blocked"] > 0).any()
    assert (found.batches["ended"] < 0).any()


def test_postgresql(pg_database: str, tmp_path: Path, expected: Measures) -> None:
    simulate("smoke.yaml", tmp_path, "--database", pg_database, knobs=KNOBS)
    same(measure_databases([pg_database]), expected)


def test_rows_of_others_are_not_counted(tmp_path: Path, expected: Measures) -> None:
    simulate("smoke.yaml", tmp_path, "--database", f"sqlite:///{tmp_path}/one.db", knobs=KNOBS)
    with closing(sqlite3.connect(tmp_path / "one.db")) as connection:
        copies = {
            "batch_batch": ("batch_number", "'Other'"),
            "batch_batchcontainerassignment": ("batch_id", "1000001"),
            "batch_creationworkflow": ("batch_id", "1000001"),
            "harvest_harvestevent": ("document_ref", "'Other'"),
            "harvest_harvestlot": ("event_id", "event_id + 1000000"),
            "health_treatment": ("batch_id", "1000001"),
            "planning_plannedactivity": ("batch_id", "1000001"),
            "smoltflow_wait": ("batch_id", "1000001"),
            "smoltflow_wait_holder": ("holder", "'Others'"),
            "smoltflow_batch": ("batch_id", "1000001"),
            "smoltflow_usage": ("pool", "'Others'"),
        }
        for table, (column, value) in copies.items():
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            taken = {"id": "id + 1000000", "workflow_number": "'Other'", column: value}
            taken["document_ref"] = "'Other'"
            values = ", ".join(taken.get(name, f'"{name}"') for name in names)
            connection.execute(
                f"INSERT INTO {table} SELECT {values} FROM {table}"
                f" WHERE id = (SELECT min(id) FROM {table})"
            )
        connection.commit()
    same(measure_databases([f"sqlite:///{tmp_path}/one.db"]), expected)


def test_acceptance_means_the_same(shards: list[str], expected: Measures) -> None:
    survival: list[float] = []
    fcr: list[float] = []
    for url in shards:
        with closing(Session(url)) as session:
            figures, knobs = gather(session), read_knobs(session.run)
        survival += checks.harvested_share(figures, knobs).values()
        fcr += checks.economic_fcr(figures, knobs).values()
    found = kpis(expected, (expected.first_day, expected.end_day))
    assert found["survival_percent"] == pytest.approx(np.mean(survival))
    assert found["fcr"] == pytest.approx(np.mean(fcr))


def test_a_database_that_is_not_given_is_missed(shards: list[str], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="database for Scotland is missing"):
        measure_databases(shards[:1])
    with pytest.raises(StoreError, match="no database"):
        measure_databases([])
    other = simulate("smoke.yaml", tmp_path, knobs=(*KNOBS, "seed=2"))
    with pytest.raises(StoreError, match="do not hold the same run"):
        measure_databases([shards[0], other[1]])


def test_a_run_that_was_cut_short_is_measured_as_far_as_it_came(
    tmp_path: Path, expected: Measures
) -> None:
    moves = expected.transitions
    lasting = np.flatnonzero(moves["completed"] > moves["arrived"])[-1]
    until = int(moves["arrived"][lasting]) + 1  # in the middle of a move
    day = str(date_of(until))
    found = measure_databases(simulate("smoke.yaml", tmp_path, "--until", day, knobs=KNOBS))
    scenario = load(SCENARIOS / "smoke.yaml", KNOBS).scenario
    same(found, measure(scenario, until=until), figures=40)
    assert (found.transitions["completed"] < found.transitions["arrived"]).any()
