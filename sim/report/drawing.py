"""How pictures are drawn: one style, colours with a meaning, SVG that is the same every time.

Ink, grid and paper are drawn in three colours that nothing else has; the page puts its own in their
place, so pictures are readable on light and dark paper. Text stays text.
"""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

from sim.report.page import Picture
from sim.resources.kinds import Pools, Reason

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXTRA = "a page with pictures needs matplotlib and jinja2: pip install 'smoltflow[plots]'"

INK, FAINT, PAPER = "#0b0c0d", "#c0c1c2", "#fdfcfb"
_ON_PAGE = {INK: "currentColor", FAINT: "var(--faint)", PAPER: "var(--paper)"}
BASE, CHOSEN, KEPT = "#8a8f98", "#2f7fc1", "#d6424a"
SERIES = (
    "#2f7fc1", "#e0861a", "#2c9c73", "#b25fb0", "#d6424a", "#7a8b2a", "#4fb3c8", "#a0714f",
)  # fmt: skip
RAMP = ((0.0, "#e6eef5"), (0.4, "#a8cfe6"), (0.65, "#f6dd8d"), (0.85, "#f09a4c"), (1.0, "#dd5a50"))
"""From empty over busy to full."""
STORE_RAMP = ((0.0, "#eceff1"), (1.0, "#7d9a8c"))
"""Of feed stores, for which full is no trouble."""
ON_COLOUR = "#10151a"
"""Text on any of these colours."""
WIDTH = 10.0
"""Of every picture, in inches."""
_STYLE: Any = {
    "svg.hashsalt": "smoltflow",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a name is a letter
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "hatch.linewidth": 0.6,
}
_DAYS_BEFORE_1970 = date(1970, 1, 1).toordinal()


def need_plots() -> None:
    """Look whether pages can be made here.

    Raises:
        ModuleNotFoundError: they cannot; the message says what to install.
    """
    try:
        import jinja2  # noqa: F401
        import matplotlib as mpl  # noqa: F401
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(EXTRA) from missing


@contextmanager
def style() -> Iterator[None]:
    """The style of all pictures."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # The text stays text, which the reader's fonts show; only its width is guessed.
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def canvas(
    height: float, rows: int = 1, columns: int = 1, **how: Any
) -> tuple[Figure, list[list[Axes]]]:
    """A figure of the page's width with a grid of axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **how)
    return figure, [list(row) for row in axes]


def svg(picture: Picture) -> str:
    """Draw a picture as SVG that can stand within a page; its ids are its own."""
    with style():
        drawing = picture.draw()
        file = io.BytesIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        drawing.figure.savefig(file, format="svg", metadata=nothing)
    text = file.getvalue().decode()
    text = text[text.index("<svg") :].rstrip()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(r'\s(?:xmlns|xmlns:xlink|version)="[^"]*"', "", text, count=3)
    for gid, tip in drawing.tips.items():
        text = text.replace(f'<g id="{gid}">', f'<g class="tip"><title>{escape(tip)}</title>')
    text = re.sub(r'<g id="(?:figure|axes|patch|line2d|text|xtick|ytick|matplotlib|legend|'
                  r'PathCollection|LineCollection|PolyCollection|FillBetweenPolyCollection|'
                  r'QuadMesh)[._\w]*">', "<g>", text)  # fmt: skip
    text = _own_ids(text, picture.name)
    for colour, own in _ON_PAGE.items():
        text = text.replace(colour, own)
    label = escape(picture.alt, quote=True)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _own_ids(text: str, name: str) -> str:
    """Number the ids of an SVG text in their order; matplotlib's hang on the last bits of sizes."""
    numbers: dict[str, int] = {}

    def own(found: re.Match[str]) -> str:
        number = numbers.setdefault(found[2], len(numbers))
        return f"{found[1]}{name}-{number}"

    def within(tag: re.Match[str]) -> str:  # what stands between tags is text
        return re.sub(r'(\bid="|url\(#|href="#)([^")]+)', own, tag[0])

    return re.sub(r"<[^>]*>", within, text)


def in_legend(name: str) -> str:
    """A name as the label of something drawn: matplotlib leaves out those that begin with _."""
    return f"\N{HAIR SPACE}{name}" if name.startswith("_") else name


def legend_of(axes: Sequence[Sequence[Axes]]) -> tuple[list[Any], list[str]]:
    """Whatever has a label in any panel, once."""
    found: dict[str, Any] = {}
    for row in axes:
        for place in row:
            for handle, label in zip(*place.get_legend_handles_labels(), strict=True):
                found.setdefault(label, handle)
    return list(found.values()), list(found)


def dates(axes: Axes, first_day: int, end_day: int) -> None:
    """Make the x axis one of days since 1970, with a tick for each year (or month, if few)."""
    first = date.fromordinal(_DAYS_BEFORE_1970 + first_day)
    last = date.fromordinal(_DAYS_BEFORE_1970 + end_day)
    months = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 1) <= last
    ]
    step = next((n for n in (1, 2, 3, 6) if len(months) <= 9 * n), 12)
    shown = [month for month in months if (month.month - 1) % step == 0]
    form = "%Y" if step == 12 else "%b %Y"
    axes.set_xticks(
        [month.toordinal() - _DAYS_BEFORE_1970 for month in shown],
        [month.strftime(form) for month in shown],
    )
    axes.set_xlim(first_day, end_day)


def box(
    axes: Axes, left: float, bottom: float, width: float, height: float, colour: Any, **how: Any
) -> None:
    """A filled rectangle; the axes' limits do not follow it, which is much faster for many."""
    from matplotlib.patches import Rectangle

    axes.add_artist(Rectangle((left, bottom), width, height, color=colour, lw=0, **how))


def label(axes: Axes, x: float, y: float, text: str, **how: Any) -> None:
    """A text within the axes, for which the layout need not make room."""
    axes.text(x, y, text, va="center", clip_on=True, **how).set_in_layout(False)


def colours_of(kinds: Sequence[Pools | Reason]) -> Mapping[str, str]:
    """A colour for everything that is waited for, by its name; halls have one after the other."""
    found: dict[str, str] = {}
    halls: Counter[str] = Counter()
    for each in kinds:
        own = each.kind if isinstance(each, Pools) else each
        shades = own.colours or (BASE,)
        found[each.name] = shades[min(halls[own.name], len(shades) - 1)]
        halls[own.name] += 1
    return found


def colour_map(ramp: Sequence[tuple[float, str]] = RAMP) -> Any:
    """Of shares, from empty to full."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shares", [*ramp])


def thousands(axis: Any) -> None:
    """Write the numbers of an axis as everywhere else: 250,000."""
    from matplotlib.ticker import FuncFormatter, LogFormatter

    class Between(LogFormatter):
        """Of a logarithmic axis: numbers between the powers of ten, where there is room."""

        def __call__(self, value: float, position: int | None = None) -> str:
            return f"{value:,.10g}" if super().__call__(value, position) else ""

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    if axis.get_scale() == "log":
        axis.set_minor_formatter(Between(minor_thresholds=(1, 0.5)))
