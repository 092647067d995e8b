"""Which keys and indexes a run's databases get: ``--index``, and what it means for what is there.

Without the option a database keeps the set it has, and a new one gets ``minimal``. A live AquaMind
has its own, all of them, and Smoltflow neither adds nor drops any. Nothing is dropped but before
rows are written: on a finished run the option only adds what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import click

from persistence.ledger import FINISHED
from persistence.schema import INDEX_SETS, IndexSet
from persistence.stores import Indexes, StoreError, mask, open_store
from sim.api.existing import Options, RunTask, runs_of
from sim.api.targets import RunDatabase, sqlite_path
from sim.api.views import make_view
from sim.core.failures import Failure

DEFAULT: IndexSet = "minimal"


@dataclass(frozen=True, slots=True)
class _Found:
    """A database that is there: its indexes, and whether a run in it was finished."""

    indexes: Indexes
    finished: bool

    @property
    def kept(self) -> IndexSet | None:
        """The set it was given; None when it has nothing because nothing was finished in it."""
        none = self.indexes.kept == "none" and not self.finished
        return None if none else self.indexes.kept


def choose(task: RunTask, options: Options) -> IndexSet:
    """The set for a run's databases, worked out before anything in them changes.

    Raises:
        Failure: less than everything is asked for in a live AquaMind.
    """
    found = [_look(target) for target in task.targets]
    if options.index is None:
        kept = [one.kept for one in found if one is not None and one.kept is not None]
        return min(kept, key=INDEX_SETS.index, default=DEFAULT)
    for target, one in zip(task.targets, found, strict=True):
        if one is not None and not one.indexes.ours and options.index != "full":
            raise Failure(
                f"{mask(target.url)} is a live AquaMind, whose keys and indexes stay as they are:"
                f" --index {options.index} is for a database of our own",
                2,
            )
    return options.index


def complete(task: RunTask, options: Options) -> None:
    """Add to a finished run's databases what they lack of the set that was asked for."""
    if options.index is None:
        return
    index = choose(task, options)
    for target in task.targets:
        with open_store(target.url) as store:
            before = store.indexes()
            lacking = before.lacking[index]
            if lacking:
                store.lock(task.spec.geographies[lane] for lane in target.lanes)
                with make_view(
                    task.scenario.name, task.plan.first_day, task.until, options.progress
                ) as view:
                    store.finish(index, view.step)
        if lacking:
            _tell(target, f"{lacking} missing keys and indexes were added")
        elif before.ours and before.kept != index:
            _tell(
                target,
                f"its keys and indexes ({before.kept}) stay: only --fresh --index {index}, which"
                " writes the run again, has fewer",
            )


def _look(target: RunDatabase) -> _Found | None:
    path = sqlite_path(target.url)
    if path is not None and not path.exists():
        return None
    finished = any(run.status == FINISHED for run in runs_of(target))
    try:
        with open_store(target.url) as store:
            return _Found(store.indexes(), finished)
    except StoreError as error:
        raise Failure(str(error), error.code) from None


def _tell(target: RunDatabase, what: str) -> None:
    click.echo(f"{mask(target.url)}: {what}", err=True)
