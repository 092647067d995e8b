"""Acceptance: the figures of a run that can be held against limits, and the lines that hold.

The limits are the scenario's (``acceptance``), which the ledger keeps; what a figure is, is known
here. Every run keeps the general lines. That no container holds two batches or more than its limit
are checks of their own, for every run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from persistence.checks.engine.knobs import StoredKnobs, StoredLimits
from persistence.checks.figures import measures as m
from persistence.checks.figures.figures import FEEDINGS, READINGS, SAMPLES, Figures
from persistence.checks.figures.gather import STEADY_FROM_DAY
from persistence.stores import StoreError

_OPEN, _NONE = StoredLimits(None, None), StoredLimits(0, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure and its limits.

    Attributes:
        says: what is promised, in a sentence; ``{limits}`` is where they stand in it.
        measure: the figure's values.
        limits: of every value.
        whole: whether it can only be told of the whole simulated span and company.
        biology: whether its limits are those of the default biology profile.
        unit: of the values; ``digits`` their decimal places.
        beside: what else to tell.
    """

    name: str
    says: str
    measure: m.Measure
    limits: StoredLimits = _OPEN
    whole: bool = True
    biology: bool = False
    unit: str = ""
    digits: int = 0
    beside: Callable[[Figures], str] | None = None

    @property
    def expected(self) -> str:
        """The limits in words."""
        low, high, unit = self.limits.least, self.limits.most, f" {self.unit}" if self.unit else ""
        if low is None:
            return f"at most {high:,.10g}{unit}"
        if high is None:
            return f"at least {low:,.10g}{unit}"
        return f"{low:,.10g}{unit}" if low == high else f"{low:,.10g} to {high:,.10g}{unit}"

    @property
    def sentence(self) -> str:
        """What is promised, with the limits."""
        said = self.says.format(limits=self.expected)
        return said[0].upper() + said[1:]

    def refuses(self, value: float) -> bool:
        """Whether a value is outside the limits."""
        low, high = self.limits.least, self.limits.most
        return (low is not None and value < low) or (high is not None and value > high)


GENERAL = (
    Line("batches.created", "Every planned batch has been created, or waits for its first place",
         m.created, StoredLimits(100, 100), unit="%", beside=m.tell_batches),
    Line("containers.fill", "No container was ever above 100 % of its limit", m.fullest,
         StoredLimits(None, 100), whole=False, unit="%", digits=1),
    Line("waits.longest", "No claim waited longer than the watchdog allows",
         m.one(lambda figures: len(figures.long_waits)), StoredLimits(None, 0), whole=False,
         unit="claims", beside=m.tell_long_waits),
    Line("feed.opening", "On the first day feed_supply.opening_t is in stock, no more and no less",
         m.opening_excess, _NONE, unit="t", digits=2, beside=m.tell_opening),
    Line("feed.expired", "Nothing of that stock was left when it expired", m.opening_expired,
         _NONE, whole=False, unit="t", digits=2, beside=m.tell_due),
)  # fmt: skip
"""The lines that hold for every run."""

_STEADY = f"From day {STEADY_FROM_DAY} on, in whole months, {{limits}} of"

