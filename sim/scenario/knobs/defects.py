"""Knobs of defects on request: which data come dirty, how often, for how long and by how much.

Every rate is 0 by default, and then nothing is made dirty. A *share* is a chance of each row; a
*spell* begins on a day with a chance per source (a sensor, a container's logger, a pair of
neighbouring containers), at any minute of it, and lasts between two limits, evenly spread. A chance
of 0.0027 a day is one spell a year.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.knobs.base import Knobs, Share

Parameter = Literal["Temperature", "Dissolved Oxygen", "pH", "CO2", "NO2", "NO3", "NH4", "Salinity"]
"""What sensors measure."""
WithOtherUnit = Literal["Temperature", "Dissolved Oxygen", "NO2", "NO3", "NH4"]
"""What is often told in another unit than it should be."""

_ALL: list[Parameter] = [
    "Temperature", "Dissolved Oxygen", "pH", "CO2", "NO2", "NO3", "NH4", "Salinity",
]  # fmt: skip
_CONVERTIBLE: list[WithOtherUnit] = ["Temperature", "Dissolved Oxygen", "NO2", "NO3", "NH4"]

Hours = Annotated[int, Field(ge=1, le=24 * 90)]


class _Lasting(Knobs):
    """How long a spell lasts."""

    hours_min: Hours = Field(description="a spell lasts at least so long")
    hours_max: Hours = Field(description="and at most so long")

    @property
    def hours(self) -> tuple[int, int]:
        """Both limits."""
        return self.hours_min, self.hours_max


class DeadSensor(_Lasting):
    """A sensor that reports nothing for a spell."""

    per_sensor_day: Share = Field(0.0, description="chance that a spell begins")
    hours_min: Hours = Field(12, description="a spell lasts at least so long")
    hours_max: Hours = Field(96, description="and at most so long")
    parameters: list[Parameter] = Field(_ALL, min_length=1, description="sensors it happens to")


class MissingReadings(Knobs):
    """Readings that are not there."""

    share: Share = Field(0.0, description="of single readings that are lost")
    parameters: list[Parameter] = Field(_ALL, min_length=1, description="of the single ones")
    dead: DeadSensor = Field(default_factory=DeadSensor, description="sensors that fall silent")


class Late(_Lasting):
    """Rows that arrive late: ``created_at`` is when they did."""

    per_container_day: Share = Field(
        0.0, description="chance that a container's logger loses its link; it sends all it kept"
    )
    hours_min: Hours = Field(3, description="the link is lost at least so long")
    hours_max: Hours = Field(72, description="and at most so long")
    grace_hours: int = Field(
        1, ge=0, le=24, description="a reading that waits for less is sent as if in time"
    )
    mortality_share: Share = Field(
        0.0, description="of container-days whose deaths are written down late"
    )
    mortality_days_max: int = Field(7, ge=1, le=365, description="they are 1 to so many days late")


class Duplicate(Knobs):
    """Readings that are sent again: the same value some seconds later."""

    share: Share = Field(0.0, description="of readings")
    seconds_max: int = Field(60, ge=1, le=3599, description="1 to so many seconds later")
    parameters: list[Parameter] = Field(_ALL, min_length=1, description="sensors it happens to")


class Stuck(_Lasting):
    """A sensor that repeats its last good value for a spell."""

    per_sensor_day: Share = Field(0.0, description="chance that a spell begins")
    hours_min: Hours = Field(12, description="a spell lasts at least so long")
    hours_max: Hours = Field(72, description="and at most so long")
    parameters: list[Parameter] = Field(_ALL, min_length=1, description="sensors it happens to")


class SpikeSize(Knobs):
    """How far off a spike usually is, by parameter."""

    temperature_degc: float = Field(8.0, gt=0, le=100, description="of temperature")
    oxygen_mg_l: float = Field(5.0, gt=0, le=100, description="of dissolved oxygen")
    ph: float = Field(2.0, gt=0, le=14, description="of pH")
    co2_mg_l: float = Field(15.0, gt=0, le=1000, description="of carbon dioxide")
    no2_mg_l: float = Field(1.0, gt=0, le=1000, description="of nitrite nitrogen")
    no3_mg_l: float = Field(60.0, gt=0, le=1000, description="of nitrate nitrogen")
    nh4_mg_l: float = Field(2.0, gt=0, le=1000, description="of ammonia nitrogen")
    salinity_ppt: float = Field(10.0, gt=0, le=1000, description="of salinity")

    def by_parameter(self) -> dict[str, float]:
        """The size by the parameter's name."""
        return {
            "Temperature": self.temperature_degc,
            "Dissolved Oxygen": self.oxygen_mg_l,
            "pH": self.ph,
            "CO2": self.co2_mg_l,
            "NO2": self.no2_mg_l,
            "NO3": self.no3_mg_l,
            "NH4": self.nh4_mg_l,
            "Salinity": self.salinity_ppt,
        }


