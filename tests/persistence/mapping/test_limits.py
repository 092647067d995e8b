"""What the model may record is what the tables hold: the limits are made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

import pytest

from persistence.mapping import mapping_of
from persistence.mapping.limits import FILE, source
from persistence.schema import TABLES
from sim.facts.limits import ColumnLimit, limit_of
from sim.scenario.knobs.base import Fits
from tests.support.every_knob import every_knob


def test_the_limits_are_those_of_the_tables() -> None:
    made = "python -m persistence.mapping.limits makes it anew"
    assert FILE.read_text(encoding="utf-8") == source(), made


@pytest.mark.parametrize(
    ("column", "limit"),
    [
        ("batch.batch_number", ColumnLimit(width=50)),
        ("container.max_biomass_kg", ColumnLimit(None, -99_999_999.99, 99_999_999.99)),
        ("assignment.population_count", ColumnLimit(None, 0, 2**31 - 1)),
        ("weather.cloud_cover", ColumnLimit(None, -(2**31), 2**31 - 1)),
        ("fish_score.score", ColumnLimit(None, -(2**15), 2**15 - 1)),
    ],
)
def test_a_limit_says_what_a_column_holds(column: str, limit: ColumnLimit) -> None:
    assert limit_of(column) == limit


def _words(kind: Any) -> tuple[str, ...]:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return get_args(kind) if get_origin(kind) is Literal else ()


def test_words_to_choose_from_are_among_aquaminds() -> None:
    found = 0
    for knob in every_knob():
        for fits in (each for each in knob.marks if isinstance(each, Fits)):
            kind, _, field = fits.column.partition(".")
            mapping = mapping_of(kind)
            (name,) = (target.name for target in mapping.targets if target.field == field)
            offered = TABLES[mapping.table].columns[name].info.get("choices")
            words = _words(knob.kind)
            assert bool(words) == bool(offered), knob.path
            if offered:
                found += 1
                assert set(words) <= set(offered), knob.path
    assert found >= 4
