"""``study``: run a what-if study and say what it found."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from persistence.study_results import (
    StudyFolderError,
    StudyResults,
    StudyVariant,
    wipe_results,
    write_table,
)
from sim.cli import Failure
from sim.cli.given import program, read_as_study
from sim.cli.report import PAGE, page_of_finished
from sim.cli.study_book import StudyBook
from sim.cli.study_output import StudyManifest, manifest_of, print_study, read_study_manifest
from sim.cli.targets import RUNS
from sim.core.worker_process import peak_kb
from sim.scenario.shipped import resolve
from sim.study.conduct import Conducted, conduct
from sim.study.executor import EngineError, Executor, InProcess
from sim.study.findings import GAINS, SUMMARY, Findings, find, gain_rows, summary_rows
from sim.study.loader import StudyPlan, load_study
from sim.study.replication import VERSION, replicate
from sim.study.results import TABLES, UNDIGESTED


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
    type=click.Path(file_okay=False, path_type=Path),
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
    _need_scipy()
    with read_as_study(study):
        plan = load_study(study, overrides)
    folder = out or RUNS / "studies" / plan.study.name
    if dry_run:
        print_variants(plan)
        return
    count = workers or os.cpu_count() or 1
    try:
        manifest, findings = _study(
            plan, folder, engine, scheduler, count, resume, fresh, no_progress
        )
    except StudyFolderError as error:
        raise Failure(str(error), 2) from None
    except EngineError as error:
        raise Failure(str(error), 2) from None
    if as_json:
        click.echo(manifest.to_json())
    else:
        print_study(manifest, findings)
    if not manifest.done:
        raise Failure(f"every replication failed; the errors are in {folder / 'replications.csv'}")
    if not no_page:
        told = page_of_finished(folder)
        if not as_json:
            click.echo(told)


def _need_scipy() -> None:
    from importlib.util import find_spec

    if find_spec("scipy") is None:
        raise Failure("a study's statistics need scipy: pip install 'smoltflow[study]'", 2)


def print_variants(plan: StudyPlan) -> None:
    """The variants of a study, one a line, on stdout."""
    least, most = plan.replications
    times = str(least) if least == most else f"{least} to {most}"
    click.echo(f"{len(plan.variants)} variants, {times} replications each", err=True)
    for variant in plan.variants:
        click.echo(f"{variant.index}\t{variant.name}")


def _study(
    plan: StudyPlan, folder: Path, engine: str, scheduler: str | None, workers: int,
    resume: bool, fresh: bool, no_progress: bool,
) -> tuple[StudyManifest, Findings]:  # fmt: skip
    """Do a study, or find that it has been done."""
    began = time.monotonic()
    finished = _look(plan, folder, resume=resume, fresh=fresh)
    if finished is not None:
        return finished
    with _executor(engine, scheduler, workers) as executor:  # before anything is written
        if fresh and folder.exists():
            wipe_results(folder, list(TABLES))
        with StudyResults(folder, TABLES, write=True) as results:
            _begin(plan, results)
            (folder / PAGE).unlink(missing_ok=True)  # it will not be true any more
            book = StudyBook(results, len(plan.variants))
            conducted = _conduct(plan, book, executor, no_progress)
            findings = find(plan, book.values(conducted.replications), conducted.replications)
            manifest = manifest_of(
                findings,
                conducted.replications,
                engine=executor.name,
                workers=executor.workers,
                done=len(book.counted(conducted.replications)),
                digest=results.digest(conducted.replications, UNDIGESTED),
                bottlenecks=book.bottlenecks(plan.study.warmup_days),
                wall_s=time.monotonic() - began,
                peak_kb=_peak_kb(conducted, executor),
            )
            results.export(conducted.replications)
            write_table(folder, "summary", SUMMARY, summary_rows(findings))
            write_table(folder, "gains", GAINS, gain_rows(findings))
            (folder / "manifest.json").write_text(manifest.to_json() + "\n", encoding="utf-8")
            results.note(manifest=manifest.to_json(), finished=_question(plan))
    return manifest, findings


def _look(
    plan: StudyPlan, folder: Path, *, resume: bool, fresh: bool
) -> tuple[StudyManifest, Findings] | None:
    """What the folder holds already: this study's result, or nothing that is in the way."""
    try:
        results = StudyResults(folder, TABLES)
    except StudyFolderError:
        return None
    with results:
        name, identity = results.about("name"), results.about("identity")
        manifest = results.about("manifest")
        if identity == plan.identity and not fresh:
            if results.about("finished") == _question(plan) and manifest is not None:
                shown = read_study_manifest(manifest)
                book = StudyBook(results, len(plan.variants))
                if shown.failed == 0 or not resume:
                    values = book.values(shown.replications)
                    return shown, find(plan, values, shown.replications)
            if not resume:
                raise Failure(
                    f"this study was begun in {folder} and is not finished, or now asks for more;"
                    " --resume continues it, --fresh starts again",
                    2,
                )
        elif identity is not None and not (fresh and name == plan.study.name):
            raise Failure(
                f"{folder} holds another study: {name} ({results.about('version')}), or one with"
                " other variants or another seed. Choose another folder with -o"
                + ("; --fresh replaces it" if name == plan.study.name else ""),
                2,
            )
    return None


