"""``run``: simulate a scenario and write its databases."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from persistence.digest import run_digest
from persistence.ledger import FINISHED, INTERRUPTED, RunSpec
from persistence.recompute import merge_shards
from persistence.schema import INDEX_SETS, IndexSet
from persistence.stores import StoreError
from sim import __version__
from sim.cli import Failure
from sim.cli.existing import Options, RunTask, look, runs_of, set_status, wipe_earlier
from sim.cli.given import read_as_scenario
from sim.cli.indexing import choose, complete
from sim.cli.logs import BatchLogs
from sim.cli.manifest import Manifest, print_summary, write_manifest
from sim.cli.memory import MemorySize, memory_for
from sim.cli.retrying import Again, Lost, Retry, Tries
from sim.cli.session import RunSession
from sim.cli.shown import resume_command, shown_command
from sim.cli.targets import RUNS, identity, masked_urls, targets
from sim.cli.views import make_view
from sim.cli.workers import Halt, Outcome, WorkerStep, finish, plan_jobs, prepare, run_jobs
from sim.core.clock import date_of, day_of
from sim.core.worker_process import peak_kb
from sim.runner import Glimpse
from sim.scenario import Loaded, Scenario, load
from sim.scenario.shipped import resolve
from sim.sites.feasible import feasible_plan


@click.command("run")
@click.argument("scenario", type=resolve)
@click.option("--database", metavar="URL", help="SQLAlchemy URL; {geography} gives each its own.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder; default runs/<scenario>.",
)
@click.option("--seed", type=click.IntRange(0), help="Root of all random streams.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a knob.")
@click.option("--until", metavar="DATE", help="First day that is not simulated (YYYY-MM-DD).")
@click.option("--resume", is_flag=True, help="Continue an unfinished run, or start.")
@click.option("--fresh", is_flag=True, help="Wipe this scenario's earlier run first.")
@click.option("--append", is_flag=True, help="Extend a run that ended at an earlier --until.")
@click.option(
    "--index",
    type=click.Choice(INDEX_SETS),
    help="Keys and indexes: AquaMind's full set, only keys and what is asked for by batch"
    " (default for a new database), or none.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes; default one per core, one for a small run.",
)
@click.option(
    "--memory-limit",
    type=MemorySize(),
    metavar="SIZE",
    help="Memory of all processes together, such as 500MB or 1GiB; changes nothing recorded.",
)
@click.option(
    "--retry",
    type=click.IntRange(0),
    default=Retry().times,
    show_default=True,
    metavar="N",
    help="Tries after a lost server connection, 2, 8, 32 ... seconds apart; 0: none.",
)
@click.option(
    "--log-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a log per batch here, and run.log, a log of the run's sessions.",
)
@click.option(
    "-v",
    "--verbose",
    count=True,
    help="Tell each batch's story as it happens; -vv with everyday things.",
)
@click.option(
    "--dry-run", is_flag=True, help="Say how many rows, bytes and seconds; write nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("--no-progress", is_flag=True, help="No progress, only messages.")
def command(
    scenario: Path, database: str | None, out: Path | None, seed: int | None,
    overrides: Sequence[str], until: str | None, resume: bool, fresh: bool, append: bool,
    index: IndexSet | None, workers: int | None, memory_limit: int | None, retry: int,
    log_dir: Path | None, verbose: int, dry_run: bool, as_json: bool, no_progress: bool,
) -> None:  # fmt: skip
    """Simulate SCENARIO, a file or a shipped one's name, and write its databases.

    By default one SQLite file per geography under runs/<scenario>/. A run that was interrupted is
    continued with --resume; the same finished run prints its summary, if its rows are still there.
    """
    if resume + fresh + append > 1:
        raise click.UsageError("give at most one of --resume, --fresh and --append")
    changes = list(overrides) + ([f"seed={seed}"] if seed is not None else [])
    with read_as_scenario(scenario):
        loaded = load(scenario, changes)
    options = Options(
        database, out or RUNS / loaded.scenario.name, _date(until), resume, fresh, append,
        workers, memory_limit, index, log_dir, verbose, as_json, no_progress, retry,
    )  # fmt: skip
    loaded = _resolve_today(loaded, scenario, changes, options)
    task = _task(loaded, options)
    if dry_run:
        from sim.cli.dry_run import print_estimate

        print_estimate(task.scenario, task.plan, task.until, as_json=as_json)
        return
    manifest = execute(task, options)
    if as_json:
        click.echo(manifest.to_json())
    else:
        print_summary(manifest)


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"'{text}' is not a date (YYYY-MM-DD)", param_hint="--until"
        ) from None


def _resolve_today(
    loaded: Loaded[Scenario], path: Path, changes: list[str], options: Options
) -> Loaded[Scenario]:
    """Turn ``end: today`` into a date: that of the run in the database, or today's."""
    if loaded.scenario.schedule.end != "today":
        return loaded
    end = datetime.now().astimezone().date().isoformat()
    if not options.fresh:
        for target in targets(loaded.scenario, options.database, options.out):
            for run in runs_of(target):
                import json

                if run.spec.scenario == loaded.scenario.name:
                    end = json.loads(run.spec.resolved)["schedule"]["end"]
    return load(path, [*changes, f"schedule.end={end}"])


