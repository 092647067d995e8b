"""The Gantt chart of a company: which batch was in which hall and area, and where it was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.core.clock import date_of
from sim.kpi.measures import Measures
from sim.report.drawing import KEPT, ON_COLOUR, SERIES, box, canvas, dates, label
from sim.report.page import Drawing, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST_DAY = 0.5
_COLOURS = tuple(colour for colour in SERIES if colour != KEPT)
_ROW = 0.135
"""Inches of a hall or an area."""
_LABELLED = 0.03
"""Share of the time that a bar must last to bear its batch's number."""


@dataclass(frozen=True)
class Bar:
    """A batch, with its number in the schedule, in a hall or an area.

    It is in one ``lane`` of so many that share the row.
    """

    group: str
    batch: int
    name: str
    number: int
    since: int
    until: int
    containers: int
    lane: int
    lanes: int


@dataclass(frozen=True)
class Spell:
    """From when to when, in which hall or area, and for what a batch was kept."""

    group: str
    since: float
    until: float
    batch: str
    kept_for: str

    @property
    def days(self) -> float:
        """How long it was."""
        return self.until - self.since


def bars(measures: Measures, geography: int) -> list[Bar]:
    """The bars of a geography's chart; batches that share a hall or area lie above each other."""
    stays = measures.stays
    names = _names(measures, geography)
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for row in np.flatnonzero(stays["geography"] == geography).tolist():
        until = int(stays["to"][row])
        until = measures.end_day if until < 0 else until
        own = (int(stays["from"][row]), until, int(stays["batch"][row]))
        found.setdefault(str(stays["group"][row]), []).append((*own, int(stays["containers"][row])))
    made = []
    for group in sorted(found):
        free: list[int] = []
        placed = []
        for since, until, batch, containers in sorted(found[group]):
            lane = next((n for n, end in enumerate(free) if end <= since), len(free))
            free[lane : lane + 1] = [until]
            placed.append((since, until, batch, containers, lane))
        made += [
            Bar(group, batch, *names.get(batch, ("", 0)), since, until, containers, lane, len(free))
            for since, until, batch, containers, lane in placed
        ]
    return made


def kept_spans(measures: Measures, geography: int) -> list[Spell]:
    """The spells for which batches were kept, while they were somewhere."""
    waits, stays = measures.waits, measures.stays
    chosen = (waits["geography"] == geography) & (waits["batch"] >= 0)
    chosen &= waits["blocked"] > _LEAST_DAY
    found = []
    for row in np.flatnonzero(chosen).tolist():
        until = float(waits["until"][row])
        since = until - float(waits["blocked"][row])
        own = (stays["geography"] == geography) & (stays["batch"] == waits["batch"][row])
        left = np.where(stays["to"] < 0, measures.end_day, stays["to"])
        there = own & (stays["from"] < until) & (left > since)
        for stay in np.flatnonzero(there).tolist():
            begin, end = max(since, stays["from"][stay]), min(until, float(left[stay]))
            if end - begin > _LEAST_DAY:
                group, who = str(stays["group"][stay]), str(waits["who"][row])
                kept_for = str(waits["pool_kind"][row])
                found.append(Spell(group, float(begin), float(end), who, kept_for))
    return found


def _names(measures: Measures, geography: int) -> dict[int, tuple[str, int]]:
    """Names and numbers of a geography's batches."""
    batches = measures.batches
    rows = np.flatnonzero(batches["geography"] == geography).tolist()
    return {
        int(batches["batch"][row]): (str(batches["name"][row]), int(batches["number"][row]))
        for row in rows
    }


