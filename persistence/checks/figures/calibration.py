"""Calibration: a run's figures beside published ones, target by target.

A target is inside its range or outside; neither is a fault by itself, since a run is one draw of
luck. What a calibrated run must show is that 90 % of its targets are inside. Sources: R read in the
source, D computed from open data, X arithmetic on R, C a published model's constant, K general
knowledge (see docs/calibration.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from persistence.checks.engine.result import CheckResult
from persistence.checks.figures.observed import Cycle, Observed, month_of

CALIBRATED = "calibrated"
"""The biology profile that follows published figures."""
LEAST_INSIDE_PERCENT = 90.0
_FAROE, _SCOTLAND = "Faroe Islands", "Scotland"
_STAGES_TO_ADULT = 5
_YEAR_DAYS = 365.2425

Measure = Callable[[Observed], float | None]


@dataclass(frozen=True, slots=True)
class Target:
    """A published figure.

    Attributes:
        says: what it is, in a sentence.
        low, high: its range, both ends allowed; None: open.
        source: letter of confidence and where it stands.
        measure: the run's value; None if the run has nothing to tell.
        beside: what else to tell of the run.
    """

    name: str
    says: str
    low: float | None
    high: float | None
    source: str
    measure: Measure
    unit: str = ""
    digits: int = 1
    beside: Callable[[Observed], str] | None = None


def compare(observed: Observed, *, whole: bool) -> list[CheckResult]:
    """Every target with what the run shows, and the share of them that is inside.

    Args:
        observed: what all databases of the run show together.
        whole: whether they are all of the run, to its end.
    """
    results = [_compare(target, observed) for target in TARGETS]
    told = [result for result in results if result.state != "not applicable"]
    inside = sum(result.state == "inside" for result in told)
    share = 100 * inside / max(len(told), 1)
    found = f"{share:.0f} %: {inside} of {len(told)} targets"
    return [
        *results,
        CheckResult(
            name="calibration.share",
            group="calibration",
            says=f"{LEAST_INSIDE_PERCENT:g} % of the published figures are met",
            expected=f"at least {LEAST_INSIDE_PERCENT:g} %",
            found=found if whole else "the run is not whole",
            state=(
                "not applicable"
                if not whole or not told
                else "passed"
                if share >= LEAST_INSIDE_PERCENT
                else "failed"
            ),
            rows=tuple(
                f"{result.name}: {result.found}, published {result.expected}"
                for result in told
                if result.state == "outside"
            ),
        ),
    ]


def _compare(target: Target, observed: Observed) -> CheckResult:
    value = target.measure(observed)
    low, high = target.low, target.high
    unit = f" {target.unit}" if target.unit else ""
    limits = (
        f"at least {low:g}" if high is None else f"at most {high:g}" if low is None
        else f"{low:g} to {high:g}"
    )  # fmt: skip
    expected = f"{limits}{unit} ({target.source})"
    if value is None:
        return CheckResult(
            target.name, "calibration", target.says, expected, "nothing to tell", "not applicable"
        )
    inside = (low is None or value >= low) and (high is None or value <= high)
    found = f"{value:,.{target.digits}f}{unit}"
    beside = target.beside(observed) if target.beside else ""
    return CheckResult(
        target.name,
        "calibration",
        target.says,
        expected,
        f"{found} ({beside})" if beside else found,
        "inside" if inside else "outside",
    )


# Measures.


def _curve(observed: Observed, geography: str) -> tuple[float, float, float] | None:
    """Mean, amplitude and warmest day of the year of a harmonic fit to a geography's sea."""
    days = observed.water.get(geography, ())
    if len(days) < _YEAR_DAYS:
        return None
    day, degc = np.array(days).T
    # Day 1970-01-01 was the first of its year; the drift of leap years is within a day.
    angle = 2 * np.pi * (day % _YEAR_DAYS) / _YEAR_DAYS
    design = np.column_stack([np.ones_like(angle), np.cos(angle), np.sin(angle)])
    mean, cosine, sine = np.linalg.lstsq(design, degc, rcond=None)[0]
    peak = np.arctan2(sine, cosine) / (2 * np.pi) * _YEAR_DAYS % _YEAR_DAYS + 1
    return float(mean), float(np.hypot(cosine, sine)), float(peak)


def _water(geography: str, which: int) -> Measure:
    def measure(observed: Observed) -> float | None:
        curve = _curve(observed, geography)
        return curve[which] if curve else None

    return measure


def _cycles(observed: Observed, geography: str | None) -> list[Cycle]:
    return [c for c in observed.cycles if geography in (None, c.geography)]


