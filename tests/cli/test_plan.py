"""``plan``: what it prints, what it writes, and that ``run`` does exactly what was proved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.planner.writing import MARK
from sim.scenario import load
from sim.sites.schedule import make_plan
from tests.support.command_line import SMOKE, USAGE, files, query, say, say_refused, sim

SHORT = ("--batches", "4", "--stagger", "25", "--no-search")
"""Four batches of the smoke company, 25 days apart: one simulation."""
BATCHES = "SELECT batch_number, start_date FROM batch_batch"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def planned(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = say(capsys, "plan", SMOKE, *args, "--json").expect(code).manifest
    return found


def test_a_run_of_the_schedule_has_exactly_its_batches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = planned(capsys, *SHORT, "-o", "schedule.yaml")
    entries = answer["chosen"]["entries"]
    assert answer["written"] == "schedule.yaml"
    assert len(entries) == 4
    loaded = load("schedule.yaml").scenario
    assert [b.name for b in make_plan(loaded).batches] == [e["batch_number"] for e in entries]
    made = say(capsys, "run", "schedule.yaml", "--json", "--workers", "1").expect(0).manifest
    assert made["scenario"] == "schedule"
    assert made["batches"]["total"] == 4
    assert made["simulated"] == {
        "from": answer["chosen"]["first_start"],
        "until": answer["chosen"]["end"],
    }
    urls = [url.replace("/smoke/", "/schedule/") for url in files(tmp_path)]
    found = {tuple(map(str, row)) for url in urls for row in query(url, BATCHES)}
    assert found == {(entry["batch_number"], entry["start"]) for entry in entries}
    rows = sum(made["rows"].values())
    assert answer["run"]["total_rows"] == pytest.approx(rows, rel=0.1)


def test_planning_twice_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    first = planned(capsys, *SHORT, "-o", "one.yaml")
    text = Path("one.yaml").read_bytes()
    assert text.startswith(MARK.encode())
    again = planned(capsys, *SHORT, "-o", "one.yaml")
    assert Path("one.yaml").read_bytes() == text
    assert again == first
    assert list(Path().iterdir()) == [Path("one.yaml")]


def test_neither_hash_seed_nor_folder_changes_what_is_written(tmp_path: Path) -> None:
    texts = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        args = (*SHORT, "-o", "schedule.yaml")
        sim("plan", SMOKE, *args, folder=folder, PYTHONHASHSEED=seed).expect(0)
        texts.append((folder / "schedule.yaml").read_text())
    assert texts[0] == texts[1]


def test_what_was_changed_for_the_plan_is_in_the_schedule(
    capsys: pytest.CaptureFixture[str],
) -> None:
    knobs = [
        "geographies.Scotland.areas=3", "harvest.target_kg_mean=0.61", "lice=null",
        "recording.reading_hours=[6, 18]", "schedule.tail_days=120", "stages.1.tgc=4.1",
    ]  # fmt: skip
    changes = [word for knob in knobs for word in ("--set", knob)]
    planned(capsys, *SHORT, "--stock-outs", "9", "--seed", "7", *changes, "-o", "s.yaml")
    written = load("s.yaml").scenario
    asked = load(SMOKE, [*knobs, "seed=7"]).scenario
    for name in ("seed", "geographies", "harvest", "lice", "recording", "stages", "diseases"):
        assert getattr(written, name) == getattr(asked, name)
    plan = make_plan(written)
    assert plan.end_day == plan.batches[-1].start + 120


def test_a_written_schedule_can_be_proved_again_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = planned(capsys, *SHORT, "-o", "s.yaml")
    again = say(capsys, "plan", "s.yaml", "--json").expect(0).manifest
    assert again["chosen"]["entries"] == first["chosen"]["entries"]
    assert again["candidates"][0]["figures"] == first["candidates"][0]["figures"]


def test_json_tells_the_formula_the_candidates_and_the_schedule(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = say(capsys, "plan", SMOKE, "--json", "--years", "0.4").expect(0)
    answer = json.loads(done.out)
    assert answer["works"]
    formula = answer["formula"]
    assert formula["batches_by_time"] == 146 // 20
    assert formula["limit"] == "rings of Faroe Islands"
    kinds = {pool["kind"] for pool in formula["pools"]}
    assert kinds >= {"tanks A", "rings", "wellboats", "harvest plant", "silos B", "barges",
                     "feed boats", "feed trucks", "treatment vessels"}  # fmt: skip
    assert {p["kind"] for p in formula["pools"] if not p["decides"]} >= {"treatment vessels"}
    tried = {candidate["stagger_days"]: candidate for candidate in answer["candidates"]}
    found = answer["largest"]["stagger_days"]
    assert tried[found]["works"]
    assert not tried[found - 1]["works"]
    assert tried[found - 1]["breaks"]
    assert answer["search_complete"]
    assert len(answer["chosen"]["entries"]) == answer["chosen"]["batches"] == 146 // found
    assert "works (simulation)" in done.err


def test_a_plan_that_cannot_work_names_the_pool_the_day_and_the_amount(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = say(capsys, "plan", SMOKE, "--batches", "12", "--stagger", "9", "-o", "s.yaml").expect(1)
    assert "rings of Scotland: 4 areas needed, 2 there (85% of 10 rings)" in done.err
    assert "first on 20" in done.err
    assert "works: 12 batches" in done.err
    assert not Path("s.yaml").exists()


def test_people_get_tables(capsys: pytest.CaptureFixture[str]) -> None:
    done = say(capsys, "plan", SMOKE, *SHORT, "-o", "s.yaml", "--no-progress").expect(0)
    assert done.err == ""
    for words in ("harvest plant of Scotland", "By time 4 batches", "A run of 4 batches", "s.yaml"):
        assert words in done.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--stagger", "0"), "--stagger"),
        (("--saturation", "1.5"), "--saturation"),
        (("--years", "0"), "--years"),
        (("--years", "nan"), "--years"),
        (("--late-days", "-1"), "--late-days"),
        (("--batches", "many"), "--batches"),
        (("--batches", "50", "--years", "1", "--stagger", "13"), "take 1.78 years, not 1"),
        (("--years", "0.01"), "no batch starts"),
        (("-o", "nowhere/s.yaml"), "nowhere does not exist"),
        (("-o", SMOKE), "is the scenario that is planned"),
        (("-o", "mine.yaml"), "mine.yaml was not written by plan"),
        (("--set", "eggs.cuont_min=3"), "did you mean"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_bad_options_are_refused_before_anything_is_simulated(
    args: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine.yaml").write_text("name: mine\n")
    done = say_refused(tmp_path, capsys, USAGE, "plan", SMOKE, *args)
    assert words in " ".join(done.err.split())


def test_a_schedule_may_lie_in_another_folder_than_its_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    mine = tmp_path / "here" / "mine.yaml"
    mine.write_text(f"extends: {SMOKE}\nname: mine\nseed: 3\n")
    say(capsys, "plan", "here/mine.yaml", *SHORT, "-o", "there/my plan.yaml").expect(0)
    text = (tmp_path / "there" / "my plan.yaml").read_text()
    assert 'extends: "../here/mine.yaml"' in text
    assert load(tmp_path / "there" / "my plan.yaml").scenario.name == "my_plan"
    assert load(tmp_path / "there" / "my plan.yaml").scenario.seed == 3


def test_help_says_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    done = say(capsys, "plan", "--help").expect(0)
    for words in ("--years", "--saturation", "--no-search", "largest", "simulation"):
        assert words in done.out
