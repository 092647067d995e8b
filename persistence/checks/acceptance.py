"""Acceptance: the figures that a run of each shipped scenario must show, as a table.

A line names a figure, the limits that its values must keep, and whether it can be told of a run that
was cut short. Which lines hold is decided by what the scenario is: the shipped ones by their name
as long as they have the size that the figures were set for, any other by its size, and every
scenario keeps the general lines.

FCR is the economic one, feed fed per kilogram of live weight harvested beyond that of the eggs,
over a batch's whole life; the biological one, which counts what died as grown, is told beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from persistence.checks.figures import FEEDINGS, READINGS, RINGS_FROM_DAY, SAMPLES, Figures
from persistence.checks.knobs import Knobs
from persistence.checks.result import CheckResult
from persistence.checks.rule import SHOWN

Values = Mapping[str, float]
"""A figure's values: one for the run, or one per batch, stage or geography, by their names."""

DEFAULT = "default"
"""The biology profile that the figures of survival, growth and feed were set for."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table.

    Attributes:
        low, high: limits of every value, both allowed; None: no limit.
        values: the figure's values, from the figures and the scenario; none: nothing to tell yet.
        whole: whether it needs the whole simulated span.
        biology: whether it holds in the default profile only.
        unit: of the values; ``digits`` their decimal places.
        beside: what else to tell.
    """

    name: str
    says: str
    low: float | None
    high: float | None
    values: Callable[[Figures, Knobs], Values]
    whole: bool = True
    biology: bool = False
    unit: str = ""
    digits: int = 0
    beside: Callable[[Figures], str] | None = None


def _created(figures: Figures, knobs: Knobs) -> Values:
    return {"run": len(figures.batches) / knobs.batches * 100}


def _harvested_share(figures: Figures, _: Knobs) -> Values:
    return {b.name: 100 * b.harvested / max(b.eggs, 1) for b in figures.batches if b.is_harvested}


def _mean_harvested_share(figures: Figures, knobs: Knobs) -> Values:
    shares = _harvested_share(figures, knobs)
    return {"run": sum(shares.values()) / len(shares)} if shares else {}


def _alive_share(figures: Figures, _: Knobs) -> Values:
    return {b.name: 100 * b.alive / max(b.eggs, 1) for b in figures.batches if b.active}


def _alive_weight(figures: Figures, _: Knobs) -> Values:
    return {b.name: 1000 * b.alive_kg / max(b.alive, 1) for b in figures.batches if b.active}


def _harvest_weight(figures: Figures, _: Knobs) -> Values:
    return {
        b.name: b.harvested_kg / max(b.harvested, 1) for b in figures.batches if b.is_harvested
    }


def _economic_fcr(figures: Figures, knobs: Knobs) -> Values:
    return {
        b.name: b.feed_kg / max(b.harvested_kg - b.eggs * knobs.egg_g / 1000, 1e-9)
        for b in figures.batches
        if b.is_harvested
    }


def _biological_fcr(figures: Figures) -> str:
    done = [b for b in figures.batches if b.is_harvested]
    grown = sum(b.harvested_kg + b.dead_kg for b in done)
    return f"biological {sum(b.feed_kg for b in done) / max(grown, 1e-9):.2f}"


def _harvest_days(figures: Figures, _: Knobs) -> Values:
    return {b.name: b.last_harvest or 0 for b in figures.batches if b.is_harvested}


def _first_rings(figures: Figures) -> str:
    days = [b.first_harvest or 0 for b in figures.batches if b.is_harvested]
    return f"first rings after {min(days)} to {max(days)} days"


def _day_91(figures: Figures, _: Knobs) -> Values:
    return {
        b.name: b.day_91 / 1e6
        for b in figures.batches
        if b.day_91 is not None and 3_100_000 <= b.eggs <= 3_500_000
    }


def _day_91_share(figures: Figures, _: Knobs) -> Values:
    return {
        b.name: 100 * b.day_91 / max(b.eggs, 1) for b in figures.batches if b.day_91 is not None
    }


def _stages_among_active(figures: Figures, _: Knobs) -> Values:
    return {"run": len({b.stage for b in figures.batches if b.active})}


def _per_stage(figures: Figures, knobs: Knobs) -> Values:
    """Active batches in each freshwater stage that two or three batches fit into."""
    stages = [b.stage for b in figures.batches if b.active]
    return {
        stage.name: stages.count(order)
        for order, stage in enumerate(knobs.stages)
        if not stage.sea and 2 <= stage.days / knobs.stagger_days <= 3
    }


def _rows(name: str, unit: float = 1) -> Callable[[Figures, Knobs], Values]:
    return lambda figures, _: {"run": figures.rows[name] / unit}


def _stock(figures: Figures, _: Knobs) -> Values:
    return {name: kg / 1000 for name, kg in figures.stock_kg.items()}