class Spike(Knobs):
    """Single readings that are far off, upwards or downwards."""

    share: Share = Field(0.0, description="of readings")
    size: SpikeSize = Field(default_factory=SpikeSize, description="usual distance from the truth")
    size_factor_min: float = Field(0.5, gt=0, le=10, description="the smallest, of the usual")
    size_factor_max: float = Field(1.5, gt=0, le=10, description="the largest, of the usual")
    parameters: list[Parameter] = Field(_ALL, min_length=1, description="sensors it happens to")


class WrongUnit(_Lasting):
    """Right figures in the wrong unit.

    Fahrenheit for Celsius, percent of saturation for mg/L of oxygen, mg/L of the ion for mg/L of
    its nitrogen; and samples' mean weights in kg for g.
    """

    per_sensor_day: Share = Field(0.0, description="chance that a sensor is set wrong")
    hours_min: Hours = Field(24, description="nobody notices for at least so long")
    hours_max: Hours = Field(240, description="and at most so long")
    parameters: list[WithOtherUnit] = Field(
        _CONVERTIBLE, min_length=1, description="sensors it happens to"
    )
    sample_share: Share = Field(0.0, description="of growth samples of heavy fish, told in kg")
    sample_from_g: float = Field(
        50.0, ge=10, le=10_000, description="mean weight from which fish are heavy"
    )


class Swapped(_Lasting):
    """Two neighbouring containers whose sensors are exchanged for a spell."""

    per_pair_day: Share = Field(0.0, description="chance that it happens to two neighbours")
    hours_min: Hours = Field(24, description="a spell lasts at least so long")
    hours_max: Hours = Field(240, description="and at most so long")


class Defects(Knobs):
    """What is wrong with the data; ``smoltflow_defect`` tells all of it."""

    missing: MissingReadings = Field(
        default_factory=MissingReadings, description="readings that are not there"
    )
    late: Late = Field(default_factory=Late, description="rows that arrive late")
    duplicate: Duplicate = Field(default_factory=Duplicate, description="readings sent twice")
    stuck: Stuck = Field(default_factory=Stuck, description="sensors that repeat themselves")
    spike: Spike = Field(default_factory=Spike, description="single readings far off")
    unit: WrongUnit = Field(default_factory=WrongUnit, description="figures in the wrong unit")
    swapped: Swapped = Field(default_factory=Swapped, description="containers mixed up")

    @property
    def any_readings(self) -> bool:
        """Whether readings are made dirty."""
        return any(
            (
                self.missing.share,
                self.missing.dead.per_sensor_day,
                self.late.per_container_day,
                self.duplicate.share,
                self.stuck.per_sensor_day,
                self.spike.share,
                self.unit.per_sensor_day,
                self.swapped.per_pair_day,
            )
        )

    @property
    def any(self) -> bool:
        """Whether anything is made dirty."""
        return bool(self.any_readings or self.late.mortality_share or self.unit.sample_share)
