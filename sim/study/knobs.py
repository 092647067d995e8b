"""The knobs of a study file: what is asked, which knobs of the base scenario vary, how often.

Structure only; what needs the base scenario (do these knobs exist, are the values allowed, are
there such KPIs) is checked by ``loader``, which knows where everything stands in the file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from sim.scenario.knobs.base import Knobs


class NumberRange(Knobs):
    """A range of numbers, both ends included; whole ends (and step) give whole numbers."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    MUST_DIFFER = True

    least: int | float = Field(alias="from", description="smallest value")
    most: int | float = Field(alias="to", description="largest value")
    step: int | float | None = Field(
        None, description="distance of the values; not needed where a design picks them"
    )


class Level(Knobs):
    """A named level of a factor that changes several knobs at once."""

    name: str = Field(min_length=1, max_length=100, description="how tables call it")
    set: dict[str, Any] = Field(min_length=1, description="knob paths and their values")


class Factor(Knobs):
    """Something that a study varies: one knob, several that move together, or named levels."""

    name: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40, description="a column of the tables"
    )
    paths: list[str] = Field([], description="knobs that take the factor's value")
    change: Literal["set", "add", "multiply"] = Field(
        "set", description="how a value acts on a knob: replaces what the base has, or changes it"
    )
    values: list[Any] | None = Field(None, description="the values, one by one")
    range: NumberRange | None = Field(None, description="or a range of numbers")
    levels: list[Level] | None = Field(None, description="or named levels with knobs of their own")
    unit: str = Field("", max_length=40, description="of the values, for tables and plots")


class Sampled(Knobs):
    """A design that picks points from all combinations, for many factors."""

    latin_hypercube: int | None = Field(
        None, description="points; every factor's range is cut into as many strata, each hit once"
    )
    sobol: int | None = Field(
        None,
        description="base samples, a power of two: samples x (factors + 2) points, from which"
        " every factor's share in the variance is computed",
    )


class Until(Knobs):
    """Replications until the means are known well enough."""

    until: dict[str, float] = Field(
        min_length=1, description="KPI: half width of its confidence interval / its mean, at most"
    )
    at_least: int = Field(5, description="replications of every variant before the first look")
    at_most: int = Field(40, description="replications of every variant, known well or not")
    each_round: int = Field(2, description="replications of every variant between two looks")


class Limit(Knobs):
    """What a KPI must keep to."""

    at_most: float | None = Field(None, description="largest mean that is allowed")
    at_least: float | None = Field(None, description="smallest mean that is allowed")


class Objective(Knobs):
    """Which variant is best."""

    maximise: str | None = Field(None, description="KPI that should be large")
    minimise: str | None = Field(None, description="or KPI that should be small")
    subject_to: dict[str, Limit] = Field({}, description="KPIs with limits")


def _kind(value: object) -> str:
    """Whether a knob that may be simple or a mapping is one: errors are those of that kind."""
    return "mapping" if isinstance(value, dict | Knobs) else "simple"


Design = Annotated[
    Annotated[Literal["full", "one_at_a_time"], Tag("simple")] | Annotated[Sampled, Tag("mapping")],
    Discriminator(_kind),
]
Replications = Annotated[
    Annotated[int, Tag("simple")] | Annotated[Until, Tag("mapping")], Discriminator(_kind)
]


class Study(Knobs):
    """A what-if study."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100, description="short name"
    )
    question: str = Field("", description="what the planner asks")
    base: str = Field(min_length=1, description="the scenario that varies, seen from this file")
    set: dict[str, Any] = Field({}, description="knob paths and values of every variant")
    factors: list[Factor] = Field([], description="what varies; none: only the base is looked at")
    design: Design = Field("full", description="which combinations: full, one_at_a_time, sampled")
    seed: int | None = Field(
        None, ge=0, le=2**63 - 1, description="root of all luck; default: the base scenario's"
    )
    replications: Replications = Field(10, description="of every variant, a number or until ...")
    confidence: float = Field(0.95, gt=0.5, le=0.9999, description="of all intervals")
    warmup_days: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        None,
        description="days that are not counted; default: until the first batch is due at harvest",
    )
    kpis: list[str] = Field([], description="KPIs to show; default: those of the objective")
    objective: Objective | None = Field(None, description="which variant is best")