def _claimed(figures: Figures, _: Knobs) -> Values:
    return {name: 100 * sea.claimed / sea.capacity for name, sea in figures.sea.items()}


def _stocked(figures: Figures) -> str:
    shares = ", ".join(
        f"{name} {100 * sea.stocked / sea.capacity:.1f} %" for name, sea in figures.sea.items()
    )
    return f"stocked only: {shares}"


def _batches_by_state(figures: Figures) -> str:
    done = sum(b.is_harvested for b in figures.batches)
    active = sum(b.active for b in figures.batches)
    return f"{len(figures.batches)} batches: {done} harvested, {active} active"


GENERAL = (
    Line("batches.created", "Every planned batch has been created", 100, 100, _created, unit="%",
         beside=_batches_by_state),
    Line("containers.fill", "No container was ever above 100 % of its limit", None, 100,
         lambda f, _: {name: 100 * share for name, share in f.fullest.items()}, whole=False,
         unit="%", digits=1),
    Line("waits.longest", "No claim waited longer than the watchdog allows", None, 0,
         lambda f, _: {"run": len(f.long_waits)}, whole=False, unit="claims",
         beside=lambda f: "; ".join(f.long_waits[:SHOWN])),
)  # fmt: skip

_FRY = (
    Line("day91.population", "On day 91 a batch of 3.1 to 3.5 M eggs has 2.8 to 3.2 M fish",
         2.8, 3.2, _day_91, whole=False, biology=True, unit="M", digits=3),
    # The figures are about 0.905 to 0.912: what rounds to them keeps them.
    Line("day91.survival", "On day 91 about 90.5 to 91.2 % of the eggs are alive: not doubled",
         90.45, 91.25, _day_91_share, whole=False, biology=True, unit="%", digits=2),
)  # fmt: skip

_LIFE = (
    Line("survival.each", "80 to 90 % of each batch's eggs are harvested", 80, 90,
         _harvested_share, whole=False, biology=True, unit="%", digits=1),
    Line("fcr.economic", "Each harvested batch's economic FCR is 0.9 to 3.0", 0.9, 3.0,
         _economic_fcr, whole=False, biology=True, digits=2, beside=_biological_fcr),
    Line("harvest.weight", "Each batch is harvested at a mean of 4.5 to 6.5 kg", 4.5, 6.5,
         _harvest_weight, whole=False, biology=True, unit="kg", digits=2),
    Line("harvest.days", "Each batch's last ring is harvested 770 to 870 days after its start",
         770, 870, _harvest_days, whole=False, biology=True, unit="days", beside=_first_rings),
)  # fmt: skip
_MEAN_SURVIVAL = Line(
    "survival.mean", "83 to 87 % of the eggs are harvested, on average over batches", 83, 87,
    _mean_harvested_share, biology=True, unit="%", digits=1,
)  # fmt: skip
_STOCK = Line(
    "feed.stock", "There is feed in stock at the end", 0.001, None, _stock, unit="t", digits=1
)
_ALL_STAGES = Line(
    "stages.active", "All six stages are among the active batches", 6, 6, _stages_among_active
)

_SINGLE_200 = (
    *_FRY,
    Line("rows.feedings", "There are more than 1,000 feedings", 1001, None, _rows(FEEDINGS)),
    Line("stages.seen", "The batch has seen three stages", 3, 3,
         lambda f, _: {"run": len(f.stages_seen)}),
    Line("assignments.closed", "20 assignments are closed", 20, 20,
         lambda f, _: {"run": f.closed}),
    Line("assignments.active", "10 assignments are active", 10, 10,
         lambda f, _: {"run": f.active}),
    Line("rows.samples", "There are at least 20 growth samples", 20, None, _rows(SAMPLES)),
    Line("survival.alive", "85 to 95 % of the eggs are alive", 85, 95, _alive_share,
         biology=True, unit="%", digits=1),
    Line("weight.alive", "The fish weigh 10 to 20 g", 10, 20, _alive_weight, biology=True,
         unit="g", digits=2),
    Line("feed.used", "Stock falls: less is there than was bought", None, -0.001,
         lambda f, _: {name: (kg - f.bought_kg[name]) / 1000 for name, kg in f.stock_kg.items()},
         unit="t", digits=1),
    Line("feed.purchases", "Feed is bought after the first day", 1, None,
         lambda f, _: {"run": f.late_purchases}),
)  # fmt: skip

_TWENTY = (
    *_FRY,
    Line("stages.each", "Two or three active batches are in each stage that holds as many", 2, 3,
         _per_stage),
    Line("rows.feedings", "There are more than 200,000 feedings", 200_001, None, _rows(FEEDINGS)),
    _STOCK,
)  # fmt: skip

