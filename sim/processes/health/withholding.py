"""Withholding: fish that were given something may not be eaten for a while.

So nobody gives it shortly before harvest; whoever did must wait with the harvest.
"""

from __future__ import annotations

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.elementary import cbrt


def days_to_harvest(farm: Farm, batch: Batch) -> float:
    """Days until the batch weighs its target, growing by today's temperature."""
    units = batch.units
    units = units[farm.stock.batch[units] == batch.row.key]
    degc = max(float(farm.stock.temperature(units, farm.today).mean()), 1.0)
    tgc = farm.stages[batch.stage].tgc / 1000
    now = float(farm.stock.weight_g[units].mean())
    return (cbrt(batch.plan.target_g) - cbrt(now)) / max(tgc * degc, 1e-9)


def may_withhold(farm: Farm, batch: Batch, days: int) -> bool:
    """Whether something with a withholding time may still be given."""
    if not days:
        return True
    margin = farm.scenario.outbreaks.harvest_margin_days
    return farm.stages[batch.stage].role != "sea" or days_to_harvest(farm, batch) > days + margin
