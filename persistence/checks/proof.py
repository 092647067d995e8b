"""The proof of a run: its ledger, its digests and its checks, whatever state its databases are in.

Two proofs, from nothing but the rows: the digest of every table is recomputed and must be the one
that the run counted before it wrote a row; and the checks of integrity, conservation and acceptance
hold. What cannot be read is a check that failed, never an error.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from persistence import ledger
from persistence.checks.engine.guard import DAMAGE, in_words, unreadable
from persistence.checks.engine.result import CheckResult
from persistence.checks.engine.rule import SHOWN, Finding
from persistence.checks.judge import DEFAULT
from persistence.checks.rules import ledgers, objects
from persistence.checks.run import run_checks
from persistence.digest import OWN_PREFIX, Digest, run_digest
from persistence.ledger import FINISHED, Run
from persistence.recompute import recompute
from persistence.stores import Progress, StoreError, mask, open_source
from persistence.stores.presence import gaps


class NoRunError(StoreError):
    """There is nothing to prove: a database holds no run, or databases are not those of one."""


@dataclass(slots=True)
class RunProof:
    """What was proved of a run.

    Attributes:
        results: every check's, by group.
        digest: the run's, recomputed; empty where that cannot be done.
        run: the run, as the first of its databases that can be read tells it.
    """

    results: list[CheckResult]
    digest: str
    run: Run | None


@dataclass(slots=True)
class _Looked:
    """What the ledgers say, and what is wrong with them."""

    runs: dict[str, Run] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    @property
    def is_damaged(self) -> bool:
        return bool(self.broken) or any(finding.bad for finding in self.findings.values())

    def add(self, finding: Finding) -> None:
        known = self.findings.get(finding.name)
        self.findings[finding.name] = finding if known is None else known + finding


def prove(
    urls: Sequence[str],
    *,
    workers: int = 2,
    profile: str = DEFAULT,
    progress: Progress | None = None,
    digests: bool = True,
) -> RunProof:
    """Prove a run.

    Args:
        urls: all of its databases.
        workers: how many processes share the work.
        profile: the biology profile whose acceptance figures hold.
        progress: told of each finished part.
        digests: False leaves out what compares checksums (digests and seals), so that it shows what
            the other checks see by themselves.

    Raises:
        NoRunError: there is no run, or not all of it is given.
        StoreError: a database cannot be reached.
    """
    looked = _Looked()
    for url in urls:
        _look(url, looked, digests=digests)
    results = []
    found = ""
    runs = list(looked.runs.values())
    lacking = _lacking(runs) if len(runs) == len(urls) else ""
    if lacking and not looked.is_damaged:
        raise NoRunError(lacking)
    if lacking:
        looked.broken.append(lacking)
    elif len(runs) == len(urls):
        if digests:
            digest, found = _digest_check(urls, runs, workers, progress)
            results.append(digest)
        try:
            looked.add(ledgers.agreeing(runs))
            checked = run_checks(urls, workers=workers, profile=profile, progress=progress)
        except DAMAGE as error:
            looked.broken.append(in_words(error))
        else:
            looked.broken += [
                row for one in checked if one.name == "database.readable" for row in one.rows
            ]
            results += [one for one in checked if one.name != "database.readable"]
    results += [finding.result() for finding in looked.findings.values()]
    results.append(unreadable(looked.broken))
    groups = ("integrity", "conservation", "acceptance", "calibration")
    results.sort(key=lambda result: (groups.index(result.group), result.name))
    return RunProof(results, found, next(iter(looked.runs.values()), None))


def _look(url: str, looked: _Looked, *, digests: bool) -> None:
    """Look at one database as a whole, and at its ledger."""
    try:
        with closing(open_source(url)) as source, source.explained():
            connection = source.connection
            looked.add(objects.objects(connection))
            try:
                runs = ledger.runs(connection)
            except DAMAGE:
                runs = []
                if ledgers.is_there(connection):
                    raise
            if not runs:
                left = ledgers.orphaned(connection)
                if left is None:
                    raise NoRunError(f"{mask(url)} holds no run")
                raise ValueError(f"the ledger has no run, although {left} has rows")
            run = runs[-1]
            looked.runs[url] = run
            looked.broken += [
                f"{gap.what}: {gap.found} of the run's {gap.expected} days"
                for gap in gaps(run, ledger.spans(connection, run.run_id))
            ]
            if digests:
                looked.add(ledgers.sealed(connection))
            looked.add(objects.passwords(connection))
    except DAMAGE as error:
        looked.broken.append(f"{mask(url)}: {in_words(error)}")


def _lacking(runs: Sequence[Run]) -> str:
    """What there is too little of: databases must be of one run, and all of them must be there."""
    first = runs[0].spec
    if any(run.spec.identity != first.identity for run in runs):
        return "these databases hold different runs"
    shards = {run.spec.shard for run in runs}
    missing = set(first.geographies) - shards if None not in shards else set()
    names = ", ".join(sorted(missing))
    return f"the run's database for {names} is missing: give all of its databases" if names else ""


def _digest_check(
    urls: Sequence[str], runs: Sequence[Run], workers: int, progress: Progress | None
) -> tuple[CheckResult, str]:
    """Compare the recomputed digests with those that the run's manifest has."""
    began = time.process_time()
    expected, found = "a finished run", ""
    try:
        digests = recompute(urls, workers, progress)
        found = run_digest(digests)
        unfinished = [run for run in runs if run.status != FINISHED or run.manifest is None]
        if unfinished:
            wrong = [f"the run is {unfinished[0].status}: --resume finishes it"]
        else:
            manifest = json.loads(str(runs[0].manifest))
            expected = manifest["digest"]
            wrong = list(_differing(digests, manifest))
    except DAMAGE as error:
        wrong = [in_words(error)]
    result = CheckResult(
        name="digests",
        group="integrity",
        says="every table's digest, recomputed from its rows, is what the run counted",
        expected=str(expected),
        found=found,
        state="failed" if wrong else "passed",
        rows=tuple(sorted(wrong)[:SHOWN]),
        seconds=round(time.process_time() - began, 1),
    )
    return result, found


def _differing(digests: Mapping[str, Digest], manifest: Mapping[str, object]) -> list[str]:
    counted = {**dict(manifest["digests"]), **dict(manifest["own_digests"])}  # type: ignore[call-overload]
    rows = dict(manifest["rows"])  # type: ignore[call-overload]
    wrong = []
    for table in sorted(counted.keys() | digests.keys()):
        digest = digests.get(table, Digest())
        if digest.hex() != counted.get(table, Digest().hex()):
            told = counted.get(table, "nothing")
            wrong.append(f"{table}: recomputed {digest.hex()}, the run counted {told}")
        elif not table.startswith(OWN_PREFIX) and digest.rows != rows.get(table, 0):
            wrong.append(f"{table}: {digest.rows:,} rows, the run counted {rows.get(table, 0):,}")
    if run_digest(digests) != manifest["digest"]:
        wrong.append("the digest of the run is not that of its tables")
    return wrong
