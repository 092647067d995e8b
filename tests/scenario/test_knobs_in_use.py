"""A knob changes what it names: figures of the farm and its fish that are asked of small parts.

Each case asks one part of the small company, mostly on its first day, for what a knob is about:
with the default, and with another value. What comes of it in whole runs is told elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.biology.water import oxygen_saturation_mg_l
from sim.core.arrays import Arrays
from sim.core.streams import stream
from sim.fish.condition import HARMS, HEALTH_PARAMETERS, Condition
from sim.fish.laboratory import analyse_fish
from sim.fish.occupants import StageKnobs
from sim.master_data.master import master_blocks
from sim.master_data.parents import group_for
from sim.master_data.site_rows import site_blocks
from sim.observations.days import confidence_scores
from sim.processes.health import harms_of_day as ailments
from sim.processes.health import samples as health_samples
from sim.processes.health.delousing import deadly_share
from sim.processes.health.outbreaks import outcome_of
from sim.processes.health.rounds import severity_of
from sim.processes.life import transfer
from sim.processes.office import forecast
from sim.scenario import Scenario
from sim.scenario.knobs.health import Cure
from sim.sites.layout import Layout
from sim.sites.parameters import PARAMETERS
from sim.sites.schedule import make_plan
from sim.world import World
from tests.support.command_line import ROOT
from tests.support.small_company import company, run

SIM = ROOT / "sim"
SALTY = float(oxygen_saturation_mg_l(np.array(10.0), 34.0))
BLOOM: dict[str, Any] = {
    "name": "Bloom", "per_year": 1.0, "oxygen_loss": 0.3, "damage": {}, "appetite": 1.0,
}  # fmt: skip
WAY: dict[str, Any] = {
    "name": "Bath", "method": "freshwater", "kills_attached": 0.5, "kills_mobile": 0.5,
    "mortality_percent": 1.0, "mortality_sd": 0.0,
}  # fmt: skip


def first_day(scenario: Scenario) -> World:
    world = World(scenario)
    world.advance(world.plan.first_day + 1)
    return world


def master(scenario: Scenario, kind: str) -> dict[str, Any]:
    (block,) = (block for block in master_blocks(scenario, 20_000) if block.kind == kind)
    return dict(block.columns)


def built(scenario: Scenario, kind: str) -> dict[str, Any]:
    blocks = site_blocks(Layout(scenario, 0), 20_000)
    return next(dict(block.columns) for block in blocks if block.kind == kind)


# What is asked


def lice_do_harm(females: float, what: str) -> Callable[[Scenario], float]:
    def ask(scenario: Scenario) -> float:
        world = World(scenario)
        lice, condition = world.company.lice, world.company.fish.condition
        assert lice is not None
        ring = int(np.flatnonzero(world.farms[0].layout.at_sea)[0])
        lice._harm(np.array([ring]), np.array([females]))
        if what == "deaths":
            return float(condition._hazard[HARMS.index("lice"), ring])
        return float(condition.damage[HEALTH_PARAMETERS.index("wounds"), ring])

    return ask


def treatment_kills(scenario: Scenario) -> float:
    [way] = scenario.delousing.methods
    return float(deadly_share(way, np.zeros(1), np.array([True]), np.array([0.5]))[0])


def minutes_of_an_action(scenario: Scenario) -> int:
    return transfer.minutes(scenario.transfers, 10_000, 2)


def oxygen_on_the_way(scenario: Scenario) -> float:
    farm, move = World(scenario).farms[0], SimpleNamespace(dest=SimpleNamespace(order=3))
    return transfer._oxygen(farm, move, 10.0) / SALTY  # type: ignore[arg-type]


def creation(column: str) -> Callable[[Scenario], list[int]]:
    return lambda scenario: [row[column] for row in run(scenario, 1).rows("creation_action")]


def yolk(scenario: Scenario) -> float:
    return float(StageKnobs.of([Layout(scenario, 0)]).yolk_g[0])


def laboratory(kind: str, load: float, damage: float) -> Callable[[Scenario], Any]:
    def ask(scenario: Scenario) -> Any:
        condition = Condition(Arrays([1]).whole, 1, 1)
        condition.load[0, 0], condition.damage[:, 0] = load, damage
        answer = analyse_fish(scenario.care, kind, condition, 0, ["PD"], stream(1, "sample"))
        figures = json.loads(answer.results)
        return figures["pcr_ct"] or figures.get("haematocrit_percent", figures["score"])

    return ask


def fed_until(scenario: Scenario) -> float:
    world = first_day(scenario)
    fish = world.company.fish.occupants()
    return float((fish.full_kg / fish.limit_kg).max())


def load_of_tanks(scenario: Scenario) -> float:
    return float(run(scenario, 12).farm.stock.load.max())


def best(parameter: str, column: str) -> Callable[[Scenario], int]:
    return lambda scenario: int(master(scenario, "parameter")[column][PARAMETERS.index(parameter)])


def span(scenario: Scenario) -> float:
    layout = Layout(scenario, 0)
    places = np.array([layout.place("area", number) for number in range(100)])
    return float(np.ptp(places, axis=0).sum())


def water(site: int) -> Callable[[Scenario], float]:
    def ask(scenario: Scenario) -> float:
        degc = World(scenario).farms[0].surroundings.water.degc[site]
        return float(np.corrcoef(degc[:-1], degc[1:])[0, 1])

    return ask


def salt(scenario: Scenario) -> float:
    found = World(scenario).farms[0].surroundings.water.salinity_ppt[-1]
    return float(np.corrcoef(found[:-1], found[1:])[0, 1])


def likeness_of_areas(scenario: Scenario) -> float:
    return float(np.corrcoef(World(scenario).farms[0].surroundings.water.degc[-2:])[0, 1])


def restless(scenario: Scenario) -> float:
    """How alike the winds of an hour and the next are."""
    farm = World(scenario).farms[0]
    first = farm.first_day
    wind = farm.surroundings.weather.hours(first, first + 60).wind_m_s.reshape(-1)
    return float(np.corrcoef(wind[:-1], wind[1:])[0, 1])


def warmest(scenario: Scenario) -> float:
    farm = World(scenario).farms[0]
    first = farm.first_day + 60
    mean = farm.surroundings.weather.hours(first, first + 30).air_degc.mean(axis=(0, 1))
    return float(mean.argmax())


def bloomed(scenario: Scenario) -> tuple[World, int]:
    """A company in whose first area a bloom of strength 3 is on its first day."""
    world = first_day(scenario)
    farm = world.farms[0]
    ring = farm.layout.areas[0].containers[0]
    farm.stock.batch[ring] = 0
    events = SimpleNamespace(
        kinds=scenario.sea_events,
        today=lambda _: [(0, 0)],
        on=lambda day, *_: 3.0 * (day == farm.today),
    )
    farm.surroundings.sea_events = events  # type: ignore[assignment]
    ailments._sea_events(farm, farm.today)
    return world, ring


def oxygen_missing(scenario: Scenario) -> float:
    world, ring = bloomed(scenario)
    return float(world.farms[0].stock.condition.oxygen_loss[ring])


def severity(world: World) -> str:
    return str(world.farms[0].lane.records["journal_entry"][-1].values["severity"])


def bloom_is(scenario: Scenario) -> str:
    return severity(bloomed(scenario)[0])


def finding_is(scenario: Scenario) -> str:
    world = first_day(scenario)
    farm = world.farms[0]
    two = np.full((10, len(HEALTH_PARAMETERS)), 2)
    seen = health_samples.SampledFish(np.ones(10, np.int64), np.ones(10, np.int64), two)
    health_samples._judge(farm, farm.batches[0], 0, seen)
    entries = farm.lane.records["journal_entry"]
    return next(str(e.values["severity"]) for e in entries if e.values["category"] == "issue")


def looked_back(scenario: Scenario) -> str:
    entries = run(scenario, 16).rows("journal_entry")
    [found] = (m for e in entries if (m := re.search(r"died in (\d+) days", e["description"])))
    return found.group(1)


def losses_are(scenario: Scenario) -> int:
    return severity_of(scenario.care, 30, 10.0, 0.0)


def relief_is(scenario: Scenario) -> str:
    return outcome_of(Cure(kind="bath", name="Bath", relief=0.55), scenario.outbreaks)


def sure(anchor: int) -> Callable[[Scenario], tuple[float, float]]:
    """Confidence in a weight by the day's state, and by the forecast of that evening."""

    def ask(scenario: Scenario) -> tuple[float, float]:
        farm = first_day(scenario).farms[0]
        farm.stock.since[0], farm.stock.stage[0] = (farm.today, 1) if anchor else (-1, 0)
        score = json.loads(confidence_scores(scenario.recording)[2 if anchor else 0])["weight"]
        return score, forecast._confidence(farm, 0)

    return ask


