"""How a scenario's files are put together and checked, on a small model of its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim.scenario import load
from sim.scenario.problems import SET
from tests.support.scenario_company import Company, company, problems


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_are_filled_in_and_origins_kept() -> None:
    loaded = company("name: x\nsites:\n  - {name: Vik}\n", "seed=5")
    assert isinstance(loaded.scenario, Company)
    assert loaded.resolved["sites"][0] == {
        "name": "Vik",
        "code": "",
        "areas": 1,
        "sea": {"mean_degc": 9.5, "salinity": 34.0},
    }
    assert loaded.origins == {
        ("name",): "c.yaml:1:7",
        ("sites",): "c.yaml:2:1",
        ("sites", 0): "c.yaml:3:5",
        ("sites", 0, "name"): "c.yaml:3:12",
        ("seed",): SET,
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('seed: "12"', '2:7: seed: expected a whole number, found "12"; leave out the quotes'),
        ("seed: yes", '2:7: seed: expected a whole number, found "yes"'),
        ("seed: true", "2:7: seed: expected a whole number, found true"),
        ("seed: 1e2", "2:7: seed: expected a whole number, found 100.0"),
        ("seed: [1]", "2:7: seed: expected a whole number, found a list"),
        ("seed:\n  x: 1", "2:1: seed: expected a whole number, found a mapping"),
        ("active: 1", "2:9: active: expected true or false, found 1"),
        ("active: no", '2:9: active: expected true or false, found "no"'),
        ("budget: abc", '2:9: budget: expected a number, found "abc"'),
        ("budget: .nan", "2:9: budget: must be a finite number (found .nan)"),
        (
            "sites: [{name: 2024}]",
            "2:16: sites.0.name: expected text, found 2024; put it in quotes",
        ),
        ("sites: {}", "2:8: sites: expected a list, found a mapping"),
        ("sites: [null]", "2:9: sites.0: expected a mapping, found nothing"),
        ("prices: 3", "2:9: prices: expected a mapping, found 3"),
        ("seed: -1", "2:7: seed: must be at least 0 (found -1)"),
        ("seed: 1000", "2:7: seed: must be less than 1000 (found 1000)"),
        ("sites: [{name: Vik, sea: {salinity: 0}}]", "2:37: sites.0.sea.salinity: must be more"),
        ("hours: [6, 24]", "2:12: hours.1: must be at most 23 (found 24)"),
        ("hours: []", "2:8: hours: must have at least 1 entry (found 0)"),
        ("sites: [{name: a}]", "2:16: sites.0.name: must have at least 2 characters (found 1)"),
        ("sites: [{name: aa, code: b}]", '2:26: sites.0.code: must match ^[A-Z]*$ (found "b")'),
        ("sites: [{areas: 1}]", "2:9: sites.0.name: is missing"),
        ("sites:\n  - areas: 1", "3:5: sites.0.name: is missing"),
        ("sites: [{name: a/b}]", "2:16: sites.0.name: a name has no slash"),
        ("seed: 13", "2:7: seed: brings bad luck"),
        (
            "start: tody",
            "2:8: start: expected a date such as 2024-01-31 or 'today', found \"tody\"",
        ),
        ("start: 2023-02-29", "(day value is outside expected range)"),
        ("start: 20240101", "expected a date such as 2024-01-31 or 'today', found 20240101"),
        ("stages: [{name: x, role: se}]", "found \"se\" (did you mean 'sea'?)"),
        ("stages: [{name: x, role: 3}]", "stages.0.role: must be 'hatchery' or 'sea', found 3"),
        ("water: {mean_degc: x}", '2:20: water.mean_degc: expected a number, found "x"'),
        ("water: {salty: 3}", "2:9: water.salty: unknown knob (did you mean 'salinity'?)"),
        ("water: 3", "2:8: water: expected a mapping or 'none', found 3"),
        ("seeed: 3", "2:1: seeed: unknown knob (did you mean 'seed'?)"),
        ("Seed: 3", "2:1: Seed: unknown knob (did you mean 'seed'?)"),
        ("seeed:", "2:1: seeed: unknown knob (did you mean 'seed'?)"),
        ("extend: x", "2:1: extend: unknown knob (did you mean 'extends'?)"),
        ("tgc: 1", "2:1: tgc: unknown knob; 'tgc' belongs under stages[]"),
        ("salinty: 1", "2:1: salinty: unknown knob (did you mean 'sites[].sea.salinity'?)"),
        (
            "sites: [{name: Vik, seed: 1}]",
            "2:21: sites.0.seed: unknown knob; 'seed' belongs at the",
        ),
        ("zzz: {a: null}", "2:1: zzz: unknown knob"),
    ],
)
def test_problems_are_said_in_one_line_with_their_place(line: str, expected: str) -> None:
    (found,) = problems(f"name: x\n{line}\n")
    assert expected in found


def test_missing_at_the_top_and_by_null() -> None:
    assert problems("seed: 1\n") == ["1:1: name: is missing"]
    assert problems("seed: 1\nname:\n") == ["2:6: name: is missing"]


def test_a_mistyped_knob_is_not_also_missing() -> None:
    assert problems("nam: x\n") == ["1:1: nam: unknown knob (did you mean 'name'?)"]


def test_all_problems_are_told_at_once_in_order() -> None:
    text = "name: 3\nseed: 1\nseed: 2\nsites:\n  - {areas: x, code: 1}\n<<: {}\nstagse: []\n"
    assert problems(text, "seed=-1", "hours.9=1") == [
        "1:7: name: expected text, found 3; put it in quotes",
        "3:1: seed: given twice, first at c.yaml:2:1",
        '5:13: sites.0.areas: expected a whole number, found "x"',
        "5:22: sites.0.code: expected text, found 1; put it in quotes",
        "6:1: merge keys (<<) are not supported; use 'extends'",
        "7:1: stagse: unknown knob (did you mean 'stages'?)",
        "--set:1:6: seed: must be at least 0 (found -1)",
        "--set:2:7: hours.9: no such entry; there are 2 (0 to 1)",
    ]


def test_a_plan_check_reports_each_finding_at_its_knob() -> None:
    text = "name: x\nseed: 13\nsites:\n  - name: Vik\n  - name: Eid\n    areas: 10\n"
    assert problems(text) == ["2:7: seed: brings bad luck", "6:12: sites.1.areas: too many"]
    assert problems("name: x\n", "seed=13") == ["--set:1:6: seed: brings bad luck"]


def test_numbers_and_dates_are_taken_as_meant() -> None:
    scenario = company("name: x\nbudget: 3\nstart: 2024-02-29\nprices: {'1': 2}\n").scenario
    assert (scenario.budget, scenario.start, scenario.prices) == (
        3.0,
        date(2024, 2, 29),
        {"1": 2.0},
    )


PARENT = "name: base\nseed: 7\nprices: {cod: 3, salmon: 8}\nsites:\n  - {name: Vik, areas: 2}\n"


def test_a_file_changes_what_it_extends() -> None:
    child = "extends: base.yaml\nname: child\nseed: null\nprices:\n  cod: 4\nhours: [1]\n"
    loaded = company(child, base=PARENT)
    assert loaded.resolved["name"] == "child"
    assert loaded.resolved["seed"] == 1
    assert loaded.resolved["prices"] == {"cod": 4.0, "salmon": 8.0}
    assert [site["name"] for site in loaded.resolved["sites"]] == ["Vik"]
    assert loaded.origins["prices", "salmon"] == "base.yaml:3:26"
    assert loaded.origins["prices", "cod"] == "c.yaml:5:8"
    assert ("seed",) not in loaded.origins


def test_lists_are_replaced_and_null_can_be_filled_again() -> None:
    middle = "extends: base.yaml\nprices: null\nsites:\n  - name: Eid\n"
    child = "extends: mid.yaml\nprices: {eel: 1}\n"
    loaded = company(child, base=PARENT, mid=middle)
    assert loaded.resolved["prices"] == {"eel": 1.0}
    assert [(site["name"], site["areas"]) for site in loaded.resolved["sites"]] == [("Eid", 1)]


def test_of_several_files_the_later_one_wins_and_the_file_itself_over_all() -> None:
    first = "name: first\nseed: 3\nactive: false\nprices: {cod: 1, eel: 1}\n"
    second = "seed: 4\nactive: true\nprices: {cod: 2}\nhours: [4]\n"
    loaded = company("extends: [a.yaml, b.yaml]\nactive: false\n", a=first, b=second)
    assert loaded.resolved["name"] == "first"
    assert loaded.resolved["seed"] == 4
    assert loaded.resolved["active"] is False
    assert loaded.resolved["prices"] == {"cod": 2.0, "eel": 1.0}
    assert loaded.origins["name",] == "a.yaml:1:7"
    assert loaded.origins["seed",] == "b.yaml:1:7"
    assert loaded.origins["active",] == "c.yaml:2:9"
    assert loaded.origins["prices", "eel"] == "a.yaml:4:23"


def test_a_file_that_two_others_extend_lies_below_both() -> None:
    base = "name: base\nseed: 1\nbudget: 1\n"
    loaded = company(
        "extends: [a.yaml, b.yaml]\n",
        base=base,
        a="extends: base.yaml\nseed: 2\n",
        b="extends: base.yaml\nbudget: 3\n",
    )
    assert (loaded.resolved["seed"], loaded.resolved["budget"]) == (2, 3.0)


def test_problems_stand_in_their_file_whichever_of_the_list_it_is() -> None:
    assert problems("extends: [a.yaml, b.yaml]\n", a="name: x\nseed: y\n", b="tgc: 1\n") == [
        'a.yaml:2:7: seed: expected a whole number, found "y"',
        "b.yaml:1:1: tgc: unknown knob; 'tgc' belongs under stages[]",
    ]


STAGES = "name: x\nstages:\n  - {name: Fry, tgc: 1}\n  - {name: Adult, tgc: 2}\n"


def test_a_mapping_over_a_list_changes_the_entries_that_it_names() -> None:
    change = "extends: base.yaml\nstages:\n  Adult: {tgc: 3}\nsites:\n  V: {areas: 4}\n"
    sites = "sites: [{name: Vik, code: V}]\n"
    loaded = company(change, base=STAGES + sites)
    assert [(stage["name"], stage["tgc"]) for stage in loaded.resolved["stages"]] == [
        ("Fry", 1.0),
        ("Adult", 3.0),
    ]
    assert loaded.resolved["sites"][0]["areas"] == 4
    assert loaded.origins["stages", 1, "tgc"] == "c.yaml:3:16"
    assert loaded.origins["stages", 1, "name"] == "base.yaml:4:12"
    assert loaded.origins["stages", 0, "tgc"] == "base.yaml:3:22"


def test_changes_by_name_add_up_over_several_files() -> None:
    loaded = company(
        "extends: [base.yaml, a.yaml]\nstages: {Adult: {role: hatchery}}\n",
        "stages.Adult.tgc=5",
        base=STAGES,
        a="stages: {Adult: {tgc: 3}, Fry: null}\n",
    )
    assert loaded.resolved["stages"] == [{"name": "Adult", "tgc": 5.0, "role": "hatchery"}]


def test_entries_of_a_default_can_be_changed_by_name() -> None:
    loaded = company("name: x\nstages: {Parr: {tgc: 9}}\n")
    assert [stage["tgc"] for stage in loaded.resolved["stages"]] == [9.0, 2.5]
    assert loaded.origins["stages", 0, "tgc"] == "c.yaml:2:22"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("{Adlt: {}}", "2:10: stages.Adlt: no entry has that name; there are Fry, Adult (did"),
        ("{Adlt: {}}", "(did you mean 'Adult'?)"),
        ("{Adult: {tcg: 3}}", "2:18: stages.1.tcg: unknown knob (did you mean 'tgc'?)"),
        ("{Adult: {tgc: x}}", '2:23: stages.1.tgc: expected a number, found "x"'),
        ("{Adult: 3}", "2:17: stages.1: expected a mapping, found 3"),
        ("3", "2:9: stages: expected a list, found 3"),
    ],
)
def test_a_change_by_name_that_cannot_be(change: str, expected: str) -> None:
    (found,) = problems(f"extends: base.yaml\nstages: {change}\n", base=STAGES)
    assert expected in found


def test_a_list_without_names_has_no_entries_to_change() -> None:
    (found,) = problems("extends: base.yaml\nhours: {'0': 3}\n", base="name: x\nhours: [6]\n")
    assert found == "2:8: hours: expected a list, found a mapping"


def test_two_entries_of_one_name_cannot_be_changed_by_it() -> None:
    twice = "name: x\nsites: [{name: Vik}, {name: Vik}]\n"
    (found,) = problems("extends: base.yaml\nsites: {Vik: {areas: 2}}\n", base=twice)
    assert found == "2:9: sites.Vik: 2 entries have that name; use an index"


def test_problems_of_a_parent_stand_in_the_parent() -> None:
    parent = f"{PARENT}tgc: 1\nbudget: x\n"
    assert problems("extends: base.yaml\nactive: 3\n", base=parent) == [
        "2:9: active: expected true or false, found 3",
        "base.yaml:6:1: tgc: unknown knob; 'tgc' belongs under stages[]",
        'base.yaml:7:9: budget: expected a number, found "x"',
    ]


@pytest.mark.parametrize(
    ("extends", "expected"),
    [
        ("none.yaml", "1:10: extends: none.yaml: no such file"),
        (".", "1:10: extends: .: this is a directory, not a scenario file"),
        ("[]", "1:10: extends: the list names no file"),
        ("[base.yaml, 3]", "1:22: extends: expected a file, given as text such as base.yaml"),
        ("[base.yaml, base.yaml]", "1:22: extends: base.yaml is named twice"),
        ("[base.yaml, none.yaml]", "1:22: extends: none.yaml: no such file"),
        (
            "[base.yaml, a.yaml]",
            "a.yaml:1:10: extends: the files extend each other: c.yaml -> a.yaml -> c.yaml",
        ),
        ("[base.yaml, [base.yaml]]", "1:22: extends: expected a file, given as text such as"),
        ("3", "1:10: extends: expected a file, given as text such as base.yaml"),
        ("''", "1:10: extends: expected a file, given as text such as base.yaml"),
        ("c.yaml", "1:10: extends: the files extend each other: c.yaml -> c.yaml"),
        ("a.yaml", "a.yaml:1:10: extends: the files extend each other: c.yaml -> a.yaml -> c.yaml"),
        ("broken.yaml", "broken.yaml:1:5: not YAML: "),
    ],
)
def test_what_cannot_be_extended(extends: str, expected: str) -> None:
    (found,) = problems(f"extends: {extends}\n", a="extends: c.yaml\n", broken="a: [", base=PARENT)
    assert found.startswith(expected)


def test_parents_are_relative_to_their_file_and_eight_at_most(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    Path("sub/p0.yaml").write_text("name: eldest\n", encoding="utf-8")
    for number in range(1, 9):
        text = f"extends: p{number - 1}.yaml\n"
        Path(f"sub/p{number}.yaml").write_text(text, encoding="utf-8")
    assert load("sub/p8.yaml", model=Company).scenario.name == "eldest"
    assert company("extends: sub/p7.yaml\n").scenario.name == "eldest"
    (found,) = problems("extends: sub/p8.yaml\n")
    assert found == "sub/p1.yaml:1:10: extends: more than 8 files extend each other"


KNOBS = sorted(Company.model_fields)


@given(st.sampled_from(KNOBS), st.integers(0, 20), st.sampled_from("qxz_"), st.integers(0, 8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_mistyped_knob_is_found(knob: str, at: int, letter: str, line: int) -> None:
    typo = knob[:at] + letter + knob[at:]
    assume(typo not in KNOBS)
    text = "name: x\n" + "\n" * line + f"{typo}: 3\n"
    (found,) = problems(text)
    assert found == f"{line + 2}:1: {typo}: unknown knob (did you mean '{knob}'?)"
