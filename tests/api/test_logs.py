"""A run's logs and its sessions' reports: all that happened, once, however often it is killed."""

from __future__ import annotations

import json
import re
import signal
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.api.logs import BatchLogs, RunLog, file_name
from sim.company.log import FeedChanges, LogLine, growth_sample_lines
from sim.company.production import Production
from sim.core.clock import date_of, day_of
from sim.fish.stock import ANCHOR_NONE, ANCHOR_SAMPLE
from sim.runner import Written, simulate
from sim.scenario import load
from sim.world import World
from tests.support.command_line import LIVES, MONTHS, SMOKE, Done, files, query, run, say, struck_at

CROWDED = [
    *LIVES, "--set", "schedule.batches=4", "--set", "schedule.stagger_days=3",
    "--set", "geographies.0.areas=1", "--set", "geographies.1.areas=1",
]  # fmt: skip
CHUNKS = ["--set", "writing.chunk_days=7"]
FIRST = day_of(date(2025, 1, 1))
CHUNK_ROW = "persistence.ledger:insert_span"
TOLD = "sim.api.logs:_Story.log"


def stories(folder: Path) -> dict[str, str]:
    """Every batch's log."""
    return {path.stem: path.read_text() for path in folder.glob("*.log") if path.name != "run.log"}


def reports(folder: Path) -> list[dict[str, Any]]:
    paths = sorted((folder / "runs/smoke/sessions").iterdir())
    assert [path.name for path in paths] == [f"{n + 1:04d}.json" for n in range(len(paths))]
    return [json.loads(path.read_text()) for path in paths]


