"""What a page is made of, however it is shown: sections of sentences, tables and pictures.

Every number is kept beside its text, so a page for people and one for programs say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """A drawn picture.

    Attributes:
        tips: what is told of an artist that somebody points at, by its gid.
    """

    figure: Figure
    tips: dict[str, str]


@dataclass(frozen=True)
class Picture:
    """A picture, not drawn yet.

    Attributes:
        name: unique on its page; ids start with it.
        alt: what it shows, for those who do not see it.
        caption: one sentence that says what to see.
    """

    name: str
    alt: str
    caption: str
    draw: Callable[[], Drawing]


@dataclass(frozen=True)
class Column:
    """A column of a table; ``key`` names it for programs."""

    key: str
    title: str
    unit: str = ""
    numbers: bool = True


@dataclass(frozen=True)
class Cell:
    """What stands in a table.

    Attributes:
        value: the number or text itself; with an interval a mapping of ``mean`` and ``half_width``.
        style: how it looks: ``sure``, ``better``, ``worse``, ``deep``; several with blanks.
        share: 0 to 1: a bar behind the number.
    """

    text: str
    value: Any = None
    style: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Row:
    """A row of a table; ``style``: ``chosen`` or ``base``, ``group`` heads those that follow."""

    cells: Sequence[Cell]
    style: str = ""


@dataclass(frozen=True)
class PageTable:
    """A table; ``note`` stands below it."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        anchor: its address on the page.
        says: sentences before everything else.
        parts: pictures and tables in their order.
        folded: shown when asked for (and in print).
    """

    anchor: str
    title: str
    says: Sequence[str]
    parts: Sequence[Picture | PageTable]
    folded: bool = False


@dataclass(frozen=True)
class Card:
    """A number at the top of a page, and its change against another; ``style`` as a cell's."""

    label: str
    figure: str
    unit: str
    change: str = ""
    style: str = ""


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        kind: ``study`` or ``run``.
        name: of what it is about; ``title`` the question, ``subtitle`` what was done.
        lead: the answer, the first sentence first.
        about: pairs that say how it was made, at its foot.
    """

    kind: str
    name: str
    title: str
    subtitle: str
    lead: Sequence[str]
    cards: Sequence[Card]
    cards_of: str
    sections: Sequence[Section]
    about: Sequence[tuple[str, str]]

    def pictures(self) -> list[Picture]:
        """All pictures, in their order."""
        return [p for section in self.sections for p in section.parts if isinstance(p, Picture)]

    def as_dict(self) -> dict[str, Any]:
        """The page without its pictures, for a program; what is not known is None."""
        return {
            "kind": self.kind,
            "name": self.name,
            "title": self.title,
            "subtitle": self.subtitle,
            "answer": list(self.lead),
            "about": dict(self.about),
            "sections": [_section(section) for section in self.sections],
        }


def _section(section: Section) -> dict[str, Any]:
    return {
        "name": section.anchor,
        "title": section.title,
        "says": [*section.says, *(p.caption for p in section.parts if isinstance(p, Picture))],
        "tables": [_table(part) for part in section.parts if isinstance(part, PageTable)],
    }


def _table(table: PageTable) -> dict[str, Any]:
    keys = [column.key for column in table.columns]
    rows = [
        {key: _plain(cell) for key, cell in zip(keys, row.cells, strict=True)}
        for row in table.rows
        if row.style != "group"
    ]
    units = {column.key: column.unit for column in table.columns if column.unit}
    return {"caption": table.caption, "units": units, "rows": rows}


def _plain(cell: Cell) -> Any:
    value = cell.text if cell.value is None else cell.value
    if isinstance(value, dict):
        return {name: _known(number) for name, number in value.items()}
    return _known(value)


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
