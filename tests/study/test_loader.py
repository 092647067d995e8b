"""Studies are checked as a whole before anything runs: every error has its place and a hint."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from sim.scenario import Scenario, ScenarioError
from sim.study.loader import StudyPlan, load_study
from tests.support.command_line import ROOT

SMOKE = ROOT / "scenarios" / "smoke.yaml"
KPIS = ("harvested_t_per_year", "wait_days_per_batch", "fcr")

HEAD = f"name: trial\nbase: {SMOKE}\n"
AREAS = """\
factors:
  - name: areas
    paths: [geographies.Scotland.areas]
    values: [1, 2, 3]
"""


def catalogue(_: Scenario) -> tuple[str, ...]:
    return KPIS


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, *overrides: str) -> StudyPlan:
    Path("study.yaml").write_text(text)
    return load_study("study.yaml", overrides, catalogue=catalogue)


def problems(text: str, *overrides: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        load(text, *overrides)
    return [str(problem) for problem in refused.value.problems]


def test_every_problem_is_told_at_once_where_it_was_written():
    text = HEAD + dedent("""\
        factors:
          - name: areas
            paths: [geographies.Scotland.aeras]
            values: [1, 2]
          - name: plant
            paths: [geographies.0.plant_kg_per_day]
            values: [20000, 10]
          - name: fallow
            paths: [geographies.Faroe.fallow_days]
            range: {from: 5, to: 15, step: 5}
        replications: 0
        kpis: [fcr, harvested_t_per_yaer]
        objective: {maximise: margin, subject_to: {wait_days: {at_most: 5}}}
        """)
    found = problems(text)
    assert len(found) == 7, found
    starts = [
        "study.yaml:5:13: geographies.1.aeras: unknown knob (did you mean 'areas'?)",
        "study.yaml:9:21: geographies.0.plant_kg_per_day: a container of ",
        "study.yaml:11:13: geographies.Faroe: no entry has that name; there are Faroe Islands, ",
        "study.yaml:13:15: replications: must be at least 1 (found 0)",
        "study.yaml:14:13: kpis.1: no KPI is named 'harvested_t_per_yaer' (did you mean 'har",
        "study.yaml:15:23: objective.maximise: no KPI is named 'margin'; there are fcr, ",
        "study.yaml:15:44: objective.subject_to.wait_days: no KPI is named 'wait_days' (did you ",
    ]
    for line, start in zip(found, starts, strict=True):
        assert line.startswith(start), line


VALUES = {
    "values: [1, -2]": "6:17: geographies.1.areas: must be at least 0 (found -2)",
    "values: [1, 1.5]": "6:17: geographies.1.areas: expected a whole number, found 1.5",
    "values: [1, 2, 1]": "6:20: factors.0.values.2: 1 is given twice: a duplicate variant",
    "values: []": "6:13: factors.0.values: must have at least 1 entry (found 0)",
    "values: [0]": "6:14: geographies.1.areas: the stages end at sea but there is no area",
    "range: {from: 3, to: 1, step: 1}": "6:19: factors.0.range.from: from 3 is above to (1)",
    "range: {from: 1, to: 3, step: 0}": "6:35: factors.0.range.step: must be more than 0",
    "range: {from: 1, to: 3}": "6:12: factors.0.range: a design 'full' needs a step here",
    "change: add": "4:5: factors.0: factor 'areas' needs one of values, range and levels",
    "vlaues: [1]": "6:5: factors.0.vlaues: unknown knob (did you mean 'values'?)",
    "values: [1]\n    change: ad": "7:13: factors.0.change: must be 'set', 'add' or 'multiply'",
    "values: [one]\n    change: add": "6:14: factors.0.values.0: expected a number to add",
}


@pytest.mark.parametrize("given", VALUES)
def test_a_factor_that_cannot_be_is_refused_where_it_stands(given: str):
    text = f"""{HEAD}factors:
  - name: areas
    paths: [geographies.1.areas]
    {given}