_FORTY = (
    *_FRY, *_LIFE, _MEAN_SURVIVAL, _STOCK,
    Line("rows.readings", "There are 7 to 12 million readings", 7, 12, _rows(READINGS, 1e6),
         unit="M", digits=2),
    Line("rows.feedings", "There are 1 to 3 million feedings", 1, 3, _rows(FEEDINGS, 1e6),
         unit="M", digits=2),
    Line("batches.harvested", "About 25 batches are harvested", 22, 28,
         lambda f, _: {"run": sum(b.is_harvested for b in f.batches)}),
    Line("batches.active", "About 15 batches are active", 12, 18,
         lambda f, _: {"run": sum(b.active for b in f.batches)}),
)  # fmt: skip

_PRODUCTION = (
    *_FRY, *_LIFE, _MEAN_SURVIVAL, _STOCK, _ALL_STAGES,
    Line("rows.readings", "There are 25 to 50 million readings", 25, 50, _rows(READINGS, 1e6),
         unit="M", digits=2),
    Line("rows.feedings", "There are more than 1.5 million feedings", 1.500001, None,
         _rows(FEEDINGS, 1e6), unit="M", digits=2),
    Line("rings.claimed",
         f"From day {RINGS_FROM_DAY} on, in whole months, 65 to 85 % of the ring-days are claimed:"
         " stocked, being emptied or fallow",
         65, 85, _claimed, unit="%", digits=1, beside=_stocked),
)  # fmt: skip

_TIGHT_KINDS = ("tanks", "rings", "feed", "delivery", "wellboat", "plant")
_TIGHT = (
    *_FRY,
    Line("waits.pools", "Something waited for every kind of pool", 1, None,
         lambda f, _: {kind: f.waits[kind] for kind in _TIGHT_KINDS}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a scenario that a set of lines was set for."""

    batches: int
    span_days: int
    lines: tuple[Line, ...]


SCENARIOS: Mapping[str, Size] = {
    "single_batch_200d": Size(1, 200, _SINGLE_200),
    "single_batch_900d": Size(1, 900, (*_FRY, *_LIFE, _STOCK)),
    "small_20": Size(20, 70, _TWENTY),
    "medium_40": Size(40, 90, _FORTY),
    "production": Size(144, 53, _PRODUCTION),
    "saturation_170": Size(170, 53, (*_FRY, _ALL_STAGES)),
    "tight": Size(40, 700, _TIGHT),
}
"""The lines of FARM.md's table by the shipped scenarios that show them."""


def lines_for(knobs: Knobs) -> Sequence[Line]:
    """The lines that hold for a scenario."""
    size = SCENARIOS.get(knobs.name)
    if size and (knobs.batches, knobs.span_days) == (size.batches, size.span_days):
        return (*GENERAL, *size.lines)
    return GENERAL


def judge(figures: Figures, knobs: Knobs, profile: str) -> list[CheckResult]:
    """Compare a run's figures with the lines that hold for it."""
    return [_judge(line, figures, knobs, profile) for line in lines_for(knobs)]


def _judge(line: Line, figures: Figures, knobs: Knobs, profile: str) -> CheckResult:
    expected = _limits(line)
    values = line.values(figures, knobs)
    excuse = ""
    if line.whole and figures.until < knobs.end_day:
        excuse = "the run was cut short"
    elif line.biology and profile != DEFAULT:
        excuse = f"set for the {DEFAULT} profile"
    elif not values:
        excuse = "nothing to tell yet"
    if excuse:
        return CheckResult(line.name, "acceptance", line.says, expected, excuse, "not applicable")
    out = {
        name: value
        for name, value in values.items()
        if (line.low is not None and value < line.low)
        or (line.high is not None and value > line.high)
    }
    found = _told(line, values)
    if line.beside:
        beside = line.beside(figures)
        found += f" ({beside})" if beside else ""
    rows = tuple(f"{name}: {_number(line, value)}" for name, value in list(out.items())[:SHOWN])
    state = "failed" if out else "passed"
    return CheckResult(line.name, "acceptance", line.says, expected, found, state, rows)


def _limits(line: Line) -> str:
    unit = f" {line.unit}" if line.unit else ""
    if line.low is not None and line.high is not None:
        both = f"{line.low:,g}" if line.low == line.high else f"{line.low:,g} to {line.high:,g}"
        return both + unit
    return f"at least {line.low:,g}{unit}" if line.low is not None else f"at most {line.high:,g}{unit}"


def _told(line: Line, values: Values) -> str:
    """One value as it is, several as a range with their mean."""
    if len(values) == 1:
        return _number(line, *values.values())
    low, high = min(values.values()), max(values.values())
    mean = sum(values.values()) / len(values)
    low_text, high_text = _number(line, low), _number(line, high)
    if len(values) <= 3:
        return ", ".join(f"{name} {_number(line, value)}" for name, value in values.items())
    return f"{low_text} to {high_text}, mean {_number(line, mean)} of {len(values)}"


def _number(line: Line, value: float) -> str:
    return f"{value:,.{line.digits}f}" + (f" {line.unit}" if line.unit else "")
