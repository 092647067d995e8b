"""Delousing: which ring is treated when."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim.core.clock import MICROSECONDS_PER_DAY
from sim.scenario import Scenario, load
from sim.world import World
from tests.support.command_line import ROOT

SLOWLY = ("Medicinal (chemical) emamectin in feed", "Freshwater bath", "Thermal delousing",
          "Mechanical flushing")  # fmt: skip


def lousy(*changes: str) -> Scenario:
    """The smoke company with many lice, whose rings are treated one a day."""
    slow = [f"delousing.methods.{name}.rings_per_day=1" for name in SLOWLY]
    knobs = ["schedule.batches=2", "lice.external_per_fish_day=1.5", *slow, *changes]
    return load(ROOT / "scenarios/smoke.yaml", knobs).scenario


def treated(scenario: Scenario) -> dict[tuple[int, str], list[int]]:
    """On which days each container's fish were treated against lice, by assignment and way."""
    world = World(scenario)
    world.advance(world.plan.end_day)
    farm = world.farms[0]
    found: dict[tuple[int, str], list[int]] = {}
    records = {record.key: record.values for record in farm.lane.records["treatment"]}
    for aim in farm.lane.records["treatment_aim"]:
        if aim.values["kind"] == "delousing":
            values = records[int(aim.values["treatment"])]
            place = (int(values["batch_assignment"]), str(aim.values["given"]))
            day = int(values["treatment_date"]) // MICROSECONDS_PER_DAY
            found.setdefault(place, []).append(day)
    return found


@pytest.mark.parametrize("least_days", [14, 9])
def test_the_pause_counts_from_each_rings_own_last_treatment(least_days: int) -> None:
    found = treated(lousy(f"delousing.minimum_interval_days={least_days}"))
    rings: dict[int, list[int]] = {}
    for (ring, _), days in found.items():
        rings.setdefault(ring, []).extend(days)
    gaps = [after - before for days in rings.values() for before, after in pairwise(sorted(days))]
    assert len(gaps) > 4, "rings are treated again"
    assert min(gaps) >= least_days
    assert min(gaps) < least_days + 10, "and do not wait for longer than they must"


def test_a_way_rests_from_the_last_day_of_its_use() -> None:
    knobs = [f"delousing.methods.{name}.rest_days=40" for name in SLOWLY]
    found = treated(lousy(*knobs, "delousing.minimum_interval_days=2"))
    ways: dict[str, set[int]] = {}
    for (_, way), days in found.items():
        ways.setdefault(way, set()).update(days)
    for way, days in ways.items():
        for before, after in pairwise(sorted(days)):
            assert not 10 < after - before < 40, way  # within a campaign, or rested
