"""The catalogue of key figures: their names, units, which way is better, and what they say.

Pools and stages differ from company to company, and so do the figures about them; the others are
the same everywhere. How they are counted: :mod:`.figures`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from sim.kpi.measures import CAUSES, Measures
from sim.resources.kinds import KINDS, REASONS, Pools, Reason, in_order
from sim.scenario import Scenario

HARVEST, SMOLTS, PLANNED, FISH = "Harvest", "Smolts", "The plan", "Fish"
FEED, MONEY, DEATHS, USE = "Feed", "Money", "Deaths", "How full everything was"
KEPT, WAITED = "What batches were kept for", "Days of waiting, by whomever"


@dataclass(frozen=True, slots=True)
class Kpi:
    """A key figure.

    Attributes:
        name: in files and tables, with its unit; ``unit`` of what is counted.
        better: which way is better, if either is.
        text: what it says.
        group: the heading under which it stands in a list of all.
        per: whether it is counted by year or by batch.
        signed: whether it can be below 0.
    """

    name: str
    unit: str
    better: Literal["more", "less"] | None
    text: str
    group: str
    per: Literal["year", "batch"] | None = None
    signed: bool = False

    @property
    def domain(self) -> tuple[float, float]:
        """The least and the most that it can be."""
        return (-inf if self.signed else 0.0), {"%": 100.0, "share": 1.0}.get(self.unit, inf)


_GENERAL = (
    Kpi("harvested_t_per_year", "t", "more", "live weight harvested", HARVEST, "year"),
    Kpi("harvested_fish_per_year", "fish", "more", "fish harvested", HARVEST, "year"),
    Kpi("harvest_events_per_year", "rings", None, "rings emptied", HARVEST, "year"),
    Kpi("batches_completed_per_year", "batches", "more", "batches whose last ring was emptied",
        HARVEST, "year"),
    Kpi("batches_died_out_per_year", "batches", "less", "batches whose last fish died before",
        HARVEST, "year"),
    Kpi("smolts_per_year", "fish", "more", "fish that came to sea alive", SMOLTS, "year"),
    Kpi("smolt_weight_g", "g", None, "their mean weight", SMOLTS),
    Kpi("harvest_weight_kg", "kg", None, "mean live weight of a harvested fish", HARVEST),
    Kpi("harvest_weight_sd_kg", "kg", "less", "spread of the rings' mean weights, by fish",
        HARVEST),
    Kpi("survival_percent", "%", "more", "fish harvested of the eggs, mean over batches", FISH),
    Kpi("sea_survival_percent", "%", "more", "fish harvested of those that came to sea alive",
        FISH),
    Kpi("fcr", "kg/kg", "less", "economic FCR: feed per live weight harvested, mean over batches",
        FISH),
    Kpi("feed_cost_per_kg", "money/kg", "less", "cost of the feed per live weight harvested",
        MONEY),
    Kpi("days_to_harvest", "days", "less", "from laying down the eggs to the last ring", PLANNED),
    Kpi("harvest_days_late", "days", "less", "last ring after the last day of the batch's plan",
        PLANNED, signed=True),
    Kpi("wait_days_per_batch", "days", "less", "any batch kept waiting, per batch harvested",
        PLANNED, "batch"),
    Kpi("batches_waiting_to_start", "batches", "less", "due to start, without a place at the end",
        PLANNED),
    Kpi("stock_outs_per_year", "spells", "less", "spells in which a store was short of feed",
        FEED, "year"),
    Kpi("feed_missed_t_per_year", "t", "less", "rations not given because a store was short",
        FEED, "year"),
    Kpi("crowding_missed_t_per_year", "t", "less", "rations not given: a container was full",
        FEED, "year"),
    Kpi("treatments_per_batch", "treatments", "less", "of lice and diseases, by campaigns",
        FISH, "batch"),
    Kpi("revenue_per_year", "money", "more", "harvest, by the finance policies", MONEY, "year"),
    Kpi("feed_cost_per_year", "money", "less", "cost of what was fed, by its lots", MONEY, "year"),
    Kpi("margin_per_year", "money", "more", "harvest less feed fed and eggs bought", MONEY, "year",
        signed=True),
    Kpi("freshwater_margin_per_year", "money", "more", "smolts sold less feed and eggs",
        MONEY, "year", signed=True),
    Kpi("farming_margin_per_year", "money", "more", "harvest less smolts bought and feed at sea",
        MONEY, "year", signed=True),
)  # fmt: skip


def slug(name: str) -> str:
    """A kind of pool, a stage or a cause as a part of a figure's name."""
    letters = "".join(letter if letter.isalnum() else "_" for letter in name.lower())
    return "_".join(part for part in letters.split("_") if part)


def blocking(those: Iterable[Pools]) -> list[Pools | Reason]:
    """What can keep a batch where it is: some of these pools, and reasons without a pool."""
    found: list[Pools | Reason] = [each for each in those if each.kind.keeps]
    return [*found, *(reason for reason in REASONS.values() if reason.keeps)]


def pools_of(scenario: Scenario) -> tuple[Pools, ...]:
    """The kinds of pools that a scenario's company has, of its halls where each has one."""
    stages = [stage for each in scenario.geographies for stage in scenario.stages_in(each)]
    halls = {stage.hall for stage in stages if stage.hall is not None}
    at_sea = any(
        geography.areas and any(stage.role == "sea" for stage in scenario.stages_in(geography))
        for geography in scenario.geographies
    )
    found: list[Pools] = []
    for kind in KINDS.values():
        if kind.by_hall:
            found += [Pools(kind, hall) for hall in halls]
        elif at_sea or not kind.at_sea:
            found.append(Pools(kind))
    return in_order(found)


def catalogue(scenario: Scenario) -> Mapping[str, Kpi]:
    """All key figures of a scenario by name; pools and stages differ from company to company."""
    return _catalogue(pools_of(scenario), [stage.name for stage in scenario.stages])


def catalogue_of(measures: Measures) -> Mapping[str, Kpi]:
    """The same, of measures."""
    return _catalogue(measures.pools, measures.stages)


def _catalogue(those: Sequence[Pools], stages: Sequence[str]) -> Mapping[str, Kpi]:
    found = [*_GENERAL]
    for each in those:
        text = f"share of {each.name} in use or resting"
        if each.kind.sort == "stores":
            text = f"mean share of {each.name} that was full"
        found.append(Kpi(f"utilisation_{slug(each.name)}", "share", None, text, USE))
    for one in blocking(those):
        name = f"blocked_days_{slug(one.name)}_per_batch"
        text = f"part of wait_days_per_batch: for {one.name}"
        found.append(Kpi(name, "days", "less", text, KEPT, per="batch"))
    for each in those:
        name = f"wait_days_{slug(each.name)}_per_year"
        text = f"days of waiting for {each.name}, by whomever"
        found.append(Kpi(name, "days", "less", text, WAITED, per="year"))
    for stage in stages:
        text = f"the way into {stage} began after it was due"
        found.append(Kpi(f"days_late_{slug(stage)}", "days", "less", text, PLANNED, signed=True))
    for cause in CAUSES:
        text = f"of the eggs, died by cause {cause}, mean over harvested batches"
        found.append(Kpi(f"deaths_{slug(cause)}_percent", "%", "less", text, DEATHS))
    return {kpi.name: kpi for kpi in found}