def _question(plan: StudyPlan) -> str:
    """Names what was asked: a manifest answers this and nothing else."""
    text = json.dumps([plan.identity, plan.resolved], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _begin(plan: StudyPlan, results: StudyResults) -> None:
    factors = [factor.name for factor in plan.study.factors]
    results.begin(
        [
            StudyVariant(
                variant.index,
                variant.name,
                dict(zip(factors, variant.levels, strict=True)),
                variant.scenario.model_dump_json(),
            )
            for variant in plan.variants
        ],
        name=plan.study.name,
        identity=plan.identity,
        version=VERSION,
        study=json.dumps(plan.resolved),
        points=json.dumps(plan.points),
        seed=str(plan.seed),
        finished="",
    )


def _executor(engine: str, scheduler: str | None, workers: int) -> Executor:
    if scheduler is not None and engine == "dask":
        from sim.study.engines.cluster import Cluster

        return Cluster(replicate, scheduler, VERSION)
    if workers == 1:
        return InProcess(replicate)
    from sim.study.engines.processes import Processes

    return Processes(replicate, workers)


def _conduct(plan: StudyPlan, book: StudyBook, executor: Executor, no_progress: bool) -> Conducted:
    """Do all replications; Ctrl-C and SIGTERM end the study with what is kept."""
    from rich.console import Console

    from sim.study.progress import QuietView, StudyPanel

    console = Console(stderr=True)
    names = [variant.name for variant in plan.variants]
    live = console.is_terminal and not console.is_dumb_terminal and not no_progress
    view = (
        StudyPanel(console, names, f"smoltflow: {plan.study.name}", executor.workers)
        if live
        else QuietView(console, names)
    )
    try:
        with _interruptible(), view:
            return conduct(plan, book, executor, view)
    except KeyboardInterrupt:
        done = len(book.done())
        raise Failure(
            f"stopped; {done} replications are kept. To continue: {_resume_command()}", 130
        ) from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM ends a study as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _resume_command() -> str:
    kept = [arg for arg in sys.argv[1:] if arg not in ("--resume", "--fresh")]
    return f"{program()} {shlex.join([*kept, '--resume'])}"


def _peak_kb(conducted: Conducted, executor: Executor) -> int:
    """Peak memory of all processes together: the sum of the largest that worked at a time."""
    largest = sorted(conducted.worker_peak_kb.values(), reverse=True)
    if isinstance(executor, InProcess):
        return peak_kb()
    return peak_kb() + sum(largest[: executor.workers])
