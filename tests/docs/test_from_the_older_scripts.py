"""Every command, option and figure of ours in docs/from-the-older-scripts.md is true.

The page tells how its commands are found. Those on full-size scenarios are given ``--dry-run``,
the others are run as they stand.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from persistence.checks.figures.acceptance import FIGURES, GENERAL
from persistence.checks.figures.gather import STEADY_FROM_DAY
from persistence.schema import TABLES
from sim.cli import main
from sim.planner.expectation import ExpectedSurroundings, stays_of
from sim.planner.proof import Proof, ProofFigures
from sim.runner import figures
from sim.scenario import Scenario, load
from sim.sites.layout import Layout
from sim.sites.opening_feed import DAG_PER_T
from sim.sites.schedule import make_plan
from sim.world import World
from tests.support.command_line import ROOT

PAGE = (ROOT / "docs" / "from-the-older-scripts.md").read_text(encoding="utf-8")
SHORT = "smoke|single_batch_200d"
SMALL = f"{SHORT}|single_batch_900d"
REFUSED = {
    "scenario check scenarios/production.yaml --set stages.Adult.containers_per_batch=10": (
        "but each Sea Ring holds 1,250,000 kg"
    ),
    "wipe sqlite:///runs/smoke/scotland.sqlite": "holds smoke (seed 1); give --confirm, or pipe",
}
EMPTY = {"health_mortalityrecord"}  # what the page says of it stands in another table

Run = Callable[[str], Path]


# ---------------------------------------------------------------- the page


def section(title: str) -> str:
    """The text below a heading, up to the next heading of the same or a higher level."""
    level, rest = re.split(rf"^(#+) {re.escape(title)}$", PAGE, maxsplit=1, flags=re.MULTILINE)[1:]
    return re.split(rf"^#{{2,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def tables(text: str) -> Iterator[list[list[str]]]:
    """The tables of a text: rows of cells, the heading first."""
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        rows = [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in block.splitlines()]
        yield [[cell.strip() for cell in row] for row in rows if set("".join(row)) - set(":- ")]


def table(title: str) -> list[list[str]]:
    """The rows of a section's table, without its heading."""
    [rows] = tables(section(title))
    assert {len(row) for row in rows} == {len(rows[0])}, "a row has another number of cells"
    return rows[1:]


def spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


PROSE = re.sub(r"^```.*?^```", "", PAGE, flags=re.MULTILINE | re.DOTALL)
STORY = [
    command.removeprefix("python -m sim ")
    for command in re.findall(
        r"^\$ (python -m sim .*)$", section("The first five minutes"), re.MULTILINE
    )
]
READINGS = table("Four years, 13 days, 0.85")
COMMANDS = sorted(
    {
        command.removeprefix("python -m sim ")
        for command in spans(PROSE)
        if command.startswith("python -m sim ") and not command.endswith(("...", " SCENARIO"))
    }
    - {*STORY, *(row[3].strip("`").removeprefix("python -m sim ") for row in READINGS)}
)
PIPED = re.findall(r"`echo (\w+) \\\| python -m sim ([^`\n]+)`", PROSE)
OPTIONS = sorted(
    {option for option in spans(PROSE) if option.startswith("--set ")}
    | {
        option
        for row in table("Options")
        for option in spans(row[2])
        if re.match(r"--?[a-z]", option)
    }
)


# ---------------------------------------------------------------- running commands


@dataclass(frozen=True)
class Ended:
    """What a command left: its exit code and what it said."""

    code: int
    out: str
    err: str


def sim(command: str, folder: Path) -> Ended:
    """Run a command line of ours in this process; what is simulated is left to one worker."""
    args = shlex.split(command)
    if args[0] in ("run", "verify") and not {"--dry-run", "--workers"} & set(args):
        args += ["--workers", "1"]
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
        pytest.raises(SystemExit) as ended_with,
    ):
        main(args)
    code = ended_with.value.code
    assert isinstance(code, int)
    return Ended(code, out.getvalue(), err.getvalue())


