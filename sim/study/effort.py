"""Whether a study's replications were enough, and why: the last sentences of its answer."""

from __future__ import annotations

from math import ceil, isfinite

import numpy as np

from sim.study.evidence import Evidence
from sim.study.selection import Selection
from sim.study.statistics import precision, variance_cut
from sim.study.wording import figure, names, percent

LEAST_CUT = 0.05
"""A smaller saving by common random numbers is not worth speaking of."""


def failures(evidence: Evidence) -> list[str]:
    """How many runs failed, and what could not be counted in others, of which variants.

    A run failed if it has no figure at all. A single figure is missing where a run had nothing to
    count it from, such as a survival where no batch was harvested in time.
    """
    known = {kpi: np.isfinite(values) for kpi, values in evidence.values.items()}
    failed = evidence.failed
    told = []
    if failed.any():
        count = f"{int(failed.sum())} of {failed.size} runs failed and are left out"
        which = names(evidence, np.flatnonzero(failed.any(axis=1)).tolist())
        told.append(f"{count}, of {which}: look at their errors before trusting the rest.")
    decisive = [evidence.objective] if evidence.objective else []
    for kpi in dict.fromkeys([*decisive, *(limit.kpi for limit in evidence.limits)]):
        missing = ~known[kpi] & ~failed
        if missing.any() and known[kpi].any():
            which = names(evidence, np.flatnonzero(missing.any(axis=1)).tolist())
            told.append(
                f"{int(missing.sum())} of {missing.size} runs, of {which}, had nothing to count"
                f" {evidence.spoken(kpi).label} from and are left out of it."
            )
    return told


def replications(evidence: Evidence, selection: Selection | None) -> list[str]:
    """How many replications were enough, and why."""
    told = []
    for kpi, share in evidence.until.items():
        found = precision(evidence.values[kpi], share, evidence.confidence)
        words = evidence.spoken(kpi)
        if found.worst is None:
            continue
        known = (
            f"the mean of {words.label} is known to within {percent(found.worst_share)} of it at"
            f' worst ("{evidence.variants[found.worst]}"), {figure(100 * share)}% was asked for'
        )
        if found.reached and selection is not None and selection.best is None:
            told.append(f"{_given(found.rounds)} what it took: {known}.")
        elif found.reached:
            told.append(f"{_given(found.rounds)} enough: {known}.")
        else:
            told.append(f"{_given(found.rounds)} not enough: {known}; {_would_take(found.needed)}.")
    if not evidence.until and selection is not None and evidence.objective is not None:
        told += _fixed(evidence, evidence.objective, selection)
    return told


def _given(rounds: int) -> str:
    """``10 replications of each variant were``."""
    if rounds == 1:
        return "1 replication of each variant was"
    return f"{rounds} replications of each variant were"


def _would_take(needed: int | None) -> str:
    if needed is None:
        return "no number of replications would do, since that mean is about zero"
    return f"it would take about {needed:,}"


def _fixed(evidence: Evidence, objective: str, selection: Selection) -> list[str]:
    """Whether a number of replications that was asked for told the best from all others."""
    values = evidence.values[objective]
    given = _given(values.shape[1])
    if selection.best is not None and len(values) > 1:
        if selection.among_best == (selection.best,):
            return [f"{given} enough: the best is told from all others."]
        best = selection.best
        if all(evidence.equals(objective, variant, best) for variant in selection.among_best):
            return [f"{given} enough: what is not told from the best does exactly as well."]
        return [f"{given} not enough to tell the best from all others."]
    if selection.best is None:
        if all(standing.verdict != "doubtful" for standing in selection.standings):
            return []  # more of them would not change that
        return [f"{given} not enough to tell which variant keeps to the limits."]
    found = precision(values, 0.0, evidence.confidence)
    if not isfinite(found.worst_share):
        if values.shape[1] > 1:
            return []  # a mean of 0 has no relative precision
        return [f"{given} not enough to tell how sure the means are."]
    label = evidence.spoken(objective).label
    if found.worst_share == 0:
        return [f"{given} given: {label} is the same in each."]
    return [f"{given} enough to know the mean of {label} to within {percent(found.worst_share)}."]


def luck(evidence: Evidence, objective: str) -> list[str]:
    """What common random numbers saved."""
    values = evidence.values[objective]
    cut = variance_cut(values)
    if not isfinite(cut):
        return []
    if cut < LEAST_CUT:
        return ["That all variants met the same luck made their differences no surer here."]
    told = f"All variants met the same luck: differences to the base vary {percent(cut)} less."
    if cut < 1:
        apart = ceil(values.shape[1] / (1 - cut))
        told += f" With luck of their own it would have taken about {apart:,} replications."
    return [told]
