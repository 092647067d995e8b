"""AquaMind's schema as read off a migrated database: the CSVs beside this file, parsed."""

import csv
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
FILES = ("columns.csv", "constraints.csv", "indexes.csv", "choices.csv")


class ColumnLine(NamedTuple):
    name: str
    type: str
    nullable: bool
    identity: bool
    references: str  # "table.column", or "" for none


def _rows(file: str) -> list[dict[str, str]]:
    with (HERE / file).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def columns() -> dict[str, list[ColumnLine]]:
    """The columns of each table in the table's order."""
    tables = defaultdict(list)
    for row in sorted(_rows("columns.csv"), key=lambda row: int(row["position"])):
        assert row["default"] in {"", "identity"}
        tables[row["table"]].append(
            ColumnLine(
                row["column"],
                row["type"],
                row["nullable"] == "YES",
                row["default"] == "identity",
                row["references"],
            )
        )
    return dict(tables)


def constraints(kind: str) -> dict[str, list[str]]:
    """The definitions, as PostgreSQL prints them, of one kind of constraint of each table."""
    tables = defaultdict(list)
    for row in _rows("constraints.csv"):
        if row["kind"] == kind:
            tables[row["table"]].append(row["definition"])
    return {table: sorted(definitions) for table, definitions in tables.items()}


def indexes() -> dict[str, list[str]]:
    """All indexes of each table as PostgreSQL prints them, without their names."""
    tables = defaultdict(list)
    for row in _rows("indexes.csv"):
        tables[row["table"]].append(row["index"])
    return {table: sorted(definitions) for table, definitions in tables.items()}


def choices() -> dict[str, list[str]]:
    """The choices of each "table.column", in their order."""
    lists = defaultdict(list)
    for row in _rows("choices.csv"):
        lists[f"{row['table']}.{row['column']}"].append(row["value"])
    return dict(lists)


def inside(definition: str) -> tuple[str, ...]:
    """The names in the first parentheses of a definition."""
    match = re.search(r"\(([^()]*)\)", definition)
    assert match, definition
    return tuple(name.strip().strip('"') for name in match[1].split(","))


def plain(condition: str) -> str:
    """A condition without what PostgreSQL adds to it: casts, quotes, needless parentheses.

    Parentheses go where they hold no AND or OR, or the whole.
    """
    text = condition.replace("::text", "").replace('"', "")
    before = ""
    while before != text:
        before = text
        text = re.sub(r"\(((?:(?! AND | OR )[^()])*)\)", r"\1", text)
    while _is_wrapped(text):
        text = text[1:-1]
    return text


def _is_wrapped(text: str) -> bool:
    depth = 0
    for place, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place == len(text) - 1 and place > 0
    return False
