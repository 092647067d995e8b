"""A table as Python sees it: columns of one kind each, as NumPy, pandas or Arrow likes them.

=========  ==========================  ======================  =================
kind       NumPy                       NULL there              pandas
=========  ==========================  ======================  =================
``int``    int64                       NaN, as float64         int64 or Int64
``float``  float64                     NaN                     float64
``bool``   bool                        None, as object         bool or boolean
``date``   datetime64[D]               NaT                     datetime64[s]
``time``   datetime64[us], UTC         NaT                     datetime64[us, UTC]
``text``   object (str)                None                    str
=========  ==========================  ======================  =================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["int", "float", "bool", "date", "time", "text"]
Array = NDArray[Any]

DTYPES: Mapping[Kind, str] = {
    "int": "int64",
    "float": "float64",
    "bool": "bool",
    "date": "datetime64[D]",
    "time": "datetime64[us]",
    "text": "object",
}
_FILLERS: Mapping[Kind, Any] = {"int": 0, "float": np.nan, "bool": False}
_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_LETTERS = 5, 12, 40


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: values of a kind, and where there are none."""

    kind: Kind
    values: Array
    absent: NDArray[np.bool_]

    @classmethod
    def of(cls, kind: Kind, values: Sequence[Any]) -> TableColumn:
        """Make a column of values, None where there is none."""
        absent = np.fromiter((value is None for value in values), np.bool_, len(values))
        if absent.any():
            filler = _FILLERS.get(kind)
            values = [filler if value is None else value for value in values]
        made = np.array(values, dtype=DTYPES[kind])
        return cls(kind, made, np.isnan(made) if kind == "float" else absent)

    @property
    def plain(self) -> Array:
        """The values as one NumPy array."""
        if not self.absent.any() or self.kind not in ("int", "bool"):
            return self.values
        found = self.values.astype("float64" if self.kind == "int" else "object")
        found[self.absent] = np.nan if self.kind == "int" else None
        return found


def kind_of(values: Iterable[Any]) -> Kind:
    """The kind that all of some Python values can be: text if any is one, else the widest."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds <= {bool, int, float}:
        return "text"
    if float in kinds:
        return "float"
    return "bool" if kinds == {bool} else "int"


class Table:
    """A table of a run or of a study.

    ``table["weight"]`` is a column as a NumPy array, ``len(table)`` the number of rows, and
    ``dict(table)`` all columns by name.

    Attributes:
        name: the table's name.
        columns: the names of its columns, in order.
    """

    def __init__(self, name: str, columns: Mapping[str, TableColumn]) -> None:
        self.name = name
        self.columns = tuple(columns)
        self._columns = dict(columns)

    @classmethod
    def of_rows(cls, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
        """Make a table of rows of Python values; every column takes the kind of its values."""
        lists = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        made = {}
        for column, values in zip(columns, lists, strict=True):
            kind = kind_of(values)
            texts = [None if v is None else str(v) for v in values] if kind == "text" else values
            made[column] = TableColumn.of(kind, texts)
        return cls(name, made)

    def __len__(self) -> int:
        return len(self._columns[self.columns[0]].values) if self.columns else 0

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def keys(self) -> tuple[str, ...]:
        """The names of the columns, so that ``dict`` takes a table."""
        return self.columns

    def __getitem__(self, column: str) -> Array:
        if column not in self._columns:
            raise KeyError(f"{self.name} has no column {column!r}: {', '.join(self.columns)}")
        return self._columns[column].plain

    def to_dict(self) -> dict[str, Array]:
        """All columns by name, as NumPy arrays of shape (rows,)."""
        return {column: self[column] for column in self.columns}

    def to_pandas(self) -> Any:
        """The table as a ``pandas.DataFrame``.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError:
            raise ImportError("to_pandas() needs pandas: pip install pandas") from None
        nullable = {"int": pd.arrays.IntegerArray, "bool": pd.arrays.BooleanArray}
        found = {}
        for name, column in self._columns.items():
            values: Any = column.values
            if column.kind in nullable and column.absent.any():
                values = nullable[column.kind](values, column.absent)
            elif column.kind == "date":
                values = values.astype("datetime64[s]")
            elif column.kind == "time":
                values = pd.DatetimeIndex(values).tz_localize("UTC")
            found[name] = pd.Series(values)
        return pd.DataFrame(found)

    def to_arrow(self) -> Any:
        """The table as a ``pyarrow.Table``; instants are in UTC.

        Raises:
            ImportError: pyarrow is not installed.
        """
        try:
            import pyarrow as pa
        except ModuleNotFoundError:
            need = "to_arrow() needs pyarrow: pip install 'smoltflow[parquet]'"
            raise ImportError(need) from None
        types = {
            "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "date": pa.date32(),
            "time": pa.timestamp("us", "UTC"), "text": pa.string(),
        }  # fmt: skip
        arrays = [
            pa.array(column.values, types[column.kind], mask=column.absent)
            for column in self._columns.values()
        ]
        return pa.table(arrays, names=list(self.columns))

    def __repr__(self) -> str:
        cells = [list(self._shown_columns()), *self._shown_rows()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self._shown_columns())
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._shown_rows()
        )
        return (
            f"<table><caption>{escape(self._title())}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _title(self) -> str:
        return f"{self.name}: {len(self):,} rows, {len(self.columns)} columns"

    def _shown_columns(self) -> list[str]:
        more = len(self.columns) - _SHOWN_COLUMNS
        return [*self.columns[:_SHOWN_COLUMNS], *(["..."] if more > 0 else [])]

    def _shown_rows(self) -> list[list[str]]:
        """The first rows, as text; a last one of dots if there are more."""
        chosen = self._shown_columns()
        lists = [
            [_cell(value) for value in self[name][:_SHOWN_ROWS]]
            if name in self._columns
            else ["..."] * min(len(self), _SHOWN_ROWS)
            for name in chosen
        ]
        rows = [list(row) for row in zip(*lists, strict=True)]
        return rows if len(self) <= _SHOWN_ROWS else [*rows, ["..."] * len(chosen)]


def _cell(value: Any) -> str:
    if isinstance(value, np.datetime64):
        text = "" if np.isnat(value) else str(value).partition(".")[0]
    elif value is None or value != value:
        text = ""
    else:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _SHOWN_LETTERS else f"{text[: _SHOWN_LETTERS - 3]}..."
