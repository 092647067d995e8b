"""``study`` as its users run it: tables, resuming, refusals, a Dask cluster."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sim.study.results import TABLES
from tests.support.command_line import (
    ROOT,
    SMOKE,
    USAGE,
    Done,
    environment,
    finish,
    say_refused,
    sim,
    start,
)

STUDY = f"""\
name: trial
question: How many areas?
base: {SMOKE}
set: {{schedule.batches: 4, schedule.stagger_days: 4, recording.growth_sample_fish: 5}}
factors:
  - name: areas
    paths: [geographies.Faroe Islands.areas, geographies.Scotland.areas]
    change: add
    values: [-1, 0, 1]
replications: 4
warmup_days: 0
objective: {{maximise: harvested_t_per_year, subject_to: {{wait_days_per_batch: {{at_most: 9}}}}}}
"""
UNITS = {(variant, replication) for variant in range(3) for replication in range(4)}


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(STUDY)


def study(folder: Path, *args: str, **how: Any) -> Done:
    return sim("study", "study.yaml", "--no-page", *args, folder=folder, **how)


def kept(out: Path) -> dict[tuple[int, int], str | None]:
    """The errors of the replications that a folder has."""
    with closing(sqlite3.connect(out / "results.sqlite")) as database:
        rows = database.execute("SELECT variant, replication, error FROM replications")
        found = [((variant, replication), error) for variant, replication, error in rows]
    assert len(found) == len(dict(found)), "a replication is there twice"
    return dict(found)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the study was run to its end by one worker."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "study.yaml").write_text(STUDY)
    study(folder, "--workers", "1", "--json", "-o", "out").expect(0)
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "manifest.json").read_text())
    return found


def test_the_manifest_says_what_was_done(whole: Path):
    found = manifest(whole)
    assert found["study"] == "trial"
    assert (found["engine"], found["workers"]) == ("processes", 1)
    assert [variant["name"] for variant in found["variants"]] == ["base", "areas=-1", "areas=1"]
    assert (found["replications"], found["done"], found["failed"]) == (4, 12, 0)
    assert found["wall_s"] > 0
    assert found["peak_rss_mb"] > 20
    assert found["best"] in range(3)
    assert found["answer"]
    assert all(variant["bottleneck"] for variant in found["variants"])
    for variant in found["variants"]:
        tonnes = variant["kpis"]["harvested_t_per_year"]
        assert tonnes["mean"] > 100
        assert 0 < tonnes["half_width"] < tonnes["mean"]


def test_the_tables_have_every_replication(whole: Path):
    assert kept(whole / "out") == dict.fromkeys(UNITS)
    for table in TABLES:
        with (whole / "out" / f"{table}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        found = {(int(row["variant"]), int(row["replication"])) for row in rows}
        if table in ("waits", "blocked"):
            assert {(1, replication) for replication in range(4)} <= found <= UNITS
        else:
            assert found == UNITS
    with (whole / "out" / "variants.csv").open(newline="") as file:
        assert [row["areas"] for row in csv.DictReader(file)] == ["0", "-1", "1"]
    with (whole / "out" / "summary.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kpi"] == "harvested_t_per_year"]
    means = [variant["kpis"]["harvested_t_per_year"]["mean"] for variant in
             manifest(whole)["variants"]]  # fmt: skip
    assert [float(row["mean"]) for row in rows] == means


def test_two_workers_give_the_same_tables_to_the_last_digit(whole: Path, tmp_path: Path):
    done = study(tmp_path, "--workers", "2", "--json", "-o", "out", PYTHONHASHSEED="7").expect(0)
    assert done.err == ""
    two, one = done.manifest, manifest(whole)
    assert two["digest"] == one["digest"]
    assert two["workers"] == 2
    assert two["peak_rss_mb"] > one["peak_rss_mb"] + 50  # a whole process more
    for key in ("variants", "answer", "best", "seed", "replications"):
        assert two[key] == one[key]
    same_tables(tmp_path / "out", whole / "out")


def same_tables(one: Path, other: Path) -> None:
    for table in (*TABLES, "summary", "variants"):
        if table != "replications":
            assert (one / f"{table}.csv").read_bytes() == (other / f"{table}.csv").read_bytes()


def test_a_person_reads_means_differences_and_an_answer(whole: Path):
    done = study(whole, "-o", "out", COLUMNS="120").expect(0)
    assert "How many areas?" in done.out
    assert "3 variants x 4 replications" in done.out
    assert "areas=-1" in done.out
    assert "±" in done.out
    for line in manifest(whole)["answer"]:
        assert line in done.out
    assert "What binds base" in done.out
    assert done.err == ""


def test_a_finished_study_is_only_shown(whole: Path):
    before = (whole / "out" / "results.sqlite").read_bytes()
    assert study(whole, "--json", "-o", "out").expect(0).manifest == manifest(whole)
    assert (whole / "out" / "results.sqlite").read_bytes() == before


def test_a_killed_study_is_resumed_without_counting_anything_twice(whole: Path, tmp_path: Path):
    out = tmp_path / "out"
    for wanted in (2, 6):
        args = ["study", "study.yaml", "--workers", "2", "-o", "out", "--resume"]
        process = start(args, tmp_path)
        when_kept(out, wanted, process)
        process.kill()
        finish(process)
        assert set(kept(out)) < UNITS
    refused = study(tmp_path, "-o", "out").expect(USAGE)
    assert "--resume continues it" in refused.err
    done = study(tmp_path, "-o", "out", "--resume", "--json").expect(0)
    assert done.manifest["digest"] == manifest(whole)["digest"]
    same_tables(out, whole / "out")


def when_kept(out: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until a study has kept so many replications."""
    tick = threading.Event()
    while process.poll() is None:
        if (out / "results.sqlite").exists():
            try:
                if len(kept(out)) >= count:
                    return
            except sqlite3.OperationalError:  # it is being made, or written
                pass
        tick.wait(0.02)
    pytest.fail(f"the study was over before it had {count} replications")


