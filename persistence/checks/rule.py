"""Rules: promises about rows, each a query for the rows that break it.

A rule holds when its query returns nothing. The query's first column says what a row is about, the
others are told by their names, so that a broken rule explains itself. What a rule is about is
counted too: that nothing is wrong with no rows at all should not impress anybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from persistence.checks.result import CheckResult, Group
from persistence.checks.session import Session, describe

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
        """The finding as a result."""
        return CheckResult(
            self.name,
            self.group,
            self.says,
            expected=f"none of {self.checked:,} {self.noun}",
            found=f"{abs(self.bad):,}" if self.bad else "none",
            state="failed" if self.bad else "passed",
            rows=self.rows,
            seconds=round(self.seconds, 3),
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise about rows.

    Attributes:
        says: the promise, in a sentence.
        of: working table whose rows it is about; ``noun`` what they are called.
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
        session.need((self.of, *self.needs))
        checked = session.row(f"SELECT count(*) FROM {self.of}")[0]  # noqa: S608
        bad, rows = offenders(session, self.sql)
        seconds = time.perf_counter() - began
        return Finding(
            self.name, self.group, self.says, self.noun, bad, checked, rows, seconds
        )  # fmt: skip


def offenders(session: Session, sql: str, values: dict[str, int] | None = None) -> tuple[
    int, tuple[str, ...]
]:  # fmt: skip
    """How many rows a query has, and the first of them in words."""
    query = f"SELECT bad.*, count(*) OVER () AS total FROM ({sql}) bad LIMIT {SHOWN}"  # noqa: S608
    rows = session.rows(query, values)
    return (rows[0][-1] if rows else 0), tuple(describe(row) for row in rows)


Check = Callable[[Session], list[Finding]]
"""Looks at one database, or a part of one."""


def all_of(rules: Sequence[Rule]) -> Check:
    """One check that looks at several rules."""

    def look(session: Session) -> list[Finding]:
        return [rule.look(session) for rule in rules]

    return look
