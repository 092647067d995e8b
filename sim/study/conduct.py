"""Conducting a study: replications in rounds, until there are enough.

A *round* is the same replications of every variant. Whether there are enough is asked only between
complete rounds, so the answer does not depend on who was faster; a study that is resumed asks the
same questions again and gets the same answers. Within a round, the first replication of all
variants comes before the second of any: an interrupted study knows something of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from sim.study.executor import Beat, Executor
from sim.study.knobs import Until
from sim.study.loader import StudyPlan
from sim.study.replication import VERSION
from sim.study.results import Replication, Results, Task, Unit


class StudyView(Protocol):
    """Someone who watches a study."""

    def round(self, done: int, total: int, replications: int) -> None:
        """A round begins: so many are done already, so many there shall be."""

    def beat(self, beat: Beat) -> None:
        """A worker is so far with a task."""

    def recorded(self, replication: Replication) -> None:
        """A replication was kept."""


@dataclass(frozen=True, slots=True)
class Conducted:
    """A study that came to its end.

    Attributes:
        replications: of every variant.
        worker_peak_kb: per worker process its peak memory, KiB.
    """

    replications: int
    worker_peak_kb: dict[str, int]


def conduct(plan: StudyPlan, results: Results, executor: Executor, view: StudyView) -> Conducted:
    """Do whatever of a study is not done yet."""
    tried: set[Unit] = set(results.done())
    peaks: dict[str, int] = {}
    for wanted in rounds(plan, lambda count: enough(plan, results, count)):
        tasks = [task for task in tasks_of(plan, wanted) if task.unit not in tried]
        total = wanted * len(plan.variants)
        view.round(total - len(tasks), total, wanted)
        for replication in executor.run(tasks, view.beat):
            results.record(replication)
            tried.add(replication.unit)
            if replication.worker:
                peak = max(peaks.get(replication.worker, 0), replication.peak_kb)
                peaks[replication.worker] = peak
            view.recorded(replication)
    return Conducted(wanted, peaks)


def rounds(plan: StudyPlan, is_enough: Callable[[int], bool]) -> Iterator[int]:
    """Replications of every variant after each round."""
    wanted, most = plan.replications
    yield wanted
    rule = plan.study.replications
    while isinstance(rule, Until) and wanted < most and not is_enough(wanted):
        wanted = min(wanted + rule.each_round, most)
        yield wanted


def enough(plan: StudyPlan, results: Results, replications: int) -> bool:
    """Whether the means that the study asks for are known well enough."""
    from sim.study.statistics import enough as known_well

    rule = plan.study.replications
    if not isinstance(rule, Until):
        return True
    values = results.values(replications)
    return all(
        name in values and known_well(values[name], share, plan.study.confidence)
        for name, share in rule.until.items()
    )


def tasks_of(plan: StudyPlan, replications: int) -> Iterator[Task]:
    """All tasks up to a number of replications, in the order in which they are started."""
    for replication in range(replications):
        seed = plan.seed_of(replication)
        for variant in plan.variants:
            scenario = variant.scenario.model_copy(update={"seed": seed})
            yield Task(
                variant.index,
                replication,
                seed,
                scenario.model_dump_json(),
                plan.study.warmup_days,
                VERSION,
            )
