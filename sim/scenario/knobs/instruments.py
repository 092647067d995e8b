"""Knobs of what instruments and people see, and of the water's chemistry that they look at."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.knobs.base import Fits, Knobs, Share


class Instrument(Knobs):
    """A kind of sensor."""

    noise: float = Field(ge=0, le=1000, description="spread from reading to reading")
    drift: float = Field(
        ge=0, le=1000, description="spread of what it is off just before a calibration"
    )
    step: float = Field(ge=0.0001, le=1000, description="resolution")
    low: Annotated[float, Fits("reading.value")] = Field(description="lowest value that it shows")
    high: Annotated[float, Fits("reading.value")] = Field(description="highest value that it shows")

    MUST_DIFFER = True


def _sensor(noise: float, drift: float, step: float, low: float, high: float) -> Instrument:
    return Instrument(noise=noise, drift=drift, step=step, low=low, high=high)


class SensorKnobs(Knobs):
    """The sensors of halls and rings, and when they are calibrated."""

    temperature: Instrument = Field(
        _sensor(0.05, 0.05, 0.01, -2.0, 30.0), description="water temperature, degrees C"
    )
    oxygen: Instrument = Field(
        _sensor(0.10, 0.12, 0.01, 0.0, 20.0), description="dissolved oxygen, mg/L"
    )
    ph: Instrument = Field(_sensor(0.03, 0.05, 0.01, 4.0, 10.0), description="acidity, pH")
    co2: Instrument = Field(
        _sensor(0.4, 0.3, 0.1, 0.0, 40.0), description="dissolved carbon dioxide, mg/L"
    )
    no2: Instrument = Field(
        _sensor(0.01, 0.005, 0.001, 0.0, 5.0), description="nitrite nitrogen, mg/L"
    )
    no3: Instrument = Field(
        _sensor(1.5, 1.0, 0.1, 0.0, 300.0), description="nitrate nitrogen, mg/L"
    )
    nh4: Instrument = Field(
        _sensor(0.03, 0.02, 0.001, 0.0, 10.0), description="total ammonia nitrogen, mg/L"
    )
    salinity: Instrument = Field(_sensor(0.05, 0.08, 0.01, 0.0, 40.0), description="salinity, ppt")
    installation_sd_days: int = Field(
        60, ge=0, le=3650, description="how long after the site was built sensors were installed"
    )
    calibration_days: int = Field(180, ge=1, le=10_000, description="days between calibrations")

    def of(self, parameter: str) -> Instrument:
        """The sensor of one of AquaMind's parameters."""
        return {
            "Temperature": self.temperature,
            "Dissolved Oxygen": self.oxygen,
            "pH": self.ph,
            "CO2": self.co2,
            "NO2": self.no2,
            "NO3": self.no3,
            "NH4": self.nh4,
            "Salinity": self.salinity,
        }[parameter]


Value = Annotated[float, Fits("parameter.optimal_min")]
Range = tuple[Value, Value]


class Optima(Knobs):
    """Between which values the water is best for the fish: what AquaMind's lists say.

    Temperature, oxygen and pH stand for the species too. The figures are general knowledge (K).
    """

    temperature_degc: Range = Field((6.0, 14.0), description="water temperature, degrees C")
    oxygen_mg_l: Range = Field((7.0, 13.0), description="dissolved oxygen, mg/L")
    ph: Range = Field((6.5, 8.3), description="acidity, pH")
    co2_mg_l: Range = Field((0.0, 15.0), description="dissolved carbon dioxide, mg/L")
    no2_mg_l: Range = Field((0.0, 0.5), description="nitrite nitrogen, mg/L")
    no3_mg_l: Range = Field((0.0, 100.0), description="nitrate nitrogen, mg/L")
    nh4_mg_l: Range = Field((0.0, 2.0), description="total ammonia nitrogen, mg/L")
    salinity_ppt: Range = Field((30.0, 35.5), description="salinity, ppt")

    def of(self, parameter: str) -> Range:
        """The best values of one of AquaMind's parameters."""
        return {
            "Temperature": self.temperature_degc,
            "Dissolved Oxygen": self.oxygen_mg_l,
            "pH": self.ph,
            "CO2": self.co2_mg_l,
            "NO2": self.no2_mg_l,
            "NO3": self.no3_mg_l,
            "NH4": self.nh4_mg_l,
            "Salinity": self.salinity_ppt,
        }[parameter]

    MUST_DIFFER = True


class DailyCourse(Knobs):
    """What the hour of the day and the last meal do to water."""

    meal_hours: float = Field(
        5.0, gt=0, le=24, description="how long oxygen stays down after a meal"
    )
    warmest_hour: float = Field(15.0, ge=0, lt=24, description="hour (UTC) of the warmest water")
    hall_swing_degc: float = Field(0.04, ge=0, le=5, description="half the day's swing in halls")
    sea_swing_degc: float = Field(0.12, ge=0, le=5, description="half the day's swing at sea")


