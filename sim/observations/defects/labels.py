"""Claims and labels: which rows of a block are dirty, and the truth about them as facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sim.core.journal import Columns
from sim.facts import KINDS, NULL, Block, Column, Ints, Text
from sim.observations.defects.spells import Spells

DefectKind = Literal["missing", "late", "duplicate", "stuck", "spike", "unit", "swapped"]
KINDS_OF_DEFECT: tuple[DefectKind, ...] = get_args(DefectKind)
READINGS, SAMPLES, DEATHS = (
    "environmental_environmentalreading", "batch_growthsample", "batch_mortalityevent",
)  # fmt: skip
"""Tables as the labels name them; all else that the model says is free of any schema."""
_TABLES = (READINGS, SAMPLES, DEATHS)
_COLUMNS = ("value", "created_at", "avg_weight_g")


@dataclass(frozen=True, slots=True)
class DefectClaim:
    """Rows of a block that have one kind of defect.

    Attributes:
        rows: in the clean block.
        written: the value that was written instead; NULL where none was.
        moved: when the row arrived, or was sent again; NULL where neither.
        since, until: the spell; NULL for single rows.
        other: the container whose value it is; NULL where it is its own.
    """

    kind: DefectKind
    rows: Ints
    written: Ints
    moved: Ints
    since: Ints
    until: Ints
    other: Ints

    def part(self, some: NDArray[np.bool_]) -> DefectClaim:
        """Some of the rows."""
        return DefectClaim(
            self.kind,
            self.rows[some],
            self.written[some],
            self.moved[some],
            self.since[some],
            self.until[some],
            self.other[some],
        )


def claim(
    kind: DefectKind,
    rows: Ints,
    spells: Spells | None = None,
    *,
    written: Ints | None = None,
    moved: Ints | None = None,
) -> DefectClaim:
    """A claim with NULL for what is not given; of spells, one for each row."""
    none = np.full(len(rows), NULL, dtype=np.int64)
    return DefectClaim(
        kind,
        rows,
        none if written is None else written,
        none if moved is None else moved,
        none if spells is None else spells.since,
        none if spells is None else spells.until,
        none if spells is None else np.where(spells.other < 0, NULL, spells.other),
    )


def labels(got: DefectClaim, table: str, column: str | None, **known: Ints) -> Columns:
    """The truth about the rows of a claim: every field of ``defect``, its texts as codes."""
    count = len(got.rows)
    none = np.full(count, NULL, dtype=np.int64)
    known |= {
        "kind": np.full(count, KINDS_OF_DEFECT.index(got.kind)),
        "table_name": np.full(count, _TABLES.index(table)),
        "column_name": np.full(count, -1 if column is None else _COLUMNS.index(column)),
        "written_value": got.written,
        "written_time": got.moved,
        "since": got.since,
        "until": got.until,
        "other_container": got.other,
    }
    return {name: known.get(name, none) for name in KINDS["defect"].fields}


def defect_block(parts: Sequence[Columns], first_key: int) -> Block:
    """Labels as facts, in the order of their rows' times and sensors."""
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((whole["sensor"], whole["row_time"]))
    columns: dict[str, Column] = {name: column[order] for name, column in whole.items()}
    for name, texts in (
        ("kind", KINDS_OF_DEFECT), ("table_name", _TABLES), ("column_name", _COLUMNS),
    ):  # fmt: skip
        columns[name] = Text(whole[name][order].astype(np.int32), texts)
    columns["key"] = np.arange(first_key, first_key + len(order), dtype=np.int64)
    return Block("defect", len(order), columns)
