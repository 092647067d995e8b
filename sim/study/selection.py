"""Which variant is best, with a stated guarantee: multiple comparisons with the best.

All pairs of variants are compared by paired t differences on common random numbers, with Bonferroni
over a variant's comparisons with the others. That gives at once a screened set and intervals:

* a variant stays *among the best* unless some surely feasible one is better by more than the
  allowance ``t(1 - e / (k - 1), n - 1) * sd(difference) / sqrt(n)`` (the screening of Nelson,
  Swann, Goldsman and Song 2001, *Operations Research* 49:950, with paired differences), and
* each variant gets an interval for its mean minus that of the best of the others (Hsu 1984, *Annals
  of Statistics* 12:1136; with Bonferroni under common random numbers Yang and Nelson 1991,
  *Operations Research* 39:583, and Nelson and Matejcik 1995, *Management Science* 41:1935).

**The guarantee.** If replications are independent of each other and their figures jointly normal,
with *any* correlation between variants, then with probability at least the confidence all of this
holds at once: (1) no variant is called feasible or infeasible wrongly, (2) the truly best feasible
variant is among the best, and (3) no feasible variant's mean falls short of that of the truly best
by more than its ``behind``. So the chosen variant is the best or within ``behind`` of it: that is
the indifference zone that was reached (0 if nobody else is among the best).

*Why.* Let b be the truly best feasible variant. Only its k - 1 one-sided comparisons with the
others must hold, each fails with probability e / (k - 1): together at most e. While they hold, b is
never screened out by a feasible variant, and mean(b) - mean(i) is at most the observed difference
plus the allowance. A constraint's label is wrong with probability at most f over (variants x
constraints) each. Without constraints e is all the doubt (1 - confidence), else e and f are half of
it. With a stopping rule the number of replications is itself drawn, and all this holds about.

Variants of which fewer than two replications succeeded cannot be judged: one that never did is out,
one that did once stays among the best for want of an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Literal

import numpy as np

from sim.core.arrays import Floats
from sim.study.statistics import CONFIDENCE, mean_of, replications_needed, summarise, t_quantile

Verdict = Literal["feasible", "doubtful", "infeasible", "failed"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit on the mean of one KPI.

    Attributes:
        kpi: its name.
        values: its figures, shape (variants, replications).
        bound: the limit, in the KPI's unit.
        at_most: whether the mean must not exceed it (else: not fall below it).
    """

    kpi: str
    values: Floats
    bound: float
    at_most: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one variant stands.

    Attributes:
        variant: its row.
        verdict: ``feasible`` if the confidence limits of all constraints' means meet them,
            ``infeasible`` if one's limit on the good side misses it, ``doubtful`` between them;
            ``failed`` if no replication succeeded.
        by_limit: the same of each constraint alone.
        mean: mean of the objective.
        among_best: whether it may be the best.
        behind: by how much it falls short of the best of the others at most (>= 0).
        ahead: by how much it is better than the best of the others at most (>= 0).
        to_tell: estimated replications until it could be told from the chosen one, for those among
            the best; None if it cannot be said.
    """

    variant: int
    verdict: Verdict
    by_limit: tuple[Verdict, ...]
    mean: float
    among_best: bool
    behind: float
    ahead: float
    to_tell: int | None


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen variant and what is guaranteed of it.

    Attributes:
        best: the surely feasible variant with the best mean; None if none is surely feasible.
        standings: all variants.
        confidence: with which everything holds at once.
        limit_confidence: of the two-sided intervals that a constraint must be clear of to be
            surely met or missed, wider so that all of them hold at once.
    """

    best: int | None
    standings: tuple[Standing, ...]
    confidence: float
    limit_confidence: float

    @property
    def among_best(self) -> tuple[int, ...]:
        """Variants that hold the truly best feasible one."""
        return tuple(standing.variant for standing in self.standings if standing.among_best)

    @property
    def shortfall(self) -> float:
        """The indifference zone reached: how much the chosen one falls short of the best at most.

        Infinite if none was chosen.
        """
        return inf if self.best is None else self.standings[self.best].behind


