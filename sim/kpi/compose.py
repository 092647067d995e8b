"""Putting measures together: rows from any source become the tables, in one order and by one rule.

What can be told from other rows is told here, once for all sources: for how long a wait kept a
batch (:mod:`.kept`), and which treated containers belong together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from sim.kpi.kept import kept_by_waits
from sim.kpi.measures import TYPES, Column, Measures, Rows, Table
from sim.resources.kinds import in_order, pools

_ONE_TREATMENT_DAYS = {"vaccination": 1}
"""A round of vaccination takes a day, however soon the next one comes."""
_USUAL_DAYS = 7


def compose(
    header: Mapping[str, Any], rows: Mapping[str, Rows], kinds: Iterable[tuple[str, str | None]]
) -> Measures:
    """Measures from rows.

    Args:
        header: the fields of :class:`Measures` that are no tables, but for ``pools``.
        rows: by table, in the order of its columns. Treatments: (geography, batch, day, kind, what)
            of one container. Waits: (geography, pool, kind, the pool's kind and hall or None,
            batch, who, since, until or None, short_kg, cause, holders as (name, units)), so that
            ``holders`` need no rows. Usage: with the pool's hall or None behind its kind.
        kinds: of every pool the kind, and the hall or None.
    """
    made = ("treatments", "waits", "holders", "usage")
    tables: dict[str, Any] = {name: _table(name, rows[name]) for name in TYPES if name not in made}
    tables["treatments"] = _table("treatments", _treatments(rows["treatments"]))
    waits = sorted(_waits(rows["waits"], int(header["end_day"])))
    tables["waits"] = _table("waits", [wait for wait, _ in waits])
    held = [(row, *holder) for row, (_, holders) in enumerate(waits) for holder in holders]
    tables["holders"] = _columns("holders", held)
    usage = [(place, pool, _name(kind, hall), *rest) for place, pool, kind, hall, *rest in
             rows["usage"]]  # fmt: skip
    tables["usage"] = _table("usage", usage)
    every = in_order(pools(kind, hall) for kind, hall in set(kinds))
    measures = Measures(**header, pools=every, **tables)
    measures.waits["blocked"][:] = kept_by_waits(measures)
    return measures


@cache
def _name(kind: str, hall: str | None) -> str:
    return pools(kind, hall).name


def _table(name: str, rows: Rows) -> Table:
    """Columns from rows, which are put in order."""
    return _columns(name, sorted(rows))


def _columns(name: str, rows: Rows) -> Table:
    """Columns from rows; equal texts are one object."""
    types = TYPES[name]
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else []
    texts: dict[str, str] = {}
    table: dict[str, Column] = {}
    for number, (column, kind) in enumerate(types.items()):
        values = columns[number] if columns else ()
        if kind == "O":
            names = list(map(str, values))
            values = list(map(texts.setdefault, names, names))
        table[column] = np.array(values, dtype=object if kind == "O" else kind)
    return table


def _treatments(rows: Rows) -> Rows:
    """Containers treated against the same thing, with less than a week between them, are one."""
    found: list[list[Any]] = []
    alike = sorted(
        (geography, batch, kind, what, day) for geography, batch, day, kind, what in rows
    )
    for geography, batch, kind, what, day in alike:
        last = found[-1] if found else None
        known = last is not None and (*last[:2], *last[3:5]) == (geography, batch, kind, what)
        apart = _ONE_TREATMENT_DAYS.get(kind, _USUAL_DAYS)
        if last is not None and known and day - last[5] < apart:
            last[5], last[6] = day, last[6] + 1
        else:
            found.append([geography, batch, day, kind, what, day, 1])
    return [tuple(row) for row in found]


def _waits(rows: Rows, end_day: int) -> Iterator[tuple[tuple[Any, ...], Sequence[tuple[str, int]]]]:
    """Of each wait its row in the table, and its holders."""
    for (
        geography, pool, kind, pool_kind, hall, batch, who, since, until, short_kg, cause, holders,
    ) in rows:  # fmt: skip
        name = kind if pool_kind is None else _name(pool_kind, hall)
        end = float(end_day) if until is None else until
        row = (
            geography, since, pool, kind, name, batch, who, end, until is None, short_kg or 0.0,
            0.0, cause,
        )  # fmt: skip
        yield row, holders
