"""Where batches wait: pictures and tables of what they were kept for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.kpi.catalogue import blocking, slug
from sim.kpi.figures import Window
from sim.kpi.measures import Measures
from sim.kpi.waits import kept_by_month
from sim.report.drawing import BASE, canvas, colours_of, dates, legend_of, thousands
from sim.report.facts import StudyFacts, labels
from sim.report.page import Cell, Column, Drawing, PageTable, Picture, Row
from sim.resources.kinds import DENSITY, KINDS, Pools, Reason

_MOST_BARS = 40


def kept_picture(facts: StudyFacts) -> Picture:
    """Days for which batches were kept, per batch, by what for; a bar for every variant."""
    kinds, days = _kept(facts)
    names = [kind.name for kind in kinds]
    alt = f"Stacked bars: days kept waiting per batch, by variant, for {', '.join(names)}."
    return Picture("waits", alt, _kept_caption(facts, names, days), lambda: _draw(facts))


def _kept(facts: StudyFacts) -> tuple[list[Pools | Reason], np.ndarray]:
    """Kinds that kept anybody, and mean days per batch, shape (variants, kinds)."""
    found = {}
    for kind in blocking(facts.use.pools):
        name = f"blocked_days_{slug(kind.name)}_per_batch"
        if name in facts.findings.values:
            found[kind] = [mean.mean for mean in facts.findings.means(name)]
    shown = [kind for kind, days in found.items() if np.nansum(days) > 0]
    empty = np.zeros((len(facts.names), 0))
    return shown, np.array([found[kind] for kind in shown]).T if shown else empty


def _kept_caption(facts: StudyFacts, kinds: Sequence[str], days: np.ndarray) -> str:
    if not kinds:
        return "No batch was kept waiting in any variant."
    totals = np.nansum(days, axis=1)
    worst = int(np.argmax(totals))
    most = int(np.nanargmax(days[worst]))
    share = days[worst, most] / totals[worst] if totals[worst] else 0.0
    told = (
        f"Batches wait longest with {labels(facts)[worst]}: {totals[worst]:,.1f} days per batch"
        f" harvested, {100 * share:.0f}% of them for {kinds[most]}"
    )
    return f"{told}; the base has {totals[0]:,.1f} days."


def _draw(facts: StudyFacts) -> Drawing:
    kinds, days = _kept(facts)
    count = min(len(facts.names), _MOST_BARS)
    names = labels(facts)[:count]
    figure, axes = canvas(0.9 + 0.27 * count)
    place = axes[0][0]
    colours = colours_of(kinds)
    left = np.zeros(count)
    for column, kind in enumerate(kinds):
        own = np.nan_to_num(days[:count, column])
        place.barh(range(count), own, 0.7, left=left, color=colours[kind.name], label=kind.name)
        left += own
    for row in range(count):
        place.annotate(
            f"{left[row]:,.1f}", (left[row], row), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=7.5,
        )  # fmt: skip
    marked = [f"▸ {name}" if n == facts.findings.best else name for n, name in enumerate(names)]
    place.set_yticks(range(count), marked)
    place.set_ylim(count - 0.4, -0.6)
    place.set_xlabel("days kept, per batch harvested")
    thousands(place.xaxis)
    place.grid(visible=False, axis="y")
    place.set_xlim(0, max(1.0, 1.08 * float(left.max())) if count else 1.0)
    handles, found = legend_of(axes)
    if handles:
        figure.legend(handles, found, loc="outside lower center", ncols=min(len(found), 6))
    return Drawing(figure, {})


def kept_over_time(measures: Measures, window: Window) -> Picture:
    """Batch-days kept by month and by what for, of a run."""
    kinds, months, days = kept_by_month(measures)
    total = days.sum(axis=1)
    shown = [row for row in range(len(kinds)) if total[row] > 0]
    alt = "Stacked bars: days for which batches were kept, by month and by what for."
    caption = "No batch was kept waiting."
    if shown:
        most = max(shown, key=lambda row: total[row])
        worst = int(np.argmax(days.sum(axis=0)))
        month = str(np.datetime64(int(months[worst]), "D"))[:7]
        caption = (
            f"Batches were kept for {total.sum():,.0f} days in all,"
            f" {100 * total[most] / total.sum():.0f}% of them for {kinds[most].name}; the worst"
            f" month is {month}. Before the dotted line nothing is counted in the key figures."
        )
    return Picture("waits", alt, caption, lambda: _draw_months(measures, window))


def _draw_months(measures: Measures, window: Window) -> Drawing:
    kinds, months, days = kept_by_month(measures)
    figure, axes = canvas(2.6)
    place = axes[0][0]
    colours = colours_of(kinds)
    base = np.zeros(len(months))
    for row, kind in enumerate(kinds):
        if days[row].sum() > 0:
            colour = colours[kind.name]
            place.bar(months + 15, days[row], 26, bottom=base, color=colour, label=kind.name)
            base += days[row]
    place.axvline(window[0], color=BASE, lw=1, ls=":")
    place.set_ylabel("days kept, all batches")
    thousands(place.yaxis)
    dates(place, measures.first_day, measures.end_day)
    place.set_ylim(0, max(1.0, float(base.max()) * 1.08) if len(base) else 1.0)
    if place.get_legend_handles_labels()[0]:
        place.legend(loc="upper left", ncols=5, fontsize=7.5)
    return Drawing(figure, {})


def waits_table(measures: Measures, window: Window, caption: str) -> PageTable:
    """All waits of the counted time by kind of pool, whoever waited."""
    from sim.study.replication import waits_of

    columns = (
        Column("pool", "waited for", numbers=False),
        Column("waits", "waits"),
        Column("days", "days waited", "days"),
        Column("kept", "of which a batch was kept", "days"),
        Column("missed", "rations missed", "t"),
    )
    sums: dict[tuple[str, str], list[float]] = {}
    for _, pool, kind, count, days, kept, short_kg in waits_of(measures, window):
        total = sums.setdefault((pool, kind), [0.0] * 4)
        for n, value in enumerate((count, days, kept, short_kg / 1000)):
            total[n] += value
    fed = {kind.wait for kind in KINDS.values() if kind.sort == "stores"}
    ordered = sorted(sums.items(), key=lambda item: (-item[1][2], -item[1][1], item[0]))
    largest = max((total[2] for _, total in ordered), default=0.0)
    rows = []
    for (pool, kind), (count, days, kept, missed) in ordered:
        what = f"{pool}: feed" if kind in fed else pool
        what = "containers at their limit" if kind == DENSITY else what
        rows.append(
            Row(
                (
                    Cell(what),
                    Cell(f"{count:,.0f}", int(count)),
                    Cell(f"{days:,.0f}", days),
                    Cell(f"{kept:,.0f}", kept, share=kept / largest if largest else None),
                    Cell(f"{missed:,.1f}" if missed else "", missed),
                )
            )
        )
    return PageTable(caption, columns, rows)
