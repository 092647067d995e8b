"""Key figures: worked out by hand, and from small companies that are simulated."""

from __future__ import annotations

import json
import math
import pickle
import zlib
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sim.core.clock import month_start
from sim.kpi import Measures, measure
from sim.kpi.catalogue import catalogue, catalogue_of
from sim.kpi.figures import aligned, default_window, kpis
from sim.kpi.measures import TYPES
from sim.runner import figures
from sim.scenario import Scenario, load
from sim.study.packing import pack, unpack
from sim.world import World
from tests.support.command_line import ROOT
from tests.support.made_measures import (
    APRIL,
    END,
    FEBRUARY,
    JANUARY,
    MARCH,
    MAY,
    ROWS,
    TARGET_G,
    made,
    one_after_the_other,
)
from tests.support.small_company import COMPANY, SOUTH, company, run

SCENARIOS = ROOT / "scenarios"
WHOLE = (JANUARY, END)
LATE = (APRIL, END)
YEAR = 365.25


def crowded(**changes: Any) -> Scenario:
    """Two geographies whose batches wait for tanks, rings, boats and the plant."""
    return company(
        **{
            "schedule__batches": 8,
            "schedule__stagger_days": 6,
            "geographies": [COMPANY["geographies"][0], SOUTH],
            "geographies__0__plant_kg_per_day": 5_000.0,
            "geographies__1__wellboat_trip_days": 2,
            **changes,
        }
    )


@pytest.fixture(scope="module")
def measured() -> Measures:
    return measure(crowded())


# By hand


def test_what_happens_in_the_window_is_counted_by_year() -> None:
    found = kpis(made(), LATE)
    years = (END - APRIL) / YEAR
    assert found["harvested_t_per_year"] == pytest.approx(10.4 / years)
    assert found["harvested_fish_per_year"] == pytest.approx(2300 / years)
    assert found["harvest_events_per_year"] == pytest.approx(3 / years)
    assert found["batches_completed_per_year"] == pytest.approx(2 / years)
    assert found["smolts_per_year"] == pytest.approx(1600 / years)
    assert found["smolt_weight_g"] == pytest.approx(200)
    assert found["harvest_weight_kg"] == pytest.approx(10.4 / 2.3)
    mean = 10.4 / 2.3
    spread = (400 * (5 - mean) ** 2 + 400 * (6 - mean) ** 2 + 1500 * (4 - mean) ** 2) / 2300
    assert found["harvest_weight_sd_kg"] == pytest.approx(math.sqrt(spread))
    assert found["stock_outs_per_year"] == pytest.approx(1 / years)
    assert found["feed_missed_t_per_year"] == pytest.approx(0.25 / years)
    assert found["crowding_missed_t_per_year"] == 0


def test_money_is_harvest_less_feed_and_eggs_and_the_companies_share_it() -> None:
    found = kpis(made(), LATE)
    years = (END - APRIL) / YEAR
    assert found["revenue_per_year"] == pytest.approx(520_000 / years)
    assert found["feed_cost_per_year"] == pytest.approx(13_200 / years)
    assert found["margin_per_year"] == pytest.approx((520_000 - 13_200) / years)
    assert found["freshwater_margin_per_year"] == pytest.approx(32_000 / years)
    assert found["farming_margin_per_year"] == pytest.approx((520_000 - 32_000 - 13_200) / years)
    whole, years = kpis(made(), WHOLE), (END - JANUARY) / YEAR
    assert whole["margin_per_year"] == pytest.approx((520_000 - 23_900 - 500) / years)
    parts = whole["freshwater_margin_per_year"] + whole["farming_margin_per_year"]
    assert parts == pytest.approx(whole["margin_per_year"])


def test_batches_count_with_their_whole_lives_in_the_window_they_are_harvested_in() -> None:
    both, first = kpis(made(), LATE), kpis(made(), (APRIL, MAY))
    assert first["survival_percent"] == pytest.approx(80)
    assert both["survival_percent"] == pytest.approx((80 + 75) / 2)
    assert first["sea_survival_percent"] == pytest.approx(100 * 800 / 900)
    assert first["fcr"] == pytest.approx(1.0)
    assert both["fcr"] == pytest.approx((1.0 + 7200 / 6000) / 2)
    assert both["feed_cost_per_kg"] == pytest.approx((8900 / 4400 + 15_000 / 6000) / 2)
    assert both["deaths_disease_percent"] == pytest.approx((9 + 25) / 2)
    assert first["deaths_transfer_percent"] == pytest.approx(1)
    assert first["days_to_harvest"] == APRIL + 14 - JANUARY
    assert first["harvest_days_late"] == 4
    assert both["harvest_days_late"] == (4 + 20) / 2
    assert first["treatments_per_batch"] == 2  # a day apart is one treatment; vaccines are none


