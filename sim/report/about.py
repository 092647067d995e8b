"""How a study was made, for the foot of its page."""

from __future__ import annotations

from collections.abc import Iterator

from sim.report.facts import StudyFacts
from sim.study.knobs import Sampled, Until

_FILES = (
    "results.sqlite; variants, replications, kpis, waits, usage, blocked, summary and gains as CSV"
    " (and Parquet); manifest.json"
)


def about(facts: StudyFacts) -> Iterator[tuple[str, str]]:
    """Pairs of what and how: design, factors, luck, time, program, files."""
    study = facts.findings.plan.study
    design = study.design
    if isinstance(design, Sampled):
        points = design.sobol or design.latin_hypercube
        which = "Sobol" if design.sobol else "Latin hypercube"
        yield "design", f"{which}, {points} points"
    else:
        yield "design", design.replace("_", " ")
    for factor in study.factors:
        moves = ", ".join(factor.paths) or ", ".join(
            dict.fromkeys(path for level in factor.levels or [] for path in level.set)
        )
        yield f"factor {factor.name}", f"{_change(factor.change)} {moves}"
    yield "base scenario", study.base
    rule = study.replications
    asked = str(rule)
    if isinstance(rule, Until):
        wanted = ", ".join(f"{name} within {100 * s:g} %" for name, s in rule.until.items())
        asked = f"until {wanted}; at least {rule.at_least}, at most {rule.at_most}"
    yield "replications asked for", asked
    yield "confidence", f"{100 * study.confidence:g} %"
    first, since, end = facts.counted
    yield "simulated", f"{first} to {end}; figures are counted from {since} on (warm-up before)"
    yield "seed", f"{facts.findings.plan.seed}; replication r has the same luck in every variant"
    yield "program", f"smoltflow {facts.version}"
    yield "tables", _FILES


def _change(change: str) -> str:
    """How a factor's values act on its knobs."""
    return {"set": "sets", "add": "is added to", "multiply": "multiplies"}[change]
