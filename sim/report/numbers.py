"""Figures as people read them: units, sizes that fit, intervals as mean ± half width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from sim.kpi.catalogue import Kpi
from sim.report.page import Cell
from sim.study.statistics import Contrast, Mean
from sim.study.wording import figure

UNKNOWN = "-"
_MILLION = 1e6
_LARGE = 2e6
"""From here on millions are counted."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a key figure is written: in which unit, and multiplied by what."""

    unit: str
    factor: float = 1.0

    def text(self, value: float, doubt: float = 0.0) -> str:
        """A number with two digits of its doubt, without its unit."""
        if not isfinite(value):
            return UNKNOWN
        return figure(value * self.factor, doubt * self.factor)

    def mean(self, mean: Mean) -> str:
        """``12.3 ± 0.4``."""
        if not isfinite(mean.mean):
            return UNKNOWN
        if not mean.known or mean.half_width == 0:
            return self.text(mean.mean)
        half = self.text(mean.half_width, mean.half_width)
        return f"{self.text(mean.mean, mean.half_width)} ± {half}"

    def said(self, value: float) -> str:
        """A number with its unit, in a sentence."""
        return f"{self.text(value)} {self.unit}".strip().replace(" %", "%")


def scale(kpi: Kpi, values: Iterable[float], currency: str) -> Scale:
    """The scale that suits all values of a key figure."""
    unit = kpi.unit.replace("money", currency)
    if kpi.per is not None:
        unit += f"/{kpi.per}"
    if kpi.unit == "share":
        return Scale("%", 100.0)
    largest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    return Scale(f"million {unit}", 1 / _MILLION) if largest >= _LARGE else Scale(unit)


def interval_cell(scale_: Scale, mean: Mean) -> Cell:
    """A mean with its half width."""
    value = {"mean": mean.mean, "half_width": mean.half_width}
    return Cell(scale_.mean(mean), value)


def change_cell(scale_: Scale, gap: Contrast, better: str | None) -> Cell:
    """A difference with its sign; whether it is sure, and for the better."""
    text = scale_.mean(gap)
    if isfinite(gap.mean) and gap.mean > 0:
        text = f"+{text}"
    style = ""
    if gap.told_apart:
        good = {"more": gap.mean > 0, "less": gap.mean < 0}.get(better or "")
        style = "sure" if good is None else ("sure better" if good else "sure worse")
    value = {"mean": gap.mean, "half_width": gap.half_width}
    return Cell(f"{text} *" if gap.told_apart else text, value, style)


def short(kpi: str) -> str:
    """A key figure's name as a heading: ``wait days per batch``."""
    for end in ("_per_year", "_t", "_kg", "_percent"):
        kpi = kpi.removesuffix(end)
    return kpi.replace("_", " ").replace("fcr", "FCR")


def sentence(text: str) -> str:
    """A text with a capital in front."""
    return text[:1].upper() + text[1:]


def many(count: int, what: str) -> str:
    """``1 batch``, ``2 batches``."""
    plural = f"{what}es" if what.endswith("ch") else f"{what}s"
    return f"{count:,} {what if count == 1 else plural}"
