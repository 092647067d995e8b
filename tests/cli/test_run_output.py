"""What a run says and where: data on stdout, progress on stderr, and never a password."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
from dataclasses import fields
from pathlib import Path

import pytest

from sim import __version__
from sim.api.manifest import Manifest, read_manifest
from tests.support.command_line import (
    LIVES,
    MONTHS,
    SMOKE,
    Done,
    files,
    fingerprint,
    proven,
    query,
    run,
    say,
    start,
    struck_at,
)

KNOBS = [*MONTHS, "--workers", "1"]
KEYS = (
    "scenario", "seed", "version", "database", "simulated", "batches", "rows", "digests",
    "own_digests", "digest", "wall_s", "peak_rss_mb", "utilisation", "waits", "in_folder",
)  # fmt: skip
ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[0-9;]*m")
BATCHES = ("FAR-2025-001", "SCO-2025-001")


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# The manifest


def test_json_is_one_object_with_these_keys_and_the_same_is_kept(tmp_path: Path) -> None:
    done = run(*KNOBS, "--json", folder=tmp_path).expect(0)
    told = done.manifest
    assert tuple(told) == KEYS == tuple(field.name for field in fields(Manifest))
    assert json.loads((tmp_path / "runs/smoke/manifest.json").read_text()) == told
    assert read_manifest(done.out).to_json() + "\n" == done.out
    ((kept,),) = query(files(tmp_path)[1], "SELECT manifest FROM smoltflow_run")
    assert json.loads(kept) == told


def test_the_manifest_tells_what_is_in_the_databases(tmp_path: Path) -> None:
    told = run(*LIVES, "--json", "--seed", "3", folder=tmp_path).expect(0).manifest
    assert proven(files(tmp_path)) == (told["digest"], told["digests"])
    assert (told["scenario"], told["seed"], told["version"]) == ("smoke", 3, __version__)
    assert told["database"] == [
        f"sqlite:///runs/smoke/{name}.sqlite" for name in ("faroe_islands", "scotland")
    ]
    assert told["simulated"] == {"from": "2025-07-24", "until": "2025-12-31"}
    assert told["batches"] == {"total": 2, "active": 0, "completed": 2, "died_out": 0}
    assert told["rows"].keys() == told["digests"].keys()
    assert 0 < told["wall_s"] < 60
    assert 30 < told["peak_rss_mb"] < 1000
    assert {"rings", "tanks A", "barges", "wellboats", "harvest plant"} <= told[
        "utilisation"
    ].keys()
    assert all(0 <= share <= 1 for share in told["utilisation"].values())
    assert 0 < told["utilisation"]["rings"] < 0.5


def test_waits_are_told_by_pool(tmp_path: Path) -> None:
    crowded = ["--set", "schedule.batches=4", "--set", "schedule.stagger_days=3"]
    one_area = ["--set", "geographies.0.areas=1", "--set", "geographies.1.areas=1"]
    told = run(*LIVES, *crowded, *one_area, "--json", folder=tmp_path).expect(0).manifest
    assert told["waits"]["rings"]["count"] >= 2
    assert told["waits"]["rings"]["days"] > 20
    assert all(wait.keys() == {"count", "days", "short_kg"} for wait in told["waits"].values())


def test_the_summary_names_the_digest_the_databases_and_the_pools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = say(capsys, "run", SMOKE, *KNOBS).expect(0)
    told = json.loads((tmp_path / "runs/smoke/manifest.json").read_text())
    for words in (
        told["digest"], *told["database"], *told["utilisation"], "seed 1",
        "2025-11-01 to 2025-12-31", "2 planned, 0 harvested, 2 active",
    ):  # fmt: skip
        assert words in done.out


def test_the_summary_shows_names_whole_and_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "[old]" / ("long-" * 20)
    folder.mkdir(parents=True)
    database = f"sqlite:///{folder}/all.db"
    done = run(*KNOBS, "--database", database, folder=tmp_path).expect(0)
    assert database in done.out


# Estimates


ROWS_OF = {
    "readings": "environmental_environmentalreading",
    "feedings": "inventory_feedingevent",
    "daily states": "batch_actualdailyassignmentstate",
    "growth samples": "batch_growthsample",
    "fish in samples": "batch_individualgrowthobservation",
    "weather": "environmental_weatherdata",
    "daylight": "environmental_photoperioddata",
    "projected days": "scenario_scenarioprojection",
    "profile days": "scenario_temperaturereading",
    "sensors": "infrastructure_sensor",
}
ROUGHLY_OF = {  # few rows in a small company, or luck in them
    "deaths": "batch_mortalityevent",
    "lice counts": "health_licecount",
    "fish examined": "health_individualfishobservation",
    "health scores": "health_fishparameterscore",
    "forecast days": "batch_liveforwardprojection",
}
NOT_IN_THE_MANIFEST = {"feed draws"}  # a table of our own


@pytest.mark.parametrize(
    "knobs",
    [
        [],
        ["--set", "schedule.batches=9", "--set", "schedule.stagger_days=15"],
        ["--until", "2025-09-30", "--set", "recording.reading_hours=[6, 12, 18]"],
        ["--set", "schedule.end=2025-06-30"],
    ],
    ids=["smoke", "more batches", "until an earlier day", "another season"],
)
def test_a_dry_run_estimates_the_rows_within_five_percent(
    knobs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dry = say(capsys, "run", SMOKE, *knobs, "--dry-run", "--json").expect(0)
    assert fingerprint(tmp_path) == {}
    assert not (tmp_path / "runs").exists()
    estimate = json.loads(dry.out)
    assert estimate["total_rows"] == sum(estimate["rows"].values())
    made = say(capsys, "run", SMOKE, *knobs, "--json", "--workers", "1").expect(0).manifest
    assert estimate["simulated"] == made["simulated"]
    assert estimate["batches"] == made["batches"]["total"]
    about = estimate["rows"]
    assert about.keys() == ROWS_OF.keys() | ROUGHLY_OF.keys() | NOT_IN_THE_MANIFEST
    for tables, within in ((ROWS_OF, 0.05), (ROUGHLY_OF, 0.2)):
        real = {kind: made["rows"].get(table, 0) for kind, table in tables.items()}
        assert {kind: about[kind] for kind in tables} == pytest.approx(real, rel=within)
    counted = estimate["total_rows"] - sum(about[kind] for kind in NOT_IN_THE_MANIFEST)
    assert counted == pytest.approx(sum(made["rows"].values()), rel=0.05)


def test_a_dry_run_says_in_words_that_nothing_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = f"sqlite:///{tmp_path}/x.db"
    logs = ["--log-dir", "logs", "-v", "--fresh"]
    done = say(capsys, "run", SMOKE, "--dry-run", "--database", database, *logs).expect(0)
    assert "Nothing was written" in done.out
    assert list(tmp_path.iterdir()) == []


# Stories and progress


@pytest.mark.parametrize("told", [[], ["-v"], ["-vv"]])
def test_stories_are_told_on_request_and_on_stderr(told: list[str], tmp_path: Path) -> None:
    done = run(*MONTHS, *told, "--json", folder=tmp_path).expect(0)
    json.loads(done.out)
    for batch in BATCHES:
        assert (f"{batch}: 2025-11" in done.err) == bool(told)
    assert ("growth sample" in done.err) == (told == ["-vv"]), "of the everyday kind"
    assert "smoke: 2025-12-31 100 %" in done.err


def test_without_progress_nothing_is_said_but_messages(tmp_path: Path) -> None:
    assert run(*MONTHS, "--no-progress", folder=tmp_path).expect(0).err == ""


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color"}])
def test_without_a_terminal_there_are_no_escape_codes(
    variables: dict[str, str], tmp_path: Path
) -> None:
    done = run(*MONTHS, "-v", folder=tmp_path, **variables).expect(0)
    assert ESCAPE not in done.out + done.err
    assert done.err


def on_terminal(folder: Path, *args: str, **variables: str) -> tuple[str, str]:
    """Run on a terminal; return what it shows (stderr), and stdout, which is a pipe."""
    ours, theirs = pty.openpty()
    process = start(["run", SMOKE, *KNOBS, *args], folder, stderr=theirs, **variables)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:
        pass  # how Linux says that the other end is closed
    finally:
        os.close(ours)
    out, _ = process.communicate()
    assert process.returncode == 0
    return shown.decode(), out


def words_of(shown: str) -> str:
    """What stands on a screen, without how it is drawn."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def test_a_terminal_shows_the_panel_and_leaves_stdout_alone(tmp_path: Path) -> None:
    shown, out = on_terminal(tmp_path, "-v", "--json", TERM="xterm-256color")
    assert COLOUR.search(shown)
    assert "smoltflow: smoke" in shown
    assert "FAR-2025-001: 2025-11" in words_of(shown)
    assert tuple(json.loads(out)) == KEYS


