"""Knobs of routine care: vaccination, health sampling, laboratory samples, the journal's rounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.knobs.base import Fits, Knobs, Share, Weight
from sim.scenario.knobs.health import Parameter
from sim.scenario.knobs.laboratory import Laboratory

Day = Annotated[int, Field(ge=0, le=4000)]
Degc = Annotated[float, Field(ge=-2, le=40)]
Times = Annotated[float, Field(ge=0, le=1_000_000)]


class Vaccine(Knobs):
    """A vaccine that a batch may get."""

    name: Annotated[str, Fits("vaccination_type.name")] = Field(
        min_length=1, description="name of the vaccination type"
    )
    manufacturer: Annotated[str, Fits("vaccination_type.manufacturer")] = Field(
        "", description="who makes it"
    )
    dosage: Annotated[str, Fits("vaccination_type.dosage")] = Field(
        "", description="what the record says"
    )
    description: str = Field("", description="what it protects against")


DEFAULT_VACCINES = (
    Vaccine(
        name="Yersiniosis Bath",
        manufacturer="MSD Animal Health",
        dosage="1:10 dilution, 60 seconds",
        description="Yersiniosis (enteric redmouth)",
    ),
    Vaccine(
        name="Multivalent Oil Injection",
        manufacturer="PHARMAQ",
        dosage="0.05 ml per fish, intraperitoneal",
        description="Furunculosis, vibriosis, cold-water vibriosis, winter ulcer and IPN",
    ),
    Vaccine(
        name="PD DNA Injection",
        manufacturer="Elanco",
        dosage="0.05 ml per fish, intramuscular",
        description="Pancreas disease",
    ),
    Vaccine(
        name="ISA Oil Injection",
        manufacturer="PHARMAQ",
        dosage="0.025 ml per fish, intraperitoneal",
        description="Infectious salmon anaemia",
    ),
)


class Care(Knobs):
    """What is done and looked at by the calendar, whether anything is wrong or not."""

    vaccination_days: list[Day] = Field(
        [180, 210, 280, 310],
        description="days since a batch's start on which all its fish get a vaccine, or the first"
        " after it on which they all are in stages where fish are vaccinated and big enough",
    )
    vaccination_interval_days: int = Field(
        14, ge=0, le=1000, description="least days between two rounds, if one of them had to wait"
    )
    vaccines: list[Vaccine] = Field(
        default_factory=lambda: list(DEFAULT_VACCINES),
        min_length=1,
        description="for the first round, the second, and so on; the last for all later ones",
    )
    vaccination_least_weight_g: Weight = Field(
        4.0, description="smallest mean weight of a batch that is vaccinated"
    )
    vaccination_mortality_percent: float = Field(
        0.015, ge=0, le=20, description="share of the fish that a round costs"
    )
    vaccination_mortality_days: int = Field(
        5, ge=1, le=60, description="days over which they die, from the first"
    )
    vaccination_appetite: Share = Field(
        0.3, description="share of the day's ration that vaccinated fish get"
    )
    vaccination_damage: dict[Parameter, Share] = Field(
        {"wounds": 0.03}, description="damage to what is whole, by the needle"
    )
    vaccination_withholding_days: int = Field(
        21, ge=0, le=365, description="before which nothing is harvested"
    )
    vaccination_weighing: bool = Field(
        True, description="the vaccination machine weighs: the day's mean weight is measured"
    )
    vaccination_protection: Share = Field(
        0.35, description="of the protection that is still missing, what a round gives"
    )

    health_sampling_interval_days: int = Field(
        30, ge=1, le=1000, description="days between a batch's health samplings, one container each"
    )
    health_sampling_fish: int = Field(75, ge=1, le=500, description="fish in a health sampling")
    score_background: Share = Field(
        0.03, description="of the worst score, what healthy fish get on average"
    )
    frailty_sd: float = Field(
        0.8, ge=0, le=3, description="how differently fish bear the same damage (log)"
    )
    thinness: Share = Field(
        0.25, description="condition factor that a fish loses when its body is at its worst"
    )
    damage_per_louse: Share = Field(
        0.02, description="damage to skin and mucus that a louse on every fish does"
    )
    finding_score: float = Field(
        1.0, ge=0, le=3, description="mean score from which a sampling is a finding"
    )
    severe_finding_share: Share = Field(
        0.5, description="of the way from there to the worst score: from here a finding is severe"
    )

    lab_interval_days: int = Field(
        90, ge=1, le=1000, description="days between a batch's routine laboratory samples"
    )
    lab_samples: int = Field(2, ge=1, le=6, description="samples sent each time, types in turn")
    lab_fish: int = Field(5, ge=1, le=100, description="fish in a laboratory sample")
    lab_least_weight_g: Weight = Field(
        5.0, description="smaller fish are not sampled, only their water"
    )
    lab_sending_days: int = Field(1, ge=0, le=30, description="from taking a sample to sending it")
    lab_days: tuple[Annotated[int, Field(ge=0, le=100)], Annotated[int, Field(ge=0, le=100)]] = (
        Field((4, 12), description="shortest and longest time from sending to results")
    )
    lab_sensitivity: Share = Field(0.9, description="chance to find a pathogen that is there")
    lab_false_share: Share = Field(
        0.005, description="samples of healthy fish with a result that is not confirmed"
    )
    laboratory: Laboratory = Field(
        default_factory=Laboratory, description="what its instruments show"
    )
    lab_abnormal_score: float = Field(
        1.0, ge=0, le=3, description="score of organs from which a sample is abnormal"
    )
    water_degc: tuple[Degc, Degc] = Field((3.0, 17.0), description="outside, water is abnormal")
    water_oxygen_loss: Share = Field(
        0.1, description="share of the oxygen that is missing from which water is abnormal"
    )
    water_most_feed_kg_m3: float = Field(
        3.0, ge=0, le=100, description="feed a day in a cubic metre from which water is abnormal"
    )

    journal_interval_days: int = Field(
        30, ge=1, le=1000, description="days between a batch's routine journal entries; weekly: 7"
    )
    journal_looks_back_days: int = Field(
        7, ge=1, le=365, description="days whose losses an entry is about, if it has so many"
    )
    journal_losses: tuple[Times, Times] = Field(
        (2.0, 5.0), description="times the expected losses of these days: medium, high severity"
    )
    journal_chance_sd: float = Field(
        3.0,
        ge=0,
        le=20,
        description="losses within so many standard deviations of a Poisson count are chance",
    )
    journal_damage: tuple[Share, Share] = Field(
        (0.15, 0.4), description="worst lasting damage: medium, high severity"
    )
    journal_strengths: tuple[Times, Times] = Field(
        (0.7, 2.0), description="strength of what the sea does, above it: medium, high severity"
    )
