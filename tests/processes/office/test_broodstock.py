"""Parents of internal batches, their tanks, the carriers, and the FCR that a batch is born with."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.core.clock import MICROSECONDS_PER_DAY, date_of, day_of
from sim.facts import Block, Text
from sim.master_data.master import master_blocks
from sim.master_data.parents import group_for
from sim.master_data.site_rows import site_blocks
from sim.scenario import Scenario
from sim.sites.layout import Layout
from sim.sites.schedule import make_plan
from tests.support.small_company import COMPANY, SOUTH, STAGES, Told, company, run

OWN: dict[str, Any] = {"eggs__internal_share": 1.0}


def texts(block: Block, field: str) -> list[str | None]:
    column = block.columns[field]
    assert isinstance(column, Text)
    return [column.values[code] if code >= 0 else None for code in column.codes]


def sites(scenario: Scenario) -> dict[str, Block]:
    return {block.kind: block for block in site_blocks(Layout(scenario, 0), 20_000)}


def day_in(microseconds: int) -> int:
    return microseconds // MICROSECONDS_PER_DAY


@pytest.fixture(scope="module")
def own() -> Told:
    """Two batches of own eggs."""
    return run(company(**OWN, schedule__batches=2), days=40)


def test_a_batch_has_the_progeny_of_its_pairs(own: Told) -> None:
    pairs = own.rows("breeding_pair")
    lead = {row["egg_batch_id"]: row["pair"] for row in own.rows("egg_production")}
    by_day: dict[int, list[dict[str, Any]]] = {}
    for pair in pairs:
        by_day.setdefault(pair["pairing_date"], []).append(pair)
    assert len(by_day) == len(lead) == 2
    for pool in by_day.values():
        assert sum(pair["progeny_count"] for pair in pool) == 100_000
        (led,) = [pair for pair in pool if pair["key"] in lead.values()]
        assert led["progeny_count"] == max(pair["progeny_count"] for pair in pool)


def test_a_female_gives_once_and_no_more_than_she_has(own: Told) -> None:
    fish = own.rows("broodstock_fish")
    pairs = own.rows("breeding_pair")
    assert len({pair["female_fish"] for pair in pairs}) == len(pairs)
    for pair in pairs:
        dam, sire = (json.loads(fish[pair[sex]]["traits"]) for sex in ("female_fish", "male_fish"))
        assert (dam["sex"], sire["sex"]) == ("F", "M")
        assert 0 < pair["progeny_count"] <= dam["eggs"]
        assert 1200 <= dam["eggs"] / dam["weight_kg"] <= 1500
        assert dam["family"] != sire["family"]
    males = [pair["male_fish"] for pair in pairs]
    assert max(map(males.count, males)) <= 4


def test_what_is_done_to_parents_comes_in_order(own: Told) -> None:
    fish, plans = own.rows("broodstock_fish"), own.rows("breeding_plan")
    pairs, batches = own.rows("breeding_pair"), own.rows("batch")
    productions = own.rows("egg_production")
    assert len(own.rows("batch_parentage")) == 2
    for parentage in own.rows("batch_parentage"):
        batch = batches[parentage["batch"]]
        production = productions[parentage["egg_production"]]
        pair = pairs[production["pair"]]
        season = plans[pair["plan"]]
        assert day_in(parentage["assignment_date"]) == batch["start_date"]
        assert production["egg_batch_id"] == f"EGG-{batch['batch_number']}"
        assert batch["start_date"] - day_in(production["production_date"]) == 30
        assert day_in(production["production_date"]) - day_in(pair["pairing_date"]) == 1
        assert season["start_date"] <= pair["pairing_date"] <= season["end_date"]
        born = fish[pair["female_fish"]]["created_at"]
        assert day_in(season["start_date"]) - day_in(born) in (0, 180)
        assert {fish[pair[sex]]["health_status"] for sex in ("female_fish", "male_fish")} == {
            "deceased"
        }


def test_parents_wait_in_their_tank_until_they_are_stripped() -> None:
    told = run(company(**OWN, schedule__batches=2), days=10)
    states = {row["container"]: set[str]() for row in told.rows("broodstock_fish")}
    for row in told.rows("broodstock_fish"):
        states[row["container"]].add(row["health_status"])
    assert sorted(map(sorted, states.values())) == [["deceased"], ["healthy"]]
    layout = told.farm.layout
    assert min(states) >= layout.first_broodstock_tank > layout.holding


def test_one_more_batch_leaves_the_parents_of_others_alone(own: Told) -> None:
    more = run(company(**OWN, schedule__batches=3), days=40)
    parents = [
        {row["traits"] for row in told.rows("broodstock_fish") if "003" not in row["traits"]}
        for told in (own, more)
    ]
    assert parents[0] == parents[1]
    assert len(more.rows("broodstock_fish")) > len(parents[0])


def test_one_more_geography_leaves_the_parents_of_others_alone(own: Told) -> None:
    north = COMPANY["geographies"][0]
    both = [{**north, "batches": 2, "stagger_days": 20}, {**SOUTH, "batches": 1}]
    more = run(company(**OWN, geographies=both), days=40)
    assert more.rows("broodstock_fish") == own.rows("broodstock_fish")
    groups = [
        [json.loads(row["traits"])["weight_kg"] for row in rows]
        for rows in (
            *(
                [row for row in own.rows("broodstock_fish") if f"00{n}-F" in row["traits"]]
                for n in (1, 2)
            ),
            more.rows("broodstock_fish", lane=1),
        )
    ]
    assert len({tuple(weights[:5]) for weights in groups}) == 3


def test_lost_fish_are_not_stripped() -> None:
    scenario = company(**OWN, broodstock__loss_share=0.5)
    told = run(scenario, days=5)
    group = group_for(scenario, 0, told.world.plan.batches[0], 2019)
    lost = {fish.traits for fish in (*group.females, *group.males) if fish.lost}
    fish, pairs = told.rows("broodstock_fish"), told.rows("breeding_pair")
    assert {row["traits"] for row in fish} > lost
    used = {fish[pair[sex]]["traits"] for pair in pairs for sex in ("female_fish", "male_fish")}
    assert len(lost) > 5
    assert not used & lost


def test_even_of_two_families_no_pair_is_of_one() -> None:
    told = run(company(**OWN, broodstock__families=2, broodstock__age_years_max=3), days=5)
    families = [json.loads(row["traits"])["family"] for row in told.rows("broodstock_fish")]
    assert len(set(families)) == 2
    for pair in told.rows("breeding_pair"):
        assert families[pair["female_fish"]] != families[pair["male_fish"]]


def test_a_group_is_large_enough_and_hardly_larger() -> None:
    scenario = company(**OWN, broodstock__loss_share=0.2)
    (plan,) = make_plan(scenario).batches
    group = group_for(scenario, 0, plan, 2019)
    given = [0 if fish.lost else fish.eggs for fish in group.females]
    needed = next(n for n in range(len(given) + 1) if sum(given[:n]) >= plan.eggs)
    assert len(given) == needed + -(-needed * 5 // 100)
    assert any(
        fish.lost
        for fish in group_for(company(**OWN, broodstock__loss_share=0.5), 0, plan, 2019).females
    )
    assert 4 * sum(not fish.lost for fish in group.males) >= needed


def test_a_large_group_has_the_weights_and_fecundity_of_the_knobs() -> None:
    (plan,) = make_plan(company(**OWN)).batches
    big = plan.__class__(**{
        **{name: getattr(plan, name) for name in plan.__slots__}, "eggs": 10_000_000
    })  # fmt: skip
    females = [json.loads(f.traits) for f in group_for(company(**OWN), 0, big, 2019).females]
    weights = np.array([traits["weight_kg"] for traits in females])
    per_kg = np.array([traits["eggs"] / traits["weight_kg"] for traits in females])
    assert len(females) == pytest.approx(10_000_000 / 13_500 / 0.96 * 1.05, rel=0.05)
    assert weights.mean() == pytest.approx(10.0, abs=0.2)
    assert weights.std() == pytest.approx(1.2, rel=0.1)
    assert per_kg.mean() == pytest.approx(1350, abs=15)
    assert {traits["age_years"] for traits in females} == {3, 4}


def test_eggs_that_are_late_for_their_season_still_have_their_parents() -> None:
    # Its pairing is planned for 2020; but the hatchery is another batch's until February.
    first = date(2021, 1, 15)
    second = date(2021, 1, 25)
    stages = [{**STAGES[0], "duration_days": 30}, *STAGES[1:]]
    told = run(company(
        **OWN, stages=stages,
        schedule={"entries": [
            {"geography": "North", "start": first}, {"geography": "North", "start": second},
        ]},
    ), days=50)  # fmt: skip
    late = told.rows("batch")[1]
    assert date_of(late["start_date"]) > date(2021, 2, 1)
    pair = told.rows("breeding_pair")[told.rows("egg_production")[1]["pair"]]
    plans = told.rows("breeding_plan")
    assert plans[pair["plan"]]["name"] == "North 2021"
    dam = told.rows("broodstock_fish")[pair["female_fish"]]
    assert day_in(dam["created_at"]) == day_of(date(2020, 1, 1)) - 180


def test_bought_eggs_need_no_parents_but_have_a_parentage() -> None:
    told = run(company(eggs__internal_share=0.0, schedule__batches=2), days=40)
    for kind in ("broodstock_fish", "breeding_plan", "breeding_pair"):
        assert told.rows(kind) == []
    assert [row["egg_production"] for row in told.rows("batch_parentage")] == [0, 1]
    assert {row["pair"] for row in told.rows("egg_production")} == {None}


def test_broodstock_tanks_come_last_and_stand_in_a_hall() -> None:
    scenario = company(broodstock__tanks=3)
    layout, blocks = Layout(scenario, 0), sites(scenario)
    containers = blocks["container"]
    names = texts(containers, "name")
    assert names[layout.first_broodstock_tank :] == [f"N-FW-01-BS-0{n}" for n in (1, 2, 3)]
    assert set(texts(containers, "hierarchy_role")[layout.first_broodstock_tank :]) == {"HOLDING"}
    (hall,) = set(np.asarray(containers.columns["hall"])[layout.first_broodstock_tank :].tolist())
    assert texts(blocks["hall"], "name")[hall].startswith("N-FW-01-Hall")
    sensed = np.asarray(blocks["sensor"].columns["container"])
    assert sensed.max() < layout.holding
    (types,) = [b for b in master_blocks(scenario, 20_000) if b.kind == "container_type"]
    key = int(np.asarray(containers.columns["container_type"])[layout.first_broodstock_tank])
    assert texts(types, "name")[key] == "Broodstock Tank"


def test_a_listed_container_type_serves_as_broodstock_tank() -> None:
    scenario = company(broodstock__tank_type="Tank")
    (types,) = [b for b in master_blocks(scenario, 20_000) if b.kind == "container_type"]
    assert texts(types, "name") == ["Tray", "Tank", "Ring"]
    containers = sites(scenario)["container"]
    tank = Layout(scenario, 0).first_broodstock_tank
    assert np.asarray(containers.columns["container_type"])[tank] == 1
    assert np.asarray(containers.columns["volume_m3"])[tank] == 6000


@pytest.mark.parametrize(("name", "kind"), [("age_years", int), ("eggs_per_kg", float)])
def test_ranges_of_parents_must_not_be_upside_down(name: str, kind: type) -> None:
    with pytest.raises(ValidationError, match=f"{name}_min 5.* is above {name}_max"):
        company(**{f"broodstock__{name}_min": kind(5), f"broodstock__{name}_max": kind(4)})


def test_every_boat_and_truck_is_listed() -> None:
    carriers = sites(company(geographies__0__feed_trucks=7))["transport_carrier"]
    names = texts(carriers, "name")
    fleets = [name.rsplit(" ", 1)[0] for name in names if name]
    assert {fleet: fleets.count(fleet) for fleet in fleets} == {
        "N Wellboat": 1, "N Feed Boat": 5, "N Feed Truck": 7, "N Treatment Vessel": 3,
    }  # fmt: skip
    assert len(set(names)) == len(names)
    marks = zip(texts(carriers, "license_plate"), texts(carriers, "imo_number"), strict=True)
    marks = [plate or imo for plate, imo in marks]
    assert len(set(marks)) == len(names)
    for number in filter(None, texts(carriers, "imo_number")):
        *digits, check = map(int, number.removeprefix("IMO "))
        assert sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=True)) % 10 == check
    volume = np.asarray(carriers.columns["capacity_m3"])
    assert volume[0] == 1750  # 2.5 t of fish at 7 m3 a tonne, in hundredths


def test_a_batch_keeps_the_fcr_that_it_was_born_with() -> None:
    ratios: dict[int, list[float]] = {0: [], 1: []}
    for days in (8, 40, 60):
        plain, spread = (
            run(company(schedule__batches=2, variation__batch_fcr_sd=sd), days=days).farm.stock
            for sd in (0.0, 0.1)
        )
        assert np.array_equal(plain.growth, spread.growth)
        for batch in np.unique(plain.batch[plain.batch >= 0]).tolist():
            held = plain.batch == batch
            ratios[batch] += (spread.fcr[held] / plain.fcr[held]).tolist()
    assert len(ratios[0]) > len(ratios[1]) > 4
    for found in ratios.values():
        assert found == pytest.approx([found[0]] * len(found))
        assert 0.75 <= found[0] <= 1.25
        assert found[0] != pytest.approx(1.0)
    assert ratios[0][0] != pytest.approx(ratios[1][0])