def test_batches_that_are_stuck_count_as_late_as_they_are() -> None:
    stuck = [*ROWS["batches"]]
    stuck[1] = (*stuck[1][:9], -1, -1, 1500, 6000.0, 500.0)
    found = kpis(made({"batches": stuck}), LATE)
    assert found["harvest_days_late"] == (4 + END - MAY - 20) / 2
    moves = [*ROWS["transitions"][:3], (0, 1, 1, APRIL + 14, -1, -1, 0, 0, 0.0, 0.0)]
    found = kpis(made({"transitions": moves}), LATE)
    assert found["days_late_adult"] == END - APRIL - 14
    assert kpis(made(), LATE)["days_late_adult"] == 10
    assert kpis(made(), WHOLE)["days_late_adult"] == 5


def test_a_batch_that_died_out_is_lost_and_neither_harvested_nor_late() -> None:
    lost, died = [*ROWS["batches"]], MAY + 3
    lost[1] = (*lost[1][:9], -1, died, 0, 0.0, 500.0)
    moves = [*ROWS["transitions"][:3], (0, 1, 1, APRIL + 14, -1, -1, 0, 0, 0.0, 0.0)]
    rows = {"batches": lost, "transitions": moves, "harvests": ROWS["harvests"][:2]}
    found, before = kpis(made(rows), LATE), kpis(made(rows), (JANUARY, MAY))
    years = (LATE[1] - LATE[0]) / 365.25
    assert found["batches_died_out_per_year"] == pytest.approx(1 / years)
    assert found["batches_completed_per_year"] == pytest.approx(1 / years)
    assert found["survival_percent"] == (80 + 0) / 2
    assert found["harvest_days_late"] == 4
    assert math.isnan(found["days_late_adult"]), "nobody waits for fish that are dead"
    assert before["batches_died_out_per_year"] == 0
    assert before["days_late_adult"] == (0 + MAY - APRIL - 14) / 2


def test_utilisation_is_the_share_of_unit_days_busy_or_resting() -> None:
    found = kpis(made(), LATE)
    assert found["utilisation_rings"] == pytest.approx((45 + 62) / 122)
    assert found["utilisation_harvest_plant"] == pytest.approx(3 / 61)
    assert kpis(made(), WHOLE)["utilisation_rings"] == pytest.approx((45 + 62) / 184)


def test_a_claim_ahead_of_time_keeps_a_batch_only_from_the_day_its_move_is_due() -> None:
    waits = made().waits
    kept = dict(zip(waits["pool_kind"].tolist(), waits["blocked"].tolist(), strict=True))
    assert kept["rings"] == 10  # asked for on the 8th, due on the 14th, granted on the 24th
    assert kept["harvest plant"] == pytest.approx(8)  # of ten, which it had asked ahead
    assert kept["tanks A"] == END - MARCH - 0.25  # the third batch has not started
    assert kept["barges"] == kept["feed boats"] == 0
    early = [*ROWS["waits"]]
    early[0] = (*early[0][:8], APRIL + 12.25, *early[0][9:])
    assert made({"waits": early}).waits["blocked"][1] == 0


