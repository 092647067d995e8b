"""What ``verify`` asks of the figures of a run: limits that stand in the scenario itself.

So a copy under another name keeps them, and whoever changes what they were set for changes them
beside it. The simulation never looks at them.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.knobs.base import Knobs


class FigureLimits(Knobs):
    """What a figure may be, both ends allowed; null: no limit on that side."""

    least: float | None = Field(None, description="the least that is accepted")
    most: float | None = Field(None, description="the most that is accepted")

    @model_validator(mode="after")
    def _something_is_asked(self) -> FigureLimits:
        if self.least is None and self.most is None:
            raise ValueError("gives neither least nor most")
        return self


class Acceptance(Knobs):
    """FigureLimits of a run's figures, and the size of the plan that they were set for."""

    for_batches: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="they hold if so many batches are planned; null: for any number"
    )
    for_span_days: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="and so many days from the newest start to the end; null: for any"
    )
    day_91_million_fish: FigureLimits | None = Field(
        None, description="fish on day 91 of each batch of 3.1 to 3.5 million eggs"
    )
    day_91_alive_percent: FigureLimits | None = Field(
        None, description="fish on day 91 of each batch, of its eggs"
    )
    day_91_alive_mean_percent: FigureLimits | None = Field(
        None, description="the mean of that over batches"
    )
    survival_percent: FigureLimits | None = Field(
        None, description="fish harvested of each batch, of its eggs"
    )
    survival_mean_percent: FigureLimits | None = Field(
        None, description="the mean of that over batches"
    )
    economic_fcr: FigureLimits | None = Field(None, description="of each harvested batch")
    harvest_weight_kg: FigureLimits | None = Field(
        None, description="mean live weight of each batch"
    )
    harvest_days: FigureLimits | None = Field(
        None, description="from each batch's start to the harvest of its last ring"
    )
    harvest_days_mean: FigureLimits | None = Field(
        None, description="the mean of that over batches"
    )
    alive_percent: FigureLimits | None = Field(
        None, description="fish alive in each active batch, of its eggs"
    )
    alive_weight_g: FigureLimits | None = Field(
        None, description="mean weight of each active batch"
    )
    harvested_batches: FigureLimits | None = Field(None, description="batches that are harvested")
    active_batches: FigureLimits | None = Field(
        None, description="batches that are active at the end"
    )
    active_stages: FigureLimits | None = Field(None, description="stages that have an active batch")
    batches_per_stage: FigureLimits | None = Field(
        None, description="active batches in each stage into which two or three fit"
    )
    stages_seen: FigureLimits | None = Field(None, description="stages in which fish ever were")
    closed_assignments: FigureLimits | None = Field(None, description="assignments that are over")
    active_assignments: FigureLimits | None = Field(None, description="assignments that are not")
    readings: FigureLimits | None = Field(None, description="sensor readings")
    feedings: FigureLimits | None = Field(None, description="meals")
    growth_samples: FigureLimits | None = Field(None, description="growth samples")
    feed_stock_t: FigureLimits | None = Field(
        None, description="feed in stock at the end, in each geography"
    )
    feed_stock_change_t: FigureLimits | None = Field(None, description="that less what was bought")
    late_purchases: FigureLimits | None = Field(None, description="purchases after the first day")
    delousing_ways: FigureLimits | None = Field(None, description="ways in which lice were treated")
    tanks_stocked_percent: FigureLimits | None = Field(
        None, description="tank-days with fish in them, from day 850 on, in each geography"
    )
    rings_stocked_percent: FigureLimits | None = Field(
        None, description="ring-days with fish in them"
    )
    rings_claimed_percent: FigureLimits | None = Field(
        None, description="ring-days stocked, being emptied or fallow"
    )
    waits_of_each_pool: FigureLimits | None = Field(
        None,
        description="how often somebody waited for tanks, rings, feed, deliveries,"
        " wellboats, the plant, treatment vessels",
    )
