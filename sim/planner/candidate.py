"""A candidate: one schedule, batch by batch, with everything that is known about it.

A candidate is made by the scenario's own rule for regular starts, and then written down entry by
entry: what is proved is what is written and run. An entry that is called as it would be called
anyway meets the luck that it would meet anyway (see ``sim.sites.schedule``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.clock import date_of
from sim.planner.calendar import CalendarOutlook, look_ahead, when_broken
from sim.planner.demand import Demand, demand_of
from sim.planner.formula import StartSpan, Verdict, judge
from sim.planner.limits import Excess, Limits
from sim.planner.proof import SLACK_DAYS, Proof
from sim.scenario import Scenario
from sim.scenario.knobs.company import ScheduleEntry
from sim.sites.schedule import Plan, make_plan

FORMULA, CALENDAR, SIMULATION = "formula", "calendar", "simulation"


@dataclass(slots=True)
class Candidate:
    """A schedule that was examined.

    Attributes:
        stagger: days between starts; of a schedule given batch by batch, their mean.
        scenario: with an entry for every batch, and the end that a run of it has.
        verdict, outlook: what is known on paper; ``proof`` None if that was enough.
    """

    stagger: int
    scenario: Scenario
    plan: Plan
    demand: Demand
    verdict: Verdict
    outlook: CalendarOutlook
    proof: Proof | None = None

    @property
    def batches(self) -> int:
        """How many batches it has."""
        return len(self.plan.batches)

    @property
    def decided_by(self) -> str:
        """What showed whether it works."""
        if self.proof is not None:
            return SIMULATION
        return FORMULA if self.verdict.broken else CALENDAR

    @property
    def needs_no_proof(self) -> bool:
        """Whether it is clear on paper that it does not work."""
        return bool(self.verdict.broken) or self.outlook.clear

    @property
    def works(self) -> bool:
        """Whether it was proved to work."""
        return self.proof is not None and self.proof.holds

    @property
    def no_stagger_helps(self) -> bool:
        """Whether it fails for what a single batch asks too much of, whatever the others do."""
        small = {f"{pool.kind} of {pool.geography}" for pool in self.verdict.pools
                 if pool.breaks and pool.smallest_stagger is None}  # fmt: skip
        return bool(self.excesses) and all(excess.pool in small for excess in self.excesses)

    @property
    def excesses(self) -> list[Excess]:
        """What breaks."""
        if self.proof is not None:
            return self.proof.excesses
        if self.verdict.broken:
            return when_broken(self.scenario, self.demand, self.verdict)
        return self.outlook.excesses if self.outlook.clear else []

    def to_prove(self) -> tuple[Scenario, int]:
        """The scenario to simulate until every batch is harvested, and that day."""
        until = max(self.demand.last_day + SLACK_DAYS, self.plan.end_day)
        schedule = self.scenario.schedule.model_copy(update={"end": date_of(until)})
        return self.scenario.model_copy(update={"schedule": schedule}), until


def regular(scenario: Scenario, stagger: int, span: StartSpan, limits: Limits) -> Candidate:
    """A schedule of batches so many days apart, taking turns between the geographies."""
    schedule = scenario.schedule.model_copy(
        update={"batches": span.batches_at(stagger), "stagger_days": stagger, "entries": []}
    )
    alike = [g.model_copy(update={"batches": None, "stagger_days": None})
             for g in scenario.geographies]  # fmt: skip
    plan = make_plan(scenario.model_copy(update={"schedule": schedule, "geographies": alike}))
    return _examined(scenario, plan, stagger, span, limits)


def as_given(scenario: Scenario, limits: Limits) -> Candidate:
    """The schedule that a scenario has, batch by batch or with its geographies' own numbers."""
    plan = make_plan(scenario)
    count = len(plan.batches)
    gaps = plan.batches[-1].start - plan.batches[0].start
    stagger = max(1, round(gaps / max(count - 1, 1)))
    return _examined(scenario, plan, stagger, StartSpan(None, count), limits)


def _examined(
    scenario: Scenario, plan: Plan, stagger: int, span: StartSpan, limits: Limits
) -> Candidate:
    written = _written_out(scenario, plan, stagger)
    plan = make_plan(written)
    demand = demand_of(written, plan)
    verdict = judge(written, demand, stagger, limits.saturation, span)
    return Candidate(stagger, written, plan, demand, verdict, look_ahead(written, demand, limits))


def _written_out(scenario: Scenario, plan: Plan, stagger: int) -> Scenario:
    """The scenario with an entry for every batch of a plan; weights in whole grams."""
    entries = [
        ScheduleEntry(
            geography=scenario.geographies[batch.geography].name,
            start=date_of(batch.start),
            batch_number=batch.name,
            station=batch.station + 1,
            eggs=batch.eggs,
            target_weight_kg=round(batch.target_g / 1000, 3),
        )
        for batch in plan.batches
    ]
    schedule = scenario.schedule.model_copy(
        update={
            "start": None,
            "end": date_of(plan.end_day),
            "batches": len(entries),
            "stagger_days": stagger,
            "entries": entries,
        }
    )
    return scenario.model_copy(update={"schedule": schedule})
