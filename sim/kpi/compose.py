"""Putting measures together: rows from any source become the tables, in one order and by one rule.

What can be told from other rows is told here, once for all sources: which pool was short, who
waited, for how long that kept a batch (:mod:`.kept`), and which treated containers belong together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.kpi.kept import kept_by_waits
from sim.kpi.measures import TYPES, Column, Measures, Rows, Table, in_order

CLAIMED = " claims a place for "
"""What stands between a batch and a stage in the cause of a wait for tanks or rings."""
_POOLS = frozenset(("tanks", "rings", "feed", "delivery", "wellboat", "plant", "treatment"))
_ONE_TREATMENT_DAYS = 7
_HOW_MANY = re.compile(r", [\d,]+ fish$")
"""The end of a vaccination's description, which differs from tank to tank."""


def compose(
    header: Mapping[str, Any], rows: Mapping[str, Rows], kind_of: Mapping[str, str]
) -> Measures:
    """Measures from rows.

    Args:
        header: the fields of :class:`Measures` that are no tables, but for ``kinds``.
        rows: by table, in the order of its columns. Treatments: (geography, batch, day, kind, what)
            of one container. Waits: (geography, pool, kind, batch, since, until or None, short_kg,
            cause, holders).
        kind_of: the kind of every pool by its name.
    """
    tables: dict[str, Any] = {
        name: _table(name, rows[name]) for name in TYPES if name not in ("treatments", "waits")
    }
    tables["treatments"] = _table("treatments", _treatments(rows["treatments"]))
    waits = _waits(rows["waits"], tables["batches"], kind_of, int(header["end_day"]))
    tables["waits"] = _table("waits", waits)
    kinds = in_order(list(kind_of.values()))
    measures = Measures(**header, kinds=kinds, **tables)
    measures.waits["blocked"][:] = kept_by_waits(measures)
    return measures


def _table(name: str, rows: Rows) -> Table:
    """Columns from rows, which are put in order; equal texts are one object."""
    types = TYPES[name]
    columns: Sequence[Sequence[Any]] = list(zip(*sorted(rows), strict=True)) if rows else []
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
        (geography, batch, kind, _HOW_MANY.sub("", what), day)
        for geography, batch, day, kind, what in rows
    )
    for geography, batch, kind, what, day in alike:
        last = found[-1] if found else None
        known = last is not None and (*last[:2], *last[3:5]) == (geography, batch, kind, what)
        if last is not None and known and day - last[5] < _ONE_TREATMENT_DAYS:
            last[5], last[6] = day, last[6] + 1
        else:
            found.append([geography, batch, day, kind, what, day, 1])
    return [tuple(row) for row in found]


def _waits(rows: Rows, batches: Table, kind_of: Mapping[str, str], end_day: int) -> Rows:
    names = {
        (int(geography), int(batch)): str(name)
        for geography, batch, name in zip(
            batches["geography"], batches["batch"], batches["name"], strict=True
        )
    }
    found = []
    for geography, pool, kind, batch, since, until, short_kg, cause, holders in rows:
        pool_kind = "rings" if kind == "rings" else kind_of.get(pool, kind)
        if kind not in _POOLS:
            pool_kind = kind
        who = names.get((geography, batch)) or _waiter(cause)
        found.append(
            (
                geography, since, pool, kind, pool_kind, batch, who,
                float(end_day) if until is None else until, until is None, short_kg or 0.0, 0.0,
                cause, holders,
            )
        )  # fmt: skip
    return found


def _waiter(cause: str) -> str:
    """Who waits, by the cause: a batch that has not started, or a feed store."""
    before, claims, _ = cause.partition(CLAIMED)
    return before if claims else cause.partition(" waits for ")[0]
