"""The bottleneck report of one replication: what binds, who kept whom, why a harvest was late."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.core.arrays import Floats
from sim.core.clock import date_of
from sim.kpi.chain import chain
from sim.kpi.figures import Window
from sim.kpi.measures import Measures
from sim.kpi.waits import binding, holders
from sim.report.page import Cell, Column, PageTable, Row

_MOST_HELD = 15
_MOST_STEPS = 25
_MOST_DEPTH = 8


def binding_table(measures: Measures, window: Window, caption: str) -> PageTable:
    """Kinds of pools, those that kept batches longest first."""
    columns = (
        Column("pool", "pools", numbers=False),
        Column("used", "in use or resting", "%"),
        Column("resting", "of which resting", "%"),
        Column("fullest", "fullest month", "%"),
        Column("kept", "kept batches", "days"),
        Column("share", "of all such days", "%"),
    )
    rows = [
        Row(
            (
                Cell(one.kind),
                Cell(f"{100 * one.utilisation:.0f}", one.utilisation, share=one.utilisation),
                Cell(f"{100 * one.fallow:.0f}" if one.fallow >= 0.005 else "", one.fallow),
                Cell(f"{100 * one.fullest:.0f}", one.fullest),
                Cell(f"{one.kept_days:,.0f}", one.kept_days),
                Cell(f"{100 * one.share:.0f}", one.share, share=one.share),
            )
        )
        for one in binding(measures, window)
    ]
    return PageTable(caption, columns, rows)


def held_table(
    measures: Measures, window: Window, caption: str, most: int = _MOST_HELD
) -> PageTable | None:
    """Who kept whom for longest; None if nobody kept anybody."""
    found = holders(measures, window)
    if not found:
        return None
    columns = (
        Column("waiter", "who waited", numbers=False),
        Column("pool", "for", numbers=False),
        Column("holder", "who had it", numbers=False),
        Column("days", "kept", "days"),
    )
    largest = found[0].days
    rows = [
        Row(
            (
                Cell(held.waiter),
                Cell(held.pool_kind),
                Cell("itself" if held.holder == held.waiter else held.holder),
                Cell(f"{held.days:,.1f}", held.days, share=held.days / largest),
            )
        )
        for held in found[:most]
    ]
    more = len(found) - len(rows)
    note = f"{more} more are shorter." if more else ""
    return PageTable(caption, columns, rows, note)


def latest(measures: Measures, window: Window) -> tuple[str, str] | None:
    """The batch whose story is worth telling, and how it did; None if none was kept.

    It is the one whose last ring was harvested longest after its plan; if none was late, the one
    that was kept longest.
    """
    batches = measures.batches
    gone = np.where(batches["died_out"] < 0, measures.end_day, batches["died_out"])
    ended = np.where(batches["ended"] < 0, gone, batches["ended"])
    late = (ended - batches["planned_end"]).astype(np.float64)
    told = (ended >= window[0]) & (batches["planned_end"] < window[1])
    late[~told | (batches["died_out"] >= 0)] = -np.inf
    kept = np.where(ended >= window[0], _kept_days(measures), 0.0)
    if not len(late) or not kept.max(initial=0.0):
        return None
    row = int(np.argmax(np.where(kept > 0, late, -np.inf)))
    name = str(batches["name"][row])
    if late[row] > 0 and batches["ended"][row] < 0:
        due = date_of(int(batches["planned_end"][row]))
        return name, f"{name} is the latest: it was due on {due} and is still not harvested."
    if late[row] > 0:
        return name, (
            f"{name} is the latest: its last ring was harvested on {date_of(int(ended[row]))},"
            f" {late[row]:,.0f} days after its plan."
        )
    row = int(np.argmax(kept))
    name = str(batches["name"][row])
    longest = f"{name} was kept longest, {kept[row]:,.0f} days."
    return name, f"No batch that was kept was harvested after its plan. {longest}"


def _kept_days(measures: Measures) -> Floats:
    """Days for which every batch was kept."""
    return measures.per_batch(measures.waits, measures.waits["blocked"])


def chain_table(measures: Measures, batch: str, caption: str, most: int = _MOST_STEPS) -> PageTable:
    """The critical chain of a batch, from its harvest backwards."""
    columns = (
        Column("story", "what kept whom", numbers=False),
        Column("pool", "for", numbers=False),
        Column("days", "days", "days"),
    )
    steps = chain(measures, batch)
    largest = max((step.days for step in steps), default=1.0)
    rows = [
        Row(
            (
                Cell(step.text, {"depth": step.depth, "text": step.text}, f"deep{step.depth}"),
                Cell(step.kind),
                Cell(f"{step.days:,.0f}", step.days, share=step.days / largest),
            )
        )
        for step in steps
        if step.depth <= _MOST_DEPTH
    ][:most]
    more = len(steps) - len(rows)
    told = "Indented below a wait is what had kept the batch that made room at its end."
    return PageTable(caption, columns, rows, f"{told} {more} more steps." if more else told)


def story(
    measures: Measures, window: Window, of_whom: str, *, brief: bool = False
) -> tuple[list[str], Sequence[PageTable]]:
    """Sentences and tables: what binds, who kept whom, the critical chain of a late harvest."""
    most_held, most_steps = (6, 8) if brief else (_MOST_HELD, _MOST_STEPS)
    tables = [binding_table(measures, window, f"What binds, {of_whom}")]
    says = []
    held = held_table(measures, window, f"Who kept whom longest, {of_whom}", most_held)
    if held is not None:
        tables.append(held)
    late = latest(measures, window)
    if late is not None:
        says.append(late[1])
        caption = f"The critical chain of {late[0]}, from its harvest backwards, {of_whom}"
        tables.append(chain_table(measures, late[0], caption, most_steps))
    return says, tables
