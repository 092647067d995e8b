"""The parts of a page: frontiers, charts, figures as people read them."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kpi.catalogue import Kpi, catalogue_of
from sim.report.bottleneck import latest
from sim.report.drawing import svg
from sim.report.facts import monthly_use
from sim.report.frontier import frontier
from sim.report.gantt import Spell, bars, gantt, kept_spans
from sim.report.html import render
from sim.report.numbers import change_cell, interval_cell, scale
from sim.report.run import run_page
from sim.report.waits import waits_table
from sim.resources.kinds import pools
from sim.study.statistics import Contrast, Mean
from tests.support.made_measures import APRIL, JANUARY, MAY, ROWS, made

POINTS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)) | st.just((float("nan"), 1.0)), max_size=12
)


@given(POINTS)
def test_the_frontier_is_what_nobody_beats(points: list[tuple[float, float]]):
    gain, price = (np.array([p[n] for p in points], dtype=float) for n in (0, 1))
    found = frontier(gain, price)
    for p, (g, c) in enumerate(points):
        beaten = any(og >= g and oc <= c and (og, oc) != (g, c) for og, oc in points)
        assert (p in found) == (g == g and not beaten)
    assert [price[p] for p in found] == sorted(price[p] for p in found)


def test_bars_of_one_hall_never_cover_each_other():
    stays = [(0, n % 4, 0, "N-FW-01-Hall-A", JANUARY + 7 * n, JANUARY + 7 * n + 20, 2)
             for n in range(9)]  # fmt: skip
    found = bars(made({"stays": stays}), 0)
    assert len(found) == 9
    assert {bar.lanes for bar in found} == {3}
    for one, other in combinations(found, 2):
        if one.lane == other.lane:
            assert one.until <= other.since or other.until <= one.since
    assert all(0 <= bar.lane < bar.lanes for bar in found)


def test_a_stay_that_lasts_goes_to_the_end():
    measures = made({"stays": [(0, 0, 0, "N-SEA-01", MAY, -1, 2)]})
    assert [(bar.since, bar.until) for bar in bars(measures, 0)] == [(MAY, measures.end_day)]


def test_red_is_where_and_when_a_batch_was_kept():
    measures = made()
    found = kept_spans(measures, 0)
    assert Spell("N-FW-01-Hall-A", APRIL + 14.25, APRIL + 24.0, "N-2", "rings") in found
    at_sea = [spell for spell in found if spell.group == "N-SEA-01"]
    assert ("N-2", "harvest plant") in {(spell.batch, spell.kept_for) for spell in at_sea}
    stays = measures.stays
    for spell in found:
        assert any(
            stays["group"][n] == spell.group
            and stays["from"][n] <= spell.since < spell.until <= stays["to"][n]
            for n in range(len(stays["group"]))
        )


def test_the_longest_spell_is_told():
    picture = gantt("chart", "here", made(), 0)
    assert "N-2, 10 days in N-FW-01-Hall-A for rings" in picture.caption
    assert "4 stays of batches in 2 halls and sea areas" in picture.alt


def test_a_drawing_tells_what_is_pointed_at_and_has_ids_of_its_own():
    text = svg(gantt("chart", "a <b> & c", made(), 0))
    assert 'aria-label="Gantt chart of North, a &lt;b&gt; &amp; c: ' in text
    assert "<title>N-1 in N-SEA-01: 2021-02-01 to 2021-04-15, 2 containers</title>" in text
    assert "<title>N-2 kept 10 days for rings</title>" in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert ids
    assert all(name.startswith("chart-") for name in ids)
    assert len(ids) == len(set(ids))
    assert text == svg(gantt("chart", "a <b> & c", made(), 0))


def test_the_latest_batch_is_told():
    measures = made()
    found = latest(measures, (JANUARY, measures.end_day))
    assert found is not None
    assert found[0] == "N-2"
    assert "20 days after its plan" in found[1]
    assert latest(made({"waits": []}), (JANUARY, measures.end_day)) is None


def test_waits_are_summed_up_those_that_kept_most_first():
    measures = made()
    rows = waits_table(measures, (JANUARY, measures.end_day), "waits").rows
    kept = [row.cells[3].value for row in rows]
    assert kept == sorted(kept, reverse=True)
    assert {row.cells[0].text for row in rows} >= {"rings", "harvest plant", "barges: feed"}
    missed = {row.cells[0].text: row.cells[4].value for row in rows}
    assert missed["barges: feed"] == 0.25


def test_a_run_without_any_event_still_has_a_page():
    nothing: dict[str, list[tuple[object, ...]]] = {table: [] for table in ROWS}
    text = render(run_page(made(nothing)))
    assert "Nothing was due to be harvested before the run ended." in text
    assert "No batch was kept waiting." in text


def kpi(name: str, unit: str, per: Literal["year"] | None = None) -> Kpi:
    return Kpi(name, unit, "more", "", "Harvest", per)


def test_units_are_those_that_suit():
    assert (
        scale(kpi("harvested_t_per_year", "t", "year"), [200_000.0], "DKK").said(1234.5)
        == "1,234 t/year"
    )
    money = scale(kpi("margin_per_year", "money", "year"), [float("nan"), 9.8e9], "DKK")
    assert (money.unit, money.text(9.8e9)) == ("million DKK/year", "9,800")
    assert scale(kpi("utilisation_rings", "share"), [0.5], "DKK").said(0.625) == "62.5%"
    assert scale(kpi("feed_cost_per_kg", "money/kg"), [3.0], "NOK").unit == "NOK/kg"
    assert scale(kpi("fcr", "kg/kg"), [], "DKK").text(float("nan")) == "-"


def test_intervals_have_two_digits():
    tonnes = scale(kpi("harvested_t_per_year", "t", "year"), [1.0], "DKK")
    cell = interval_cell(tonnes, Mean(5, 1234.567, 1.0, 12.345))
    assert cell.text == "1,235 ± 12"
    assert cell.value == {"mean": 1234.567, "half_width": 12.345}
    assert interval_cell(tonnes, Mean(1, 5.0, float("nan"), float("inf"))).text == "5"


@pytest.mark.parametrize(
    ("mean", "better", "style"),
    [(3.0, "more", "sure better"), (3.0, "less", "sure worse"), (-3.0, "less", "sure better"),
     (3.0, None, "sure"), (0.5, "more", "")],
)  # fmt: skip
def test_a_sure_change_says_whether_it_is_for_the_better(
    mean: float, better: str | None, style: str
):
    tonnes = scale(kpi("harvested_t_per_year", "t", "year"), [1.0], "DKK")
    cell = change_cell(tonnes, Contrast(5, mean, 1.0, 0.8, 1.0, 3), better)
    assert cell.style == style
    assert cell.text.endswith(" *") == bool(style)
    assert cell.text.startswith("+") == (mean > 0)


def test_every_kind_of_figure_has_a_heading():
    headings = {name: kpi.group for name, kpi in catalogue_of(made()).items()}
    assert headings["wait_days_per_batch"] == "The plan"
    assert headings["wait_days_rings_per_year"] == "Days of waiting, by whomever"
    assert headings["harvest_weight_kg"] == "Harvest"
    assert headings["harvest_days_late"] == "The plan"
    assert headings["margin_per_year"] == "Money"


def test_monthly_use_is_the_mean_over_replications_and_geographies():
    rows = [
        (0, 0, "North", "rings", "2021-01-01", 100.0, 40.0, 10.0, 0.0),
        (0, 1, "North", "rings", "2021-01-01", 100.0, 20.0, 0.0, 0.0),
        (0, 0, "South", "rings", "2021-01-01", 200.0, 10.0, 0.0, 0.0),
        (1, 0, "North", "tanks A", "2021-02-01", 0.0, 0.0, 0.0, 0.0),
    ]
    use = monthly_use(rows, 2, [pools("tanks", "A"), pools("rings"), pools("wellboats")])
    assert use.pools == [pools("tanks", "A"), pools("rings")]
    assert use.shares[0, 1, 0] == pytest.approx(80 / 400)
    assert np.isnan(use.shares[1]).all()
    assert use.shares.shape == (2, 2, 2)
