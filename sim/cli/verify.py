"""``verify``: prove that a finished run's databases are complete and consistent.

Two proofs, from nothing but the rows: the digest of every table is recomputed and must be the one
that the run counted before it wrote a row; and the checks of integrity, conservation and acceptance
hold.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from persistence.checks import CheckResult, NoRunError, prove
from persistence.stores import StoreError, mask
from sim.api.targets import databases_at, sqlite_path
from sim.core.failures import Failure
from sim.core.terminal import make_console
from sim.core.worker_process import need_guard

PROFILES = ("default", "calibrated")
_STYLES = {
    "passed": "green", "failed": "bold red", "not applicable": "dim",
    "inside": "green", "outside": "yellow",
}  # fmt: skip


@click.command("verify")
@click.argument("where", nargs=-1, required=True, metavar="URL...|RUN_DIR")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default=PROFILES[0],
    show_default=True,
    help="Biology profile whose figures hold; calibrated: compare with published ones.",
)
@click.option("--workers", type=click.IntRange(1), help="Processes; default one per core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(where: Sequence[str], profile: str, workers: int | None, as_json: bool) -> None:
    """Recompute the digests from the rows and run the checks.

    Give a run's folder, or the URLs of all its databases. Exit code 3 if anything fails.
    """
    import os

    began = time.monotonic()
    hands = workers or os.cpu_count() or 1
    if hands > 1:
        need_guard()
    urls = list(databases_at(where))
    for url in urls:
        path = sqlite_path(url)
        if path is not None and not path.exists():
            raise StoreError(f"{mask(url)}: the file does not exist")
    progress = make_console(stderr=True)
    with progress.status("verifying ...") as status:

        def tell(what: str, done: int, total: int) -> None:
            status.update(f"{what} ({done}/{total})")

        try:
            proof = prove(urls, workers=hands, profile=profile, progress=tell)
        except NoRunError as error:
            raise Failure(str(error), 2) from None
    results, spec = proof.results, proof.run.spec if proof.run else None
    failed = [result for result in results if result.state == "failed"]
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        report: dict[str, Any] = {
            "scenario": spec and spec.scenario,
            "seed": spec and spec.seed,
            "database": [mask(url) for url in urls],
            "passed": not failed,
            "digest": proof.digest,
            "checks": [result.as_dict() for result in results],
            "wall_s": seconds,
        }
        click.echo(json.dumps(report, indent=2, ensure_ascii=False, default=str))
    else:
        _print(results, f"{spec.scenario}, seed {spec.seed}" if spec else "no run", seconds)
    if failed:
        names = ", ".join(result.name for result in failed)
        raise Failure(f"{len(failed)} of {len(results)} checks failed: {names}", 3)


def _print(results: Sequence[CheckResult], run: str, seconds: float) -> None:
    console = make_console(least_width=200)  # nobody folds the lines of a log
    table = Table("group", "check", "expected", "found", "", box=None)
    table.columns[1].no_wrap = True
    for result in results:
        style = _STYLES[result.state]
        table.add_row(
            result.group, result.name, result.expected, result.found, Text(result.state, style)
        )
    console.print(table)
    for result in results:
        if result.state == "failed":
            console.print(Text.assemble("\n", (result.name, "bold red"), f": {result.says}"))
            for row in result.rows:
                console.print(f"  {row}")
    states: Counter[str] = Counter(result.state for result in results)
    told = [
        f"{states[state]} {state}"
        for state in _STYLES
        if states[state] or state not in {"inside", "outside"}
    ]
    console.print(f"\n{run}: {', '.join(told)}, {seconds} s")
