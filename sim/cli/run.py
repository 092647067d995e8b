"""``run``: simulate a scenario and write its databases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from persistence.schema import INDEX_SETS, IndexSet
from sim.api.existing import Options
from sim.api.manifest import print_summary
from sim.api.memory import MemorySize
from sim.api.retrying import Retry
from sim.api.runs import date_given, execute, folder_of, task_of
from sim.cli.given import read_as_scenario
from sim.cli.paths import FolderPath
from sim.cli.shown import resume_command, shown_command
from sim.core.failures import OptionProblem
from sim.scenario import load
from sim.scenario.shipped import resolve


@click.command("run")
@click.argument("scenario", type=resolve)
@click.option("--database", metavar="URL", help="SQLAlchemy URL; {geography} gives each its own.")
@click.option(
    "--out",
    type=FolderPath(),
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
    type=FolderPath(),
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
    try:
        options = Options(
            out or folder_of(loaded.scenario), shown_command(), resume_command(), database,
            None if until is None else date_given("until", until), resume, fresh, append,
            workers, memory_limit, index, log_dir, verbose, not no_progress, retry,
        )  # fmt: skip
        task = task_of(loaded, lambda more: load(scenario, [*changes, *more]), options)
    except OptionProblem as error:
        hint = f"'--{error.option.replace('_', '-')}'"
        raise click.BadParameter(error.problem, param_hint=hint) from None
    if dry_run:
        from sim.cli.dry_run import print_estimate

        print_estimate(task.scenario, task.plan, task.until, as_json=as_json)
        return
    manifest = execute(task, options)
    if as_json:
        click.echo(manifest.to_json())
    else:
        print_summary(manifest)
