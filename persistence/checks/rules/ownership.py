"""Nothing twice and nothing invented: every row is a run's, and the run wrote as many.

A row is a run's if its id lies in a block that the ledger reserved; master data, sites and models
may have been there before, or be left of a run that was wiped, and the ledger has a list of those.
In a database of ours there is nothing else. A live AquaMind has rows of others, which are counted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping

from persistence.blocks import Span, outside
from persistence.checks.engine.rule import SHOWN, Finding
from persistence.checks.engine.session import Session
from persistence.ledger import CommittedChunk
from persistence.mapping import MODELS, OWN_PREFIX, mapping_of, mappings
from persistence.mapping import Mapping as RowMapping
from persistence.stores.presence import unowned
from persistence.stores.wiping import owner, rows_written


def look(session: Session) -> list[Finding]:
    """Look for rows that no run wrote, and count those that the run did."""
    return [_owned(session), _counted(session)]


def _owned(session: Session) -> Finding:
    began = time.perf_counter()
    others: list[str] = []
    rows = 0
    for mapping in mappings():
        where = _nobody_s(session, mapping)
        (count,) = session.row(f"SELECT count(*) FROM {session.table(mapping.table)} WHERE {where}")  # noqa: S608
        if count:
            rows += int(count)
            others.append(_shown(session, mapping, where, int(count)))
    noun = "rows"
    if session.is_live:
        noun = f"rows, beside {rows:,} of others"
        rows, others = 0, []
    return Finding(
        "rows.owned",
        "integrity",
        "Every row is one that a run wrote: its id was reserved, or the ledger lists it",
        noun,
        rows,
        session.rows_written,
        tuple(others[:SHOWN]),
        time.perf_counter() - began,
    )


def _shown(session: Session, mapping: RowMapping, where: str, count: int) -> str:
    column, _ = owner(mapping) if mapping.own is None else (_own(mapping), "")
    found = session.rows(
        f'SELECT "{column}" FROM {session.table(mapping.table)} WHERE {where}'  # noqa: S608
        " ORDER BY 1 LIMIT 3"
    )
    first = ", ".join(str(row[0]) for row in found)
    more = ", ..." if count > 3 else ""
    noun = "row" if count == 1 else "rows"
    return f"{mapping.table}: {count:,} {noun} that no run wrote, {column} {first}{more}"


def _own(mapping: RowMapping) -> str:
    return mapping.targets[mapping.own or 0].name


def _nobody_s(session: Session, mapping: RowMapping) -> str:
    """The condition that no run wrote a row."""
    if mapping.own is None:
        column, table = owner(mapping)
        return outside(f'"{column}"', session.reserved(table))
    column = f'"{_own(mapping)}"'
    conditions = [outside(column, session.reserved(mapping.table))]
    name = mapping.kind.name
    listed = "NOT IN (SELECT id FROM smoltflow_key WHERE table_name ="
    if mapping.kind.role in ("master", "site") or name in MODELS:
        conditions.append(f"{column} {listed} '{mapping.table}')")
    whole = next((model for model, part in MODELS.items() if part == name), None)
    if whole is not None:  # what a wiped run left
        refers = next(target.name for target in mapping.targets if target.refers == whole)
        conditions.append(f"\"{refers}\" {listed} '{mapping_of(whole).table}')")
    return " AND ".join(f"({condition})" for condition in conditions)


def _counted(session: Session) -> Finding:
    began = time.perf_counter()
    wrong = list(_wrong(session))
    return Finding(
        "rows.counted",
        "integrity",
        "The ledger's chunks add up, its blocks have an id for each of their rows, and our own"
        " tables hold as many",
        "chunks",
        len(wrong),
        len(session.spans),
        tuple(wrong[:SHOWN]),
        time.perf_counter() - began,
    )


def _wrong(session: Session) -> Iterator[str]:
    for span in session.spans:
        parts = sum(digest.rows for part in (span.facts, span.entities) for digest in part.values())
        if span.rows != parts:
            yield f"{span.geography}, day {span.from_day}: not the rows that its tables have"
    for table in unowned(session.blocks, session.spans):
        yield f"{table}: no id is reserved for some of its keys"
    for table, spans in _reserved_twice(session):
        yield f"{table}: ids {spans[0]} to {spans[1]} are reserved twice"
    written = rows_written(session.run, session.spans)
    appended = _appended(session.spans)
    for mapping in mappings():
        table = mapping.table
        if mapping.kind.role == "fact":
            if mapping.own is not None and appended[table] != written.get(table, 0):
                yield (
                    f"{table}: chunks of {appended[table]:,} rows, keys of"
                    f" {written.get(table, 0):,}"
                )
            expected = appended[table]
        else:
            expected = written.get(table, 0)
        if table.startswith(OWN_PREFIX):
            column, whose = owner(mapping)
            (found,) = session.row(
                f"SELECT count(*) FROM {session.table(table)} WHERE OURS({column}, {whose})"  # noqa: S608
            )
            if found != expected:
                yield f"{table}: {found:,} rows, the ledger has {expected:,}"


def _appended(spans: list[CommittedChunk]) -> Mapping[str, int]:
    rows: Counter[str] = Counter()
    for span in spans:
        rows.update({table: digest.rows for table, digest in span.facts.items()})
    return rows


def _reserved_twice(session: Session) -> Iterator[tuple[str, Span]]:
    for table in sorted(session.blocks):
        last = 0
        for first, end in sorted(session.reserved(table)):
            if first <= last:
                yield table, (first, min(last, end))
            last = max(last, end)