# Where batches queue for tanks, a little less of the eggs is alive on day 91, since more die among
# eggs than among fry.
FIGURES: Mapping[str, Line] = {
    "day_91_million_fish": Line(
        "day91.population", "On day 91 a batch of 3.1 to 3.5 M eggs has {limits} fish",
        m.day_91, whole=False, biology=True, unit="M", digits=3),
    "day_91_alive_percent": Line(
        "day91.survival", "On day 91 {limits} of the eggs are alive: not doubled",
        m.day_91_share, whole=False, biology=True, unit="%", digits=2),
    "day_91_alive_mean_percent": Line(
        "day91.mean", "On day 91 {limits} of the eggs are alive, on average over batches",
        m.mean_of(m.day_91_share), biology=True, unit="%", digits=2),
    "survival_percent": Line(
        "survival.each", "{limits} of each batch's eggs are harvested", m.harvested_share,
        whole=False, biology=True, unit="%", digits=1),
    "survival_mean_percent": Line(
        "survival.mean", "{limits} of the eggs are harvested, on average over batches",
        m.mean_of(m.harvested_share), biology=True, unit="%", digits=1),
    "economic_fcr": Line(
        "fcr.economic", "Each harvested batch's economic FCR is {limits}", m.economic_fcr,
        whole=False, biology=True, digits=2, beside=m.tell_biological_fcr),
    "harvest_weight_kg": Line(
        "harvest.weight", "Each batch is harvested at a mean of {limits}", m.harvest_weight,
        whole=False, biology=True, unit="kg", digits=2),
    "harvest_days": Line(
        "harvest.days", "Each batch's last ring is harvested {limits} after its start",
        m.harvest_days, whole=False, biology=True, unit="days", beside=m.tell_first_rings),
    "harvest_days_mean": Line(
        "harvest.mean", "A batch's last ring is harvested {limits} after its start, on average",
        m.mean_of(m.harvest_days), biology=True, unit="days", digits=1),
    "alive_percent": Line(
        "survival.alive", "{limits} of the eggs are alive", m.alive_share, biology=True,
        unit="%", digits=1),
    "alive_weight_g": Line(
        "weight.alive", "The fish weigh {limits}", m.alive_weight, biology=True, unit="g",
        digits=2),
    "harvested_batches": Line(
        "batches.harvested", "{limits} batches are harvested",
        m.one(lambda figures: sum(b.is_harvested for b in figures.batches))),
    "active_batches": Line(
        "batches.active", "{limits} batches are active",
        m.one(lambda figures: sum(b.active for b in figures.batches))),
    "active_stages": Line(
        "stages.active", "{limits} stages are among the active batches", m.stages_among_active),
    "batches_per_stage": Line(
        "stages.each", "{limits} active batches are in each stage that holds two or three",
        m.batches_per_stage),
    "stages_seen": Line(
        "stages.seen", "Fish have been in {limits} stages",
        m.one(lambda figures: len(figures.stages_seen))),
    "closed_assignments": Line(
        "assignments.closed", "{limits} assignments are closed",
        m.one(lambda figures: figures.closed)),
    "active_assignments": Line(
        "assignments.active", "{limits} assignments are active",
        m.one(lambda figures: figures.active)),
    "readings": Line("rows.readings", "There are {limits} readings", m.rows(READINGS)),
    "feedings": Line("rows.feedings", "There are {limits} feedings", m.rows(FEEDINGS)),
    "growth_samples": Line("rows.samples", "There are {limits} growth samples", m.rows(SAMPLES)),
    "feed_stock_t": Line(
        "feed.stock", "There is feed in stock at the end: {limits}", m.stock, unit="t", digits=1),
    "feed_stock_change_t": Line(
        "feed.used", "Stock less what was bought is {limits}", m.stock_change, unit="t",
        digits=1),
    "late_purchases": Line(
        "feed.purchases", "Feed is bought after the first day: {limits} times",
        m.one(lambda figures: figures.late_purchases)),
    "delousing_ways": Line(
        "treatments.methods", "Lice are treated in {limits} ways",
        m.one(lambda figures: len(figures.deloused)), biology=True, beside=m.tell_delousings),
    "tanks_stocked_percent": Line(
        "tanks.stocked", f"{_STEADY} the tank-days have fish in them", m.stocked_tanks,
        unit="%", digits=1, beside=m.tell_claimed_tanks),
    "rings_stocked_percent": Line(
        "rings.stocked", f"{_STEADY} the ring-days have fish in them", m.stocked_rings,
        unit="%", digits=1, beside=m.tell_claimed_rings),
    "rings_claimed_percent": Line(
        "rings.claimed", f"{_STEADY} the ring-days are claimed: stocked, being emptied or fallow",
        m.claimed_rings, unit="%", digits=1, beside=m.tell_stocked_rings),
    "waits_of_each_pool": Line(
        "waits.pools", "Somebody waited for every kind of pool: {limits} times",
        m.waits_of("tanks", "rings", "feed", "delivery", "wellboat", "plant", "treatment")),
}  # fmt: skip
"""What a scenario may set limits to, by its knobs."""


def lines_for(knobs: StoredKnobs) -> Sequence[Line]:
    """The lines that hold for a scenario, in the order of the figures.

    Raises:
        StoreError: it sets limits to a figure that is not known.
    """
    asked = knobs.acceptance
    if unknown := asked.keys() - FIGURES.keys():
        raise StoreError(f"acceptance knows no figure {', '.join(sorted(unknown))}")
    own = (replace(line, limits=asked[knob]) for knob, line in FIGURES.items() if knob in asked)
    return (*GENERAL, *own)
