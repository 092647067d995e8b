"""A study's manifest (what ``--json`` prints) and what a person reads on the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.core.terminal import make_console
from sim.study.findings import Findings, words_of
from sim.study.knobs import Factor
from sim.study.replication import VERSION
from sim.study.sensitivity import Index, Slopes
from sim.study.statistics import Contrast, Mean
from sim.study.wording import figure

_MOST_ROWS = 60
_MOST_TERMS = 12


@dataclass(frozen=True, slots=True)
class StudyManifest:
    """What a study was and what came out of it.

    Attributes:
        variants: per variant its name, the factors' levels, what bound its throughput (in its first
            replication), and per shown KPI mean, half width, difference to the base and its half
            width (null: not known).
        replications: of every variant; ``done`` and ``failed`` in all.
        digest: of all numbers; the same for any engine, number of workers and order.
        answer: in plain words; ``best`` the index of the chosen variant.
    """

    study: str
    question: str
    base: str
    seed: int
    version: str
    engine: str
    workers: int
    variants: list[dict[str, Any]]
    replications: int
    done: int
    failed: int
    confidence: float
    digest: str
    wall_s: float
    peak_rss_mb: float
    answer: list[str]
    best: int | None

    def to_json(self) -> str:
        """The manifest as one JSON object."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False, allow_nan=False)


def read_study_manifest(text: str) -> StudyManifest:
    """The manifest from its JSON."""
    return StudyManifest(**json.loads(text))


def manifest_of(
    findings: Findings, replications: int, *, engine: str, workers: int, done: int, digest: str,
    bottlenecks: Sequence[str], wall_s: float, peak_kb: int,
) -> StudyManifest:  # fmt: skip
    """The manifest of a study that came to its end."""
    plan = findings.plan
    return StudyManifest(
        study=plan.study.name,
        question=plan.study.question,
        base=plan.study.base,
        seed=plan.seed,
        version=VERSION,
        engine=engine,
        workers=workers,
        variants=_variants(findings, bottlenecks),
        replications=replications,
        done=done,
        failed=replications * len(plan.variants) - done,
        confidence=plan.study.confidence,
        digest=digest,
        wall_s=round(wall_s, 2),
        peak_rss_mb=round(peak_kb / 1024, 1),
        answer=list(findings.answer),
        best=findings.best,
    )


def _variants(findings: Findings, bottlenecks: Sequence[str]) -> list[dict[str, Any]]:
    factors = [factor.name for factor in findings.plan.study.factors]
    found: list[dict[str, Any]] = [
        {
            "name": variant.name,
            "levels": dict(zip(factors, variant.levels, strict=True)),
            "bottleneck": bottleneck,
            "kpis": {},
        }
        for variant, bottleneck in zip(findings.plan.variants, bottlenecks, strict=True)
    ]
    for kpi in findings.shown:
        pairs = zip(findings.means(kpi), findings.differences(kpi), strict=True)
        for variant, (mean, gap) in zip(found, pairs, strict=True):
            variant["kpis"][kpi] = {
                "mean": _known(mean.mean),
                "half_width": _known(mean.half_width),
                "difference": _known(gap.mean),
                "difference_half_width": _known(gap.half_width),
            }
    return found


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def print_study(manifest: StudyManifest, findings: Findings) -> None:
    """A study for a person, on stdout."""
    console = make_console(least_width=200)
    study = findings.plan.study
    if study.question:
        console.print(study.question, style="bold")
    runs = f"{len(findings.plan.variants)} variants x {manifest.replications} replications"
    failed = f", {manifest.failed} failed" if manifest.failed else ""
    console.print(
        f"{study.name}: {runs}{failed}; {manifest.engine}, {manifest.workers} workers,"
        f" {manifest.wall_s:.0f} s, {manifest.peak_rss_mb:.0f} MB; digest {manifest.digest}",
        soft_wrap=True,
    )  # fmt: skip
    confidence = f"{100 * study.confidence:g} %"
    console.print()
    console.print(_table(findings, f"Means, with {confidence} intervals", differences=False))
    if len(findings.plan.variants) > 1:
        title = f"Minus base, same luck, {confidence}; * told apart from it"
        console.print(_table(findings, title, differences=True))
    for factor in findings.plan.study.factors:
        _print_gains(console, findings, factor)
    objective = findings.evidence.objective
    if objective is not None:
        _print_effects(console, findings, objective)
    for line in findings.answer:
        console.print(line, soft_wrap=True)
    for index in sorted({0, findings.best or 0}):
        variant = manifest.variants[index]
        if variant["bottleneck"]:
            text = f"What binds {variant['name']} (first replication): {variant['bottleneck']}"
            console.print(text, soft_wrap=True)


