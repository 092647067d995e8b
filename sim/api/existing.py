"""What a run's databases hold already, and what may be done about it.

A run on nothing starts; the same finished run is only shown; what is unfinished, shorter or another
run is refused with what to do, unless the command line says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from persistence.ledger import FINISHED, Run, RunSpec
from persistence.schema import IndexSet
from persistence.stores import FileGoneError, Store, StoreError, mask, open_store
from sim.api.conflicting import refuse_conflicts, refuse_foreign
from sim.api.damage import refuse_damage, refuse_other_version
from sim.api.folders import made_folders
from sim.api.manifest import FILE, Manifest, read_manifest, write_manifest
from sim.api.memory import Memory
from sim.api.retrying import Retry, Tries
from sim.api.targets import (
    RunDatabase,
    all_in_folder,
    existing_runs,
    masked_urls,
    sqlite_path,
)
from sim.core.failures import Failure
from sim.scenario import Scenario
from sim.sites.schedule import Plan


@dataclass(frozen=True, slots=True)
class Options:
    """How a run was asked for, on the command line or from Python.

    Attributes:
        command: how it was asked for, without any password; ``again`` how it would be continued.
        progress: whether it is watched; None: only where that can be live.
    """

    out: Path
    command: str
    again: str
    database: str | None = None
    until: date | None = None
    resume: bool = False
    fresh: bool = False
    append: bool = False
    workers: int | None = None
    memory_limit: int | None = None
    index: IndexSet | None = None
    log_dir: Path | None = None
    verbose: int = 0
    progress: bool | None = None
    retry: int = Retry().times


@dataclass(frozen=True, slots=True)
class RunTask:
    """A run that is about to happen: scenario, plan, databases, identity, end, its means."""

    scenario: Scenario
    plan: Plan
    spec: RunSpec
    targets: list[RunDatabase]
    until: int
    memory: Memory


def runs_of(target: RunDatabase) -> list[Run]:
    """The runs that a database holds, or the command's end in one sentence."""
    try:
        return existing_runs(target)
    except StoreError as error:
        raise Failure(str(error), error.code) from None


def _refuse_unreadable(targets: Sequence[RunDatabase]) -> None:
    """Refuse what cannot be opened, or has another version's tables."""
    urls = [target.url for target in targets]
    try:
        for target in targets:
            runs_of(target)  # tells first what cannot be opened
    except Failure:
        with suppress(StoreError):  # which has been told
            refuse_other_version(urls)
        raise
    refuse_other_version(urls)


def look(task: RunTask, options: Options) -> Manifest | None:
    """The manifest, if the databases hold all of the run; refuse what is in the way."""
    urls = [target.url for target in task.targets]
    _refuse_unreadable(task.targets)
    states = [_state(task, target, options) for target in task.targets]
    refuse_damage(urls, task.spec.identity, replaced=options.fresh)
    if all(state == "done" for state in states) and not options.fresh:
        for target in task.targets:
            for run in runs_of(target):
                if run.spec.identity == task.spec.identity and run.manifest:
                    return _here(read_manifest(run.manifest), task, options)
    refuse = partial(
        refuse_conflicts, task.scenario, task.plan, task.spec.identity, task.until, task.targets
    )
    if options.fresh:
        refuse_foreign(urls)
    if options.resume or options.fresh:
        refuse()
        return None
    if set(states) == {"done", "none"}:
        empty = [target for target, state in zip(task.targets, states, strict=True)
                 if state == "none"]  # fmt: skip
        raise Failure(
            f"{', '.join(masked_urls(empty))} holds nothing of this run, which is finished in its"
            " other databases; --resume writes what is not there, --fresh starts again",
            2,
        )
    if any(state in ("begun", "done") for state in states) and not options.append:
        raise Failure(
            "this run was begun in the same database and is not finished;"
            " --resume continues it, --fresh starts again",
            2,
        )
    if options.append and "earlier" not in states and "begun" not in states:
        raise Failure("there is no earlier part of this run to append to", 2)
    if "earlier" in states and not options.append:
        raise Failure(
            "this run stands in the same database up to an earlier date;"
            " --append extends it, --fresh starts again",
            2,
        )
    refuse()
    return None


def _here(manifest: Manifest, task: RunTask, options: Options) -> Manifest:
    """A manifest of a run whose files may have moved since; it is in the folder from now on."""
    found = replace(
        manifest,
        database=masked_urls(task.targets),
        in_folder=all_in_folder(task.targets, options.out),
    )
    if not (options.out / FILE).exists():
        with made_folders([options.out]):
            write_manifest(found, options.out)
    return found


def _state(task: RunTask, target: RunDatabase, options: Options) -> str:
    """``none``, ``begun``, ``earlier`` (finished at an earlier date) or ``done``."""
    state = "none"
    for run in runs_of(target):
        if run.spec.identity == task.spec.identity:
            if run.status != FINISHED:
                state = "begun"
            elif run.spec.simulated_until < task.until:
                state = "earlier"
            else:
                state = "done"
        elif not (options.fresh and run.spec.scenario == task.scenario.name):
            raise Failure(
                f"{mask(target.url)} holds another run: {run.spec.scenario}, seed"
                f" {run.spec.seed}, version {run.spec.version}. Choose another database, or remove"
                f" it with: smoltflow wipe '{mask(target.url)}' --confirm"
                + (
                    "; --fresh replaces an earlier run of the same scenario"
                    if run.spec.scenario == task.scenario.name
                    else ""
                ),
                2,
            )
    return state


def wipe_earlier(task: RunTask) -> None:
    """Remove the runs that ``look`` let pass, this scenario's own, with their models."""
    for target in task.targets:
        earlier = runs_of(target)
        if earlier:
            with open_store(target.url) as store:
                for run in earlier:
                    store.wipe(run.spec.identity)
                store.wipe_models()


def set_status(task: RunTask, status: str, manifest: str | None, tries: Tries) -> None:
    """Note in every database how far the run has come."""
    until = task.until if status == FINISHED else None

    def note() -> None:
        for target in task.targets:
            path = sqlite_path(target.url)
            if path is not None and not path.exists():
                raise FileGoneError(f"{mask(target.url)}: the file was removed during the run")
            with open_store(target.url) as store:
                store.start(replace(task.spec, shard=target.shard))
                if until is not None and not _reach(store, task, target):
                    raise StoreError(f"{store.url}: the server has lost what was committed last")
                store.set_status(status, until, manifest)

    tries(note)


def _reach(store: Store, task: RunTask, target: RunDatabase) -> bool:
    """Whether the ledger still has all chunks of a target: a server that crashes forgets some."""
    spans = [store.chunks(task.spec.geographies[lane]) for lane in target.lanes]
    return all(committed and committed[-1].to_day >= task.until for committed in spans)
