"""What the columns hold that the fields of each kind fill, for those who may not see the tables.

The model must not record what no column holds, but knows of no database. So widths and ranges are
written into ``sim/facts/column_types.py``, from the tables, by ``python -m
persistence.mapping.limits``; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Numeric, SmallInteger, String
from sqlalchemy.sql.sqltypes import Float

import sim.facts
from persistence.mapping.rule import Mapping, mappings
from persistence.schema import TABLES

FILE = Path(sim.facts.__file__).with_name("column_types.py")
_HEAD = '''"""What the columns hold that a kind's fields fill: made from the tables, not by hand.

``python -m persistence.mapping.limits`` makes this file; :mod:`sim.facts.limits` reads it. A text's
width in characters, a decimal's ``digits.places``, a whole number's ``int`` or ``nat`` (not below
0) and its bytes. What has no limit is left out.
"""

COLUMN_TYPES = {
'''
_LINE = 100


def column_type(column: Column[object]) -> str | None:
    """How a column's type is written; None if any value of its kind fits.

    ``50`` is a text of so many characters, ``10.2`` a decimal of ten digits, two of them after the
    point, ``int4`` a whole number of four bytes, ``nat4`` one that a CHECK keeps from being
    negative.
    """
    kind = column.type
    if isinstance(kind, String):
        return None if kind.length is None else str(kind.length)
    if isinstance(kind, Numeric) and not isinstance(kind, Float):
        return f"{kind.precision}.{kind.scale}"
    if isinstance(kind, Integer) and not isinstance(kind, BigInteger):
        word = "nat" if _is_natural(column) else "int"
        return f"{word}{2 if isinstance(kind, SmallInteger) else 4}"
    return None


def _is_natural(column: Column[object]) -> bool:
    return any(
        isinstance(rule, CheckConstraint) and str(rule.sqltext) == f'"{column.name}" >= 0'
        for rule in (*column.constraints, *column.table.constraints)
    )


def _fields(mapping: Mapping) -> Iterator[str]:
    for target in mapping.targets:
        is_key = target.refers or target.pick or target.field == "key"
        wanted = column_type(TABLES[mapping.table].columns[target.name])
        if target.field is not None and wanted and not is_key and target.type != "bool":
            yield f"{target.field}:{wanted}"


def source() -> str:
    """The text of ``sim/facts/column_types.py``."""
    lines = []
    for mapping in mappings():
        fields = list(_fields(mapping))
        line = f'    "{mapping.kind.name}": "{" ".join(fields)}",'
        if len(line) <= _LINE:
            lines += [line] if fields else []
            continue
        parts = [""]
        for field in fields:
            longer = f"{parts[-1]} {field}".lstrip()
            parts = [*parts[:-1], longer] if len(longer) < _LINE - 11 else [*parts, field]
        told = [f'        "{" " if number else ""}{part}"' for number, part in enumerate(parts)]
        lines += [f'    "{mapping.kind.name}": (', *told, "    ),"]
    return _HEAD + "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(source(), encoding="utf-8")
