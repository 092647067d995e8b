"""Rules: promises about rows, each a query for the rows that break it.

A rule holds when its query returns nothing. The query's first column says what a row is about, the
others are told by their names, so that a broken rule explains itself. What a rule is about is
counted too: that nothing is wrong with no rows at all should not impress anybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from persistence.checks.engine.result import CheckResult, Group, State
from persistence.checks.engine.session import Session, Values, describe
from persistence.checks.engine.tables import TABLES

SHOWN = 5
"""How many of the rows that break a rule are shown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found in one database, or in a part of one.

    Attributes:
        bad: how many rows break it (for a balance: what is missing, and negative what is too much).
        checked: how many rows it was about; ``noun`` what they are called.
    """

    name: str
    group: Group
    says: str
    noun: str
    bad: int
    checked: int
    rows: tuple[str, ...] = ()
    seconds: float = 0.0

    def __add__(self, other: Finding) -> Finding:
        return replace(
            self,
            bad=self.bad + other.bad,
            checked=self.checked + other.checked,
            rows=(*self.rows, *other.rows)[:SHOWN],
            seconds=self.seconds + other.seconds,
        )

    def result(self) -> CheckResult:
        """The finding as a result; what has nothing to look at cannot pass."""
        state: State = "failed" if self.bad else "passed" if self.checked else "not applicable"
        count = f"{abs(self.bad):,}" if self.bad else "none"
        found = f"{count} of {self.checked:,} {self.noun}"
        seconds = round(self.seconds, 3)
        return CheckResult(
            self.name, self.group, self.says, "none", found, state, self.rows, seconds
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise about rows.

    Attributes:
        says: the promise, in a sentence.
        of: table whose rows it is about; ``noun`` what they are called.
        sql: the query for the rows that break it.
        needs: working tables that the query reads, besides ``of``.
    """

    name: str
    group: Group
    says: str
    of: str
    noun: str
    sql: str
    needs: tuple[str, ...] = ()

    def look(self, session: Session) -> Finding:
        """Look for rows that break the rule in one database."""
        began = time.perf_counter()
        session.need(name for name in (self.of, *self.needs) if name in TABLES)
        checked = session.row(f"SELECT count(*) FROM {self.of}")[0]  # noqa: S608
        bad, rows = offenders(session, self.sql)
        seconds = time.perf_counter() - began
        return Finding(self.name, self.group, self.says, self.noun, bad, checked, rows, seconds)


def offenders(
    session: Session, sql: str, values: Values | None = None
) -> tuple[int, tuple[str, ...]]:
    """How many rows a query has, and the first of them in words."""
    names, rows = session.named_rows(
        f"SELECT bad.*, count(*) OVER () AS total FROM ({sql}) bad LIMIT {SHOWN}",  # noqa: S608
        values,
    )
    return (rows[0][-1] if rows else 0), tuple(describe(names[:-1], row[:-1]) for row in rows)


Check = Callable[[Session], list[Finding]]
"""Looks at one database, or a part of one."""


def all_of(*rules: Rule) -> Check:
    """A check that looks at several rules."""
    return lambda session: [rule.look(session) for rule in rules]
