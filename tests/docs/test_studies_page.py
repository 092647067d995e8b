"""docs/studies.md: every knob of a study and every study that ships stand on it."""

from __future__ import annotations

import re

import pytest
import yaml
from pydantic import BaseModel

from sim.study.knobs import Factor, Level, Limit, NumberRange, Objective, Sampled, Study, Until
from tests.support.command_line import ROOT

PAGE = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
SHIPPED = sorted((ROOT / "scenarios" / "studies").glob("*.yaml"))


@pytest.mark.parametrize(
    "model",
    [Study, Factor, NumberRange, Level, Sampled, Until, Objective, Limit],
    ids=lambda m: m.__name__,
)
def test_every_key_is_on_the_page(model: type[BaseModel]) -> None:
    blocks = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
    code = " ".join([*blocks.findall(PAGE), *re.findall(r"`([^`]+)`", blocks.sub("", PAGE))])
    for name, field in model.model_fields.items():
        assert re.search(rf"\b{field.alias or name}\b", code), name


def test_every_study_that_ships_has_its_place_and_question() -> None:
    assert len(SHIPPED) == 7
    sections = dict(re.findall(r"^### (\w+)\n\n\*([^*]+)\*$", PAGE, flags=re.MULTILINE))
    places = re.findall(r"<!-- measured (\w+) -->\n.+?\n<!-- /measured -->", PAGE, re.DOTALL)
    assert sorted(sections) == sorted(places) == [path.stem for path in SHIPPED]
    for path in SHIPPED:
        study = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert study["name"] == path.stem
        assert sections[path.stem] == study["question"]


def test_pictures_are_there() -> None:
    for name in re.findall(r"\]\((pictures/[^)]+)\)", PAGE):
        assert (ROOT / "docs" / name).is_file(), name
