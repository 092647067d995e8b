"""Runs for the tests of the checks: a small company whose batches wait, move and are harvested."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from persistence.checks import CheckResult
from sim.cli import main
from tests.support.command_line import ROOT

SCENARIOS = ROOT / "scenarios"

# One station and one area per geography, so that batches wait, and use what others have left. The
# third batch of each is still alive at the end. Feed is in stock on the first day, on land and at
# sea, which expires before the last one.
KNOBS = (
    "name=checks", "schedule.batches=6", "schedule.stagger_days=25", "schedule.tail_days=45",
    "recording.reading_hours=[8, 16]", "recording.growth_sample_fish=4",
    "geographies.0.stations=1", "geographies.1.stations=1",
    "geographies.0.areas=1", "geographies.1.areas=1",
    "geographies.0.barge_kg=9000", "geographies.1.barge_kg=15000", "feed_supply.opening_t=10",
    *(f"feeds.{feed}.shelf_life_days=120" for feed in range(4)),
)  # fmt: skip


def simulate(scenario: str, folder: Path, *args: str, knobs: Sequence[str] = ()) -> list[str]:
    """Run a scenario in this process; returns the URLs of its databases in the folder."""
    changes = [word for knob in knobs for word in ("--set", knob)]
    run = ["run", str(SCENARIOS / scenario), "--out", str(folder), "--workers", "1"]
    with pytest.raises(SystemExit) as ended:
        main([*run, "--no-progress", *changes, *args])
    assert ended.value.code == 0
    return [f"sqlite:///{path}" for path in sorted(folder.glob("*.sqlite"))]


def good_run(folder: Path) -> Path:
    """A run that is in order, in one SQLite file."""
    simulate("smoke.yaml", folder, "--database", f"sqlite:///{folder}/good.db", knobs=KNOBS)
    return folder / "good.db"


def by_name(results: Sequence[CheckResult]) -> dict[str, CheckResult]:
    assert len({result.name for result in results}) == len(results)
    return {result.name: result for result in results}


def failed(results: Sequence[CheckResult]) -> dict[str, CheckResult]:
    return {result.name: result for result in results if result.state == "failed"}
