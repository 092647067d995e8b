"""A scenario: the knobs of a company and its plan, which agree with one another."""

from __future__ import annotations

from pydantic import model_validator

from sim.scenario.checks import check_plan
from sim.scenario.knobs.company import CompanyKnobs


class Scenario(CompanyKnobs):
    """A whole company and its plan."""

    @model_validator(mode="after")
    def _plan_is_consistent(self) -> Scenario:
        check_plan(self)
        return self
