"""Whether a file is sound: SQLite looks at each of its pages, and compares indexes with tables.

A wrong entry of an index hides a row from whoever looks by that index, also from a check.
PostgreSQL tells of a page that it cannot read whoever reads it, which recomputing the digests does.
"""

from __future__ import annotations

import time

from persistence.checks.engine.rule import SHOWN, Finding
from persistence.checks.engine.session import Session

_MOST = 100


def look(session: Session) -> list[Finding]:
    """Have SQLite check the whole file."""
    if session.dialect != "sqlite":
        return []
    began = time.perf_counter()
    (pages,) = session.row("PRAGMA page_count")
    said = [str(row[0]) for row in session.rows(f"PRAGMA integrity_check({_MOST})")]
    wrong = [line for text in said for line in text.splitlines() if line != "ok"]
    return [
        Finding(
            "database.pages",
            "integrity",
            "Every page of the file is sound, and every index agrees with its table",
            "pages",
            len(wrong),
            int(pages),
            tuple(wrong[:SHOWN]),
            time.perf_counter() - began,
        )
    ]
