"""A batch at run time: its plan, its row and where its fish are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.journal import Record
from sim.resources.containers import ContainerPool, Grant
from sim.resources.feed import FeedStore
from sim.schedule import BatchPlan


@dataclass(slots=True)
class Place:
    """Where a batch lives in one stage: what it was granted, and the day it moved in."""

    order: int
    pool: ContainerPool
    grant: Grant
    site: int
    since: int
    stores: list[FeedStore]


@dataclass(slots=True, eq=False)
class Batch:
    """One batch: the actor that claims places, moves, eats and is harvested.

    Attributes:
        row: its entity; ``start`` the day its eggs were laid down.
        stage: order of the stage its fish are in (the destination's, during a move).
        tables: which of its containers eat from which feed store.
        short: open records of short rations, by store or site.
    """

    plan: BatchPlan
    row: Record
    start: int
    alive: bool = True
    stage: int = 0
    places: list[Place] = field(default_factory=list)
    tables: list[tuple[FeedStore, NDArray[np.int64]]] = field(default_factory=list)
    short: dict[str, Record] = field(default_factory=dict)
    harvested: int = 0

    @property
    def name(self) -> str:
        """The batch number."""
        return self.plan.name
