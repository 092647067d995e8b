"""docs/scenarios.md lists what ships, and its knobs are there with the values that it tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import Scenario, load
from sim.scenario.knobs.acceptance import Acceptance
from tests.support.command_line import ROOT

PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`[^|]+) \| ([^|]+) \| ([^|]*) ?\|$", PAGE, flags=re.MULTILINE)
KNOBS = [
    (path, told.strip()) for knobs, _, told in ROWS for path in re.findall(r"`([^`]+)`", knobs)
]
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
PRODUCTION = load(ROOT / "scenarios" / "production.yaml").scenario.model_dump(mode="json")


def values_at(knobs: Any, path: str) -> Iterator[Any]:
    """What stands at a path; ``*`` is every entry of a list."""
    here, _, rest = path.partition(".")
    if isinstance(knobs, list):
        chosen = [e for e in knobs if here in ("*", e.get("name"), e.get("code"))]
        assert chosen, path
    else:
        chosen = [knobs[here]]
    for value in chosen:
        yield from values_at(value, rest) if rest else [value]


def test_the_page_lists_the_scenarios_that_ship() -> None:
    listed = {
        name.strip("`") for name, _, _ in ROWS if (ROOT / f"scenarios/{name[1:-1]}.yaml").exists()
    }
    shipped = {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}
    assert listed == shipped - {"base"}


def test_every_block_of_knobs_stands_on_the_page() -> None:
    blocks = {path.split(".")[0] for path, _ in KNOBS} | {"name", "description", "seed", "defects"}
    assert blocks >= set(Scenario.model_fields)


@pytest.mark.parametrize(
    ("path", "told"),
    [knob for knob in KNOBS if not (ROOT / f"scenarios/{knob[0]}.yaml").exists()],
    ids=lambda value: value,
)
def test_a_knob_is_there_and_has_the_value_that_is_told(path: str, told: str) -> None:
    values = list(values_at(PRODUCTION, path))
    assert values
    if told:
        assert [format(v, ",") if not isinstance(v, str) else v for v in values] in (
            [told],
            [f"{told}.0"],
        )


def test_every_figure_that_limits_can_be_set_to_stands_on_the_page() -> None:
    named = set(re.findall(r"`(?:acceptance\.)?(\w+)(?:\.(?:least|most))?`", PAGE))
    assert named >= Acceptance.model_fields.keys()


def test_the_example_of_shipped_files_is_a_scenario_in_any_folder(tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(EXAMPLES[0], encoding="utf-8")
    beside = ("extends: [base.yaml, biology/calibrated.yaml]\n", "name: mine\n")
    for name in ("base.yaml", "biology"):
        (tmp_path / name).symlink_to(ROOT / "scenarios" / name)
    (tmp_path / "beside.yaml").write_text("".join(beside), encoding="utf-8")
    assert load(tmp_path / "example.yaml").scenario == load(tmp_path / "beside.yaml").scenario


def test_the_example_is_a_scenario(tmp_path: Path) -> None:
    example = EXAMPLES[1]
    for name in ("base.yaml", "biology"):
        (tmp_path / name).symlink_to(ROOT / "scenarios" / name)
    path = tmp_path / "example.yaml"
    path.write_text(f"{example}name: example\n", encoding="utf-8")
    scenario = load(path).scenario
    shipped = load(ROOT / "scenarios" / "calibrated.yaml").scenario
    here, there = (
        next(g for g in each.geographies if g.name == "Scotland") for each in (scenario, shipped)
    )
    adult = scenario.stages_in(here)[-1]
    assert (here.areas, adult.duration_days) == (18, 540)
    assert adult.tgc == shipped.stages_in(there)[-1].tgc != scenario.stages[-1].tgc == 2.8
    assert "Pancreas disease" not in {disease.name for disease in scenario.diseases}
