"""A geography without stations, down to a single ring: it is run, proven, and to be seen."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from persistence.checks import run_checks
from sim.planner.demand import demand_of
from sim.planner.formula import StartSpan, judge
from sim.scenario import load
from sim.sites.layout import Layout
from sim.sites.schedule import make_plan
from tests.stories.test_isolation import check_same
from tests.support.checked_runs import SCENARIOS, failed, simulate
from tests.support.command_line import query
from tests.support.small_company import COMPANY, SOUTH, START, company, run

NORTH = COMPANY["geographies"][0]
RING: dict[str, Any] = {
    "name": "Test Geography", "code": "TST", "prefix": "T", "stations": 0, "areas": 1,
    "rings_per_area": 1, "barges_per_area": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The smoke company with two batches, and the single ring."""
    folder = tmp_path_factory.mktemp("single")
    knobs = load(SCENARIOS / "smoke.yaml").scenario.model_dump(mode="json")
    knobs["geographies"].append(RING)
    path = folder / "single.yaml"
    path.write_text(yaml.safe_dump(knobs | {"name": "single"}), encoding="utf-8")
    return simulate(str(path), folder / "run", knobs=["schedule.batches=2"])


def test_its_database_shows_one_container_and_its_surroundings(databases: list[str]) -> None:
    own = next(url for url in databases if "test_geography" in url)
    assert query(own, "SELECT name FROM infrastructure_container") == [("T-SEA-01-Ring-01",)]
    assert len(query(own, "SELECT id FROM infrastructure_sensor")) == 4
    assert query(own, "SELECT count(*) FROM environmental_weatherdata")[0][0] > 100
    assert query(own, "SELECT count(*) FROM scenario_temperatureprofile") == [(2,)]
    for empty in ("batch_batch", "infrastructure_freshwaterstation", "inventory_feedpurchase"):
        assert query(own, f"SELECT count(*) FROM {empty}") == [(0,)]
    for url in databases:
        assert query(url, "SELECT count(*) FROM infrastructure_geography") == [(3,)]


def test_the_run_is_proven_together_and_alone(databases: list[str]) -> None:
    assert failed(run_checks(databases)) == {}
    assert failed(run_checks([url for url in databases if "test_geography" in url])) == {}


def test_it_changes_no_day_of_the_others() -> None:
    two = run(company(geographies=[NORTH, SOUTH], schedule__batches=2), days=95)
    three = run(company(geographies=[NORTH, RING, SOUTH], schedule__batches=2), days=95)
    plans = [make_plan(told.world.scenario).batches for told in (two, three)]
    assert [(b.name, b.start, b.eggs) for b in plans[0]] == [
        (b.name, b.start, b.eggs) for b in plans[1]
    ]
    check_same(two, three, batches=2, skip=())
    assert three.days(lane=1)["day"].size == 0


def test_it_takes_no_turn_in_the_formula() -> None:
    pools = []
    for geographies in ([NORTH, SOUTH], [RING, NORTH, SOUTH]):
        scenario = company(geographies=geographies, schedule__batches=6)
        found = judge(
            scenario, demand_of(scenario, make_plan(scenario)), 20, 0.85, StartSpan(None, 6)
        )
        pools.append(found.pools)
    assert pools[0] == pools[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"geographies__1__batches": 2}, "2 batches start in Test Geography, which has no station"),
        ({"geographies__1__areas": 0}, "Test Geography has no container"),
        (
            {"schedule__entries": [{"geography": "Test Geography", "start": START}]},
            "Test Geography has no station for a batch to start at",
        ),
    ],
)
def test_batches_need_a_station_and_a_geography_a_container(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        company(geographies=[NORTH, RING], **changes)


def test_the_shipped_company_has_its_size() -> None:
    scenario = load(SCENARIOS / "three_geographies.yaml").scenario
    layouts = [Layout(scenario, index) for index in range(3)]
    tanks = sum(len(hall.containers) for layout in layouts for hall in layout.halls.values())
    assert (tanks, sum(len(layout.halls) for layout in layouts)) == (1800, 120)
    assert [len(layout.areas) for layout in layouts] == [32, 28, 1]
    assert [int(layout.at_sea.sum()) for layout in layouts] == [640, 560, 1]
    batches = make_plan(scenario).batches
    assert [sum(batch.geography == place for batch in batches) for place in range(3)] == [60, 60, 0]