# The audit trail


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run in which batches wait, and its logs."""
    folder = tmp_path_factory.mktemp("crowded")
    run(*CROWDED, "--log-dir", "logs/new", "--workers", "2", folder=folder).expect(0)
    return folder


def test_every_batch_gets_a_log_that_tells_its_life_in_order(crowded: Path) -> None:
    told = stories(crowded / "logs/new")
    assert told.keys() == {f"{who}-2025-00{n}" for who in ("FAR", "SCO") for n in (1, 2)}
    for text in told.values():
        days = [line[:10] for line in text.splitlines()]
        assert days == sorted(days)
        for words in ("eggs laid down", "moved to Fry", "moved to Smolt"):
            assert text.count(words) == 1
    assert sum(text.count("harvest complete") for text in told.values()) == 2


TREATED = "SELECT count(DISTINCT journal_entry_id) FROM health_treatment WHERE treatment_type"
WAITS = (  # feed stores wait for boats, too
    "SELECT count(*) FROM smoltflow_wait WHERE (unit <> 'boats' OR batch_id IS NOT NULL)"
)
TABLES = {
    "moved to": "SELECT count(*) FROM batch_batchtransferworkflow",
    r"vaccination, round \d+: ": f"{TREATED} = 'vaccination'",
    "treatment: ": f"{TREATED} <> 'vaccination'",
    "sample sent to the laboratory": "SELECT count(*) FROM health_healthlabsample",
    "laboratory result": (
        "SELECT count(*) FROM health_healthlabsample WHERE date_results_received IS NOT NULL"
    ),
    "health sampling: ": "SELECT count(*) FROM health_healthsamplingevent",
    "growth sample": (
        "SELECT count(*) FROM (SELECT DISTINCT batch_id, sample_date FROM batch_growthsample"
        " JOIN batch_batchcontainerassignment a ON a.id = assignment_id)"
    ),
    "first feed": "SELECT count(DISTINCT batch_id) FROM inventory_feedingevent",
    " harvested: ": "SELECT count(*) FROM harvest_harvestevent",
    "waits for": WAITS,
    "is over, after": f"{WAITS} AND until IS NOT NULL",
}


@pytest.mark.parametrize("words", TABLES)
def test_a_log_has_a_line_for_what_is_in_the_tables(words: str, crowded: Path) -> None:
    text = "\n".join(stories(crowded / "logs/new").values())
    there = sum(query(url, TABLES[words])[0][0] for url in files(crowded))
    assert len(re.findall(words, text)) == there > 0


def test_a_wait_tells_what_for_and_who_held_it(crowded: Path) -> None:
    told = stories(crowded / "logs/new")
    select = (
        "SELECT w.waiter, w.pool, group_concat(h.holder || ' ' || h.units, ', '), date(w.since)"
        " FROM smoltflow_wait w JOIN smoltflow_wait_holder h ON h.wait_id = w.id"
        " WHERE w.kind = 'rings' AND w.batch_id IS NOT NULL GROUP BY w.id ORDER BY h.id"
    )
    found = [row for url in files(crowded) for row in query(url, select)]
    assert found
    for batch, pool, holders, since in found:
        (line,) = (line for line in told[batch].splitlines() if f"waits for {pool} " in line)
        assert line.startswith(since)
        assert line.endswith(f"Held by: {holders}")
        assert holders.split()[0] in told


def test_the_log_does_not_depend_on_the_number_of_workers(crowded: Path, tmp_path: Path) -> None:
    run(*CROWDED, *CHUNKS, "--log-dir", "logs", folder=tmp_path).expect(0)
    assert stories(tmp_path / "logs") == stories(crowded / "logs/new")


# Sessions that end early


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done, dict[str, str]]:
    """A run in five sessions, two of which are killed; the last session, and logs after a kill."""
    folder = tmp_path_factory.mktemp("in-parts")
    logs = folder / "logs"
    knobs = [*MONTHS, *CHUNKS]
    args = [*knobs, "--until", "2025-12-10", "--resume", "--log-dir", "logs"]
    assert struck_at(CHUNK_ROW, 3, *args, folder=folder).code == -signal.SIGKILL
    assert struck_at(TOLD, 5, *args, folder=folder).code == -signal.SIGKILL
    killed = stories(logs)
    for path in logs.glob("FAR*.log"):  # and one that was written in part
        path.write_bytes(path.read_bytes()[:-9])
    struck_at(CHUNK_ROW, 2, *args, folder=folder, signals=[signal.SIGINT]).expect(130)
    run(*knobs, "--until", "2025-12-10", "--resume", folder=folder).expect(0)  # without logs
    last = run(*knobs, "--append", "--log-dir", "logs", "-v", "--json", folder=folder).expect(0)
    return folder, last, killed


def test_logs_are_whole_after_kills_and_in_parts(
    in_parts: tuple[Path, Done, dict[str, str]], tmp_path: Path
) -> None:
    folder, last, killed = in_parts
    run(*MONTHS, *CHUNKS, "--log-dir", "at-once", folder=tmp_path).expect(0)
    whole = stories(tmp_path / "at-once")
    assert stories(folder / "logs") == whole
    assert killed
    assert all(whole[batch].startswith(text) for batch, text in killed.items())
    assert "eggs laid down" not in last.err, "what an earlier session told is not told again"
    assert "2025-12-" in last.err


def test_each_session_leaves_a_report(in_parts: tuple[Path, Done, dict[str, str]]) -> None:
    folder, last, _ = in_parts
    run(*MONTHS, *CHUNKS, folder=folder).expect(0)  # which writes nothing
    first, _, stopped, resumed, appended = reports(folder)
    assert [(one["kind"], one["status"]) for one in reports(folder)] == [
        ("first", "running"), ("resume", "running"), ("resume", "interrupted"),
        ("resume", "finished"), ("append", "finished"),
    ]  # fmt: skip
    assert first["ended"] is None
    assert stopped["message"].startswith("stopped after")
    assert stopped["simulated"]["until"] == resumed["simulated"]["from"]
    assert appended["simulated"] == {"from": "2025-12-10", "until": "2025-12-31"}
    assert appended["digest"] == last.manifest["digest"]
    assert appended["rows"]["compared"] == sum(resumed["rows"].values())
    whole, mine = appended["kpis"]["run"], appended["kpis"]["session"]
    earlier = resumed["kpis"]["run"]
    for name in set(whole) - {"fcr"}:
        assert whole[name] == pytest.approx(earlier[name] + mine[name], abs=0.002), name
    assert mine["standing_fish"] < 0, "fish died, and no eggs were laid down"
    logged = (folder / "logs/run.log").read_text()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO session begins: ", logged)
    assert logged.count("session begins") == 4
    for words in ("committed", "came out the same", "smoltflow ", "session ends, finished"):
        assert words in logged


def test_the_key_figures_of_a_session_are_those_of_the_tables(crowded: Path) -> None:
    (report,) = reports(crowded)
    told = json.loads((crowded / "runs/smoke/manifest.json").read_text())
    found = report["kpis"]["run"]

    def total(statement: str) -> float:
        return float(sum(query(url, f"SELECT {statement}")[0][0] for url in files(crowded)))

    kilograms = {
        "harvested_kg": "sum(live_weight_kg) FROM harvest_harvestlot",
        "feed_kg": "sum(amount_kg) FROM inventory_feedingevent",
    }
    for name, statement in kilograms.items():
        assert found[name] == pytest.approx(total(statement), abs=0.01)
    assert found["harvested_fish"] == total("sum(unit_count) FROM harvest_harvestlot")
    assert found["dead_fish"] == total("sum(count) FROM batch_mortalityevent")
    assert found["batches_harvested"] == told["batches"]["completed"] == 2
    assert found["eggs"] == total("sum(total_eggs_received) FROM batch_creationworkflow")
    assert report["waits"] == told["waits"]
    assert report["rows"] == {"written": report["rows"]["written"], "compared": 0}


def test_a_failure_is_in_the_run_log_and_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.api.runs.write_manifest", fail)
    assert say(capsys, "run", SMOKE, *MONTHS, "--workers", "1", "--log-dir", "logs").code == 1
    (report,) = reports(tmp_path)
    assert report["status"] == "failed"
    assert "ERROR session ends, failed" in (tmp_path / "logs/run.log").read_text()


# What writes them


def told(*days: int, replayed: bool = False, minor: bool = False) -> Written:
    log_lines = [LogLine("B", FIRST + day, f"event {day}", minor) for day in days]
    span = (FIRST + min(days), FIRST + max(days) + 1)
    return Written("Scotland", *span, 1, replayed, Production(), log_lines)


def lines(*days: int) -> str:
    return "".join(f"{date_of(FIRST + day)} event {day}\n" for day in days)


@pytest.mark.parametrize(
    "there",
    ["", lines(1), lines(1, 2), lines(1, 2, 3), lines(1, 2)[:-1], lines(1) + "20", lines(1, 7, 3)],
)
def test_a_continued_log_has_every_line_once(there: str, tmp_path: Path) -> None:
    path = tmp_path / "B.log"
    path.write_text(there)
    logs = BatchLogs(tmp_path, None, 0)
    logs.take(told(1, 2, replayed=True))
    assert path.read_text() == (there if there == lines(1, 2, 3) else lines(1, 2))
    logs.take(told(3, 4))
    assert path.read_text() == lines(1, 2, 3, 4)


def test_a_story_that_begins_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "B.log").write_text(lines(1, 2, 3))
    BatchLogs(tmp_path, None, 0).take(told(1, 2))
    assert (tmp_path / "B.log").read_text() == lines(1, 2)


def test_what_is_shown_is_new_and_what_matters(tmp_path: Path) -> None:
    for verbose in (1, 2):
        shown: list[str] = []
        logs = BatchLogs(None, shown.append, verbose)
        for chunk in (told(1, replayed=True), told(2), told(3, minor=True)):
            logs.take(chunk)
        assert shown == [f"B: {line}" for line in lines(*range(2, 2 + verbose)).splitlines()]
    assert list(tmp_path.iterdir()) == []


def test_no_two_batches_share_a_file() -> None:
    names = ["FAR-2025-001", "A/1", "A_1", "A 1", "A%1", "run", "Fær-1"]
    assert file_name("FAR-2025-001") == "FAR-2025-001"
    assert len({file_name(name) for name in names}) == len(names)
    assert not any("/" in file_name(name) or file_name(name) == "run" for name in names)


def test_without_a_folder_there_is_no_run_log(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "logs"):
        log = RunLog(folder)
        log.alarm("two\nlines")
        log.close()
    (line,) = (tmp_path / "logs/run.log").read_text().splitlines()
    assert line.endswith("WARNING two lines")


# What is told


def test_nobody_is_told_who_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    some = load(Path(SMOKE), ["schedule.batches=2"]).scenario
    monkeypatch.setattr("sim.company.log.LogLine", None)  # no word is made
    quiet = World(some, recording=[0])
    quiet.advance(quiet.plan.first_day + 40)
    assert [farm.log.lines for farm in quiet.farms] == [[], []]
    monkeypatch.undo()
    heard = World(some, recording=[0], logging=True)
    heard.advance(heard.plan.first_day + 40)
    assert [bool(farm.log.lines) for farm in heard.farms] == [True, False]


class Sink:
    """Keeps nothing."""

    def committed(self, _: str) -> list[tuple[int, int]]:
        return []

    def commit(self, chunk: Any) -> int:
        return sum(block.rows for block in chunk.facts)

    replay = commit


@pytest.mark.parametrize("logging", [False, True])
def test_a_run_tells_only_on_request(*, logging: bool) -> None:
    some = load(Path(SMOKE), ["schedule.batches=2"]).scenario
    seen: list[Written] = []
    until = World(some).plan.first_day + 40
    simulate(
        some, [0], until, Sink(), lambda glimpse: seen.extend(glimpse.written), lambda: False,
        logging=logging,
    )  # fmt: skip
    assert any(chunk.log_lines for chunk in seen) == logging


def days(*rows: tuple[int, int, int, int, float]) -> dict[str, Any]:
    names = ("day", "batch", "feed", "count", "weight_g")
    columns = {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    eaten = np.where(columns["feed"] < 0, 0, 100)
    anchor = np.where(columns["count"] > 0, ANCHOR_SAMPLE, ANCHOR_NONE)
    return {**columns, "eaten_dag": eaten, "anchor": anchor}


def test_growth_samples_are_told_with_the_mean_of_all_fish() -> None:
    columns = days((5, 0, 0, 100, 10.0), (5, 0, 0, 300, 20.0), (5, 1, 0, 1, 9.0), (6, 0, 0, 0, 1.0))
    assert list(growth_sample_lines(columns, ["A", "B"])) == [
        LogLine("A", 5, "growth sample: fish of 17.5 g in 2 containers", minor=True),
        LogLine("B", 5, "growth sample: fish of 9.0 g in 1 container", minor=True),
    ]
    assert list(growth_sample_lines({}, [])) == []


def test_a_change_of_feed_is_told_once_whatever_the_chunks() -> None:
    feeds = FeedChanges(["starter", "grower"])
    first = days((1, 0, -1, 1, 1.0), (2, 0, 0, 1, 1.0), (3, 0, 0, 1, 1.0), (4, 0, -1, 1, 1.0))
    later = days((5, 0, 0, 1, 1.0), (6, 0, 0, 1, 1.0), (6, 0, 1, 1, 1.0), (7, 0, 1, 1, 1.0))
    found = [(told.day, told.text) for part in (first, {}, later) for told in feeds.log(part, "A")]
    assert found == [
        (2, "first feed: starter"),
        (6, "change of feed: starter and grower, until now starter"),
        (7, "change of feed: grower, until now starter and grower"),
    ]
