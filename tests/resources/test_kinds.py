"""A kind of pool is one entry: who counts, plans, lists or draws pools knows a new one by it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from persistence.kpi import measure_databases
from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import HEALTH
from sim.kpi import measure
from sim.kpi.catalogue import blocking, pools_of
from sim.kpi.chain import chain
from sim.kpi.figures import catalogue, kpis
from sim.kpi.waits import Held, binding, holders
from sim.master_data.carriers import carrier_rows
from sim.processes.life import batch as lives
from sim.processes.waiting import granted
from sim.report.drawing import colours_of, svg
from sim.report.facts import monthly_use
from sim.report.page import PageTable, Picture
from sim.report.run import run_page
from sim.resources.kinds import KINDS, Carrier, PoolKind, in_order, pools, without_stores
from sim.scenario import Scenario
from sim.sites.layout import Layout
from sim.study.packing import unpack
from sim.study.replication import VERSION, replicate
from sim.study.results import Task
from tests.persistence.kpi.test_gather import same
from tests.support.checked_runs import simulate
from tests.support.small_company import company

NAME, COLOUR = "net cleaning vessels", "#13579b"
CLEANERS = PoolKind(
    name=NAME, sort="fleet", wait="net cleaning", keeps="while waiting", colours=(COLOUR,),
    unit="vessels", number=lambda _: 1,
    carrier=Carrier("Net Cleaner", "VESSEL", 9, lambda _, carriers: 2 * carriers.feed_boat_m3),
)  # fmt: skip
CHANGES: dict[str, Any] = {
    "schedule__batches": 2, "schedule__stagger_days": 1, "geographies__0__stations": 2,
    "geographies__0__areas": 2, "recording__reading_hours": [8],
    "recording__growth_sample_fish": 2,
}  # fmt: skip
CLEANED_ON, CLEANED_DAYS = 50, 3


def clean_nets(farm: Farm, batch: Batch) -> Generator[Any, Any, None]:
    """On the same day every batch wants its nets cleaned, which takes some days."""
    yield farm.at(farm.first_day + CLEANED_ON, HEALTH)
    fleet = farm.resources.fleets[NAME]
    trip = fleet.ask(batch.name)
    yield from granted(
        farm, trip, fleet.name, fleet.usage.pools, batch, (1, "vessels"),
        f"{batch.name} has its nets cleaned", fleet.holders,
    )  # fmt: skip
    yield farm.env.timeout(CLEANED_DAYS)
    fleet.come_back(trip)


@pytest.fixture
def scenario(monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A company with a fleet of its own, which costs an entry and whoever asks for it."""
    monkeypatch.setitem(KINDS, NAME, CLEANERS)
    monkeypatch.setattr(lives, "COMPANIONS", (*lives.COMPANIONS, clean_nets))
    return company(**CHANGES)


def test_a_further_fleets_waits_use_and_colour_are_found(scenario: Scenario) -> None:
    measures = measure(scenario)
    whole = (measures.first_day, measures.end_day)
    waits, days = measures.waits, measures.end_day - measures.first_day
    (row,) = [row for row, kind in enumerate(waits["pool_kind"]) if kind == NAME]
    assert (waits["kind"][row], waits["who"][row]) == ("net cleaning", "NOR-2020-002")
    assert waits["until"][row] - waits["since"][row] == waits["blocked"][row] == CLEANED_DAYS
    assert measures.held(row) == [("NOR-2020-001", 1)]

    found = kpis(measures, whole)
    assert found.keys() == catalogue(scenario).keys()
    waited = found["wait_days_net_cleaning_vessels_per_year"]
    assert waited == pytest.approx(CLEANED_DAYS / days * 365.25)
    kept = found["blocked_days_net_cleaning_vessels_per_batch"]
    assert kept == pytest.approx(CLEANED_DAYS / (measures.batches["ended"] >= 0).sum())
    used = found["utilisation_net_cleaning_vessels"]
    assert used == pytest.approx(2 * CLEANED_DAYS / days)

    assert Held(NAME, "NOR-2020-002", "NOR-2020-001", CLEANED_DAYS) in holders(measures, whole)
    bound = {one.kind: one for one in binding(measures, whole)}
    assert f"{NAME} were taken" in bound[NAME].sentence
    assert bound[NAME].kept_days == CLEANED_DAYS
    (step,) = [step for step in chain(measures, "NOR-2020-002") if step.kind == NAME]
    assert step.text.endswith("N net cleaning vessels: held by NOR-2020-001 1")

    sections = {section.anchor: section for section in run_page(measures).sections}
    waits_picture, waits_table = sections["waits"].parts
    assert isinstance(waits_picture, Picture)
    assert isinstance(waits_table, PageTable)
    assert f"fill: {COLOUR}" in svg(waits_picture)
    assert [row.cells[2].value for row in waits_table.rows if row.cells[0].text == NAME] == [
        CLEANED_DAYS
    ]
    (heat_map,) = sections["usage"].parts
    assert isinstance(heat_map, Picture)
    assert NAME in heat_map.alt


def test_it_is_in_a_study_and_in_what_a_study_keeps(scenario: Scenario) -> None:
    task = Task(0, 0, scenario.seed, scenario.model_dump_json(), 0, VERSION)
    told = replicate(task, lambda _: None)
    assert told.error is None
    assert told.kpis.keys() == catalogue(scenario).keys()
    assert told.kpis["wait_days_net_cleaning_vessels_per_year"] > 0
    (wait,) = [row for row in told.waits if NAME in row]
    assert wait == ("North", NAME, "net cleaning", 1, CLEANED_DAYS, CLEANED_DAYS, 0.0)
    used = monthly_use([(0, 0, *row) for row in told.usage], 1, pools_of(scenario))
    assert used.pools[-1] == pools(NAME)
    assert colours_of(blocking(used.pools))[NAME] == COLOUR
    kept = unpack(told.measures or b"")
    assert kept is not None
    assert kept.pools == pools_of(scenario)


def test_it_is_in_the_databases_of_a_run_and_among_aquaminds_carriers(
    scenario: Scenario, tmp_path: Path
) -> None:
    file = tmp_path / "cleaned.yaml"
    file.write_text(scenario.model_dump_json())
    same(measure_databases(simulate(str(file), tmp_path / "out")), measure(scenario))
    listed = [row for row in carrier_rows(Layout(scenario, 0)) if "Net Cleaner" in str(row["name"])]
    assert [(row["name"], row["capacity_m3"]) for row in listed] == [("N Net Cleaner 01", 2000.0)]


def test_kinds_are_ordered_as_fish_meet_them_and_each_is_there_once() -> None:
    some = [pools("rings"), pools("tanks", "B"), pools("barges"), pools("tanks", "A")]
    ordered = in_order([*some, *some])
    assert [each.name for each in ordered] == ["tanks A", "tanks B", "rings", "barges"]
    assert [each.name for each in without_stores(ordered)] == ["tanks A", "tanks B", "rings"]


def test_a_fleet_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="net cleaning vessels: a fleet's entry says how many"):
        replace(CLEANERS, number=None).vehicles(company().geographies[0])


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_says_what_is_read_of_it(kind: PoolKind) -> None:
    assert kind.wait
    assert kind.colours or kind.sort == "stores"
    assert (kind.number is not None) == (kind.sort in ("fleet", "plant")) == bool(kind.unit)
    assert kind.carrier is None or kind.sort == "fleet"
