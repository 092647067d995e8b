"""The Gantt chart of a company: which batch was in which hall and area, and where it was kept."""

from __future__ import annotations

import re
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
    """A batch in a hall or an area; ``lane`` of so many that share its row."""

    group: str
    batch: int
    name: str
    since: int
    until: int
    containers: int
    lane: int
    lanes: int


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
            Bar(group, batch, names.get(batch, ""), since, until, containers, lane, len(free))
            for since, until, batch, containers, lane in placed
        ]
    return made


def kept_spans(measures: Measures, geography: int) -> list[tuple[str, float, float, str]]:
    """Where, from when to when and for what a batch was kept, while it was somewhere."""
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
                group, what = str(stays["group"][stay]), str(waits["pool_kind"][row])
                found.append((group, float(begin), float(end), f"{waits['who'][row]}|{what}"))
    return found


def _names(measures: Measures, geography: int) -> dict[int, str]:
    batches = measures.batches
    rows = np.flatnonzero(batches["geography"] == geography).tolist()
    return {int(batches["batch"][row]): str(batches["name"][row]) for row in rows}


def gantt(name: str, whose: str, measures: Measures, geography: int) -> Picture:
    """The chart of one geography in one replication."""
    place = measures.geographies[geography]
    own, kept = bars(measures, geography), kept_spans(measures, geography)
    groups = len({bar.group for bar in own})
    alt = (
        f"Gantt chart of {place}, {whose}: {len(own)} stays of batches in {groups} halls and sea"
        f" areas, with {len(kept)} spells for which a batch was kept."
    )
    longest = max(kept, key=lambda span: (span[2] - span[1], span[0]), default=None)
    told = "No batch was kept for as long as a day."
    if longest is not None:
        who, what = longest[3].split("|")
        told = (
            f"Red is where a batch was kept; longest {who}, {longest[2] - longest[1]:.0f} days in"
            f" {longest[0]} for {what}."
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
    spans = kept_spans(measures, geography)
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
                label(place, left, middle, _number(bar.name), fontsize=5.5, color=ON_COLOUR)
        _draw_kept(place, spans, part, at, tips)
        place.set_yticks(range(len(groups)), _shorter(groups), fontsize=6)
        place.set_ylim(len(groups) - 0.4, -0.6)
        place.grid(visible=False, axis="y")
        place.tick_params(axis="y", length=0)
        dates(place, measures.first_day, measures.end_day)
    axes[0][0].bar(measures.first_day, 0, 0, color=KEPT, label="kept waiting")
    figure.legend(loc="outside lower center", fontsize=7.5)
    return Drawing(figure, tips)


def _draw_kept(
    place: Axes,
    spans: Sequence[tuple[str, float, float, str]],
    part: Sequence[Bar],
    at: dict[str, int],
    tips: dict[str, str],
) -> None:
    """Kept spells over the bars of those who were kept."""
    lane_of = {(bar.group, bar.name): (bar.lane, bar.lanes) for bar in part}
    for group, since, until, told in spans:
        who, what = told.split("|")
        if (group, who) not in lane_of:
            continue
        lane, lanes = lane_of[group, who]
        height = 0.84 / lanes
        gid = f"kept-{len(tips)}"
        bottom = at[group] - 0.42 + lane * height
        box(place, since, bottom, until - since, height * 0.94, KEPT, gid=gid)
        tips[gid] = f"{who} kept {until - since:.0f} days for {what}"


def _sea_groups(measures: Measures, geography: int) -> set[str]:
    stays = measures.stays
    sea = (stays["geography"] == geography) & (stays["order"] >= measures.sea_order)
    return set(stays["group"][sea].tolist())


def _number(name: str) -> str:
    """The last part of a batch's name: 017 of FAR-2021-017."""
    return name.rpartition("-")[2]


def _shorter(groups: Sequence[str]) -> list[str]:
    """Names of halls and areas without what they all have in common."""
    found = [re.sub(r"-Hall-", " ", group) for group in groups]
    prefix = found[0].partition("-")[0] + "-" if found else ""
    same = prefix and all(group.startswith(prefix) for group in found)
    return [group.removeprefix(prefix) if same else group for group in found]
