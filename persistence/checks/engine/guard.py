"""What damage in a database raises where it is read, and what is told of it.

A value that is none of its type, a table or a page that is gone: whoever reads it fails, in the
driver, in the conversion, or in the arithmetic. For a proof that is a check that failed. What
passes (a lost connection, a full disk, a lock) is no damage, and ends the proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from persistence.checks.engine.result import CheckResult
from persistence.checks.engine.rule import SHOWN
from persistence.stores.errors import DamagedError, TakenError

DAMAGE = (
    DamagedError, TakenError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip
"""What is raised where something cannot be read."""


def in_words(error: BaseException) -> str:
    """What went wrong, in a line."""
    text = str(error).strip()
    line = text.splitlines()[0] if text else ""
    return line if isinstance(error, DamagedError) else f"{type(error).__name__}: {line}"


def unreadable(broken: Sequence[str]) -> CheckResult:
    """The check that everything can be read: what could not be, in the order in which it failed."""
    distinct = tuple(dict.fromkeys(broken))
    return CheckResult(
        "database.readable",
        "integrity",
        "Everything can be read that the checks look at",
        "none",
        f"{len(distinct) or 'none'} unreadable",
        "failed" if distinct else "passed",
        distinct[:SHOWN],
    )
