"""Knobs of what ails fish at sea and ashore: lice, diseases, what the sea does, and the cures.

A scenario without these blocks has healthy fish; the biology profiles under ``scenarios/biology/``
give them their figures and sources.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.knobs.base import Fits, Knobs, Share, Weight

Months = Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=12, max_length=12)]
"""Twelve figures, January to December."""

Parameter = Literal[
    "gill", "eye", "wounds", "fin", "body", "swimming", "appetite", "mucous", "colour"
]

Detection = Annotated[
    Literal["manual", "visual", "camera", "automated"], Fits("lice_count.detection_method")
]

ALWAYS = [1.0] * 12

_Degc = Annotated[float, Field(ge=-2, le=40)]
_Eggs = Annotated[float, Field(ge=0, le=100_000)]
_EventDays = Annotated[int, Field(ge=1, le=366)]
_Rate = Annotated[float, Field(ge=-10, le=10)]


class LiceCounting(Knobs):
    """How lice are counted: a few fish of every ring, by type."""

    interval_days: int = Field(7, ge=1, le=60, description="days between the counts of a ring")
    fish: int = Field(20, ge=1, le=500, description="fish looked at in a ring")
    clumping: float = Field(
        1.5, gt=0, le=100, description="k of the negative binomial: how evenly fish are infested"
    )
    methods: dict[Detection, Share] = Field(
        {"manual": 0.7, "visual": 0.1, "camera": 0.2},
        min_length=1,
        description="share of counts by detection method",
    )
    confidence: dict[Detection, Share] = Field(
        {"manual": 0.95, "visual": 0.8, "camera": 0.88, "automated": 0.9},
        description="confidence in a count by method; also the share of lice that it finds",
    )


class LiceKnobs(Knobs):
    """Salmon lice (and Caligus): where they come from, how they grow up, how they are counted."""

    external_per_fish_day: float = Field(
        0.02, ge=0, le=10, description="new lice a day on a fish from outside, where season is 1"
    )
    season: Months = Field(ALWAYS, description="of the pressure from outside, by month")
    area_sd: float = Field(0.3, ge=0, le=2, description="lasting spread between areas (log)")
    ring_sd: float = Field(0.2, ge=0, le=2, description="lasting spread between rings (log)")
    daily_sd: float = Field(0.5, ge=0, le=3, description="spread of daily pressure (log)")
    own_per_female_day: float = Field(
        0.05,
        ge=0,
        le=10,
        description="new lice a day on a fish per adult female on each fish of the area, at 10 C",
    )
    neighbour_share: Share = Field(
        0.15, description="of what an area's lice give to its own fish, what the next area gets"
    )
    neighbour_reach: int = Field(3, ge=0, le=50, description="areas away; each step the share")
    stage_rate: tuple[_Rate, _Rate, _Rate] = Field(
        (0.00375, 0.008667, 0.000485),
        description="development per day and stage: a + b T + c T^2, five stages to adult",
    )
    attached_loss_per_day: Share = Field(
        0.01, description="copepodids, chalimus and juvenile Caligus lost a day"
    )
    mobile_loss_per_day: Share = Field(0.02, description="pre-adults and adults lost a day")
    eggs_per_female_day: list[tuple[_Degc, _Eggs]] = Field(
        [(3.0, 8.0), (6.0, 29.0), (12.0, 81.0), (18.0, 91.0)],
        min_length=2,
        description="eggs a day of an adult female by temperature",
    )
    caligus_per_fish_day: float = Field(
        0.004, ge=0, le=10, description="new Caligus a day on a fish, in the same season"
    )
    caligus_adult_share: Share = Field(
        0.44, description="of new Caligus, those that come as adults from other fish"
    )
    caligus_juvenile_days: float = Field(
        24.7, ge=1, le=365, description="from infection to the adult Caligus, at 10 C"
    )
    caligus_loss_per_day: Share = Field(0.03, description="adult Caligus lost a day")
    hazard_percent_per_female: float = Field(
        0.004,
        ge=0,
        le=10,
        description="daily deaths per adult female on a fish above borne_females",
    )
    borne_females: float = Field(
        2.0, ge=0, le=100, description="adult females that a fish bears without harm"
    )
    wounds_per_female: Share = Field(
        0.05, description="damage to the skin that each adult female above them does"
    )
    wounds_most: Share = Field(0.6, description="worst damage to the skin that lice do")
    counting: LiceCounting = Field(default_factory=LiceCounting, description="of each ring")


class Delousing(Knobs):
    """A way to treat lice, and the conditions under which it may be used."""

    name: Annotated[str, Fits("mortality_reason.name")] = Field(
        min_length=1, max_length=60, description="what the record says"
    )
    method: Literal["freshwater", "medicinal", "thermal", "mechanical"] = Field(
        description="kind of treatment; medicinal is also called chemical"
    )
    vessel: bool = Field(True, description="needs a treatment vessel; if not, it goes in the feed")
    rings_per_day: int = Field(4, ge=1, le=100, description="rings that are treated in a day")
    kills_attached: Share = Field(description="share of copepodids and chalimus that are removed")
    kills_mobile: Share = Field(description="share of pre-adults and adults that are removed")
    effect_sd: Share = Field(0.05, description="spread of the effect between rings")
    resistance: Share = Field(
        0.0, description="share of the effect that is lost with each earlier use in the batch"
    )
    mortality_percent: float = Field(0.1, ge=0, le=30, description="mean share of fish that die")
    mortality_sd: float = Field(0.5, ge=0, le=2, description="spread of that between rings (log)")
    mortality_days: int = Field(3, ge=1, le=30, description="days over which they die")
    warm_above_degc: float = Field(
        12.0, ge=0, le=30, description="above it, warm_mortality_factor and warm_effect hold"
    )
    warm_mortality_factor: float = Field(
        2.0, ge=0, le=20, description="deaths above it / deaths in cooler water"
    )
    gill_mortality_factor: float = Field(
        2.0, ge=0, le=20, description="more deaths where all gills are damaged / deaths with whole"
    )
    warm_effect: Share = Field(1.0, description="share of the effect that is left above it")
    damage: dict[Parameter, Share] = Field({}, description="damage to what is whole")
    fasting_days: int = Field(1, ge=0, le=10, description="days without feed, from the first")
    withholding_days: int = Field(0, ge=0, le=365, description="before which nothing is harvested")
    dosage: Annotated[str, Fits("treatment.dosage")] = Field("", description="what the record says")
    least_degc: float = Field(-2.0, ge=-2, le=30, description="not used in colder water")
    most_degc: float = Field(30.0, ge=-2, le=30, description="not used in warmer water")
    least_weight_g: Weight = Field(0.0, description="not used on smaller fish")
    most_weight_g: Weight = Field(100_000.0, description="not used on larger fish")
    most_gill_damage: Share = Field(1.0, description="not used when gills are worse")
    most_wounds: Share = Field(1.0, description="not used when wounds are worse")
    most_illness: Share = Field(
        1.0, description="not used when a disease has spread further in the batch"
    )
    most_per_batch: int = Field(99, ge=0, le=10_000, description="uses in a batch's life")
    rest_days: int = Field(
        0, ge=0, le=2000, description="before it may be used on the batch again: resistance"
    )


class LicePolicy(Knobs):
    """When lice are treated and how: of the ways whose conditions hold, the first of the list."""

    RISING = (("partial_from", "success_from"),)

    minimum_interval_days: int = Field(14, ge=1, le=365, description="between two treatments")
    ring_share: Share = Field(
        0.6, description="of the area's mean: rings with fewer adult females are left alone"
    )
    planned_days: list[Annotated[int, Field(ge=1, le=2000)]] = Field(
        [], description="days at sea of treatments whatever the count; none: by count alone"
    )
    success_from: Share = Field(0.8, description="reduction that counts as a success")
    partial_from: Share = Field(0.5, description="reduction that counts as a partial one")
    methods: list[Delousing] = Field([], description="in order of preference")
    rotate: bool = Field(
        True, description="of these, prefer what was used least in the batch so far: resistance"
    )


class Cure(Knobs):
    """What is done against a disease once it is found out."""

    kind: Literal["antibiotic", "supportive", "bath"] = Field(description="kind of treatment")
    name: str = Field(min_length=1, max_length=60, description="what the record says")
    relief: Share = Field(description="share of deaths that it prevents from then on")
    duration_days: int = Field(10, ge=1, le=120, description="how long it is given")
    withholding_days: int = Field(0, ge=0, le=365, description="before which nothing is harvested")
    appetite: Share = Field(1.0, description="share of the ration that is given meanwhile")
    dosage: Annotated[str, Fits("treatment.dosage")] = Field("", description="what the record says")


class Disease(Knobs):
    """One disease: when it breaks out, how it spreads, what it does."""

    name: str = Field(min_length=1, max_length=80, description="name of the disease")
    agent: Literal["bacterial", "viral", "parasitic", "fungal"] = Field(
        description="what causes it"
    )
    role: Literal["hatchery", "freshwater", "sea"] = Field(description="where the fish must be")
    from_day: int = Field(0, ge=0, le=3650, description="earliest day since they came there")
    until_day: int = Field(3650, ge=0, le=3650, description="latest day since they came there")
    from_weight_g: Weight = Field(0.0, description="smallest mean weight")
    season: Months = Field(ALWAYS, description="of the onset and spread, by month")
    least_degc: float = Field(-2.0, ge=-2, le=30, description="not in colder water")
    most_degc: float = Field(30.0, ge=-2, le=30, description="not in warmer water")
    onsets_per_year: float = Field(
        ge=0, le=50, description="outbreaks a year in a batch, where season is 1 and all may catch"
    )
    spread_per_day: float = Field(
        0.15, ge=0, le=10, description="to other containers of the site, when all of it is ill"
    )
    neighbour_per_day: float = Field(
        0.003, ge=0, le=10, description="to the next area, when all of an area is ill; sea only"
    )
    duration_days: float = Field(35.0, ge=3, le=400, description="course in a container, median")
    duration_sd: float = Field(0.25, ge=0, le=2, description="spread of that (log)")
    mortality_percent: float = Field(
        ge=0, le=95, description="share of a container's fish that die of it, median"
    )
    mortality_sd: float = Field(0.6, ge=0, le=3, description="spread between outbreaks (log)")
    container_sd: float = Field(0.3, ge=0, le=3, description="spread between containers (log)")
    appetite_loss: Share = Field(0.3, description="at the worst of the course")
    damage: dict[Parameter, Share] = Field({}, description="damage at the worst of the course")
    vaccine_effect: Share = Field(0.0, description="share of infections that vaccination prevents")
    downgrade: Share = Field(
        0.0, description="share of fish of the first grade that scars downgrade"
    )
    cure: Cure | None = Field(None, description="what is done once it is found out")


class Outbreaks(Knobs):
    """How outbreaks are noticed and found out."""

    RISING = (("moderate_from_percent", "severe_from_percent"),)

    noticed_from: Share = Field(0.2, description="load of the worst container that is noticed")
    looked_at_days: int = Field(7, ge=1, le=60, description="days between looks at an outbreak")
    harvest_margin_days: int = Field(
        14,
        ge=-365,
        le=365,
        description="what withholds fish is not given when harvest is nearer than this after it",
    )
    success_from: Share = Field(0.5, description="relief of a cure that counts as a success")
    severe_from_percent: float = Field(2.0, ge=0, le=100, description="deaths that are severe")
    moderate_from_percent: float = Field(0.5, ge=0, le=100, description="that are moderate")


class SeaEvent(Knobs):
    """What the sea does to an area now and then: a bloom, jellyfish, low oxygen."""

    RISING = (("oxygen_loss", "oxygen_loss_most"),)

    name: str = Field(min_length=1, max_length=60, description="what the record says")
    per_year: float = Field(ge=0, le=50, description="events a year in an area, where season is 1")
    season: Months = Field(ALWAYS, description="by month")
    common_share: Share = Field(
        0.5, description="of the luck that a geography's areas share: events come in clusters"
    )
    least_degc: float = Field(-2.0, ge=-2, le=30, description="not in colder water")
    days: tuple[_EventDays, _EventDays] = Field((2, 7), description="shortest and longest")
    hazard_percent_per_day: float = Field(0.01, ge=0, le=50, description="deaths at strength 1")
    strength_sd: float = Field(0.5, ge=0, le=3, description="spread of its strength (log)")
    appetite: Share = Field(0.6, description="share of the ration that fish take")
    oxygen_loss: Share = Field(
        0.0, description="share of the oxygen that is missing, at strength 1"
    )
    oxygen_loss_most: Share = Field(0.6, description="the same, however strong it is")
    damage: dict[Parameter, Share] = Field({}, description="a day, at strength 1")


class Storms(Knobs):
    """What a storm does to an area."""

    appetite: Share = Field(0.2, description="share of the ration that can be fed")
    hazard_percent_per_day: float = Field(0.002, ge=0, le=50, description="deaths in the nets")
    damage: dict[Parameter, Share] = Field({"fin": 0.02, "wounds": 0.01}, description="a day")
    stop_boats: bool = Field(True, description="no feed boat or treatment vessel works in it")
