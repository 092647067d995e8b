"""The answer to a study's question, in plain words.

Everything it says is computed by :mod:`sim.study.statistics`, :mod:`sim.study.selection` and
:mod:`sim.study.gains`; here it becomes short sentences for somebody who plans a farm: which
variant, how sure, what it buys against the base, what cannot be told apart, what a limit excludes,
whether the replications were enough and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from sim.study.effort import failures, luck, replications
from sim.study.evidence import Evidence, choose
from sim.study.gains import Gains, LevelStep
from sim.study.selection import Selection
from sim.study.statistics import paired
from sim.study.wording import MOST_NAMES, change, figure, spread


def answer(evidence: Evidence) -> list[str]:
    """The answer, one sentence after the other."""
    objective = evidence.objective
    if objective is None:
        told = [line for kpi in evidence.values for line in _differences(evidence, kpi)]
        return [*told, *failures(evidence), *replications(evidence, None)]
    selection = choose(evidence)
    if evidence.alike(objective) and selection.best is not None:
        words, mean = evidence.spoken(objective), evidence.mean(objective, 0)
        has = f"{figure(mean.mean, mean.half_width, words.unit)} {spread(mean)}"
        return [
            f"Nothing varies between variants: {words.label} is {has} in each, run by run.",
            *failures(evidence),
        ]
    counted = bool(np.isfinite(evidence.values[objective]).any())
    return [
        *_verdict(evidence, objective, selection),
        *_limits(evidence, selection),
        *(_gains(evidence, objective, *gains) for gains in evidence.gains.items() if counted),
        *failures(evidence),
        *replications(evidence, selection),
        *luck(evidence, objective),
    ]


def _verdict(evidence: Evidence, objective: str, selection: Selection) -> list[str]:
    """The chosen variant, how sure it is, what it buys, and what cannot be told from it."""
    best, words = selection.best, evidence.spoken(objective)
    if best is None:
        return [f"No variant can be chosen: {_why_none(evidence, objective, selection)}"]
    values = evidence.values[objective]
    mean = evidence.mean(objective, best)
    rivals = [variant for variant in selection.among_best if variant != best]
    did = "did best" if rivals else "is best"
    has = f"{words.label} {figure(mean.mean, mean.half_width, words.unit)} {spread(mean)}"
    told = [f'"{evidence.variants[best]}" {did}: {has}.']
    if len(values) == 1:
        return [f"{has[0].upper()}{has[1:]}."]
    sure = f"We are at least {figure(100 * evidence.confidence)}% sure that no other variant"
    keeping = " that keeps to the limits" if evidence.limits else ""
    if not rivals or selection.shortfall == 0:
        told.append(f"{sure}{keeping} beats it.")
    elif isfinite(selection.shortfall):
        by = figure(selection.shortfall, selection.shortfall, words.unit)
        told.append(f"{sure}{keeping} beats it by more than {by}.")
    told.append(_against_base(evidence, objective, selection, best))
    return [*told, *_not_told(evidence, selection, best, rivals)]


def _why_none(evidence: Evidence, objective: str, selection: Selection) -> str:
    """Why no variant is the best: a sentence's end."""
    verdicts = {standing.verdict for standing in selection.standings}
    if evidence.failed.all():
        return "every run failed."
    if verdicts == {"failed"}:
        what = f"no run had anything to count {evidence.spoken(objective).label} from."
        return (
            what if evidence.harvests else f"{what} No batch is harvested in the days that count."
        )
    if "doubtful" in verdicts:
        return "none surely keeps to the limits."
    return "every one surely breaks a limit."


def _against_base(evidence: Evidence, objective: str, selection: Selection, best: int) -> str:
    """What the chosen variant buys."""
    if best == 0:
        return "It is the base: nothing that was tried surely improves on it."
    difference = paired(evidence.values[objective], evidence.confidence)[best]
    base = _the_base(evidence)
    if difference.n == 0:
        return f"It cannot be compared with {base}: they have no successful runs in common."
    gap = change(difference, evidence.spoken(objective))
    standing = selection.standings[0]
    beaten = standing.verdict != "infeasible" and not standing.among_best
    chance = not beaten and abs(difference.mean) <= difference.half_width
    return f"Against {base} that is {gap}{', which may be chance' if chance else ''}."


