"""What a run does, for the command line and for Python alike: from a scenario to its databases.

Nothing here prints a result or ends the process; what cannot be done is raised.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path

import click

from persistence.digest import OWN_PREFIX, run_digest
from persistence.ledger import FINISHED, INTERRUPTED, RunSpec
from persistence.recompute import merge_shards
from persistence.schema import IndexSet
from persistence.stores import FileGoneError, StoreError
from persistence.stores.waiting import telling
from sim.api.existing import Options, RunTask, look, runs_of, set_status, wipe_earlier
from sim.api.folders import folder_given, made_folders
from sim.api.indexing import choose, complete
from sim.api.logs import BatchLogs
from sim.api.manifest import Manifest, write_manifest
from sim.api.memory import memory_for
from sim.api.retrying import Again, Lost, Retry, Tries
from sim.api.session import RunSession
from sim.api.targets import (
    RUNS,
    all_in_folder,
    deal,
    identity,
    masked_urls,
    sqlite_path,
    targets,
)
from sim.api.views import make_view
from sim.api.workers import (
    Halt,
    LockWait,
    Outcome,
    WorkerStep,
    finish,
    plan_jobs,
    prepare,
    run_jobs,
)
from sim.core.clock import date_of, day_of
from sim.core.failures import Failure, OptionProblem
from sim.core.showing import quoted
from sim.core.stopping import on_stop
from sim.core.system_errors import in_words
from sim.core.version import __version__
from sim.core.worker_process import need_guard, peak_kb
from sim.runner import Glimpse
from sim.scenario import Loaded, Scenario
from sim.sites.feasible import feasible_plan

Read = Callable[[Sequence[str]], Loaded[Scenario]]
"""Loads the scenario with some knobs changed, ``path=value`` each."""


def date_given(option: str, text: str) -> date:
    """A date as it was written.

    Raises:
        OptionProblem: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OptionProblem(option, f"'{quoted(text)}' is not a date (YYYY-MM-DD)") from None


def folder_of(scenario: Scenario) -> Path:
    """Where a run goes by default."""
    return RUNS / scenario.name


def task_of(loaded: Loaded[Scenario], read: Read, options: Options) -> RunTask:
    """What is to be done to run a scenario.

    Args:
        loaded: the scenario.
        read: loads it again, with more knobs changed.
        options: how it shall be run.

    Raises:
        ScenarioError: its plan cannot begin.
        OptionProblem: an option cannot be kept.
        Failure: the databases cannot be used.
    """
    folder_given("out", options.out)
    if options.log_dir is not None:
        folder_given("log_dir", options.log_dir)
    loaded = _resolve_today(loaded, read, options)
    scenario = loaded.scenario
    plan = feasible_plan(loaded)
    until = plan.end_day
    if options.until is not None:
        until = min(day_of(options.until), plan.end_day)
        if until <= plan.first_day:
            first = date_of(plan.first_day)
            raise OptionProblem("until", f"{options.until} is not after the first day, {first}")
    spec = RunSpec(
        identity=identity(loaded.resolved, __version__),
        scenario=scenario.name,
        seed=scenario.seed,
        version=__version__,
        resolved=scenario.model_dump_json(),
        geographies=tuple(geography.name for geography in scenario.geographies),
        simulated_from=plan.first_day,
        simulated_until=until,
    )
    found = targets(scenario, options.database, options.out)
    memory = memory_for(scenario, plan, until, found, options.memory_limit, options.workers)
    return RunTask(scenario, plan, spec, found, until, memory)


def _resolve_today(loaded: Loaded[Scenario], read: Read, options: Options) -> Loaded[Scenario]:
    """Turn ``end: today`` into a date: that of the run in the database, or today's."""
    if loaded.scenario.schedule.end != "today":
        return loaded
    end = datetime.now().astimezone().date().isoformat()
    if not options.fresh:
        for target in targets(loaded.scenario, options.database, options.out):
            for run in runs_of(target):
                if run.spec.scenario == loaded.scenario.name:
                    end = json.loads(run.spec.resolved)["schedule"]["end"]
    return read([f"schedule.end={end}"])


def execute(task: RunTask, options: Options) -> Manifest:
    """Run a task, or find that it has been run; returns its manifest.

    Raises:
        Failure: it is refused, it failed, or it was stopped (code 130).
        MissingGuardError: the script that is run has no main guard, and several workers have work.
    """
    began = time.monotonic()
    finished = look(task, options)
    if finished is not None:
        complete(task, options)
        return finished
    if len(deal(task.targets, task.memory.workers)) > 1:
        need_guard()
    index = choose(task, options)
    retry = Retry(options.retry)
    tries = Tries(retry, lambda lost: click.echo(f"smoltflow: {lost}", err=True))
    logs = [] if options.log_dir is None else [options.log_dir]
    files = [path for target in task.targets if (path := sqlite_path(target.url)) is not None]
    try:
        with (
            made_folders([options.out, *logs], files),
            _told_with(options),
            RunSession(task, options) as session,
        ):
            if options.fresh:
                tries(lambda: wipe_earlier(task))
            outcomes = _outcomes(
                _simulate(task, options, index, session, retry), task, options, tries
            )
            manifest = _manifest(task, options, outcomes, time.monotonic() - began)
            set_status(task, FINISHED, manifest.to_json(), tries)
            write_manifest(manifest, options.out)
            session.finish(manifest)
    except FileGoneError as error:
        raise Failure(str(error)) from None
    except StoreError as error:
        raise Failure(f"{error}\n{_safe(options)}") from None
    except KeyboardInterrupt:
        raise Failure(f"interrupted. {_safe(options)}", 130) from None
    return manifest


