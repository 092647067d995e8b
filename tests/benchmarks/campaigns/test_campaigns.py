"""Campaigns: a few trials of each pass, and what they look for would be seen."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.campaigns import companies, fuzz, kills, life, mutations, rows, trials
from benchmarks.campaigns.__main__ import main
from tests.support.command_line import ROOT, environment, run

ENVIRONMENT = environment(PYTHONPATH=str(ROOT))


def python(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *args],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def campaign(*args: str, folder: Path) -> list[trials.Trial]:
    """Do a campaign in a process of its own, since it forks."""
    done = python("-m", "benchmarks.campaigns", *args, "--results", "r.jsonl", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return trials.read([folder / "r.jsonl"])


def test_spoilt_inputs_are_refused_or_run(tmp_path: Path) -> None:
    done = campaign("fuzz", "--trials", "2000", "--slice", "1/250", folder=tmp_path)
    assert len(done) == 8
    assert {trial.outcome for trial in done} == {"exit 0", "exit 2"}


BASES = """
import sys
from pathlib import Path
from benchmarks.campaigns import fuzz, inside

inside.warm()
here = Path.cwd()
for name, text, command in fuzz.unspoilt():
    (here / "case.yaml").write_text(text)
    said = inside.say([*command, "--dry-run", "case.yaml"], here, here / "said")
    print(name, said.code)
"""


@pytest.mark.long
def test_what_is_spoilt_was_good(tmp_path: Path) -> None:
    done = python("-c", BASES, folder=tmp_path)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == len(fuzz.SHIPPED) + len(fuzz.STUDIES) + 1
    assert [line for line in lines if not line.endswith(" 0")] == []


BROKEN = """
import os
import sys
import sim.scenario.loader
from benchmarks.campaigns.__main__ import main

def broken(*_, **__):
    if os.getpid() % 3 == 0:
        raise KeyError("x")
    if os.getpid() % 3 == 1:
        bytearray(400_000_000)
    else:
        open("left", "w")
    raise SystemExit(2)

sim.scenario.loader.draft = broken
import sim.cli.scenario
sys.exit(main(["fuzz", "--trials", "9"]))
"""


def test_what_must_not_be_is_seen(tmp_path: Path) -> None:
    done = python("-c", BROKEN, folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    for told in ("unforeseen failure", "MB, at most 300", "left ['left']"):
        assert told in done.stdout


# Companies


@pytest.fixture(scope="module")
def knobs(tmp_path_factory: pytest.TempPathFactory) -> companies.SmokeKnobs:
    shown = python(
        "-m", "sim", "scenario", "show", "smoke", "--json", folder=tmp_path_factory.mktemp("shown")
    )
    return companies.SmokeKnobs(json.loads(shown.stdout))


def test_companies_follow_from_their_numbers(knobs: companies.SmokeKnobs) -> None:
    made = [companies.company(knobs, trials.luck("companies", 1, number)) for number in range(30)]
    again = [companies.company(knobs, trials.luck("companies", 1, number)) for number in range(30)]
    assert made == again
    blocks = {change.partition(".")[0] for changes in made for change in changes}
    assert len(blocks) > 15


def test_a_number_stays_within_its_bounds() -> None:
    bounds = {"minimum": 0, "maximum": 1}
    found = {companies._number(0.5, bounds, random.Random(seed)) for seed in range(200)}
    assert {0, 1} < found
    assert min(found) == 0
    assert max(found) == 1


def test_a_company_is_shrunk_to_what_matters() -> None:
    def fails(changes: list[str]) -> bool:
        return {"b=1", "d=2"} <= set(changes)

    assert companies.shrunk(["a=1", "b=1", "c=3", "d=2", "e=0"], fails) == ["b=1", "d=2"]


@pytest.mark.long
def test_a_random_company_runs(tmp_path: Path) -> None:
    (done,) = campaign("companies", "--only", "1", folder=tmp_path)
    assert done.outcome == "sound"


# Rows


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch's first two stages."""
    folder = tmp_path_factory.mktemp("database")
    few = ["schedule.batches=1", "schedule.tail_days=60", "recording.reading_hours=[8]"]
    sets = [word for knob in few for word in ("--set", knob)]
    run(*sets, "--database", f"sqlite:///{folder}/one.db", folder=folder).expect(0)
    return folder / "one.db"


def changed(database: Path, folder: Path, *statements: str) -> str:
    """A copy in which something else stands."""
    shutil.copy(database, folder / "copy.db")
    with closing(sqlite3.connect(folder / "copy.db")) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
        connection.commit()
    return f"sqlite:///{folder}/copy.db"


