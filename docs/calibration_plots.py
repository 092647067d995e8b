"""Draws what a finished calibrated run shows beside what is published.

python -m docs.calibration_plots RUN_DIR [FOLDER]

It reads the run's databases through the same measures as ``verify --profile calibrated`` and writes
three pictures, by default into ``docs/pictures``. It needs matplotlib (``pip install
'smoltflow[plots]'``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from persistence.checks.engine.session import Session
from persistence.checks.figures.observed import Cycle, Observed, month_of, observe
from sim.api.targets import databases_at

FAROE, SCOTLAND = "Faroe Islands", "Scotland"
COLOURS = {FAROE: "#1f6f8b", SCOTLAND: "#c8553d"}
PUBLISHED = "#b8c480"
# BIOLOGY: monthly means, Faroe shelf (K) and Loch Fyne (R).
MONTHLY = {
    FAROE: (7.2, 6.7, 6.5, 6.8, 7.6, 8.8, 9.8, 10.5, 10.4, 9.7, 8.8, 7.9),
    SCOTLAND: (8.2, 7.6, 7.5, 8.3, 9.7, 11.4, 13.2, 13.8, 13.7, 12.9, 11.8, 9.9),
}
LICE_DAYS = {6: 72, 8: 48, 10: 36, 12: 28, 14: 23}  # R/C Hamre 2019
CAUSES = {
    "DISEASE": ("infection", 38.0),
    "HANDLING": ("injury", 33.0),
    "UNKNOWN": ("unknown", 20.0),
    "OTHER": ("physiological, other", 6.5),
    "ENVIRONMENTAL": ("environment", 2.9),
    "PREDATION": ("predation", 0.0),
}  # R Fish Health Report 2023; it counts predators among injuries


def look(where: str) -> Observed:
    """What all databases of a run show together."""
    observed = Observed()
    for url in databases_at([where]):
        session = Session(url)
        try:
            observed += observe(session)
        finally:
            session.close()
    return observed


def water(observed: Observed, axes: Axes) -> None:
    """Monthly means of the sea, year by year, and the published ones."""
    for name, days in observed.water.items():
        day, degc = np.array(days).T
        months = np.array([month_of(int(one)) for one in day])
        means = [degc[months == month].mean() for month in range(1, 13)]
        spread = [degc[months == month].std() for month in range(1, 13)]
        axes.errorbar(range(1, 13), means, spread, color=COLOURS[name], label=name, capsize=2)
        axes.plot(range(1, 13), MONTHLY[name], "s", color=COLOURS[name], mfc="none", ms=6)
    axes.set(title="Sea temperature (squares: published)", xlabel="month", ylabel="degrees C")
    axes.legend(frameon=False)


def spread_of(
    value: Callable[[Cycle], float], title: str, ranges: dict[str, tuple[float, float]]
) -> Callable[[Observed, Axes], None]:
    """A histogram over the cycles of each geography, the published range shaded."""

    def draw(observed: Observed, axes: Axes) -> None:
        everything = [value(cycle) for cycle in observed.cycles]
        bins = np.linspace(min(everything), max(everything), 16).tolist()
        for name, (low, high) in ranges.items():
            axes.axvspan(low, high, color=COLOURS.get(name, PUBLISHED), alpha=0.15)
        for name, colour in COLOURS.items():
            values = [value(cycle) for cycle in observed.cycles if cycle.geography == name]
            axes.hist(values, bins, color=colour, alpha=0.65, label=name)
        axes.set(title=title, ylabel="cycles")
        axes.legend(frameon=False)

    return draw


def site_months(observed: Observed, axes: Axes) -> None:
    """How many site-months lose more than so much."""
    for name, colour in COLOURS.items():
        found = sorted(100 * m.mortality for m in observed.site_months if m.geography == name)
        axes.plot(found, 100 * np.arange(1, len(found) + 1) / len(found), color=colour, label=name)
    axes.vlines(1.0, 60, 75, color=PUBLISHED, lw=6, label="published, 1 %")
    axes.set(
        xscale="log", title="Site-months that lose less", xlabel="% in a month", ylabel="% of them"
    )
    axes.legend(frameon=False)


def seasons(observed: Observed, axes: Axes) -> None:
    """Mean mortality of the calendar months."""
    for shift, (name, colour) in zip((-0.2, 0.2), COLOURS.items(), strict=True):
        means = []
        for month in range(1, 13):
            found = [
                m.mortality
                for m in observed.site_months
                if m.geography == name and month_of(m.month) == month
            ]
            means.append(100 * sum(found) / max(len(found), 1))
        axes.bar(np.arange(1, 13) + shift, means, 0.4, color=colour, label=name)
    axes.set(title="Mean mortality by month", xlabel="month", ylabel="% a month")
    axes.legend(frameon=False)


def causes(observed: Observed, axes: Axes) -> None:
    """Shares of the deaths at sea."""
    total = observed.causes.total()
    names = [name for name, _ in CAUSES.values()]
    found = [100 * observed.causes[cause] / total for cause in CAUSES]
    places = np.arange(len(names))
    axes.barh(places - 0.2, found, 0.4, color=COLOURS[FAROE], label="run")
    axes.barh(places + 0.2, [share for _, share in CAUSES.values()], 0.4, color=PUBLISHED,
              label="published 2023")  # fmt: skip
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set(title="Causes of death at sea", xlabel="%")
    axes.legend(frameon=False)


def lice(observed: Observed, axes: Axes) -> None:
    """Days from infection to adult female."""
    degc = np.linspace(4, 16, 60)
    a, b, c = observed.lice_rate
    axes.plot(degc, 5 / (a + b * degc + c * degc**2), color=COLOURS[SCOTLAND], label="run")
    axes.plot(list(LICE_DAYS), list(LICE_DAYS.values()), "s", color="black", mfc="none",
              label="published")  # fmt: skip
    axes.set(title="Lice: infection to adult female", xlabel="degrees C", ylabel="days")
    axes.legend(frameon=False)


def fcr(observed: Observed, axes: Axes) -> None:
    """Economic FCR against the biological one: what died had eaten."""
    axes.axhspan(1.05, 1.20, color=PUBLISHED, alpha=0.3)
    for name, colour in COLOURS.items():
        mine = [cycle for cycle in observed.cycles if cycle.geography == name]
        died = [100 * cycle.mortality for cycle in mine]
        axes.plot(died, [c.biological_fcr for c in mine], "o", ms=3, color=colour)
        axes.plot(died, [c.economic_fcr for c in mine], "x", ms=4, color=colour, label=name)
    axes.set(
        title="FCR at sea (x: economic)",
        xlabel="% of the cycle's fish that died", ylabel="kg / kg",
    )  # fmt: skip
    axes.legend(frameon=False)


PICTURES: dict[str, tuple[Callable[[Observed, Axes], None], ...]] = {
    "calibration-water-growth.png": (
        water,
        spread_of(lambda c: c.tgc, "Sea TGC x 1000 (shaded: published)", {"": (2.2, 3.2)}),
        spread_of(lambda c: c.months, "Months at sea", {FAROE: (12, 15), SCOTLAND: (15, 20)}),
    ),
    "calibration-mortality.png": (
        spread_of(
            lambda c: 100 * c.mortality,
            "Mortality of a cycle, % (shaded: medians)",
            {FAROE: (6, 12), SCOTLAND: (10, 18)},
        ),
        site_months,
        seasons,
    ),
    "calibration-causes-feed.png": (causes, lice, fcr),
}


def main(where: str, folder: str = "docs/pictures") -> None:
    """Write the pictures."""
    observed = look(where)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, panels in PICTURES.items():
        figure = Figure(figsize=(13, 3.6), layout="constrained")
        axes = figure.subplots(1, len(panels))
        for draw, place in zip(panels, axes, strict=True):
            draw(observed, place)
            place.spines[["top", "right"]].set_visible(False)
        figure.savefig(Path(folder) / name, dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
