"""Acceptance: the figures that a run of each shipped scenario must show, as a table.

Which lines hold is decided by what the scenario is: the shipped ones are known by their name, as
long as they have the size that their figures were set for. Every scenario keeps the general lines.
That no container holds two batches or more than its limit are checks of their own, for every run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from persistence.checks.engine.knobs import StoredKnobs
from persistence.checks.figures import measures as m
from persistence.checks.figures.figures import FEEDINGS, READINGS, SAMPLES, Figures
from persistence.checks.figures.gather import STEADY_FROM_DAY


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table.

    Attributes:
        low, high: limits of every value, both allowed; None: no limit.
        measure: the figure's values.
        whole: whether it can only be told of the whole simulated span and company.
        biology: whether it was set for the default biology profile.
        unit: of the values; ``digits`` their decimal places.
        beside: what else to tell.
    """

    name: str
    says: str
    low: float | None
    high: float | None
    measure: m.Measure
    whole: bool = True
    biology: bool = False
    unit: str = ""
    digits: int = 0
    beside: Callable[[Figures], str] | None = None


GENERAL = (
    Line("batches.created", "Every planned batch has been created", 100, 100, m.created, unit="%",
         beside=m.tell_batches),
    Line("containers.fill", "No container was ever above 100 % of its limit", None, 100,
         m.fullest, whole=False, unit="%", digits=1),
    Line("waits.longest", "No claim waited longer than the watchdog allows", None, 0,
         m.one(lambda figures: len(figures.long_waits)), whole=False, unit="claims",
         beside=m.tell_long_waits),
    Line("feed.opening", "On the first day feed_supply.opening_t is in stock, no more and no less",
         0, 0, m.opening_excess, unit="t", digits=2, beside=m.tell_opening),
    Line("feed.expired", "Nothing of that stock was left when it expired", 0, 0,
         m.opening_expired, whole=False, unit="t", digits=2, beside=m.tell_due),
)  # fmt: skip

_DAY_91_FISH = Line(
    "day91.population", "On day 91 a batch of 3.1 to 3.5 M eggs has 2.8 to 3.2 M fish",
    2.8, 3.2, m.day_91, whole=False, biology=True, unit="M", digits=3,
)  # fmt: skip
# The figures are about 0.905 to 0.912: what rounds to them keeps them. Where batches queue for
# tanks it is a little less, since more die among eggs than among fry.
_DAY_91_SHARE = Line(
    "day91.survival", "On day 91 about 90.5 to 91.2 % of the eggs are alive: not doubled",
    90.45, 91.25, m.day_91_share, whole=False, biology=True, unit="%", digits=2,
)  # fmt: skip
_DAY_91 = (_DAY_91_FISH, _DAY_91_SHARE)

_HARVEST = (
    Line("survival.each", "80 to 90 % of each batch's eggs are harvested", 80, 90,
         m.harvested_share, whole=False, biology=True, unit="%", digits=1),
    Line("fcr.economic", "Each harvested batch's economic FCR is 0.9 to 3.0", 0.9, 3.0,
         m.economic_fcr, whole=False, biology=True, digits=2, beside=m.tell_biological_fcr),
    Line("harvest.weight", "Each batch is harvested at a mean of 4.5 to 6.5 kg", 4.5, 6.5,
         m.harvest_weight, whole=False, biology=True, unit="kg", digits=2),
    Line("harvest.days", "Each batch's last ring is harvested 770 to 870 days after its start",
         770, 870, m.harvest_days, whole=False, biology=True, unit="days",
         beside=m.tell_first_rings),
)  # fmt: skip
_MEAN_SURVIVAL = Line(
    "survival.mean", "83 to 87 % of the eggs are harvested, on average over batches", 83, 87,
    m.mean_harvested_share, biology=True, unit="%", digits=1,
)  # fmt: skip
_STOCK = Line(
    "feed.stock", "There is feed in stock at the end", 0.001, None, m.stock, unit="t", digits=1
)
_ALL_STAGES = Line(
    "stages.active", "All six stages are among the active batches", 6, 6, m.stages_among_active
)

_STEADY = f"From day {STEADY_FROM_DAY} on, in whole months,"


def _tanks_stocked(low: float, high: float) -> Line:
    return Line(
        "tanks.stocked", f"{_STEADY} {low} to {high} % of the tank-days have fish in them",
        low, high, m.stocked_tanks, unit="%", digits=1, beside=m.tell_claimed_tanks,
    )  # fmt: skip


def _rings_stocked(low: float, high: float) -> Line:
    return Line(
        "rings.stocked", f"{_STEADY} {low} to {high} % of the ring-days have fish in them",
        low, high, m.stocked_rings, unit="%", digits=1, beside=m.tell_claimed_rings,
    )  # fmt: skip


def _rings_claimed(low: float, high: float) -> Line:
    return Line(
        "rings.claimed",
        f"{_STEADY} {low} to {high} % of the ring-days are claimed:"
        " stocked, being emptied or fallow",
        low, high, m.claimed_rings, unit="%", digits=1, beside=m.tell_stocked_rings,
    )  # fmt: skip


