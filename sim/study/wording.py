"""How a study's figures are written: with their doubt, in the KPI's unit, in plain words.

A figure is written with two digits of its doubt, since more would pretend to knowledge that nobody
has.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite, log10

from sim.study.evidence import Evidence, Words
from sim.study.statistics import Mean

MOST_NAMES = 4
"""More variants than this are counted, not named."""


def figure(value: float, doubt: float = 0.0, unit: str = "") -> str:
    """A number with two digits of its doubt (if there is none, four digits or all whole ones)."""
    if not isfinite(value):
        return "an unknown amount"
    sure = not (isfinite(doubt) and doubt > 0)
    if sure:
        decimals = max(3 - floor(log10(abs(value))), 0) if value else 0
    else:
        decimals = 1 - floor(log10(doubt))
    text = f"{round(value, decimals) + 0.0:,.{max(decimals, 0)}f}"  # + 0.0: no minus zero
    if sure and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}{unit}" if unit == "%" else f"{text} {unit}".rstrip()


def spread(mean: Mean) -> str:
    """An interval in brackets, or why there is none."""
    if not mean.n:
        return "(no run had anything to count it from)"
    if not mean.known:
        return "(from a single run, so nobody knows how sure)"
    return f"(between {figure(mean.low, mean.half_width)} and {figure(mean.high, mean.half_width)})"


def change(mean: Mean, words: Words) -> str:
    """``1,240 t/year more (between 980 and 1,500)``; the interval is of what is said."""
    sign = -1 if mean.mean < 0 else 1
    size = Mean(mean.n, sign * mean.mean, mean.sd, mean.half_width)
    more = "less" if sign < 0 else "more"
    return f"{figure(size.mean, size.half_width, words.unit)} {more} {spread(size)}"


def percent(share: float) -> str:
    """A share as a percentage with two digits."""
    return figure(100 * share, 100 * share, "%")


def names(evidence: Evidence, variants: Sequence[int]) -> str:
    """Some variants, the first few by name."""
    named = [f'"{evidence.variants[variant]}"' for variant in variants[:MOST_NAMES]]
    if len(variants) > MOST_NAMES:
        named.append(f"{len(variants) - MOST_NAMES} more")
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