def _quantile(
    value: Callable[[Cycle], float], quantile: float = 0.5, geography: str | None = None
) -> Measure:
    def measure(observed: Observed) -> float | None:
        values = [value(cycle) for cycle in _cycles(observed, geography)]
        return float(np.quantile(values, quantile)) if values else None

    return measure


def _spread(
    value: Callable[[Cycle], float], geography: str | None = None, digits: int = 1
) -> Callable[[Observed], str]:
    def beside(observed: Observed) -> str:
        values = [value(cycle) for cycle in _cycles(observed, geography)]
        low, high = min(values), max(values)
        return f"{low:.{digits}f} to {high:.{digits}f} in {len(values)} cycles"

    return beside


def _gutted_kg(geography: str) -> Measure:
    def measure(observed: Observed) -> float | None:
        cycles = _cycles(observed, geography)
        fish = sum(cycle.harvested for cycle in cycles)
        return sum(c.gutted_g * c.harvested for c in cycles) / fish / 1000 if fish else None

    return measure


def _economic_above(observed: Observed) -> float | None:
    cycles = observed.cycles
    above = sum(cycle.economic_fcr > cycle.biological_fcr for cycle in cycles)
    return 100 * above / len(cycles) if cycles else None


def _mean_of(values: Callable[[Observed], Sequence[float]], scale: float = 1.0) -> Measure:
    def measure(observed: Observed) -> float | None:
        found = values(observed)
        return scale * sum(found) / len(found) if found else None

    return measure


def _quiet(observed: Observed) -> float | None:
    months = observed.site_months
    quiet = sum(month.mortality < 0.01 for month in months)
    return 100 * quiet / len(months) if months else None


def _tell_quiet(observed: Observed) -> str:
    told = []
    for name in sorted({month.geography for month in observed.site_months}):
        months = [month for month in observed.site_months if month.geography == name]
        quiet = sum(month.mortality < 0.01 for month in months)
        told.append(f"{name} {100 * quiet / len(months):.0f} % of {len(months)}")
    return ", ".join(told)


def _pairs(observed: Observed) -> Iterator[tuple[float, float]]:
    """Mortality of site-months and of the months that follow them."""
    known = {(m.geography, m.site, m.month): m.mortality for m in observed.site_months}
    for (name, site, month), mortality in known.items():
        for days in (28, 29, 30, 31):
            after = known.get((name, site, month + days))
            if after is not None:
                yield mortality, after


def _persistence(observed: Observed) -> float | None:
    pairs = np.array(list(_pairs(observed)))
    if len(pairs) < 3:
        return None
    return float(np.corrcoef(np.log(pairs + 1e-5).T)[0, 1])


def _autumn(observed: Observed) -> float | None:
    """Mean mortality of August to October over that of April to June."""
    late = [m.mortality for m in observed.site_months if month_of(m.month) in (8, 9, 10)]
    early = [m.mortality for m in observed.site_months if month_of(m.month) in (4, 5, 6)]
    if not late or not early or not sum(early):
        return None
    return (sum(late) / len(late)) / (sum(early) / len(early))


def _cause(cause: str) -> Measure:
    def measure(observed: Observed) -> float | None:
        total = observed.causes.total()
        return 100 * observed.causes[cause] / total if total else None

    return measure


def _lice_days(degc: float) -> Measure:
    def measure(observed: Observed) -> float | None:
        if not observed.lice_rate:
            return None
        a, b, c = observed.lice_rate
        return _STAGES_TO_ADULT / (a + b * degc + c * degc * degc)

    return measure


def _pellet(observed: Observed) -> float | None:
    weighted, weight = observed.pellet_mm
    return weighted / weight if weight else None


def _least_gap(geography: str) -> Measure:
    return lambda observed: min(observed.gaps.get(geography, ()), default=None)


def _share(part: Callable[[Observed], float], percent: float) -> Measure:
    return lambda o: percent * part(o) / o.live_kg if o.live_kg else None


