"""``study``: run a what-if study and say what it found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from sim.api.studies import StudyOptions, execute, folder_of, need_done, need_scipy
from sim.api.study_output import print_study
from sim.cli.given import read_as_study
from sim.cli.paths import FolderPath
from sim.cli.report import page_of_finished
from sim.cli.shown import resume_command
from sim.scenario.shipped import resolve
from sim.study.loader import StudyPlan, load_study


@click.command("study")
@click.argument("study", type=resolve)
@click.option(
    "--engine",
    type=click.Choice(["processes", "dask"]),
    default="processes",
    show_default=True,
    help="Who does the work: this machine's cores, or a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster, tcp://host:8786.")
@click.option("--workers", type=click.IntRange(1), help="Processes; default one per core.")
@click.option(
    "-o",
    "--out",
    type=FolderPath(),
    help="Folder; default runs/studies/<study>.",
)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change the study.")
@click.option("--resume", is_flag=True, help="Do what is not done yet, or start.")
@click.option("--fresh", is_flag=True, help="Remove this study's earlier results first.")
@click.option("--dry-run", is_flag=True, help="List the variants; simulate and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("--no-progress", is_flag=True, help="No progress, only messages.")
@click.option("--no-page", is_flag=True, help="No report.html; `report` writes it later.")
def command(
    study: Path, engine: str, scheduler: str | None, workers: int | None, out: Path | None,
    overrides: Sequence[str], resume: bool, fresh: bool, dry_run: bool, as_json: bool,
    no_progress: bool, no_page: bool,
) -> None:  # fmt: skip
    """Run STUDY: every variant, replicated on common random numbers, and what follows from it.

    STUDY is a file or a shipped one's name. Replications are kept in results.sqlite as they are
    completed; a study that was interrupted, or that shall have more of them, goes on with --resume.
    """
    if resume and fresh:
        raise click.UsageError("give at most one of --resume and --fresh")
    if (engine == "dask") != (scheduler is not None):
        raise click.UsageError("--engine dask and --scheduler ADDRESS go together")
    if engine == "dask" and workers is not None:
        raise click.UsageError("--workers is for --engine processes; Dask's are started by it")
    need_scipy()
    with read_as_study(study):
        plan = load_study(study, overrides)
    if dry_run:
        print_variants(plan)
        return
    folder = out or folder_of(plan)
    options = StudyOptions(
        folder, resume_command(), scheduler, workers, resume, fresh, not no_progress
    )
    manifest, findings = execute(plan, options)
    if as_json:
        click.echo(manifest.to_json())
    else:
        print_study(manifest, findings)
    need_done(manifest, folder)
    if not no_page:
        told = page_of_finished(folder)
        if not as_json:
            click.echo(told)


def print_variants(plan: StudyPlan) -> None:
    """The variants of a study, one a line, on stdout."""
    least, most = plan.replications
    times = str(least) if least == most else f"{least} to {most}"
    click.echo(f"{len(plan.variants)} variants, {times} replications each", err=True)
    for variant in plan.variants:
        click.echo(f"{variant.index}\t{variant.name}")
