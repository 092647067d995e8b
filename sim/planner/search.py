"""The search for the largest schedule that works.

Assumed, and to be kept in mind: a schedule with a wider stagger works if a narrower one does. That
holds for the formula, and for waits on the whole; by luck a schedule may miss a limit by a hair
where a narrower one keeps it. The search trusts it: it starts at the stagger that was asked for,
looks at the smallest one that the formula allows, then halves what lies between one that works and
one that does not. What formula or calendar refuse costs nothing; simulations are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sim.planner.candidate import Candidate, as_given, regular
from sim.planner.formula import MOST_STAGGER_DAYS, StartSpan
from sim.planner.limits import Limits
from sim.planner.proof import prove
from sim.scenario import Scenario


class SearchWatcher(Protocol):
    """Whoever watches a search."""

    def begin(self, candidate: Candidate) -> None:
        """A candidate is about to be simulated."""

    def reached(self, day: int, end: int) -> None:
        """How far its simulation is."""

    def decided(self, candidate: Candidate) -> None:
        """It is known whether a candidate works."""


@dataclass(slots=True)
class Search:
    """Candidates by stagger, each examined once.

    Attributes:
        span: how many batches there are at a stagger.
        most: simulations at most.
        tried: candidates in the order in which they were decided.
    """

    scenario: Scenario
    span: StartSpan
    limits: Limits
    most: int
    watcher: SearchWatcher
    simulated: int = 0
    tried: list[Candidate] = field(default_factory=list)

    def examine(self, stagger: int) -> Candidate | None:
        """Decide whether a stagger works; None if that takes one simulation too many."""
        for known in self.tried:
            if known.stagger == stagger:
                return known
        return self._decide(lambda: regular(self.scenario, stagger, self.span, self.limits))

    def examine_given(self) -> Candidate:
        """Decide whether the scenario's own schedule works."""
        found = self._decide(lambda: as_given(self.scenario, self.limits))
        if found is None:
            raise RuntimeError("there was no simulation left for the first candidate")
        return found

    def _decide(self, make: Callable[[], Candidate]) -> Candidate | None:
        candidate = make()
        if not candidate.needs_no_proof:
            if self.simulated >= self.most:
                return None
            self.simulated += 1
            self.watcher.begin(candidate)
            scenario, until = candidate.to_prove()
            candidate.proof = prove(
                scenario, candidate.batches, until, self.limits, self.watcher.reached
            )
        self.tried.append(candidate)
        self.watcher.decided(candidate)
        return candidate

    def largest(self, asked: Candidate) -> tuple[Candidate | None, bool]:
        """The largest schedule that works.

        Args:
            asked: the candidate that the search starts at.

        Returns:
            That schedule, None if none was found, and whether the next smaller stagger is known not
            to work (else simulations ran out).
        """
        low, best = (0, asked) if asked.works else (asked.stagger, self._wider(asked))
        if best is None:
            return None, False
        failed = [known.stagger for known in self.tried if not known.works]
        low = max([low, *(stagger for stagger in failed if stagger < best.stagger)])
        probe = max(asked.verdict.smallest_stagger or 1, low + 1)
        while best.stagger - low > 1:
            probe = min(probe, best.stagger - 1)
            stagger = probe if probe > low else (low + best.stagger) // 2
            candidate = self.examine(stagger)
            if candidate is None:
                return best, False
            if candidate.works:
                best, probe = candidate, stagger - 1
            else:
                low, probe = stagger, 0
        return best, True

    def _wider(self, asked: Candidate) -> Candidate | None:
        """The first of ever wider staggers that works."""
        smallest = asked.verdict.smallest_stagger
        if smallest is None or asked.no_stagger_helps:
            return None
        stagger, step = max(smallest, asked.stagger + 1), 1
        while stagger <= MOST_STAGGER_DAYS and self.span.batches_at(stagger) > 0:
            candidate = self.examine(stagger)
            if candidate is None or candidate.works:
                return candidate
            if candidate.no_stagger_helps:
                return None
            stagger, step = stagger + step, 2 * step
        return None
