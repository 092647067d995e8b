"""What may be written down of a kind: a slip is refused where it is made, by its name.

The names that a caller gives are the same at every call. So who calls often remembers which names
have been found in order, and asks only about those that are new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sim.facts.kinds import KINDS, Kind
from sim.facts.kinds.kind import STAMPS


def kind_named(name: str) -> Kind:
    """A kind by its name.

    Raises:
        TypeError: there is none.
    """
    if name not in KINDS:
        raise TypeError(f"there is no kind of fact '{name}'{_hint(name, KINDS)}")
    return KINDS[name]


def check_new(name: str, columns: Collection[str], *, stamped: bool = False) -> None:
    """Whether a new row of a kind may have these columns.

    Args:
        name: the kind's.
        columns: names of the columns that are given.
        stamped: whether the row says itself when it was born; else the journal does.

    Raises:
        TypeError: the kind does not know a column, or one that it needs is missing.
    """
    kind = kind_named(name)
    known = [field for field in kind.fields if stamped or field not in STAMPS]
    problems = [_unknown(column, known) for column in columns if column not in known]
    if lacks := [f for f in known if f not in columns and f not in kind.optional]:
        problems.append(f"lacks {', '.join(lacks)}")
    if problems:
        raise TypeError(f"{name}: {'; '.join(problems)}")


def check_change(name: str, columns: Iterable[str]) -> None:
    """Whether a row of a kind has these columns.

    Raises:
        TypeError: the kind does not know a column.
    """
    known = [field for field in kind_named(name).fields if field not in STAMPS]
    if problems := [_unknown(column, known) for column in columns if column not in known]:
        raise TypeError(f"{name}: {'; '.join(problems)}")


def _unknown(column: str, known: Iterable[str]) -> str:
    return f"has no column '{column}'{_hint(column, known)}"


def _hint(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
