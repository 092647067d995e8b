"""Scenarios: what is simulated, given as YAML files and checked before anything starts."""

from sim.scenario.loader import Loaded, load
from sim.scenario.model import Scenario
from sim.scenario.problems import Problem, ScenarioError

__all__ = ["Loaded", "Problem", "Scenario", "ScenarioError", "load"]
