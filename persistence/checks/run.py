"""Running the checks of a run: over all its databases, in a few processes, into one list.

The work on a database is cut into tasks that share few working tables. Each process opens the
databases that its tasks are about, once. What the tasks found is then added up by the name of the
check, and the figures that need the whole run are judged.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.util import Finalize
from typing import TypeVar

from persistence.checks.engine.guard import DAMAGE, in_words, unreadable
from persistence.checks.engine.result import CheckResult
from persistence.checks.engine.rule import SHOWN, Check, Finding, Rule, all_of
from persistence.checks.engine.session import Session
from persistence.checks.figures.calibration import CALIBRATED, compare
from persistence.checks.figures.figures import READINGS, Figures
from persistence.checks.figures.gather import gather
from persistence.checks.figures.observed import Observed, observe
from persistence.checks.judge import DEFAULT, judge
from persistence.checks.rules import (
    ailments,
    broodstock,
    catalogue,
    days,
    defect_rates,
    defects,
    feeding,
    finance,
    growth,
    harvest,
    health,
    health_samples,
    ids,
    models,
    moves,
    occupancy,
    ownership,
    pages,
    planning,
    projections,
    readings,
    sensors,
    summaries,
    transitions,
    weather,
    widths,
)
from persistence.stores import Progress, StoreError, mask
from sim.core.pool import share_out

T = TypeVar("T")

_INLINE_ROWS = 1_000_000  # fewer than this are done before a second process is at work
_ORDER = ("integrity", "conservation", "acceptance", "calibration")

_LIVES: tuple[Rule, ...] = (
    *occupancy.RULES,
    *days.RULES,
    *moves.RULES,
    *broodstock.RULES,
    *harvest.RULES,
    *finance.RULES,
    *ailments.RULES,
    *health_samples.RULES,
    *health.RULES,
    *feeding.RULES,
    *summaries.RULES,
    *transitions.RULES,
    growth.DUE,
    *models.RULES,
    *sensors.RULES,
    *projections.RULES,
    *planning.RULES,
)


RULES: Mapping[str, Rule] = {
    rule.name: rule for rule in (*_LIVES, growth.BELONG, growth.STATISTICS, *defects.RULES)
}
"""The checks that are rules, by name: each can be looked at alone."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A share of the work on one database; ``part`` is the range of readings it looks at."""

    url: str
    name: str
    part: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class _Done:
    """What a task found."""

    findings: tuple[Finding, ...]
    figures: Figures | None = None
    observed: Observed | None = None
    broken: tuple[str, ...] = ()


def run_checks(
    urls: Sequence[str],
    *,
    workers: int = 2,
    profile: str = DEFAULT,
    progress: Progress | None = None,
) -> list[CheckResult]:
    """Check a run.

    Args:
        urls: the run's databases; the latest run of each is checked.
        workers: how many processes share the work.
        profile: the biology profile whose acceptance figures hold.
        progress: told after each task.

    Returns:
        Every check's result, by group.

    Raises:
        StoreError: a database cannot be reached or has no run, or they are not of one run.
        DamagedError: it has none that can be read at all. What else cannot be read is a check that
            failed.
    """
    try:
        sessions = [_session(url) for url in dict.fromkeys(urls)]
        _one_run(sessions)
        tasks = [task for session in sessions for task in _tasks(session, profile)]
        tasks.sort(key=lambda task: _LONGEST_FIRST.index(task.name))
        rows = sum(session.rows_written for session in sessions)
        done = list(_work_through(tasks, workers if rows > _INLINE_ROWS else 1, progress))
        findings = _added(finding for one in done for finding in one.findings)
        broken = [what for one in done for what in one.broken]
        results = [unreadable(broken)]
        if broken:  # figures of what is left of a run would mislead
            results += [finding.result() for finding in findings]
            return _in_order(results)
        findings = [_explained(finding, urls) for finding in findings]
        figures = _figures(done, findings)
        results += [finding.result() for finding in findings]
        knobs, is_whole = sessions[0].knobs, _is_whole(sessions)
        results += judge(figures, knobs, profile, whole=is_whole)
        if profile == CALIBRATED:
            is_whole &= figures.until >= knobs.end_day
            results += compare(_observed(done), whole=is_whole)
    finally:
        _close_all()
    return _in_order(results)


def _in_order(results: Sequence[CheckResult]) -> list[CheckResult]:
    return sorted(results, key=lambda result: (_ORDER.index(result.group), result.name))


