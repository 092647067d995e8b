"""Ids are those that the run's keys have, each once.

Digests leave ids out, so that they are the same in every database. A row under another id, or two
under one, is seen by how many ids there are and by their sum.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from persistence.blocks import NONE
from persistence.checks.engine.rule import SHOWN, Finding
from persistence.checks.engine.session import Session
from persistence.mapping import Mapping, mappings

_PIECE = 1 << 22


def look(session: Session) -> list[Finding]:
    """Compare number and sum of the ids in each table with those of the keys in the ledger."""
    began = time.perf_counter()
    bad = []
    tables = list(_tables(session))
    for mapping in tables:
        table, column = mapping.table, mapping.targets[mapping.own or 0].name
        count, total = session.row(
            f'SELECT count(*), COALESCE(sum("{column}"), 0) FROM "{table}"'  # noqa: S608
            f" WHERE OURS({column}, {table})"
        )
        keys, ids = _expected(session, table)
        if count != keys:
            bad.append(f"{table}: {count:,} rows of the run, the ledger has {keys:,}")
        elif total != ids:
            bad.append(f"{table}: {column}s that are not those of the run's keys")
    seconds = time.perf_counter() - began
    says = "Every id is that of one of the run's keys, and is there once"
    return [
        Finding(
            "rows.ids", "integrity", says, "tables", len(bad), len(tables), tuple(bad[:SHOWN]),
            seconds,
        )
    ]  # fmt: skip


def _tables(session: Session) -> Iterator[Mapping]:
    """Tables whose rows have ids of the run's alone: models may be those of a wiped run."""
    query = "SELECT DISTINCT table_name FROM smoltflow_key WHERE run_id = RUN_ID"
    noted = {name for (name,) in session.rows(query)}
    for mapping in mappings():
        operational = mapping.own is not None and mapping.kind.role not in ("master", "site")
        if operational and mapping.table not in noted:
            yield mapping


def _expected(session: Session, table: str) -> tuple[int, int]:
    """How many ids of a table the ledger speaks of, and their sum."""
    blocks = session.blocks.get(table, NONE)
    count = total = 0
    for lane, geography in enumerate(session.run.spec.geographies):
        mine = [span.last.get(table, -1) for span in session.spans if span.geography == geography]
        last = min(max(mine, default=-1), blocks.last_key)
        for first in range(lane, last + 1, _PIECE * session.run.lanes):
            stop = min(first + _PIECE * session.run.lanes, last + 1)
            ids = blocks.ids(np.arange(first, stop, session.run.lanes, dtype=np.int64))
            count += len(ids)
            total += int(ids.sum())
    return count, total