class TankWater(Knobs):
    """Chemistry of a recirculating plant: it follows the feed load and the density.

    A feed load of 1 is 1 kg of feed per m3 and day, as the biofilter remembers it.
    """

    load_memory_share: Share = Field(
        0.8, lt=1, description="of yesterday's feed load, what is still in the water: filter lag"
    )

    crowded_kg_m3: float = Field(
        60.0, gt=0, le=10_000, description="density that counts as crowding of 1"
    )
    most_crowding: float = Field(1.5, ge=0, le=10, description="more crowding changes nothing")
    oxygen_share: Share = Field(0.97, description="oxygen of empty water / saturation")
    oxygen_per_crowding: Share = Field(0.05, description="of that share, used by the fish")
    oxygen_after_meal: Share = Field(0.06, description="of that share, right after a meal")
    fasting_share: float = Field(
        0.9, ge=0, le=5, description="carbon dioxide and ammonia of fasting fish / the load's"
    )
    meal_share: float = Field(0.3, ge=0, le=5, description="more of them right after a meal")
    co2_mg_l: float = Field(4.0, ge=0, le=10_000, description="carbon dioxide without load")
    co2_per_load_mg_l: float = Field(
        9.0, ge=0, le=10_000, description="more of it with a feed load of 1"
    )
    ph: float = Field(7.35, ge=4, le=10, description="pH without load")
    ph_per_co2: float = Field(0.03, ge=0, le=1, description="fall of pH with 1 mg/L of CO2")
    no2_mg_l: float = Field(0.05, ge=0, le=10_000, description="nitrite nitrogen without load")
    no2_per_load_mg_l: float = Field(
        0.15, ge=0, le=10_000, description="more of it with a feed load of 1"
    )
    no3_mg_l: float = Field(15.0, ge=0, le=10_000, description="nitrate nitrogen without load")
    no3_per_load_mg_l: float = Field(
        60.0, ge=0, le=10_000, description="more of it with a feed load of 1"
    )
    nh4_mg_l: float = Field(0.1, ge=0, le=10_000, description="ammonia nitrogen without load")
    nh4_per_load_mg_l: float = Field(
        0.9, ge=0, le=10_000, description="more of it with a feed load of 1"
    )


class RingWater(Knobs):
    """What the fish of a ring do to the sea in it; the sea itself is the geography's."""

    crowded_kg_m3: float = Field(
        20.0, gt=0, le=10_000, description="density that counts as crowding of 1"
    )
    most_crowding: float = Field(1.5, ge=0, le=10, description="more crowding changes nothing")
    oxygen_per_crowding: Share = Field(0.03, description="of saturation, used by the fish")
    oxygen_after_meal: Share = Field(0.08, description="of saturation, right after a meal")
    ph: float = Field(8.05, ge=4, le=10, description="pH of the sea")
    ph_per_kg_m3: float = Field(
        0.004, ge=0, le=1, description="fall of pH with 1 kg of fish per m3"
    )
    salinity_tide_ppt: float = Field(0.1, ge=0, le=5, description="half the tide's swing")


class Looks(Knobs):
    """What people see who weigh fish and look at eggs."""

    shape_cv: Share = Field(0.06, description="spread of the condition factor between fish")
    lightest_share: Share = Field(0.3, description="lightest fish of a container / their mean")
    heaviest_share: float = Field(
        2.2, ge=1, le=10, description="heaviest fish of a container / their mean"
    )
    egg_quality_least: int = Field(
        3, ge=1, le=5, description="lowest score of delivered eggs (1: poor, 5: excellent)"
    )
    egg_quality_most: int = Field(5, ge=1, le=5, description="highest score of delivered eggs")

    @property
    def weight_range(self) -> tuple[float, float]:
        """Bounds of a fish's weight / mean weight."""
        return self.lightest_share, self.heaviest_share


class Instruments(Knobs):
    """Instruments, the chemistry that they report, and the eyes of people."""

    sensors: SensorKnobs = Field(
        default_factory=SensorKnobs, description="noise, drift, steps, ranges"
    )
    optima: Optima = Field(default_factory=Optima, description="what values are best for fish")
    course: DailyCourse = Field(default_factory=DailyCourse, description="the day's course")
    tanks: TankWater = Field(default_factory=TankWater, description="water of halls")
    rings: RingWater = Field(default_factory=RingWater, description="water of rings")
    looks: Looks = Field(default_factory=Looks, description="fish weighed, eggs judged")
