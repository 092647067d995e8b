"""What others have in a run's databases that is in its way: refused before anything is written.

In a database that others use too, their batches may have the numbers of the run's, stand in its
containers, and their readings may be at the times of its own; and what they recorded on the rows of
an earlier run goes with these. All of it is named, with the knob or the option that helps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from persistence.stores import Conflict, Intended, mask, open_store
from persistence.stores.removing import in_words
from sim.api.damage import way_out
from sim.api.targets import RunDatabase, sqlite_path
from sim.core.failures import Failure
from sim.scenario import Scenario
from sim.sites.layout import Layout
from sim.sites.schedule import Plan

_SHOWN = 3
_BATCHES: Mapping[str, str] = {
    "batch_batch.batch_number": "{}",
    "batch_creationworkflow.workflow_number": "CRT-{}",
    "broodstock_eggproduction.egg_batch_id": "EGG-{}",
}
"""The unique numbers that are made of a batch's, as they are made."""


def refuse_conflicts(
    scenario: Scenario, plan: Plan, identity: str, until: int, targets: Sequence[RunDatabase]
) -> None:
    """Refuse databases in which somebody else has what a run would write.

    Args:
        scenario: the run's.
        plan: its batches.
        identity: the hash that tells it from others.
        until: the first day that is not simulated.
        targets: the run's databases; those that are not there yet are left alone.

    Raises:
        Failure: with all that is in the way, and what to do; exit code 2.
    """
    wrong: list[str] = []
    for target in targets:
        path = sqlite_path(target.url)
        if path is None or path.exists():
            intended = _intended(scenario, plan, identity, until, target.lanes)
            with open_store(target.url) as store:
                wrong += _told(target.url, store.conflicts(intended))
    if wrong:
        raise Failure("\n".join(wrong), 2)


def refuse_foreign(urls: Iterable[str]) -> None:
    """Refuse to wipe runs on whose rows others have recorded something.

    Raises:
        Failure: with what they have recorded; exit code 2.
    """
    for url in urls:
        path = sqlite_path(url)
        if path is not None and not path.exists():
            continue
        with open_store(url) as store:
            found = store.foreign()
        if found:
            raise Failure(
                f"{mask(url)}: {in_words(found)}. Nothing was removed; to remove these too:"
                f" smoltflow wipe '{mask(url)}' --with-foreign",
                2,
            )


def _intended(
    scenario: Scenario, plan: Plan, identity: str, until: int, lanes: Collection[int]
) -> Intended:
    layouts = [Layout(scenario, lane) for lane in lanes]
    names = [batch.name for batch in plan.batches]
    return Intended(
        identity=identity,
        geographies=[layout.geography.name for layout in layouts],
        numbers={column: [form.format(n) for n in names] for column, form in _BATCHES.items()},
        from_day=plan.first_day,
        until=until,
        places={
            (layout.geography.name, site.name, layout.names[container])
            for layout in layouts
            for site in layout.sites
            for container in site.containers
        },
        clocks=[f"{hour:02d}:00:00" for hour in scenario.recording.reading_hours],
    )


def _told(url: str, found: Sequence[Conflict]) -> Iterable[str]:
    """Say what is in the way."""
    where = mask(url)
    numbers, containers, readings, weather, states = (
        _listed([conflict.shown for conflict in found if conflict.kind == kind])
        for kind in ("number", "container", "reading", "weather", "state")
    )
    if numbers:
        yield (
            f"{where}: the numbers of this run's batches are there, and no run of its ledger has"
            f" written them: {numbers}. If its ledger was emptied: {way_out(url)} If they are"
            " somebody else's: choose another schedule.batch_number_pattern"
        )
    if containers:
        yield (
            f"{where}: other batches are in containers of this run while it would use them:"
            f" {containers}. End their assignments, or give the geography another name and prefix"
            " (geographies.*.name, geographies.*.prefix), so that it gets sites of its own"
        )
    if readings:
        yield (
            f"{where}: others have recorded readings of this run's sensors at times of its own:"
            f" {readings}. Remove them, choose other recording.reading_hours, or give the"
            " geography another name and prefix (geographies.*.name, geographies.*.prefix)"
        )
    if weather:
        yield (
            f"{where}: others have recorded weather of this run's areas at times of its own:"
            f" {weather}. Remove it, or give the geography another name and prefix"
            " (geographies.*.name, geographies.*.prefix)"
        )
    if states:
        yield (
            f"{where}: others have recorded daily states of this run's assignments for days that it"
            f" would write: {states}. Remove them from batch_actualdailyassignmentstate"
        )


def _listed(shown: Sequence[str]) -> str:
    listed = ", ".join(shown[:_SHOWN])
    return f"{listed} and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else listed
