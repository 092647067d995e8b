"""Fish that nobody harvested: the last of a container, and the last of a batch, die.

In the evening on which its last fish died a container's assignment ends: that day was its last. The
container stays the batch's until the batch gives back all of its place. When no container has fish
any more the batch has died out: it ends that day, and is not harvested. Its row says so
(``TERMINATED``), a move that was under way is as complete as it will be, its plan is closed.

What it waited for is withdrawn and its places are given back in the next morning, when such things
are done (:func:`clear`).
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.company.log import listed
from sim.core.clock import MOVE
from sim.processes.life.stocking import empty_containers, lay_feed_lines, leave_place
from sim.processes.office.activities import close_plan

Story = Generator[simpy.Event, object, None]


def bury(farm: Farm) -> None:
    """In the evening: close the containers whose last fish died, and the batches that died out."""
    stock = farm.stock
    dead = ((stock.count == 0) & (stock.batch >= 0)).nonzero()[0]
    if not len(dead):
        return
    of_batch: dict[int, list[int]] = {}
    for unit in dead.tolist():
        of_batch.setdefault(stock.batch.item(unit), []).append(unit)
    for key, units in of_batch.items():
        batch = farm.batches[key]
        empty_containers(farm, units, farm.today + 1)
        lay_feed_lines(farm, batch)
        if farm.log.on:
            names = listed([farm.layout.names[unit] for unit in units])
            farm.log.add(batch.name, "no fish is left alive in {}", names, minor=True)
        if not (stock.batch == key).any():
            _die_out(farm, batch)


def _die_out(farm: Farm, batch: Batch) -> None:
    batch.alive, batch.died_out = False, True
    if batch.end_move is not None:
        batch.end_move()
    close_plan(farm, batch)
    farm.records.note_end(batch.row.key, farm.today + 1)
    farm.lane.change(batch.row, farm.env.now, status="TERMINATED", actual_end_date=farm.today)
    farm.log.add(batch.name, "died out in {}", farm.stages[batch.stage].name)
    if batch.story is not None:
        batch.story.interrupt("died out")


def clear(farm: Farm, batch: Batch) -> Story:
    """Give back everything that a batch that has died out still holds, in the morning after."""
    yield farm.at(int(batch.row.values["actual_end_date"] or 0) + 1, MOVE)
    for place in [*batch.places, *([batch.coming] if batch.coming else [])]:
        leave_place(farm, batch, place)
