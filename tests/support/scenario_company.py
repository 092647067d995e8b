"""A small company to load scenarios with, apart from the real model."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sim.scenario import Loaded, ScenarioError, load
from sim.scenario.problems import KnobPath, PlanProblem


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Sea(Strict):
    mean_degc: float = Field(9.5, ge=-1, le=25)
    salinity: float = Field(34.0, gt=0)


class Stage(Strict):
    name: str
    tgc: float = 1.5
    role: Literal["hatchery", "sea"] = "sea"


class Site(Strict):
    name: str = Field(min_length=2)
    code: str = Field("", pattern="^[A-Z]*$")
    areas: int = Field(1, ge=1)
    sea: Sea = Field(default_factory=Sea)

    @field_validator("name")
    @classmethod
    def _no_slash(cls, name: str) -> str:
        if "/" in name:
            raise ValueError("a name has no slash")
        return name


class Company(Strict):
    name: str
    start: date | Literal["today"] = "today"
    seed: int = Field(1, ge=0, lt=1000)
    active: bool = True
    budget: float | None = 5.0
    hours: list[Annotated[int, Field(le=23)]] = Field([6, 18], min_length=1)
    stages: list[Stage] = [Stage(name="Parr"), Stage(name="Post Smolt", tgc=2.5)]
    sites: list[Site] = []
    prices: dict[str, float] = {"salmon": 7.5}
    water: Sea | Literal["none"] = "none"

    @model_validator(mode="after")
    def _plan(self) -> Company:
        many: list[tuple[KnobPath, str]] = [
            (("sites", i, "areas"), "too many") for i, s in enumerate(self.sites) if s.areas > 9
        ]
        if self.seed == 13:
            many.append((("seed",), "brings bad luck"))
        if many:
            raise PlanProblem(many)
        return self


def company(text: str, *overrides: str, **others: str) -> Loaded[Company]:
    for name, other in others.items():
        Path(f"{name}.yaml").write_text(other, encoding="utf-8")
    Path("c.yaml").write_text(text, encoding="utf-8")
    return load("c.yaml", overrides, model=Company)


def problems(text: str, *overrides: str, **others: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        company(text, *overrides, **others)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return [str(problem).removeprefix("c.yaml:") for problem in caught.value.problems]
