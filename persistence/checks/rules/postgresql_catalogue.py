"""What a PostgreSQL database says of its own tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from persistence.checks.engine.session import Session

# Not whether it is visible: a view of the session may stand in a table's place.
_HERE = "r.relnamespace = CAST(current_schema() AS regnamespace)"
_INDEXES = f"""
    SELECT r.relname, x.indisprimary, x.indpred IS NOT NULL,
           array(SELECT pg_get_indexdef(x.indexrelid, n, TRUE)
                 FROM generate_series(1, x.indnkeyatts) n)
    FROM pg_index x JOIN pg_class r ON r.oid = x.indrelid
    WHERE x.indisunique AND x.indisvalid AND {_HERE}
"""  # noqa: S608
_REFERENCES = f"""
    SELECT r.relname, pg_get_constraintdef(c.oid)
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    WHERE c.contype = 'f' AND c.convalidated AND {_HERE}
"""  # noqa: S608
_REQUIRED = f"""
    SELECT r.relname, a.attname FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
    WHERE a.attnotnull AND a.attnum > 0 AND {_HERE}
"""  # noqa: S608
_DEFINITION = re.compile(r"FOREIGN KEY \((.+?)\) REFERENCES (\S+?)\((.+?)\)")


def uniques(session: Session) -> Iterator[tuple[str, ...]]:
    """Primary keys and unique keys, as the indexes that keep them."""
    for table, primary, partial, columns in session.rows(_INDEXES):
        kind = "primary key" if primary else "unique where" if partial else "unique"
        yield table, kind, *(column.strip('"') for column in columns)


def references(session: Session) -> Iterator[tuple[str, ...]]:
    """Foreign keys that the database has checked."""
    for table, definition in session.rows(_REFERENCES):
        if found := _DEFINITION.search(definition):
            column, target, to = (name.strip('"') for name in found.groups())
            yield table, column, "to", target.rpartition(".")[2], to


def required(session: Session) -> Iterator[tuple[str, ...]]:
    """Columns that are NOT NULL."""
    yield from session.rows(_REQUIRED)