_SINGLE_200 = (
    *_DAY_91,
    Line("rows.feedings", "There are more than 1,000 feedings", 1001, None, m.rows(FEEDINGS)),
    Line("stages.seen", "The batch has seen three stages", 3, 3,
         m.one(lambda figures: len(figures.stages_seen))),
    Line("assignments.closed", "20 assignments are closed", 20, 20,
         m.one(lambda figures: figures.closed)),
    Line("assignments.active", "10 assignments are active", 10, 10,
         m.one(lambda figures: figures.active)),
    Line("rows.samples", "There are at least 20 growth samples", 20, None, m.rows(SAMPLES)),
    Line("survival.alive", "85 to 95 % of the eggs are alive", 85, 95, m.alive_share,
         biology=True, unit="%", digits=1),
    Line("weight.alive", "The fish weigh 10 to 20 g", 10, 20, m.alive_weight, biology=True,
         unit="g", digits=2),
    Line("feed.used", "Stock falls: less is there than was bought", None, -0.001,
         m.stock_change, unit="t", digits=1),
    Line("feed.purchases", "Feed is bought after the first day", 1, None,
         m.one(lambda figures: figures.late_purchases)),
)  # fmt: skip

_TWENTY = (
    *_DAY_91,
    Line("stages.each", "Two or three active batches are in each stage that holds as many", 2, 3,
         m.batches_per_stage),
    Line("rows.feedings", "There are more than 200,000 feedings", 200_001, None,
         m.rows(FEEDINGS)),
    _STOCK,
)  # fmt: skip

_FORTY = (
    *_DAY_91, *_HARVEST, _MEAN_SURVIVAL, _STOCK,
    Line("rows.readings", "There are 7 to 12 million readings", 7, 12, m.rows(READINGS, 1e6),
         unit="M", digits=2),
    Line("rows.feedings", "There are 1 to 3 million feedings", 1, 3, m.rows(FEEDINGS, 1e6),
         unit="M", digits=2),
    Line("batches.harvested", "About 25 batches are harvested", 22, 28,
         m.one(lambda figures: sum(b.is_harvested for b in figures.batches))),
    Line("batches.active", "About 15 batches are active", 12, 18,
         m.one(lambda figures: sum(b.active for b in figures.batches))),
    _tanks_stocked(30, 40), _rings_stocked(30, 40),
)  # fmt: skip

_WHOLE_LIVES = (*_HARVEST, _MEAN_SURVIVAL, _STOCK, _ALL_STAGES)

_LARGE = (
    *_DAY_91, *_WHOLE_LIVES,
    Line("rows.readings", "There are 25 to 50 million readings", 25, 50, m.rows(READINGS, 1e6),
         unit="M", digits=2),
    Line("rows.feedings", "There are more than 1.5 million feedings", 1.500001, None,
         m.rows(FEEDINGS, 1e6), unit="M", digits=2),
    Line("treatments.methods", "Lice are treated in each of the four ways", 4, 4,
         m.one(lambda figures: len(figures.deloused)), biology=True, beside=m.tell_delousings),
)  # fmt: skip
_PRODUCTION = (*_LARGE, _rings_claimed(65, 85), _tanks_stocked(25, 40))
_DENSE = (*_LARGE, _rings_claimed(70, 85), _tanks_stocked(65, 70))

_TEN_RINGS = (_DAY_91_SHARE, *_WHOLE_LIVES, _rings_claimed(65, 85))
_THREE_GEOGRAPHIES = (*_DAY_91, *_WHOLE_LIVES)

_TIGHT = (
    _DAY_91_FISH,
    Line("waits.pools", "Somebody waited for every kind of pool", 1, None,
         m.waits_of("tanks", "rings", "feed", "delivery", "wellboat", "plant", "treatment")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScenarioSize:
    """The size that a scenario must have for its lines to hold; None: any.

    Attributes:
        batches: how many are planned; ``span_days`` from the newest planned start to the end.
    """

    batches: int | None
    span_days: int | None
    lines: tuple[Line, ...]

    def fits(self, knobs: StoredKnobs) -> bool:
        """Whether a scenario has this size."""
        return self.batches in (None, knobs.batches) and self.span_days in (None, knobs.span_days)


SCENARIOS: Mapping[str, ScenarioSize] = {
    "single_batch_200d": ScenarioSize(1, 200, _SINGLE_200),
    "single_batch_900d": ScenarioSize(1, 900, (*_DAY_91, *_HARVEST, _STOCK)),
    "small_20": ScenarioSize(20, None, _TWENTY),
    "medium_40": ScenarioSize(40, None, _FORTY),
    "production": ScenarioSize(144, None, _PRODUCTION),
    "dense": ScenarioSize(144, None, _DENSE),
    "ten_rings": ScenarioSize(144, None, _TEN_RINGS),
    "three_geographies": ScenarioSize(120, None, _THREE_GEOGRAPHIES),
    "saturation_170": ScenarioSize(170, None, (_DAY_91_FISH, _ALL_STAGES)),
    "tight": ScenarioSize(None, None, _TIGHT),
}
"""The lines by the shipped scenarios that show them."""


def lines_for(knobs: StoredKnobs) -> Sequence[Line]:
    """The lines that hold for a scenario."""
    size = SCENARIOS.get(knobs.name)
    return (*GENERAL, *size.lines) if size and size.fits(knobs) else GENERAL
