"""The knobs: every rate, duration, capacity and frequency of the simulated company.

A scenario file fills these models; what it leaves out takes the default here. Units stand in the
names (``_days``, ``_kg``, ``_degc``); stages are an ordered list, and code refers to a stage by its
order or role, never by its name. Checks that need several knobs: :mod:`sim.scenario.checks`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sim.scenario.knobs.acceptance import Acceptance
from sim.scenario.knobs.activities import Planning
from sim.scenario.knobs.base import MOST_KG, Fits, Knobs, Share
from sim.scenario.knobs.broodstock import BroodstockKnobs
from sim.scenario.knobs.care import Care
from sim.scenario.knobs.carriers import Carriers
from sim.scenario.knobs.defects import Defects
from sim.scenario.knobs.farm import ContainerType, Geography, Stage
from sim.scenario.knobs.finance import FinanceKnobs
from sim.scenario.knobs.health import Disease, LiceKnobs, LicePolicy, Outbreaks, SeaEvent, Storms
from sim.scenario.knobs.instruments import Instruments
from sim.scenario.knobs.pattern import checked_pattern
from sim.scenario.knobs.projections import ProjectionKnobs
from sim.scenario.knobs.supply import (
    DEFAULT_FEEDS,
    DEFAULT_GRADES,
    Feed,
    FeedSupply,
    Grade,
)
from sim.scenario.knobs.transfers import Transfers
from sim.scenario.knobs.weather import WeatherKnobs

LEAST_DATE = date(1970, 1, 1)
MOST_DATE = date(2199, 12, 31)
"""Between these a schedule may lie: days are counted from the first."""

_Date = Annotated[date, Field(ge=LEAST_DATE, le=MOST_DATE)]
_EGGS = Fits("creation_workflow.total_eggs_planned")


class ScheduleEntry(Knobs):
    """One planned batch, when the schedule is given batch by batch."""

    geography: str = Field(description="name of the geography")
    start: _Date = Field(description="day on which the eggs are laid down")
    batch_number: Annotated[str, Fits("batch.batch_number")] | None = Field(
        None, min_length=1, description="default: by batch_number_pattern"
    )
    station: Annotated[int, Field(ge=1, le=500)] | None = Field(
        None, description="1-based station; default: round-robin in start order"
    )
    eggs: Annotated[int, Field(ge=1), _EGGS] | None = Field(
        None, description="default: drawn by name"
    )
    target_weight_kg: Annotated[float, Field(gt=0, le=MOST_KG)] | None = Field(
        None, description="mean live weight to harvest at; default: drawn by name"
    )


class Schedule(Knobs):
    """When batches start. Starts alternate between geographies, ``stagger_days`` apart."""

    start: _Date | None = Field(None, description="first day; default: counted back from end")
    end: _Date | Literal["today"] | None = Field(
        None, description="first day that is not simulated; shifts the whole schedule"
    )
    batches: int = Field(1, ge=1, le=100_000, description="number of batches in all geographies")
    stagger_days: int = Field(13, ge=1, le=3650, description="days between successive starts")
    built_days_before: int = Field(
        730, ge=0, le=36_500, description="sites stand, in the data, so long before the first day"
    )
    tail_days: int = Field(53, ge=1, le=36500, description="days simulated from the newest start")
    batch_number_pattern: Annotated[str, AfterValidator(checked_pattern)] = Field(
        "{code}-{year}-{n:03d}",
        description="fields: code, year, week, n (per geography), or BAK{year}{week:02d}{n}",
    )
    entries: list[ScheduleEntry] = Field(
        [], description="explicit batches; when given, batches and stagger_days are not used"
    )


class Eggs(Knobs):
    """What a batch starts from."""

    count_min: Annotated[int, _EGGS] = Field(3_100_000, ge=1, description="fewest eggs in a batch")
    count_max: Annotated[int, _EGGS] = Field(3_500_000, ge=1, description="most eggs in a batch")
    weight_g: float = Field(0.1, gt=0, le=1, description="mean weight of an eyed egg")
    yolk_share: float = Field(
        1.1, ge=1, le=3, description="weight at which yolk is used up / the weight planned for then"
    )
    internal_share: Share = Field(0.4, description="share of batches from own broodstock")
    arrival_mortality_percent: float = Field(
        0.2, ge=0, le=20, description="mean share of eggs that are dead on arrival"
    )
    arrival_mortality_cv: Share = Field(0.2, description="spread of that between containers / mean")
    setup_minutes: int = Field(
        30, ge=0, le=1440, description="of laying down a container's eggs, however few"
    )
    eggs_per_minute: int = Field(
        20_000, ge=1, le=1_000_000_000, description="eggs that are laid down"
    )
    cost_per_thousand: Annotated[float, Fits("creation_workflow.external_cost_per_thousand")] = (
        Field(520.0, ge=0, description="price of external eggs")
    )
    suppliers: list[Annotated[str, Field(min_length=1), Fits("supplier.name")]] = Field(
        ["Benchmark Genetics", "AquaGen", "Stofnfiskur"], min_length=1, description="egg suppliers"
    )


class Harvest(Knobs):
    """When fish are ready and what becomes of them."""

    target_kg_mean: float = Field(
        5.45, gt=0, le=MOST_KG, description="mean of the batches' target weights"
    )
    target_kg_sd: float = Field(
        0.15, ge=0, le=MOST_KG, description="spread of the batches' target weights"
    )
    target_kg_min: float = Field(5.1, gt=0, le=MOST_KG, description="smallest target weight")
    target_kg_max: float = Field(5.9, gt=0, le=MOST_KG, description="largest target weight")
    gutted_share: Share = Field(0.85, description="gutted weight / live weight")
    fillet_share: Share = Field(0.55, description="fillet weight / live weight")
    grades: list[Grade] = Field(
        default_factory=lambda: list(DEFAULT_GRADES), min_length=1, description="quality grades"
    )


class Recording(Knobs):
    """What is written down, and how often."""

    reading_hours: list[Annotated[int, Field(ge=0, le=23)]] = Field(
        [6, 8, 10, 14, 16, 18], min_length=1, description="hours (UTC) of the sensor readings"
    )
    feeding_hours: list[Annotated[int, Field(ge=0, le=23)]] = Field(
        [8, 16], min_length=1, description="hours (UTC) of the meals"
    )
    growth_sample_interval_days: int = Field(
        7, ge=1, le=3650, description="days between growth samples"
    )
    growth_sample_fish: int = Field(30, ge=2, le=500, description="fish weighed in a sample")
    moved_weight_confidence: Share = Field(
        0.95, description="confidence in a day's weight that was taken in a move; sampled: 1"
    )
    computed_weight_confidence: Share = Field(
        0.8, description="in one that follows from growth alone, as on most days"
    )


class Variation(Knobs):
    """How much containers and days differ from the stage's figures (standard deviations)."""

    container_growth_sd: float = Field(0.02, ge=0, le=0.5, description="of TGC, per container")
    container_fcr_sd: float = Field(0.015, ge=0, le=0.5, description="of FCR, per container")
    batch_fcr_sd: float = Field(
        0.03, ge=0, le=0.3, description="of FCR, per batch, in all its stages"
    )
    daily_fcr_sd: float = Field(0.04, ge=0, le=0.5, description="of FCR, per container and day")
    container_temperature_sd_degc: float = Field(
        0.06, ge=0, le=3, description="lasting difference of a container to its site"
    )
    hall_temperature_sd_degc: float = Field(
        0.15, ge=0, le=3, description="of a hall's water from day to day"
    )
    hall_temperature_ar1: float = Field(0.8, ge=0, lt=1, description="how that persists, per day")
    healing_percent_per_day: float = Field(
        5.0, ge=0, le=100, description="share of wounds and other damage that heals in a day"
    )