def test_the_plant_keeps_a_batch_while_its_fish_outgrow_their_target() -> None:
    def kept(**changed: Any) -> dict[str, float]:
        waits = made({**ROWS, **changed}).waits
        of_batch = waits["batch"] == 1
        return dict(zip(waits["kind"][of_batch], waits["blocked"][of_batch], strict=True))

    small = [ROWS["batches"][0], (*ROWS["batches"][1][:7], 4000.0, *ROWS["batches"][1][8:])]
    assert kept(batches=small)["plant"] == 0
    big = [ROWS["batches"][0], (*ROWS["batches"][1][:7], 2000.0, *ROWS["batches"][1][8:])]
    assert kept(batches=big)["plant"] == 10  # it never keeps longer than it is waited for
    treated = (0, "N-SEA-01", "withholding", None, None, 1, "N-2", MAY + 25.25, MAY + 30.25, None,
               "N-2 was treated lately", [])  # fmt: skip
    both = kept(waits=[*ROWS["waits"], treated])
    assert (both["withholding"], both["plant"]) == (5, pytest.approx(3))
    alive = (*ROWS["batches"][1][:9], -1, -1, 1500, 6000.0, 500.0)
    unsold = kept(batches=[ROWS["batches"][0], alive], harvests=ROWS["harvests"][:2])
    pace = (4000 ** (1 / 3) - 200 ** (1 / 3)) / (END - APRIL - 24)
    assert unsold["plant"] == pytest.approx(min(10, (4000 ** (1 / 3) - TARGET_G ** (1 / 3)) / pace))


def test_a_batch_that_was_late_already_is_due_by_its_arrival() -> None:
    moves = [(0, 1, 0, FEBRUARY - 5, FEBRUARY, FEBRUARY, 2000, 0, 0.0, 0.0)]
    changed = [*ROWS["transitions"][:2], *moves, ROWS["transitions"][3]]
    waits = made({"transitions": changed}).waits
    assert waits["blocked"][waits["pool_kind"] == "rings"] == 10


def test_waits_are_those_of_the_window_by_batch_harvested_in_it() -> None:
    found = kpis(made(), LATE)
    assert found["blocked_days_rings_per_batch"] == 10 / 2
    assert found["blocked_days_harvest_plant_per_batch"] == pytest.approx(8 / 2)
    assert found["blocked_days_tanks_a_per_batch"] == (END - APRIL) / 2
    assert found["wait_days_per_batch"] == pytest.approx((18 + END - APRIL) / 2)
    assert found["batches_waiting_to_start"] == 1
    years = (END - APRIL) / YEAR
    assert found["wait_days_rings_per_year"] == pytest.approx(16 / years)
    assert found["wait_days_barges_per_year"] == pytest.approx(2 / years)
    assert found["wait_days_feed_boats_per_year"] == pytest.approx(4 / years)
    first = kpis(made(), (APRIL, MAY))
    assert first["blocked_days_rings_per_batch"] == 10
    assert first["blocked_days_harvest_plant_per_batch"] == 0


def test_the_window_begins_when_the_first_batch_was_planned_to_be_gone() -> None:
    measures = made()
    assert default_window(measures) == (MAY, END)
    assert default_window(measures, warmup_days=0) == WHOLE
    assert default_window(measures, warmup_days=1) == (FEBRUARY, END)
    assert default_window(measures, warmup_days=FEBRUARY - JANUARY) == (FEBRUARY, END)
    cut_short = made(end_day=APRIL)
    assert default_window(cut_short) == (JANUARY, APRIL)  # it never got warm


def test_a_window_is_cut_down_to_whole_months() -> None:
    measures = made()
    assert aligned(measures, (FEBRUARY + 3, MAY + 20)) == (MARCH, MAY)
    assert aligned(measures, (0, END + 100)) == WHOLE
    assert aligned(measures, (MAY + 1, MAY + 2))[0] == aligned(measures, (MAY + 1, MAY + 2))[1]
    assert kpis(measures, (FEBRUARY + 3, MAY + 20)) == pytest.approx(
        kpis(measures, (MARCH, MAY)), nan_ok=True
    )


def test_what_could_not_be_counted_is_nan() -> None:
    found = kpis(made(), (MARCH, APRIL))
    assert math.isnan(found["survival_percent"])
    assert math.isnan(found["wait_days_per_batch"])
    assert math.isnan(found["harvested_t_per_year"])  # none was planned to be harvested by then
    assert math.isnan(found["utilisation_harvest_plant"])
    assert found["feed_cost_per_year"] > 0
    assert kpis(made(), (MARCH, MAY))["harvested_t_per_year"] > 0
    nothing = kpis(made({name: [] for name in TYPES}), WHOLE)
    zero = {name for name, value in nothing.items() if not math.isnan(value)}
    assert zero >= {"stock_outs_per_year", "feed_missed_t_per_year"}
    assert {nothing[name] for name in zero} == {0.0}
    assert not zero & {"fcr", "utilisation_rings", "revenue_per_year", "days_late_adult"}


# Of simulated companies