def _one_run(sessions: Sequence[Session]) -> None:
    first = sessions[0]
    for other in sessions[1:]:
        if other.run.spec.identity != first.run.spec.identity:
            raise StoreError(f"{mask(other.url)} and {mask(first.url)} do not hold the same run")


def _is_whole(sessions: Sequence[Session]) -> bool:
    """Whether every geography of the run is in one of the databases."""
    shards = {session.run.spec.shard for session in sessions}
    return None in shards or shards.issuperset(sessions[0].run.spec.geographies)


def _tasks(session: Session, profile: str) -> Iterator[_Task]:
    for name in ("pages", "ids", "lives", "catalogue", "growth", "weather", "due"):
        yield _Task(session.url, name)
    if profile == CALIBRATED:
        yield _Task(session.url, "observed")
    if defect_rates.is_dirty(session.knobs.defects):
        yield _Task(session.url, "defects")
    for part in session.reading_parts(readings.PART_ROWS):
        yield _Task(session.url, "readings", part)


_LONGEST_FIRST = (
    "pages",
    "ids",
    "lives",
    "observed",
    "growth",
    "catalogue",
    "weather",
    "readings",
    "defects",
    "due",
)


def _work_through(
    tasks: Sequence[_Task], workers: int, progress: Progress | None
) -> Iterator[_Done]:
    if workers <= 1:
        for number, task in enumerate(tasks, 1):
            yield _work(task)
            if progress:
                progress(task.name, number, len(tasks))
        return
    for number, (task, done) in enumerate(share_out(_work, tasks, workers), 1):
        yield done
        if progress:
            progress(task.name, number, len(tasks))


def _work(task: _Task) -> _Done:
    """Do a task; runs in a process of its own when there are several."""
    session = _session(task.url)
    findings: list[Finding] = []
    broken: list[str] = []

    def attempt(what: str, do: Callable[[], T]) -> T | None:
        try:
            with session.attempt():
                return do()
        except DAMAGE as error:
            broken.append(f"{what}: {in_words(error)}")
            return None

    for look in _looks(task):
        findings += attempt(task.name, partial(look, session)) or ()
    figures = attempt("figures", partial(gather, session)) if task.name == "lives" else None
    observed = attempt("figures", partial(observe, session)) if task.name == "observed" else None
    return _Done(tuple(findings), figures, observed, tuple(broken))


def _looks(task: _Task) -> Sequence[Check]:
    """What a task looks at, one after the other."""
    if task.name == "lives":
        return [all_of(rule) for rule in _LIVES]
    looks: Mapping[str, tuple[Check, ...]] = {
        "observed": (),
        "pages": (pages.look,),
        "ids": (ids.look,),
        "catalogue": (
            catalogue.keys,
            catalogue.references,
            catalogue.choices,
            widths.widths,
            ownership.look,
        ),
        "growth": (all_of(growth.BELONG, growth.STATISTICS),),
        "weather": (weather.look,),
        "defects": (all_of(*defects.RULES), defect_rates.rates),
        "due": (readings.due,),
        "readings": (readings.part(task.part),),
    }
    return looks[task.name]


_sessions: dict[str, Session] = {}


def _session(url: str) -> Session:
    if url not in _sessions:
        if not _sessions:  # a worker process ends without unwinding its stack
            Finalize(None, _close_all, exitpriority=1)
        _sessions[url] = Session(url)
    return _sessions[url]


def _close_all() -> None:
    while _sessions:
        _sessions.popitem()[1].close()


def _added(findings: Iterator[Finding]) -> list[Finding]:
    total: dict[str, Finding] = {}
    for finding in findings:
        known = total.get(finding.name)
        total[finding.name] = finding if known is None else known + finding
    return list(total.values())


def _explained(finding: Finding, urls: Sequence[str]) -> Finding:
    """Say where readings are missing: too dear to be asked unless some are."""
    if finding.name != readings.COMPLETE or not finding.bad:
        return finding
    began = time.perf_counter()
    rows = tuple(row for url in urls for row in readings.missing(_session(url)))[:SHOWN]
    return replace(finding, rows=rows, seconds=finding.seconds + time.perf_counter() - began)


def _observed(done: Sequence[_Done]) -> Observed:
    return sum((one.observed for one in done if one.observed), Observed())


def _figures(done: Sequence[_Done], findings: Sequence[Finding]) -> Figures:
    """The run's figures, with the number of readings from the check that looked at each."""
    whole = sum((one.figures for one in done if one.figures), Figures())
    (readings_seen,) = (f.checked for f in findings if f.name == readings.COMPLETE)
    return replace(whole, rows=whole.rows + Counter({READINGS: readings_seen}))