CELLS = [
    ("batch_growthsample", "avg_weight_g = avg_weight_g + 0.01"),
    ("batch_growthsample", "assignment_id = 1 + assignment_id % 2"),
    ("infrastructure_container", "name = name || ' '"),
    ("smoltflow_usage", "busy_days = busy_days + 1e-9"),
    ("batch_batch", "updated_at = '2031-01-01 00:00:00.000001'"),
    ("infrastructure_areagroup", "parent_id = 1"),
]


@pytest.mark.parametrize(("table", "change"), CELLS, ids=lambda text: str(text)[:30])
def test_a_changed_cell_is_seen(table: str, change: str, database: Path, tmp_path: Path) -> None:
    other = changed(
        database, tmp_path,
        f"UPDATE {table} SET {change} WHERE rowid = (SELECT max(rowid) FROM {table})",
    )  # fmt: skip
    found = rows.differences(rows.sums([f"sqlite:///{database}"]), rows.sums([other]))
    assert any(fault.startswith(table) for fault in found)


def test_other_ids_are_the_same_rows(database: Path, tmp_path: Path) -> None:
    other = changed(
        database, tmp_path,
        "UPDATE batch_growthsample SET id = id + 1000",
        "UPDATE batch_individualgrowthobservation SET growth_sample_id = growth_sample_id + 1000",
    )  # fmt: skip
    assert rows.differences(rows.sums([f"sqlite:///{database}"]), rows.sums([other])) == []


LIVES = [
    ("batch_mortalityevent", "count = count + 1", "fish, by its rows"),
    ("batch_creationaction", "egg_count_actual = egg_count_actual + 1", "eggs, "),
    ("inventory_feedingevent", "amount_kg = amount_kg + 0.01", "drew"),
    ("inventory_feedingevent", "feed_cost = feed_cost + 0.05", "owed"),
    ("inventory_feedpurchase", "quantity_kg = 0.01", "drawn of 0.01"),
    ("batch_actualdailyassignmentstate", "feed_kg = feed_kg + 0.01", "its day says"),
]


@pytest.mark.parametrize(("table", "change", "told"), LIVES, ids=lambda text: str(text)[:30])
def test_a_life_that_does_not_add_up_is_seen(
    table: str, change: str, told: str, database: Path, tmp_path: Path
) -> None:
    other = changed(database, tmp_path, f"UPDATE {table} SET {change}")
    (tables,) = life.book([other])
    assert any(told in fault for fault in (*life.faults(tables), *life.purchases(tables)))


def test_a_life_adds_up(database: Path) -> None:
    (tables,) = life.book([f"sqlite:///{database}"])
    assert len(tables["inventory_feedingevent"]) > 20
    assert [*life.faults(tables), *life.purchases(tables)] == []


# Faults


@pytest.mark.long
def test_a_run_that_was_killed_is_whole_again(tmp_path: Path) -> None:
    from benchmarks.campaigns.ground import ground

    with ground(with_server=False) as here:
        _, _, faults = kills.run_killed(here, random.Random(1), "sqlite", 1)
    assert faults == []


@pytest.mark.long
def test_each_kind_of_fault_is_met_in_a_round() -> None:
    from benchmarks.campaigns import faults

    orders = [trials.luck("order of faults", 1, turn) for turn in range(2)]
    assert {*orders[0].sample(faults.ROUND, len(faults.ROUND))} == set(faults.CASES)


# Slices, results, tables


def test_slices_are_all_trials_once() -> None:
    parts = [trials.numbers(10, (part, 3)) for part in (1, 2, 3)]
    assert sorted(number for part in parts for number in part) == list(range(10))
    assert trials.sliced("2/3") == (2, 3)
    for wrong in ("0/3", "4/3", "x/3", "3"):
        with pytest.raises(ValueError):  # noqa: PT011 - argparse tells it
            trials.sliced(wrong)


def test_the_table_tells_what_came_out_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r.jsonl"
    first = [
        trials.Trial("fuzz", "study", "1", "exit 1", ("wrong",)),
        trials.Trial("fuzz", "study", "2", "exit 2"),
    ]
    about: dict[str, object] = {"seed": 1}
    assert list(trials.keep(first, file, about)) == first
    assert "wrong" in capsys.readouterr().err
    list(trials.keep([trials.Trial("fuzz", "study", "1", "exit 2")], file, about))
    assert main(["table", str(file)]) == 0
    told = capsys.readouterr().out
    assert "| study | 2 | exit 2: 2 | 0 |" in told
    assert "| **all** | **2** | | **0** |" in told


def test_places_of_nested_data() -> None:
    data = {"a": [1, {"b": 2}], "c": None}
    assert list(mutations.places(data)) == [("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",)]