def test_every_egg_is_alive_dead_or_harvested(measured: Measures) -> None:
    batches = measured.batches
    dead = measured.per_batch(measured.deaths, measured.deaths["fish"])
    harvested = measured.per_batch(measured.harvests, measured.harvests["fish"])
    assert_array_equal(batches["eggs"], batches["alive"] + dead + harvested)
    assert (harvested > 0).any()
    assert (batches["alive"] > 0).any()


def test_survival_and_deaths_by_cause_add_up(measured: Measures) -> None:
    found = kpis(measured)
    died = [value for name, value in found.items() if name.startswith("deaths_")]
    assert found["survival_percent"] + sum(died) == pytest.approx(100)
    assert found["deaths_transfer_percent"] > 0


def test_measures_are_those_of_a_world_that_is_recorded(measured: Measures) -> None:
    told = run(crowded())
    for lane, farm in enumerate(told.world.farms):
        days, deaths = told.cuts[lane].days, told.cuts[lane].table("deaths")
        here = measured.feed["geography"] == lane
        assert measured.feed["eaten_kg"][here].sum() == pytest.approx(days["eaten_dag"].sum() / 100)
        bought = {row["key"]: row for row in told.rows("feed_purchase", lane)}
        stock = told.rows("feed_stock", lane)
        spent = sum(row["quantity_kg"] * row["cost_per_kg"] for row in bought.values())
        spent -= sum(
            row["quantity_kg"] * bought[row["feed_purchase"]]["cost_per_kg"] for row in stock
        )
        assert measured.feed["cost"][here].sum() == pytest.approx(spent)
        by_day = (measured.deaths["geography"] == lane) & ~np.isin(
            measured.deaths["cause"], ["TRANSFER", "ARRIVAL"]
        )
        assert measured.deaths["fish"][by_day].sum() == deaths["count"].sum()
        arrivals = measured.transitions["geography"] == lane
        assert measured.transitions["fish"][arrivals].sum() == sum(m.fish for m in farm.moves)
        amounts = [
            row["amount"] for row in told.rows("transaction", lane) if row.get("event") is not None
        ]
        sold = measured.harvests["revenue"][measured.harvests["geography"] == lane]
        assert sold.sum() == pytest.approx(sum(amounts))
        assert len(measured.waits["geography"][measured.waits["geography"] == lane]) == len(
            told.rows("wait", lane)
        )


def test_utilisation_is_the_runners(measured: Measures) -> None:
    world = World(crowded(), recording=())
    world.advance(world.plan.end_day)
    runners = figures(world)
    found = kpis(measured, (measured.first_day, measured.end_day))
    for kind, share in runners.utilisation.items():
        name = f"utilisation_{kind.lower().replace(' ', '_')}"
        assert found[name] == pytest.approx(share, abs=1e-6)
    assert runners.utilisation["rings"] > 0.3
    waited = sum(entry["days"] for entry in runners.waits.values())
    waits = measured.waits
    assert (waits["until"] - waits["since"]).sum() == pytest.approx(waited)


def test_somebody_waits_and_is_kept_no_longer_than_that(measured: Measures) -> None:
    waits = measured.waits
    lasted = waits["until"] - waits["since"]
    assert (waits["blocked"] <= lasted + 1e-9).all()
    kept = set(waits["pool_kind"][waits["blocked"] > 0])
    assert kept >= {"rings", "wellboats", "tanks A"}
    claims = np.isin(waits["kind"], ["tanks", "rings"]) & (waits["batch"] >= 0)
    assert (waits["blocked"][claims] < lasted[claims]).any()


def test_days_kept_for_a_place_are_the_days_that_the_move_is_late(measured: Measures) -> None:
    moves, waits = measured.transitions, measured.waits
    rows, waiting = measured.batch_row(moves), measured.batch_row(waits)
    late = np.zeros(len(measured.batches["batch"]))
    sea = moves["order"] == measured.sea_order
    arrived = moves["arrived"] >= 0
    late[rows[sea & arrived]] = (moves["arrived"] - moves["due"])[sea & arrived]
    places = np.isin(waits["kind"], ["tanks", "rings"]) & (waiting >= 0)
    kept = np.bincount(waiting[places], waits["blocked"][places], minlength=len(late))
    boats = (waits["kind"] == "wellboat") & (waiting >= 0)
    on_boats = np.bincount(waiting[boats], waits["blocked"][boats], minlength=len(late))
    there = np.isin(np.arange(len(late)), rows[sea & arrived])
    assert (late[there] >= kept[there] - 1e-6).all()
    assert (late[there] <= kept[there] + on_boats[there] + 1e-6).all()
    assert late.max() > 5