Cause = Literal["DISEASE", "HANDLING", "PREDATION", "ENVIRONMENTAL", "UNKNOWN", "OTHER"]


class DeathCause(Knobs):
    """A cause of background deaths and its share of the days with deaths."""

    cause: Annotated[Cause, Fits("mortality.cause")] = Field(description="AquaMind's cause")
    share: Share = Field(description="share of container-days")
    description: str = Field("", description="what the record says")


DEFAULT_CAUSES = (
    DeathCause(cause="UNKNOWN", share=0.35, description="No clear cause"),
    DeathCause(cause="DISEASE", share=0.25, description="Weak fish with signs of infection"),
    DeathCause(cause="ENVIRONMENTAL", share=0.18, description="Water quality"),
    DeathCause(cause="HANDLING", share=0.14, description="Injured in handling"),
    DeathCause(cause="PREDATION", share=0.08, description="Bird or seal"),
)


class Writing(Knobs):
    """How a run is cut into transactions; without any effect on what is recorded."""

    chunk_days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        None, description="days in a chunk; default: calendar months"
    )
    buffer_rows: int = Field(
        50_000, ge=1_000, le=5_000_000, description="sensor readings expanded at a time"
    )


class CompanyKnobs(Knobs):
    """All knobs of a company and its plan, not yet checked against one another."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100, description="short name"
    )
    description: str = Field("", description="what the scenario is for")
    seed: int = Field(1, ge=0, le=2**63 - 1, description="root of all random streams")
    schedule: Schedule = Field(default_factory=Schedule, description="when batches start")
    eggs: Eggs = Field(default_factory=Eggs, description="what a batch starts from")
    stages: list[Stage] = Field(min_length=2, description="lifecycle stages, in order")
    container_types: list[ContainerType] = Field(min_length=1, description="tanks, trays, rings")
    geographies: list[Geography] = Field(min_length=1, description="one lane and shard each")
    broodstock: BroodstockKnobs = Field(
        default_factory=BroodstockKnobs, description="parents of internal batches"
    )
    carriers: Carriers = Field(default_factory=Carriers, description="what boats and trucks hold")
    planning: Planning = Field(default_factory=Planning, description="activities planned ahead")
    feeds: list[Feed] = Field(
        default_factory=lambda: list(DEFAULT_FEEDS), min_length=1, description="feed products"
    )
    feed_supply: FeedSupply = Field(default_factory=FeedSupply, description="orders, deliveries")
    transfers: Transfers = Field(
        default_factory=Transfers, description="moves from container to container"
    )
    harvest: Harvest = Field(default_factory=Harvest, description="targets and grades")
    finance: FinanceKnobs = Field(
        default_factory=FinanceKnobs, description="bills between companies"
    )
    recording: Recording = Field(default_factory=Recording, description="what is recorded")
    variation: Variation = Field(default_factory=Variation, description="natural variation")
    death_causes: list[DeathCause] = Field(
        default_factory=lambda: list(DEFAULT_CAUSES), min_length=1, description="of daily deaths"
    )
    lice: LiceKnobs | None = Field(None, description="salmon lice; null: none")
    delousing: LicePolicy = Field(default_factory=LicePolicy, description="treatment of lice")
    diseases: list[Disease] = Field([], description="what fish may fall ill with")
    outbreaks: Outbreaks = Field(default_factory=Outbreaks, description="how they are noticed")
    sea_events: list[SeaEvent] = Field([], description="blooms, jellyfish, low oxygen")
    storms: Storms | None = Field(None, description="what storms do; null: nothing")
    care: Care = Field(default_factory=Care, description="vaccination, samplings, the journal")
    weather: WeatherKnobs = Field(default_factory=WeatherKnobs, description="how weather behaves")
    instruments: Instruments = Field(
        default_factory=Instruments, description="sensors, the water that they look at, eyes"
    )
    projections: ProjectionKnobs = Field(
        default_factory=ProjectionKnobs, description="scenarios and live forecasts"
    )
    defects: Defects | None = Field(None, description="what is wrong in the data; null: nothing")
    writing: Writing = Field(default_factory=Writing, description="chunks and buffers")
    watchdog_days: int = Field(
        400,
        ge=1,
        le=36_500,
        description="a claim that waits longer is reported with who holds what",
    )
    acceptance: Acceptance | None = Field(
        None, description="what verify asks of a run's figures; null: what holds for every run"
    )

    @property
    def taking_turns(self) -> list[int]:
        """Indices of the geographies in which batches can start: those that have a station."""
        return [index for index, g in enumerate(self.geographies) if g.stations]

    def stages_in(self, geography: Geography) -> list[Stage]:
        """The stages that hold in a geography: its own list, or the scenario's."""
        return geography.stages or self.stages
