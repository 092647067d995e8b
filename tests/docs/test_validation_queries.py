"""docs/validation-queries.md: what it says of every query is so, on both databases.

The page tells how its blocks and tables are read.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from sim.core.clock import date_of
from sim.scenario import load
from sim.sites.schedule import make_plan
from tests.support.checked_runs import KNOBS, SCENARIOS, good_run, simulate
from tests.support.store_databases import KINDS_OF_STORES

PAGE = (SCENARIOS.parent / "docs" / "validation-queries.md").read_text("utf-8")
OUTCOMES = {"right", "wrong", "fails"}
_PART = re.compile(
    r"^```sql(?P<kind> \w+)?\n(?P<sql>.*?)^```$|(?P<table>(?:^\|[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)


class Answer(NamedTuple):
    """What a query gives: the names of its columns, and its rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


Ask = Callable[[str], Answer]


# ---------------------------------------------------------------- the page


class Column(NamedTuple):
    """A column of the query to type: what is true of every row, and its figure in production."""

    name: str
    condition: str
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One question: as it was printed, with the outcome by kind of database, and as to type it."""

    title: str
    source: str
    printed: list[tuple[str, Mapping[str, str]]]
    query: str
    columns: list[Column]


def cells(table: str) -> list[list[str]]:
    """The rows of a table: cells without their code marks, the heading first."""
    lines = [line.strip().strip("|").split("|") for line in table.strip().splitlines()]
    rows = [[cell.strip().strip("`") for cell in line] for line in lines]
    assert {len(row) for row in rows} == {len(rows[0])}, table
    return [row for row in rows if set("".join(row)) - {"-"}]


def section(text: str) -> Section:
    title, rest = text.split("\n", 1)
    source = re.search(r"^From (.+)\.$", rest, re.MULTILINE)
    queries, printed, columns = [], [], []
    for part in _PART.finditer(rest):
        if part["sql"]:
            queries.append(part["sql"])
            continue
        heading, *rows = cells(part["table"])
        if heading[0] == "SQLite":
            outcomes = dict(zip(KINDS_OF_STORES, rows[0], strict=False))
            assert set(outcomes.values()) <= OUTCOMES, title
            printed.append((queries[-1], outcomes))
        elif heading[0] == "Column":
            columns = [Column(*row) for row in rows]
    return Section(title, source[1] if source else "", printed, queries[-1], columns)


SECTIONS = [
    section(text) for text in re.split(r"^##+ ", PAGE, flags=re.MULTILINE) if "\n| Column |" in text
]
DOCUMENTS = re.findall(r"^\| (\S.*?) \| `(?:aquamind|scripts)/\S+` \|$", PAGE, re.MULTILINE)


def test_every_section_comes_from_a_document_and_every_document_is_used() -> None:
    names = {part.title: {name for name in DOCUMENTS if name in part.source} for part in SECTIONS}
    assert [title for title, found in names.items() if not found] == []
    assert set().union(*names.values()) == set(DOCUMENTS)
    assert len(names) == len(SECTIONS) == PAGE.count("\n| Column |")
    blocks = re.findall(r"^```sql printed$", PAGE, re.MULTILINE)
    assert len(blocks) == sum(len(part.printed) for part in SECTIONS) == PAGE.count("\n| SQLite |")


# ---------------------------------------------------------------- the databases


def statements(sql: str) -> Iterator[str]:
    """The statements of a block, without the comments between them."""
    for statement in re.sub(r"--.*$", "", sql, flags=re.MULTILINE).split(";"):
        if statement.strip():
            yield statement.strip()


def in_sqlite(path: Path) -> Ask:
    def ask(sql: str) -> Answer:
        with closing(sqlite3.connect(path)) as database:
            for statement in statements(sql):
                found = database.execute(statement)
            return Answer([column[0] for column in found.description or ()], found.fetchall())

    return ask


def in_postgresql(url: str) -> Ask:
    def ask(sql: str) -> Answer:
        with psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC") as database:
            for statement in statements(sql):
                found = database.execute(statement.encode())
            return Answer([column.name for column in found.description or ()], found.fetchall())

    return ask


@pytest.fixture(scope="module")
def in_file(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A run of which some batches have been harvested and some are alive."""
    return in_sqlite(good_run(tmp_path_factory.mktemp("good")))


