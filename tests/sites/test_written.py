"""Names made of a plan's names fit into their columns, and the check knows it beforehand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sim.facts import Block, Text
from sim.facts.column_types import COLUMN_TYPES
from sim.facts.limits import limit_of
from sim.master_data.master import master_blocks
from sim.master_data.site_rows import site_blocks
from sim.scenario.problems import path_text
from sim.sites.schedule import make_plan
from sim.sites.written import too_long
from tests.support.small_company import COMPANY, company, run

START = date(2020, 1, 1)
LONGEST = {
    "schedule__entries__0__batch_number": 41,
    "geographies__0__name": 95,
    "stages__1__name": 86,
    "feeds__0__name": 100,
}
"""What is just accepted of the company below."""


def long_names(**lengths: int) -> dict[str, Any]:
    """The small company with names of some lengths."""
    found = {**LONGEST, **lengths}
    texts = {knob: "é" * length for knob, length in found.items()}
    geography = texts["geographies__0__name"]
    feeds = [
        {"name": texts["feeds__0__name"], "size_category": "MICRO", "pellet_mm": 1,
         "fat_percent": 9,
         "protein_percent": 50, "carbohydrate_percent": 9, "price_per_kg": 2, "brand": "b" * 100},
        {"name": "f" * 100, "size_category": "SMALL", "pellet_mm": 2, "fat_percent": 9,
         "protein_percent": 50, "carbohydrate_percent": 9, "price_per_kg": 2},
    ]  # fmt: skip
    stages: list[dict[str, Any]] = [dict(stage) for stage in COMPANY["stages"]]
    stages[1]["name"] = texts["stages__1__name"]
    for stage in stages:
        if stage.get("role") != "hatchery":
            stage["feeds"] = [{"feed": feeds[0]["name"]}]
    stages[1]["feeds"].append({"feed": "f" * 100, "from_weight_g": 1.0})
    number = texts["schedule__entries__0__batch_number"]
    return {
        "geographies": [{**COMPANY["geographies"][0], "name": geography}],
        "stages": stages,
        "feeds": feeds,
        "eggs__suppliers": ["s" * 100],
        "feed_supply__suppliers": ["t" * 100],
        "care__vaccines": [{"name": "v" * 100, "manufacturer": "m" * 100, "dosage": "d" * 100}],
        "schedule": {
            "tail_days": 140,
            "entries": [
                {"geography": geography, "start": START, "batch_number": number},
                {"geography": geography, "start": START + timedelta(days=50)},
            ],
        },
    }


def texts_of(blocks: list[Block]) -> dict[str, list[str]]:
    return {
        f"{block.kind}.{field}": [value for value in column.values if value is not None]
        for block in blocks
        for field, column in block.columns.items()
        if isinstance(column, Text)
    }


def test_the_longest_names_that_are_accepted_can_be_written() -> None:
    told = run(company(**long_names()))
    written: dict[str, list[str]] = {}
    first = told.world.plan.first_day
    blocks = [*master_blocks(told.world.scenario, first), *site_blocks(told.farm.layout, first)]
    written |= texts_of(blocks)
    for kind in COLUMN_TYPES:
        for row in told.rows(kind):
            for field, value in row.items():
                if isinstance(value, str):
                    written.setdefault(f"{kind}.{field}", []).append(value)
    longest = {}
    for column, texts in written.items():
        kind, _, field = column.partition(".")
        if f" {field}:" in f" {COLUMN_TYPES.get(kind, '')}":
            width = limit_of(column).width
            assert width is not None
            longest[column] = max(map(len, texts), default=0), width
    assert [column for column, (length, width) in longest.items() if length > width] == []
    full = {column for column, (length, width) in longest.items() if length == width}
    assert {"feed.name", "feed.brand", "supplier.name", "vaccination_type.name"} <= full
    assert len(longest) > 40


@pytest.mark.parametrize(
    ("knob", "path"),
    [
        ("schedule__entries__0__batch_number", "schedule.entries.0.batch_number"),
        ("geographies__0__name", "geographies.0.name"),
        ("stages__1__name", "stages.1.name"),
    ],
)
def test_a_name_that_is_longer_by_one_is_refused_as_it_was_given(knob: str, path: str) -> None:
    scenario = company(**long_names())
    assert too_long(scenario, make_plan(scenario)) == []
    scenario = company(**long_names(**{knob: LONGEST[knob] + 1}))
    found = too_long(scenario, make_plan(scenario))
    assert path in [path_text(where) for where, _ in found]
    text = next(text for where, text in found if path_text(where) == path)
    assert text.startswith("'éééé")
    assert text.endswith(f"; give at most {LONGEST[knob]}")


def test_a_pattern_is_blamed_for_the_numbers_that_it_makes() -> None:
    pattern = "{code}-" + "x" * 45 + "{n}"
    scenario = company(schedule__batch_number_pattern=pattern)
    ((path, text),) = too_long(scenario, make_plan(scenario))
    assert path == ("schedule", "batch_number_pattern")
    assert "transfer_workflow.workflow_number holds 50 characters" in text
