"""``wipe``: remove a run's operational rows; infrastructure and master data stay."""

from __future__ import annotations

from collections.abc import Sequence

import click

from persistence.stores import mask, open_store
from sim.cli import Failure
from sim.cli.targets import databases_at, sqlite_path


@click.command("wipe")
@click.argument("where", nargs=-1, required=True, metavar="URL...|RUN_DIR")
@click.option("--confirm", is_flag=True, help="Really do it.")
def command(where: Sequence[str], confirm: bool) -> None:
    """Remove the operational rows of every run in these databases.

    Give URLs, or a run's folder for all of its databases. Infrastructure and master data stay, so
    that another run finds them.
    """
    urls = list(databases_at(where))
    for url in urls:
        path = sqlite_path(url)
        if path is not None and not path.exists():
            raise Failure(f"{mask(url)}: the file does not exist", 2)
    for url in urls:
        _wipe(url, confirm=confirm)


def _wipe(url: str, *, confirm: bool) -> None:
    with open_store(url) as store:
        runs = store.runs()
        if not runs:
            click.echo(f"{mask(url)} holds no run")
            return
        names = ", ".join(f"{run.spec.scenario} (seed {run.spec.seed})" for run in runs)
        if not confirm:
            raise Failure(f"{mask(url)} holds {names}; give --confirm to remove that", 2)
        for run in runs:
            store.wipe(run.spec.identity)
    click.echo(f"removed {names} from {mask(url)}")
