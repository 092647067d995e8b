"""Bottlenecks: who kept whom, the critical chain of a late harvest, what binds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sim.kpi import Measures, measure
from sim.kpi.chain import chain
from sim.kpi.waits import binding, holders, kept_by_month, usage_by_month, verdict
from sim.resources.kinds import pools
from tests.support.made_measures import APRIL, END, JANUARY, MAY, ROWS, made, one_after_the_other

WHOLE = (JANUARY, END)


@pytest.fixture(scope="module")
def one_area() -> Measures:
    """Eight batches that want to go to sea one after the other, to the only area."""
    return measure(one_after_the_other(0, geographies__0__areas=1))


def test_who_held_what_stands_beside_each_wait() -> None:
    waits, held = made().waits, {"N-2": [("N-1", 2)], "N-3": [("N-2", 1), ("fallow", 1)]}
    for row, (who, kind) in enumerate(zip(waits["who"], waits["kind"], strict=True)):
        expected = held.get(who, []) if kind in ("rings", "tanks") else None
        if expected is not None:
            assert made().held(row) == expected
    names = ROWS["waits"][0][:-1]
    odd = [(*names, [("A batch, of 2", 3), ("B 7", 1)])]
    assert made({"waits": odd}).held(0) == [("A batch, of 2", 3), ("B 7", 1)]


def test_days_are_shared_among_those_who_held() -> None:
    found = {
        (held.pool_kind, held.waiter, held.holder): held.days for held in holders(made(), WHOLE)
    }
    assert found == {
        ("rings", "N-2", "N-1"): 10,
        ("harvest plant", "N-2", "nobody"): pytest.approx(8),
        ("tanks A", "N-3", "N-2"): pytest.approx((END - JANUARY - 59.25) / 2),
        ("tanks A", "N-3", "fallow"): pytest.approx((END - JANUARY - 59.25) / 2),
    }


def test_the_chain_goes_from_the_harvest_to_who_left_last() -> None:
    steps = chain(made(), "N-2")
    assert [(step.depth, step.batch, step.kind, step.days) for step in steps] == [
        (0, "N-2", "harvest plant", pytest.approx(8)),
        (0, "N-2", "rings", 10),
    ]
    assert steps[1].text == (
        "N-2 was kept waiting 10 days from 2021-04-15 to 2021-04-25 for a sea area:"
        " N-1 left N-SEA-01 on 2021-04-15, then 10 days of rest"
    )
    assert chain(made(), "N-1") == []
    with pytest.raises(KeyError):
        chain(made(), "N-9")


def test_the_chain_goes_on_with_what_made_the_holder_late() -> None:
    boats = (0, "N wellboats", "wellboat", "wellboats", None, 0, "N-1")
    own = (*boats, APRIL + 4.25, APRIL + 10.25, None, "N-1 goes to sea", [])
    later = (*boats, MAY + 4.25, MAY + 10.25, None, "N-1 goes to sea", [])
    steps = chain(made({"waits": [*ROWS["waits"], own, later]}), "N-2")
    assert [(step.depth, step.batch, step.days) for step in steps] == [
        (0, "N-2", pytest.approx(8)), (0, "N-2", 10), (1, "N-1", 6),
    ]  # fmt: skip
    assert len(chain(made({"waits": [*ROWS["waits"], own]}), "N-2", most=2)) == 2


def test_loads_of_one_way_to_sea_are_one_step() -> None:
    boats = [
        (0, "N wellboats", "wellboat", "wellboats", None, 1, "N-2", APRIL + 24.25 + n,
         APRIL + 25.25 + n, None, "N-2 goes to sea", [("N-1" if n == 0 else "N-2", 1)])
        for n in range(4)
    ]  # fmt: skip
    steps = chain(made({"waits": boats}), "N-2")
    assert [(step.kind, step.days) for step in steps] == [("wellboats", 4)]
    assert "held by N-1 1" in steps[0].text


def test_with_one_area_each_batch_waits_for_the_one_before(one_area: Measures) -> None:
    names = one_area.batches["name"].tolist()
    sea = one_area.stays["order"] == one_area.sea_order
    order = one_area.stays["batch"][sea][np.argsort(one_area.stays["from"][sea])]
    assert len(order) > 2
    for earlier, later in pairwise(order):
        first = next(step for step in chain(one_area, names[later]) if step.kind == "rings")
        assert first.depth == 0
        assert f"{names[earlier]} left" in first.text
    last = chain(one_area, names[order[-1]], most=1000)
    assert max(step.depth for step in last) >= len(order) - 2
    assert all(step.days <= step.until - step.since + 1e-6 for step in last)


def test_rings_bind_where_there_is_one_area_and_nothing_where_there_are_many(
    one_area: Measures,
) -> None:
    window = (one_area.first_day, one_area.end_day)
    found = binding(one_area, window)
    assert verdict(found).startswith("Rings were taken 82% of the time (1")
    waits = one_area.waits
    treated = waits["blocked"][waits["pool_kind"] == "withholding"].sum()
    shares = sum(one.share for one in found)
    assert shares == pytest.approx(1 - treated / waits["blocked"].sum())
    plenty = measure(
        one_after_the_other(
            0,
            geographies__0__areas=8,
            geographies__0__plant_kg_per_day=1e9,
            lice=None,
        )
    )
    assert verdict(binding(plenty, window)).startswith("Nothing binds")
    assert verdict([]) == "There is nothing that could bind."


def test_who_waits_upstream_is_told_to_look_downstream() -> None:
    found = binding(made({"waits": ROWS["waits"][:2]}), WHOLE)
    assert [(one.kind, one.share) for one in found[:2]] == [
        ("rings", pytest.approx(10 / 18)),
        ("harvest plant", pytest.approx(8 / 18)),
    ]
    assert "look at the harvest plant first" in verdict(found)
    assert found[0].sentence.startswith("rings were taken 58% of the time (8% resting)")
    assert found[0].fullest == 1


def test_heat_maps_are_shares_and_days_by_month(one_area: Measures) -> None:
    kinds, months, shares = usage_by_month(made(), geography=0)
    rings = shares[kinds.index(pools("rings"))]
    assert dict(zip(months.tolist(), rings.tolist(), strict=True))[APRIL] == 0.75
    assert np.isnan(shares[kinds.index(pools("tanks", "A"))]).all()
    kept_for, _, days = kept_by_month(one_area)
    assert days.sum() == pytest.approx(one_area.waits["blocked"].sum())
    of_rings = one_area.waits["blocked"][one_area.waits["pool_kind"] == "rings"].sum()
    assert days[kept_for.index(pools("rings"))].sum() == pytest.approx(of_rings)
