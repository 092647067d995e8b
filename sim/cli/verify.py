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

from persistence.checks import CheckResult, run_checks
from persistence.digest import run_digest
from persistence.ledger import FINISHED, Run
from persistence.recompute import recompute
from persistence.stores import StoreError, mask, open_store
from sim.api.damage import refuse_other_version
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
    refuse_other_version(urls)
    runs = [_run(url) for url in urls]
    _complete(runs)
    progress = make_console(stderr=True)
    with progress.status("verifying ...") as status:

        def tell(what: str, done: int, total: int) -> None:
            status.update(f"{what} ({done}/{total})")

        digest, found = _digest_check(urls, runs[0], hands, tell)
        results = [digest, *run_checks(urls, workers=hands, profile=profile, progress=tell)]
    failed = [result for result in results if result.state == "failed"]
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        report: dict[str, Any] = {
            "scenario": runs[0].spec.scenario,
            "seed": runs[0].spec.seed,
            "database": [mask(url) for url in urls],
            "passed": not failed,
            "digest": found,
            "checks": [result.as_dict() for result in results],
            "wall_s": seconds,
        }
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        _print(results, runs[0], seconds)
    if failed:
        names = ", ".join(result.name for result in failed)
        raise Failure(f"{len(failed)} of {len(results)} checks failed: {names}", 3)


def _run(url: str) -> Run:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise StoreError(f"{mask(url)}: the file does not exist")
    with open_store(url) as store:
        runs = store.runs()
        if not runs:
            raise Failure(f"{mask(url)} holds no run", 2)
        lost = [lost.what for lost in store.missing(runs[-1].spec.identity) if lost.of_the_ledger]
    if lost:
        raise Failure(f"{mask(url)}: rows of the ledger are gone: {', '.join(lost)}", 3)
    return runs[-1]


def _complete(runs: Sequence[Run]) -> None:
    """All databases must be of one run, and all of its databases must be there."""
    first = runs[0].spec
    if any(run.spec.identity != first.identity for run in runs):
        raise Failure("these databases hold different runs", 2)
    shards = {run.spec.shard for run in runs}
    missing = set(first.geographies) - shards if None not in shards else set()
    if missing:
        names = ", ".join(sorted(missing))
        raise Failure(f"the run's database for {names} is missing: give all of its databases", 2)


def _digest_check(
    urls: Sequence[str], run: Run, workers: int, tell: Any
) -> tuple[CheckResult, str]:
    """Compare the recomputed digests with those that the run's manifest has."""
    began = time.process_time()
    digests = recompute(urls, workers, tell)
    found = {table: digest.hex() for table, digest in digests.items()}
    if run.status != FINISHED or run.manifest is None:
        expected, wrong = "a finished run", [f"the run is {run.status}: --resume finishes it"]
    else:
        manifest = json.loads(run.manifest)
        expected = manifest["digest"]
        wrong = [
            f"{table}: recomputed {found.get(table, 'nothing')}, the run counted {digest}"
            for table, digest in manifest["digests"].items()
            if found.get(table) != digest
        ] + [f"{table}: unknown to the run" for table in found.keys() - manifest["digests"].keys()]
    result = CheckResult(
        name="digests",
        group="integrity",
        says="every table's digest, recomputed from its rows, is what the run counted",
        expected=expected,
        found=run_digest(digests),
        state="failed" if wrong else "passed",
        rows=tuple(sorted(wrong)[:5]),
        seconds=round(time.process_time() - began, 1),
    )
    return result, run_digest(digests)


def _print(results: Sequence[CheckResult], run: Run, seconds: float) -> None:
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
    console.print(f"\n{run.spec.scenario}, seed {run.spec.seed}: {', '.join(told)}, {seconds} s")