def select(
    values: Floats,
    *,
    maximise: bool = True,
    constraints: Sequence[Constraint] = (),
    confidence: float = CONFIDENCE,
) -> Selection:
    """Choose the best feasible variant.

    Args:
        values: the objective, shape (variants, replications), NaN = failed.
        maximise: whether more is better.
        constraints: limits on other KPIs.
        confidence: of everything that is said, together.
    """
    score = np.where(np.isfinite(values), values if maximise else -values, nan)
    doubt = (1 - confidence) / (2 if constraints else 1)
    ran = [bool(np.isfinite(samples).any()) for samples in score]
    judged = [variant for variant, once in enumerate(ran) if once]
    limit_level = 1 - doubt / max(len(judged) * len(constraints), 1)
    labels = _labels(ran, constraints, limit_level)
    verdicts = list(map(_verdict, ran, labels))
    level = 1 - doubt / max(len(judged) - 1, 1)
    lead, spread, allowance = _pairs(score, level)

    sure = [i for i in judged if verdicts[i] == "feasible"]
    possible = [i for i in judged if verdicts[i] != "infeasible"]
    means = np.array([mean.mean for mean in summarise(score)])
    best = max(sure, key=lambda i: (means[i], -i), default=None)
    among = {
        i
        for i in possible
        if i == best or all(lead[i, j] + allowance[i, j] >= 0 for j in sure if j != i)
    }

    def standing(i: int) -> Standing:
        behind = ahead = nan
        if i in possible:
            behind = max([lead[j, i] + allowance[j, i] for j in among if j != i], default=0.0)
            ahead = min([lead[i, j] + allowance[i, j] for j in sure if j != i], default=inf)
        to_tell = None
        if best is not None and i in among and i != best and lead[best, i]:
            wanted = abs(float(lead[best, i]))
            to_tell = replications_needed(float(spread[best, i]), wanted, level)
        return Standing(
            variant=i,
            verdict=verdicts[i],
            by_limit=labels[i],
            mean=float(means[i] if maximise else -means[i]),
            among_best=i in among,
            behind=float(max(behind, 0.0)),
            ahead=float(max(ahead, 0.0)),
            to_tell=to_tell,
        )

    standings = tuple(standing(i) for i in range(len(values)))
    return Selection(best, standings, confidence, 2 * limit_level - 1)


def _pairs(score: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Of all pairs (i, j): mean of i - j over complete pairs, its SD, and its allowance.

    With fewer than two complete pairs the allowance is infinite.
    """
    k = len(score)
    lead, spread, allowance = np.zeros((k, k)), np.zeros((k, k)), np.full((k, k), inf)
    for i in range(1, k):
        gaps = score[i] - score[:i]  # all pairs of one variant at once: there may be hundreds
        known = np.isfinite(gaps)
        n = known.sum(axis=1)
        enough = np.flatnonzero(n >= 2)
        gaps, known, n = gaps[enough], known[enough], n[enough]
        means = np.where(known, gaps, 0.0).sum(axis=1) / n
        apart = np.where(known, gaps - means[:, None], 0.0)
        least, most = (
            np.where(known, gaps, inf).min(axis=1),
            np.where(known, gaps, -inf).max(axis=1),
        )
        # equal gaps do not vary, though their mean may be off by a last digit
        sd = np.where(least == most, 0.0, np.sqrt((apart**2).sum(axis=1) / (n - 1)))
        quantiles = np.array([t_quantile(level, freedom) for freedom in (n - 1).tolist()])
        lead[i, enough], lead[enough, i] = means, -means
        spread[i, enough] = spread[enough, i] = sd
        allowance[i, enough] = allowance[enough, i] = quantiles * sd / np.sqrt(n)
    return lead, spread, allowance


def _labels(
    ran: Sequence[bool], constraints: Sequence[Constraint], level: float
) -> list[tuple[Verdict, ...]]:
    """Label every variant by every constraint."""
    return [
        tuple(_label(limit, variant, level) if once else "failed" for limit in constraints)
        for variant, once in enumerate(ran)
    ]


def _label(limit: Constraint, variant: int, level: float) -> Verdict:
    """Whether a mean surely meets its limit (one-sided, at a level), surely misses it, or not."""
    mean = mean_of(limit.values[variant], 2 * level - 1)
    room = limit.bound - mean.mean if limit.at_most else mean.mean - limit.bound
    if room >= mean.half_width:
        return "feasible"
    return "infeasible" if -room > mean.half_width else "doubtful"


def _verdict(once: bool, by_limit: tuple[Verdict, ...]) -> Verdict:
    """A variant's verdict from those of the constraints."""
    if not once:
        return "failed"
    if "infeasible" in by_limit:
        return "infeasible"
    return "doubtful" if "doubtful" in by_limit else "feasible"