@pytest.mark.parametrize("seed", range(2))
def test_more_areas_never_mean_more_waiting_for_rings(seed: int) -> None:
    kept = []
    for areas in (1, 2, 3, 6):
        measures = measure(one_after_the_other(seed, geographies__0__areas=areas))
        waits = measures.waits
        kept.append(waits["blocked"][waits["pool_kind"] == "rings"].sum())
    assert all(low >= high for low, high in pairwise(kept))
    assert kept[0] > kept[-1] == 0


def test_a_part_of_a_run_is_the_whole_run_cut_short(measured: Measures) -> None:
    end = month_start(measured.end_day)
    seen: list[tuple[int, int]] = []
    part = measure(crowded(), until=end, watch=lambda day, last: seen.append((day, last)))
    assert part.end_day == end
    assert seen[-1] == (end, end)
    assert [day for day, _ in seen] == sorted({day for day, _ in seen})
    before = measured.feed["month"] < end
    for column, values in part.feed.items():
        assert_array_equal(values, measured.feed[column][before])
    window = (month_start(measured.first_day + 62), end)
    for name in ("harvested_t_per_year", "utilisation_rings", "feed_cost_per_year"):
        assert kpis(part, window)[name] == pytest.approx(kpis(measured, window)[name])


def test_the_same_company_gives_the_same_measures(measured: Measures) -> None:
    again = measure(crowded())
    for table in TYPES:
        for column, values in getattr(again, table).items():
            assert_array_equal(values, getattr(measured, table)[column])


def test_measures_can_be_sent_to_another_process(measured: Measures) -> None:
    sent = pickle.loads(pickle.dumps(measured))
    assert kpis(sent) == pytest.approx(kpis(measured), nan_ok=True)
    assert sent.pools == measured.pools


def test_measures_are_unpacked_as_they_were_but_not_those_of_another_version(
    measured: Measures,
) -> None:
    again = unpack(pack(measured))
    assert again is not None
    assert again.pools == measured.pools
    for table, types in TYPES.items():
        for column in types:
            assert_array_equal(getattr(again, table)[column], getattr(measured, table)[column])
    for table, column in (("holders", None), ("waits", "cause")):
        plain = json.loads(zlib.decompress(pack(measured)))
        del (plain if column is None else plain[table])[column or table]
        assert unpack(zlib.compress(json.dumps(plain).encode())) is None


def test_columns_have_their_types(measured: Measures) -> None:
    for name, types in TYPES.items():
        table = getattr(measured, name)
        assert list(table) == list(types)
        assert {column: values.dtype for column, values in table.items()} == {
            column: np.dtype(kind) for column, kind in types.items()
        }
        assert len({len(values) for values in table.values()}) == 1


def test_the_catalogue_names_every_figure(measured: Measures) -> None:
    known = catalogue(crowded())
    assert list(known) == list(kpis(measured))
    assert known == catalogue_of(measured)
    assert {kpi.better for kpi in known.values()} == {"more", "less", None}


@pytest.mark.parametrize("name", ["smoke", "tight", "production"])
def test_the_catalogue_knows_the_pools_of_a_shipped_scenario(name: str) -> None:
    scenario = load(SCENARIOS / f"{name}.yaml").scenario
    kinds = {
        ledger.pools.name
        for farm in World(scenario, ()).farms
        for ledger in farm.resources.ledgers()
    }
    named = {f"utilisation_{kind.lower().replace(' ', '_')}" for kind in kinds}
    known = catalogue(scenario)
    assert {kpi for kpi in known if kpi.startswith("utilisation_")} == named


def test_figures_lie_within_what_they_can_be() -> None:
    measures = measure(crowded())
    known = catalogue_of(measures)
    for name, value in kpis(measures).items():
        least, most = known[name].domain
        assert math.isnan(value) or least <= value <= most + 1e-9, name
    assert {name for name, kpi in known.items() if kpi.signed} >= {"margin_per_year"}
    assert not known["wait_days_per_batch"].signed
