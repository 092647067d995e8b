"""Knobs of the vehicles as AquaMind lists them: how much a boat or a truck holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.knobs.base import Fits, Knobs


class Carriers(Knobs):
    """Capacities of boats and trucks; how many there are is said by each geography."""

    wellboat_m3_per_tonne: float = Field(
        7.0, gt=0, le=100, description="well per tonne of live fish (R: 7,000 m3 for 1,000 t)"
    )
    feed_boat_m3: Annotated[float, Fits("transport_carrier.capacity_m3")] = Field(
        1000.0, gt=0, description="hold of a feed boat"
    )
    treatment_vessel_m3: Annotated[float, Fits("transport_carrier.capacity_m3")] = Field(
        2000.0, gt=0, description="tanks of a treatment vessel"
    )
    feed_truck_m3: Annotated[float, Fits("transport_carrier.capacity_m3")] = Field(
        60.0, gt=0, description="tank of a feed truck"
    )
