"""What a plan is asked for, and what comes of it: the one entry point for the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from sim.planner.candidate import Candidate
from sim.planner.formula import DAYS_PER_YEAR, StartSpan, span_of_years
from sim.planner.limits import Limits
from sim.planner.search import Search, SearchWatcher
from sim.scenario import Scenario
from sim.sites.schedule import make_plan


class AskProblem(Exception):  # noqa: N818 - a message for the user
    """Why what was asked for makes no sense."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a planner asks for; None where the scenario's own figures count.

    Attributes:
        years: in which batches start; ``stagger`` days between them; ``batches`` their number.
        search: whether to look for the largest schedule; ``most`` simulations at most.
    """

    years: float | None = None
    stagger: int | None = None
    batches: int | None = None
    limits: Limits = field(default_factory=Limits)
    search: bool = True
    most: int = 7


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    Attributes:
        asked: the schedule that was asked for, or the scenario's own.
        named: whether a stagger was asked for (or a number of batches in so many years), or a
            schedule given: then only that will do.
        largest: the largest schedule that works, if one was looked for and found; ``closed``:
            whether a stagger of one day less is known not to work.
        tried: every candidate in the order in which it was decided.
    """

    asked: Candidate
    named: bool
    largest: Candidate | None
    closed: bool
    tried: tuple[Candidate, ...]

    @property
    def chosen(self) -> Candidate | None:
        """The schedule to write: the one that was named, or else the largest that works."""
        if self.named:
            return self.asked if self.asked.works else None
        return self.largest or (self.asked if self.asked.works else None)


def plan_schedule(scenario: Scenario, ask: Ask, watcher: SearchWatcher) -> Answer:
    """Prove the schedule that is asked for, and look for the largest that works.

    Raises:
        AskProblem: the figures contradict each other, or no batch would start.
    """
    sized = any(value is not None for value in (ask.years, ask.stagger, ask.batches))
    own = scenario.schedule.entries or any(
        g.batches is not None or g.stagger_days is not None for g in scenario.geographies
    )
    span, stagger = _asked(scenario, ask)
    search = Search(scenario, span, ask.limits, ask.most, watcher)
    if own and not sized:
        asked = search.examine_given()
        return Answer(asked, True, None, False, tuple(search.tried))
    found = search.examine(stagger)
    if found is None:
        raise AskProblem("no simulation is allowed: at least one is needed")
    largest, closed = search.largest(found) if ask.search else (None, False)
    named = ask.stagger is not None or (ask.batches is not None and ask.years is not None)
    return Answer(found, named, largest, closed, tuple(search.tried))


def _asked(scenario: Scenario, ask: Ask) -> tuple[StartSpan, int]:
    """How many batches there are at a stagger, and the stagger to begin with."""
    schedule = scenario.schedule
    years = None if ask.years is None else span_of_years(ask.years)
    if ask.batches is not None:
        stagger = ask.stagger or schedule.stagger_days
        if years is not None and years.days is not None:
            stagger = ask.stagger or max(1, int(years.days / ask.batches))
            if ask.batches > years.batches_at(stagger):
                raise AskProblem(
                    f"{ask.batches} batches {stagger} days apart take"
                    f" {ask.batches * stagger / DAYS_PER_YEAR:.2f} years, not {ask.years:g}"
                )
        return StartSpan(None, ask.batches), stagger
    stagger = ask.stagger or schedule.stagger_days
    if years is None:
        years = _own_span(scenario)
    if years.batches_at(stagger) < 1:
        raise AskProblem(f"no batch starts: the time is shorter than a stagger of {stagger} days")
    return years, stagger


def _own_span(scenario: Scenario) -> StartSpan:
    """For how long the scenario's own batches start."""
    schedule = scenario.schedule
    if not schedule.entries:
        return StartSpan(Fraction(schedule.batches * schedule.stagger_days), None)
    batches = make_plan(scenario).batches
    days = batches[-1].start - batches[0].start
    return StartSpan(Fraction(days + max(1, round(days / max(len(batches) - 1, 1)))), None)
