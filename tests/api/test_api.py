"""What ``import sim`` offers: the names, and that they do what the command line does."""

from __future__ import annotations

import json
import pkgutil
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import sim
from sim import api
from sim.api.results import RunResult, StudyResult
from sim.api.session import RunSession
from sim.api.table import Table
from sim.api.views import make_view
from sim.core.failures import Failure, MissingGuardError, in_a_line
from sim.progress import LiveView, PlainView, SilentView
from sim.scenario import ScenarioError
from sim.scenario import load as load_file
from tests.support.command_line import ROOT, SMOKE, proven, say

KNOBS: dict[str, Any] = {
    "schedule.batches": 2,
    "schedule.stagger_days": 1,
    "schedule.tail_days": 40,
    "recording.reading_hours": [8],
    "recording.growth_sample_fish": 5,
}
FEW = {**KNOBS, "schedule.batches": 1, "schedule.tail_days": 24, "writing.chunk_days": 12}
STUDY: dict[str, Any] = {
    "name": "trial",
    "base": SMOKE,
    "set": {"schedule.batches": 2, "schedule.stagger_days": 4},
    "factors": [
        {"name": "areas", "paths": ["geographies.Scotland.areas"], "values": [1, 2]},
    ],
    "replications": 2,
    "warmup_days": 0,
    "kpis": ["harvested_t_per_year"],
}


TABLES = (
    "auth_user", "batch_batch", "batch_batchcontainerassignment", "batch_containerforecastsummary",
    "batch_growthsample", "environmental_environmentalreading", "infrastructure_container",
    "inventory_feedingevent", "planning_activitytemplate", "scenario_fcrmodel", "smoltflow_run",
    "batch_actualdailyassignmentstate", "smoltflow_feed_draw",
)  # fmt: skip
"""Of every role, with columns of every kind, found by their own ids, by others' or by the run."""


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@dataclass(frozen=True, slots=True)
class Ran:
    result: RunResult
    scenario: sim.Scenario


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run that was done in a thread, as notebooks' extensions and servers do."""
    folder = tmp_path_factory.mktemp("ran")
    scenario = sim.load(SMOKE, KNOBS)
    found: list[RunResult] = []

    def work() -> None:
        found.append(sim.run(scenario, out=folder / "out", workers=1, progress=False))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return Ran(found[0], scenario)


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A run into one file; Ctrl-C was pressed after its first chunk."""
    folder = tmp_path_factory.mktemp("resumed")
    database = f"sqlite:///{folder / 'all.sqlite'}"
    take, before = RunSession.take, signal.getsignal(signal.SIGINT)

    def press(session: RunSession, seen: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return take(session, seen)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunSession, "take", press)
        with pytest.raises(KeyboardInterrupt, match="the same call with resume=True"):
            sim.run(SMOKE, overrides=FEW, database=database, out=folder)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(Failure, match="--resume continues it"):
        sim.run(SMOKE, overrides=FEW, database=database, out=folder)
    return sim.run(SMOKE, overrides=FEW, database=database, out=folder, resume=True)


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return sim.run_study(STUDY, out=tmp_path_factory.mktemp("studied") / "out", workers=1)


# The names


def test_import_sim_imports_no_library_and_help_none_of_the_model() -> None:
    code = """
import sys, sim
dir(sim), sim.__version__
heavy = ("numpy", "simpy", "sqlalchemy", "pydantic", "pandas")
assert not {*heavy, "click", "multiprocessing"} & {*sys.modules}, "import sim"
from sim.cli import main
try:
    main(["--help"])
except SystemExit as end:
    assert end.code == 0