"""
    found = problems(text)
    assert len(found) == 1, found
    assert found[0].startswith(f"study.yaml:{VALUES[given]}"), found


OTHERS = {
    "replications: {until: {fcr: 2}}": "until.fcr: must be a share between 0 and 1",
    "replications: {until: {fcc: 0.1}}": "no KPI is named 'fcc' (did you mean 'fcr'?)",
    "replications: {until: {fcr: 0.1}, at_least: 1}": "at_least: must be at least 2",
    "replications: {until: {fcr: 0.1}, at_most: 3}": "at_most 3 is below at_least (5)",
    "replications: {until: {fcr: 0.1}, each_round: 0}": "each_round: must be at least 1",
    "replications: many": 'replications: expected a whole number, found "many"',
    "design: ful": "design: must be 'full' or 'one_at_a_time', found \"ful\" (did you ",
    "design: {sobol: 12}": "design.sobol: must be a power of two (found 12) (did you mean '8'?)",
    "design: {latin_hypercube: 1}": "design.latin_hypercube: must be at least 2 (found 1)",
    "design: {}": "design: needs either latin_hypercube or sobol, with a number",
    "objective: {}": "objective: needs either maximise or minimise, with a KPI",
    "objective: {maximise: fcr, minimise: fcr}": "objective: needs either maximise or minimise",
    "objective: {maximise: fcr, subject_to: {fcr: {}}}": "fcr: needs at_most or at_least",
    "kpis: [fcr, fcr]": "kpis.1: 'fcr' is given twice",
    "confidence: 95": "confidence: must be at most 0.9999 (found 95)",
    "set: {schedule.end: today}": "schedule.end: a study needs a date, not 'today'",
    "set: {schedule.bathces: 3}": "schedule.bathces: unknown knob (did you mean 'batches'?)",
    "set: {'': 3}": "'' is not a knob's path",
    "set: {a=b: 3}": "'a=b' is not a knob's path",
    "base: smok.yaml": "base: given twice",
}


@pytest.mark.parametrize("given", OTHERS)
def test_what_else_cannot_be_is_refused(given: str):
    found = problems(f"{HEAD}{AREAS}{given}\n")
    assert len(found) == 1, found
    assert OTHERS[given] in found[0]
    assert found[0].startswith("study.yaml:7:"), found


def test_a_base_that_is_not_there_is_told_with_the_file_that_may_be_meant():
    Path("smoke.yaml").write_text("name: smoke\n")
    (found,) = problems(f"name: trial\nbase: smok.yaml\n{AREAS}")
    assert found == "study.yaml:2:7: base: smok.yaml: no such file (did you mean 'smoke.yaml'?)"


def test_a_fault_of_the_base_itself_is_told_in_its_file():
    Path("mine.yaml").write_text(f"extends: {SMOKE}\nschedule: {{bathces: 3}}\n")
    (found,) = problems(f"name: trial\nbase: mine.yaml\n{AREAS}")
    assert found.startswith("mine.yaml:2:12: schedule.bathces: unknown knob")


def test_levels_are_some_and_name_their_own_knobs():
    found = problems(f"{HEAD}factors: [{{name: a, levels: [], paths: [seed]}}]\n")
    assert found[0].startswith("study.yaml:3:29: factors.0.levels: must have at least 1 entry")
    assert found[1].startswith("study.yaml:3:40: factors.0.paths: levels name their own knobs")
    text = "factors: [{name: a, levels: [{name: x, set: {s eed: 1}}, {name: x, set: {'=': 1}}]}]"
    found = problems(f"{HEAD}{text}\n")
    assert "level 'x' is given twice" in found[0]
    assert "'=' is not a knob's path" in found[1]


def test_two_factors_must_not_change_the_same_knob():
    text = f"{HEAD}{AREAS}  - name: again\n    paths: [geographies.1.areas]\n    values: [1, 2]\n"
    (found,) = problems(text)
    assert found.startswith("study.yaml:8:13: factors.1.paths.0: factor 'areas' changes this")


def test_what_only_a_combination_breaks_is_told_with_the_combination():
    text = f"""{HEAD}factors:
  - name: rings
    paths: [stages.Adult.containers_per_batch]
    values: [4, 5]
  - name: in_area
    paths: [geographies.Faroe Islands.rings_per_area]
    values: [4, 5]
