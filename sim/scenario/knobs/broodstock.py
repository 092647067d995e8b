"""Knobs of the broodstock: the tanks it stands in, and the parents behind an internal batch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.knobs.base import Fits, Knobs, Share


class BroodstockKnobs(Knobs):
    """A geography's own parents: a group of females and males is kept for each internal batch."""

    tanks: int = Field(4, ge=1, le=1000, description="broodstock tanks in a geography")
    tank_type: Annotated[str, Fits("container_type.name")] = Field(
        "Broodstock Tank",
        min_length=1,
        description="their container type; made with the two figures below unless it is listed",
    )
    tank_m3: Annotated[float, Fits("container.volume_m3")] = Field(
        500.0, gt=0, description="water volume of a broodstock tank"
    )
    tank_kg: Annotated[float, Fits("container.max_biomass_kg")] = Field(
        20_000.0, gt=0, description="most biomass of a broodstock tank"
    )
    female_kg: float = Field(10.0, gt=0, le=40, description="mean weight of a female")
    male_kg: float = Field(9.0, gt=0, le=40, description="mean weight of a male")
    weight_cv: Share = Field(0.12, description="spread of their weights / mean")
    condition_factor: float = Field(
        1.2, gt=0, le=3, description="100 x g / cm3, of both: their length follows"
    )
    age_years_min: int = Field(3, ge=2, le=10, description="youngest spawners")
    age_years_max: int = Field(4, ge=2, le=10, description="oldest spawners")
    eggs_per_kg_min: float = Field(
        1200.0, gt=0, le=5000, description="fewest eggs per kg of female (K: 1,200 to 1,500)"
    )
    eggs_per_kg_max: float = Field(1500.0, gt=0, le=5000, description="most eggs per kg of female")
    females_per_male: int = Field(4, ge=1, le=100, description="females that a male is paired with")
    families: Annotated[int, Field(ge=2, le=10_000)] = Field(
        40, description="families of a generation; mothers and fathers come from different ones"
    )
    loss_share: Share = Field(0.04, lt=0.9, description="fish that die before they can spawn")
    spare_share: Share = Field(0.05, description="females kept beyond those that are needed")
    recruited_days: int = Field(
        180, ge=0, le=3650, description="the fish come this long before their season, January 1"
    )
    pooling_days: int = Field(
        1, ge=0, le=30, description="from fertilising eggs to counting and pooling them"
    )
    eyed_days: int = Field(
        30, ge=0, le=365, description="from egg production to laying down, own eggs or bought"
    )

    @property
    def spawned_days(self) -> int:
        """From fertilising eggs to laying them down."""
        return self.eyed_days + self.pooling_days
