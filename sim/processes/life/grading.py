"""Grading: on the eve of a planned move, fish that will never do well are taken out and killed.

They are culls, not losses of the move: AquaMind keeps them apart from deaths in a transfer, as
mortality events of the cause OTHER that say "cull".
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import HEALTH
from sim.processes.health.vaccination import containers_of

CULL = "cull"


def grade(farm: Farm, batch: Batch, due: int) -> Generator[simpy.Event, object, None]:
    """Grade the batch on the day before it is planned to move on, wherever it waits by then.

    Args:
        farm: its geography.
        batch: whose fish are graded.
        due: the day that is planned for its next move.
    """
    share = farm.stages[batch.stage].graded_out_percent / 100
    if not share:
        return
    yield farm.at(due - 1, HEALTH)
    units = containers_of(farm, batch)
    if len(units):
        batch.gradings.append((farm.today, round(share * int(farm.stock.count[units].sum()))))
        culls = batch.gradings[-1][1]
        farm.log.add(batch.name, "graded: about {:,} fish are taken out", culls, minor=True)
        condition = farm.stock.condition
        condition.add_hazard("cull", units, share, condition.reason("OTHER", CULL))
