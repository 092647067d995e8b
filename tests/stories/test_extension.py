"""What an extension costs, as docs/architecture.md says: done here, and seen to work.

A kind of fact with a knob is added to a copy of the program, file by file as a maintainer would,
and the copy is run. A store is registered in this process, and passes contract tests of the stores.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from persistence.mapping import declared
from persistence.schema import own as own_tables
from persistence.stores import STORES
from sim.facts.kinds import own as own_kinds
from sim.processes.life import stocking
from sim.scenario.knobs import company as knobs
from tests.persistence.stores import test_stores
from tests.support.command_line import LIVES, ROOT, SMOKE, sim
from tests.support.store_databases import KINDS_OF_STORES, Databases

Edit = tuple[ModuleType, str, str]
"""In a module, what a line is put before, and the lines."""

KNOB: Edit = (
    knobs,
    "    growth_sample_fish: int =",
    '    net_checks: int = Field(2, ge=1, le=9, description="divers\' looks at a net")\n',
)
KIND: Edit = (
    own_kinds,
    '    kind(\n        "defect",',
    '    kind("net_check", "fact", "assignment:key:assignment day:date looks", stamps=False),\n',
)
TABLE: Edit = (
    own_tables,
    "# Usage of a pool in a month",
    """
NET_CHECK = fact(
    "smoltflow_net_check",
    ref("assignment_id", "batch_batchcontainerassignment"),
    date("day"),
    integer("looks"),
    primary_key("assignment_id", "day"),
)

""",
)
HOME: Edit = (
    declared,
    '    "feed_draw": _home(',
    '    "net_check": _home("smoltflow_net_check"),\n',
)
CALL: Edit = (
    stocking,
    "    return record\n\n\ndef _begin_lives",
    """\
    looks = farm.scenario.recording.net_checks
    farm.lane.single("net_check", record.key, farm.today, looks)
""",
)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program in which somebody has added a kind of fact and a knob."""
    folder = tmp_path_factory.mktemp("extended")
    for room in ("sim", "persistence"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for module, before, lines in (KNOB, KIND, TABLE, HOME, CALL):
        assert module.__file__ is not None
        path = folder / Path(module.__file__).relative_to(ROOT)
        text = path.read_text("utf-8")
        assert text.count(before) == 1, f"{path.name} has not one place for the lines"
        path.write_text(text.replace(before, lines + before), "utf-8")
    return folder


def test_a_kind_of_fact_costs_its_fields_table_line_and_call_and_a_knob_its_field_and_use(
    extended: Path,
) -> None:
    knob = ("--set", "recording.net_checks=5")
    ran = sim(
        "run", SMOKE, *LIVES, *knob, "--out", "out", "--workers", "1",
        folder=extended, PYTHONPATH=str(extended),
    )  # fmt: skip
    ran.expect(0)
    for database in sorted((extended / "out").glob("*.sqlite")):
        with closing(sqlite3.connect(database)) as rows:
            query = "SELECT count(*), min(looks), max(looks) FROM smoltflow_net_check"
            found, least, most = rows.execute(query).fetchone()
            query = "SELECT count(*) FROM batch_batchcontainerassignment"
            assert rows.execute(query).fetchone() == (found,)
            assert found > 0
            assert (least, most) == (5, 5)


STORE = """
from persistence.stores import sqlite

OPENED = []


def open_store(url, buffers):
    OPENED.append(url.drivername)
    return sqlite.open_store(url.set(drivername="sqlite"), buffers)


def open_source(url):
    OPENED.append(url.drivername)
    return sqlite.open_source(url.set(drivername="sqlite"))
"""


@pytest.fixture
def new_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    """A store of a kind that was registered a moment ago."""
    (tmp_path / "slate.py").write_text(STORE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(STORES, "slate", "slate")
    made = Databases("slate", tmp_path, None)
    yield made
    made.drop()


def test_a_store_costs_a_module_and_a_line(new_store: Databases) -> None:
    test_stores.test_nothing_is_left_of_a_chunk_that_fails(new_store)
    import slate  # type: ignore[import-not-found]

    assert set(slate.OPENED) == {"slate"}


def test_the_contract_tests_run_over_every_store_that_is_registered() -> None:
    assert {STORES[kind] for kind in KINDS_OF_STORES} == set(STORES.values())
