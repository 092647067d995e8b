"""Knobs of the forecasts: how far planners look, and how much of the water's mood they carry on."""

from __future__ import annotations

from pydantic import Field

from sim.scenario.knobs.base import Knobs


class ProjectionKnobs(Knobs):
    """Scenarios at a batch's start, and live forecasts from what is in the containers now."""

    sea_profile_days: int = Field(
        450, ge=1, le=3650, description="readings of each of a geography's own profiles of its sea"
    )
    cold_year_sd: float = Field(
        1.65,
        ge=0,
        le=5,
        description="by so many sea.yearly_sd_degc a cold year is colder; 1.65: one in twenty",
    )
    spare_days: int = Field(
        30, ge=0, le=365, description="a batch's temperature profile goes on beyond its plan"
    )
    hatch_degree_days: float = Field(
        500.0, gt=0, le=1000, description="eggs hatch, and the alevin's share of a stage begins"
    )
    comfort_margin_degc: float = Field(
        2.0, ge=0, le=10, description="biological constraints about the expected temperatures"
    )
    forward_every_days: int = Field(
        182,
        ge=1,
        le=36500,
        description="days between live forecasts, counted back from the last day of the plan",
    )
    bias_window_days: int = Field(
        14, ge=1, le=365, description="days whose water is compared with the profile"
    )
    bias_min_degc: float = Field(-2.0, ge=-20, le=0, description="least bias carried forward")
    bias_max_degc: float = Field(2.0, ge=0, le=20, description="greatest bias carried forward")
    attention_days: int = Field(
        30, ge=0, le=3650, description="an unplanned harvest or transfer this near needs planning"
    )
