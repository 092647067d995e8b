"""The trade-off frontier: variants that nothing else beats in both of two key figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.report.drawing import BASE, CHOSEN, INK, KEPT, canvas, thousands
from sim.report.facts import StudyFacts, labels
from sim.report.numbers import short
from sim.report.page import Drawing, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 2
"""Trade-offs that are drawn."""
_MOST_NAMES = 8
_LINE, _LETTER = 8.0, 3.8
"""Height of a name and width of a letter, in points."""


def frontier(gain: NDArray[np.float64], price: NDArray[np.float64]) -> list[int]:
    """Which points no other beats: more gain at no more price, or less price at no less gain.

    Returns:
        Indices by rising price. NaN are on no frontier; of equal points all are.
    """
    known = np.flatnonzero(np.isfinite(gain) & np.isfinite(price)).tolist()

    def beaten(point: int) -> bool:
        at_least = (gain >= gain[point]) & (price <= price[point])
        better = (gain > gain[point]) | (price < price[point])
        return bool((at_least & better).any())

    return sorted((p for p in known if not beaten(p)), key=lambda p: (price[p], gain[p], p))


def trade_off(facts: StudyFacts) -> Picture | None:
    """The objective against what it costs; None if no two figures of the study can conflict."""
    findings = facts.findings
    directed = [name for name in findings.shown if _sign(facts, name)]
    aim = findings.evidence.objective or (directed[0] if directed else None)
    if aim is None or not _sign(facts, aim) or len(findings.plan.variants) < 2:
        return None
    limited = [limit.kpi for limit in findings.evidence.limits]
    others = [name for name in dict.fromkeys([*limited, *directed]) if name != aim]
    others = [name for name in others if _sign(facts, name)][:_MOST]
    if not others:
        return None
    best = _frontier_of(facts, aim, others[0])
    named = "; ".join(labels(facts)[v] for v in best[:_MOST_NAMES])
    more = f" and {len(best) - _MOST_NAMES} more" if len(best) > _MOST_NAMES else ""
    alt = f"Every variant's {short(aim)} against its {' and '.join(map(short, others))}."
    caption = (
        f"Of {len(findings.plan.variants)} variants {len(best)} lie on the frontier of"
        f" {short(aim)} and {short(others[0])}: {named}{more}. Every other is beaten by one of"
        " these, by its means."
    )
    return Picture("frontier", alt, caption, lambda: _draw(facts, aim, others))


def _sign(facts: StudyFacts, kpi: str) -> int:
    """1 if more of it is better, -1 if less is, 0 if neither; the objective's own word first."""
    evidence = facts.findings.evidence
    if kpi == evidence.objective:
        return 1 if evidence.maximise else -1
    for limit in evidence.limits:
        if limit.kpi == kpi:
            return -1 if limit.at_most else 1
    return {"more": 1, "less": -1}.get(facts.kpi(kpi).better or "", 0)


def _means(facts: StudyFacts, kpi: str) -> NDArray[np.float64]:
    return np.array([mean.mean for mean in facts.findings.means(kpi)])


def _frontier_of(facts: StudyFacts, aim: str, other: str) -> list[int]:
    gain = _sign(facts, aim) * _means(facts, aim)
    return frontier(gain, -_sign(facts, other) * _means(facts, other))


def _draw(facts: StudyFacts, aim: str, others: Sequence[str]) -> Drawing:
    findings = facts.findings
    figure, axes = canvas(4.0, 1, len(others), sharey="row")
    y_scale, y = facts.scale(aim), findings.means(aim)
    names = labels(facts)
    for number, (other, place) in enumerate(zip(others, axes[0], strict=True)):
        x_scale, x = facts.scale(other), findings.means(other)
        on = _frontier_of(facts, aim, other)
        for v in range(len(names)):
            if not (isfinite(x[v].mean) and isfinite(y[v].mean)):
                continue
            colour = CHOSEN if v in on else BASE
            place.errorbar(
                x[v].mean * x_scale.factor, y[v].mean * y_scale.factor,
                yerr=y[v].half_width * y_scale.factor if y[v].known else 0.0,
                xerr=x[v].half_width * x_scale.factor if x[v].known else 0.0,
                fmt="o", ms=5, color=colour, elinewidth=0.7, alpha=0.95 if v in on else 0.6,
            )  # fmt: skip
        line_x = [x[v].mean * x_scale.factor for v in on]
        line_y = [y[v].mean * y_scale.factor for v in on]
        place.plot(line_x, line_y, color=CHOSEN, lw=1.2, alpha=0.7, label="frontier", zorder=1)
        best = findings.best
        if best is not None:
            place.plot(
                x[best].mean * x_scale.factor, y[best].mean * y_scale.factor, "o", ms=12,
                mfc="none", mec=INK, mew=1.4, label="chosen",
            )  # fmt: skip
        for limit in findings.evidence.limits:
            if limit.kpi == other:
                place.axvline(limit.bound * x_scale.factor, color=KEPT, lw=0.9, label="limit")
        better = "right" if _sign(facts, other) > 0 else "left"
        place.set_xlabel(f"{short(other)}, {x_scale.unit} (better: {better})")
        if not number:
            up = "up" if _sign(facts, aim) > 0 else "down"
            place.set_ylabel(f"{short(aim)}, {y_scale.unit} (better: {up})")
        values = [mean.mean for mean in x if isfinite(mean.mean)]
        if values and min(values) > 0 and max(values) > 40 * min(values):
            place.set_xscale("log")
        thousands(place.xaxis)
        thousands(place.yaxis)
        place.margins(x=0.12, y=0.12)
        points = {
            v: (x[v].mean * x_scale.factor, y[v].mean * y_scale.factor)
            for v in sorted({*on, *facts.focus} if len(names) > _MOST_NAMES else range(len(names)))
            if isfinite(x[v].mean) and isfinite(y[v].mean)
        }
        _name_points(place, points, names)
    axes[0][0].legend(loc="best", fontsize=7.5)
    return Drawing(figure, {})


def _name_points(
    place: Axes, points: Mapping[int, tuple[float, float]], names: Sequence[str]
) -> None:
    """Write names beside points, towards the middle, and none on top of another."""
    place.get_xlim(), place.get_ylim()  # where points are is known once the limits are
    same: dict[tuple[float, float], list[int]] = {}
    for v, point in points.items():
        same.setdefault(point, []).append(v)
    points = {own[0]: point for point, own in same.items()}
    texts = {own[0]: " = ".join(names[v] for v in own) for own in same.values()}
    where = {v: place.transData.transform(point) for v, point in points.items()}
    box = place.get_window_extent()
    pixels = place.figure.dpi / 72
    taken: list[tuple[float, float, float]] = []  # left, right, height of a line of text
    for v in sorted(points, key=lambda v: (-where[v][1], where[v][0])):
        x, y = float(where[v][0]), float(where[v][1])
        right = x > (box.x0 + box.x1) / 2
        width = _LETTER * len(texts[v]) * pixels
        begin = x - 8 - width if right else x + 8
        height = y
        while any(
            abs(height - other) < _LINE * pixels and begin < right_end and left < begin + width
            for left, right_end, other in taken
        ):
            height -= _LINE * pixels
        taken.append((begin, begin + width, height))
        place.annotate(
            texts[v], points[v], xytext=(-7 if right else 7, (height - y) / pixels - 2.5),
            textcoords="offset points", fontsize=7, ha="right" if right else "left",
        )  # fmt: skip
