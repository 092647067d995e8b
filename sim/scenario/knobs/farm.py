"""Knobs of the farm itself: container types, lifecycle stages, geographies and their water."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.knobs.base import MOST_KG, Fits, Knobs, Share, Weight
from sim.scenario.knobs.finance import Money
from sim.scenario.knobs.health import Months
from sim.scenario.knobs.weather import Climate


class ContainerType(Knobs):
    """A kind of tray, tank or ring."""

    name: Annotated[str, Fits("container_type.name")] = Field(
        min_length=1, description="name of the type"
    )
    category: Annotated[
        Literal["TANK", "PEN", "TRAY", "OTHER"], Fits("container_type.category")
    ] = Field("TANK", description="AquaMind's")
    volume_m3: Annotated[float, Fits("container.volume_m3")] = Field(
        gt=0, description="water volume of one container"
    )
    depth_m: float = Field(
        2.0, gt=0, le=100, description="mean depth of a tank: what floor a hall has follows"
    )
    max_biomass_kg: Annotated[float, Fits("container.max_biomass_kg")] = Field(
        gt=0, description="a container never holds more than this"
    )
    fed_until_share: Share = Field(
        0.995, gt=0, description="of max_biomass_kg: beyond it, nobody is fed"
    )


class StageFeed(Knobs):
    """From which weight on a stage's fish get a feed."""

    feed: str = Field(description="name of a feed")
    from_weight_g: Weight = Field(0.0, description="mean weight at which the feed starts")


class Stage(Knobs):
    """One lifecycle stage: where the fish live, how they grow and die, how they move on."""

    name: Annotated[str, Fits("stage.name")] = Field(
        min_length=1, description="AquaMind's stage name"
    )
    role: Literal["hatchery", "freshwater", "sea"] = Field(
        "freshwater", description="hatchery: unfed eggs and alevins; sea: rings of one area"
    )
    hall: str | None = Field(
        None, pattern=r"^[A-Z]$", description="letter of the hall; none at sea"
    )
    container_type: str = Field(description="name of a container type")
    containers_per_hall: int = Field(10, ge=1, le=1000, description="holding containers in a hall")
    containers_per_batch: int = Field(10, ge=1, le=1000, description="claimed together, or none")
    duration_days: int = Field(90, ge=1, le=3650, description="at sea: the most, if not harvested")
    duration_spread_days: int = Field(0, ge=0, le=365, description="+- by chance, per batch")
    temperature_degc: float = Field(12.0, ge=0, le=25, description="hall's water; not used at sea")
    tgc: float = Field(ge=0, le=10, description="thermal growth coefficient x 1000")
    daily_mortality_percent: float = Field(ge=0, le=50, description="mean background mortality")
    mortality_batch_sd: float = Field(0.15, ge=0, le=1, description="of the hazard, per batch")
    mortality_daily_sd: float = Field(
        0.25, ge=0, le=1, description="of the hazard, from day to day"
    )
    fcr: float = Field(1.1, gt=0, le=10, description="kg of feed per kg of growth")
    max_feed_percent_per_day: float = Field(5.0, ge=0, le=90, description="most that fish will eat")
    feeds: list[StageFeed] = Field([], description="feeds by weight; none: yolk sac")
    weight_cv: Share = Field(0.15, description="spread of individual weights / mean")
    condition_factor: float = Field(1.2, gt=0, le=3, description="100 x g / cm3")
    vaccinated: bool = Field(
        True, description="its fish may be vaccinated, if they are fed and not at sea"
    )
    containers_moved_per_day: int = Field(
        1000, ge=1, le=100_000, description="source containers emptied a day when the stage ends"
    )
    transfer_mortality_percent: float = Field(
        0.02, ge=0, le=20, description="mean share of fish that die in the move onwards"
    )
    graded_out_percent: float = Field(
        0.0, ge=0, le=50, description="culled when graded, on the eve of the planned move onwards"
    )
    silo_kg: Annotated[float, Fits("feed_container.capacity_kg")] = Field(
        10_000.0, gt=0, description="capacity of the hall's silo"
    )
    expected_weight_g: tuple[Weight, Weight] = Field(
        (0.0, 10_000.0), description="smallest and largest usual mean weight"
    )
    description: str = Field("", description="for AquaMind's users")

    @property
    def vaccinates(self) -> bool:
        """Whether its fish may be vaccinated."""
        return self.vaccinated and self.role != "sea" and bool(self.feeds)

    @property
    def lost_on_leaving(self) -> float:
        """Share of the fish that are culled before the move onwards or die in it."""
        lost = self.transfer_mortality_percent / 100
        culled = self.graded_out_percent / 100
        return lost + culled - lost * culled