def _table(findings: Findings, title: str, *, differences: bool) -> Table:
    table = Table("variant", title=title, title_justify="left", box=None)
    for name in findings.shown:
        table.add_column(_heading(findings, name), justify="right")
    figures: list[Sequence[Mean]] = [
        findings.differences(name) if differences else findings.means(name)
        for name in findings.shown
    ]
    for variant in findings.plan.variants[:_MOST_ROWS]:
        if differences and variant.index == 0:
            continue
        cells = [_cell(one[variant.index]) for one in figures]
        mark = "> " if variant.index == findings.best else "  "
        table.add_row(Text(mark + variant.name), *cells)
    if len(findings.plan.variants) > _MOST_ROWS:
        table.add_row(f"  ... {len(findings.plan.variants) - _MOST_ROWS} more: see summary.csv")
    return table


def _heading(findings: Findings, kpi: str) -> str:
    return f"{kpi.removesuffix('_per_year')}\n{words_of(findings.kpis[kpi]).unit}"


def _print_gains(console: Console, findings: Findings, factor: Factor) -> None:
    """What one more of a factor changes, step by step, in every shown KPI."""
    columns = {name: findings.gains(name).get(factor.name) for name in findings.shown}
    steps = next((own.steps for own in columns.values() if own is not None), ())
    if not steps:
        return
    unit = f" ({factor.unit})" if factor.unit else ""
    title = f"What one more of {factor.name}{unit} changes"
    table = Table("from, to", title=title, title_justify="left", box=None)
    for name in columns:
        table.add_column(_heading(findings, name), justify="right")
    for number, step in enumerate(steps):
        cells = [_cell(own.steps[number].per_unit) if own else "-" for own in columns.values()]
        table.add_row(f"{step.low:g}, {step.high:g}", *cells)
    console.print(table)


def _cell(mean: Mean) -> str:
    """A mean with its half width; a difference with its sign, marked where it is sure."""
    if not isfinite(mean.mean):
        return "-"
    if isinstance(mean, Contrast):
        sign = "+" if mean.mean > 0 else ""
        sure = "*" if mean.told_apart else " "
        return f"{sign}{_plus_minus(mean)}{sure}"
    return _plus_minus(mean)


def _plus_minus(mean: Mean) -> str:
    if not mean.known or mean.half_width == 0:
        return figure(mean.mean, 0.0)
    return f"{figure(mean.mean, mean.half_width)} ± {figure(mean.half_width, mean.half_width)}"


def _print_effects(console: Console, findings: Findings, kpi: str) -> None:
    """What the factors do to the objective, by the design's own analysis."""
    effects = findings.effects(kpi)
    names = [factor.name for factor in findings.plan.study.factors]
    if effects is None:
        return
    if not findings.varies(kpi):
        console.print(f"{kpi}: nothing varies between variants.", style="italic", markup=False)
        return
    if isinstance(effects, Slopes):
        explained = f"a linear model explains {100 * effects.explained:.0f} %"
        title = f"{kpi}: change over a factor's whole range ({explained})"
        table = Table("factor", "change", box=None)
        for name, slope in zip(names, effects.slopes, strict=True):
            table.add_row(name, _cell(slope))
    elif effects and isinstance(effects[0], Index):
        title = f"{kpi}: Sobol indices"
        table = Table("factor", "alone", "with interactions", box=None)
        for name, index in zip(names, effects, strict=True):
            if isinstance(index, Index):
                table.add_row(
                    name,
                    f"{index.first:.2f} ({index.first_low:.2f} to {index.first_high:.2f})",
                    f"{index.total:.2f} ({index.total_low:.2f} to {index.total_high:.2f})",
                )
    else:
        title = f"{kpi}: effects of the factors; * told apart"
        table = Table("factors", "share of variance", "moves by", box=None)
        terms = [term for term in effects if not isinstance(term, Index)]
        for term in sorted(terms, key=lambda term: -term.share)[:_MOST_TERMS]:
            label = " x ".join(names[factor] for factor in term.factors)
            sure = "*" if term.told_apart else ""
            table.add_row(label, f"{100 * term.share:.0f} %", f"{figure(term.span, 0.0)}{sure}")
    console.print(title, style="italic")  # a table would fold it to its own width
    console.print(table)
