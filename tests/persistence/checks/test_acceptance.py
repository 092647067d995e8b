"""Acceptance: the table's lines, on figures made up for them and on those of real runs."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from persistence.checks import run_checks
from persistence.checks.engine.knobs import (
    StoredFinance,
    StoredGeography,
    StoredGrade,
    StoredKnobs,
    StoredLimits,
    StoredStage,
    read_knobs,
)
from persistence.checks.engine.result import CheckResult
from persistence.checks.engine.session import Session
from persistence.checks.figures.acceptance import FIGURES, GENERAL, Line, lines_for
from persistence.checks.figures.figures import (
    FEEDINGS,
    READINGS,
    SAMPLES,
    BatchFigures,
    Figures,
    Use,
)
from persistence.checks.figures.gather import gather
from persistence.checks.judge import judge
from persistence.ledger import Run, RunSpec
from persistence.stores import StoreError
from sim.scenario import Scenario, ScenarioError, load
from sim.scenario.knobs.acceptance import Acceptance
from sim.sites.schedule import make_plan
from tests.support.checked_runs import SCENARIOS as SHIPPED
from tests.support.checked_runs import by_name, failed, good_run, simulate

STAGES = tuple(
    StoredStage(
        name,
        fed=name != "Egg&Alevin",
        sea=name == "Adult",
        vaccinates=False,
        days=90,
        containers=10,
        tgc=2.0,
        mortality=0.01,
    )
    for name in ("Egg&Alevin", "Fry", "Parr", "Smolt", "Post-Smolt", "Adult")
)
POOLS = ("tanks", "rings", "feed", "delivery", "wellboat", "plant", "treatment")


LOADED: dict[str, Scenario] = {
    path.stem: scenario
    for path in sorted(SHIPPED.glob("*.yaml"))
    if (scenario := load(path).scenario).acceptance
}
"""The shipped scenarios that ask something of their figures."""


def read(scenario: Scenario) -> StoredKnobs:
    """What verify reads of a scenario in the ledger."""
    plan = make_plan(scenario)
    spec = RunSpec(
        "", scenario.name, 1, "", scenario.model_dump_json(), (), plan.first_day, plan.end_day
    )  # fmt: skip
    return read_knobs(Run(1, spec, "finished", None))


@cache
def knobs(name: str) -> StoredKnobs:
    asked = LOADED[name].acceptance
    return StoredKnobs(
        name=name, batches=asked.for_batches or 20, stagger_days=36,
        span_days=asked.for_span_days or 53, acceptance=read(LOADED[name]).acceptance,
        first_day=0,
        end_day=2000, egg_g=0.1, hours=(8,), calibration_days=30, meals=(8,),
        sample_days=7, sample_fish=30, bias_days=30, opening_t=3730.0,
        gutted_share=0.85, fillet_share=0.55,
        grades=(StoredGrade(1.0, 1.0),), downgrades=False, finance=StoredFinance("gutted", 5, 0.17),
        care=None, lice=None, weather=None, defects=None,
        geographies=(StoredGeography("North", 60, 5, 1e6, STAGES),), watchdog_days=400,
    )  # fmt: skip


def batch(number: int, *, stage: int, active: bool) -> BatchFigures:
    grown = {"alive": 0, "alive_kg": 0.0} if not active else {"alive": 2_900_000, "alive_kg": 43e3}
    gone = {"harvested": 0, "harvested_kg": 0.0} if active else {
        "harvested": 2_720_000, "harvested_kg": 14.7e6,
    }  # fmt: skip
    values: dict[str, Any] = grown | gone
    return BatchFigures(
        f"N-{number:03d}", stage, active, eggs=3_200_000, dead_kg=2e5, feed_kg=17e6,
        first_harvest=None if active else 790, last_harvest=None if active else 810,
        day_91=2_905_000, **values,
    )  # fmt: skip


def used(percent: float) -> dict[str, Use]:
    return {"North": Use(1000.0, 10 * percent, 10 * percent)}


def accepted(name: str) -> Figures:
    """Figures that the table accepts for a scenario."""
    count = knobs(name).batches
    active = 1 if name == "single_batch_200d" else 0 if count == 1 else 15
    batches = [batch(n, stage=n % 5 if n < 14 else 5, active=n < active) for n in range(count)]
    if active == 1:
        batches = [replace(batches[0], stage=2)]
    return Figures(
        batches=tuple(batches),
        rows=Counter({READINGS: 30_000_000 if count > 100 else 9_000_000,
                      FEEDINGS: 2_200 if count == 1 else 2_000_000, SAMPLES: 100}),
        stages_seen=frozenset(range(3)), closed=20, active=10,
        stock_kg={"North": 5000.0}, bought_kg={"North": 9000.0}, late_purchases=7,
        opening_dag=373_000_000, due_dag=373_000_000, expired_dag=0,
        fullest={"North": 0.98},
        deloused=Counter({"medicine": 40, "fresh water": 9, "warm water": 70, "flushing": 30}),
        waits=Counter(dict.fromkeys(POOLS, 3)),
        tanks=used(67 if name == "dense" else 33), rings=used(35 if name == "medium_40" else 75),
        until=2000,
    )  # fmt: skip


def every(**changes: Any) -> Callable[[Figures], Figures]:
    """The figures with something changed about each batch."""
    return lambda f: replace(f, batches=tuple(replace(b, **changes) for b in f.batches))


def last(**changes: Any) -> Callable[[Figures], Figures]:
    """The figures with something changed about the last batch."""
    return lambda f: replace(f, batches=(*f.batches[:-1], replace(f.batches[-1], **changes)))


def changed(**changes: Any) -> Callable[[Figures], Figures]:
    return lambda f: replace(f, **changes)


def counted(name: str, number: int) -> Callable[[Figures], Figures]:
    return lambda f: replace(f, rows=Counter(f.rows | {name: number}) if number else Counter())


# What each line of the table must refuse: too little, and too much where there is a limit.
REFUSED: dict[str, list[Callable[[Figures], Figures]]] = {
    "batches.created": [lambda f: replace(f, batches=f.batches[:-1])],
    "containers.fill": [changed(fullest={"North": 1.001})],
    "waits.longest": [changed(long_waits=("N-001 waited for North from then to now",))],
    "day91.population": [last(day_91=2_799_000), last(day_91=5_800_000)],
    "day91.survival": [last(day_91=2_810_000), last(day_91=2_980_000)],
    "day91.mean": [every(day_91=2_880_000), every(day_91=2_930_000)],
    "survival.each": [last(harvested=2_550_000), last(harvested=2_900_000)],
    "survival.mean": [every(harvested=2_620_000), every(harvested=2_800_000)],
    "fcr.economic": [last(feed_kg=1.3e7), last(feed_kg=4.5e7)],
    "harvest.weight": [last(harvested_kg=12.2e6), last(harvested_kg=17.9e6)],
    "harvest.days": [last(last_harvest=739), last(last_harvest=901)],
    "harvest.mean": [every(last_harvest=799), every(last_harvest=851)],
    "feed.stock": [changed(stock_kg={"North": 0.0})],
    "feed.used": [changed(stock_kg={"North": 9000.0})],
    "feed.purchases": [changed(late_purchases=0)],
    "feed.opening": [changed(opening_dag=0), changed(opening_dag=373_000_001)],
    "feed.expired": [changed(expired_dag=1)],
    "stages.active": [every(stage=3)],
    "stages.each": [every(stage=3)],
    "stages.seen": [changed(stages_seen=frozenset((0, 1)))],
    "assignments.closed": [changed(closed=19), changed(closed=30)],
    "assignments.active": [changed(active=9), changed(active=20)],
    "rows.samples": [counted(SAMPLES, 19)],
    "rows.feedings": [counted(FEEDINGS, 1000)],
    "rows.readings": [counted(READINGS, 6_999_999), counted(READINGS, 51_000_000)],
    "survival.alive": [every(alive=2_700_000), every(alive=3_100_000)],
    "weight.alive": [every(alive_kg=28e3), every(alive_kg=60e3)],
    "batches.harvested": [lambda f: replace(f, batches=tuple(b for b in f.batches if b.active))],
    "batches.active": [lambda f: replace(f, batches=tuple(b for b in f.batches if not b.active))],
    "treatments.methods": [changed(deloused=Counter({"medicine": 70, "fresh water": 79}))],
    "rings.claimed": [changed(rings=used(64.9)), changed(rings=used(85.1))],
    "rings.stocked": [changed(rings=used(29.9)), changed(rings=used(40.1))],
    "tanks.stocked": [changed(tanks=used(24.9)), changed(tanks=used(70.1))],
    "waits.pools": [changed(waits=Counter({"tanks": 5}))],
}  # fmt: skip
LINES = [(name, line) for name in LOADED for line in lines_for(knobs(name))]


def judged(figures: Figures, name: str, **how: Any) -> dict[str, CheckResult]:
    options: dict[str, Any] = {"profile": "default", "whole": True} | how
    return by_name(judge(figures, knobs(name), **options))


def test_a_batch_that_died_out_is_told_and_its_survival_counts() -> None:
    died = last(died_out=True, harvested=0, harvested_kg=0.0, last_harvest=None)
    results = judged(died(accepted("production")), "production")
    assert set(failed(list(results.values()))) == {"survival.each"}
    assert ", 1 died out" in results["batches.created"].found


def test_a_batch_that_waits_for_its_first_place_is_created_in_time() -> None:
    waiting = changed(waiting_to_start=1)
    missing = REFUSED["batches.created"][0]
    results = judged(waiting(missing(accepted("tight"))), "tight")
    assert results["batches.created"].state == "passed"
    assert "1 waiting to start" in results["batches.created"].found


@pytest.mark.parametrize("name", LOADED)
def test_the_figures_that_are_asked_for_are_accepted(name: str) -> None:
    results = judged(accepted(name), name)
    assert failed(list(results.values())) == {}
    assert {result.state for result in results.values()} == {"passed"}


@pytest.mark.parametrize(
    ("name", "line"), LINES, ids=[f"{name}-{line.name}" for name, line in LINES]
)
def test_every_line_refuses_other_figures(name: str, line: Line) -> None:
    good = accepted(name)
    for change in REFUSED[line.name]:
        result = judged(change(good), name)[line.name]
        if result.state == "not applicable":  # everything that it could be told of is gone
            assert line.name.startswith(("batches.", "survival."))
            continue
        assert result.state == "failed"
        assert result.rows


def test_nothing_is_refused_that_is_not_a_line() -> None:
    assert set(REFUSED) == {line.name for _, line in LINES}


def test_a_run_that_was_cut_short_keeps_what_can_be_told() -> None:
    results = judged(replace(accepted("production"), until=1999), "production")
    assert results["rows.readings"].found == "the run was cut short"
    assert {name for name, r in results.items() if r.state == "passed"} == {
        "containers.fill", "waits.longest", "day91.population", "day91.survival",
        "survival.each", "fcr.economic", "harvest.weight", "harvest.days", "feed.expired",
    }  # fmt: skip
    assert judged(accepted("production"), "production", whole=False)["rows.readings"].found == (
        "not all of the run's databases are looked at"
    )


def test_before_the_first_harvest_there_is_nothing_to_tell() -> None:
    figures = replace(accepted("production"), batches=(batch(0, stage=1, active=True),))
    assert judged(figures, "production")["fcr.economic"].found == "nothing to tell yet"


def test_biology_is_judged_in_the_profile_that_its_figures_were_set_for() -> None:
    results = judged(accepted("medium_40"), "medium_40", profile="calibrated")
    assert results["survival.each"].state == "not applicable"
    assert results["rows.readings"].state == "passed"


# What verify asked of the shipped scenarios when its limits stood in its own code.
ASKED = {
    "single_batch_200d": (
        "day91.population 2.8 to 3.2 M, day91.survival 88 to 93 %, survival.alive 85 to 95 %,"
        " weight.alive 10 to 20 g, stages.seen 3, assignments.closed 20, assignments.active 10,"
        " rows.feedings at least 1,001, rows.samples at least 20, feed.used at most -0.001 t,"
        " feed.purchases at least 1"
    ),
    "dense": (
        "day91.population 2.8 to 3.2 M, day91.survival 88 to 93 %, day91.mean 90.45 to 91.25"
        " %, survival.each 80 to 90 %,"
        " survival.mean 83 to 87 %, fcr.economic 0.9 to 3, harvest.weight 4.5 to 6.5 kg,"
        " harvest.days 740 to 900 days, harvest.mean 800 to 850 days, stages.active 6,"
        " rows.readings 25,000,000 to 50,000,000, rows.feedings at least 1,500,001,"
        " feed.stock at least 0.001 t, treatments.methods 4, tanks.stocked 65 to 70 %,"
        " rings.claimed 70 to 85 %"
    ),
    "ten_rings": (
        "day91.survival 88 to 93 %, day91.mean 90.45 to 91.25 %, survival.each 80 to 90 %,"
        " survival.mean 83 to 87 %,"
        " fcr.economic 0.9 to 3, harvest.weight 4.5 to 6.5 kg, harvest.days 740 to 900 days,"
        " harvest.mean 800 to 850 days,"
        " stages.active 6, feed.stock at least 0.001 t, rings.claimed 65 to 85 %"
    ),
    "tight": "day91.population 2.8 to 3.2 M, waits.pools at least 1",
}


@pytest.mark.parametrize("name", ASKED)
def test_a_scenario_says_what_is_asked_of_it(name: str) -> None:
    lines = lines_for(read(LOADED[name]))[len(GENERAL) :]
    assert ", ".join(f"{line.name} {line.expected}" for line in lines) == ASKED[name]


def test_which_scenarios_ask_something_of_their_figures() -> None:
    assert set(LOADED) == {
        "single_batch_200d", "single_batch_900d", "small_20", "medium_40", "production", "dense",
        "ten_rings", "three_geographies", "saturation_170", "tight",
    }  # fmt: skip


def test_the_limits_stand_in_the_sentence() -> None:
    said = {line.name: line.sentence for line in lines_for(knobs("production"))}
    assert said["survival.each"] == "80 to 90 % of each batch's eggs are harvested"
    assert said["feed.stock"] == "There is feed in stock at the end: at least 0.001 t"
    assert said["rows.feedings"] == "There are at least 1,500,001 feedings"
    assert said["containers.fill"] == "No container was ever above 100 % of its limit"


def test_only_the_size_that_limits_were_set_for_has_them() -> None:
    asked = replace_in(LOADED["production"], for_span_days=53)
    assert lines_for(read(asked)) == lines_for(read(LOADED["production"])) != GENERAL
    for other in ({"for_batches": 143}, {"for_span_days": 52}):
        assert lines_for(read(replace_in(asked, **other))) == GENERAL
    any_size = replace_in(asked, for_batches=None, for_span_days=None)
    assert lines_for(read(any_size)) == lines_for(read(asked))


def replace_in(scenario: Scenario, **asked: Any) -> Scenario:
    """The scenario with something else asked of its figures."""
    return scenario.model_copy(update={"acceptance": scenario.acceptance.model_copy(update=asked)})


def test_every_knob_is_a_figure_and_every_figure_a_knob() -> None:
    assert Acceptance.model_fields.keys() - {"for_batches", "for_span_days"} == FIGURES.keys()


def test_a_figure_that_is_not_known_is_not_passed_over() -> None:
    asked = replace(knobs("tight"), acceptance={"colour": StoredLimits(1, 2)})
    with pytest.raises(StoreError, match="acceptance knows no figure colour"):
        lines_for(asked)


@pytest.mark.parametrize("name", LOADED)
def test_the_shipped_scenarios_have_the_size_that_their_limits_are_for(name: str) -> None:
    plan, found = make_plan(LOADED[name]), read(LOADED[name])
    assert lines_for(found) != GENERAL
    assert (found.batches, found.end_day) == (len(plan.batches), plan.end_day)
    assert found.span_days == plan.end_day - plan.batches[-1].start


@pytest.mark.parametrize(
    ("asked", "place", "says"),
    [
        ("{survival_percnt: {least: 80}}", "2:14",
         "acceptance.survival_percnt: unknown knob (did you mean 'survival_percent'?)"),
        ("{survival_percent: {least: 90, most: 80}}", "2:40",
         "acceptance.survival_percent.least: least 90.0 is above most (80.0)"),
        ("{survival_percent: {}}", "2:32",
         "acceptance.survival_percent: gives neither least nor most"),
        ("{survival_percent: {least: many}}", "2:40", "acceptance.survival_percent.least: "),
        ("{survival_percent: 85}", "2:32", "acceptance.survival_percent: "),
        ("{for_batches: 0}", "2:27", "acceptance.for_batches: "),
    ],
)  # fmt: skip
def test_bad_limits_are_told_with_their_place(
    tmp_path: Path, asked: str, place: str, says: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"extends: {SHIPPED}/smoke.yaml\nacceptance: {asked}\n", "utf-8")
    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert f"{path}:{place}: {says}" in str(refused.value)


# The smoke company with limits of its own, one of which its figures do not keep.
MINE = """
name: {name}
extends: {scenarios}/smoke.yaml
schedule: {{batches: 2, tail_days: 20, end: 2025-06-01}}
acceptance: {{for_batches: 2, active_batches: {{least: 2, most: 2}}, growth_samples: {{most: 1}}}}
"""
NOTHING = ("acceptance=null",)


def test_a_copy_under_another_name_keeps_the_limits_of_its_scenario(tmp_path: Path) -> None:
    found, digests = [], []
    for turn, (name, drop) in enumerate((("mine", ()), ("copied", ()), ("mine", NOTHING))):
        path, out = tmp_path / f"{name}.yaml", tmp_path / str(turn)
        path.write_text(MINE.format(name=name, scenarios=SHIPPED), "utf-8")
        results = by_name(run_checks(simulate(str(path), out, knobs=drop)))
        found.append({n: r.state for n, r in results.items() if r.group == "acceptance"})
        digests.append(json.loads((out / "manifest.json").read_text("utf-8"))["digest"])
    mine, copied, nothing = found
    assert mine == copied == {**nothing, "batches.active": "passed", "rows.samples": "failed"}
    assert nothing.keys() == {line.name for line in GENERAL}
    assert digests[0] == digests[2] != digests[1]  # a few rows carry the scenario's name


def test_a_single_batch_of_200_days(tmp_path: Path) -> None:
    results = by_name(run_checks(simulate("single_batch_200d.yaml", tmp_path)))
    assert failed(list(results.values())) == {}
    assert results["rows.feedings"].found == "2,200"
    assert results["assignments.closed"].found == "20"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return good_run(tmp_path_factory.mktemp("good"))


def test_figures_are_those_of_the_rows(good: Path) -> None:
    session = Session(f"sqlite:///{good}")
    figures = gather(session)
    session.close()
    with closing(sqlite3.connect(good)) as connection:

        def one(query: str) -> Any:
            return connection.execute(query).fetchone()[0]

        assert figures.rows[FEEDINGS] == one("SELECT count(*) FROM inventory_feedingevent")
        assert sum(b.harvested for b in figures.batches) == one(
            "SELECT sum(unit_count) FROM harvest_harvestlot"
        )
        assert sum(b.harvested_kg for b in figures.batches) == pytest.approx(
            one("SELECT sum(live_weight_kg) FROM harvest_harvestlot")
        )
        assert sum(b.feed_kg for b in figures.batches) == pytest.approx(
            one("SELECT sum(amount_kg) FROM inventory_feedingevent")
        )
        assert sum(b.dead_kg for b in figures.batches) == pytest.approx(
            one("SELECT sum(biomass_kg) FROM batch_mortalityevent"), rel=0.01
        )
        assert sum(figures.stock_kg.values()) == pytest.approx(
            one("SELECT sum(quantity_kg) FROM inventory_feedcontainerstock")
        )
        assert figures.waits.total() == one("SELECT count(*) FROM smoltflow_wait")
        assert figures.deloused.total() == one(
            "SELECT count(*) FROM smoltflow_treatment WHERE kind = 'delousing'"
        )
        first = min(figures.batches, key=lambda b: b.name)
        day_91 = (
            "SELECT sum(population) FROM batch_actualdailyassignmentstate s JOIN batch_batch b"
            f" ON b.id = s.batch_id WHERE day_number = 91 AND b.batch_number = '{first.name}'"
        )
        assert first.day_91 == one(day_91)
        assert first.last_harvest == one(
            "SELECT julianday(actual_end_date) - julianday(start_date) FROM batch_batch"
            f" WHERE batch_number = '{first.name}'"
        )


@pytest.mark.parametrize(("what", "site"), [("rings", "area"), ("tanks", "hall")])
def test_container_days_are_those_of_whole_months_from_day_850_on(
    what: str, site: str, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.checks.figures.gather.STEADY_FROM_DAY", 100)
    session = Session(f"sqlite:///{good}")
    found: dict[str, Use] = getattr(gather(session), what)
    session.close()
    of_halls = "JOIN infrastructure_freshwaterstation f ON f.id = s.freshwater_station_id"
    geography = "s.geography_id" if site == "area" else "f.geography_id"
    with closing(sqlite3.connect(good)) as connection:
        rows = connection.execute(
            f"""
            SELECT u.geography, sum(u.capacity_days), sum(u.busy_days + u.resting_days)
            FROM smoltflow_usage u JOIN infrastructure_{site} s ON s.name = u.pool
            WHERE u.month >= (SELECT date(simulated_from, '+100 days') FROM smoltflow_run)
            GROUP BY u.geography
            """
        ).fetchall()
        stocked = connection.execute(
            f"""
            SELECT g.name, count(*) FROM batch_actualdailyassignmentstate d
            JOIN infrastructure_container c ON c.id = d.container_id
            JOIN infrastructure_{site} s ON s.id = c.{site}_id {of_halls if site == "hall" else ""}
            JOIN infrastructure_geography g ON g.id = {geography}
            WHERE d.date >= (SELECT min(month) FROM smoltflow_usage
                             WHERE month >= (SELECT date(simulated_from, '+100 days')
                                             FROM smoltflow_run)) GROUP BY g.name
            """
        ).fetchall()
    assert stocked
    assert {name: (use.capacity, use.claimed) for name, use in found.items()} == {
        name: (capacity, pytest.approx(claimed)) for name, capacity, claimed in rows
    }
    assert {name: use.stocked for name, use in found.items() if use.stocked} == dict(stocked)
