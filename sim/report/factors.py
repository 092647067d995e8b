"""The picture of key figures by factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from sim.report.drawing import (
    BASE,
    CHOSEN,
    INK,
    KEPT,
    SERIES,
    canvas,
    in_legend,
    legend_of,
    thousands,
)
from sim.report.facts import StudyFacts, labels
from sim.report.numbers import sentence, short
from sim.report.page import Drawing, Picture
from sim.study.findings import is_numeric
from sim.study.knobs import Factor
from sim.study.statistics import Mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_FACTORS = 6
_MOST_KPIS = 6
_MOST_SERIES = 8
_MUCH_LARGER = 40.0
"""Where the largest mean is so many times the smallest, the axis is logarithmic."""


@dataclass(frozen=True)
class _View:
    """A column of panels: a factor along the x axis, and which variants make up a line."""

    factor: int
    series: Sequence[tuple[str, Sequence[int]]]
    joined: bool


def kpi_picture(facts: StudyFacts) -> Picture | None:
    """Every shown key figure by factor, with intervals; None if the study has no factors."""
    views = _views(facts)
    if not views:
        return None
    kpis = list(facts.findings.shown[:_MOST_KPIS])
    study = facts.findings.plan.study
    along = " and ".join(study.factors[view.factor].name for view in views)
    confidence = f"{100 * study.confidence:g} %"
    alt = f"Key figures by {along}: {', '.join(short(kpi) for kpi in kpis)}."
    alt += " The numbers are in the table of means."
    caption = f"{_extremes(facts, kpis[0])} Every point is the mean of a variant"
    if views[0].joined:
        caption += f", with its {confidence} interval"
    caption += "; shaded is what a limit does not allow." if _limits(facts) else "."
    return Picture("kpis", alt, caption, lambda: _draw(facts, views, kpis))


def _views(facts: StudyFacts) -> list[_View]:
    """How the variants are laid out, by the study's design."""
    findings = facts.findings
    study, settings = findings.plan.study, findings.settings
    count, total = len(study.factors), len(findings.plan.variants)
    points = sorted(set(findings.plan.points))
    if not count or total < 2:
        return []
    if study.design == "full" and count <= 2:
        levels = [len(np.unique(settings[points, n])) for n in range(count)]
        along = int(np.argmax(levels))
        if count == 1:
            return [_View(0, [("", points)], joined=True)]
        other = 1 - along
        groups: dict[float, list[int]] = {}
        for variant in points:
            groups.setdefault(float(settings[variant, other]), []).append(variant)
        series = [
            (f"{study.factors[other].name} {_level(study.factors[other], level)}", groups[level])
            for level in sorted(groups)
        ]
        return [_View(along, series[:_MOST_SERIES], joined=True)]
    if study.design == "one_at_a_time":
        return [_View(n, [("", _alone(facts, n))], joined=True) for n in range(count)]
    return [_View(n, [("", points)], joined=False) for n in range(min(count, _MOST_FACTORS))]


def _alone(facts: StudyFacts, factor: int) -> list[int]:
    """The base and the variants that differ from it in one factor only."""
    variants = facts.findings.plan.variants
    base = variants[0].levels
    return [
        variant.index
        for variant in variants
        if all(n == factor or own == base[n] for n, own in enumerate(variant.levels))
    ]


def _level(factor: Factor, level: float) -> str:
    if is_numeric(factor):
        return f"{level:g}"
    names = [one.name for one in factor.levels] if factor.levels else list(factor.values or [])
    return str(names[int(level)]) if isfinite(level) else "base"


def _limits(facts: StudyFacts) -> dict[str, list[tuple[float, bool]]]:
    """Per key figure its bounds, and whether each is an upper one."""
    found: dict[str, list[tuple[float, bool]]] = {}
    for limit in facts.findings.evidence.limits:
        found.setdefault(limit.kpi, []).append((limit.bound, limit.at_most))
    return found


def _extremes(facts: StudyFacts, kpi: str) -> str:
    means = facts.findings.means(kpi)
    known = [v for v, mean in enumerate(means) if isfinite(mean.mean)]
    if not known:
        return f"Nothing is known of {short(kpi)}."
    low, high = (pick(known, key=lambda v: means[v].mean) for pick in (min, max))
    written = facts.scale(kpi)
    if means[low].mean == means[high].mean:
        said = written.said(means[low].mean)
        return f"{sentence(short(kpi))}: the same everywhere, {said}."
    ends = [f"{written.said(means[v].mean)} ({labels(facts)[v]})" for v in (low, high)]
    return f"{sentence(short(kpi))}: from {ends[0]} to {ends[1]}."