assert not {*heavy, "rich", "multiprocessing"} & {*sys.modules}, "--help"
"""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_every_name_is_there_and_an_unknown_one_is_told() -> None:
    for name in sim.__all__:
        assert getattr(sim, name) is not None
    assert {*sim.__all__} <= {*dir(sim)}
    assert sim.ContainerPool.__module__ == "sim.resources.containers"
    with pytest.raises(AttributeError, match="'sim' has no attribute 'runn'"):
        _ = sim.runn  # type: ignore[attr-defined]


def test_no_module_hides_a_name() -> None:
    modules = {module.name for module in pkgutil.iter_modules(sim.__path__)}
    assert {"study", "kpi", "world", "api"} <= modules
    behind = {module.name for module in pkgutil.iter_modules(api.__path__)}
    assert {"runs", "studies", "results"} <= behind
    assert not (modules | behind) & {*sim.__all__}
    for module in ("study", "kpi", "planner", "report"):
        import_module(f"sim.{module}")
    assert all(map(callable, (sim.run, sim.load, sim.measure, sim.make_plan, sim.run_study)))


def test_the_page_documents_what_is_promised_and_nothing_else() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    told = re.findall(r"^\.\. (?:auto\w+|py:data):: sim\.(\w+)$", page, flags=re.MULTILINE)
    assert sorted(told) == sorted(sim.__all__)
    for name in {*sim.__all__} - {"__version__"}:
        assert getattr(sim, name).__doc__, name


# Scenarios


@pytest.mark.parametrize("name", ["smoke", "three_geographies"])
def test_a_scenario_is_the_same_from_its_file_its_values_and_itself(name: str) -> None:
    path = ROOT / "scenarios" / f"{name}.yaml"
    told = load_file(path)
    assert sim.load(path) == told.scenario == sim.load(str(path))
    assert sim.load(told.resolved) == told.scenario
    assert sim.load({"extends": str(path)}) == told.scenario == sim.load(told.scenario)


def test_changes_are_values_by_path_or_lines() -> None:
    values = {
        "schedule.end": date(2025, 6, 1),
        "stages.Adult.tgc": np.float64(9.25),
        "recording.reading_hours": np.array([6, 18]),
        "description": 'a "small" company: fróð',
    }
    lines = [
        "schedule.end=2025-06-01", "stages.Adult.tgc=9.25", "recording.reading_hours=[6, 18]",
        "description='a \"small\" company: fróð'",
    ]  # fmt: skip
    changed = sim.load(SMOKE, values, seed=9)
    assert changed == sim.load(SMOKE, lines, seed=9)
    assert (changed.seed, changed.schedule.end, changed.stages[-1].tgc) == (
        9, date(2025, 6, 1), 9.25,
    )  # fmt: skip


def test_an_extended_file_is_seen_from_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(f"extends: {SMOKE}\nseed: 5\n")
    assert sim.load({"extends": "base.yaml", "name": "mine"}).seed == 5
    with pytest.raises(ScenarioError, match=r"<mapping>:1:1: extends: .*nowhere.yaml"):
        sim.load({"extends": "nowhere.yaml"})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"extends": SMOKE, "sed": 4}, "<mapping>:1:1: sed: unknown knob (did you mean 'seed'?)"),
        ({"extends": SMOKE, "seed": "four"}, "<mapping>:1:1: seed: expected a whole number"),
        ({"extends": SMOKE, "eggs": {"count_min": float("nan")}}, "eggs.count_min: nan is not"),
        ({"extends": SMOKE, "seed": object()}, "seed: a object cannot stand in a scenario"),
        (
            {"extends": SMOKE, "schedule": {"batch_number_pattern": "X"}},
            "<mapping>:1:1: schedule.batch_number_pattern: two batches would be called X",
        ),
        ("nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(given: Any, problem: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        sim.load(given)
    assert problem in str(refused.value)


def test_a_plan_and_measures_of_a_company_that_ends_today() -> None:
    today = (date.today() - date(1970, 1, 1)).days
    scenario = sim.load(SMOKE, {"schedule.end": "today", "schedule.batches": 1})
    assert scenario.schedule.end == "today"
    plan = sim.make_plan(scenario)
    assert abs(plan.end_day - today) <= 1
    assert [batch.number for batch in plan.batches] == [1]


def test_measures_are_those_of_the_model_up_to_a_day() -> None:
    scenario = sim.load(SMOKE, KNOBS)
    reached: list[tuple[int, int]] = []
    first = sim.make_plan(scenario).first_day
    end = date(1970, 1, 1).fromordinal(date(1970, 1, 1).toordinal() + first + 40)
    measures = sim.measure(scenario, until=end, watch=lambda *told: reached.append(told))
    assert isinstance(measures, sim.Measures)
    assert measures.end_day == first + 40 == reached[-1][0]
    assert measures.feed["eaten_kg"].sum() > 0
    text = sim.measure(SMOKE, until=str(end))
    assert text.end_day == measures.end_day


def test_a_world_advances_to_a_date() -> None:
    world = sim.World(sim.load(SMOKE, KNOBS), recording=())
    when = datetime(1970, 1, 1).fromordinal(719163 + world.plan.first_day + 3).date()
    world.advance(when)
    assert world.env.now == world.plan.first_day + 3
    world.advance(world.plan.first_day + 4)
    assert world.env.now == world.plan.first_day + 4


# Runs


def test_a_run_is_the_one_of_the_command_line(ran: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    """The command finds it finished, whole and its own, or it would refuse."""
    told = [f"{path}={json.dumps(value)}" for path, value in KNOBS.items()]
    sets = [word for knob in told for word in ("--set", knob)]
    command = say(capsys, "run", SMOKE, *sets, "--out", str(ran.result.out), "--json").expect(0)
    assert command.manifest == ran.result.summary
    assert proven(ran.result.databases)[0] == ran.result.digest
    assert json.loads(ran.result.paths["manifest"].read_text()) == ran.result.summary
    assert all(path.is_file() for path in ran.result.paths.values())
    assert sorted(ran.result.paths) == ["faroe_islands", "manifest", "scotland"]


def test_a_run_is_measured_from_its_rows(ran: Ran) -> None:
    found, model = ran.result.measures(), sim.measure(ran.scenario)
    assert found.batches["alive"].tolist() == model.batches["alive"].tolist()
    assert found.feed["eaten_kg"].sum() == pytest.approx(model.feed["eaten_kg"].sum(), rel=1e-6)


def test_a_finished_run_is_told_and_not_done_again(ran: Ran) -> None:
    again = sim.run(ran.scenario, out=ran.result.out)
    assert again.summary == ran.result.summary


def test_every_table_has_the_rows_that_were_written(ran: Ran) -> None:
    result = ran.result
    written = result.summary["rows"]
    for name in [*sorted(written)[::4], *TABLES]:
        if name in written:
            assert len(result.table(name)) == written[name], name
    assert {*result.summary["rows"]} < {*result.tables}
    assert result.table("smoltflow_chunk")["rows"].sum() > 0
    with pytest.raises(KeyError, match="did you mean 'batch_batch'"):
        result.table("batch_bacth")


def test_a_table_has_columns_of_their_kinds(ran: Ran) -> None:
    batches = ran.result.table("batch_batch")
    assert batches["batch_number"].tolist() == ["FAR-2025-001", "SCO-2025-001"]
    assert batches["start_date"].dtype == "datetime64[D]"
    assert batches["created_at"].dtype == "datetime64[us]"
    assert np.isnat(batches["actual_end_date"]).all()
    plan = sim.make_plan(ran.scenario)
    assert batches["start_date"].astype(int).tolist() == [b.start for b in plan.batches]
    assert dict(batches).keys() == {*batches.columns}
    with pytest.raises(KeyError, match="batch_batch has no column 'batch_numer'"):
        batches["batch_numer"]


def test_tables_are_the_same_from_any_store(resumed: RunResult, pg_database: str) -> None:
    server = sim.run(SMOKE, overrides=FEW, database=pg_database)
    assert [*server.paths] == ["manifest"]
    assert server.digest == resumed.digest, "an interruption changes nothing"
    for name in TABLES:
        mine, theirs = resumed.table(name).to_dict(), server.table(name).to_dict()
        for column in {*mine} - {"manifest", "seal"}:  # these tell where the database is
            np.testing.assert_array_equal(mine[column], theirs[column], f"{name}.{column}")


def test_rows_of_others_are_no_part_of_a_run(ran: Ran, tmp_path: Path) -> None:
    """As in a live AquaMind: somebody else's batch, container and species."""
    few = {**KNOBS, "schedule.tail_days": 2}
    result = sim.run(SMOKE, overrides=few, database=f"sqlite:///{tmp_path / 'all.sqlite'}")
    counted = {}
    with closing(sqlite3.connect(tmp_path / "all.sqlite")) as database:
        for table, text in (
            ("batch_batch", "batch_number"), ("infrastructure_container", "name"),
            ("batch_species", "name"),
        ):  # fmt: skip
            counted[table] = len(result.table(table))
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            values = database.execute(f"SELECT * FROM {table}").fetchone()
            row = dict(zip(columns, values, strict=True))
            row |= {"id": 999_999, text: "theirs"}
            row |= {"scientific_name": "theirs"} if "scientific_name" in row else {}
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO {table} VALUES ({marks})", list(row.values()))
        database.commit()
    assert {table: len(result.table(table)) for table in counted} == counted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"until": "2020-01-01"}, "until: 2020-01-01 is not after the first day"),
        ({"until": "soon"}, r"until: 'soon' is not a date \(YYYY-MM-DD\)"),
        ({"resume": True, "fresh": True}, "fresh: does not go together with resume"),
        ({"workers": 0}, "workers: 0 is less than 1"),
        ({"memory_limit": "20MB"}, "memory_limit: 20 MB are too little for one process"),
        ({"memory_limit": "much"}, "memory_limit: 'much' is not a size"),
        ({"database": "nonsense"}, "this is not a database URL"),
        ({"append": True}, "there is no earlier part of this run to append to"),
    ],
)
def test_what_a_run_refuses_is_raised_and_nothing_is_written(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(Failure, match=message) as refused:
        sim.run(SMOKE, **options)
    assert refused.value.code == 2
    assert not list(tmp_path.iterdir())


def test_results_show_themselves(ran: Ran) -> None:
    told, html = repr(ran.result), ran.result._repr_html_()
    assert told.startswith("RunResult\n  scenario")
    for text in ("smoke, seed 1", "2 planned, 0 harvested, 2 active", ran.result.digest):
        assert text in told
        assert text in html


def test_a_password_is_never_shown() -> None:
    manifest = type("Manifest", (), {"database": ["postgresql://u:***@h/d"]})()
    result = RunResult(manifest, Path(), ["postgresql://u:secret@h/d"], "")
    assert result.databases == ("postgresql://u:***@h/d",)
    assert "secret" not in str(vars(result)["databases"])


# Studies


def test_a_study_from_a_mapping_is_that_of_its_file(studied: StudyResult, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(json.dumps({**STUDY, "replications": 3}))
    found = sim.run_study("study.yaml", overrides={"replications": 2}, out=studied.out)
    assert found.summary == studied.summary, "it is found finished"
    assert found.digest == studied.digest == studied.summary["digest"]
    assert json.loads(studied.paths["manifest.json"].read_text()) == studied.summary


def test_a_finished_study_is_told_and_an_unfinished_one_refused(studied: StudyResult) -> None:
    assert sim.run_study(STUDY, out=studied.out).summary == studied.summary
    with pytest.raises(Failure, match="--resume continues it"):
        sim.run_study(STUDY, overrides={"replications": 3}, out=studied.out)
    with pytest.raises(Failure, match="fresh: does not go together with resume"):
        sim.run_study(STUDY, resume=True, fresh=True)
    with pytest.raises(ScenarioError, match=r"<mapping>:1:1: kpis\.0: no KPI is named"):
        sim.run_study({**STUDY, "kpis": ["harvested"]})


def test_a_study_has_a_row_for_every_replication(studied: StudyResult) -> None:
    table = studied.replications
    assert table["variant"].tolist() == [0, 0, 1, 1]
    assert table["replication"].tolist() == [0, 1, 0, 1]
    assert table["areas"].tolist() == [2, 2, 1, 1]
    values = studied.findings.values["harvested_t_per_year"]
    assert table["harvested_t_per_year"].tolist() == values.ravel().tolist()
    for name in studied.tables:
        assert studied.table(name).columns
    means = studied.table("summary")
    assert len(means) == 2 * len(studied.findings.kpis)
    assert studied.table("variants")["name"].tolist() == ["base", "areas=1"]


def test_a_study_shows_itself(studied: StudyResult) -> None:
    assert repr(studied).startswith("StudyResult trial: 2 variants x 2 replications\n")
    assert studied.answer[0] in repr(studied)
    assert "<th>areas=1</th><td>harvested_t_per_year " in studied._repr_html_()


# Tables


def table() -> Table:
    rows = [(1, 2.5, "a<b", True), (None, None, None, None), (3, 4.0, "x" * 60, False)]
    return Table.of_rows("things", ("number", "kg", "text", "yes"), rows)


def test_absent_values_are_absent_in_every_form() -> None:
    made = table()
    assert len(made) == 3
    assert np.isnan(made["number"][1])
    assert np.isnan(made["kg"][1])
    assert made["text"][1] is None
    assert made["yes"].tolist() == [True, None, False]
    arrow = made.to_arrow()
    assert [str(kind) for kind in arrow.schema.types] == ["int64", "double", "string", "bool"]
    assert arrow.column("number").to_pylist() == [1, None, 3]
    assert [arrow.column(name).null_count for name in made] == [1, 1, 1, 1]


def test_a_table_becomes_a_data_frame(ran: Ran) -> None:
    pytest.importorskip("pandas")
    frame = table().to_pandas()
    assert frame["number"].dtype == "Int64"
    assert frame.isna().sum().tolist() == [1, 1, 1, 1]
    batches = ran.result.table("batch_batch")
    frame = batches.to_pandas()
    assert list(frame.columns) == list(batches.columns)
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"
    assert (frame["start_date"] < "2030-01-01").all()
    assert str(batches.to_arrow().schema.field("created_at").type) == "timestamp[us, tz=UTC]"


@pytest.mark.parametrize(
    ("module", "convert", "command"),
    [
        ("pandas", Table.to_pandas, "pip install pandas"),
        ("pyarrow", Table.to_arrow, "pip install 'smoltflow[parquet]'"),
    ],
)
def test_what_is_not_installed_is_told_with_its_command(
    module: str, convert: Callable[[Table], Any], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as missing:
        convert(table())
    assert command in str(missing.value)


def test_a_table_shows_its_first_rows() -> None:
    told, html = repr(table()), table()._repr_html_()
    assert told.startswith("things: 3 rows, 4 columns\nnumber  kg")
    assert "a<b" in told
    assert "<td>a&lt;b</td>" in html
    assert "x" * 41 not in told
    many = Table.of_rows("many", [f"c{n}" for n in range(20)], [tuple(range(20))] * 1000)
    assert len(repr(many).splitlines()) == 8
    assert "c19" not in repr(many)
    assert repr(Table.of_rows("none", ("a", "b"), [])) == "none: 0 rows, 2 columns\na  b"


# Progress


@pytest.mark.parametrize(
    ("kind", "progress", "view"),
    [
        ({"force_terminal": True}, None, LiveView),
        ({"force_terminal": True}, False, SilentView),
        ({"force_jupyter": True}, None, LiveView),
        ({"force_terminal": False}, None, SilentView),
        ({"force_terminal": False}, True, PlainView),
    ],
)
def test_progress_is_live_where_it_can_be(
    kind: dict[str, bool], progress: bool | None, view: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sim.api.views.make_console", lambda **_: Console(**kind))
    monkeypatch.setattr("sim.progress.find_spec", lambda name: name == "ipywidgets")
    assert type(make_view("trial", 0, 10, progress)) is view


def test_a_notebook_without_widgets_is_not_drawn_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.api.views.make_console", lambda **_: Console(force_jupyter=True))
    monkeypatch.setattr("sim.progress.find_spec", lambda _: None)
    assert type(make_view("trial", 0, 10, None)) is SilentView


# Scripts


FROM_PYTHON = """
import sim
from sim.core.failures import MissingGuardError
print("imported")
try:
    sim.run_study("study.yaml", workers=2)
except MissingGuardError:
    print("told")
sim.run({smoke!r}, workers=2)
"""
BY_COMMAND = """
from sim.cli import main
main(["run", {smoke!r}, "--workers", "2"])
"""


@pytest.mark.parametrize(
    ("script", "how", "code"),
    [(FROM_PYTHON, ["-m", "script"], 1), (BY_COMMAND, ["script.py"], 2)],
    ids=["from Python", "by the command"],
)
def test_a_script_without_a_guard_is_told_before_anything_is_written(
    script: str, how: list[str], code: int, tmp_path: Path
) -> None:
    (tmp_path / "study.yaml").write_text(json.dumps(STUDY))
    (tmp_path / "script.py").write_text(script.format(smoke=SMOKE))
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-B", *how], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == code
    assert done.stderr.count("script.py has no main guard") == 1
    assert 'if __name__ == "__main__":' in done.stderr
    assert "RuntimeError" not in done.stderr
    assert done.stdout.count("told") == (script == FROM_PYTHON)
    assert ("Traceback" in done.stderr) == (script == FROM_PYTHON)
    assert sorted(tmp_path.rglob("*")) == before


def test_verify_asks_for_the_guard_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise MissingGuardError("script.py")

    monkeypatch.setattr("sim.cli.verify.need_guard", refuse)
    done = say(capsys, "verify", str(tmp_path), "--workers", "2").expect(2)
    assert "script.py has no main guard" in done.err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RuntimeError("\n\n  An attempt\nwas made"), "RuntimeError: An attempt"),
        (ValueError("one"), "ValueError: one"),
        (ValueError(), "ValueError"),
    ],
)
def test_an_error_whose_first_line_is_blank_is_told(error: Exception, line: str) -> None:
    assert in_a_line(error) == line


def test_a_script_with_a_guard_may_start_workers(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "from sim.core.worker_process import need_guard\n"
        "if __name__ == '__main__':\n    need_guard()\n"
    )
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True)