class SeaWater(Knobs):
    """The sea of a geography: a seasonal curve, years that differ, anomalies that persist."""

    mean_degc: float = Field(9.5, ge=-1, le=25, description="mean over the year")
    amplitude_degc: float = Field(1.5, ge=0, le=12, description="half of summer minus winter")
    peak_day: int = Field(232, ge=1, le=366, description="warmest day of the year")
    yearly_sd_degc: float = Field(0.25, ge=0, le=3, description="spread between years")
    anomaly_sd_degc: float = Field(0.4, ge=0, le=3, description="spread of daily anomalies")
    anomaly_ar1: float = Field(0.96, ge=0, lt=1, description="how anomalies persist, per day")
    geography_share: Share = Field(
        0.8, description="share of the anomalies' variance that a geography's areas have in common"
    )
    site_sd_degc: float = Field(0.08, ge=0, le=3, description="lasting difference between areas")
    salinity_ppt: float = Field(34.5, ge=0, le=40, description="mean salinity")
    salinity_sd_ppt: float = Field(0.3, ge=0, le=5, description="spread of daily salinity")
    salinity_ar1: float = Field(0.9, ge=0, lt=1, description="how that persists, per day")
    wellboat_salinity_ppt: float = Field(
        34.0, ge=0, le=40, description="of the water in the wells of boats on the way to sea"
    )
    oxygen_share: Share = Field(0.94, description="mean oxygen / saturation")
    oxygen_tide_share: Share = Field(0.03, description="tidal swing (12.42 h) of that share")


class Geography(Knobs):
    """One region: its sites, its boats and trucks, its harvest plant and its water."""

    name: Annotated[str, Fits("geography.name")] = Field(
        min_length=1, description="name of the geography"
    )
    code: str = Field(pattern=r"^[A-Z]{2,5}$", description="in batch numbers: FAR")
    prefix: str = Field(pattern=r"^[A-Z]{1,5}$", description="in site names: FI")
    latitude: float = Field(62.0, ge=-90, le=90, description="about where the sites lie")
    longitude: float = Field(-7.0, ge=-180, le=180, description="about where the sites lie")
    spread_north_degrees: float = Field(
        0.8, ge=0, le=20, description="degrees of latitude over which its sites lie"
    )
    spread_east_degrees: float = Field(
        1.2, ge=0, le=60, description="degrees of longitude over which they lie"
    )
    stations: int = Field(
        1, ge=0, le=500, description="freshwater stations; without any, no batch starts here"
    )
    areas: int = Field(1, ge=0, le=500, description="sea areas")
    rings_per_area: int = Field(20, ge=1, le=200, description="rings in an area")
    barges_per_area: int = Field(3, ge=1, le=20, description="feed barges in an area")
    barge_kg: Annotated[float, Fits("feed_container.capacity_kg")] = Field(
        600_000.0, gt=0, description="capacity of a barge"
    )
    fallow_days: int = Field(60, ge=0, le=1000, description="an area rests after it was emptied")
    hall_rest_days: int = Field(5, ge=0, le=365, description="tanks rest after they were emptied")
    racks_every_stations: int = Field(
        2, ge=0, le=500, description="every n-th station's hatchery has racks of trays; 0: none"
    )
    trays_per_rack: int = Field(5, ge=1, le=1000, description="trays in a rack")
    wellboats: int = Field(2, ge=1, le=100, description="wellboats for the way to sea")
    wellboat_kg: float = Field(320_000.0, gt=0, le=1e10, description="live fish a wellboat carries")
    wellboat_trip_days: int = Field(1, ge=1, le=30, description="days a trip takes a boat")
    treatment_vessels: int = Field(3, ge=1, le=100, description="vessels that treat lice")
    lice_limit: Months = Field(
        [0.5] * 12, description="adult females on a fish at which an area is treated, by month"
    )
    feed_trucks: int = Field(6, ge=1, le=1000, description="trucks that serve the halls' silos")
    feed_boats: int = Field(5, ge=1, le=1000, description="boats that serve the barges")
    plant_kg_per_day: float = Field(
        1_000_000.0, gt=0, le=1e15, description="harvest plant's capacity"
    )
    sea: SeaWater = Field(default_factory=SeaWater, description="the sea's water")
    money: Money = Field(default_factory=Money, description="its companies' currency and prices")
    weather: Climate = Field(default_factory=Climate, description="the areas' weather")
    stages: list[Stage] = Field(
        [],
        description="own stages; default: the scenario's, which a mapping changes by name",
        json_schema_extra={"taken_from": "stages"},
    )
    target_kg_mean: Annotated[float, Field(gt=0, le=MOST_KG)] | None = Field(
        None, description="own mean of the batches' target weights; default: harvest.target_kg_mean"
    )
    batches: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        None, description="own number of batches; default: an equal share"
    )
    stagger_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        None, description="own stagger; default: schedule.stagger_days x geographies"
    )
