"""Pictures show names as they are, and numbers as everywhere else."""

from __future__ import annotations

import re
import warnings
from html import unescape

import pytest

from sim.report.drawing import canvas, in_legend, legend_of, svg, thousands
from sim.report.page import Drawing, Picture

NAMES = ["$\\frac{x$ a", "_low", 'id="a" url(#b) href="#c"', "<b>&amp;", "北 🐟", "[/b] :fish:"]


def texts_of(name: str, *, log: bool = False) -> list[str]:
    """The texts of a picture in which a name stands wherever one may."""

    def draw() -> Drawing:
        figure, axes = canvas(3)
        place = axes[0][0]
        place.plot([120, 330, 800], [1, 2, 3], label=in_legend(name), gid="line")
        if log:
            place.set_xscale("log")
        thousands(place.xaxis)
        place.set_title(name)
        place.set_yticks([1], [name])
        place.annotate(name, (330, 2))
        figure.legend(*legend_of(axes))
        return Drawing(figure, {"line": name})

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = svg(Picture("one", name, name, draw))
    assert text.count("<title>") == 1
    return [unescape(found) for found in re.findall(r"<text[^>]*>([^<]*)</text>", text)]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_letters(name: str) -> None:
    assert [text.strip() for text in texts_of(name)].count(name) == 4


def test_between_powers_of_ten_numbers_are_written_out() -> None:
    texts = texts_of("a", log=True)
    assert {"200", "300"} <= set(texts)
    assert not any("$" in text for text in texts)
