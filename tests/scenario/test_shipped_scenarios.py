"""What ships in scenarios/: the schema is the models', and editors find it from every scenario."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from sim.scenario import load
from sim.scenario.schema import json_schema
from tests.support.command_line import ROOT

FOLDER = ROOT / "scenarios"
SHIPPED = sorted(FOLDER.glob("*.yaml"))
NAMES = {
    "smoke",
    "single_batch_200d",
    "single_batch_900d",
    "small_20",
    "medium_40",
    "production",
    "saturation_170",
    "tight",
    "calibrated",
    "decade",
    "dense",
    "ten_rings",
    "three_geographies",
}


def test_all_promised_scenarios_ship():
    assert {path.stem for path in SHIPPED} >= NAMES


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_loads_and_is_named_like_its_file(path: Path):
    assert load(path).scenario.name == path.stem


def test_the_published_schema_is_that_of_the_models():
    """If this fails: python -m sim scenario schema -o scenarios/scenario.schema.json."""
    published = json.loads((FOLDER / "scenario.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_valid_by_the_schema_that_it_names(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    given = yaml.load(text, Loader=yaml.BaseLoader)
    numbers = json.loads(json.dumps(load(path).resolved))
    jsonschema.validate(numbers, json_schema())
    assert set(given) <= {*json_schema()["properties"]}


@pytest.mark.parametrize("name", ["production", "calibrated"])
def test_both_profiles_have_every_kind_of_treatment_and_ten_diseases_with_a_season(name: str):
    scenario = load(FOLDER / f"{name}.yaml").scenario
    methods = [way.method for way in scenario.delousing.methods]
    assert sorted(methods) == ["freshwater", "mechanical", "medicinal", "thermal"]
    [medicine] = [way.name for way in scenario.delousing.methods if way.method == "medicinal"]
    assert "medicinal (chemical)" in medicine.lower()
    assert sum(len(set(disease.season)) > 1 for disease in scenario.diseases) >= 10
