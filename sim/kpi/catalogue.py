"""The catalogue of key figures: their names, units, which way is better, and what they say.

Pools and stages differ from company to company, and so do the figures about them; the others are
the same everywhere. How they are counted: :mod:`.figures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sim.kpi.measures import CAUSES, Measures, in_order
from sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Kpi:
    """A key figure: its name, its unit, which way is better (if either is) and what it says."""

    name: str
    unit: str
    better: Literal["more", "less"] | None
    text: str


_GENERAL = (
    Kpi("harvested_t_per_year", "t", "more", "live weight harvested"),
    Kpi("harvested_fish_per_year", "fish", "more", "fish harvested"),
    Kpi("harvest_events_per_year", "rings", None, "rings emptied"),
    Kpi("batches_completed_per_year", "batches", "more", "batches whose last ring was emptied"),
    Kpi("smolts_per_year", "fish", "more", "fish that came to sea alive"),
    Kpi("smolt_weight_g", "g", None, "their mean weight"),
    Kpi("harvest_weight_kg", "kg", None, "mean live weight of a harvested fish"),
    Kpi("harvest_weight_sd_kg", "kg", "less", "spread of the rings' mean weights, by fish"),
    Kpi("survival_percent", "%", "more", "fish harvested of the eggs, mean over batches"),
    Kpi("sea_survival_percent", "%", "more", "fish harvested of those that came to sea alive"),
    Kpi("fcr", "kg/kg", "less", "economic FCR: feed per live weight harvested, mean over batches"),
    Kpi("feed_cost_per_kg", "money/kg", "less", "cost of the feed per live weight harvested"),
    Kpi("days_to_harvest", "days", "less", "from laying down the eggs to the last ring"),
    Kpi("harvest_days_late", "days", "less", "last ring after the last day of the batch's plan"),
    Kpi("wait_days_per_batch", "days", "less", "any batch kept waiting, per batch harvested"),
    Kpi("batches_waiting_to_start", "batches", "less", "due to start, without a place at the end"),
    Kpi("stock_outs_per_year", "spells", "less", "spells in which a store was short of feed"),
    Kpi("feed_missed_t_per_year", "t", "less", "rations not given because a store was short"),
    Kpi("crowding_missed_t_per_year", "t", "less", "rations not given: a container was full"),
    Kpi("treatments_per_batch", "treatments", "less", "of lice and diseases, by campaigns"),
    Kpi("revenue_per_year", "money", "more", "harvest, by the finance policies"),
    Kpi("feed_cost_per_year", "money", "less", "cost of what was fed, by its lots"),
    Kpi("margin_per_year", "money", "more", "harvest less feed fed and eggs bought"),
    Kpi("freshwater_margin_per_year", "money", "more", "smolts sold less feed and eggs"),
    Kpi("farming_margin_per_year", "money", "more", "harvest less smolts bought and feed at sea"),
)

_BLOCKING = ("tanks", "rings", "wellboats", "harvest plant")
WITHHOLDING = "withholding"
"""The wait of treated fish until they may be eaten: no pool, but it keeps a batch as one does."""


def slug(name: str) -> str:
    """A kind of pool, a stage or a cause as a part of a figure's name."""
    letters = "".join(letter if letter.isalnum() else "_" for letter in name.lower())
    return "_".join(part for part in letters.split("_") if part)


def blocking(kinds: Sequence[str]) -> list[str]:
    """What can keep a batch where it is, of some kinds of pools."""
    return [*(kind for kind in kinds if kind.startswith(_BLOCKING)), WITHHOLDING]


def catalogue(scenario: Scenario) -> Mapping[str, Kpi]:
    """All key figures of a scenario by name; pools and stages differ from company to company."""
    halls = [
        stage.hall
        for geography in scenario.geographies
        for stage in scenario.stages_in(geography)
        if stage.hall is not None
    ]
    at_sea = any(
        geography.areas and any(stage.role == "sea" for stage in scenario.stages_in(geography))
        for geography in scenario.geographies
    )
    kinds = [f"{store} {hall}" for hall in halls for store in ("tanks", "silos")]
    kinds += ["rings", "barges"] if at_sea else []
    kinds += ["wellboats", "feed trucks", "feed boats", "treatment vessels", "harvest plant"]
    return _catalogue(in_order(kinds), [stage.name for stage in scenario.stages])


def catalogue_of(measures: Measures) -> Mapping[str, Kpi]:
    """The same, of measures."""
    return _catalogue(measures.kinds, measures.stages)


def _catalogue(kinds: Sequence[str], stages: Sequence[str]) -> Mapping[str, Kpi]:
    found = [*_GENERAL]
    for kind in kinds:
        text = f"share of {kind} in use or resting"
        if kind.startswith(("silos", "barges")):
            text = f"mean share of {kind} that was full"
        found.append(Kpi(f"utilisation_{slug(kind)}", "share", None, text))
    for kind in blocking(kinds):
        text = f"part of wait_days_per_batch: for {kind}"
        found.append(Kpi(f"blocked_days_{slug(kind)}_per_batch", "days", "less", text))
    for kind in kinds:
        name = f"wait_days_{slug(kind)}_per_year"
        found.append(Kpi(name, "days", "less", f"days of waiting for {kind}, by whomever"))
    for stage in stages:
        text = f"the way into {stage} began after it was due"
        found.append(Kpi(f"days_late_{slug(stage)}", "days", "less", text))
    for cause in CAUSES:
        text = f"of the eggs, died by cause {cause}, mean over harvested batches"
        found.append(Kpi(f"deaths_{slug(cause)}_percent", "%", "less", text))
    return {kpi.name: kpi for kpi in found}