def _draw(facts: StudyFacts, views: Sequence[_View], kpis: Sequence[str]) -> Drawing:
    if len(views) == 1:
        columns = 1 if len(kpis) == 1 else (3 if len(kpis) in (3, 5, 6) else 2)
        rows = -(-len(kpis) // columns)
        figure, axes = canvas(2.5 * rows + 0.3, rows, columns)
        places = [place for row in axes for place in row]
        for kpi, place in zip(kpis, places, strict=False):
            _panel(facts, views[0], kpi, place)
        for place in places[len(kpis) :]:
            place.set_axis_off()
    else:
        figure, axes = canvas(2.1 * len(kpis) + 0.3, len(kpis), len(views), sharey="row")
        for kpi, row in zip(kpis, axes, strict=True):
            for number, (view, place) in enumerate(zip(views, row, strict=True)):
                _panel(facts, view, kpi, place)
                if number:
                    place.set(ylabel="", title="")
    handles, labels = legend_of(axes)
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 6))
    return Drawing(figure, {})


def _panel(facts: StudyFacts, view: _View, kpi: str, axes: Axes) -> None:
    findings = facts.findings
    factor = findings.plan.study.factors[view.factor]
    written, means = facts.scale(kpi), findings.means(kpi)
    place = findings.settings[:, view.factor]
    for number, (label, variants) in enumerate(view.series):
        chosen = [v for v in variants if isfinite(place[v]) and isfinite(means[v].mean)]
        if not view.joined:
            _cloud(axes, place, chosen, means, written.factor)
            continue
        chosen.sort(key=lambda v: float(place[v]))
        _line(axes, place, chosen, means, written.factor, SERIES[number % len(SERIES)], label)
    _marks(facts, axes, place, means, written.factor)
    own = [mean.mean for mean in means if isfinite(mean.mean)]
    if own and min(own) > 0 and max(own) > _MUCH_LARGER * min(own):
        axes.set_yscale("log")
    thousands(axes.yaxis)
    for bound, at_most in _limits(facts).get(kpi, ()):
        _bound(axes, bound * written.factor, at_most=at_most)
    axes.set_title(short(kpi))
    axes.set_ylabel(written.unit)
    _ticks(axes, factor, place, joined=view.joined)
    axes.margins(x=0.08, y=0.1)


def _line(
    axes: Axes, x: np.ndarray, chosen: Sequence[int], means: Sequence[Mean], factor: float,
    colour: str, label: str,
) -> None:  # fmt: skip
    y = [means[v].mean * factor for v in chosen]
    halves = [means[v].half_width * factor if means[v].known else 0.0 for v in chosen]
    axes.errorbar(
        x[list(chosen)], y, halves, color=colour, marker="o", ms=4, lw=1.5, elinewidth=1.2,
        capsize=3, label=in_legend(label) or None,
    )  # fmt: skip


def _cloud(
    axes: Axes, x: np.ndarray, chosen: Sequence[int], means: Sequence[Mean], factor: float
) -> None:
    """Points of a sampled design, and the mean at every level that many of them have."""
    at = x[list(chosen)]
    y = np.array([means[v].mean * factor for v in chosen])
    axes.plot(at, y, "o", ms=3.5, color=CHOSEN, alpha=0.45, mec="none")
    levels, counts = np.unique(at, return_counts=True)
    if len(levels) > 1 and counts.min() > 1:
        averages = [float(y[at == level].mean()) for level in levels]
        axes.plot(levels, averages, color=INK, lw=1.5, label="mean over the other factors")


def _marks(
    facts: StudyFacts, axes: Axes, x: np.ndarray, means: Sequence[Mean], factor: float
) -> None:
    """The base and the chosen variant."""
    best = facts.findings.best
    base = means[0].mean * factor
    if isfinite(base):
        if isfinite(x[0]):
            axes.plot(x[0], base, "D", ms=7, mfc="none", mec=BASE, mew=1.6, label="base", zorder=4)
        else:
            axes.axhline(base, color=BASE, ls="--", lw=1, label="base")
    if best is not None and isfinite(x[best]) and isfinite(means[best].mean):
        axes.plot(
            x[best], means[best].mean * factor, "o", ms=11, mfc="none", mec=INK, mew=1.4,
            label="chosen", zorder=4,
        )  # fmt: skip


def _bound(axes: Axes, bound: float, *, at_most: bool) -> None:
    """Shade what a limit does not allow, as far as the panel reaches."""
    low, high = axes.get_ylim()
    room = 0.0 if axes.get_yscale() == "log" else 0.08 * (high - low)
    low, high = min(low, bound - room), max(high, bound + room)
    axes.axhspan(bound, high if at_most else low, color=KEPT, alpha=0.09, lw=0)
    axes.axhline(bound, color=KEPT, lw=0.9, label="limit")
    axes.set_ylim(low, high)


def _ticks(axes: Axes, factor: Factor, place: np.ndarray, *, joined: bool) -> None:
    levels = np.unique(place[np.isfinite(place)])
    unit = f" ({factor.unit})" if factor.unit not in ("", factor.name) else ""
    axes.set_xlabel(f"{factor.name}{unit}")
    few = len(levels) <= 10 and (joined or not (levels % 1).any())
    if is_numeric(factor) and not few:
        return
    texts = [_level(factor, level) for level in levels]
    long = sum(map(len, texts)) > 42
    axes.set_xticks(levels, texts, rotation=30 if long else 0, ha="right" if long else "center")
