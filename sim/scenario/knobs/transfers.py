"""Knobs of moves from container to container: how long the work takes, the water on the way."""

from __future__ import annotations

from pydantic import Field

from sim.scenario.knobs.base import Knobs, Share


class Transfers(Knobs):
    """What is written down of a transfer's actions; a day is enough for each (see the stages).

    The salinity of the water in a wellboat is the geography's (``sea.wellboat_salinity_ppt``).
    """

    setup_minutes: int = Field(
        45, ge=0, le=1440, description="of an action, however few fish it moves"
    )
    fish_per_minute: int = Field(2_000, ge=1, le=1_000_000, description="fish that are pumped")
    next_container_minutes: int = Field(
        5, ge=0, le=1440, description="longer with each container that a source went to before"
    )
    oxygen_share: Share = Field(
        0.95, description="oxygen of the water that fish travel in / saturation"
    )