@pytest.mark.long
def test_ctrl_c_keeps_what_is_done(whole: Path, tmp_path: Path):
    process = start(["study", "study.yaml", "--workers", "2", "-o", "out"], tmp_path)
    when_kept(tmp_path / "out", 1, process)
    os.killpg(process.pid, signal.SIGINT)
    done = finish(process).expect(130)
    assert "replications are kept. To continue: python -m sim study study.yaml" in done.err
    assert (
        study(tmp_path, "-o", "out", "--resume", "--json").expect(0).manifest["digest"]
        == (manifest(whole)["digest"])
    )


def test_a_killed_worker_costs_nothing(whole: Path, tmp_path: Path):
    args = ["study", "study.yaml", "--workers", "2", "-o", "out", "--json"]
    process = start(args, tmp_path)
    when_kept(tmp_path / "out", 1, process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    worker = next(pid for pid, line in commands.items() if b"spawn_main" in line)
    os.kill(int(worker), signal.SIGKILL)
    found = finish(process).expect(0).manifest
    assert (found["done"], found["failed"]) == (12, 0)
    assert found["digest"] == manifest(whole)["digest"]


def test_another_study_is_not_written_over(whole: Path, tmp_path: Path):
    Path("study.yaml").write_text(STUDY.replace("[-1, 0, 1]", "[0, 1]"))
    out = str(whole / "out")
    before = (whole / "out" / "results.sqlite").read_bytes()
    for args in ([], ["--resume"]):
        done = study(tmp_path, "-o", out, *args).expect(USAGE)
        assert "holds another study: trial" in done.err
        assert "--fresh replaces it" in done.err
    Path("study.yaml").write_text(STUDY.replace("name: trial", "name: other\nseed: 3"))
    done = study(tmp_path, "-o", out, "--fresh").expect(USAGE)
    assert "Choose another folder with -o" in done.err
    assert (whole / "out" / "results.sqlite").read_bytes() == before


@pytest.mark.long
def test_fresh_starts_again_and_more_replications_need_resume(tmp_path: Path):
    fast = ["--set", "replications=1", "--workers", "1", "-o", "out", "--json"]
    first = study(tmp_path, *fast).expect(0).manifest
    assert study(tmp_path, *fast, "--fresh").expect(0).manifest["digest"] == first["digest"]
    more = ["--set", "replications=2", *fast[2:]]
    assert "now asks for more" in study(tmp_path, *more).expect(USAGE).err
    assert study(tmp_path, *more, "--resume").expect(0).manifest["done"] == 6


def test_failures_are_told_and_a_study_of_nothing_else_fails(tmp_path: Path):
    # A version of its own is what a worker refuses.
    break_it = (
        "import sim.study.conduct as conduct; conduct.VERSION = 'another';"
        " from sim.cli import main; main()"
    )
    done = study(
        tmp_path, "--set", "replications=1", "--workers", "1", "-o", "out", before=("-c", break_it)
    ).expect(1)
    assert "failed: base, replication 0: RuntimeError: asked for by smoltflow another" in done.err
    assert "every replication failed" in done.err
    assert set(kept(tmp_path / "out")) == {(0, 0), (1, 0), (2, 0)}
    assert all("RuntimeError" in str(error) for error in kept(tmp_path / "out").values())


def test_a_dry_run_lists_the_variants(tmp_path: Path):
    done = study(tmp_path, "--dry-run").expect(0)
    assert done.out == "0\tbase\n1\tareas=-1\n2\tareas=1\n"
    assert done.err == "3 variants, 4 replications each\n"
    assert not Path("runs").exists()


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    return partial(say_refused, tmp_path, capsys)


USES = {
    "--resume --fresh": "at most one of --resume and --fresh",
    "--engine dask": "--engine dask and --scheduler ADDRESS go together",
    "--scheduler tcp://localhost:1": "--engine dask and --scheduler ADDRESS go together",
    "--engine dask --scheduler tcp://x:1 --workers 2": "--workers is for --engine processes",
    "--workers 0": "--workers",
    "--set replications=0": "--set:1:14: replications: must be at least 1 (found 0)",
    "--set kpis=[tons]": "no KPI is named 'tons'",
    "--set factors.areas.values=[-9]": "must be at least 0 (found -6)",
    "--set nmae=x": "nmae: unknown knob (did you mean 'name'?)",
}


@pytest.mark.parametrize("args", USES)
def test_what_cannot_be_is_refused_and_nothing_written(args: str, refused: Callable[..., Done]):
    assert USES[args] in refused(USAGE, "study", "study.yaml", *args.split()).err


def test_a_study_that_is_not_there_is_told(refused: Callable[..., Done]):
    assert "nothing.yaml:1:1: no such file" in refused(USAGE, "study", "nothing.yaml").err


NOBODY = {
    "tcp://127.0.0.1:1": "no Dask scheduler answers at tcp://127.0.0.1:1; 'dask scheduler' starts",
    "foo://bar": "unknown address scheme 'foo'",
}


@pytest.mark.parametrize("address", NOBODY)
def test_a_scheduler_that_is_not_there_is_told(address: str, tmp_path: Path):
    done = study(tmp_path, "--engine", "dask", "--scheduler", address).expect(USAGE)
    assert NOBODY[address] in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.yaml"]


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A Dask cluster with two workers, started as the documentation says; yields its address."""
    file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    place = ["--scheduler-file", str(file)]
    alone = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler = subprocess.Popen([*dask, "scheduler", *place, *alone], **quiet)
    worker = subprocess.Popen(
        [*dask, "worker", *place, "--nworkers", "2", "--nthreads", "1", "--no-dashboard"],
        env=environment(PYTHONPATH=str(ROOT)),
        cwd=folder,
        **quiet,
    )
    try:
        tick = threading.Event()
        for _ in range(1500):
            if file.exists() and file.read_text().rstrip().endswith("}"):
                break
            tick.wait(0.02)
        yield json.loads(file.read_text())["address"]
    finally:
        for process in (worker, scheduler):
            process.terminate()
            process.wait(20)


def test_a_dask_cluster_gives_the_same_tables_to_the_last_digit(whole: Path, tmp_path: Path):
    with cluster(tmp_path) as address:
        args = ["--engine", "dask", "--scheduler", address, "--json", "-o", "out"]
        found = study(tmp_path, *args).expect(0).manifest
    assert (found["engine"], found["workers"]) == ("dask", 2)
    assert found["digest"] == manifest(whole)["digest"]
    assert found["peak_rss_mb"] > manifest(whole)["peak_rss_mb"] + 50  # two workers more
    same_tables(tmp_path / "out", whole / "out")
    with (tmp_path / "out" / "replications.csv").open(newline="") as file:
        assert len({row["worker"] for row in csv.DictReader(file)}) == 2