def fish_of_a_sample(scenario: Scenario) -> tuple[float, float]:
    farm = first_day(scenario).farms[0]
    grams = health_samples.examine(farm, farm.batches[0], 0).weight_cg / 100
    mean_g = farm.stock.weight_g[0]
    return round(grams.min() / mean_g, 1), round(grams.max() / mean_g, 1)


def parents_length(scenario: Scenario) -> float:
    [plan] = make_plan(scenario).batches
    return float(json.loads(group_for(scenario, 0, plan, 2020).females[0].traits)["length_cm"])


def paired(scenario: Scenario) -> float:
    """Days from pairing to the eggs' production."""
    told = run(scenario, 1)
    pair, production = told.rows("breeding_pair")[0], told.rows("egg_production")[0]
    return float(production["production_date"] - pair["pairing_date"]) / 86_400_000_000


LICE = {"lice": {}}
SICK = {"care": {"lab_sensitivity": 1.0}}
QUIET = {"care__laboratory": {"score_noise": 0.0, "haematocrit_noise_percent": 0.0}}
UNSURE = {"care": {"lab_false_share": 1.0}}
VARIED = {"stages__0__weight_cv": 1.0, "care": {"health_sampling_fish": 400}}
BLOOMING = {"sea_events": [BLOOM]}
TREATED = {"delousing": {"methods": [WAY]}}
NEAR = {"geographies__0__areas": 2, "geographies__0__sea": {"site_sd_degc": 0.0}}
OWN = {"eggs__internal_share": 1.0}
WAYS, EVENTS = "delousing__methods__0__", "sea_events__0__"
SEA, SENSORS = "geographies__0__sea__", "instruments__sensors__"
LAB, CARE = "care__laboratory__", "care__"

