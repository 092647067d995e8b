"""What a study does, for the command line and for Python alike: from its file to its folder.

Nothing here prints a result or ends the process; what cannot be done is raised.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from persistence.study_results import (
    FILE,
    StudyFileError,
    StudyFolderError,
    StudyResults,
    StudyVariant,
    explained_results,
    wipe_results,
    write_table,
)
from sim.api.folders import folder_given, made_folders
from sim.api.study_book import StudyBook
from sim.api.study_output import StudyManifest, manifest_of, read_study_manifest
from sim.api.targets import RUNS
from sim.core.failures import Failure
from sim.core.stopping import interrupt, on_stop
from sim.core.system_errors import in_words
from sim.core.worker_process import peak_kb
from sim.study.conduct import Conducted, conduct
from sim.study.executor import EngineError, Executor, InProcess
from sim.study.findings import GAINS, SUMMARY, Findings, find, gain_rows, summary_rows
from sim.study.loader import StudyPlan
from sim.study.replication import VERSION, replicate
from sim.study.results import TABLES, UNDIGESTED

PAGE = "report.html"
"""The page of a study, in its folder."""


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """How a study was asked for, on the command line or from Python.

    Attributes:
        again: how it would be continued.
        scheduler: of a Dask cluster; None: worker processes of this machine.
        progress: whether it is watched; None: only where that can be live.
    """

    out: Path
    again: str
    scheduler: str | None = None
    workers: int | None = None
    resume: bool = False
    fresh: bool = False
    progress: bool | None = None


def need_done(manifest: StudyManifest, folder: Path) -> None:
    """A study whose replications all failed has failed.

    Raises:
        Failure: not one has figures.
    """
    if not manifest.done:
        raise Failure(f"every replication failed; the errors are in {folder / 'replications.csv'}")


def folder_of(plan: StudyPlan) -> Path:
    """Where a study goes by default."""
    return RUNS / "studies" / plan.study.name


def need_scipy() -> None:
    """A study's statistics need scipy.

    Raises:
        Failure: it is not installed.
    """
    if find_spec("scipy") is None:
        raise Failure("a study's statistics need scipy: pip install 'smoltflow[study]'", 2)


def execute(plan: StudyPlan, options: StudyOptions) -> tuple[StudyManifest, Findings]:
    """Do a study, or find that it has been done.

    Raises:
        Failure: it is refused, it failed, or it was stopped (code 130).
        MissingGuardError: the script that is run has no main guard, and several workers have work.
    """
    folder_given("out", options.out)
    begun = False

    def begin() -> None:
        nonlocal begun
        begun = True

    try:
        with explained_results(options.out):
            return _execute(plan, options, begin)
    except StudyFileError as error:
        told, passing = str(error), error.passing
    except (StudyFolderError, EngineError) as error:
        raise Failure(str(error), 2) from None
    except KeyboardInterrupt:
        text = f"stopped; what was done is kept. To continue: {options.again}"
        raise Failure(text, 130) from None
    except (OSError, MemoryError, RuntimeError, ImportError) as error:
        if (words := in_words(error)) is None:
            raise
        told, passing = words, True
    if not begun:
        raise Failure(told, 2)
    raise Failure(f"{told}\n{_KEPT} {options.again}" if passing else told)


_KEPT = "Replications that were kept are safe. To continue:"


def _execute(
    plan: StudyPlan, options: StudyOptions, begin: Callable[[], None]
) -> tuple[StudyManifest, Findings]:
    began = time.monotonic()
    folder = options.out
    finished = _look(plan, options)
    if finished is not None:
        return finished
    with _executor(options) as executor:  # before anything is written
        if options.fresh and folder.exists():
            wipe_results(folder, list(TABLES))
        with (
            made_folders([folder], [folder / FILE]),
            StudyResults(folder, TABLES, write=True) as results,
        ):
            _begin(plan, results)
            begin()
            (folder / PAGE).unlink(missing_ok=True)  # it will not be true any more
            book = StudyBook(results, len(plan.variants))
            conducted = _conduct(plan, book, executor, options)
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


def _look(plan: StudyPlan, options: StudyOptions) -> tuple[StudyManifest, Findings] | None:
    """What the folder holds already: this study's result, or nothing that is in the way."""
    folder = options.out
    try:
        results = StudyResults(folder, TABLES)
    except StudyFolderError:
        return None
    with results:
        name, identity = results.about("name"), results.about("identity")
        manifest = results.about("manifest")
        if identity == plan.identity and not options.fresh:
            if results.about("finished") == _question(plan) and manifest is not None:
                shown = read_study_manifest(manifest)
                book = StudyBook(results, len(plan.variants))
                if shown.failed == 0 or not options.resume:
                    values = book.values(shown.replications)
                    return shown, find(plan, values, shown.replications)
            if not options.resume:
                raise Failure(
                    f"this study was begun in {folder} and is not finished, or now asks for more;"
                    " --resume continues it, --fresh starts again",
                    2,
                )
        elif identity is not None and not (options.fresh and name == plan.study.name):
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


def _executor(options: StudyOptions) -> Executor:
    if options.scheduler is not None:
        from sim.study.engines.cluster import Cluster

        return Cluster(replicate, options.scheduler, VERSION)
    workers = options.workers or os.cpu_count() or 1
    if workers == 1:
        return InProcess(replicate)
    from sim.study.engines.processes import Processes

    return Processes(replicate, workers)


def _conduct(
    plan: StudyPlan, book: StudyBook, executor: Executor, options: StudyOptions
) -> Conducted:
    """Do all replications; whoever stops the study has what is kept."""
    from sim.core.terminal import make_console
    from sim.progress import can_be_live
    from sim.study.progress import QuietView, StudyPanel

    console = make_console(stderr=True)
    names = [variant.name for variant in plan.variants]
    live = options.progress is not False and can_be_live(console)
    view = (
        StudyPanel(console, names, f"smoltflow: {plan.study.name}", executor.workers)
        if live
        else QuietView(console, names)
    )
    try:
        with on_stop(interrupt), view:
            return conduct(plan, book, executor, view)
    except KeyboardInterrupt:
        done = len(book.done())
        raise Failure(
            f"stopped; {done} replications are kept. To continue: {options.again}", 130
        ) from None


def _peak_kb(conducted: Conducted, executor: Executor) -> int:
    """Peak memory of all processes together: the sum of the largest that worked at a time."""
    largest = sorted(conducted.worker_peak_kb.values(), reverse=True)
    if isinstance(executor, InProcess):
        return peak_kb()
    return peak_kb() + sum(largest[: executor.workers])
