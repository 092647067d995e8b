"""Expansion gives the same rows however the days are cut, and rows that add up to the days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.facts import KINDS, NULL, Block, Chunk
from sim.observations.days import observed_fcr
from sim.observations.observer import Observer
from sim.runner import simulate
from sim.scenario import Scenario
from sim.scenario.knobs.company import Writing
from tests.support.small_company import COMPANY, Told, company, joined, run

Facts = dict[str, dict[str, np.ndarray[Any, Any]]]
Entities = dict[str, list[tuple[object, ...]]]


def busy(**changes: object) -> Scenario:
    """Halls and rings are occupied at once, and barges are short of feed now and then."""
    geography = {**COMPANY["geographies"][0], "barge_kg": 700.0, "stations": 2}
    return company(geographies=[geography], schedule__batches=3, **changes)


class Collector:
    """A sink that keeps facts and the latest state of every entity."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.latest: dict[tuple[str, int], tuple[object, ...]] = {}

    def committed(self, *_: object) -> list[tuple[int, int]]:
        return []

    def commit(self, chunk: Chunk) -> int:
        self.blocks += chunk.facts
        for kind, rows in joined(chunk.entities).items():
            names = [name for name in rows if name != "key"]
            for row in zip(rows["key"], *(rows[name] for name in names), strict=True):
                self.latest[kind, int(row[0])] = tuple(map(str, row[1:]))
        return 0

    def replay(self, *_: object) -> int:
        raise AssertionError("nothing is committed")


def cut_every(days: int | None, scenario: Scenario) -> tuple[Facts, Entities]:
    """A company's facts when its lane is cut every so many days (or months), and its entities."""
    scenario = scenario.model_copy(update={"writing": Writing(
        chunk_days=days, buffer_rows=scenario.writing.buffer_rows
    )})  # fmt: skip
    sink = Collector()
    simulate(scenario, [0], 10**6, sink, lambda _: None, lambda: False)
    entities: Entities = {}
    for (kind, _), row in sorted(sink.latest.items()):
        entities.setdefault(kind, []).append(row)
    return joined(sink.blocks), {kind: sorted(rows) for kind, rows in entities.items()}