def _task(loaded: Loaded[Scenario], options: Options) -> RunTask:
    scenario = loaded.scenario
    plan = feasible_plan(loaded)
    until = plan.end_day
    if options.until is not None:
        until = min(day_of(options.until), plan.end_day)
        if until <= plan.first_day:
            raise click.BadParameter(
                f"{options.until} is not after the first day, {date_of(plan.first_day)}",
                param_hint="--until",
            )
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


def execute(task: RunTask, options: Options) -> Manifest:
    """Run a task, or find that it has been run; returns its manifest."""
    began = time.monotonic()
    finished = look(task, options)
    if finished is not None:
        complete(task, options)
        return finished
    index = choose(task, options)
    if options.database is None:
        options.out.mkdir(parents=True, exist_ok=True)
    retry = Retry(options.retry)
    tries = Tries(retry, lambda lost: click.echo(f"smoltflow: {lost}", err=True))
    try:
        with RunSession(task, options, shown_command()) as session:
            if options.fresh:
                tries(lambda: wipe_earlier(task))
            outcomes = _outcomes(_simulate(task, options, index, session, retry), task, tries)
            manifest = _manifest(task, outcomes, time.monotonic() - began)
            write_manifest(manifest, options.out)
            set_status(task, FINISHED, manifest.to_json(), tries)
            session.finish(manifest)
    except StoreError as error:
        raise Failure(f"{error}\n{_safe()}") from None
    return manifest


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
    with make_view(task.scenario.name, task.plan.first_day, task.until, options) as view:
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
            elif isinstance(message, Lost | Again):
                view.note(str(message))
                session.log.alarm(str(message))

        spec, memory = task.spec, task.memory
        with _stoppable() as stop:
            if shared:
                Tries(retry, watch, stop)(lambda: prepare(task.scenario, spec, task.targets))
            results = run_jobs(jobs, watch, stop)
        if shared and all(isinstance(result, Outcome) for result in results):
            Tries(retry, watch)(lambda: finish(spec, task.targets, memory, index, view.step))
    return results


def _manifest(task: RunTask, outcomes: Sequence[Outcome], seconds: float) -> Manifest:
    digests = merge_shards([outcome.digests for outcome in outcomes])
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
        digest=run_digest(digests),
        wall_s=round(seconds, 2),
        peak_rss_mb=round(peak / 1024, 1),
        utilisation=dict(figures.utilisation),
        waits={kind: dict(found) for kind, found in figures.waits.items()},
    )


def _outcomes(results: Sequence[Outcome | Halt], task: RunTask, tries: Tries) -> list[Outcome]:
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
        raise Failure(f"{failed[0].error}\n{_safe()}")
    set_status(task, INTERRUPTED, None, tries)
    day = max(halt.day for halt in halts)
    raise Failure(f"stopped after {date_of(day - 1)}. To continue: {resume_command()}", 130)


def _safe() -> str:
    return f"What was committed is safe. To continue: {resume_command()}"


@contextmanager
def _stoppable() -> Iterator[Any]:
    """Ctrl-C and SIGTERM ask the run to stop after its chunk; a second one ends it at once."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        print("stopping at the next committed chunk ...", file=sys.stderr)

    before = {sig: signal.signal(sig, ask) for sig in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)
