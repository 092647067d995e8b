"""Production size: every shipped scenario run and proven, and one digest over stores and kills.

Marked ``full``: some 30 minutes and 20 GB of disk on two cores. See docs/testing.md.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import ROOT

pytestmark = pytest.mark.full

SCENARIOS = ROOT / "scenarios"
ENVIRONMENT = {**os.environ, "COLUMNS": "200"}


def sim(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sim", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def run(scenario: str, out: Path, *arguments: object) -> dict[str, Any]:
    done = sim("run", SCENARIOS / f"{scenario}.yaml", "--out", out, "--json", *arguments)
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("production")
    return out, run("production", out)


def test_production_stays_within_time_and_memory(production: tuple[Path, dict[str, Any]]):
    _, manifest = production
    assert manifest["batches"]["total"] == 144
    assert manifest["wall_s"] < 360
    assert manifest["peak_rss_mb"] < 1536


def test_production_is_proven_in_under_three_minutes(production: tuple[Path, dict[str, Any]]):
    report = json.loads(sim("verify", production[0], "--json").stdout)
    assert report["passed"]
    assert report["wall_s"] < 180


def test_production_is_the_same_on_postgresql(
    production: tuple[Path, dict[str, Any]], pg_database: str, tmp_path: Path
):
    manifest = run("production", tmp_path, "--database", pg_database)
    assert manifest["digests"] == production[1]["digests"]
    assert manifest["wall_s"] < 360
    assert manifest["peak_rss_mb"] < 1536
    sim("verify", pg_database)


def test_production_killed_half_way_is_the_same(
    production: tuple[Path, dict[str, Any]], tmp_path: Path
):
    arguments = ["run", str(SCENARIOS / "production.yaml"), "--out", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if " 4" in line.partition("%")[0][-4:]:  # somewhere in the forties per cent
                break
        process.send_signal(signal.SIGKILL)
    manifest = json.loads(sim(*arguments, "--resume", "--json").stdout)
    assert manifest["digest"] == production[1]["digest"]


@pytest.mark.parametrize(
    "scenario",
    [
        "single_batch_200d",
        "single_batch_900d",
        "small_20",
        "medium_40",
        "saturation_170",
        "tight",
        "dense",
        "ten_rings",
        "three_geographies",
    ],
)
def test_a_shipped_scenario_is_proven(scenario: str, tmp_path: Path):
    manifest = run(scenario, tmp_path)
    assert manifest["batches"]["active"] + manifest["batches"]["completed"] > 0
    sim("verify", tmp_path)
    for database in tmp_path.glob("*.sqlite"):
        database.unlink()  # they take gigabytes, and pytest would keep them