def canonical(facts: Facts) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every kind in a fixed order, without their own surrogate keys."""
    return {
        kind: sorted(
            zip(*(column.tolist() for name, column in rows.items() if name != "key"), strict=True)
        )
        for kind, rows in facts.items()
    }


@pytest.fixture(scope="module")
def whole() -> tuple[Facts, Entities]:
    return cut_every(None, busy())


def test_all_kinds_of_daily_facts_are_there(whole: tuple[Facts, Entities]) -> None:
    facts, entities = whole
    recorded = {kind.name for kind in KINDS.values() if kind.role == "fact"}
    assert set(facts) == recorded - {"lice_count", "defect"}  # no lice, no defects asked for
    assert len(entities["container_feeding_summary"]) > 50
    assert len(entities["batch_feeding_summary"]) > 5
    for kind in set(facts) - {"feed_draw"}:
        keys = facts[kind]["key"]
        assert np.array_equal(np.sort(keys), np.arange(len(keys)))


@pytest.mark.parametrize("buffer_rows", [1000, 1300, 5_000_000])
def test_the_size_of_the_buffer_changes_no_row(
    whole: tuple[Facts, Entities], buffer_rows: int
) -> None:
    facts, entities = cut_every(None, busy(writing__buffer_rows=buffer_rows))
    assert canonical(facts) == canonical(whole[0])
    assert entities == whole[1]


@pytest.mark.parametrize("days", [1, 7, 31, 100])
def test_where_chunks_are_cut_changes_no_row(whole: tuple[Facts, Entities], days: int) -> None:
    facts, entities = cut_every(days, busy())
    assert canonical(facts) == canonical(whole[0])
    for kind, rows in whole[1].items():
        assert entities[kind] == rows, kind


def test_a_buffer_is_no_bigger_than_asked_for() -> None:
    told = run(busy(writing__buffer_rows=1000))
    blocks = list(Observer(told.farm).facts(told.cuts[0]))
    assert max(block.rows for block in blocks if block.kind == "reading") <= 1000
    assert min(block.rows for block in blocks) > 0


def of_days(told: Told, facts: Facts, kind: str, value: str) -> np.ndarray:
    """Sums of a fact's value per container-day, in the order of the days' columns."""
    columns, rows = told.days(), facts[kind]
    day = {"feeding": "feeding_date", "mortality": "event_date", "feed_draw": "day"}[kind]
    who = {"feeding": "batch_assignment"}.get(kind, "assignment")
    place = {
        pair: index
        for index, pair in enumerate(
            zip(columns["assignment"].tolist(), columns["day"].tolist(), strict=True)
        )
    }
    total = np.zeros(len(place), dtype=np.int64)
    found = [place[pair] for pair in zip(rows[who].tolist(), rows[day].tolist(), strict=True)]
    np.add.at(total, np.array(found), rows[value].astype(np.int64))
    return total


@pytest.mark.parametrize("hours", [[8, 16], [7, 10, 13, 16], [12]])
def test_meals_and_draws_add_up_to_what_was_eaten(hours: list[int]) -> None:
    told = run(busy(recording={"feeding_hours": hours}))
    facts = told.facts()
    eaten = told.days()["eaten_dag"]
    assert of_days(told, facts, "feeding", "amount_kg").tolist() == (eaten * 100).tolist()
    assert of_days(told, facts, "feed_draw", "kg").tolist() == eaten.tolist()
    assert sorted(set((facts["feeding"]["feeding_time"] // 3_600_000_000).tolist())) == hours


def test_deaths_add_up_to_the_days(whole: tuple[Facts, Entities]) -> None:
    told = run(busy())
    assert of_days(told, whole[0], "mortality", "count").tolist() == told.days()["dead"].tolist()


def test_feed_bought_is_fed_or_in_stock_lot_by_lot(whole: tuple[Facts, Entities]) -> None:
    told, draws = run(busy()), whole[0]["feed_draw"]
    stocks = {row["feed_purchase"]: row["quantity_kg"] for row in told.rows("feed_stock")}
    fed = np.zeros(len(stocks), dtype=np.int64)
    np.add.at(fed, draws["purchase"], draws["kg"])
    for lot in told.rows("feed_purchase"):
        left = stocks[lot["key"]]
        assert round(100 * lot["quantity_kg"]) == fed[lot["key"]] + round(100 * left)
        assert left >= 0
    assert (fed > 0).sum() > 20


def test_a_meals_cost_is_that_of_its_lots(whole: tuple[Facts, Entities]) -> None:
    told, feedings, draws = run(busy()), whole[0]["feeding"], whole[0]["feed_draw"]
    cents = np.array([row["cost_per_kg"] for row in told.rows("feed_purchase")]) * 100
    lots_cost = (draws["kg"] / 100 * cents[draws["purchase"]]).sum()
    assert feedings["feed_cost"].sum() == pytest.approx(lots_cost, abs=0.5 * len(feedings["key"]))
    single = cents.round().astype(int)
    per_kg = feedings["feed_cost"] / (feedings["amount_kg"] / 10_000)
    large = feedings["amount_kg"] > 500_000
    assert large.sum() > 100
    assert (per_kg[large] >= single.min() - 1).all()
    assert (per_kg[large] <= single.max() + 1).all()


def test_observed_fcr_is_capped_and_unknown_without_feed_or_gain() -> None:
    feed = np.array([12.0, 30.0, 0.0, 5.0, 5.0])
    gain = np.array([10.0, 2.0, 5.0, 0.99, -3.0])
    assert observed_fcr(feed, gain).tolist() == [1200, 10_000, NULL, NULL, NULL]


def test_samples_describe_their_fish(whole: tuple[Facts, Entities]) -> None:
    samples, fish = whole[0]["growth_sample"], whole[0]["fish"]
    weight = fish["weight_g"].reshape(-1, 30)
    assert (fish["growth_sample"].reshape(-1, 30) == samples["key"][:, None]).all()
    assert np.abs(weight.mean(axis=1) - samples["avg_weight_g"]).max() <= 0.5
    assert np.abs(weight.std(axis=1) - samples["std_deviation_weight"]).max() <= 0.5
    assert (weight.min(axis=1) == samples["min_weight_g"]).all()
    assert (weight.max(axis=1) == samples["max_weight_g"]).all()
    told = run(busy())
    columns = told.days()
    true = columns["weight_g"][columns["anchor"] == 1]
    ratio = weight.mean(axis=1) / 100 / true
    assert ratio.mean() == pytest.approx(1, abs=0.02)
    assert ratio.std() == pytest.approx(0.15 / np.sqrt(30), rel=0.35)
