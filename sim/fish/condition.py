"""What ails the fish of every container: harm of the day, lasting damage, infections, lice.

Processes say what harms whom (an outbreak, a treatment, a bloom); the day's array step lets fish
die of it and eat less, and lets damage heal. Observers score fish by the same arrays, so that what
is recorded is what the fish had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.biology.mortality import deaths
from sim.core.arrays import ArrayPart, Arrays, Floats, Index, Span
from sim.core.streams import stream, uniform

Cause = Literal["DISEASE", "HANDLING", "PREDATION", "ENVIRONMENTAL", "UNKNOWN", "OTHER"]
CAUSES: tuple[Cause, ...] = (
    "DISEASE",
    "HANDLING",
    "PREDATION",
    "ENVIRONMENTAL",
    "UNKNOWN",
    "OTHER",
)
"""AquaMind's causes of death."""

HARMS = ("infection", "treatment", "environment", "lice", "cull")
"""What can kill fish besides the background: each has its own luck, so that none shifts another."""

HEALTH_PARAMETERS = (
    "gill",
    "eye",
    "wounds",
    "fin",
    "body",
    "swimming",
    "appetite",
    "mucous",
    "colour",
)
"""The parts and habits of a fish that are scored; damage to each is between 0 and 1."""


LICE_STAGES = (
    "copepodid",
    "chalimus 1",
    "chalimus 2",
    "pre-adult 1",
    "pre-adult 2",
    "adult male",
    "adult female",
    "caligus adult",
    "caligus juvenile",
)
"""The stages in which lice are on a fish: the salmon louse's, and two of Caligus elongatus."""


NEVER = -(10**6)
"""A day so long ago that whatever follows it after so many days has come."""


class Follower(Protocol):
    """State of fish that goes with them."""

    def settle(self, containers: Span, sources: Span, share: Floats) -> None:
        """Fish came from other containers and are now ``share`` of those here.

        No container comes twice: whose fish come from several sources gets them one by one.
        """

    def clear(self, containers: Span) -> None:
        """Nobody lives here any more."""


