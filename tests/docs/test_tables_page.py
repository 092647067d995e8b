"""docs/tables.md lists every table once and tells truly which of them stay empty."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from persistence.schema import TABLES
from tests.support.checked_runs import simulate
from tests.support.command_line import ROOT

PAGE = ROOT / "docs" / "tables.md"
EMPTY = {"health_mortalityrecord", "smoltflow_defect"}


def test_every_table_stands_on_the_page_once() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(TABLES)


def test_the_tables_that_stay_empty_are_told() -> None:
    told = re.findall(r"^\| `(\w+)` \| .* \| 0 \|$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert set(told) == EMPTY


def test_all_others_are_filled(tmp_path: Path) -> None:
    empty = set(TABLES)
    for url in simulate("smoke.yaml", tmp_path, knobs=("geographies.0.areas=1",)):  # somebody waits
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            for table in TABLES:
                if database.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone():
                    empty.discard(table)
    assert empty == EMPTY