Ask = Callable[[Scenario], Any]
FRESH = 0.95 * float(oxygen_saturation_mg_l(np.array(10.0), 0.0)) / SALTY
KNOBS: list[tuple[dict[str, Any], str, Any, Ask, Any, Any]] = [
    # the company, a knob, its other value, what is asked, the answer before and after
    (LICE, "lice__borne_females", 3.0, lice_do_harm(4.0, "deaths"), 8e-5, 4e-5),
    (LICE, "lice__wounds_per_female", 0.1, lice_do_harm(4.0, "wounds"), 0.1, 0.2),
    (LICE, "lice__wounds_most", 0.8, lice_do_harm(99.0, "wounds"), 0.6, 0.8),
    (TREATED, WAYS + "warm_mortality_factor", 3.0, treatment_kills, 0.04, 0.06),
    (TREATED, WAYS + "gill_mortality_factor", 4.0, treatment_kills, 0.04, 0.06),
    ({}, "transfers__setup_minutes", 40, minutes_of_an_action, 60, 55),
    ({}, "transfers__fish_per_minute", 1000, minutes_of_an_action, 60, 65),
    ({}, "transfers__next_container_minutes", 10, minutes_of_an_action, 60, 70),
    ({}, "transfers__oxygen_share", 0.8, oxygen_on_the_way, 0.95, 0.8),
    ({}, SEA + "wellboat_salinity_ppt", 0.0, oxygen_on_the_way, 0.95, FRESH),
    ({}, "eggs__setup_minutes", 40, creation("execution_duration_minutes"), [31] * 4, [41] * 4),
    ({}, "eggs__eggs_per_minute", 5000, creation("execution_duration_minutes"), [31] * 4, [35] * 4),
    ({}, "eggs__arrival_mortality_cv", 0.0, creation("mortality_on_arrival"), None, [50] * 4),
    ({}, "eggs__yolk_share", 2.2, lambda s: round(yolk(s) / yolk(company()), 6), 1, 2),
    (SICK, LAB + "score_noise", 3.0, laboratory("gill", 0.0, 0.5), None, None),
    ({}, LAB + "haematocrit_noise_percent", 0.0, laboratory("blood", 0.0, 0.0), None, 44.0),
    (QUIET, LAB + "haematocrit_percent", 54.0, laboratory("blood", 0.0, 0.0), 44, 54),
    (QUIET, LAB + "haematocrit_fall_percent", 0.0, laboratory("blood", 0.0, 1.0), 23, 44),
    (SICK, LAB + "ct_noise", 0.0, laboratory("kidney", 0.0001, 0.0), None, {"PD": 36.0}),
    (SICK, LAB + "first_ct", 35.0, laboratory("kidney", 0.0001, 0.0), None, None),
    (SICK, LAB + "ct_fall", 0.0, laboratory("kidney", 1.0, 0.0), None, None),
    (UNSURE, LAB + "false_ct", 39.0, laboratory("gill", 0.0, 0.0), {"PD": 37.5}, {"PD": 39.0}),
    ({}, "container_types__0__fed_until_share", 0.9, fed_until, 0.995, 0.9),
    ({}, "instruments__tanks__load_memory_share", 0.0, load_of_tanks, None, None),
    ({}, "instruments__optima__ph", (6.8, 8.0), best("pH", "optimal_min"), 650, 680),
    ({}, "instruments__optima__no3_mg_l", (0.0, 50.0), best("NO3", "optimal_max"), 10_000, 5000),
    (
        {}, "instruments__optima__oxygen_mg_l", (8.0, 13.0),
        lambda s: master(s, "species")["optimal_oxygen_min"].tolist(), None, None,
    ),
    (
        {}, "schedule__built_days_before", 0,
        lambda s: (int(built(s, "area")["created_at"][0]), int(master(s, "feed")["created_at"][0])),
        (19_270 * 86_400_000_000,) * 2, (20_000 * 86_400_000_000,) * 2,
    ),
    (
        {}, "container_types__1__depth_m", 4.0,
        lambda s: built(s, "hall")["area_sqm"].tolist()[1] / 100, 120, 60,
    ),
    (
        {}, SENSORS + "installation_sd_days", 0,
        lambda s: int(np.ptp(built(s, "sensor")["installation_date"])), None, 0,
    ),
    (
        {}, "stages__1__condition_factor", 0.3,
        lambda s: int(master(s, "stage")["expected_length_max_cm"][1]), 9410, 14_938,
    ),
    ({}, "geographies__0__spread_north_degrees", 0.0, span, None, None),
    ({}, "geographies__0__spread_east_degrees", 0.0, span, None, None),
    ({}, "variation__hall_temperature_ar1", 0.0, water(0), None, None),
    ({}, SEA + "salinity_ar1", 0.0, salt, None, None),
    (NEAR, SEA + "geography_share", 1.0, likeness_of_areas, None, 1.0),
    ({}, "weather__unrest_hours", 1, restless, None, None),
    ({"geographies__0__longitude": 0.0}, "weather__warmest_hour", 12.0, warmest, 15, 12),
    (BLOOMING, EVENTS + "oxygen_loss_most", 1.0, oxygen_missing, 0.6, 0.9),
    (BLOOMING, CARE + "journal_strengths", (0.7, 3.5), bloom_is, "high", "medium"),
    ({}, CARE + "severe_finding_share", 0.9, finding_is, "high", "medium"),
    ({}, CARE + "journal_looks_back_days", 3, looked_back, "7", "3"),
    ({}, CARE + "journal_chance_sd", 10.0, losses_are, 1, 0),
    ({}, "outbreaks__success_from", 0.6, relief_is, "successful", "partial"),
    ({}, "recording__computed_weight_confidence", 0.5, sure(0), (0.8, 0.8), (0.5, 0.5)),
    ({}, "recording__moved_weight_confidence", 0.5, sure(1), (0.95, 0.95), (0.5, 0.5)),
    (VARIED, "instruments__looks__lightest_share", 0.6, fish_of_a_sample, (0.3, 2.2), (0.6, 2.2)),
    (VARIED, "instruments__looks__heaviest_share", 1.5, fish_of_a_sample, (0.3, 2.2), (0.3, 1.5)),
    (OWN, "broodstock__condition_factor", 0.6, parents_length, None, None),
    (OWN, "broodstock__pooling_days", 4, paired, 1, 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "knob", "value", "ask", "before", "after"),
    KNOBS,
    ids=[knob.replace("__", ".") for _, knob, *_ in KNOBS],
)
def test_a_knob_changes_what_it_names(
    of: dict[str, Any], knob: str, value: Any, ask: Ask, before: Any, after: Any
) -> None:
    found, changed = ask(company(**of)), ask(company(**of, **{knob: value}))
    assert found != changed
    for answer, expected in ((found, before), (changed, after)):
        if isinstance(expected, float | int):
            assert answer == pytest.approx(expected, rel=1e-3)
        elif expected is not None:
            assert answer == expected


def test_every_knob_is_read_by_somebody() -> None:
    sources = " ".join(
        path.read_text("utf-8")
        for path in [*SIM.rglob("*.py"), *(ROOT / "persistence").rglob("*.py")]
        if path.parent != SIM / "scenario" / "knobs"
    )
    properties = " ".join(
        " ".join(re.findall(r"self\.\w+", path.read_text("utf-8")))
        for path in (SIM / "scenario" / "knobs").glob("*.py")
    )
    names = set(re.findall(r"\w+", sources)) | set(re.findall(r"\w+", properties))
    schema = Scenario.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    knobs = {knob for model in models for knob in model.get("properties", {})}
    assert len(knobs) > 300
    assert sorted(knobs - names) == []
