"""Checks of a study's knobs that need each other, the base scenario, or the catalogue of KPIs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from sim.scenario.agreement import disagreements
from sim.scenario.explain import close_to, shown
from sim.scenario.problems import KnobPath, Problem, problem_at
from sim.scenario.tree import Node, heading_of, place_of
from sim.study import design
from sim.study.factors import (
    MOST_LEVELS,
    BaseKnobs,
    axis_of,
    cannot_calculate,
    is_path,
    not_numbers,
    steps,
)
from sim.study.knobs import Factor, NumberRange, Sampled, Study, Until

MOST_VARIANTS = 10_000
RESERVED = ("variant", "name", "replication", "point", "kpi")

NO_PATH = "is not a knob's path, such as stages.Adult.tgc"


@dataclass(frozen=True, slots=True)
class KnobFault:
    """Something wrong with a knob of the study: with its value, or ``at_name`` with its name."""

    path: KnobPath
    message: str
    suggestion: str | None = None
    at_name: bool = False


def check_study(
    study: Study, root: Node, base: BaseKnobs | None, kpis: Collection[str] | None
) -> list[Problem]:
    """Find what is wrong with a study.

    Args:
        study: its knobs.
        root: the same with their places.
        base: the base scenario's knobs, if it could be loaded.
        kpis: names of the KPIs that it has, if that is known.
    """
    findings = [KnobFault(path, text) for path, text in disagreements(study)]
    findings += [*_factors(study), *_path_texts(study)]
    if base is not None and not findings:
        findings += _paths(study, base)
    if not findings:
        findings += _design(study)
    findings += _replications(study)
    if kpis is not None:
        findings += _kpis(study, kpis)
    findings += _objective(study)
    return [
        problem_at(
            (heading_of if found.at_name else place_of)(root, found.path),
            found.path,
            found.message,
            found.suggestion,
        )
        for found in findings
    ]


def _factors(study: Study) -> Iterator[KnobFault]:
    for number, factor in enumerate(study.factors):
        here: KnobPath = ("factors", number)
        if factor.name in RESERVED:
            yield KnobFault(
                (*here, "name"), f"'{factor.name}' is a column of its own; choose another name"
            )
        given = [
            kind for kind in ("values", "range", "levels") if getattr(factor, kind) is not None
        ]
        if len(given) != 1:
            yield KnobFault(here, f"factor '{factor.name}' needs one of values, range and levels")
        elif factor.levels is not None:
            yield from _levels(factor, here)
        else:
            if not factor.paths:
                yield KnobFault(
                    here, f"factor '{factor.name}' needs paths: the knobs that take its values"
                )
            yield from _range(factor.range, here) if factor.range else _values(factor, here)


def _levels(factor: Factor, here: KnobPath) -> Iterator[KnobFault]:
    levels = factor.levels or []
    if not levels:
        yield KnobFault((*here, "levels"), "must have at least 1 entry (found 0)")
    for knob in ("paths", "change"):
        if knob in factor.model_fields_set:
            yield KnobFault((*here, knob), "levels name their own knobs; leave this out")


def _values(factor: Factor, here: KnobPath) -> Iterator[KnobFault]:
    values = factor.values or []
    if not values:
        yield KnobFault((*here, "values"), "must have at least 1 entry (found 0)")
    for order, value in enumerate(values):
        if any(type(value) is type(other) and value == other for other in values[:order]):
            yield KnobFault(
                (*here, "values", order), f"{shown(value)} is given twice: a duplicate variant"
            )
    for order in not_numbers(factor):
        text = f"expected a number to {factor.change}, found {shown(values[order])}"
        yield KnobFault((*here, "values", order), text)


def _range(span: NumberRange, here: KnobPath) -> Iterator[KnobFault]:
    if span.step is not None and span.step <= 0:
        yield KnobFault((*here, "range", "step"), f"must be more than 0 (found {span.step})")
    elif span.least < span.most and span.step is not None and len(steps(span)) > MOST_LEVELS:
        yield KnobFault((*here, "range", "step"), f"gives more than {MOST_LEVELS} values")


def _places(factor: Factor, here: KnobPath) -> list[tuple[KnobPath, str]]:
    """Where a factor names which knob."""
    found: list[tuple[KnobPath, str]] = [
        ((*here, "paths", order), path) for order, path in enumerate(factor.paths)
    ]
    for order, level in enumerate(factor.levels or []):
        found += [((*here, "levels", order, "set", path), path) for path in level.set]
    return found


def _path_texts(study: Study) -> Iterator[KnobFault]:
    named: list[tuple[KnobPath, str]] = [(("set", path), path) for path in study.set]
    for number, factor in enumerate(study.factors):
        named += _places(factor, ("factors", number))
    for place, path in named:
        if not is_path(path):
            yield KnobFault(place, f"'{path}' {NO_PATH}", at_name="set" in place)


def _paths(study: Study, base: BaseKnobs) -> Iterator[KnobFault]:
    """A knob has one master; knobs that are added to are numbers."""
    seen: dict[KnobPath, str] = {}
    for number, factor in enumerate(study.factors):
        here: KnobPath = ("factors", number)
        own: set[KnobPath] = set()
        for place, path in _places(factor, here):
            knob = base.find(path) or (path,)
            if knob in seen:
                yield KnobFault(
                    place, f"factor '{seen[knob]}' changes this knob too", at_name="set" in place
                )
            own.add(knob)
        seen |= dict.fromkeys(own, factor.name)
        for order, message in cannot_calculate(factor, base):
            yield KnobFault((*here, "paths", order), message)


def _design(study: Study) -> Iterator[KnobFault]:
    """Whether the design can be made; the factors are in order."""
    here: KnobPath = ("design",)
    wanted = study.design
    axes = [axis_of(factor) for factor in study.factors]
    counts = [axis.count for axis in axes if isinstance(axis, design.Levels)]
    if isinstance(wanted, Sampled):
        yield from _sampled(wanted, len(axes))
        return
    for number, axis in enumerate(axes):
        if isinstance(axis, design.Range):
            text = f"a design '{wanted}' needs a step here, or a list of values"
            yield KnobFault(("factors", number, "range"), text)
    variants = prod(counts) if wanted == "full" else sum(counts)
    if variants > MOST_VARIANTS:
        text = f"{variants:,} combinations are more than {MOST_VARIANTS:,}"
        yield KnobFault(here, f"{text}; a Latin hypercube samples them: {{latin_hypercube: 64}}")


def _sampled(wanted: Sampled, factors: int) -> Iterator[KnobFault]:
    here: KnobPath = ("design",)
    if (wanted.latin_hypercube is None) == (wanted.sobol is None):
        yield KnobFault(here, "needs either latin_hypercube or sobol, with a number")
        return
    if not factors:
        yield KnobFault(here, "a design needs factors")
    count, name = wanted.latin_hypercube, "latin_hypercube"
    if wanted.sobol is not None:
        count, name = wanted.sobol * (factors + 2), "sobol"
        if wanted.sobol < 2 or not design.is_power_of_two(wanted.sobol):
            near = str(max(2, 2 ** round_log2(wanted.sobol)))
            yield KnobFault((*here, name), f"must be a power of two (found {wanted.sobol})", near)
    elif count is not None and count < 2:
        yield KnobFault((*here, name), f"must be at least 2 (found {count})")
    if count is not None and count > MOST_VARIANTS:
        yield KnobFault((*here, name), f"{count:,} points are more than {MOST_VARIANTS:,}")


def round_log2(number: int) -> int:
    """The exponent of the power of two that is next to a number, the lower one of two."""
    low = max(number, 1).bit_length() - 1
    return low if number - 2**low <= 2 ** (low + 1) - number else low + 1


def _replications(study: Study) -> Iterator[KnobFault]:
    here: KnobPath = ("replications",)
    wanted = study.replications
    if not isinstance(wanted, Until):
        if wanted < 1:
            yield KnobFault(here, f"must be at least 1 (found {wanted})")
        return
    for name, share in wanted.until.items():
        if not 0 < share < 1:
            text = f"must be a share between 0 and 1, such as 0.02 (found {share})"
            yield KnobFault((*here, "until", name), text)
    if wanted.at_least < 2:
        text = f"must be at least 2: one replication has no interval (found {wanted.at_least})"
        yield KnobFault((*here, "at_least"), text)
    if wanted.each_round < 1:
        yield KnobFault((*here, "each_round"), f"must be at least 1 (found {wanted.each_round})")


def _kpis(study: Study, names: Collection[str]) -> Iterator[KnobFault]:
    """Everything that should be a KPI is one."""
    used: list[tuple[KnobPath, str]] = [
        (("kpis", order), name) for order, name in enumerate(study.kpis)
    ]
    if isinstance(study.replications, Until):
        used += [(("replications", "until", name), name) for name in study.replications.until]
    if study.objective is not None:
        for kind in ("maximise", "minimise"):
            name = getattr(study.objective, kind)
            used += [(("objective", kind), name)] if name is not None else []
        used += [(("objective", "subject_to", name), name) for name in study.objective.subject_to]
    for path, name in used:
        if name not in names:
            meant = close_to(name, names, cutoff=0.5)
            known = "" if meant else f"; there are {_listed(sorted(names))}"
            at_name = path[-2:-1] in (("until",), ("subject_to",))
            yield KnobFault(path, f"no KPI is named '{name}'{known}", meant, at_name)


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _objective(study: Study) -> Iterator[KnobFault]:
    objective = study.objective
    if objective is None:
        return
    if (objective.maximise is None) == (objective.minimise is None):
        yield KnobFault(("objective",), "needs either maximise or minimise, with a KPI")
    for name, limit in objective.subject_to.items():
        if limit.at_most is None and limit.at_least is None:
            yield KnobFault(
                ("objective", "subject_to", name), "needs at_most or at_least, with a number"
            )