class Condition:
    """The health of every container's fish.

    Attributes:
        appetite: share of their appetite that the fish have today (1: all of it).
        damage: lasting damage per health parameter, shape (parameters, containers), 0 to 1.
        load: how far each disease has spread in a container, shape (diseases, containers), 0 to 1.
        lice: lice per fish by stage, shape (stages, containers).
        withheld_until: first day on which a container's fish may be slaughtered.
        deloused: last day on which any of a container's fish were treated against lice.
        scars: share of superior fish that scars downgrade at harvest.
        oxygen_loss: share of the water's oxygen that is missing today.
        followers: what else goes with the fish from container to container.
        reasons: (cause, description) of every reason to die, in order of first mention; of the
            whole company, once its geographies are joined. ``places`` of the causes in ``CAUSES``.
    """

    def __init__(self, arrays: ArrayPart, diseases: int, lice_stages: int) -> None:
        self.appetite = arrays.full("appetite", 1)
        # What fish carry with them is one array, so that it moves in one step.
        first, end = len(HEALTH_PARAMETERS), len(HEALTH_PARAMETERS) + diseases
        carried = self._carried = arrays.full("carried", 0, rows=end + lice_stages + 1)
        self.damage, self.load = carried[:first], carried[first:end]
        self.lice, self.scars = carried[end:-1], carried[-1]
        self.withheld_until = arrays.full("withheld_until", 0, np.int64)
        self.deloused = arrays.full("deloused", NEVER, np.int64)
        self.oxygen_loss = arrays.full("oxygen_loss", 0)
        self.followers: list[Follower] = []
        self.reasons: list[tuple[Cause, str]] = []
        self.places: list[int] = []
        self._keys: dict[tuple[Cause, str], int] = {}
        self._hazard = arrays.full("hazard today", 0, rows=len(HARMS))
        self._reason = arrays.full("reason today", 0, np.int64, rows=len(HARMS))
        self._harmed = np.zeros(len(HARMS), dtype=bool)

    @classmethod
    def of_company(cls, arrays: Arrays, parts: Sequence[Condition]) -> Condition:
        """The condition of all containers of several geographies, which share its reasons.

        Raises:
            ValueError: if they do not know the same reasons to die.
        """
        whole = cls(arrays.whole, len(parts[0].load), len(parts[0].lice))
        for cause, description in parts[0].reasons:
            whole.reason(cause, description)
        for part in parts:
            part._share(whole)  # noqa: SLF001 - of its own kind
        return whole

    def _share(self, whole: Condition) -> None:
        if self.reasons != whole.reasons:
            raise ValueError("geographies know different reasons to die")
        self.reasons, self.places, self._keys = whole.reasons, whole.places, whole._keys
        self._harmed = whole._harmed

    def reason(self, cause: Cause, description: str) -> int:
        """The number of a reason to die."""
        key = (cause, description)
        if key not in self._keys:
            self._keys[key] = len(self.reasons)
            self.reasons.append(key)
            self.places.append(CAUSES.index(cause))
        return self._keys[key]

    def add_hazard(
        self, what: str, containers: Index, hazard: Floats | float, reason: Index | int
    ) -> None:
        """Add to today's probability of death; the reason told is that of the greatest part."""
        row = HARMS.index(what)
        hazards, told = self._hazard[row], self._reason[row]
        if not self._harmed[row]:  # today's first harm of its kind
            self._harmed[row] = True
            hazards[containers], told[containers] = hazard, reason
            return
        before = hazards.take(containers)
        leads = hazard > before
        told[containers] = np.where(leads, reason, told.take(containers))
        hazards[containers] = before + hazard

    def add_damage(self, parameter: str, containers: Index, level: float) -> None:
        """Raise lasting damage: what is whole is damaged by ``level`` (0 to 1)."""
        row = self.damage[HEALTH_PARAMETERS.index(parameter)]
        before = row.take(containers)
        row[containers] = before + (1 - before) * min(max(level, 0.0), 1.0)

    def deepen_damage(self, parameter: str, containers: Index, level: Floats | float) -> None:
        """Damage a parameter to at least ``level``: what goes on stays as bad as it is."""
        row = self.damage[HEALTH_PARAMETERS.index(parameter)]
        row[containers] = np.maximum(row[containers], level)

    def reduce_appetite(self, containers: Index, appetite: Floats | float) -> None:
        """Let fish eat less today: shares of appetite multiply."""
        self.appetite[containers] *= appetite

    def withhold(self, containers: Index, until: int) -> None:
        """Nothing in these containers may be slaughtered before a day."""
        self.withheld_until[containers] = np.maximum(self.withheld_until[containers], until)

    def die(
        self, rows: Index, alive: Index, luck: NDArray[np.uint64], age: Index, tally: DeathTally
    ) -> Index:
        """Deaths of today's harms among the fish that the background spared.

        Args:
            rows: occupied containers.
            alive: their fish.
            luck: their streams; ``age`` the number that today takes of each.
            age: days since their batches started.
            tally: where deaths are noted, by cause.

        Returns:
            Deaths per row.
        """
        total = np.zeros(len(rows), dtype=np.int64)
        harms = self._harmed.nonzero()[0]
        if not len(harms):
            return total
        place, where = self._hazard.take(harms, axis=0).nonzero()
        at = rows.searchsorted(where)
        here = rows.take(at, mode="clip") == where
        by_container = np.argsort(at[here], kind="stable")  # each with its harms in their order
        harm, at = harms.take(place[here].take(by_container)), at[here].take(by_container)
        turn = np.arange(len(at)) - at.searchsorted(at)
        for number in range(int(turn.max(initial=-1)) + 1):  # everybody's first harm, then ...
            now = (turn == number).nonzero()[0]
            row, what = at.take(now), harm.take(now)
            there = what * self._hazard.shape[1] + rows.take(row)
            hazard = np.minimum(self._hazard.take(there), 1)
            draw = uniform(luck.take(row) ^ _LUCK.take(what), age.take(row))
            dead = deaths(alive.take(row) - total.take(row), hazard, draw)
            total[row] += dead
            tally.add(row, dead, self._reason.take(there))
        return total

    def end_day(self, healing_per_day: float) -> None:
        """Evening: today's harms are over; damage heals."""
        self._hazard[self._harmed] = 0.0
        self._harmed[:] = False
        self.appetite[:] = 1.0
        self.oxygen_loss[:] = 0.0
        self.damage *= 1 - healing_per_day

    def settle(self, containers: Span, sources: Span, share: Floats) -> None:
        """Fish came from other containers and are now ``share`` of those here.

        No container comes twice: whose fish come from several sources gets them one by one.
        """
        before = self._carried[:, containers]
        self._carried[:, containers] = before + share * (self._carried[:, sources] - before)
        for latest in (self.withheld_until, self.deloused):
            latest[containers] = np.maximum(latest[containers], latest[sources])
        for follower in self.followers:
            follower.settle(containers, sources, share)

    def clear(self, containers: Span) -> None:
        """Nobody lives here any more."""
        self._carried[:, containers] = self._hazard[:, containers] = 0.0
        self.appetite[containers] = 1.0
        self.withheld_until[containers] = 0
        self.deloused[containers] = NEVER
        for follower in self.followers:
            follower.clear(containers)


class DeathTally:
    """A day's deaths per container and cause: one row each, whatever they died of.

    Args:
        dead: deaths of the background, per row; ``reason`` what each row's died of.
        causes: place of every reason's cause in ``CAUSES``.
    """

    def __init__(self, dead: Index, reason: Index, causes: Sequence[int]) -> None:
        self._cause = np.array(causes, dtype=np.int64)
        place = np.arange(0, len(dead) * _WIDTH, _WIDTH) + self._cause.take(reason)
        self._dead = np.zeros(len(dead) * _WIDTH, dtype=np.int64)
        self._reason = np.empty(len(self._dead), dtype=np.int64)
        self._dead[place], self._reason[place] = dead, reason
        self._most = self._dead

    def add(self, at: Index, dead: Index, reason: Index) -> None:
        """Note deaths at some rows; of equal causes the reason with most deaths is told."""
        if self._most is self._dead:
            self._most = self._dead.copy()
        place = at * _WIDTH + self._cause.take(reason)
        self._dead[place] += dead
        leads = dead > self._most.take(place)
        place = place[leads]
        self._most[place], self._reason[place] = dead[leads], reason[leads]

    def columns(self) -> tuple[Index, Index, Index]:
        """The rows with deaths (a row for each of its causes), their counts and reasons."""
        place = self._dead.nonzero()[0]
        return place // _WIDTH, self._dead.take(place), self._reason.take(place)


_WIDTH = len(CAUSES)
_LUCK = np.array([stream(0, "purpose", "deaths", name) for name in HARMS], dtype=np.uint64)
