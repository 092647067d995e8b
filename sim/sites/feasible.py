"""Whether a scenario's plan can begin: what can only be checked once its batches are worked out."""

from __future__ import annotations

from sim.scenario import Scenario, ScenarioError
from sim.scenario.loader import Loaded
from sim.scenario.problems import PlanProblem, problem_at
from sim.scenario.tree import place_of
from sim.sites.opening_feed import opening_feed
from sim.sites.schedule import Plan, make_plan
from sim.sites.written import too_long


def feasible_plan(loaded: Loaded[Scenario]) -> Plan:
    """Work out a scenario's plan, whether its names fit their columns and its feed its stores.

    Raises:
        ScenarioError: it cannot begin.
    """
    try:
        plan = make_plan(loaded.scenario)
    except PlanProblem as error:
        raise located(loaded, error) from None
    findings = too_long(loaded.scenario, plan)
    try:
        opening_feed(loaded.scenario, plan)
    except PlanProblem as error:
        findings += error.items
    if findings:
        raise located(loaded, PlanProblem(findings))
    return plan


def located(loaded: Loaded[Scenario], error: PlanProblem) -> ScenarioError:
    """What is wrong with a plan, each problem where the scenario says what it is about."""
    return ScenarioError(
        problem_at(place_of(loaded.root, path), path, text) for path, text in error.items
    )
