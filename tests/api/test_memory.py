"""``--memory-limit``: what is said of sizes, and that a limit shrinks buffers and nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest

import sim as sim_package
from persistence.stores import FULL, Buffers
from sim.api.memory import Memory, MemorySize, memory_for
from sim.api.targets import targets
from sim.core.failures import OptionProblem
from sim.core.journal import READ_BACK, Lane
from sim.scenario import load
from sim.sites.schedule import make_plan
from tests.support.command_line import MONTHS, ROOT, SMOKE, manifest, proven, query, sim

LOADED = load(ROOT / "scenarios" / "production.yaml", [])
SCENARIO, PLAN = LOADED.scenario, make_plan(LOADED.scenario)
MB = 1_000_000


def divided(limit: int | None, workers: int | None = 2, database: str | None = None) -> Memory:
    found = targets(SCENARIO, database, Path("runs"))
    return memory_for(SCENARIO, PLAN, PLAN.end_day, found, limit, workers)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        ("1GiB", 1 << 30),
        ("1.5GB", 1_500_000_000),
        ("700000kB", 700_000_000),
        ("512MiB", 512 << 20),
    ],
)
def test_sizes_have_units(text: str, size: int) -> None:
    assert MemorySize().convert(text, None, None) == size


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("500", "'500' has no unit: did you mean 500MB?"),
        ("500M", "'M' is not a unit of memory: did you mean 500MB?"),
        ("2gigs", "'gigs' is not a unit of memory: did you mean 2GB?"),
        ("plenty", "'plenty' is not a size: write 500MB or 1GiB, say"),
        ("-5MB", "'-5MB' is not a size"),
        ("", "'' is not a size"),
        ("nanMB", "'nanMB' is not a size"),
    ],
)
def test_what_is_no_size_is_refused(text: str, words: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        MemorySize().convert(text, None, None)
    assert words in str(refused.value)


def test_a_limit_that_cannot_be_kept_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    done = sim("run", SMOKE, *MONTHS, "--memory-limit", "20MB", folder=tmp_path).expect(2)
    assert "'--memory-limit': 20 MB are too little for one process of this company" in done.err
    assert "or more" in done.err
    assert not list(tmp_path.iterdir())


def test_too_little_for_two_workers_may_do_for_one() -> None:
    with pytest.raises(OptionProblem, match=r"2 workers of .* or --workers 1$"):
        divided(300 * MB)
    with pytest.raises(OptionProblem, match=r"or --workers 1 and [0-9]+MB$"):
        divided(30 * MB)
    assert divided(300 * MB, workers=1).workers == 1


def test_workers_that_nobody_asked_for_are_as_many_as_there_is_memory_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert divided(2_000 * MB, workers=None).workers == 2
    assert divided(300 * MB, workers=None).workers == 1


def test_one_file_has_one_writer_and_needs_the_memory_of_one() -> None:
    assert divided(400 * MB, database="sqlite:///all.sqlite").buffers == FULL


def test_a_smaller_limit_makes_smaller_buffers() -> None:
    most, less, least = divided(None), divided(530 * MB), divided(490 * MB)
    assert most == divided(5_000 * MB) == Memory(2, FULL, SCENARIO.writing.buffer_rows)
    for more, fewer in ((most, less), (less, least)):
        assert more.buffer_rows > fewer.buffer_rows
        assert more.buffers.cache_kib > fewer.buffers.cache_kib
        assert more.buffers.sorter_kib > fewer.buffers.sorter_kib
        assert more.buffers.rows > fewer.buffers.rows


def test_the_smallest_buffers_still_hold_something() -> None:
    assert FULL.scaled(1) == FULL
    assert FULL.scaled(0) == Buffers(cache_kib=1024, sorter_kib=1024, rows=2_520)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_limit_changes_no_digest(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    free = manifest(*MONTHS, "--out", "free", folder=tmp_path)
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/all.sqlite"
    else:
        url = request.getfixturevalue("pg_database")
    for limit in ("LEAST", "1GiB"):
        size = least(tmp_path) if limit == "LEAST" else limit
        args = ("--database", url, "--memory-limit", size, "--fresh")
        made = manifest(*MONTHS, *args, folder=tmp_path)
        assert made["digests"] == free["digests"]
        assert proven([url]) == (free["digest"], free["digests"])
    assert query(url, "SELECT count(*) FROM smoltflow_run") == [(1,)]


def least(folder: Path) -> str:
    """The smallest limit that is taken, as the program itself suggests it."""
    said = sim("run", SMOKE, *MONTHS, "--dry-run", "--memory-limit", "1MB", folder=folder).err
    return said.rpartition(": give ")[2].split(" ")[0]


def test_what_is_forgotten_keeps_its_key() -> None:
    lane = Lane("Here", 0, recording=True)
    kept = lane.create("temperature_profile", 0.0, name="mean")
    lane.create("journal_tag", 0.0, entry=0, tag="gill")
    lane.forget({"temperature_profile"})
    later = lane.create("journal_tag", 1.0, entry=0, tag="round")
    assert (later.key, lane.records["temperature_profile"]) == (1, [kept])
    assert lane.records["journal_tag"] == [later]
    lane.forget({"temperature_profile"})
    assert lane.create("journal_tag", 2.0, entry=1, tag="lice").key == 2


def test_kinds_that_somebody_reads_back_are_kept() -> None:
    read = re.compile(r"""lane\.records(?:\.get\(|\[)"(\w+)""")
    folder = Path(sim_package.__file__).parent
    found = {
        kind
        for path in folder.rglob("*.py")
        if "kpi" not in path.parts  # of companies that nobody writes down
        for kind in read.findall(path.read_text("utf-8"))
    }
    assert found == READ_BACK | {"assignment"}  # these by defects only, which say so
