"""Shipped files are found by name: by commands, by ``extends`` and by a study's ``base``."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sim import __version__
from sim.api.targets import identity
from sim.scenario import ScenarioError, load
from sim.scenario.listing import kind_of, shipped
from sim.scenario.model import Scenario
from sim.scenario.shipped import files, name_of, names, reference_to, resolve
from sim.study.knobs import Study
from sim.study.loader import load_study
from tests.support.command_line import ROOT, USAGE, Done, say, say_refused

SCENARIOS = ROOT / "scenarios"
NOTHING = "no such file, and no scenario or study that is shipped has that name"
NO_DEFALT = "smoltflow:biology/defalt.yaml: no such file is shipped"
NO_TIHGT = "smoltflow:tihgt: no such file is shipped"
Say = Callable[..., Done]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    return partial(say_refused, tmp_path, capsys, USAGE)


def problem_of(argument: str) -> str:
    with pytest.raises(ScenarioError) as refusal:
        resolve(argument)
    return str(refusal.value)


# Names and paths


def test_a_name_is_a_shipped_scenario_or_study() -> None:
    assert resolve("smoke") == SCENARIOS / "smoke.yaml"
    assert resolve("sea_rings") == SCENARIOS / "studies" / "sea_rings.yaml"
    assert resolve("smoltflow:biology/default.yaml") == SCENARIOS / "biology" / "default.yaml"


def test_no_name_stands_for_two_files() -> None:
    stems = [
        path.stem for folder in ("", "studies") for path in (SCENARIOS / folder).glob("*.yaml")
    ]
    assert sorted(names()) == sorted(stems)


def test_a_file_goes_before_a_name_and_a_folder_does_not(tmp_path: Path) -> None:
    (tmp_path / "smoke").mkdir()
    assert resolve("smoke") == SCENARIOS / "smoke.yaml"
    (tmp_path / "tight").write_text("name: mine\n")
    assert resolve("tight") == Path("tight")


@pytest.mark.parametrize("argument", ["./smoke", "sub/smoke", "smoke.yaml", "/smoke"])
def test_what_has_a_separator_or_a_suffix_is_a_path(argument: str) -> None:
    assert problem_of(argument).startswith(f"{argument}:1:1: no such file")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("smok", f"smok: {NOTHING} (did you mean 'smoke'?)"),
        ("see-rings", "(did you mean 'sea_rings'?)"),
        ("mein", "(did you mean 'mine.yaml'?)"),
        ("xyzzy", f"xyzzy: {NOTHING}"),
        ("scenarios/smoke.yaml", "scenarios/smoke.yaml:1:1: no such file (did you mean 'smoke'?)"),
        ("mien.yaml", "mien.yaml:1:1: no such file (did you mean 'mine.yaml'?)"),
        ("default.yaml", "(did you mean 'smoltflow:biology/default.yaml'?)"),
        ("smoltflow:defalt", "(did you mean 'smoltflow:biology/default.yaml'?)"),
        ("smoltflow:../README.md", "smoltflow:../README.md: no such file is shipped"),
    ],
)  # fmt: skip
def test_what_is_nearly_right_is_suggested(argument: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").touch()
    found = problem_of(argument)
    assert found.endswith(message)
    assert len(found.splitlines()) == 1


def test_a_name_that_no_file_system_has_is_refused_as_any_file(refused: Say) -> None:
    assert "cannot be read" in refused("run", "a" * 300).err


def test_one_types_a_name_where_there_is_one() -> None:
    assert name_of(resolve("sea_rings")) == "sea_rings"
    assert name_of(Path("mine/smoke.yaml")) == "mine/smoke.yaml"
    assert reference_to(resolve("sea_rings")) == "smoltflow:studies/sea_rings.yaml"
    assert reference_to(Path("smoke.yaml")) is None


# Files that refer to shipped ones


def test_a_file_extends_a_shipped_one_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    mine = tmp_path / "sub" / "mine.yaml"
    mine.write_text("extends: [smoltflow:base, smoltflow:biology/calibrated.yaml]\nname: mine\n")
    near = tmp_path / "near.yaml"
    places = [SCENARIOS / "base.yaml", SCENARIOS / "biology" / "calibrated.yaml"]
    near.write_text(f"extends: {json.dumps([str(place) for place in places])}\nname: mine\n")
    assert load(mine).resolved == load(near).resolved


def test_a_file_that_both_extend_is_laid_down_once(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"extends: [{SCENARIOS}/smoke.yaml, smoltflow:smoke.yaml]\nseed: 3\n")
    assert load(mine).scenario == load(resolve("smoke"), ["seed=3"]).scenario


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        (
            "smoltflow:biology/defalt.yaml",
            f"1:10: extends: {NO_DEFALT} (did you mean 'smoltflow:biology/default.yaml'?)",
        ),
        (
            "[smoltflow:base, smoltflow:tihgt]",
            f"1:27: extends: {NO_TIHGT} (did you mean 'smoltflow:tight.yaml'?)",
        ),
        ("smoltflow:x", "1:10: extends: smoltflow:x: no such file is shipped"),
        (
            "base.yaml",
            "1:10: extends: base.yaml: no such file (did you mean 'smoltflow:base.yaml'?)",
        ),
        ("smok.yaml", "1:10: extends: smok.yaml: no such file (did you mean 'smoke.yaml'?)"),
    ],
)
def test_a_shipped_file_that_is_not_there_is_told_at_its_place(
    extends: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "smoke.yaml").touch()
    Path("mine.yaml").write_text(f"extends: {extends}\nname: mine\n")
    with pytest.raises(ScenarioError) as refusal:
        load("mine.yaml")
    assert str(refusal.value) == f"mine.yaml:{message}"


def test_a_study_has_a_shipped_base(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    study = tmp_path / "mine.yaml"
    text = (
        "name: mine\nbase: smoltflow:smoke.yaml\nreplications: 2\nobjective: {maximise: %s}\n"
        "factors: [{name: days, paths: [schedule.stagger_days], values: [15, 20]}]\n"
    )
    study.write_text(text % "harvested_t_per_year")
    assert load_study(study).variants[0].scenario == load(resolve("smoke")).scenario
    study.write_text(study.read_text().replace("smoke.yaml", "smok.yaml"))
    with pytest.raises(ScenarioError, match=r"did you mean 'smoltflow:smoke\.yaml'"):
        load_study(study)


# The same run by name and by path


def test_a_run_is_the_same_by_name_and_by_path(tmp_path: Path) -> None:
    (tmp_path / "copy.yaml").write_text("extends: smoltflow:smoke.yaml\n")
    (tmp_path / "link.yaml").symlink_to(SCENARIOS / "smoke.yaml")
    ways = ["smoke", str(SCENARIOS / "smoke.yaml"), "smoltflow:smoke.yaml", "copy.yaml"]
    found = {identity(load(resolve(way)).resolved, __version__) for way in ways}
    assert len(found) == 1


# What kind of file it is


def test_a_study_that_is_given_to_run_is_told_so_in_a_line(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nbase: smoltflow:smoke.yaml\nfactors: []\n")
    told = "this is a study, not a scenario; type: python -m sim study"
    for command in ("run", "plan"):
        assert refused(command, "sea_rings").err == f"sea_rings: {told} sea_rings\n"
    assert refused("run", "mine.yaml", "--set", "seed=x").err == f"mine.yaml: {told} mine.yaml\n"
    assert refused("scenario", "show", "fallow").err == f"fallow: {told} --dry-run fallow\n"


def test_a_scenario_that_is_given_to_study_is_told_so_in_a_line(refused: Say) -> None:
    pytest.importorskip("scipy")
    told = refused("study", "production").err
    assert (
        told == "production: this is a scenario, not a study; type: python -m sim run production\n"
    )


def test_a_check_of_several_tells_of_a_study_beside_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.yaml").write_text("extends: smoltflow:smoke\nseeed: 1\n")
    done = say(capsys, "scenario", "check", "smoke", "fallow", "bad.yaml").expect(USAGE)
    assert done.out == "smoke: ok\n"
    assert [line.partition(" ")[0] for line in done.err.splitlines()] == [
        "fallow:",
        "bad.yaml:2:1:",
    ]


def test_the_kind_of_a_file_is_known_by_its_knobs(tmp_path: Path) -> None:
    studies = [path for path in names().values() if path.parent.name == "studies"]
    assert {kind_of(path) for path in studies} == {"study"}
    assert kind_of(files()["studies/bases/faroes.yaml"]) == kind_of(resolve("smoke")) == "scenario"
    (tmp_path / "other.yaml").write_text("name: other\nseed: 3\n")
    (tmp_path / "broken.yaml").write_text("name: [\n")
    assert kind_of(tmp_path / "other.yaml") is kind_of(tmp_path / "broken.yaml") is None
    assert {"base", "factors"} <= set(Study.model_fields) - set(Scenario.model_fields)


# The list


def test_the_list_has_a_line_on_every_file_with_its_kind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = say(capsys, "scenario", "list").expect(0).out.splitlines()
    assert len(lines) == len(shipped()) == len(names()) + 2
    (smoke,) = (line for line in lines if line.startswith("smoke "))
    assert smoke.split(maxsplit=2)[1:] == ["scenario", load(resolve("smoke")).scenario.description]
    listed = json.loads(say(capsys, "scenario", "list", "--json").expect(0).out)
    assert [entry["name"] for entry in listed] == [line.split()[0] for line in lines]
    assert {entry["kind"] for entry in listed} == {"scenario", "study", "profile"}
    assert all(entry["description"] and "\n" not in entry["description"] for entry in listed)
    for entry in listed:
        assert resolve(entry["name"]) == Path(entry["path"])
