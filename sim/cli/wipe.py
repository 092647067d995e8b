"""``wipe``: remove a run's operational rows; infrastructure and master data stay."""

from __future__ import annotations

import click

from persistence.stores import mask, open_store
from sim.cli import Failure
from sim.cli.targets import sqlite_path


@click.command("wipe")
@click.argument("url")
@click.option("--confirm", is_flag=True, help="Really do it.")
def command(url: str, confirm: bool) -> None:
    """Remove the operational rows of every run in the database at URL.

    Infrastructure and master data stay, so that another run finds them.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise Failure(f"{mask(url)}: the file does not exist", 2)
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
