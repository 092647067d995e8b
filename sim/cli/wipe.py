"""``wipe``: remove runs' operational rows; infrastructure, master data and models stay.

Nothing goes before somebody has said so: by ``--confirm``, or by the word DELETE, which is asked
for on a terminal and read from a pipe. What would go is shown first.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from persistence.stores import ForeignRows, mask, open_store
from persistence.stores.removing import in_words
from sim.api.damage import refuse_other_version
from sim.api.targets import databases_at, sqlite_path
from sim.core.failures import Failure

WORD = "DELETE"


@dataclass(frozen=True, slots=True)
class _Contents:
    """What would go from a database: its runs (their identities and names), rows by table.

    Attributes:
        foreign: what others recorded on these rows.
    """

    url: str
    runs: tuple[str, ...]
    names: str
    rows: dict[str, int]
    foreign: list[ForeignRows]


@click.command("wipe")
@click.argument("where", nargs=-1, required=True, metavar="URL...|RUN_DIR")
@click.option("--confirm", is_flag=True, help="Do it without asking.")
@click.option(
    "--all", "models", is_flag=True, help="Remove the growth models and profiles of runs too."
)
@click.option(
    "--with-foreign",
    is_flag=True,
    help="Remove what others recorded on the runs' batches and other rows too.",
)
def command(where: Sequence[str], confirm: bool, models: bool, with_foreign: bool) -> None:
    """Remove the operational rows of every run in these databases.

    Give URLs, or a run's folder for all of its databases. What would go is shown, and goes when the
    word DELETE is typed or comes through a pipe (echo DELETE | smoltflow wipe URL); any other word
    removes nothing and ends with exit code 1.

    Infrastructure and master data stay, and so do the models of growth, feed and mortality,
    biological constraints and temperature profiles, unless --all is given: another run finds them
    by name. Models that other rows refer to stay in any case.

    Only rows whose ids the runs reserved are theirs: what others recorded in the same database
    stays. Where they recorded something on a run's rows, such as a feeding on one of its batches,
    that is named by table, nothing is removed, and the exit code is 2. With --with-foreign it goes
    too, and with it all that refers to it in turn.
    """
    urls = list(databases_at(where))
    for url in urls:
        path = sqlite_path(url)
        if path is not None and not path.exists():
            raise Failure(f"{mask(url)}: the file does not exist", 2)
    refuse_other_version(urls)
    found = [_look(url, models=models) for url in urls]
    if not with_foreign:
        _refuse_foreign(found)
    if not confirm and any(one.rows or one.runs for one in found):
        for one in found:
            _show(one, models=models)
        _ask(found)
    for one in found:
        if one.rows or one.runs:
            _wipe(one, models=models, with_foreign=with_foreign)
        else:
            click.echo(f"{mask(one.url)} holds no run")


def _look(url: str, *, models: bool) -> _Contents:
    with open_store(url) as store:
        runs = store.runs()
        names = ", ".join(f"{run.spec.scenario} (seed {run.spec.seed})" for run in runs)
        identities = tuple(run.spec.identity for run in runs)
        rows = store.count_wipe(models=models)
        return _Contents(url, identities, names, rows, store.foreign())


def _refuse_foreign(found: Sequence[_Contents]) -> None:
    """Refuse to remove what others have recorded something on.

    Raises:
        Failure: with what that is; exit code 2.
    """
    wrong = [f"{mask(one.url)}: {in_words(one.foreign)}" for one in found if one.foreign]
    if wrong:
        lines = "\n".join(wrong)
        raise Failure(f"{lines}.\nNothing was removed; --with-foreign removes these too", 2)


def _show(found: _Contents, *, models: bool) -> None:
    """Say what would go from a database."""
    if not found.rows and not found.runs:
        click.echo(f"{mask(found.url)} holds no run", err=True)
        return
    held = found.names or "no run, but what wiped runs left"
    click.echo(f"{mask(found.url)} holds {held}. This would go:", err=True)
    width = max((len(table) for table in found.rows), default=0)
    for table, rows in found.rows.items():
        click.echo(f"  {table:<{width}} {rows:>13,}", err=True)
    for theirs in found.foreign:
        click.echo(f"  {theirs.table:<{width}} {theirs.rows:>13,} recorded by others", err=True)
    total = f"{sum(found.rows.values()):,} rows of {len(found.rows)} tables"
    stays = " and other master data" if models else ", master data, models and profiles"
    click.echo(f"  {total}. Infrastructure{stays} stay.", err=True)


def _ask(found: Sequence[_Contents]) -> None:
    """Wait for the word.

    Raises:
        Failure: another word came (exit code 1), or none (2).
    """
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if terminal:
        click.echo(f"Type {WORD} to remove it: ", nl=False, err=True)
    try:
        answer = sys.stdin.readline() if sys.stdin is not None else ""
    except (OSError, ValueError):  # closed, or nobody can be asked
        answer = ""
    if answer.strip() == WORD:
        return
    if answer or terminal:
        raise Failure(f"nothing was removed: the word is {WORD}")
    held = "; ".join(f"{mask(one.url)} holds {one.names}" for one in found if one.runs)
    what = held or "there are models that wiped runs left"
    raise Failure(f"{what}; give --confirm, or pipe the word {WORD}, to remove that", 2)


def _wipe(found: _Contents, *, models: bool, with_foreign: bool) -> None:
    with open_store(found.url) as store:
        for identity in found.runs:
            store.wipe(identity, with_foreign=with_foreign)
        if models:
            store.wipe_models()
    rows = sum(found.rows.values()) + sum(theirs.rows for theirs in found.foreign)
    what = found.names or "what wiped runs left"
    click.echo(f"removed {what} from {mask(found.url)}: {rows:,} rows")
