"""The few words of SQL that SQLite and PostgreSQL say differently.

Checks compare whole numbers: days since 1970-01-01 and amounts in units of their column's last
decimal place, so that equal means equal on both databases. These words, written in capitals in the
queries, turn dates and decimals into whole numbers and back:

=====================  =======================================================================
word                   meaning
=====================  =======================================================================
``DAY(date)``          days since 1970-01-01
``UTC_DAY(instant)``   the same for a point in time
``UTC_CLOCK(instant)`` its time of day
``MONTH(date)``        first day of its month, as days since 1970-01-01
``DATE_OF(day)``       the date of such a day
``WHOLE(x, places)``   ``x`` times 10 ** places, as a whole number
``MOST(a, b)``         the larger of two; ``LEAST`` the smaller
=====================  =======================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SQLITE: Mapping[str, str] = {
    "DAY": "CAST(julianday({0}) - 2440587.5 AS INTEGER)",
    "UTC_DAY": "CAST(julianday(substr({0}, 1, 10)) - 2440587.5 AS INTEGER)",
    "UTC_CLOCK": "substr({0}, 12)",
    "MONTH": "CAST(julianday({0}, 'start of month') - 2440587.5 AS INTEGER)",
    "DATE_OF": "date(({0}) * 86400, 'unixepoch')",
    "WHOLE": "CAST(round({0} * 1e{1}) AS INTEGER)",
    "MOST": "max({0}, {1})",
    "LEAST": "min({0}, {1})",
}
_POSTGRESQL: Mapping[str, str] = {
    "DAY": "({0} - DATE '1970-01-01')",
    "UTC_DAY": "(CAST({0} AT TIME ZONE 'UTC' AS date) - DATE '1970-01-01')",
    "UTC_CLOCK": "CAST({0} AT TIME ZONE 'UTC' AS time)",
    "MONTH": "(CAST(date_trunc('month', {0}) AS date) - DATE '1970-01-01')",
    "DATE_OF": "(DATE '1970-01-01' + CAST({0} AS integer))",
    "WHOLE": "CAST(round({0} * 1e{1}) AS bigint)",
    "MOST": "greatest({0}, {1})",
    "LEAST": "least({0}, {1})",
}
_WORD = re.compile(r"\b(" + "|".join(_SQLITE) + r")\(")


def translate(dialect: str, sql: str) -> str:
    """Write a query in the words of one database."""
    words = _SQLITE if dialect == "sqlite" else _POSTGRESQL
    done = []
    at = 0
    while found := _WORD.search(sql, at):
        arguments, end = _arguments(sql, found.end())
        done.append(sql[at : found.start()])
        done.append(words[found[1]].format(*(translate(dialect, part) for part in arguments)))
        at = end
    return "".join([*done, sql[at:]])


def _arguments(sql: str, start: int) -> tuple[list[str], int]:
    """The arguments of a call whose bracket was opened before ``start``, and where it ends."""
    arguments, depth, begun = [], 1, start
    for at in range(start, len(sql)):
        letter = sql[at]
        depth += (letter == "(") - (letter == ")")
        if depth == 0 or (depth == 1 and letter == ","):
            arguments.append(sql[begun:at].strip())
            begun = at + 1
        if depth == 0:
            return arguments, at + 1
    raise ValueError(f"a bracket is not closed: {sql[start:]}")
