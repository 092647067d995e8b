"""Amounts that cannot be: shares of no whole, seas of ice, what no column holds."""

from __future__ import annotations

import pytest

from sim.scenario import ScenarioError
from sim.scenario.loader import draft
from sim.scenario.model import Scenario
from sim.scenario.problems import path_text

SMOKE = draft("scenarios/smoke.yaml")

REFUSED = {
    "death_causes=[{cause: UNKNOWN, share: 0}]": "death_causes: the causes' shares add up to 0",
    "death_causes=[{cause: UNKNOWN, share: 0.2}, {cause: OTHER, share: 0.2}]":
        "death_causes: the causes' shares add up to 0.4, not to 1",
    "lice.counting.methods={manual: 0}": "lice.counting.methods: the methods' shares add up to 0",
    "harvest.grades=[{code: A, share: 0.5, weight_factor: 1}]": "the grades' shares add up to 0.5",
    "feeds.0.protein_percent=100": "feeds.0.protein_percent: protein, fat and carbohydrate are ",
    "feeds.0.price_per_kg=9.9e+7": "feeds.0.price_per_kg: a lot may cost ",
    "feeds.0.price_per_kg=1e+9": "feeds.0.price_per_kg: must be at most 99999999.99",
    "eggs.count_max=3000000000": "eggs.count_max: must be at most 2147483647 (found 3000000000)",
    "geographies.0.sea.amplitude_degc=12": "sea.amplitude_degc: the sea falls to ",
    "geographies.0.latitude=90": "geographies.0.latitude: with spread_north_degrees 0.8, sites",
    "care.laboratory.haematocrit_fall_percent=30": "haematocrit_fall_percent: times the worst",
    "lice.eggs_per_female_day=[[6, 10], [3, 20]]": "lice.eggs_per_female_day.1: the temperature 3",
    "container_types.0.depth_m=1e-9": "container_types.0.volume_m3: a hall's floor, m2: up to ",
    "stages.Fry.tgc=10 stages.Fry.temperature_degc=25 stages.Fry.duration_days=3650":
        "stages.1.tgc: fish would grow to ",
    "geographies.0.stations=500 stages.Fry.containers_per_hall=1000":
        "trays, tanks and rings; at most 100,000 can be simulated",
    "geographies.0.wellboat_kg=1e+10 carriers.wellboat_m3_per_tonne=100":
        "wellboat_kg: a wellboat's wells, m3: up to",
    "geographies.0.batches=60000 geographies.1.batches=60000": "120,000 batches; at most 100,000",
}  # fmt: skip


@pytest.mark.parametrize("changes", REFUSED)
def test_an_amount_that_cannot_be_is_refused_at_its_knob(changes: str) -> None:
    overrides = (
        changes.split(" ")
        if any(f" {knob}" in changes for knob in ("stages", "geo", "carriers"))
        else [changes]
    )
    with pytest.raises(ScenarioError) as error:
        SMOKE.finish(overrides, Scenario)
    told = [f"{path_text(found.path)}: {found.message}" for found in error.value.problems]
    assert any(REFUSED[changes] in line for line in told), told


def test_a_stages_feeds_begin_at_rising_weights() -> None:
    feeds = SMOKE.finish([], Scenario).scenario.feeds
    given = f"[{{feed: {feeds[0].name}, from_weight_g: 5}}, {{feed: {feeds[1].name}}}]"
    with pytest.raises(ScenarioError, match="0 g is not more than the feed before has"):
        SMOKE.finish([f"stages.1.feeds={given}"], Scenario)


def test_large_amounts_that_fit_are_taken() -> None:
    for change in ("geographies.0.money={exchange_rate: 1000}", "geographies.0.stations=50"):
        SMOKE.finish([change], Scenario)
