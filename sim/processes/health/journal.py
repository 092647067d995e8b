"""The health journal: what the people at a site noticed, did and found out.

AquaMind's journal has no column for tags, so they stand at the end of the description, as
``[gill, outbreak]``, for people; for queries each is a row of ``smoltflow_journal_tag``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import microseconds
from sim.core.journal import Record

Category = Literal[
    "observation", "issue", "action", "diagnosis", "treatment", "vaccination", "sample"
]
Severity = Literal["low", "medium", "high"]


def note(
    farm: Farm,
    batch: Batch,
    container: int | None,
    category: Category,
    text: str,
    *,
    severity: Severity = "low",
    tags: Sequence[str] = (),
    open_until_resolved: bool = False,
) -> Record:
    """Write an entry about a batch, or about one of its containers; none where nobody records."""
    if not farm.lane.recording:
        return _UNWRITTEN
    entry = farm.lane.create(
        "journal_entry",
        farm.env.now,
        entry_date=microseconds(farm.env.now),
        category=category,
        severity=severity,
        description=f"{text} [{', '.join(tags)}]" if tags else text,
        resolution_status=not open_until_resolved,
        resolution_notes="",
        batch=batch.row.key,
        container=container,
    )
    for tag in tags:
        farm.lane.create("journal_tag", farm.env.now, entry=entry.key, tag=tag)
    return entry


def resolve(farm: Farm, entry: Record, text: str) -> None:
    """What an entry told is over."""
    if entry is not _UNWRITTEN:
        farm.lane.change(entry, farm.env.now, resolution_status=True, resolution_notes=text)


_UNWRITTEN = Record("journal_entry", -1, {})
