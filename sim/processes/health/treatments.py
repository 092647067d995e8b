"""A treatment's row: one per container that was treated, whatever it was treated with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import microseconds
from sim.core.journal import Record


@dataclass(frozen=True, slots=True)
class Aim:
    """What a treatment is against, and what is given.

    AquaMind says so only in the description, unless the treatment is a vaccination.
    """

    kind: Literal["delousing", "cure"]
    against: str
    given: str

    @property
    def description(self) -> str:
        """How AquaMind is told."""
        return f"{self.given} against {self.against}"


def record_treatment(
    farm: Farm,
    batch: Batch,
    container: int,
    entry: Record,
    *,
    kind: str,
    what: Aim | str,
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
        what: what was given against what; of a vaccination its description.
        dosage: how much of it.
        days: how long.
        withheld_days: days before the fish may be eaten.
        vaccine: key of the vaccination type.
        weighed: whether the fish were weighed meanwhile.
    """
    now = farm.env.now
    record = farm.lane.create(
        "treatment",
        now,
        treatment_date=microseconds(now),
        treatment_type=kind,
        description=what.description if isinstance(what, Aim) else what,
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
    if isinstance(what, Aim) and farm.lane.recording:
        farm.lane.create(
            "treatment_aim",
            now,
            treatment=record.key,
            kind=what.kind,
            against=what.against,
            given=what.given,
        )
    return record
