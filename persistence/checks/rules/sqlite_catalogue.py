"""What an SQLite database says of its own tables."""

from __future__ import annotations

from collections.abc import Iterator

from persistence.checks.engine.session import Session
from persistence.schema import TABLES


def uniques(session: Session) -> Iterator[tuple[str, ...]]:
    """Primary keys and unique keys. A table that was loaded bare has its key as an index."""
    for table in TABLES.values():
        owned = session.rows(f"SELECT pk, name FROM pragma_table_info('{table.name}')")  # noqa: S608
        primary = [name for place, name in sorted(owned) if place]
        yield table.name, "primary key", *primary
        for index, partial in session.rows(
            f"SELECT name, partial FROM pragma_index_list('{table.name}') WHERE \"unique\" = 1"  # noqa: S608
        ):
            listed = session.rows(f"SELECT name FROM pragma_index_info('{index}') ORDER BY seqno")  # noqa: S608
            columns = [name for (name,) in listed]
            yield table.name, "unique where" if partial else "unique", *columns
            if not primary and columns == [column.name for column in table.primary_key]:
                yield table.name, "primary key", *columns


def references(session: Session) -> Iterator[tuple[str, ...]]:
    """Foreign keys."""
    for table in TABLES:
        for column, target, to in session.rows(
            f'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'{table}\')'  # noqa: S608
        ):
            yield table, column, "to", target, to or "id"


def required(session: Session) -> Iterator[tuple[str, ...]]:
    """Columns that are NOT NULL, or a primary key."""
    for table in TABLES:
        for name, is_required, place in session.rows(
            f"SELECT name, \"notnull\", pk FROM pragma_table_info('{table}')"  # noqa: S608
        ):
            if is_required or place:
                yield table, name