def shell(command: str, folder: Path, piped: str = "") -> Ended:
    """Run a command line of ours as it stands, in a process of its own."""
    line = [sys.executable, "-m", "sim", *shlex.split(command)]
    ended = subprocess.run(
        line, cwd=folder, input=piped, capture_output=True, text=True, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def estimate(scenario: str, options: str = "") -> dict[str, Any]:
    """What a dry run says."""
    ended = sim(f"run {scenario} {options} --dry-run --json", ROOT)
    assert ended.code == 0, ended.err
    return dict(json.loads(ended.out))


def furnish(folder: Path) -> Path:
    """A folder with the shipped scenarios and the page's own."""
    (folder / "scenarios").symlink_to(ROOT / "scenarios", target_is_directory=True)
    for name, text in re.findall(
        r"^```yaml\n# (\S+)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    return furnish(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Gives the folder in which a scenario was run as it is; made once."""
    made: dict[str, Path] = {}

    def get(scenario: str) -> Path:
        if scenario not in made:
            folder = furnish(tmp_path_factory.mktemp(scenario))
            ended = sim(f"run scenarios/{scenario}.yaml", folder)
            assert ended.code == 0, ended.err
            made[scenario] = folder
        return made[scenario]

    return get


@pytest.fixture(scope="module")
def passed(finished: Run) -> set[str]:
    """The checks that passed for one of the small scenarios, none having failed."""
    names = set()
    for scenario in SMALL.split("|"):
        ended = sim(f"verify runs/{scenario} --json", finished(scenario))
        assert ended.code == 0, ended.out + ended.err
        checks = json.loads(ended.out)["checks"]
        names |= {check["name"] for check in checks if check["state"] == "passed"}
    return names


def manifest(folder: Path) -> dict[str, Any]:
    [path] = folder.glob("runs/*/manifest.json")
    return dict(json.loads(path.read_text()))


def ask(folder: Path, query: str) -> list[Any]:
    """The first row that a query gives, summed over the databases of a run."""
    rows = []
    for path in sorted(folder.glob("runs/*/*.sqlite")):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            rows += connection.execute(query).fetchmany(1)
    return [sum(value or 0 for value in column) for column in zip(*rows, strict=True)]


# ---------------------------------------------------------------- commands and options


def test_page_has_its_commands_and_options():
    assert len(STORY) >= 6
    assert len(COMMANDS) >= 20
    assert len(OPTIONS) >= 20
    assert REFUSED.keys() <= set(COMMANDS)
    assert EFFECTS.keys() <= set(OPTIONS)


@pytest.fixture
def on_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans are made by formula and calendar, and taken for proved."""

    def prove(scenario: Scenario, batches: int, *_: Any) -> Proof:
        return Proof(ProofFigures(batches, 0, 0.8, 0, 0, 0, 0, 0, 0), [])

    monkeypatch.setattr("sim.planner.search.prove", prove)


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, workplace: Path, finished: Run, request: pytest.FixtureRequest):
    if plain := re.fullmatch(rf"run scenarios/({SMALL})\.yaml", command):
        assert manifest(finished(plain[1]))["batches"]["total"] > 0
        return
    if earlier := re.search(r"runs/(\w+)", command):
        shutil.copytree(finished(earlier[1]) / "runs", workplace / "runs")
    shortened = shorten(command)
    if url := re.search(r"postgresql:\S+", shortened):
        database = shlex.quote(request.getfixturevalue("pg_database"))
        shortened = shortened.replace(url[0], database)
    ended = sim(shortened, workplace)
    if command in REFUSED:
        assert (ended.code, REFUSED[command] in ended.err) == (2, True), ended.err
    else:
        assert (ended.code, ended.out > "") == (0, True), ended.err


def test_the_word_comes_through_a_pipe(workplace: Path, finished: Run):
    [(word, command)] = PIPED
    shutil.copytree(finished("smoke") / "runs", workplace / "runs")
    assert shell(command, workplace, "nothing\n").code == 1
    batches, models = (
        f"SELECT count(*) FROM {table}" for table in ("batch_batch", "scenario_tgcmodel")
    )
    before = ask(workplace, batches), ask(workplace, models)
    assert shell(command, workplace, f"{word}\n").code == 0
    assert ask(workplace, batches)[0] == before[0][0] / 2
    assert ask(workplace, models) == before[1]


def shorten(command: str) -> str:
    """A run that takes long becomes a dry run; its options and knobs stay."""
    long = command.startswith("run ") and not re.match(rf"run scenarios/({SHORT})\.yaml", command)
    return f"{command} --dry-run" if long and "--dry-run" not in command else command


def check_reading(batches: str, days: str, command: str) -> None:
    """A command that sizes production gives as many batches and days as the page says."""
    ended = sim(f"{command} --json", ROOT)
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    if command.startswith("plan "):
        chosen = found["chosen"]
        count, first, end = chosen["batches"], chosen["first_start"], chosen["end"]
    else:
        count, first, end = found["batches"], *found["simulated"].values()
    assert close(batches, count)
    assert close(days, (date.fromisoformat(end) - date.fromisoformat(first)).days)


@pytest.mark.usefixtures("on_paper")
@pytest.mark.parametrize("row", READINGS, ids=lambda row: row[1])
def test_readings_of_the_schedules_options(row: list[str]):
    [command] = spans(row[3])
    check_reading(row[1], row[2], command.removeprefix("python -m sim "))


@pytest.mark.full
@pytest.mark.parametrize("row", READINGS, ids=lambda row: row[1])
def test_readings_of_the_schedules_options_are_proved(row: list[str]):
    test_readings_of_the_schedules_options(row)


EFFECTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "--set schedule.batches=40": lambda found: found["batches"] == 40,
    "--set schedule.batches=112": lambda found: found["batches"] == 4 * 365 // 13,
    '--set "geographies.Faroe Islands.batches=0" --set geographies.Scotland.batches=20': (
        lambda found: found["batches"] == 20
    ),
    "--set schedule.start=2025-01-01 --set schedule.end=null": (
        lambda found: found["simulated"]["from"] == "2025-01-01"
    ),
    "--until 2023-01-01": lambda found: found["simulated"]["until"] == "2023-01-01",
    '--set "recording.feeding_hours=[6, 10, 14, 18]"': (
        lambda found: found["rows"]["feedings"] == 4 * found["rows"]["feed draws"]
    ),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_option(option: str):
    found = estimate("scenarios/production.yaml", option)
    assert EFFECTS.get(option, lambda found: found["batches"] > 0)(found)


def test_a_single_batch_starts_and_ends_when_the_older_command_did():
    wanted = {
        "single_batch_200d": {"from": "2025-01-01", "until": "2025-07-20"},
        "single_batch_900d": {"from": "2020-01-01", "until": "2022-06-19"},
    }
    for name, simulated in wanted.items():
        start = f"run scenarios/{name}.yaml --set schedule.end"
        [command] = [command for command in COMMANDS if command.startswith(start)]
        _, scenario, *options = shlex.split(command)
        found = estimate(scenario, shlex.join(options))
        assert (found["batches"], found["simulated"]) == (1, simulated)


def test_story(workplace: Path):
    begin, append, verify, again, wipe, fresh = STORY
    assert shell(begin, workplace).code == 0
    begun = manifest(workplace)
    assert begun["simulated"]["until"] == "2025-09-01"
    logs = sorted(path.name for path in (workplace / "logs").iterdir())
    assert len(logs) == begun["batches"]["total"] + 1
    assert "run.log" in logs
    assert shell(append, workplace).code == 0
    whole = manifest(workplace)
    sessions = [json.loads(path.read_text()) for path in workplace.glob("runs/*/sessions/*.json")]
    assert {one["kind"] for one in sessions} == {"first", "append"}
    assert sum(one["rows"]["written"] for one in sessions) > sum(whole["rows"].values()) / 2
    assert whole["simulated"]["until"] == "2025-12-31"
    proved = shell(verify, workplace)
    assert proved.code == 0, proved.out + proved.err
    seen = shell(again, workplace)
    assert (seen.code, whole["digest"] in seen.out) == (0, True)
    assert ask(workplace, "SELECT count(*) FROM batch_batch") == [whole["batches"]["total"]]
    assert shell(wipe, workplace).code == 0
    assert ask(workplace, "SELECT count(*) FROM batch_batch") == [whole["batches"]["total"] / 2]
    assert ask(workplace, "SELECT count(*) FROM infrastructure_container")[0] > 0
    assert shell(fresh, workplace).code == 0
    assert manifest(workplace)["digest"] == whole["digest"]


def test_own_schedule(workplace: Path):
    text = section("A schedule of your own")
    for command in re.findall(r"^\$ python -m sim (.*)$", text, re.MULTILINE):
        assert sim(command, workplace).code == 0
    query = """SELECT sum(number = 'FAR-2025-901' AND day = 88), sum(day = 358), count(*) FROM (
        SELECT b.batch_number AS number, max(s.day_number) AS day
        FROM batch_batch b JOIN batch_actualdailyassignmentstate s ON s.batch_id = b.id
        WHERE b.status = 'ACTIVE' GROUP BY b.id)"""
    assert ask(workplace, query) == [1, 1, 2]


# ---------------------------------------------------------------- figures


def close(cell: str, found: float) -> bool:
    """Whether a cell's figure is what was found; within 3 % if it says "about"."""
    said = re.fullmatch(r"(about )?([\d,.]+)( million)?", cell)
    assert said, f"'{cell}' is not a figure"
    value = float(said[2].replace(",", "")) * (1e6 if said[3] else 1)
    return abs(found - value) <= (0.03 * value if said[1] else 0)


def compare(title: str, here: int, found: dict[str, float]) -> None:
    said = {row[0]: row[here] for row in table(title)}
    assert said.keys() == found.keys()
    wrong = {what: (said[what], found[what]) for what in said if not close(said[what], found[what])}
    assert not wrong


def measured(folder: Path) -> dict[str, float]:
    rows = manifest(folder)["rows"]
    return {
        "sensor readings": rows["environmental_environmentalreading"],
        "feedings": rows["inventory_feedingevent"],
        "records of deaths, one for each cause": rows["batch_mortalityevent"],
        "growth samples": rows["batch_growthsample"],
        "transfer workflows": rows["batch_batchtransferworkflow"],
    }


def test_200_days(finished: Run):
    folder = finished("single_batch_200d")
    closed, active, fish, biomass_kg = ask(
        folder,
        "SELECT sum(NOT is_active), sum(is_active), sum(population_count), sum(biomass_kg)"
        " FROM batch_batchcontainerassignment",
    )
    [day_91] = ask(
        folder, "SELECT sum(population) FROM batch_actualdailyassignmentstate WHERE day_number = 91"
    )
    assert 2_800_000 <= day_91 <= 3_200_000
    found = {
        "closed assignments": closed,
        "active assignments": active,
        "fish on day 91": day_91,
        "fish at the end": fish,
        "mean weight at the end, g": biomass_kg * 1000 / fish,
        "biomass at the end, kg": biomass_kg,
        "feed purchases": manifest(folder)["rows"]["inventory_feedpurchase"],
        "vaccinations": manifest(folder)["rows"]["health_treatment"],
    }
    compare("One batch of 3.5 million eggs, 200 days", 2, measured(folder) | found)


def test_900_days(finished: Run):
    folder = finished("single_batch_900d")
    rows = manifest(folder)["rows"]
    fish, live_kg = ask(
        folder, "SELECT sum(unit_count), sum(live_weight_kg) FROM harvest_harvestlot"
    )
    [eggs] = ask(folder, "SELECT total_eggs_received FROM batch_creationworkflow")
    [days] = ask(
        folder, "SELECT julianday(actual_end_date) - julianday(start_date) FROM batch_batch"
    )
    scenarios, pinned_days = ask(
        folder,
        "SELECT (SELECT count(*) FROM scenario), r.total_projections FROM batch_batch b"
        " JOIN scenario_projection_run r ON r.run_id = b.pinned_projection_run_id",
    )
    vaccinations, others = ask(
        folder,
        "SELECT sum(treatment_type = 'vaccination'), sum(treatment_type <> 'vaccination')"
        " FROM health_treatment",
    )
    found = {
        "scenarios of the batch, one of them pinned": scenarios,
        "days of the pinned projection": pinned_days,
        "planned activities": rows["planning_plannedactivity"],
        "lice counts": rows["health_licecount"],
        "vaccinations": vaccinations,
        "other treatments": others,
        "health samplings": rows["health_healthsamplingevent"],
        "fish looked at": rows["health_individualfishobservation"],
        "their scores": rows["health_fishparameterscore"],
        "harvest facts": rows["finance_factharvest"],
        "harvest events": rows["harvest_harvestevent"],
        "harvest lots": rows["harvest_harvestlot"],
        "eggs that are harvested as fish, %": 100 * fish / eggs,
        "mean weight at harvest, kg": live_kg / fish,
        "days to harvest": days,
    }
    compare("One batch to harvest, 900 days", 2, measured(folder) | found)
    sea = "SELECT count(*) FROM batch_batchtransferworkflow WHERE workflow_number LIKE 'TRF-%-D450'"
    assert ask(folder, sea) == [1]


def test_lice_treatments_and_diseases(finished: Run):
    """What a profile has, and that every type of lice is counted."""
    folder = finished("smoke")
    scenario = load(ROOT / "scenarios" / "smoke.yaml").scenario
    for path in folder.glob("runs/*/*.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            counted = "SELECT count(*), count(DISTINCT lice_type_id) FROM health_licecount"
            [(counts, types)] = connection.execute(counted)
            [(known,)] = connection.execute("SELECT count(*) FROM health_licetype")
            assert counts > 0
            assert types == known
    found = {
        "lice types": known,
        "ways to treat lice": len({way.method for way in scenario.delousing.methods}),
        "diseases": len(scenario.diseases),
        "of them with a season": sum(len(set(d.season)) > 1 for d in scenario.diseases),
    }
    compare("Lice, treatments and diseases", 2, found)


def test_a_dry_run_counts_the_rows_of_a_whole_life(finished: Run):
    """Within 5 %, as for the small company; the feed draws are not in the manifest."""
    about = estimate("scenarios/single_batch_900d.yaml")["rows"]
    rows = manifest(finished("single_batch_900d"))["rows"]
    assert sum(about.values()) - about["feed draws"] == pytest.approx(sum(rows.values()), rel=0.05)
    for kind, tables in {
        "readings": "environmental_environmentalreading",
        "feedings": "inventory_feedingevent",
        "daily states": "batch_actualdailyassignmentstate",
        "fish in samples": "batch_individualgrowthobservation",
        "weather": "environmental_weatherdata",
        "health scores": "health_fishparameterscore",
        "lice counts": "health_licecount",
        "projected days": "scenario_scenarioprojection",
        "forecast days": "batch_liveforwardprojection",
    }.items():
        assert about[kind] == pytest.approx(rows[tables], rel=0.05), kind


COMPANIES = table("Whole companies")
LARGE = {"scenarios/production.yaml", "scenarios/saturation_170.yaml"}


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(name, marks=[pytest.mark.full] if name in LARGE else [])
        for name in sorted({row[0].strip("`") for row in COMPANIES})
    ],
)
def test_companies(scenario: str):
    world = World(load(ROOT / scenario).scenario, recording=[])
    stores = [
        store for farm in world.farms for site in farm.resources.stores.values() for store in site
    ]
    opening_dag = sum(store.level_dag for store in stores)
    world.advance(world.plan.end_day)
    batches, rows = figures(world).batches, estimate(scenario)["rows"]
    found = {
        "batches harvested": batches["completed"],
        "batches active": batches["active"],
        "tonnes of feed in stock on the first day": opening_dag / DAG_PER_T,
        "sensor readings": rows["readings"],
        "feedings": rows["feedings"],
        "records of deaths": rows["deaths"],
        "growth samples": rows["growth samples"],
        "daily states": rows["daily states"],
        "lice counts": rows["lice counts"],
        "fish looked at for health": rows["fish examined"],
        "their scores": rows["health scores"],
    }
    for name, what, _, here in COMPANIES:
        if name.strip("`") == scenario:
            assert close(here, found[what]), (what, here, found[what])


FULLNESS = table("How full the company is")


def fullness(scenario: Scenario) -> dict[str, float]:
    """Container-days with fish in percent of all, from day 850 on, as the plan expects them."""
    plan = make_plan(scenario)
    since, used, there = plan.first_day + STEADY_FROM_DAY, Counter[str](), Counter[str]()
    for index in range(len(scenario.geographies)):
        place, layout = ExpectedSurroundings(scenario, index, plan), Layout(scenario, index)
        there["rings"] += int(layout.at_sea.sum())
        there["tanks"] += int((~layout.at_sea).sum())
        for batch in (batch for batch in plan.batches if batch.geography == index):
            for stay in stays_of(place, batch):
                days = min(plan.end_day, stay.first_day + stay.days) - max(since, stay.first_day)
                what = "rings" if stay.stage.role == "sea" else "tanks"
                used[what] += max(days, 0) * stay.stage.containers_per_batch
    return {what: 100 * used[what] / there[what] / (plan.end_day - since) for what in used}


@pytest.mark.parametrize("scenario", sorted({row[0].strip("`") for row in FULLNESS}))
def test_how_full_the_company_is(scenario: str):
    found = fullness(load(ROOT / scenario).scenario)
    for name, what, _, here in FULLNESS:
        if name.strip("`") == scenario:
            assert close(here, found[what]), (what, here, found[what])


def test_named_checks_passed(passed: set[str]):
    ours = table("Their checks and ours")
    named = {name for row in ours for name in spans(row[2])}
    for title in ("One batch of 3.5 million eggs, 200 days", "One batch to harvest, 900 days"):
        named |= {name for row in table(title) for name in spans(row[3])}
    assert named - passed == set()
    large = {name for row in ours for name in spans(row[3])}
    lines = (*GENERAL, *FIGURES.values())
    assert large - {line.name for line in lines} == set()


def test_tables_that_are_named_are_filled(finished: Run):
    """But for the one that stays empty, as the page says."""
    named = set(spans(PROSE)) & set(TABLES)
    assert named > EMPTY
    folder = finished("smoke")
    empty = {name for name in named if ask(folder, f'SELECT count(*) FROM "{name}"') == [0]}
    assert empty == EMPTY


NOT_YET = [command for row in table("Not there yet") for command in spans(row[2])]


def test_page_names_what_is_not_there_yet():
    assert NOT_YET == ["run scenarios/production.yaml --reference-pack pack"]


@pytest.mark.parametrize("command", NOT_YET)
def test_what_is_not_there_yet_is_refused(command: str, workplace: Path):
    """When it comes in, the page must no longer say that it is missing."""
    ended = sim(f"{command} --dry-run" if command.startswith("run ") else command, workplace)
    assert (ended.code, ended.out) == (2, "")
    assert re.search(r"No such (command|option)", ended.err), ended.err
