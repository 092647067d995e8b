"""A treatment's row: one per container that was treated, whatever it was treated with."""

from __future__ import annotations

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import microseconds
from sim.core.journal import Record


def record_treatment(
    farm: Farm,
    batch: Batch,
    container: int,
    entry: Record,
    *,
    kind: str,
    description: str,
    dosage: str,
    days: int,
    withheld_days: int,
    vaccine: int | None = None,
    weighed: bool = False,
) -> Record:
    """Write down that a container is treated from today on; the outcome is not known yet.

    Args:
        farm: its geography.
        batch: whose fish they are.
        container: where they are.
        entry: the journal entry about it.
        kind: AquaMind's treatment type.
        description: what was given against what.
        dosage: how much of it.
        days: how long.
        withheld_days: days before the fish may be eaten.
        vaccine: key of the vaccination type.
        weighed: whether the fish were weighed meanwhile.
    """
    now = farm.env.now
    return farm.lane.create(
        "treatment",
        now,
        treatment_date=microseconds(now),
        treatment_type=kind,
        description=description,
        dosage=dosage,
        duration_days=days,
        withholding_period_days=withheld_days,
        outcome="pending",
        batch=batch.row.key,
        batch_assignment=farm.stock.assignment.item(container),
        container=container,
        vaccination_type=vaccine,
        includes_weighing=weighed,
        sampling_event=None,
        journal_entry=entry.key,
    )
