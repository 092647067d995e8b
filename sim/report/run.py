"""What a page on a run says: the same figures as a study's, of the one company that was written."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from sim.core.clock import date_of
from sim.kpi.figures import Window, aligned, catalogue_of, default_window, kpis
from sim.kpi.measures import Measures
from sim.kpi.waits import binding, verdict
from sim.report.bottleneck import story
from sim.report.drawing import SERIES, canvas, dates, in_legend, thousands
from sim.report.gantt import gantt
from sim.report.numbers import UNKNOWN, many, scale, short
from sim.report.page import Card, Cell, Column, Drawing, Page, PageTable, Picture, Row, Section
from sim.report.usage import run_heat_map
from sim.report.waits import kept_over_time, waits_table

_CARDS = (
    "harvested_t_per_year", "survival_percent", "fcr", "harvest_weight_kg", "wait_days_per_batch",
    "margin_per_year",
)  # fmt: skip
_MOST_BATCHES = 200


def run_page(measures: Measures, version: str = "") -> Page:
    """The page of a run."""
    window = aligned(measures, default_window(measures))
    found = kpis(measures, window)
    says, tables = story(measures, window, "in this run")
    charts = [
        gantt(f"gantt{place}", "this run", measures, place)
        for place in range(len(measures.geographies))
    ]
    sections = [
        Section("harvest", "Harvest", (), [_harvest(measures), _batches(measures)]),
        Section(
            "waits", "Where batches wait", (),
            [kept_over_time(measures, window),
             waits_table(measures, window, "All waits of the counted time")],
        ),
        Section("usage", "How full everything is", (), [run_heat_map(measures)]),
        Section("bottleneck", "What binds, and why harvests are late", says, tables),
        Section("gantt", "Rings and halls", ("Point at a bar to see whose it is.",), charts),
        Section("all", "All key figures", (), [_kpi_table(measures, found)], folded=True),
    ]  # fmt: skip
    first, end = date_of(measures.first_day), date_of(measures.end_day)
    batches = measures.batches
    ended = int((batches["ended"] >= 0).sum())
    subtitle = (
        f"{', '.join(measures.geographies)}; {first} to {end};"
        f" {many(len(batches['batch']), 'batch')}, {ended} harvested completely"
    )
    lost = int((batches["died_out"] >= 0).sum())
    subtitle += f", {lost} died out" if lost else ""
    about = [
        ("simulated", f"{first} to {end}"),
        ("counted", _counted(measures, window)),
        ("seed", str(measures.seed)),
        ("money", f"in {measures.currency}, before a geography's exchange rate"),
    ]
    if version:
        about.append(("program", f"smoltflow {version}"))
    title = f"What {measures.scenario} did"
    lead = [_headline(found), verdict(binding(measures, window))]
    return Page(
        "run", measures.scenario, title, subtitle, lead, list(_cards(measures, found)),
        "In the counted time", sections, about,
    )  # fmt: skip


def _counted(measures: Measures, window: Window) -> str:
    since, until = date_of(window[0]), date_of(window[1])
    if window[0] == measures.first_day:
        return f"everything, {since} to {until}: it ends before the first harvest was due"
    return f"{since} to {until}: from when the first batch was due to be harvested"


def _headline(found: dict[str, float]) -> str:
    tonnes, late = found["harvested_t_per_year"], found["harvest_days_late"]
    if not isfinite(tonnes):
        return "Nothing was due to be harvested before the run ended."
    told = f"The company harvested {tonnes:,.0f} t a year"
    if isfinite(late):
        when = f"{abs(late):,.0f} days {'after' if late > 0 else 'before'} their plan"
        told += f"; batches were done {when if round(late) else 'on time'} on average"
    return f"{told}."


def _cards(measures: Measures, found: dict[str, float]) -> Iterator[Card]:
    known = catalogue_of(measures)
    for name in _CARDS:
        written = scale(known[name], [found[name]], measures.currency)
        yield Card(short(name), written.text(found[name]), written.unit)


def _kpi_table(measures: Measures, found: dict[str, float]) -> PageTable:
    columns = (
        Column("kpi", "key figure", numbers=False),
        Column("value", "value"),
        Column("unit", "unit", numbers=False),
        Column("says", "what it says", numbers=False),
    )
    groups: dict[str, list[Row]] = {}
    for name, kpi in catalogue_of(measures).items():
        value = found[name]
        written = scale(kpi, [value], measures.currency)
        cells = (Cell(name), Cell(written.text(value), value), Cell(written.unit), Cell(kpi.text))
        groups.setdefault(kpi.group, []).append(Row(cells))
    rows = []
    for group, own in groups.items():
        rows += [Row((Cell(group), Cell(""), Cell(""), Cell("")), "group"), *own]
    note = f"{UNKNOWN}: there was nothing to count it from."
    return PageTable("Of the counted time", columns, rows, note)


def _harvest(measures: Measures) -> Picture:
    sold = measures.harvests
    tonnes = float(sold["live_kg"].sum()) / 1000
    alt = "Bars: tonnes harvested by month, by geography."
    caption = f"{tonnes:,.0f} t of live weight were harvested in all."
    if len(sold["day"]):
        first, last = int(sold["day"].min()), int(sold["day"].max())
        caption = (
            f"{tonnes:,.0f} t of live weight were harvested between {date_of(first)} and"
            f" {date_of(last)}; gaps are months without a harvest."
        )
    return Picture("harvest", alt, caption, lambda: _draw_harvest(measures))


def _draw_harvest(measures: Measures) -> Drawing:
    sold = measures.harvests
    months = np.unique(measures.usage["month"])
    figure, axes = canvas(2.4)
    place = axes[0][0]
    at = np.searchsorted(months, sold["day"], side="right") - 1
    base = np.zeros(len(months))
    for number, geography in enumerate(measures.geographies):
        own = sold["geography"] == number
        tonnes = np.bincount(at[own], sold["live_kg"][own] / 1000, minlength=len(months))
        place.bar(
            months + 15, tonnes, 26, bottom=base, color=SERIES[number % len(SERIES)],
            label=in_legend(geography),
        )  # fmt: skip
        base = base + tonnes
    place.set_ylabel("t a month")
    thousands(place.yaxis)
    dates(place, measures.first_day, measures.end_day)
    if len(measures.geographies) > 1:
        place.legend(loc="upper left", fontsize=7.5)
    return Drawing(figure, {})


def _batches(measures: Measures) -> PageTable:
    columns = (
        Column("batch", "batch", numbers=False),
        Column("start", "start", numbers=False),
        Column("planned_end", "planned end", numbers=False),
        Column("ended", "last ring", numbers=False),
        Column("late", "late", "days"),
        Column("kept", "kept waiting", "days"),
        Column("harvested", "harvested", "t"),
        Column("survival", "survival", "%"),
    )
    batches, sold = measures.batches, measures.harvests
    tonnes = measures.per_batch(sold, sold["live_kg"]) / 1000
    fish = measures.per_batch(sold, sold["fish"])
    kept = measures.per_batch(measures.waits, measures.waits["blocked"])
    rows = []
    for row in range(min(len(batches["batch"]), _MOST_BATCHES)):
        ended, planned = int(batches["ended"][row]), int(batches["planned_end"][row])
        late, survival = ended - planned, 100 * fish[row] / max(int(batches["eggs"][row]), 1)
        done, died_out = ended >= 0, int(batches["died_out"][row])
        where = f"died out on {date_of(died_out)}" if died_out >= 0 else "at sea or on land"
        rows.append(
            Row(
                (
                    Cell(str(batches["name"][row])),
                    Cell(str(date_of(int(batches["start"][row])))),
                    Cell(str(date_of(planned))),
                    Cell(str(date_of(ended)) if done else where),
                    Cell(f"{late:+,d}" if done else "", late if done else float("nan")),
                    Cell(f"{kept[row]:,.0f}", float(kept[row])),
                    Cell(f"{tonnes[row]:,.0f}", float(tonnes[row])),
                    Cell(f"{survival:.1f}" if done else "", survival if done else float("nan")),
                )
            )
        )
    more = len(batches["batch"]) - len(rows)
    note = f"{more} more batches are in the database." if more else ""
    return PageTable("Batches", columns, rows, note)
