"""Hatching: eggs hatch when they have had enough warmth, and somebody writes it down.

Warmth is counted in degree-days: the sum of the water's daily temperatures since the eggs were
laid down. Nothing else depends on it here, since an alevin and an egg share a stage; what it gives
is a date to compare with what hatcheries report.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import HEALTH
from sim.processes.health.journal import note


def hatch(farm: Farm, batch: Batch) -> Generator[simpy.Event, Any, None]:
    """Follow a batch's eggs until they hatch, or are moved out of the hatchery before."""
    units = np.array(batch.places[0].grant.units)
    needed, warmth = farm.scenario.projections.hatch_degree_days, 0.0
    while batch.stage == 0 and batch.alive:
        warmth += float(farm.stock.temperature(units, farm.today).mean())
        if warmth >= needed:
            yield farm.at(farm.today, HEALTH)
            text = f"The eggs hatch on day {batch.age_on(farm.today)}, after {warmth:,.0f}"
            note(farm, batch, None, "observation", f"{text} degree-days", tags=("hatching",))
            farm.log.add(batch.name, "the eggs hatch, after {:,.0f} degree-days", warmth)
            return
        yield farm.at(farm.today + 1, HEALTH)