TARGETS: Sequence[Target] = (
    Target("water.faroe.mean", "Annual mean of the Faroe sea", 8.0, 9.0,
           "R J Fish Dis 41:973", _water(_FAROE, 0), "C", 2),
    Target("water.scotland.mean", "Annual mean of the West Scottish sea", 10.4, 11.3,
           "D seven farm sites", _water(_SCOTLAND, 0), "C", 2),
    Target("water.scotland.amplitude", "Half of summer minus winter, West Scotland", 2.5, 3.4,
           "D seven farm sites", _water(_SCOTLAND, 1), "C", 2),
    Target("water.scotland.peak", "Warmest day of the year, West Scotland", 220, 245,
           "D seven farm sites", _water(_SCOTLAND, 2), "", 0),
    Target("hatching.warmth", "Degree-days from eggs laid down to hatching", 480, 520,
           "R AquaGen 2008", _mean_of(lambda o: tuple(o.hatching.values())), "degree-days", 0),
    Target("smolts.share", "Ova laid down that become smolts", 64, 76,
           "X Scottish surveys", _mean_of(lambda o: tuple(o.smolts.values()), 100), "%"),
    Target("growth.tgc", "Sea TGC of a cycle, median", 2.2, 3.2,
           "R Bailey 2003", _quantile(lambda c: c.tgc), "", 2, _spread(lambda c: c.tgc, None, 2)),
    Target("cycle.faroe.months", "Months at sea, Faroe, median", 12, 15,
           "R/D", _quantile(lambda c: c.months, 0.5, _FAROE), "months", 1,
           _spread(lambda c: c.months, _FAROE)),
    Target("cycle.scotland.months", "Months at sea, Scotland, median", 15, 20,
           "R/D", _quantile(lambda c: c.months, 0.5, _SCOTLAND), "months", 1,
           _spread(lambda c: c.months, _SCOTLAND)),
    Target("feed.fcr.biological", "Biological FCR at sea, median of cycles", 1.05, 1.20,
           "R Skretting, Mowi", _quantile(lambda c: c.biological_fcr), "", 3),
    Target("feed.fcr.economic", "Cycles whose economic FCR is above the biological one", 100, 100,
           "R by definition", _economic_above, "%", 0),
    Target("feed.pellet", "Pellet that fish of 3 kg get", 9, None,
           "R FAO AFFRIS", _pellet, "mm", 1),
    Target("mortality.quiet", "Site-months with less than 1 % mortality", 60, 75,
           "D/R", _quiet, "%", 1, _tell_quiet),
    Target("mortality.scotland.median", "Mortality of a Scottish cycle, median", 10, 18,
           "D nine sites", _quantile(lambda c: 100 * c.mortality, 0.5, _SCOTLAND), "%", 1,
           _spread(lambda c: 100 * c.mortality, _SCOTLAND)),
    Target("mortality.scotland.p95", "Mortality of a Scottish cycle, 95th percentile", 30, None,
           "D nine sites", _quantile(lambda c: 100 * c.mortality, 0.95, _SCOTLAND), "%"),
    Target("mortality.faroe.median", "Mortality of a Faroe generation, median", 6, 12,
           "K", _quantile(lambda c: 100 * c.mortality, 0.5, _FAROE), "%", 1,
           _spread(lambda c: 100 * c.mortality, _FAROE)),
    Target("mortality.persistence", "Bad months follow bad months: correlation of their logs",
           0.2, None, "D/R", _persistence, "", 2),
    Target("mortality.autumn", "August to October over April to June", 1.2, None,
           "D/R", _autumn, "times", 1),
    Target("causes.infection", "Deaths at sea by infection", 30, 46,
           "R Fish Health Report 2023: 38", _cause("DISEASE"), "%"),
    Target("causes.injury", "Deaths at sea by injury", 25, 41,
           "R Fish Health Report 2023: 33", _cause("HANDLING"), "%"),
    Target("causes.unknown", "Deaths at sea of unknown cause", 12, 28,
           "R Fish Health Report 2023: 20", _cause("UNKNOWN"), "%"),
    Target("lice.days.6", "Infection to adult female at 6 C", 65, 75,
           "R/C Hamre 2019", _lice_days(6), "days"),
    Target("lice.days.10", "Infection to adult female at 10 C", 34, 42,
           "R/C Hamre 2019", _lice_days(10), "days"),
    Target("fallow.faroe", "Shortest rest of a Faroe site", 60, None,
           "R at least 2 months", _least_gap(_FAROE), "days", 0),
    Target("fallow.scotland", "Shortest rest of a Scottish site", 28, None,
           "R at least 4 weeks", _least_gap(_SCOTLAND), "days", 0),
    Target("harvest.gutted", "Gutted weight / live weight", 0.82, 0.86,
           "R", _share(lambda o: o.gutted_kg, 1), "", 3),
    Target("harvest.superior", "Superior share of the live weight", 88, 97,
           "R a good cycle", _share(lambda o: o.superior_kg, 100), "%"),
    Target("harvest.faroe.weight", "Mean gutted weight at harvest, Faroe", 4.8, 5.8,
           "R", _gutted_kg(_FAROE), "kg", 2),
    Target("harvest.scotland.weight", "Mean gutted weight at harvest, Scotland", 4.0, 5.2,
           "R", _gutted_kg(_SCOTLAND), "kg", 2),
)  # fmt: skip
