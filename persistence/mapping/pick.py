"""Columns that hold the key of one kind or of another, as another column of the same row says.

AquaMind has two: a finance site's ``source_pk`` is the id of a station or of an area, by its
``source_model``; an intercompany transaction's ``object_id`` is the id of a harvest event or of a
transfer workflow, by its content type. A kind of fact gives such a field the type ``key:a|b``.

All kinds to pick from belong to a geography, so their shard-local keys become global keys in the
same way, whatever is picked. Only keys and ids are looked up kind by kind: there rows are divided
by the canonical integers of the deciding column, which are the same on the way to the database
(texts still dictionary-coded) and on the way back (texts already numbers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from persistence.digest import text_hash
from sim.facts import KINDS, Ints, Kind


@dataclass(frozen=True, slots=True)
class Pick:
    """How a column's kind is decided.

    Attributes:
        by: the column that decides.
        kinds: the kind by that column's value: a text, or the key of a row of master data.
    """

    by: str
    kinds: Mapping[str | int, str]

    def divide(self, deciding: Ints) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Give each kind with the rows that it is picked for.

        Args:
            deciding: the deciding column's canonical integers.
        """
        for value, kind in self.kinds.items():
            yield kind, deciding == (text_hash(value) if isinstance(value, str) else value)


def check_pick(kind: Kind, field: str, pick: Pick | None) -> Pick:
    """See that what is declared for a field of the type ``key:a|b`` makes sense.

    Raises:
        ValueError: nothing is declared, or something else than the field says.
    """
    name, field_type = f"{kind.name}.{field}", kind.fields[field]
    if pick is None:
        raise ValueError(f"{name}: nothing tells which of {field_type} it is")
    kinds = field_type.removeprefix("key:").split("|")
    if sorted(kinds) != sorted(pick.kinds.values()):
        raise ValueError(f"{name} is {field_type}, declared as {', '.join(pick.kinds.values())}")
    if any(KINDS[one].role == "master" for one in kinds):
        raise ValueError(f"{name} is {field_type}: keys of master data cannot be picked from")
    deciding = kind.fields.get(pick.by, kind.fields.get(pick.by.removesuffix("_id"), "missing"))
    is_key = deciding.startswith("key:") and KINDS[deciding.removeprefix("key:")].role == "master"
    if not (is_key or deciding == "text"):
        raise ValueError(f"{name}: {pick.by}, which decides, is {deciding}")
    if not all(isinstance(value, int if is_key else str) for value in pick.kinds):
        raise ValueError(f"{name}: {pick.by} is {deciding}, and never {[*pick.kinds]}")
    return pick
