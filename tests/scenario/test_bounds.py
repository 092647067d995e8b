"""Every number has bounds, every range an order, every list names that differ: by one mechanism."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sim.scenario import ScenarioError
from sim.scenario.agreement import disagreements, same
from sim.scenario.knobs.acceptance import FigureLimits
from sim.scenario.knobs.health import Disease, LicePolicy, SeaEvent
from sim.scenario.loader import draft, draft_of
from sim.scenario.model import Scenario
from sim.scenario.problems import path_text
from tests.support.every_knob import every_knob

SMOKE = draft("scenarios/smoke.yaml")
FREE = "acceptance."
"""What verify asks of figures may be any number: nothing is simulated by it."""


def refused(*overrides: str) -> list[str]:
    """What is wrong with the smoke company, without places."""
    with pytest.raises(ScenarioError) as error:
        SMOKE.finish(overrides, Scenario)
    return [f"{path_text(found.path)}: {found.message}" for found in error.value.problems]


def test_every_number_and_date_has_bounds() -> None:
    numbers = [knob for knob in every_knob() if knob.kind in (int, float, date)]
    assert len(numbers) > 400
    assert [
        knob.path for knob in numbers if None in knob.bounds() and not knob.path.startswith(FREE)
    ] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("diseases.0.from_day=4000", "diseases.0.from_day: must be at most 3650 (found 4000)"),
        ("diseases.0.least_degc=29", "diseases.0.least_degc: least_degc 29.0 is above most_degc"),
        ("delousing.partial_from=0.9", "delousing.partial_from: partial_from 0.9 is above success"),
        (
            "outbreaks.severe_from_percent=0.1",
            "moderate_from_percent 0.5 is above severe_from_perc",
        ),
        ("care.lab_days=[9, 4]", "care.lab_days: the first value, 9, is above the second, 4"),
        ("care.water_degc=[17, 3]", "care.water_degc: the first value, 17.0, is above the second"),
        ("sea_events.0.days=[9, 3]", "sea_events.0.days: the first value, 9, is above the second"),
        ("stages.Fry.expected_weight_g=[9, 3]", "expected_weight_g: the first value, 9.0, is abov"),
        ("instruments.optima.ph=[7, 7]", "optima.ph: the first value must be below the second"),
        ("instruments.looks.egg_quality_least=5", ""),
        ("care.laboratory.ct_fall=40", "care.laboratory.ct_fall: ct_fall 40.0 is above first_ct"),
        (
            "geographies.0.weather.shortest_fetch_km=30",
            "shortest_fetch_km 30.0 is above longest_fetch_km (",
        ),
        (
            "projections={bias_min_degc: -1, bias_max_degc: -0.5}",
            "projections.bias_max_degc: must be at least 0 (found -0.5)",
        ),
    ],
)
def test_a_range_does_not_end_before_it_begins(change: str, problem: str) -> None:
    if not problem:
        SMOKE.finish([change], Scenario)  # equal ends are a range
        return
    (found,) = refused(change)
    assert problem in found


def test_ranges_are_told_by_their_names() -> None:
    disease: dict[str, Any] = {
        "name": "X", "agent": "viral", "role": "sea", "onsets_per_year": 1, "mortality_percent": 1,
    }  # fmt: skip
    event = SeaEvent(name="Bloom", per_year=1, days=(5, 2), oxygen_loss=0.7)
    for knobs, paths in (
        (Disease(**disease, from_day=9, until_day=3), {"from_day"}),
        (Disease(**disease, least_degc=9, most_degc=3), {"least_degc"}),
        (LicePolicy(success_from=0.3), {"success_from"}),
        (event, {"days", "oxygen_loss"}),
        (FigureLimits(least=3, most=1), {"least"}),
    ):
        assert {path_text(path) for path, _ in disagreements(knobs)} == paths


TWICE = {
    "eggs.suppliers=[A, A]": "eggs.suppliers.1: 'A' is given twice",
    "eggs.suppliers=[A, ' a']": "eggs.suppliers.1: ' a' differs from 'A' in case or blanks only",
    "eggs.suppliers=['  ']": "eggs.suppliers.0: is blank",
    "feed_supply.suppliers=[A, B, A]": "feed_supply.suppliers.2: 'A' is given twice",
    "care.vaccines=[{name: V}, {name: V}]": "care.vaccines.1.name: vaccine 'V' is given twice",
    "harvest.grades=[{code: A, share: 0.5, weight_factor: 1}, {code: A, share: 0.5,"
    " weight_factor: 1}]": "harvest.grades.1.code: code 'A' is given twice",
    "diseases.1.name=Pasteurellosis": "diseases.4.name: disease 'Pasteurellosis' is given twice",
    "geographies.1.name=faroe islands": "geographies.1.name: geography 'faroe islands' differs",
    "stages.1.name=egg&alevin": "stages.1.name: stage 'egg&alevin' differs from 'Egg&Alevin' in",
    "defects={stuck: {parameters: [pH, pH]}}": "defects.stuck.parameters.1: 'pH' is given twice",
}


@pytest.mark.parametrize("change", TWICE)
def test_names_in_a_list_differ(change: str) -> None:
    assert any(line.startswith(TWICE[change]) for line in refused(change)), refused(change)


def test_delousing_ways_sea_events_and_batches_differ_too() -> None:
    values = SMOKE.finish([], Scenario).resolved
    for knob in ("sea_events", "delousing.methods"):
        *outer, last = knob.split(".")
        block = values[outer[0]] if outer else values
        entries = block[last]
        changed = {**block, last: [*entries, entries[0]]}
        given = {**values, **({outer[0]: changed} if outer else {last: changed[last]})}
        with pytest.raises(ScenarioError) as error:
            draft_of(given).finish([], Scenario)
        assert f"{knob}.{len(entries)}.name: " in str(error.value)
        assert "is given twice" in str(error.value)


def test_what_nobody_can_tell_apart_is_the_same() -> None:
    assert same(" Ring  Feed\u00a01") == same("ring feed 1") != same("ringfeed 1")
    assert same("\ufb01sh") == same("FISH")


@pytest.mark.parametrize(
    "pattern",
    ["{code.x}", "{n[0]}", "{n:0999999999d}", "{n:0200d}", "{n!r}", "{code:10}", "{nn}", "{}",
     "{0}", "{n", "}", "{n:{week}}", "{year:e}"],
)  # fmt: skip
def test_a_pattern_has_bare_fields_and_small_formats(pattern: str) -> None:
    (found,) = refused(f'schedule.batch_number_pattern="{pattern}"')
    assert found.endswith(f"'{pattern}' is not a pattern of code, year, week and n")


@pytest.mark.parametrize(
    "pattern", ["{code}-{year}-{n:03d}", "BAK{year}{week:02d}{n}", "A {{{n}}}"]
)
def test_a_good_pattern_is_taken(pattern: str) -> None:
    SMOKE.finish([f'schedule.batch_number_pattern="{pattern}"'], Scenario)


def test_a_date_out_of_bounds_is_told_once() -> None:
    text = 'schedule.end: must be at most 2199-12-31 (found "9999-12-31")'
    assert refused("schedule.end=9999-12-31") == [text]
    assert "schedule.start: must be at least 1970-01-01" in refused("schedule.start=0001-01-01")[0]