@contextmanager
def _told_with(options: Options) -> Iterator[None]:
    """Tell of an error of the system with what can be done about the run.

    Raises:
        Failure: in its place.
    """
    try:
        yield
    except (Failure, StoreError):
        raise
    except Exception as error:
        if (told := in_words(error)) is None:
            raise
        raise Failure(f"{told}\n{_safe(options)}") from error


def _simulate(
    task: RunTask, options: Options, index: IndexSet, session: RunSession, retry: Retry
) -> list[Outcome | Halt]:
    """Simulate and write, with as many workers as make sense."""
    logging = options.log_dir is not None or options.verbose > 0
    jobs = plan_jobs(
        task.scenario, task.spec, task.targets, task.until, task.memory, index, retry,
        logging=logging,
    )  # fmt: skip
    shared = not jobs[0].finish
    with make_view(task.scenario.name, task.plan.first_day, task.until, options.progress) as view:
        note = view.note if options.verbose else None
        stories = BatchLogs(options.log_dir, note, options.verbose)

        def watch(message: object) -> None:
            if isinstance(message, Glimpse):
                view.glimpse(message)
                for chunk in session.take(message):
                    stories.take(chunk)
                for alarm in message.alarms:
                    view.note(f"watchdog: {alarm}")
            elif isinstance(message, WorkerStep):
                view.step(message.what, message.done, message.total)
            elif isinstance(message, LockWait):
                hear(message.text)
            elif isinstance(message, Lost | Again):
                hear(str(message))

        def hear(text: str) -> None:
            view.note(text)
            session.log.alarm(text)

        spec, memory = task.spec, task.memory
        with telling(hear):
            with _stoppable() as stop:
                if shared:
                    Tries(retry, watch, stop)(lambda: prepare(task.scenario, spec, task.targets))
                results = run_jobs(jobs, watch, stop)
            if shared and all(isinstance(result, Outcome) for result in results):
                Tries(retry, watch)(lambda: finish(spec, task.targets, memory, index, view.step))
    return results


def _manifest(
    task: RunTask, options: Options, outcomes: Sequence[Outcome], seconds: float
) -> Manifest:
    whole = merge_shards([outcome.digests for outcome in outcomes])
    own = {table: digest for table, digest in whole.items() if table.startswith(OWN_PREFIX)}
    digests = {table: digest for table, digest in whole.items() if table not in own}
    figures = outcomes[0].figures
    peak = peak_kb() + (sum(o.peak_kb for o in outcomes) if len(outcomes) > 1 else 0)
    return Manifest(
        scenario=task.scenario.name,
        seed=task.scenario.seed,
        version=__version__,
        database=masked_urls(task.targets),
        simulated={
            "from": date_of(task.plan.first_day).isoformat(),
            "until": date_of(task.until).isoformat(),
        },
        batches=dict(figures.batches),
        rows={table: digest.rows for table, digest in sorted(digests.items())},
        digests={table: digest.hex() for table, digest in sorted(digests.items())},
        own_digests={table: digest.hex() for table, digest in sorted(own.items())},
        digest=run_digest(digests),
        wall_s=round(seconds, 2),
        peak_rss_mb=round(peak / 1024, 1),
        utilisation=dict(figures.utilisation),
        waits={kind: dict(found) for kind, found in figures.waits.items()},
        in_folder=all_in_folder(task.targets, options.out),
    )


def _outcomes(
    results: Sequence[Outcome | Halt], task: RunTask, options: Options, tries: Tries
) -> list[Outcome]:
    """The outcomes, if every worker got to the end."""
    outcomes = [result for result in results if isinstance(result, Outcome)]
    if len(outcomes) == len(results):
        return outcomes
    halts = [result for result in results if isinstance(result, Halt)]
    failed = [halt for halt in halts if halt.error]
    if failed:
        lasting = [halt for halt in failed if not halt.resumable]
        if lasting:
            raise Failure(str(lasting[0].error))
        raise Failure(f"{failed[0].error}\n{_safe(options)}")
    set_status(task, INTERRUPTED, None, tries)
    day = max(halt.day for halt in halts)
    raise Failure(f"stopped after {date_of(day - 1)}. To continue: {options.again}", 130)


def _safe(options: Options) -> str:
    return f"What was committed is safe. To continue: {options.again}"


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Whoever asks the run to stop gets it after its chunk; a second time ends it at once."""
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise KeyboardInterrupt
        with suppress(OSError):  # nobody reads it
            print("stopping at the next committed chunk ...", file=sys.stderr)

    with on_stop(ask):
        yield lambda: bool(asked)
