"""``report`` on a run: the page of its databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from persistence.kpi import measure_databases
from sim.kpi.figures import catalogue_of, kpis
from tests.support.command_line import GEOGRAPHIES, LIVES, USAGE, run, sim
from tests.support.report_pages import read, tables

PICTURES = {"harvest", "waits", "usage", "gantt0", "gantt1"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ran")
    run(*LIVES, "--set", "schedule.batches=6", "--out", "out", folder=folder).expect(0)
    return folder


@pytest.fixture(scope="module")
def page(ran: Path) -> str:
    assert sim("report", "out", folder=ran).expect(0).out == "out/report.html\n"
    return (ran / "out" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def numbers(ran: Path) -> dict[str, Any]:
    return sim("report", "out", "--json", folder=ran).expect(0).manifest


def urls(ran: Path) -> list[str]:
    return [f"sqlite:///{ran / 'out' / name}.sqlite" for name in GEOGRAPHIES]


def test_it_has_every_key_figure_as_counted_from_the_databases(ran: Path, numbers: dict[str, Any]):
    measures = measure_databases(urls(ran))
    expected = kpis(measures)
    rows = {row["kpi"]: row["value"] for row in tables(numbers)["Of the counted time"]}
    assert list(rows) != []
    assert rows.keys() == catalogue_of(measures).keys()
    for name, value in expected.items():
        assert rows[name] == (value if value == value else None), name


def test_it_has_every_picture_and_every_batch(ran: Path, page: str, numbers: dict[str, Any]):
    found = read(page)
    assert found.pictures.keys() == PICTURES
    assert all(found.captions[name].endswith(".") for name in PICTURES)
    names = measure_databases(urls(ran)).batches["name"].tolist()
    batches = tables(numbers)["Batches"]
    assert [row["batch"] for row in batches] == names
    for name in names:
        assert f"<title>{name} in " in page  # its bars in the Gantt chart
    assert sum(row["harvested"] for row in batches) > 0


def test_the_same_run_gives_the_same_page_also_by_its_urls(ran: Path, page: str):
    other = sim("report", *urls(ran), "-o", "by_url.html", folder=ran, PYTHONHASHSEED="7")
    assert other.expect(0).out == "by_url.html\n"
    assert (ran / "by_url.html").read_text(encoding="utf-8") == page


def test_everything_is_within_the_page(page: str):
    for outside in ("<script", "http://", "https://", "src="):
        assert outside not in page
    ids = read(page).ids
    assert len(ids) == len(set(ids))


def test_half_a_run_is_refused(ran: Path):
    done = sim("report", urls(ran)[0], "--json", folder=ran)
    assert done.code in (1, USAGE)
    assert "is missing: give all of its databases" in done.err
    done = sim("report", "sqlite:////nothing/here.sqlite", folder=ran)
    assert "does not exist" in done.err
    assert done.code in (1, USAGE)
