"""``report`` on a study, as its users run it: what the page holds, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from tests.support.command_line import ROOT, SMOKE, USAGE, Done, finish, say_refused, sim, start
from tests.support.report_pages import read, tables

STUDY = f"""\
name: trial
question: How many areas, & for whom?
base: {SMOKE}
set: {{schedule.batches: 4, schedule.stagger_days: 4, recording.growth_sample_fish: 5}}
factors:
  - name: areas
    paths: [geographies.Faroe Islands.areas, geographies.Scotland.areas]
    change: add
    values: [-1, 0, 1]
replications: 3
warmup_days: 0
kpis: [utilisation_rings, margin_per_year]
objective: {{maximise: harvested_t_per_year, subject_to: {{wait_days_per_batch: {{at_most: 9}}}}}}
"""
PICTURES = {
    "kpis", "gains", "frontier", "waits", "time", "pools", "usage0", "gantt0", "gantt1",
}  # fmt: skip
NO_PLOTS = (
    "import sys; sys.modules['matplotlib'] = None; from sim.cli import main; main(sys.argv[1:])"
)


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished study in ``out``, and its page."""
    folder = tmp_path_factory.mktemp("studied")
    (folder / "study.yaml").write_text(STUDY)
    done = sim("study", "study.yaml", "--workers", "1", "-o", "out", folder=folder).expect(0)
    assert done.out.rstrip().endswith("The page with all pictures: out/report.html")
    return folder


@pytest.fixture(scope="module")
def page(studied: Path) -> str:
    return (studied / "out" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def numbers(studied: Path) -> dict[str, Any]:
    done = sim("report", "out", "--json", folder=studied).expect(0)
    assert done.err == ""
    return done.manifest


def summary(folder: Path) -> Iterator[dict[str, str]]:
    with (folder / "summary.csv").open(newline="") as file:
        yield from csv.DictReader(file)


def test_the_page_holds_every_key_figure_variant_and_picture(studied: Path, page: str):
    found = read(page)
    every = next(iter(rows for caption, rows in found.tables.items() if "half widths" in caption))
    assert every[0][2:-1] == ["base", "areas=-1", "areas=1"]
    assert {row[0] for row in every if len(row) > 1} == {
        "key figure", *(row["kpi"] for row in summary(studied / "out"))
    }  # fmt: skip
    means = found.tables["Means with 95 % intervals (± half width)"]
    assert [row[0] for row in means[1:]] == ["base", "areas=-1", "areas=1"]
    assert found.pictures.keys() >= PICTURES
    assert all(found.pictures.values())
    assert found.captions.keys() == found.pictures.keys()
    assert all(text.endswith(".") for text in found.captions.values())


def test_the_answer_stands_on_top(studied: Path, page: str):
    manifest = json.loads((studied / "out" / "manifest.json").read_text())
    assert "<h1>How many areas, &amp; for whom?</h1>" in page
    top = page[page.index("<h1>") : page.index("<nav")]
    for line in manifest["answer"]:
        assert f"<p>{escape(line)}</p>" in top


def test_its_numbers_are_those_of_the_tables(studied: Path, numbers: dict[str, Any], page: str):
    rows = tables(numbers)
    every = {row["kpi"]: row for row in rows["Means ± half widths"]}
    for row in summary(studied / "out"):
        found = every[row["kpi"]][row["name"]]
        assert found["mean"] == (float(row["mean"]) if row["mean"] else None)
        assert found["half_width"] == (float(row["half_width"]) if row["half_width"] else None)
    gaps = {row["variant"]: row for row in rows["Minus the base, on the same luck"]}
    told = {(row["name"], row["kpi"]): row for row in summary(studied / "out")}
    assert gaps.keys() == {"areas=-1", "areas=1"}
    for name, gap in gaps.items():
        for kpi in ("harvested_t_per_year", "wait_days_per_batch", "utilisation_rings"):
            assert gap[kpi]["mean"] == float(told[name, kpi]["difference"])
    steps = {tuple(row["step"]): row for row in rows["What one more buys"]}
    with (studied / "out" / "gains.csv").open(newline="") as file:
        gains = [row for row in csv.DictReader(file) if row["kpi"] == "harvested_t_per_year"]
    assert len(gains) == len(steps) == 2
    for row in gains:
        found = steps[float(row["from"]), float(row["to"])]["harvested_t_per_year"]
        assert found == {"mean": float(row["per_unit"]), "half_width": float(row["half_width"])}
    # What people read is the same, rounded to two digits of the half width.
    shown = read(page).tables["Means with 95 % intervals (± half width)"][2][1]
    mean, half = (float(part.replace(",", "")) for part in shown.split(" ± "))
    exact = told["areas=-1", "harvested_t_per_year"]
    assert mean == pytest.approx(float(exact["mean"]), abs=0.05 * float(exact["half_width"]))
    assert half == pytest.approx(float(exact["half_width"]), rel=0.05)


def test_everything_is_within_the_page(page: str):
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert not re.search(r"url\((?!#)", page)
    assert not re.search(r"\b(src|srcset)=", page)
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', page))


def test_ids_are_unique_and_found(page: str):
    ids = read(page).ids
    assert len(ids) == len(set(ids))
    links = {*re.findall(r"url\(#([^)]+)\)", page), *re.findall(r'href="#([^"]+)"', page)}
    assert links <= set(ids)
    assert len(links) > 10


def test_colours_are_the_pages_own(page: str):
    assert "currentColor" in page
    assert "var(--faint)" in page
    for colour in ("#0b0c0d", "#c0c1c2", "#fdfcfb"):
        assert colour not in page


def test_the_same_study_gives_the_same_page(studied: Path, tmp_path: Path, page: str):
    (tmp_path / "copy").mkdir()
    shutil.copy(studied / "out" / "results.sqlite", tmp_path / "copy")
    done = sim("report", "copy", "-o", "page.html", folder=tmp_path, PYTHONHASHSEED="7").expect(0)
    assert done.out == "page.html\n"
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "page.html"]


