"""What fits into the column that a field of a kind fills, so that nothing else is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sim.facts.column_types import COLUMN_TYPES


@dataclass(frozen=True, slots=True)
class ColumnLimit:
    """What a column holds.

    Attributes:
        width: most characters of a text; None for a number.
        least: smallest number; 0 for a text, as ``most``.
        most: largest number.
    """

    width: int | None = None
    least: float = 0
    most: float = 0


@cache
def limit_of(column: str) -> ColumnLimit:
    """The limit of a field of a kind, such as ``batch.batch_number``.

    Raises:
        KeyError: there is no such field, or everything fits into its column.
    """
    kind, _, field = column.partition(".")
    types = dict(part.split(":") for part in COLUMN_TYPES[kind].split())
    return _limit(types[field])


def _limit(written: str) -> ColumnLimit:
    if written.isdigit():
        return ColumnLimit(width=int(written))
    if written[0].isdigit():
        digits, places = map(int, written.split("."))
        most = (10**digits - 1) / 10**places
        return ColumnLimit(least=-most, most=most)
    most = 2 ** (8 * int(written[3:]) - 1) - 1
    return ColumnLimit(least=0 if written.startswith("nat") else -most - 1, most=most)