def plain(value: Any) -> Any:
    """A value as SQLite has it."""
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
    return value


def alike(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two rows say the same; tenths may be rounded up here and down there."""
    return all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=0.1001)
        if isinstance(a, int | float) and isinstance(b, int | float)
        else a == b
        for a, b in zip(map(plain, one), map(plain, other), strict=True)
    )


def is_among(few: Answer, many: Answer) -> bool:
    """Whether all rows are among others, as far as they have columns in common."""
    common = [name for name in few.columns if name in many.columns]
    if not common:
        return True
    cut = [
        [[row[answer.columns.index(name)] for name in common] for row in answer.rows]
        for answer in (few, many)
    ]
    return bool(cut[0]) and all(any(alike(row, other) for other in cut[1]) for row in cut[0])


def outcome(ask: Ask, printed: str, answer: Answer) -> str:
    try:
        found = ask(printed)
    except (sqlite3.Error, psycopg.Error):
        return "fails"
    return "right" if is_among(found, answer) else "wrong"


def out_of_order(ask: Ask, part: Section) -> list[str]:
    """The conditions that some row does not fulfil."""
    [query] = statements(part.query)
    return [
        column.condition
        for column in part.columns
        if column.condition
        and ask(f"SELECT * FROM ({query}) AS found WHERE ({column.condition}) IS NOT TRUE").rows
    ]


def test_queries_answer_alike_on_both_databases_and_what_was_printed_does_as_told(
    in_file: Ask, pg_database: str, tmp_path: Path
) -> None:
    simulate("smoke.yaml", tmp_path, "--database", pg_database, knobs=KNOBS)
    asks = dict(zip(KINDS_OF_STORES, (in_file, in_postgresql(pg_database)), strict=True))
    for part in SECTIONS:
        answers = {kind: ask(part.query) for kind, ask in asks.items()}
        one, other = answers.values()
        assert one.columns == other.columns == [column.name for column in part.columns], part.title
        assert len(one.rows) == len(other.rows) > 0, part.title
        assert is_among(one, other), part.title
        assert is_among(other, one), part.title
        for kind, ask in asks.items():
            assert out_of_order(ask, part) == [], (part.title, kind)
            for printed, told in part.printed:
                assert outcome(ask, printed, answers[kind]) == told[kind], (part.title, kind)


def test_no_query_looks_through_a_table_for_every_row_of_another(in_file: Ask) -> None:
    """Those of one batch took minutes on a large run, for want of two small indexes."""
    for part in SECTIONS:
        plan = in_file(f"EXPLAIN QUERY PLAN {part.query}").rows
        inside: set[int] = set()
        for step, parent, _, detail in plan:
            if parent in inside or detail.startswith("CORRELATED"):
                inside.add(step)
            assert not (step in inside and detail.startswith("SCAN")), (part.title, detail)


def test_files_of_two_geographies_are_asked_together(tmp_path: Path) -> None:
    [block] = re.findall(r"^```sql attached\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    urls = simulate("smoke.yaml", tmp_path, knobs=KNOBS)
    first, second = (Path(url.removeprefix("sqlite:///")) for url in urls)
    assert f"runs/smoke/{second.name}" in block
    answer = in_sqlite(first)(block.replace("runs/smoke", str(tmp_path)))
    assert answer.columns == ["geography", "batches", "feeding_events"]
    alone = "SELECT COUNT(*), (SELECT COUNT(*) FROM inventory_feedingevent) FROM batch_batch"
    assert answer.rows == [
        ("Faroe Islands", *in_sqlite(first)(alone).rows[0]),
        ("Scotland", *in_sqlite(second)(alone).rows[0]),
    ]


def test_figures_are_those_of_production(tmp_path: Path) -> None:
    plan = make_plan(load(SCENARIOS / "production.yaml").scenario)
    until = date_of(plan.first_day + 1).isoformat()
    url = f"sqlite:///{tmp_path}/day.sqlite"
    simulate("production.yaml", tmp_path, "--database", url, "--until", until)
    ask = in_sqlite(tmp_path / "day.sqlite")
    told = [part for part in SECTIONS if any(column.figure for column in part.columns)]
    assert told
    for part in told:
        figures = tuple(int(column.figure.replace(",", "")) for column in part.columns)
        assert ask(part.query).rows == [figures], part.title