set: {{geographies.Faroe Islands.rings_per_area: 6}}
"""
    (found,) = problems(text)
    assert found.startswith("study.yaml:6:17: stages.3.containers_per_batch: a batch takes 5 rings")
    assert found.endswith("(with rings=5, in_area=4)")


def test_the_same_finding_of_many_variants_is_told_once():
    others = "  - name: lead\n    paths: [feed_supply.barge_lead_days]\n    values: [1, 2, 3, 4]\n"
    (found,) = problems(f"{HEAD}{AREAS}{others}".replace("[1, 2, 3]", "[1, -2]"))
    assert found == "study.yaml:6:17: geographies.1.areas: must be at least 0 (found -2)"


def test_the_base_is_variant_0_and_no_other():
    plan = load(HEAD + AREAS)
    assert [variant.name for variant in plan.variants] == ["base", "areas=1", "areas=3"]
    assert [variant.levels for variant in plan.variants] == [(2,), (1,), (3,)]
    assert plan.points == (1, 0, 2)
    assert [v.scenario.geographies[1].areas for v in plan.variants] == [2, 1, 3]


def test_a_base_between_the_levels_is_a_variant_of_its_own():
    plan = load(HEAD + AREAS.replace("[1, 2, 3]", "[1, 3]"))
    assert [variant.name for variant in plan.variants] == ["base", "areas=1", "areas=3"]
    assert plan.points == (1, 2)


def test_values_are_added_and_multiplied_and_whole_numbers_stay_whole():
    plan = load(f"""{HEAD}factors:
  - name: more
    paths: [geographies.Scotland.areas, geographies.Faroe Islands.areas]
    change: add
    values: [-1, 0, 1]
  - name: barges
    paths: [geographies.Scotland.barge_kg, geographies.Scotland.fallow_days]
    change: multiply
    values: [1, 1.5]
""")
    changed = [v.scenario.geographies for v in plan.variants]
    assert {(g[0].areas, g[1].areas) for g in changed} == {(2, 1), (3, 2), (4, 3)}
    assert {(g[1].barge_kg, g[1].fallow_days) for g in changed} == {(50_000, 5), (75_000, 8)}
    assert plan.variants[0].levels == (0, 1)


def test_levels_with_names_change_several_knobs():
    plan = load(f"""{HEAD}factors:
  - name: pace
    levels:
      - {{name: slow, set: {{schedule.stagger_days: 30, schedule.batches: 4}}}}
      - {{name: as it is, set: {{schedule.stagger_days: 20}}}}
design: one_at_a_time
""")
    assert [variant.name for variant in plan.variants] == ["base", "pace=slow"]
    assert plan.variants[1].scenario.schedule.batches == 4
    assert plan.points == (1, 0)


def test_what_the_study_sets_holds_in_every_variant():
    plan = load(f"{HEAD}{AREAS}set: {{schedule.batches: 2}}\n")
    assert {variant.scenario.schedule.batches for variant in plan.variants} == {2}


def test_an_override_changes_the_study():
    plan = load(HEAD + AREAS, "replications=3", "factors.areas.values=[1]")
    assert plan.replications == (3, 3)
    assert len(plan.variants) == 2
    (found,) = problems(HEAD + AREAS, "replications=0")
    assert found == "--set:1:14: replications: must be at least 1 (found 0)"


def test_replications_meet_the_same_luck_in_all_variants_and_another_one_each():
    plan = load(HEAD + AREAS)
    seeds = [plan.seed_of(number) for number in range(100)]
    assert len(set(seeds)) == 100
    assert plan.seed_of(3) == load(HEAD + AREAS.replace("[1, 2, 3]", "[4]")).seed_of(3)
    assert plan.seed_of(3) != load(f"{HEAD}{AREAS}seed: 7\n").seed_of(3)


def test_the_identity_is_of_what_numbers_depend_on():
    plan = load(HEAD + AREAS)
    for same in ("replications: 3\n", "kpis: [fcr]\n", "question: Why?\n"):
        assert load(HEAD + AREAS + same).identity == plan.identity
    for other in ("seed: 7\n", "warmup_days: 3\n", "set: {eggs.count_min: 41000}\n"):
        assert load(HEAD + AREAS + other).identity != plan.identity


def test_a_study_without_factors_looks_at_its_base():
    plan = load(HEAD)
    assert [variant.name for variant in plan.variants] == ["base"]
    assert plan.points == ()


@pytest.mark.parametrize("warmup_days", [230, 260, 5000])
def test_a_warm_up_that_leaves_no_day_to_count_is_refused(warmup_days: int):
    """The run lasts 240 days; what counts begins with a month."""
    (found,) = problems(f"{HEAD}warmup_days: {warmup_days}\n")
    assert found.startswith(f"study.yaml:3:14: warmup_days: {warmup_days} days leave none to count")
    assert load(f"{HEAD}warmup_days: 200\n").study.warmup_days == 200


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("confidence: 0.9999999999999999", "confidence: must be at most 0.9999"),
        ("kpis: [fcr, FCR]", "kpis.1: 'FCR' differs from 'fcr' in case or blanks only"),
        (
            "objective: {maximise: fcr, subject_to: {fcr: {at_least: 3, at_most: 1}}}",
            "objective.subject_to.fcr.at_least: at_least 3.0 is above at_most (1.0)",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(given: str, problem: str):
    assert any(problem in line for line in problems(f"{HEAD}{AREAS}{given}\n"))
