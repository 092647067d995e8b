"""The real model: shipped scenarios load, resolved ones load again, and the schema fits both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import Loaded, Scenario, ScenarioError, load
from sim.scenario.problems import SET, SourcePlace
from sim.scenario.schema import json_schema, show
from sim.scenario.tree import filled_in, plain
from sim.scenario.yamltext import read_file
from tests.support.command_line import ROOT
from tests.support.scenario_company import Company, company

SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))

TINY = """\
name: tiny
schedule: {start: 2024-01-01}
eggs: {count_min: 1000, count_max: 2000}
stages:
  - name: Egg&Alevin
    role: hatchery
    hall: A
    container_type: Tray
    tgc: 0
    daily_mortality_percent: 0.1
  - name: Fry
    hall: B
    container_type: Tank
    tgc: 1.9
    daily_mortality_percent: 0.05
    feeds: [{feed: Starter Feed 0.5mm}]
container_types:
  - {name: Tray, category: TRAY, volume_m3: 1, max_biomass_kg: 100}
  - {name: Tank, volume_m3: 100, max_biomass_kg: 5000}
geographies:
  - {name: Faroe Islands, code: FAR, prefix: FI, areas: 0}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def told(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(path, overrides)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def again(loaded: Loaded[Any], folder: Path) -> Loaded[Any]:
    path = folder / "shown.yaml"
    path.write_text(show(loaded), encoding="utf-8")
    return load(path, model=type(loaded.scenario))


def given_in(path: Path) -> Any:
    root = read_file(path).root
    assert root is not None
    return plain(root)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_load_and_load_again(path: Path, tmp_path: Path) -> None:
    loaded = load(path)
    assert again(loaded, tmp_path).scenario == loaded.scenario
    jsonschema.validate(given_in(path), json_schema())


def test_a_resolved_scenario_loads_again(tiny: Path, tmp_path: Path) -> None:
    loaded = load(tiny, ["geographies.Faroe Islands.code=FO", "recording.reading_hours.0=5"])
    shown = again(loaded, tmp_path)
    assert isinstance(loaded.scenario, Scenario)
    assert shown.scenario == loaded.scenario
    assert shown.resolved == loaded.resolved
    assert json.loads(json.dumps(loaded.resolved)) == loaded.resolved


def test_each_line_tells_where_its_value_comes_from(tiny: Path) -> None:
    overrides = ["stages.Fry.tgc=2", "recording.reading_hours.0=5"]
    lines = [line.strip() for line in show(load(tiny, overrides)).splitlines()]
    assert f"name: tiny  # {tiny}:1:7 - short name" in lines
    assert f"tgc: 2.0  # {SET} - thermal growth coefficient x 1000" in lines
    assert "seed: 1  # default - root of all random streams" in lines
    assert lines[lines.index(f"- 5  # {SET}") + 1] == "- 8  # default"
    assert all("  # " in line for line in lines)


TEXTS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
"""What a text may be made of."""


@given(
    st.text(TEXTS),
    st.dictionaries(st.text(TEXTS, max_size=20), st.floats(allow_nan=False, allow_infinity=False)),
    st.lists(st.integers(-(2**63), 23), min_size=1),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_values_are_shown_so_that_they_load_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, prices: dict[str, float], hours: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    name = name.replace("\0", "")
    prices = {key.replace("\0", ""): price for key, price in prices.items()}
    scenario = Company(name=name, prices=prices, hours=hours)
    resolved = scenario.model_dump(mode="json")
    nowhere = filled_in(resolved, SourcePlace("odd", 1, 1))
    loaded = Loaded(scenario, resolved, {("name",): "odd\nfile\x85:1:2"}, nowhere)
    assert company(show(loaded)).resolved == loaded.resolved


def test_the_schema_takes_what_the_loader_takes(tiny: Path) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(load(tiny).resolved, schema)
    jsonschema.validate(given_in(tiny), schema)
    jsonschema.validate({"extends": "tiny.yaml", "seed": None, "eggs": None}, schema)
    jsonschema.validate({"extends": ["a.yaml", "b.yaml"], "stages": {"Fry": {"tgc": 2}}}, schema)
    assert schema["properties"]["seed"]["description"] == "root of all random streams"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"extends": []},
        {"extends": [3]},
        {"extends": "a.yaml", "seeed": 1},
        {"extends": "a.yaml", "stages": {"Fry": {"tcg": 1}}},
        {"name": "x"},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(values: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, json_schema())


def test_a_geography_changes_the_scenarios_stages_by_name(tiny: Path) -> None:
    own = "areas: 0, stages: {Fry: {tgc: 2.5}}}"
    tiny.write_text(TINY.replace("areas: 0}", own), encoding="utf-8")
    loaded = load(tiny, ["stages.Fry.fcr=0.9"])
    ours, theirs = loaded.scenario.stages, loaded.scenario.geographies[0].stages
    assert [stage.tgc for stage in ours] == [0, 1.9]
    assert [stage.tgc for stage in theirs] == [0, 2.5]
    assert [stage.fcr for stage in theirs] == [1.1, 0.9]
    assert loaded.origins["geographies", 0, "stages", 1, "fcr"] == SET
    assert loaded.origins["geographies", 0, "stages", 1, "hall"] == f"{tiny}:12:11"


def test_an_override_changes_a_geographys_stages_by_name(tiny: Path) -> None:
    loaded = load(tiny, ["geographies.FAR.stages.Fry.tgc=2.5"])
    assert loaded.scenario.stages[1].tgc == 1.9
    assert [stage.tgc for stage in loaded.scenario.geographies[0].stages] == [0, 2.5]
    (problem,) = told(tiny, "geographies.FAR.stages.Fri.tgc=2.5")
    unknown = "--set:1:24: geographies.0.stages.Fri: no entry has that name; there are Egg&Alevin"
    assert problem == f"{unknown}, Fry (did you mean 'Fry'?)"


def test_a_plan_that_cannot_work_is_told_at_its_knobs(tiny: Path) -> None:
    tiny.write_text(TINY.replace("count_min: 1000", "count_min: 5000"), encoding="utf-8")
    assert told(tiny, "stages.Fry.container_type=Pond", "schedule.start=null") == [
        "2:11: schedule: give a start or an end date",
        "3:19: eggs.count_min: count_min 5000 is above count_max (2000)",
        "--set:1:27: stages.1.container_type: no container type is named 'Pond'",
    ]


def test_knobs_of_the_real_model_are_explained(tiny: Path) -> None:
    overrides = ["fcr=3", "schedule.batchs=3", "schedule.end=2024", "geographies.FAR.areas=-1"]
    places = "under stages[] or under geographies[].stages[]"
    assert told(tiny, *overrides) == [
        f"--set:1:1: fcr: unknown knob; 'fcr' belongs {places}",
        "--set:2:10: schedule.batchs: unknown knob (did you mean 'batches'?)",
        "--set:3:14: schedule.end: expected a date such as 2024-01-31 or 'today', found 2024",
        "--set:4:23: geographies.0.areas: must be at least 0 (found -1)",
    ]
