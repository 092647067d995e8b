"""A study read back from its folder, for its page: its file and its base need not be there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from persistence.study_results import FILE, StudyFolderError, StudyResults
from sim.api.study_book import StudyBook
from sim.core.failures import Failure
from sim.kpi.catalogue import pools_of
from sim.report.facts import StudyFacts, monthly_use
from sim.resources.kinds import Pools, in_order
from sim.scenario import Scenario
from sim.study.findings import find
from sim.study.knobs import Study
from sim.study.loader import StudyPlan
from sim.study.packing import unpack
from sim.study.results import TABLES
from sim.study.variants import Variant


def read_facts(folder: Path) -> StudyFacts:
    """Read a study's folder.

    Raises:
        Failure: it cannot be read, or no replication has figures.
    """
    if find_spec("scipy") is None:
        raise Failure("a study's statistics need scipy: pip install 'smoltflow[study]'", 2)
    try:
        with StudyResults(folder, TABLES) as results:
            return _facts(folder, results)
    except StudyFolderError as error:
        raise Failure(str(error), 2) from None
    except sqlite3.DatabaseError as error:
        raise Failure(f"{folder / FILE} holds no results of a study: {error}", 2) from None


def _facts(folder: Path, results: StudyResults) -> StudyFacts:
    plan = _plan(folder, results)
    book = StudyBook(results, len(plan.variants))
    done = book.done()
    if not done:
        raise Failure(f"no replication of the study in {folder} has figures", 2)
    manifest = results.about("manifest") if results.about("finished") else None
    count = json.loads(manifest)["replications"] if manifest else 1 + max(r for _, r in done)
    wanted = count if manifest else max(plan.replications[0], count + 1)
    rows = list(results.rows("replications", count))
    counted = next(tuple(row[3:6]) for row in rows if row[6] is None)
    kept = {
        variant: measures
        for variant in range(len(plan.variants))
        if (data := results.measures(variant)) is not None
        and (measures := unpack(data)) is not None
    }
    return StudyFacts(
        findings=find(plan, book.values(count), count),
        replications=count,
        wanted=wanted,
        failed=[(row[0], row[1], row[6]) for row in rows if row[6] is not None],
        counted=(counted[0], counted[1], counted[2]),
        measures=kept.get,
        use=monthly_use(results.rows("usage", count), len(plan.variants), _pools(plan)),
        version=results.about("version") or "",
    )


def _pools(plan: StudyPlan) -> Sequence[Pools]:
    """Every kind of pool that the company of any variant has."""
    return in_order(each for variant in plan.variants for each in pools_of(variant.scenario))


def _plan(folder: Path, results: StudyResults) -> StudyPlan:
    """The study as it was asked for."""
    text = results.about("study")
    if text is None:
        raise Failure(f"{folder} holds no results of a study", 2)
    resolved = json.loads(text)
    variants = tuple(
        Variant(
            kept.variant,
            kept.name,
            tuple(kept.levels.values()),
            Scenario.model_validate_json(kept.scenario),
        )
        for kept in results.variants()
    )
    points = tuple(json.loads(results.about("points") or "[]"))
    seed = int(results.about("seed") or 0)
    return StudyPlan(Study.model_validate(resolved), resolved, folder, variants, points, seed)
