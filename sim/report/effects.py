"""What matters: the factors' effects on the objective, by the study's own design."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from sim.report.drawing import BASE, CHOSEN, INK, canvas
from sim.report.facts import StudyFacts
from sim.report.numbers import UNKNOWN, Scale, short
from sim.report.page import Cell, Column, Drawing, PageTable, Picture, Row
from sim.study.sensitivity import Index, Slopes, Term

_MOST = 15


def deciding(facts: StudyFacts) -> str | None:
    """The key figure that is asked for: the objective, or the first that is shown."""
    findings = facts.findings
    return findings.evidence.objective or next(iter(findings.shown), None)


def effects_parts(facts: StudyFacts) -> list[Picture | PageTable]:
    """A picture and a table of effects; nothing if the design has no answer."""
    findings = facts.findings
    kpi = deciding(facts)
    effects = findings.effects(kpi) if kpi else None
    names = [factor.name for factor in findings.plan.study.factors]
    if kpi is None or not effects:
        return []
    if isinstance(effects, Slopes):
        return _slopes(facts, kpi, names, effects)
    indices = [one for one in effects if isinstance(one, Index)]
    if indices:
        return _indices(kpi, names, indices)
    return _terms(facts, kpi, names, [one for one in effects if isinstance(one, Term)])


def _slopes(
    facts: StudyFacts, kpi: str, names: Sequence[str], found: Slopes
) -> list[Picture | PageTable]:
    written = facts.scale(kpi)
    columns = (
        Column("factor", "factor", numbers=False),
        Column("change", "change from its least to its most", written.unit),
    )
    rows = [
        Row(
            (
                Cell(name),
                Cell(written.mean(slope), {"mean": slope.mean, "half_width": slope.half_width}),
            )
        )
        for name, slope in zip(names, found.slopes, strict=True)
    ]
    caption = f"Effects on {short(kpi)}: a linear model explains {100 * found.explained:.0f} %"
    values = [(slope.mean, slope.joint_half_width) for slope in found.slopes]
    told = _largest(names, [abs(mean) for mean, _ in values], kpi)
    picture = _picture(kpi, names, values, written, told, "change over the whole range")
    return [picture, PageTable(caption, columns, rows)]


def _indices(kpi: str, names: Sequence[str], found: Sequence[Index]) -> list[Picture | PageTable]:
    columns = (
        Column("factor", "factor", numbers=False),
        Column("alone", "alone", "% of variance"),
        Column("total", "with interactions", "% of variance"),
    )
    rows = [
        Row(
            (
                Cell(name),
                Cell(_ends(one.first, one.first_low, one.first_high), one.first),
                Cell(_ends(one.total, one.total_low, one.total_high), one.total, share=one.total),
            )
        )
        for name, one in zip(names, found, strict=True)
    ]
    values = [(one.total, (one.total_high - one.total_low) / 2) for one in found]
    told = _largest(names, [one.total for one in found], kpi)
    shown = Scale("% of variance", 100.0)
    picture = _picture(kpi, names, values, shown, told, "Sobol index with interactions")
    return [picture, PageTable(f"Sobol indices of {short(kpi)}", columns, rows)]


def _ends(value: float, low: float, high: float) -> str:
    if not isfinite(value):
        return UNKNOWN
    return f"{100 * value:.0f} ({100 * low:.0f} to {100 * high:.0f})"


def _terms(
    facts: StudyFacts, kpi: str, names: Sequence[str], terms: Sequence[Term]
) -> list[Picture | PageTable]:
    written = facts.scale(kpi)
    ordered = sorted(terms, key=lambda term: -term.share)[:_MOST]
    labels = [" x ".join(names[factor] for factor in term.factors) for term in ordered]
    columns = (
        Column("factors", "factors", numbers=False),
        Column("share", "share of the variance", "%"),
        Column("span", "moves it by", written.unit),
        Column("sure", "", numbers=False),
    )
    rows = [
        Row(
            (
                Cell(label),
                Cell(f"{100 * term.share:.0f}", term.share, share=term.share),
                Cell(written.text(term.span), term.span),
                Cell("told from nothing" if term.told_apart else "may be chance"),
            )
        )
        for label, term in zip(labels, ordered, strict=True)
    ]
    note = "a x b: what the two do together beyond what each does alone."
    return [PageTable(f"What the factors do to {short(kpi)}", columns, rows, note)]


def _largest(names: Sequence[str], sizes: Sequence[float], kpi: str) -> str:
    known = [n for n, size in enumerate(sizes) if isfinite(size) and size > 0]
    if not known:
        return f"Nothing moved {short(kpi)}."
    return f"{names[max(known, key=lambda n: sizes[n])]} matters most for {short(kpi)}."


def _picture(
    kpi: str, names: Sequence[str], values: Sequence[tuple[float, float]], written: Scale,
    told: str, axis: str,
) -> Picture:  # fmt: skip
    alt = f"Bars: effects of {', '.join(names)} on {short(kpi)}."

    def draw() -> Drawing:
        figure, axes = canvas(0.8 + 0.28 * len(names))
        place = axes[0][0]
        for row, (mean, half) in enumerate(values):
            if not isfinite(mean):
                continue
            width = half * written.factor if isfinite(half) else 0.0
            colour = CHOSEN if abs(mean) > half else BASE
            place.barh(row, mean * written.factor, 0.66, color=colour)
            place.errorbar(
                mean * written.factor, row, xerr=width, fmt="none", ecolor=INK, capsize=3
            )
        place.axvline(0, color=INK, lw=0.8)
        place.set_yticks(range(len(names)), names)
        place.set_ylim(len(names) - 0.5, -0.5)
        place.set_xlabel(f"{short(kpi)}: {axis}, {written.unit}")
        place.grid(visible=False, axis="y")
        return Drawing(figure, {})

    return Picture("effects", alt, f"{told} Grey bars may be chance.", draw)
