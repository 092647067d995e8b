"""A batch at run time: its plan, its row and where its fish are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.core.arrays import Span, span
from sim.core.clock import FIRST_DAY_NUMBER
from sim.core.journal import Record
from sim.resources.containers import ContainerPool, Grant
from sim.resources.feed import FeedStore
from sim.sites.schedule import BatchPlan


@dataclass(slots=True)
class Place:
    """Where a batch lives in one stage: what it was granted, and the day it moved in.

    Args:
        served: of every container, which of the stores serves it.

    Attributes:
        stores: the feed stores of its site.
        units: the containers of its grant, as an array; ``span`` their places in arrays over all.
        seats: each store with those of them that it serves.
    """

    order: int
    pool: ContainerPool
    grant: Grant
    site: int
    since: int
    stores: list[FeedStore]
    served: InitVar[NDArray[np.int64]]
    units: NDArray[np.int64] = field(init=False)
    span: Span = field(init=False)
    seats: list[tuple[FeedStore, NDArray[np.int64]]] = field(init=False)

    def __post_init__(self, served: NDArray[np.int64]) -> None:
        self.units = np.array(self.grant.units, dtype=np.int64)
        self.span = span(self.grant.units)
        self.seats = [
            (store, self.units[served == number]) for number, store in enumerate(self.stores)
        ]


class Traits(NamedTuple):
    """What a stage's containers have of their own, in the order of a place's units.

    Attributes:
        luck: keys of their streams; ``growth`` and ``fcr`` those of their fish.
    """

    luck: NDArray[np.uint64]
    growth: NDArray[np.float64]
    fcr: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What planners expected of a batch on its first day.

    Attributes:
        scenario: key of its scenario.
        profile: key of its temperature profile; ``degc`` that profile, from the first day on.
        constraints: key of the batch's biological constraints.
        harvest_day: evening on which it would reach its target.
        transfer_g: weight on the eve of the sea; None if it never goes there.
    """

    scenario: int
    profile: int
    profile_name: str
    degc: NDArray[np.float64]
    constraints: int
    harvest_day: int
    transfer_g: float | None


class FeedLine(NamedTuple):
    """What one store feeds of a batch in one stage: some of its containers.

    Attributes:
        order: of the stage.
        head: the first of the containers: in arrays over containers, what the line as a whole asks
            for and gets stands at its place.
    """

    store: FeedStore
    order: int
    containers: NDArray[np.int64]
    head: int


@dataclass(slots=True, eq=False)
class Batch:
    """One batch: the actor that claims places, moves, eats and is harvested.

    Attributes:
        row: its entity; ``start`` the day its eggs were laid down.
        stage: order of the stage its fish are in (the destination's, during a move).
        feed_lines: which of its containers eat from which feed store.
        called: the event that calls it to ask its stores for its rations of a day.
        short: open records of short rations, by store or site.
        harvested: fish that were harvested so far, and ``harvested_kg``, their live weight.
        harvesting: whether it is ready for harvest: nothing is given to it any more.
        died_out: whether its last fish died, so that it ended without (all of) a harvest.
        story: the process that lives its life; ``coming`` a place that it has but did not enter.
        end_move: tells that the move under way is over, if there is one.
        entered: day on which it came to the hatchery, to fresh water and to sea, by role.
        fcr: its FCR relative to its stages', once it was drawn; ``traits`` of each stage.
        protection: how well vaccination protects it, 0 to 1.
        outbreaks: names of the diseases that it has, or had.
        delousings: (first day, treatment) of its treatments against lice; ``last_deloused`` the
            last day on which any of its fish got each.
        gradings: (day, culls expected) of its gradings.
        lab_samples: how many samples of it went to the laboratory.
        activities: what is planned for it, by the name of the template.
        baseline: its projection, which live forecasts are compared with.
    """

    plan: BatchPlan
    row: Record
    start: int
    alive: bool = True
    died_out: bool = False
    story: simpy.Process | None = None
    coming: Place | None = None
    end_move: Callable[[], None] | None = None
    stage: int = 0
    places: list[Place] = field(default_factory=list)
    feed_lines: list[FeedLine] = field(default_factory=list)
    called: simpy.Event | None = None
    short: dict[str, Record] = field(default_factory=dict)
    harvested: int = 0
    harvested_kg: float = 0.0
    lab_samples: int = 0
    baseline: Baseline | None = None
    activities: dict[str, Record] = field(default_factory=dict)
    harvesting: bool = False
    protection: float = 0.0
    fcr: float | None = None
    traits: list[Traits] = field(default_factory=list)
    entered: dict[str, int] = field(default_factory=dict)
    outbreaks: set[str] = field(default_factory=set)
    delousings: list[tuple[int, str]] = field(default_factory=list)
    last_deloused: dict[str, int] = field(default_factory=dict)
    gradings: list[tuple[int, int]] = field(default_factory=list)

    @property
    def leaving(self) -> bool:
        """Whether nothing is given to it any more: it is ready for harvest, or gone."""
        return self.harvesting or not self.alive

    @property
    def is_harvested(self) -> bool:
        """Whether its harvest is complete."""
        return not self.alive and not self.died_out

    @property
    def ending(self) -> str:
        """How it ended, in a sentence for people."""
        return "The batch has died out" if self.died_out else "The batch has been harvested"

    @property
    def name(self) -> str:
        """The batch number."""
        return self.plan.name

    def age_on(self, day: int) -> int:
        """Days since its start: the day of its life, from 0."""
        return day - self.start

    def day_at(self, age_days: int) -> int:
        """The day on which it is so many days old."""
        return self.start + age_days

    def day_number(self, day: int) -> int:
        """AquaMind's number of a day, from 1 on the start."""
        return self.age_on(day) + FIRST_DAY_NUMBER

    @property
    def units(self) -> NDArray[np.int64]:
        """The containers of its places, in the order of the places."""
        if len(self.places) == 1:
            return self.places[0].units
        return np.concatenate([_NO_UNITS, *(place.units for place in self.places)])


_NO_UNITS = np.empty(0, dtype=np.int64)
