"""Finds the entries of a list by the names that they carry: ``stages.Adult``, not ``stages.5``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.scenario.explain import close_to
from sim.scenario.tree import Node, child_of

_NAMES = ("name", "code")
_MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why no entry is meant: the message, and the name that may have been meant."""

    message: str
    suggestion: str | None = None


def names_of(entries: Sequence[Node], wanted: str = "") -> list[str]:
    """The names of the entries that have one; by the one that is wanted, if an entry has two."""
    return [name for entry in entries if (name := _name_of(entry, wanted)) is not None]


def entry_named(entries: Sequence[Node], name: str) -> int | NotFound:
    """Return the index of the one entry that has a name."""
    named = [_name_of(entry, name) for entry in entries]
    matches = [number for number, found in enumerate(named) if found == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        return NotFound(f"{len(matches)} entries have that name; use an index")
    names = [found for found in named if found is not None]
    listed = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    return NotFound(f"no entry has that name; there are {listed}", close_to(name, names))


def _name_of(entry: Node, wanted: str) -> str | None:
    """Return by which of its names an entry is known; its first one, unless another is wanted."""
    found = [child.value for key in _NAMES if (child := child_of(entry, key)) is not None]
    names = [name for name in found if isinstance(name, str)]
    return wanted if wanted in names else next(iter(names), None)
