"""``report``: what a study or a run found, as one HTML page or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from sim.api.folders import is_file, is_folder
from sim.api.studies import PAGE
from sim.cli.paths import FilePath
from sim.core.failures import Failure
from sim.core.showing import quoted
from sim.core.system_errors import sentence_of
from sim.report.drawing import need_plots
from sim.report.page import Page


@click.command("report")
@click.argument("where", nargs=-1, required=True, metavar="RUN_OR_STUDY_DIR|URL...")
@click.option(
    "-o",
    "--out",
    type=FilePath(),
    help="The page; default report.html in the folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print its numbers as one JSON object.")
def command(where: Sequence[str], out: Path | None, as_json: bool) -> None:
    """Write the page of a study or of a run, given by its folder (a run's databases by their URLs).

    The page holds everything: answer, key figures with intervals, trade-off, waits, utilisation,
    bottlenecks, Gantt charts. With --json its numbers go to stdout, and a page is written only if
    -o says where.
    """
    drawn = not as_json or out is not None
    if drawn:
        try:
            need_plots()
        except ModuleNotFoundError as error:
            raise Failure(str(error), 2) from None
    page = page_of(where)
    if as_json:
        click.echo(json.dumps(page.as_dict(), indent=2, ensure_ascii=False, allow_nan=False))
    if drawn:
        folder = Path(where[0])
        path = out or (folder if is_folder(folder) else Path()) / PAGE
        write_page(page, path)
        click.echo(str(path), err=as_json)


def page_of(where: Sequence[str]) -> Page:
    """The page of whatever is there.

    Raises:
        Failure: it is neither a study nor a run.
    """
    from persistence.study_results import FILE
    from sim.api.targets import RUNS, by_default

    folder = Path(where[0])
    if len(where) == 1 and is_file(folder / FILE):
        return page_of_study(folder)
    if len(where) == 1 and "://" not in where[0] and not is_file(folder / "manifest.json"):
        what = "holds neither a study nor a run" if is_folder(folder) else "is no folder"
        raise Failure(
            f"{quoted(where[0])} {what}: give the folder of a study (with {FILE}) or of a run (with"
            f" manifest.json), or a run's databases{by_default(where[0], RUNS, RUNS / 'studies')}",
            2,
        )
    return _page_of_run(where)


def page_of_study(folder: Path) -> Page:
    """The page of the study in a folder."""
    from persistence.study_results import StudyFolderError, explained_results
    from sim.cli.study_facts import read_facts
    from sim.report.study import study_page

    try:
        with explained_results(folder):
            return study_page(read_facts(folder))
    except StudyFolderError as error:
        raise Failure(str(error), 2) from None


def _page_of_run(where: Sequence[str]) -> Page:
    from persistence.kpi import measure_databases
    from persistence.ledger import FINISHED
    from persistence.stores import StoreError, mask, open_store
    from sim.api.damage import refuse_damage, refuse_other_version
    from sim.api.targets import databases_at, sqlite_path
    from sim.report.run import run_page

    urls = list(databases_at(where))
    refuse_other_version(urls)
    version, unfinished, identity = "", False, ""
    for url in urls:
        path = sqlite_path(url)
        if path is not None and not path.exists():
            raise StoreError(f"{mask(url)}: the file does not exist")
        with open_store(url) as store:
            runs = store.runs()
        if not runs:
            raise Failure(f"{mask(url)} holds no run", 2)
        version, unfinished = runs[-1].spec.version, unfinished or runs[-1].status != FINISHED
        identity = runs[-1].spec.identity
    if unfinished:
        raise Failure("the run is not finished: run it again with --resume first", 2)
    refuse_damage(urls, identity)
    return run_page(measure_databases(urls), version)


def write_page(page: Page, path: Path) -> None:
    """Draw a page and write it; there is the whole page, or what was there before."""
    from sim.report.html import render

    text = render(page)
    made = path.with_name(f".{path.name}.new")
    try:
        made.write_text(text, encoding="utf-8")
        made.replace(path)
    except OSError as error:
        with suppress(OSError):
            made.unlink(missing_ok=True)
        raise Failure(f"{quoted(path)} cannot be written: {sentence_of(error)}", 2) from None


def page_of_finished(folder: Path) -> str:
    """Write a finished study's page if it is not there yet; says where it is, or why it is not."""
    path = folder / PAGE
    if not path.exists():
        try:
            need_plots()
        except ModuleNotFoundError as error:
            return f"No page: {error}"
        write_page(page_of_study(folder), path)
    return f"The page with all pictures: {path}"
