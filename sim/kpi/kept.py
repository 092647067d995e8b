"""For how long a wait kept a batch: not every day of waiting is one that it lost.

How waits for a kind of pool keep a batch is said by its entry in :mod:`sim.resources.kinds`:

- **From due**: tanks and rings. A batch claims its next place some days ahead of its move; it is
  kept only from the day on which the move is due by its present stage. One that waits for its first
  place is kept from starting.
- **While waiting**: wellboats. It is kept for as long as it waits.
- **As outgrown**: the plant, and treated fish that may not be eaten yet. A batch asks the plant
  ahead of time, reckoning with the queue, and its fish grow towards their target while they wait.
  It is kept for the days by which they outgrew the target (mean weight of all its fish), at the
  pace at which they had grown at sea: the cube root of weight grows evenly with degree-days. That
  is at most as long as it waited; what was lost to treatments comes first, since it asks the plant
  after that.
- A wait for a treatment vessel, a delivery or better weather keeps no batch, however much it harms.
"""

from __future__ import annotations

import numpy as np

from sim.core.arrays import Floats
from sim.core.clock import MOVE
from sim.core.elementary import cbrt
from sim.kpi.measures import Measures
from sim.resources.kinds import REASONS


def kept_by_waits(measures: Measures) -> Floats:
    """Days for which each wait kept a batch where it was, or from starting."""
    waits, rows = measures.waits, measures.batch_row(measures.waits)
    lasted = waits["until"] - waits["since"]
    pool_kind, keeps = waits["pool_kind"], measures.keeps()
    kept = np.zeros(len(lasted))
    outgrown = days_outgrown(measures)
    # What was lost to treatments comes before what the plant made late: reasons before pools.
    for name, how in sorted(keeps.items(), key=lambda each: each[0] not in REASONS):
        of_kind = np.flatnonzero(pool_kind == name)
        if how == "while waiting":
            kept[of_kind] = lasted[of_kind]
        elif how == "from due":
            for number in of_kind.tolist():
                row = int(rows[number])
                ready = _move_due(measures, row, waits["since"][number]) if row >= 0 else -np.inf
                kept[number] = max(0.0, waits["until"][number] - max(waits["since"][number], ready))
        else:
            for number in of_kind[rows[of_kind] >= 0].tolist():
                row = rows[number]
                kept[number] = min(lasted[number], outgrown[row])
                outgrown[row] -= kept[number]
    return kept


def _move_due(measures: Measures, row: int, now: float) -> float:
    """When the next move of a batch is due, by its plan and its arrival in its present stage."""
    moves, stages = measures.transitions, len(measures.stages)
    own = slice(row * stages, (row + 1) * stages)  # every batch has a row for each stage, in order
    arrived, due = moves["arrived"][own], moves["due"][own].astype(np.float64)
    due[0] = measures.batches["start"][row]
    present = int(((arrived >= 0) & (arrived <= now)).sum()) - 1
    if present + 1 >= stages:
        return np.inf
    return float(arrived[present] + due[present + 1] - due[present] + MOVE)


def days_outgrown(measures: Measures) -> Floats:
    """Days by which each batch's fish outgrew their target, at the pace of their last stage."""
    batches, moves, sold = measures.batches, measures.transitions, measures.harvests
    last = moves["order"] == min(measures.sea_order, len(measures.stages) - 1)
    came = measures.per_batch(moves, moves["fish"], last)
    came_kg = measures.per_batch(moves, moves["kg"], last)
    arrived = measures.per_batch(moves, moves["arrived"], last)
    alive, alive_kg = batches["alive"], batches["alive_kg"]
    fish = measures.per_batch(sold, sold["fish"]) + alive
    kg = measures.per_batch(sold, sold["live_kg"]) + alive_kg
    fish_days = measures.per_batch(sold, sold["fish"] * sold["day"]) + alive * measures.end_day
    known = (came > 0) & (fish > 0)
    first = cbrt(_grams(came_kg, came))
    size, target = cbrt(_grams(kg, fish)), cbrt(batches["target_g"])
    days = fish_days / np.maximum(fish, 1) - arrived
    pace = (size - first) / np.maximum(days, 1.0)
    known &= pace > 0
    return np.where(known, np.maximum(size - target, 0.0) / np.where(known, pace, 1.0), 0.0)


def _grams(kg: Floats, fish: Floats) -> Floats:
    return np.asarray(1000 * kg / np.maximum(fish, 1))
