"""How a working table of the checks is made; which ones there are: :mod:`.tables`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkingTable:
    """How a working table is made.

    Attributes:
        columns: what stands in its CREATE TABLE.
        rows: the query that fills it; empty when the session does.
        needs: working tables that the query reads.
        index: columns that SQLite looks its rows up by.
    """

    columns: str
    rows: str = ""
    needs: tuple[str, ...] = ()
    index: str = ""