def gantt(name: str, whose: str, measures: Measures, geography: int) -> Picture:
    """The chart of one geography in one replication."""
    place = measures.geographies[geography]
    own, kept = bars(measures, geography), kept_spans(measures, geography)
    groups = len({bar.group for bar in own})
    alt = (
        f"Gantt chart of {place}, {whose}: {len(own)} stays of batches in {groups} halls and sea"
        f" areas, with {len(kept)} spells for which a batch was kept."
    )
    longest = max(kept, key=lambda spell: (spell.days, spell.group), default=None)
    told = "No batch was kept for as long as a day."
    if longest is not None:
        told = (
            f"Red is where a batch was kept; longest {longest.batch}, {longest.days:.0f} days in"
            f" {longest.group} for {longest.kept_for}."
        )
    caption = f"{place}: every bar is a batch in a hall or sea area. {told}"
    return Picture(name, alt, caption, lambda: _draw(measures, geography))


def _draw(measures: Measures, geography: int) -> Drawing:
    own = bars(measures, geography)
    at_sea = _sea_groups(measures, geography)
    parts = [[bar for bar in own if (bar.group in at_sea) == sea] for sea in (True, False)]
    parts = [part for part in parts if part] or [[]]
    rows = [sorted({bar.group for bar in part}) for part in parts]
    heights = [max(len(part), 1) for part in rows]
    figure, axes = canvas(
        0.8 + _ROW * sum(heights), len(parts), 1, sharex=True, height_ratios=heights
    )
    tips: dict[str, str] = {}
    spells = kept_spans(measures, geography)
    for number, (part, groups) in enumerate(zip(parts, rows, strict=True)):
        place = axes[number][0]
        at = {group: row for row, group in enumerate(groups)}
        lasted = measures.end_day - measures.first_day
        for bar in part:
            height = 0.84 / bar.lanes
            bottom = at[bar.group] - 0.42 + bar.lane * height
            colour = _COLOURS[bar.batch % len(_COLOURS)]
            gid = f"stay-{len(tips)}"
            width = bar.until - bar.since
            box(place, bar.since, bottom, width, height * 0.94, colour, alpha=0.75, gid=gid)
            tips[gid] = (
                f"{bar.name} in {bar.group}: {date_of(bar.since)} to {date_of(bar.until)},"
                f" {bar.containers} containers"
            )
            if width > _LABELLED * lasted and bar.lanes < 3:
                middle, left = bottom + height / 2, bar.since + lasted * 0.002
                label(place, left, middle, f"{bar.number:03d}", fontsize=5.5, color=ON_COLOUR)
        _draw_kept(place, spells, part, at, tips)
        place.set_yticks(range(len(groups)), groups, fontsize=6)
        place.set_ylim(len(groups) - 0.4, -0.6)
        place.grid(visible=False, axis="y")
        place.tick_params(axis="y", length=0)
        dates(place, measures.first_day, measures.end_day)
    axes[0][0].bar(measures.first_day, 0, 0, color=KEPT, label="kept waiting")
    figure.legend(loc="outside lower center", fontsize=7.5)
    return Drawing(figure, tips)


def _draw_kept(
    place: Axes,
    spells: Sequence[Spell],
    part: Sequence[Bar],
    at: dict[str, int],
    tips: dict[str, str],
) -> None:
    """Kept spells over the bars of those who were kept."""
    lane_of = {(bar.group, bar.name): (bar.lane, bar.lanes) for bar in part}
    for spell in spells:
        if (spell.group, spell.batch) not in lane_of:
            continue
        lane, lanes = lane_of[spell.group, spell.batch]
        height = 0.84 / lanes
        gid = f"kept-{len(tips)}"
        bottom = at[spell.group] - 0.42 + lane * height
        box(place, spell.since, bottom, spell.days, height * 0.94, KEPT, gid=gid)
        tips[gid] = f"{spell.batch} kept {spell.days:.0f} days for {spell.kept_for}"


def _sea_groups(measures: Measures, geography: int) -> set[str]:
    stays = measures.stays
    sea = (stays["geography"] == geography) & (stays["order"] >= measures.sea_order)
    return set(stays["group"][sea].tolist())
