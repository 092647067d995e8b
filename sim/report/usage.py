"""Pictures of utilisation: heat maps by month and by variant, and lines over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.kpi.catalogue import slug
from sim.kpi.measures import Measures
from sim.kpi.waits import usage_by_month
from sim.report.drawing import (
    BASE,
    CHOSEN,
    INK,
    ON_COLOUR,
    SERIES,
    STORE_RAMP,
    box,
    canvas,
    colour_map,
    dates,
    in_legend,
    label,
    legend_of,
)
from sim.report.facts import StudyFacts, day_of_text, labels
from sim.report.numbers import sentence
from sim.report.page import Drawing, Picture
from sim.resources.kinds import PLANT, RINGS, Pools, without_stores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEPS = 20
"""Shades of a heat map: one for every five percentage points."""
_MOST_PANELS = 6
_ALWAYS = (RINGS, PLANT)
_MOST_COLUMNS = 40


def months_heat_map(
    name: str,
    title: str,
    pools: Sequence[Pools],
    months: NDArray[np.int64],
    shares: Floats,
    end: int,
) -> Picture:
    """Utilisation of every kind of pool by month.

    Args:
        name: of the picture.
        title: whose it is, for its caption.
        pools: rows.
        months: columns, first days.
        shares: shape (pools, months).
        end: the first day that is not shown.
    """
    alt = f"Heat map of utilisation by month, {title}: {_listed(pools)}."
    caption = (
        f"{_fullest(title, pools, months, shares)} Feed stores (grey-green): how full of feed."
    )
    ordered = _in_blocks(pools)
    rows = [pools.index(each) for each in ordered]
    return Picture(name, alt, caption, lambda: _draw_months(ordered, months, shares[rows], end))


def _in_blocks(pools: Sequence[Pools]) -> list[Pools]:
    """Feed stores behind all others: that they are full is no trouble."""
    first = without_stores(pools)
    return [*first, *(each for each in pools if each not in first)]


def _listed(pools: Sequence[Pools]) -> str:
    return ", ".join(each.name for each in pools)


def run_heat_map(measures: Measures) -> Picture:
    """The heat map of a run."""
    pools, months, shares = usage_by_month(measures)
    return months_heat_map("usage", "in this run", pools, months, shares, measures.end_day)


def _fullest(title: str, pools: Sequence[Pools], months: NDArray[np.int64], shares: Floats) -> str:
    rows = [pools.index(each) for each in without_stores(pools)]
    known = [row for row in rows if np.isfinite(shares[row]).any()]
    if not known:
        return f"Nothing is known of utilisation {title}."
    means = {row: float(np.nanmean(shares[row])) for row in known}
    first = max(known, key=lambda row: means[row])
    peak = float(np.nanmax(shares[first]))
    return (
        f"Fullest {title}: {pools[first].name}, {100 * means[first]:.0f}% on average and"
        f" {100 * peak:.0f}% in the fullest month, of {len(months)} months."
    )


def _draw_months(
    pools: Sequence[Pools], months: NDArray[np.int64], shares: Floats, end: int
) -> Drawing:
    figure, axes = canvas(0.6 + 0.21 * len(pools))
    place = axes[0][0]
    if not len(months):
        return Drawing(figure, {})
    edges = np.append(months, max(end, int(months[-1]) + 1))
    for row, each in enumerate(pools):
        _stripe(place, row, shares[row], edges, _colours_of(each))
    place.set_yticks(range(len(pools)), [each.name for each in pools])
    place.set_ylim(len(pools) - 0.5, -0.5)
    place.grid(visible=False)
    place.spines[:].set_visible(False)
    dates(place, int(months[0]), int(edges[-1]))
    _colour_key(place)
    return Drawing(figure, {})


def _colours_of(pools: Pools) -> Any:
    return colour_map() if without_stores([pools]) else colour_map(STORE_RAMP)


def _stripe(place: Axes, row: int, shares: Floats, edges: NDArray[np.int64], colours: Any) -> None:
    """One kind of pool over the months; neighbours of the same shade are one piece."""
    shades = [
        -1 if not np.isfinite(share) else min(int(share * _STEPS), _STEPS - 1)
        for share in shares.tolist()
    ]
    begin = 0
    for at in range(1, len(shades) + 1):
        if at < len(shades) and shades[at] == shades[begin]:
            continue
        if shades[begin] >= 0:
            colour = colours((shades[begin] + 0.5) / _STEPS)
            width = int(edges[at] - edges[begin])
            box(place, int(edges[begin]), row - 0.43, width, 0.86, colour)
        begin = at


def _colour_key(place: Axes) -> None:
    """What the colours mean, above the map."""
    colours = colour_map()
    for n, text in enumerate(("0%", "25%", "50%", "75%", "100%")):
        place.bar(0, 0, color=colours(min(0.25 * n + 0.01, 0.99)), label=text)
    place.legend(
        loc="lower right", bbox_to_anchor=(1, 1), ncols=5, fontsize=7, handlelength=1.6,
        columnspacing=1, borderaxespad=0.1,
    )  # fmt: skip


def variants_heat_map(facts: StudyFacts) -> Picture | None:
    """Mean utilisation of every kind of pool in every variant, over the counted time."""
    if len(facts.names) < 2:
        return None
    figures = {each: f"utilisation_{slug(each.name)}" for each in _in_blocks(facts.use.pools)}
    pools = [each for each, name in figures.items() if name in facts.findings.values]
    count = min(len(facts.names), _MOST_COLUMNS)
    if not pools:
        return None
    shares = np.array(
        [[mean.mean for mean in facts.findings.means(figures[each])[:count]] for each in pools]
    )
    alt = f"Heat map of mean utilisation by variant: {_listed(pools)}."
    caption = f"{_changed(facts, pools, shares)} Means over the counted time of all replications."
    return Picture("pools", alt, caption, lambda: _draw_variants(facts, pools, shares))


def _changed(facts: StudyFacts, pools: Sequence[Pools], shares: Floats) -> str:
    rows = [pools.index(each) for each in without_stores(pools)]
    known = [row for row in rows if np.isfinite(shares[row]).any()]
    if not known:
        return "Nothing is known of utilisation."
    spans = {row: float(np.nanmax(shares[row]) - np.nanmin(shares[row])) for row in known}
    row = max(known, key=lambda r: spans[r])
    low, high = int(np.nanargmin(shares[row])), int(np.nanargmax(shares[row]))
    names = labels(facts)
    return (
        f"{sentence(pools[row].name)} change most: {100 * shares[row, low]:.0f}% with"
        f" {names[low]}, {100 * shares[row, high]:.0f}% with {names[high]}."
    )


def _draw_variants(facts: StudyFacts, pools: Sequence[Pools], shares: Floats) -> Drawing:
    count = shares.shape[1]
    names = labels(facts)[:count]
    figure, axes = canvas(1.1 + 0.24 * len(pools))
    place = axes[0][0]
    for row, each in enumerate(pools):
        colours = _colours_of(each)
        for column in range(count):
            share = shares[row, column]
            if not np.isfinite(share):
                continue
            shade = colours(min(max(share, 0.0), 0.999))
            box(place, column - 0.48, row - 0.45, 0.96, 0.9, shade)
            if count <= 20:
                text = f"{100 * share:.0f}"
                label(place, column, row, text, ha="center", fontsize=7.5, color=ON_COLOUR)
    place.set_yticks(range(len(pools)), [f"{each.name}, %" for each in pools])
    long = sum(map(len, names)) > 90
    place.set_xticks(
        range(count), names, rotation=30 if long else 0, ha="right" if long else "center",
        fontsize=7.5,
    )  # fmt: skip
    place.set_xlim(-0.5, count - 0.5)
    place.set_ylim(len(pools) - 0.5, -0.5)
    place.grid(visible=False)
    place.spines[:].set_visible(False)
    return Drawing(figure, {})


def over_time(facts: StudyFacts) -> Picture | None:
    """Utilisation by month of the pools that matter, for all variants."""
    use = facts.use
    pools = without_stores(use.pools)
    if not pools or not len(use.months):
        return None
    rows = [use.pools.index(each) for each in pools]
    known = [row for row in rows if np.isfinite(use.shares[:, row]).any()]
    if not known:
        return None
    peaks = {row: float(np.nanmax(use.shares[:, row])) for row in known}
    means = {row: float(np.nanmean(use.shares[:, row])) for row in known}
    kept = {row: _kept(facts, use.pools[row]) for row in known}
    chosen = sorted(known, key=lambda row: (-kept[row], -means[row], row))[:_MOST_PANELS]
    chosen.sort()
    first = max(chosen, key=lambda row: means[row])
    named = _listed([use.pools[row] for row in chosen])
    alt = f"Utilisation by month, one panel each for {named}; a line for every variant."
    caption = (
        f"{sentence(use.pools[first].name)}: the fullest, up to {100 * peaks[first]:.0f}%;"
        " nothing is counted before the dotted line, while the company is filling up."
        " Means over replications."
    )
    return Picture("time", alt, caption, lambda: _draw_lines(facts, chosen))


def _kept(facts: StudyFacts, pools: Pools) -> float:
    """Days for which a kind of pool kept batches, over all variants; some are always looked at."""
    name = f"blocked_days_{slug(pools.name)}_per_batch"
    if pools.kind.name in _ALWAYS:
        return float("inf")
    if name not in facts.findings.values:
        return 0.0
    return float(np.nansum([mean.mean for mean in facts.findings.means(name)]))


def _draw_lines(facts: StudyFacts, rows: Sequence[int]) -> Drawing:
    use = facts.use
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    figure, axes = canvas(2.0 * lines + 0.4, lines, columns, sharex=True, sharey=True)
    places = [place for row in axes for place in row]
    focus = facts.focus
    few = len(facts.names) <= len(SERIES)
    warm, end = day_of_text(facts.counted[1]), day_of_text(facts.counted[2])
    for row, place in zip(rows, places, strict=False):
        for variant, name in enumerate(labels(facts)):
            line = 100 * use.shares[variant, row]
            if variant in focus:
                continue
            colour = SERIES[variant % len(SERIES)] if few else BASE
            place.plot(
                use.months, line, color=colour, lw=0.9, alpha=0.8 if few else 0.3,
                label=in_legend(name) if few else ("other variants" if variant == 1 else None),
            )  # fmt: skip
        for variant in focus:
            name = "base" if variant == 0 else f"chosen: {labels(facts)[variant]}"
            colour, style = (INK, "-") if variant == 0 else (CHOSEN, "-")
            shown = 100 * use.shares[variant, row]
            place.plot(use.months, shown, style, color=colour, lw=1.7, label=name)
        place.axvline(warm, color=BASE, lw=1, ls=":")
        place.set_title(use.pools[row].name)
        place.set_ylim(0, 104)
        dates(place, int(use.months[0]), max(end, int(use.months[-1]) + 1))
    for line in axes:
        line[0].set_ylabel("%")
    for place in places[len(rows) :]:
        place.set_axis_off()
    handles, names = legend_of(axes)
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 5))
    return Drawing(figure, {})