def _the_base(evidence: Evidence) -> str:
    """The base by its name, if it has one of its own."""
    name = evidence.variants[0]
    return "the base" if name == "base" else f'the base "{name}"'


def _not_told(
    evidence: Evidence, selection: Selection, best: int, rivals: Sequence[int]
) -> list[str]:
    """Who may be as good as the chosen one, and what it would take to know."""
    if rivals and not isfinite(selection.shortfall):
        return ["How sure that is cannot be said: some variants have no two successful runs."]
    told = []
    for rival in rivals[:MOST_NAMES]:
        standing = selection.standings[rival]
        name = f'"{evidence.variants[rival]}"'
        if (
            evidence.equals(evidence.objective or "", rival, best)
            and standing.verdict == "feasible"
        ):
            told.append(f"{name} does exactly as well, run by run.")
        elif standing.verdict == "doubtful":
            told.append(f"{name} might do as well or better, if it keeps to the limits.")
        elif standing.to_tell is None:
            told.append(f"{name} cannot be told from it, however many replications.")
        else:
            told.append(
                f"{name} cannot be told from it; that would take about"
                f" {standing.to_tell:,} replications."
            )
    if len(rivals) > MOST_NAMES:
        told.append(f"Nor can {len(rivals) - MOST_NAMES} more be told from it.")
    return told


def _limits(evidence: Evidence, selection: Selection) -> list[str]:
    """Whom a limit excludes, and who may or may not keep to it."""
    told = []
    for number, limit in enumerate(evidence.limits):
        words = evidence.spoken(limit.kpi)
        bound = f"{'at most' if limit.at_most else 'at least'} {figure(limit.bound, 0, words.unit)}"
        for verdict, said in (("infeasible", "is out"), ("doubtful", "may or may not keep to it")):
            which = [s.variant for s in selection.standings if s.by_limit[number] == verdict]
            for variant in which[:MOST_NAMES]:
                mean = evidence.mean(limit.kpi, variant, selection.limit_confidence)
                told.append(
                    f'"{evidence.variants[variant]}" {said}: {words.label}'
                    f" {figure(mean.mean, mean.half_width, words.unit)} {spread(mean)}"
                    f" where {bound} is allowed."
                )
            if len(which) > MOST_NAMES:
                told.append(f"{len(which) - MOST_NAMES} more: {said} by the same limit.")
    return told


def _gains(evidence: Evidence, objective: str, factor: str, gains: Gains) -> str:
    """What one more unit of a factor buys, from level to level."""
    unit = evidence.spoken(objective).unit
    steps = [
        f"{_signed(step, unit) if step.per_unit.told_apart else 'nothing that can be told'}"
        f" (from {figure(step.low)} to {figure(step.high)})"
        for step in gains.steps
    ]
    if not steps:
        return f"One more of {factor}: the design has no two variants that differ in it alone."
    bend = {
        "diminishing": " The last one buys less than the first.",
        "growing": " The last one buys more than the first.",
        "not told": "",
    }[gains.returns]
    return f"One more of {factor} buys {', '.join(steps)}.{bend}"


def _signed(step: LevelStep, unit: str) -> str:
    mean = step.per_unit
    sign = "+" if mean.mean > 0 else ""
    return f"{sign}{figure(mean.mean, mean.half_width, unit)}"


def _differences(evidence: Evidence, kpi: str) -> list[str]:
    """Without an objective: the variant that differs most from the base, per KPI."""
    values, words = evidence.values[kpi], evidence.spoken(kpi)
    base = evidence.mean(kpi, 0)
    if not np.isfinite(values).any():
        return [f"{words.label}: no run had anything to count it from."]
    stated = (
        f"{words.label}: {_the_base(evidence)} has"
        f" {figure(base.mean, base.half_width, words.unit)} {spread(base)}"
    )
    apart = {
        variant: difference
        for variant, difference in enumerate(paired(values, evidence.confidence))
        if difference.told_apart
    }
    if len(values) == 1:
        return [f"{stated}."]
    if not apart:
        return [f"{stated}; no variant can be told from it."]
    least, most = (end(apart, key=lambda v: apart[v].mean) for end in (min, max))
    return [
        f"{stated};",
        *(
            f'  "{evidence.variants[variant]}" has {change(apart[variant], words)}.'
            for variant in dict.fromkeys((most, least))
        ),
    ]
