"""What one more unit of a factor buys: the picture and the table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from sim.report.drawing import BASE, CHOSEN, INK, canvas, thousands
from sim.report.facts import StudyFacts
from sim.report.numbers import change_cell, short
from sim.report.page import Cell, Column, Drawing, PageTable, Picture, Row

_MOST_KPIS = 3
_MOST_FACTORS = 4


def gains_parts(facts: StudyFacts) -> list[Picture | PageTable]:
    """What one more of every factor buys; nothing if no factor is a number."""
    shown = [name for name in facts.findings.shown if facts.kpi(name).better]
    aim = facts.findings.evidence.objective
    kpis = sorted(shown, key=lambda name: name != aim)[:_MOST_KPIS]
    factors = list(facts.findings.gains(kpis[0]))[:_MOST_FACTORS] if kpis else []
    if not factors:
        return []
    said = [_told(facts, factor, kpi) for factor in factors for kpi in kpis[:1]]
    alt = f"What one more of {', '.join(factors)} changes, from level to level:"
    alt += f" {', '.join(short(kpi) for kpi in kpis)}."
    caption = f"{' '.join(said)} Blue bars are surely for the better, all of a panel together."
    picture = Picture("gains", alt, caption, lambda: _draw(facts, factors, kpis))
    return [picture, _table(facts, factors, shown)]


def _told(facts: StudyFacts, factor: str, kpi: str) -> str:
    own = facts.findings.gains(kpi)[factor]
    if own.helps_up_to is None:
        return f"No step of {factor} surely improves {short(kpi)}."
    return f"More {factor} surely improve {short(kpi)}, up to {own.helps_up_to:g}."


def _table(facts: StudyFacts, factors: Sequence[str], kpis: Sequence[str]) -> PageTable:
    columns = [
        Column("factor", "one more of", numbers=False),
        Column("step", "from, to", numbers=False),
        *(Column(kpi, short(kpi), facts.scale(kpi).unit) for kpi in kpis),
    ]
    gains = {kpi: facts.findings.gains(kpi) for kpi in kpis}
    rows = []
    for factor in factors:
        for n, step in enumerate(gains[kpis[0]][factor].steps):
            cells = [
                change_cell(
                    facts.scale(kpi), gains[kpi][factor].steps[n].per_unit, facts.kpi(kpi).better
                )
                for kpi in kpis
            ]
            span = Cell(f"{step.low:g} to {step.high:g}", [step.low, step.high])
            rows.append(Row((Cell(factor), span, *cells)))
    note = "Per unit of the factor. * sure, together with all other steps of the factor."
    return PageTable("What one more buys", columns, rows, note)


def _draw(facts: StudyFacts, factors: Sequence[str], kpis: Sequence[str]) -> Drawing:
    figure, axes = canvas(2.4 * len(factors) + 0.1, len(factors), len(kpis))
    for factor, line in zip(factors, axes, strict=True):
        for kpi, place in zip(kpis, line, strict=True):
            own, written = facts.findings.gains(kpi)[factor], facts.scale(kpi)
            steps = own.steps
            x = np.arange(len(steps))
            y = [step.per_unit.mean * written.factor for step in steps]
            halves = [step.per_unit.joint_half_width * written.factor for step in steps]
            shown = [half if isfinite(half) else 0.0 for half in halves]
            colours = [CHOSEN if own.helps(step) else BASE for step in steps]
            place.bar(x, y, 0.62, color=colours, alpha=0.85)
            place.errorbar(x, y, shown, fmt="none", ecolor=INK, elinewidth=1.1, capsize=3)
            place.axhline(0, color=INK, lw=0.8)
            place.set_xticks(x, [f"{step.low:g}→{step.high:g}" for step in steps])
            if len(steps) * len(kpis) > 12:
                place.tick_params(axis="x", rotation=40)
            thousands(place.yaxis)
            place.set_title(f"{short(kpi)}, by one more of {factor}", fontsize=8)
            place.set_ylabel(written.unit)
            place.grid(visible=False, axis="x")
    return Drawing(figure, {})
