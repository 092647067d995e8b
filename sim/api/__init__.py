"""The public door: what ``import sim`` offers, and beside it what a run and a study do.

They do what the command line does, by the same code. Where it would print a message and exit, they
raise: :class:`~sim.scenario.ScenarioError` with everything that is wrong with a scenario or a
study, :class:`~sim.core.failures.Failure` for what was refused or failed (its messages name options
as the command line does: ``--fresh`` is ``fresh=True``), ``KeyboardInterrupt`` when somebody
pressed Ctrl-C or interrupted the notebook's kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sim.scenario import Scenario
from sim.scenario.mapping import as_overrides
from sim.scenario.shipped import resolve

if TYPE_CHECKING:
    from sim.api.results import RunResult, StudyResult
    from sim.kpi import Measures
    from sim.scenario import Loaded
    from sim.sites.schedule import Plan

Source = Scenario | Mapping[str, Any] | str | Path
"""A scenario: as it was loaded, as values by knob, its file's path, or a shipped one's name."""
Changes = Mapping[str, Any] | Sequence[str]
"""Changes of knobs: values by path (``{"stages.Adult.tgc": 2.9}``), or ``path=value`` each."""

_AGAIN = "the same call with resume=True"


def load(source: Source, overrides: Changes = (), *, seed: int | None = None) -> Scenario:
    """Load a scenario, and check all of it.

    Args:
        source: a YAML file; a mapping of what would stand in one (``extends`` is seen from the
            working folder); or a scenario, to change it.
        overrides: changes of knobs, applied in order: values by path, or ``path=value`` each. Of a
            list's entries each has its number and its name: ``stages.Adult.tgc``.
        seed: root of all random streams.

    Returns:
        The scenario, which cannot be changed any more. ``scenario.stages[0].tgc`` and so on are its
        knobs, in the units that their names tell; ``scenario.model_dump()`` has them all.

    Raises:
        sim.scenario.ScenarioError: with everything that is wrong, each with its place.
    """
    from sim.sites.feasible import feasible_plan

    loaded = _load(source, _changes(overrides, seed))
    if loaded.scenario.schedule.end != "today":
        feasible_plan(loaded)
    return loaded.scenario


def run(
    scenario: Source,
    *,
    overrides: Changes = (),
    seed: int | None = None,
    database: str | None = None,
    out: str | Path | None = None,
    until: date | str | None = None,
    resume: bool = False,
    fresh: bool = False,
    append: bool = False,
    workers: int | None = None,
    memory_limit: int | str | None = None,
    index: Literal["full", "minimal", "none"] | None = None,
    retry: int = 3,
    log_dir: str | Path | None = None,
    progress: bool | None = None,
) -> RunResult:
    """Simulate a scenario and write its databases: ``smoltflow run``.

    A run that is finished there already is not done again, but told.

    Args:
        scenario: the scenario, its file or its values, see :func:`load`.
        overrides: changes of knobs, as for :func:`load`.
        seed: root of all random streams.
        database: SQLAlchemy URL, ``{geography}`` in it gives each its own; default: an SQLite file
            per geography in ``out``.
        out: folder of the manifest and of these files; default ``runs/<scenario>``.
        until: first day that is not simulated.
        resume: continue an unfinished run, or start.
        fresh: wipe this scenario's earlier run first.
        append: extend a run that ended at an earlier ``until``.
        workers: processes; default one per core, one for a small run. A script that starts several
            needs ``if __name__ == "__main__":``.
        memory_limit: of all processes together, bytes or a text such as ``"500MB"``.
        index: keys and indexes; default ``minimal`` for a new database.
        retry: tries after a lost server connection.
        log_dir: folder for a log per batch and one of the sessions.
        progress: True, False; None: a live view where there is a terminal or a notebook.

    Returns:
        Its figures, files and tables.

    Raises:
        sim.scenario.ScenarioError: something is wrong with the scenario.
        sim.core.failures.Failure: it was refused (``code`` 2) or failed (1). What was committed is
            safe: the same call with ``resume=True`` continues.
        KeyboardInterrupt: it was stopped, after whole chunks.
    """
    from sim.core.worker_process import leave_import

    leave_import()
    from sim.api.existing import Options
    from sim.api.results import RunResult
    from sim.api.runs import execute, folder_of, task_of

    _at_most_one(resume=resume, fresh=fresh, append=append)
    changes = _changes(overrides, seed)
    loaded = _load(scenario, changes)
    options = Options(
        out=_path("out", out) or folder_of(loaded.scenario),
        command=f"sim.run({loaded.scenario.name!r})",
        again=_AGAIN,
        database=database,
        until=_date(until),
        resume=resume,
        fresh=fresh,
        append=append,
        workers=_at_least("workers", workers, 1),
        memory_limit=_bytes(memory_limit),
        index=index,
        log_dir=_path("log_dir", log_dir),
        progress=progress,
        retry=_at_least("retry", retry, 0) or 0,
    )
    with _stopping():
        task = task_of(loaded, lambda more: _load(scenario, [*changes, *more]), options)
        manifest = execute(task, options)
    urls = [target.url for target in task.targets]
    return RunResult(manifest, options.out, urls, task.spec.identity)


def measure(
    scenario: Source,
    *,
    until: date | str | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Measures:
    """Simulate a scenario in this process and measure it; nothing is recorded or written.

    Args:
        scenario: the scenario, its file or its values, see :func:`load`.
        until: first day that is not simulated; default the scenario's end.
        watch: told after every month the day that is reached, and the last day, both in days since
            1970-01-01.

    Returns:
        What the company did, as small tables of columns (batches, transitions, harvests, deaths,
        feed, treatments, waits, usage, stays). Each is a mapping of NumPy arrays, shape (rows,).

    Raises:
        sim.scenario.ScenarioError: something is wrong with the scenario.
    """
    from sim.core.clock import day_of
    from sim.kpi import measure as measured

    end = _date(until)
    return measured(
        _dated(scenario).scenario, until=None if end is None else day_of(end), watch=watch
    )


def make_plan(scenario: Source) -> Plan:
    """Work out a scenario's batches: which starts when, where, with how many eggs.

    Args:
        scenario: the scenario, its file or its values, see :func:`load`.

    Returns:
        ``batches`` in order of their start, and the simulated days, from ``first_day`` up to
        ``end_day``. Days count from 1970-01-01: ``numpy.datetime64(day, "D")`` is the date.

    Raises:
        sim.scenario.ScenarioError: something is wrong with the scenario.
    """
    from sim.sites.feasible import feasible_plan

    return feasible_plan(_dated(scenario))


def run_study(
    study: Mapping[str, Any] | str | Path,
    *,
    overrides: Changes = (),
    out: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    fresh: bool = False,
    progress: bool | None = None,
) -> StudyResult:
    """Run a what-if study: ``smoltflow study``, without its page.

    A study that is finished there already is not done again, but told.

    Args:
        study: its YAML file, or a mapping of what would stand in one; ``base`` is then seen from
            the working folder.
        overrides: changes of the study's own knobs: ``{"replications": 20}``.
        out: folder of its results; default ``runs/studies/<study>``.
        workers: processes; default one per core. A script that starts several needs
            ``if __name__ == "__main__":``.
        scheduler: address of a Dask cluster that shall do the work, ``tcp://host:8786``.
        resume: do what is not done yet, or start.
        fresh: remove this study's earlier results first.
        progress: False: not even a terminal or a notebook is shown how it goes.

    Returns:
        The answer, the findings, and its tables.

    Raises:
        sim.scenario.ScenarioError: something is wrong with the study, its base or a variant.
        sim.core.failures.Failure: it was refused (``code`` 2) or failed (1).
        KeyboardInterrupt: it was stopped; with ``resume=True`` it goes on.
    """
    from sim.core.worker_process import leave_import

    leave_import()
    from sim.api.results import StudyResult
    from sim.api.studies import StudyOptions, execute, folder_of, need_done, need_scipy
    from sim.core.failures import OptionProblem
    from sim.study.loader import load_study

    _at_most_one(resume=resume, fresh=fresh)
    if scheduler is not None and workers is not None:
        raise OptionProblem("workers", "a Dask cluster has its own")
    need_scipy()
    source = study if isinstance(study, Mapping) else resolve(study)
    plan = load_study(source, _changes(overrides, None))
    options = StudyOptions(
        out=_path("out", out) or folder_of(plan),
        again=_AGAIN,
        scheduler=scheduler,
        workers=_at_least("workers", workers, 1),
        resume=resume,
        fresh=fresh,
        progress=progress,
    )
    with _stopping():
        manifest, findings = execute(plan, options)
        need_done(manifest, options.out)
    return StudyResult(manifest, findings, options.out)


def _load(source: Source, changes: Sequence[str]) -> Loaded[Scenario]:
    from sim.scenario import load as load_file
    from sim.scenario.loader import draft_of

    if isinstance(source, Scenario):
        source = source.model_dump(mode="json", by_alias=True, round_trip=True)
    if isinstance(source, Mapping):
        return draft_of(source).finish(changes, Scenario)
    return load_file(resolve(source), changes)


def _dated(source: Source) -> Loaded[Scenario]:
    """A scenario whose ``end: today`` is a date."""
    loaded = _load(source, ())
    if loaded.scenario.schedule.end != "today":
        return loaded
    today = datetime.now().astimezone().date()
    return _load(source, [f"schedule.end={today.isoformat()}"])


def _changes(overrides: Changes, seed: int | None) -> list[str]:
    if isinstance(overrides, str):
        overrides = [overrides]
    return as_overrides(overrides) + ([] if seed is None else [f"seed={seed}"])


def _date(given: date | str | None) -> date | None:
    if isinstance(given, str):
        from sim.api.runs import date_given

        return date_given("until", given)
    return given.date() if isinstance(given, datetime) else given


def _path(option: str, path: str | Path | None) -> Path | None:
    from sim.core.failures import OptionProblem

    if path == "":
        raise OptionProblem(option, "an empty text is no path")
    return None if path is None else Path(path)


def _bytes(size: int | str | None) -> int | None:
    from sim.api.memory import bytes_of
    from sim.core.failures import OptionProblem

    try:
        return None if size is None else bytes_of(size)
    except ValueError as error:
        raise OptionProblem("memory_limit", str(error)) from None


def _at_least(option: str, number: int | None, least: int) -> int | None:
    from sim.core.failures import OptionProblem

    if number is not None and number < least:
        raise OptionProblem(option, f"{number} is less than {least}")
    return number


def _at_most_one(**asked: bool) -> None:
    from sim.core.failures import OptionProblem

    given = [name for name, value in asked.items() if value]
    if len(given) > 1:
        raise OptionProblem(given[1], f"does not go together with {given[0]}")


@contextmanager
def _stopping() -> Iterator[None]:
    """What somebody stopped ends as Python's users know it."""
    from sim.core.failures import Failure

    try:
        yield
    except Failure as failure:
        if failure.code == 130:
            raise KeyboardInterrupt(str(failure)) from None
        raise