def test_where_batches_waited_and_why(numbers: dict[str, Any]):
    rows = tables(numbers)
    binding = rows["What binds the throughput, first replication of each"]
    assert [row["variant"] for row in binding] == ["base", "areas=-1", "areas=1"]
    assert "rings" in binding[1]["binds"].lower()
    worst = rows["What binds, areas=-1"][0]
    assert worst["pool"] == "rings"
    assert worst["kept"] > 0
    held = rows["Who kept whom longest, areas=-1"]
    assert {row["pool"] for row in held} >= {"rings"}
    assert [row["days"] for row in held] == sorted((row["days"] for row in held), reverse=True)
    chain = next(value for caption, value in rows.items() if caption.endswith("areas=-1") and
                 caption.startswith("The critical chain"))  # fmt: skip
    assert chain[0]["story"]["depth"] == 0
    assert "sea area" in json.dumps(chain)


def test_a_study_that_is_not_finished_says_so(studied: Path, tmp_path: Path):
    shutil.copy(studied / "out" / "results.sqlite", tmp_path)
    with closing(sqlite3.connect(tmp_path / "results.sqlite")) as database, database:
        database.execute("UPDATE study SET value = '' WHERE key = 'finished'")
        database.execute("DELETE FROM replications WHERE replication = 2")
        database.execute("DELETE FROM kpis WHERE replication = 2")
        error = (
            "UPDATE replications SET error = 'Broken: <b>' WHERE variant = 2 AND replication = 1"
        )
        database.execute(error)
        database.execute("DELETE FROM kpis WHERE variant = 2 AND replication = 1")
    sim("report", ".", folder=tmp_path).expect(0)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "3 variants x 2 replications, not finished, 3 replications are wanted, 1 failed" in text
    assert read(text).tables["Errors"][1] == ["areas=1", "1", "Broken: <b>"]


def test_without_matplotlib_there_are_numbers_but_no_page(
    studied: Path, tmp_path: Path, numbers: dict[str, Any]
):
    told = "needs matplotlib and jinja2: pip install 'smoltflow[plots]'"
    out = str(studied / "out")
    how: dict[str, Any] = {"folder": tmp_path, "before": ("-c", NO_PLOTS)}
    done = sim("report", out, "-o", "page.html", **how).expect(USAGE)
    assert told in done.err
    assert done.err.count("\n") == 1
    assert sim("report", out, "--json", **how).expect(0).manifest == numbers
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "study.yaml").write_text(STUDY.replace("[-1, 0, 1]", "[0]"))
    fast = ["--set", "replications=1", "--workers", "1", "-o", "new"]
    done = sim("study", "study.yaml", *fast, **how).expect(0)
    assert "No page: a page with pictures needs" in done.out
    assert not (tmp_path / "new" / "report.html").exists()


def test_a_study_writes_no_page_when_asked_not_to(tmp_path: Path):
    (tmp_path / "study.yaml").write_text(STUDY.replace("[-1, 0, 1]", "[0]"))
    fast = ["study", "study.yaml", "--set", "replications=1", "--workers", "1", "-o", "out"]
    done = sim(*fast, "--no-page", folder=tmp_path).expect(0)
    assert "The page" not in done.out
    assert not (tmp_path / "out" / "report.html").exists()
    assert "The page" in sim(*fast, folder=tmp_path).expect(0).out
    (tmp_path / "out" / "report.html").write_text("of before")
    sim(*fast, "--fresh", "--no-page", folder=tmp_path).expect(0)
    assert not (tmp_path / "out" / "report.html").exists()


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    return partial(say_refused, tmp_path, capsys, USAGE, "report")


def test_what_is_neither_is_refused(tmp_path: Path, refused: Callable[..., Done]):
    assert "holds neither a study nor a run" in refused(str(tmp_path)).err
    assert "is no folder" in refused(str(tmp_path / "nothing")).err
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text('{"a": 1}')
    assert "is not the manifest of a run" in refused(str(tmp_path / "other")).err
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "results.sqlite").write_text("not a database")
    assert "holds no results of a study" in refused(str(tmp_path / "text")).err


def test_a_page_that_cannot_be_written_is_told(studied: Path, refused: Callable[..., Done]):
    nowhere = studied / "nowhere" / "page.html"
    done = refused(str(studied / "out"), "-o", str(nowhere))
    assert f"the folder {nowhere.parent} does not exist" in done.err


def test_finished_studies_get_into_the_documentation(studied: Path, tmp_path: Path):
    page = tmp_path / "studies.md"
    old = "<!-- measured {} -->\nNot measured.\n<!-- /measured -->\n"
    page.write_text(f"# Words\n\n{old.format('out')}\n{old.format('other')}", encoding="utf-8")
    args = ["docs.studies_pictures", str(studied), str(page)]
    done = finish(start(args, ROOT, before=("-m",))).expect(0)
    assert "other: not in" in done.out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Words\n\n<!-- measured out -->\n3 variants x 3 replications, ")
    assert text.endswith(old.format("other"))
    assert "](pictures/study-out.png)" in text
    assert (tmp_path / "pictures" / "study-out.png").stat().st_size > 5000
    manifest = json.loads((studied / "out" / "manifest.json").read_text())
    assert all(line in text for line in manifest["answer"])
