"""The planner: its formula by hand, its calendar, its proof by simulation and its search."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import pytest

from sim.core.clock import date_of, day_of
from sim.planner.calendar import look_ahead
from sim.planner.candidate import CALENDAR, FORMULA, SIMULATION, Candidate, as_given, regular
from sim.planner.demand import demand_of
from sim.planner.formula import PoolNeed, StartSpan, Verdict, judge, span_of_years
from sim.planner.limits import Limits
from sim.planner.planning import Answer, Ask, AskProblem, plan_schedule
from sim.planner.proof import prove
from sim.scenario import Scenario, load
from sim.sites.schedule import make_plan
from tests.support.command_line import ROOT
from tests.support.small_company import COMPANY, SOUTH, company

SCENARIOS = ROOT / "scenarios"
NORTH = COMPANY["geographies"][0]
ROOM: dict[str, Any] = {"geographies__0__areas": 4, "geographies__0__stations": 3}
"""Rings for three batches at a time at 85 %, a station each."""
YEARS = 0.548
"""200 days."""


class Silent:
    """Nobody watches."""

    def begin(self, candidate: Candidate) -> None: ...

    def reached(self, day: int, end: int) -> None: ...

    def decided(self, candidate: Candidate) -> None: ...


def planned(scenario: Scenario, **ask: Any) -> Answer:
    return plan_schedule(scenario, Ask(**ask), Silent())


def verdict(scenario: Scenario, stagger: int, span: StartSpan, saturation: float = 0.85) -> Verdict:
    return judge(scenario, demand_of(scenario, make_plan(scenario)), stagger, saturation, span)


def pool(found: Verdict, kind: str, geography: str = "North") -> PoolNeed:
    (need,) = [p for p in found.pools if (p.kind, p.geography) == (kind, geography)]
    return need


# The formula


@pytest.mark.parametrize(
    ("years", "stagger", "batches"),
    [(4, 13, 112), (5.2, 13, 146), (1, 365, 1), (1, 366, 0), (0.1, 1, 36), (2.2, 1, 803)],
)
def test_time_gives_whole_batches(years: float, stagger: int, batches: int) -> None:
    assert span_of_years(years).batches_at(stagger) == batches


def test_production_is_the_largest_plan_that_its_rings_carry() -> None:
    scenario = load(SCENARIOS / "production.yaml").scenario
    days = scenario.schedule.batches * scenario.schedule.stagger_days
    found = verdict(scenario, 13, span_of_years(days / 365))
    assert (found.by_time, found.by_infrastructure, found.smallest_stagger) == (144, 144, 13)
    assert not found.broken
    for name, areas in (("Faroe Islands", 22), ("Scotland", 20)):
        rings = pool(found, "rings", name)
        assert rings.held_days is not None
        assert 400 < rings.held_days < 460
        assert rings.unit == "areas"
        assert rings.needed == ceil(rings.held_days / (13 * 2))
        assert rings.needed * 20 <= areas * 20 * 0.85  # the rule of FARM.md
        assert (rings.needed + 2) * 20 > areas * 20 * 0.85
    assert (found.limit.kind, found.limit.geography) == ("rings", "Faroe Islands")
    assert pool(verdict(scenario, 12, span_of_years(4)), "rings", "Faroe Islands").breaks


def test_dense_has_as_few_stations_as_its_batches_allow() -> None:
    scenario = load(SCENARIOS / "dense.yaml").scenario
    found = verdict(scenario, 13, StartSpan(None, scenario.schedule.batches))
    assert not found.broken
    assert (found.smallest_stagger, found.limit.kind) == (13, "rings")
    halls = [need for need in found.pools if need.kind.startswith("tanks")]
    assert {need.smallest_stagger for need in halls} == {10, 11}
    fewer = [{**g.model_dump(), "stations": 4} for g in scenario.geographies]
    scenario = Scenario.model_validate({**scenario.model_dump(), "geographies": fewer})
    assert pool(verdict(scenario, 13, StartSpan(None, 144)), "tanks B", "Scotland").breaks


def test_halls_are_counted_by_hand() -> None:
    """A hall is claimed 5 days ahead for 15 days and rests 2; its next batch is 40 days later."""
    scenario = company(geographies=[{**NORTH, "stations": 2}, SOUTH], schedule__batches=8)
    found = verdict(scenario, 10, StartSpan(None, 8))
    fry = pool(found, "tanks B")
    assert (fry.held_days, fry.needed, fry.there) == (22, 1, 1)
    assert fry.smallest_stagger == ceil(22 / (2 * 2))
    assert pool(found, "tanks A").held_days == 12  # nobody claims the first ahead
    assert pool(found, "tanks B", "South").smallest_stagger == 11
    assert pool(found, "tanks B", "South").breaks


def test_few_batches_need_no_more_places_than_they_are() -> None:
    scenario = company(**ROOM)
    assert pool(verdict(scenario, 1, StartSpan(None, 3)), "rings").needed == 3
    assert pool(verdict(scenario, 1, StartSpan(None, 30)), "rings").needed > 30 / 2


def test_two_batches_share_an_area_that_is_large_enough() -> None:
    scenario = company(**ROOM, geographies__0__rings_per_area=12)
    rings = pool(verdict(scenario, 9, StartSpan(None, 20)), "rings")
    assert (rings.unit, rings.there) == ("rings", floor(48 * 0.85 / 6) * 6)
    assert rings.needed == 6 * ceil((rings.held_days or 0) / 9)


def test_a_plant_that_works_longer_on_a_batch_than_its_stagger_is_the_limit() -> None:
    scenario = company(**ROOM, geographies__0__plant_kg_per_day=4000.0)
    found = verdict(scenario, 5, StartSpan(None, 20), saturation=1.0)
    plant = pool(found, "harvest plant")
    assert plant.held_days == 6  # a ring a day
    assert plant.smallest_stagger == 6
    assert plant.breaks
    assert not pool(verdict(scenario, 6, StartSpan(None, 20)), "harvest plant").breaks


def test_what_is_needed_falls_with_the_stagger() -> None:
    scenario = company(**ROOM)
    before: dict[str, float] = {}
    for stagger in range(1, 40):
        now = {p.kind: p.needed for p in verdict(scenario, stagger, span_of_years(1)).pools}
        assert all(now[kind] <= before.get(kind, now[kind]) for kind in now)
        before = now


# The calendar


def test_a_schedule_that_fits_has_no_excess_and_one_that_does_not_has_a_date() -> None:
    entries = [{"geography": "North", "start": date_of(day_of(NEW_YEAR) + day)} for day in (0, 21)]
    roomy = company(schedule__entries=entries, geographies__0__areas=2)
    outlook = look_ahead(roomy, demand_of(roomy, make_plan(roomy)), Limits(saturation=1))
    assert outlook.excesses == []
    assert outlook.without_place == 0
    narrow = company(schedule__entries=entries)
    outlook = look_ahead(narrow, demand_of(narrow, make_plan(narrow)), Limits(saturation=1))
    (excess,) = outlook.excesses
    assert excess.pool == "rings of North"
    assert excess.day == day_of(NEW_YEAR) + 21 + 40  # the day on which the second comes to sea
    assert "2 areas needed" in excess.text
    assert outlook.without_place == pytest.approx(1 / 8)
    assert outlook.clear


NEW_YEAR = date_of(day_of(COMPANY["schedule"]["start"]))


def test_a_hall_that_is_not_free_again_is_seen() -> None:
    entries = [{"geography": "North", "start": date_of(day_of(NEW_YEAR) + day)} for day in (0, 16)]
    scenario = company(schedule__entries=entries, geographies__0__areas=2)
    outlook = look_ahead(scenario, demand_of(scenario, make_plan(scenario)), Limits(saturation=1))
    assert [(e.pool, e.day) for e in outlook.excesses] == [
        ("tanks of N-FW-01-Hall-B", day_of(NEW_YEAR) + 26),
        ("tanks of N-FW-01-Hall-C", day_of(NEW_YEAR) + 41),
    ]


@pytest.mark.parametrize("stagger", [16, 20, 24])
def test_the_calendar_foresees_how_full_the_rings_will_be(stagger: int) -> None:
    candidate = regular(company(**ROOM), stagger, span_of_years(YEARS), Limits())
    scenario, until = candidate.to_prove()
    proof = prove(scenario, candidate.batches, until, Limits())
    assert candidate.outlook.fullest["North"] == pytest.approx(proof.figures.saturation, abs=0.04)


# Candidates and proofs


def test_the_same_batch_meets_the_same_luck_in_every_candidate() -> None:
    scenario = company(**ROOM, eggs__count_max=110_000, stages__1__duration_spread_days=2)
    narrow, wide = (regular(scenario, days, span_of_years(1), Limits()) for days in (16, 24))
    for one, other in zip(narrow.plan.batches, wide.plan.batches, strict=False):
        assert (one.luck, one.eggs, one.durations) == (other.luck, other.eggs, other.durations)
        assert (one.target_g, one.station) == (other.target_g, other.station)


def test_a_candidate_is_the_staggered_schedule_batch_by_batch() -> None:
    scenario = company(
        geographies=[{**NORTH, "stations": 2}, SOUTH],
        schedule__batches=7,
        schedule__stagger_days=9,
    )
    written = regular(scenario, 9, StartSpan(None, 7), Limits())
    plain = make_plan(scenario)
    assert (written.plan.first_day, written.plan.end_day) == (plain.first_day, plain.end_day)
    for mine, theirs in zip(written.plan.batches, plain.batches, strict=True):
        assert mine.target_g == pytest.approx(theirs.target_g, abs=0.51)
        for name in ("name", "geography", "number", "start", "station", "eggs", "internal"):
            assert getattr(mine, name) == getattr(theirs, name)
        assert (mine.luck, mine.durations) == (theirs.luck, theirs.durations)


def test_a_proof_follows_every_batch_to_its_harvest() -> None:
    candidate = regular(company(**ROOM, schedule__tail_days=1), 20, StartSpan(None, 3), Limits())
    assert candidate.plan.end_day == candidate.plan.batches[-1].start + 1
    scenario, until = candidate.to_prove()
    proof = prove(scenario, 3, until, Limits())
    assert proof.holds
    assert proof.figures.unfinished == 0
    cut = prove(scenario, 3, candidate.demand.last_day - 2, Limits())
    assert cut.figures.unfinished == 1
    assert [excess.limit for excess in cut.excesses] == ["unfinished"]


def proof_of(stagger: int, limits: Limits, **changes: object) -> Any:
    candidate = regular(company(**{**ROOM, **changes}), stagger, span_of_years(YEARS), limits)
    scenario, until = candidate.to_prove()
    return prove(scenario, candidate.batches, until, limits)


def test_rings_that_are_too_few_make_batches_late_and_are_named_with_their_date() -> None:
    proof = proof_of(16, Limits(saturation=1), geographies__0__areas=2)
    (excess,) = [excess for excess in proof.excesses if excess.limit == "late"]
    assert excess.pool == "rings of North"
    assert excess.day is not None
    assert excess.day == day_of(NEW_YEAR) + 2 * 16 + 40 - 5  # when the third claims its rings
    assert proof.figures.late_days > 1


def test_barges_that_run_empty_are_named() -> None:
    (excess,) = proof_of(20, Limits(), geographies__0__barge_kg=3500.0).excesses
    assert (excess.limit, excess.pool) == ("stock_outs", "barges of North")
    assert "kg" in excess.text


def test_a_limit_that_is_wider_lets_the_same_schedule_pass() -> None:
    tight = proof_of(20, Limits(), geographies__0__barge_kg=3500.0)
    loose = proof_of(20, Limits(stock_outs=99), geographies__0__barge_kg=3500.0)
    assert not tight.holds
    assert loose.holds
    assert loose.figures == tight.figures


# The search


def test_the_stagger_found_works_and_a_day_less_does_not() -> None:
    scenario = company(**ROOM, schedule__batches=10)
    answer = planned(scenario)
    assert answer.largest is not None
    assert answer.closed
    assert answer.chosen is answer.largest
    found = answer.largest.stagger
    assert found == 15
    assert answer.largest.batches == floor(200 / found)
    assert proof_of(found, Limits()).holds
    assert not proof_of(found - 1, Limits()).holds


def test_simulation_refuses_what_works_on_paper() -> None:
    """A plant that is busy every day keeps up on paper; with any luck at all its queue explodes."""
    scenario = company(
        **{**ROOM, "geographies__0__areas": 12, "geographies__0__stations": 6},
        schedule__batches=20,
        schedule__stagger_days=10,
        geographies__0__plant_kg_per_day=4000.0,
    )
    answer = planned(scenario, limits=Limits(saturation=1))
    decided = {c.stagger: (c.decided_by, c.works) for c in answer.tried}
    assert decided[6] == (SIMULATION, False)
    assert decided[7] == (SIMULATION, True)
    assert answer.largest is not None
    assert (answer.largest.stagger, answer.closed) == (7, True)
    (narrow,) = [c for c in answer.tried if c.stagger == 6]
    assert narrow.verdict.smallest_stagger == 6
    pools = {excess.pool for excess in narrow.excesses}
    assert pools & {"harvest plant of North", "rings of North"}


def test_a_schedule_that_is_named_is_the_only_one_that_will_do() -> None:
    scenario = company(**ROOM, schedule__batches=10)
    fits = planned(scenario, stagger=20)
    assert fits.chosen is fits.asked
    assert fits.largest is not None
    assert fits.largest.stagger == 15
    narrow = planned(scenario, stagger=9)
    assert narrow.chosen is None
    assert narrow.asked.decided_by == FORMULA
    assert narrow.largest is not None
    assert narrow.largest.stagger == 15
    assert any(excess.pool == "rings of North" for excess in narrow.asked.excesses)
    assert all(excess.day is not None for excess in narrow.asked.excesses)


def test_no_search_looks_at_one_schedule_only() -> None:
    answer = planned(company(**ROOM, schedule__batches=10), search=False)
    assert [c.stagger for c in answer.tried] == [20]
    assert answer.largest is None
    assert answer.chosen is answer.asked


def test_simulations_are_counted() -> None:
    answer = planned(company(**ROOM, schedule__batches=10), most=1)
    assert sum(c.decided_by == SIMULATION for c in answer.tried) == 1
    assert answer.largest is not None
    assert not answer.closed


def test_what_no_stagger_helps_is_not_searched_for_long() -> None:
    answer = planned(company(**ROOM, schedule__batches=10, geographies__0__barge_kg=3500.0))
    assert answer.chosen is None
    assert len(answer.tried) == 1
    assert answer.asked.no_stagger_helps


def test_a_number_of_batches_may_be_given() -> None:
    answer = planned(company(**ROOM), batches=6)
    assert answer.chosen is not None
    assert answer.chosen.batches == 6
    assert answer.chosen.stagger in {15, 16}
    spread = planned(company(**ROOM), batches=5, years=0.42, search=False)
    assert spread.asked.stagger == 30


def test_a_schedule_given_batch_by_batch_is_proved_as_it_is() -> None:
    days = (0, 30, 51)
    entries = [{"geography": "North", "start": date_of(day_of(NEW_YEAR) + day)} for day in days]
    answer = planned(company(**ROOM, schedule__entries=entries))
    assert [b.start - day_of(NEW_YEAR) for b in answer.asked.plan.batches] == list(days)
    assert answer.chosen is answer.asked
    assert len(answer.tried) == 1
    assert as_given(company(**ROOM), Limits()).batches == 1


def test_calendar_or_formula_refuse_what_is_clear_without_a_simulation() -> None:
    scenario = company(**ROOM, schedule__batches=10)
    for stagger in (2, 5, 8):
        candidate = regular(scenario, stagger, span_of_years(YEARS), Limits())
        assert candidate.needs_no_proof
        assert candidate.decided_by in {FORMULA, CALENDAR}
        assert not candidate.works


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ({"batches": 50, "years": 1, "stagger": 13}, "50 batches 13 days apart take 1.78 years"),
        ({"years": 0.01}, "no batch starts"),
        ({"years": 0.5, "stagger": 400}, "no batch starts"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(ask: dict[str, Any], words: str) -> None:
    with pytest.raises(AskProblem, match=words):
        planned(company(**ROOM), **ask)
