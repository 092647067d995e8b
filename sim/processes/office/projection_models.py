"""The models that scenarios are worked out with: temperature profiles, growth, constraints.

A batch's scenario has a profile and a growth model of its own, since the sea's season depends on
the day, and constraints of its own, since AquaMind takes the thresholds of harvest and transfer
from them and each batch has its own. The geography has one of each for the scenarios of its users.
Feed and mortality are the geography's (:mod:`sim.master_data.growth_models`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.company.farm import Farm
from sim.core.clock import FIRST_DAY_NUMBER, date_of, day_of, microseconds
from sim.master_data.growth_models import (
    sea_climate,
    stage_limits,
    transfer_weight_g,
    value_names,
)
from sim.sites.names import STANDING_PROFILES, growth_of, standing_profile


def geography_models(farm: Farm) -> None:
    """The geography's own constraints; its sea in a mean and a cold year, and growth in each.

    Profiles begin at New Year of the first year. They belong to no batch: planners choose among
    them for scenarios of their own. Their names carry the scenario's, since names are unique in a
    database that others use too.
    """
    geography, scenario = farm.geography, farm.scenario
    target_kg = geography.target_kg_mean or scenario.harvest.target_kg_mean
    constraint_set(
        farm,
        f"{geography.name[:40]} constraints ({scenario.name[:40]})",
        f"Usual weights, temperatures and durations in {geography.name}",
        1000 * target_kg,
        transfer_weight_g(farm.stages, scenario.eggs.weight_g),
    )
    if farm.layout.sea_stage is None:
        return
    knobs = scenario.projections
    new_year = day_of(date_of(farm.first_day).replace(month=1, day=1))
    days = np.arange(new_year, new_year + knobs.sea_profile_days)
    for what, is_cold in STANDING_PROFILES.items():
        colder_sd = knobs.cold_year_sd if is_cold else 0.0
        whose = standing_profile(geography.name, what, scenario.name)
        profile = temperature_profile(
            farm, whose, sea_climate(geography.sea, days, colder_sd).round(6)
        )
        tgc_model(farm, growth_of(whose), profile, new_year)


def temperature_profile(farm: Farm, name: str, degc: NDArray[np.float64]) -> int:
    """A temperature profile: its row, and a reading per day from the first."""
    profile = farm.lane.create("temperature_profile", farm.env.now, name=name)
    farm.lane.table(
        "temperature profiles",
        {
            "profile": np.full(len(degc), profile.key, dtype=np.int64),
            "day_number": np.arange(len(degc)) + FIRST_DAY_NUMBER,
            "degc": degc,
            "at": np.full(len(degc), microseconds(farm.env.now), dtype=np.int64),
        },
    )
    return profile.key


def tgc_model(farm: Farm, name: str, profile: int, release: int) -> int:
    """A growth model on a profile, with the company's growth in each stage."""
    stages = farm.stages
    model = farm.lane.create(
        "tgc_model",
        farm.env.now,
        name=name,
        location=farm.geography.name,
        release_period=date_of(release).isoformat()[:7],
        tgc_value=stages[-1].tgc,
        exponent_n=1.0,
        exponent_m=1 / 3,
        profile=profile,
    )
    for stage_name, stage in value_names(
        stages, farm.scenario.projections.hatch_degree_days
    ).items():
        farm.lane.create(
            "tgc_model_stage",
            farm.env.now,
            lifecycle_stage=stage_name,
            tgc_value=stage.tgc,
            temperature_exponent=1.0,
            weight_exponent=1 / 3,
            tgc_model=model.key,
        )
    return model.key


def constraint_set(
    farm: Farm, name: str, description: str, target_g: float, transfer_g: float | None
) -> int:
    """Biological constraints, with the weights for harvest and for the move to sea (None: none)."""
    rules = farm.lane.create(
        "constraint_set", farm.env.now, name=name, description=description, is_active=True
    )
    for limits in stage_limits(farm.layout, target_g, transfer_g):
        farm.lane.create("stage_constraint", farm.env.now, constraint_set=rules.key, **limits)
    return rules.key