def test_no_colour_is_shown_where_none_is_wanted(tmp_path: Path) -> None:
    shown, _ = on_terminal(tmp_path, "-v", TERM="xterm-256color", NO_COLOR="1")
    assert "smoltflow: smoke" in shown
    assert not COLOUR.search(shown)


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    shown, _ = on_terminal(tmp_path, TERM="dumb")
    assert "smoke: 2025-12-31 100 %" in shown
    assert ESCAPE not in shown


# Passwords


SECRET = "hush-hush"


@pytest.fixture(params=["in the URL", "as a parameter"])
def secret_url(request: pytest.FixtureRequest, pg_database: str) -> str:
    if request.param == "in the URL":
        return pg_database.replace("postgres:@", f"postgres:{SECRET}@")
    return f"{pg_database}&password={SECRET}"


def everything(done: Done, folder: Path) -> str:
    """All that a command said or wrote."""
    written = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    return "\n".join([done.out, done.err, *written])


def test_a_password_is_told_nowhere(
    secret_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["run", SMOKE, *KNOBS, "--database", secret_url, "--log-dir", "logs", "-v"]
    for more, code in (["--json"], 0), ([], 0), (["--seed", "2"], 2), (["--dry-run"], 0):
        done = say(capsys, *args, *more).expect(code)
        assert SECRET not in everything(done, tmp_path)
    ((manifest, resolved),) = query(secret_url, "SELECT manifest, resolved FROM smoltflow_run")
    assert SECRET not in manifest + resolved
    assert "***" in manifest
    for more, code in ([], 2), (["--confirm"], 0):
        assert SECRET not in everything(
            say(capsys, "wipe", secret_url, *more).expect(code), tmp_path
        )


def test_a_password_is_not_in_the_command_that_continues_a_run(
    secret_url: str, tmp_path: Path
) -> None:
    args = [*MONTHS, "--set", "writing.chunk_days=7", "--database", secret_url]
    place = ("persistence.ledger:insert_span", 3)
    done = struck_at(*place, *args, folder=tmp_path, signals=[signal.SIGINT]).expect(130)
    assert "To continue" in done.err
    assert SECRET not in everything(done, tmp_path)
