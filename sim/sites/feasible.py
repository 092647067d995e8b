"""Whether a scenario's plan can begin: what can only be checked once its batches are worked out."""

from __future__ import annotations

from sim.scenario import Scenario, ScenarioError
from sim.scenario.loader import Loaded
from sim.scenario.problems import PlanProblem, problem_at
from sim.scenario.tree import place_of
from sim.sites.opening_feed import opening_feed
from sim.sites.schedule import Plan, make_plan


def feasible_plan(loaded: Loaded[Scenario]) -> Plan:
    """Work out a scenario's plan, and whether the feed of its first day fits into it.

    Raises:
        ScenarioError: it cannot begin.
    """
    try:
        plan = make_plan(loaded.scenario)
        opening_feed(loaded.scenario, plan)
    except PlanProblem as error:
        raise located(loaded, error) from None
    return plan


def located(loaded: Loaded[Scenario], error: PlanProblem) -> ScenarioError:
    """What is wrong with a plan, each problem where the scenario says what it is about."""
    return ScenarioError(
        problem_at(place_of(loaded.root, path), path, text) for path, text in error.items
    )
