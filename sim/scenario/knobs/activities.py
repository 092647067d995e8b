"""Knobs of the plan of activities that every batch gets on its first day."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.knobs.base import Knobs


class Planning(Knobs):
    """What is planned for a batch beside its moves, its vaccinations and its harvest."""

    sampling_shares: list[Annotated[float, Field(ge=0, lt=1)]] = Field(
        [0.5],
        description="milestone samplings of a fed stage, as shares of its planned length that are"
        " over by then",
    )
