"""Lice: they grow up with the temperature, come and go with the season, fall with treatment."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim.biology.lice import burden, counted, most_counted, stage_rate, swing
from sim.fish.condition import LICE_STAGES
from sim.fish.lice import ADULT_FEMALES, ALL_TYPES, COUNTED, TYPES, type_rows
from sim.processes.health.delousing import Patients
from sim.scenario.knobs.health import Delousing, LiceKnobs
from sim.world import World
from tests.support.small_company import COMPANY, Told, company, run

RATE = LiceKnobs().stage_rate
FEMALE = LICE_STAGES.index("adult female")

WAY: dict[str, Any] = {
    "name": "Bath", "method": "freshwater", "rings_per_day": 2, "kills_attached": 0.9,
    "kills_mobile": 0.95, "mortality_percent": 0.5, "fasting_days": 1,
}  # fmt: skip
LICE: dict[str, Any] = {
    "external_per_fish_day": 0.3,
    "counting": {"interval_days": 3, "methods": {"manual": 1.0}, "confidence": {"manual": 1.0}},
}
SEA = {**COMPANY["geographies"][0], "stations": 2, "areas": 3, "wellboats": 4}


def infested(
    *, lice: dict[str, Any] | None = None, sea: dict[str, Any] | None = None, **changes: object
) -> Told:
    water = {"mean_degc": 12.0, "amplitude_degc": 0.0}
    geography = {**SEA, "sea": water, **(sea or {})}
    slow = {"stages__3__tgc": 3.0, **changes}  # nobody is harvested before the stage is over
    return run(company(lice={**LICE, **(lice or {})}, geographies=[geography], **slow))


def females(told: Told) -> np.ndarray[Any, Any]:
    """Adult females counted per count of a ring, in order of time."""
    table = told.cuts[0].table("lice_counts")
    return table["count"][table["type"] == COUNTED[-1]]


@pytest.mark.parametrize(("degc", "least", "most"), [(6.0, 65, 75), (10.0, 34, 42), (14.0, 20, 26)])
def test_days_from_infection_to_adult(degc: float, least: float, most: float) -> None:
    """Published: 72 days at 6 degrees, 36 at 10, 23 at 14 (Hamre 2019)."""
    assert least <= 5 / float(stage_rate(np.array(degc), RATE)) <= most


def test_a_cohort_takes_as_long_as_its_stages() -> None:
    """Lice put on a ring on one day become adult, on average, when the five stages are over."""
    told = run(company(lice={**LICE, "attached_loss_per_day": 0.0, "mobile_loss_per_day": 0.0,
                             "external_per_fish_day": 0.0, "own_per_female_day": 0.0,
                             "caligus_per_fish_day": 0.0, "counting": {"interval_days": 60}}),
               days=45)  # fmt: skip
    farm, population = told.farm, told.world.company.lice
    rings = np.flatnonzero((farm.stock.batch >= 0) & farm.layout.at_sea)
    assert population is not None
    assert len(rings) == 6
    lice = farm.stock.condition.lice
    lice[:, rings] = 0.0
    lice[0, rings] = 1.0
    adult = [0.0]
    for _ in range(150):
        population.step(farm.today)
        adult.append(float(lice[5:7, rings[0]].sum()))
    assert adult[-1] == pytest.approx(1.0, abs=1e-3)  # none is lost on the way
    mean = float((np.diff(adult) * np.arange(1, 151)).sum() / adult[-1])
    degc = farm.stock.temperature(rings[:1], farm.today)
    assert mean == pytest.approx(5 / float(stage_rate(degc, RATE)[0]), rel=0.02)


def test_counts_have_the_mean_and_spread_of_a_negative_binomial() -> None:
    luck, clump = np.random.default_rng(1).random((2, 200_000))
    counts = counted(np.full(200_000, 0.4), 20, burden(20, 1.5, clump), luck)
    assert counts.mean() == pytest.approx(8.0, rel=0.01)
    assert counts.var() == pytest.approx(8 + 64 / 30, rel=0.03)
    rising = counted(
        np.full(3, 5.0), 20, burden(20, 1.5, np.full(3, 0.5)), np.array([0.2, 0.5, 0.9])
    )
    assert (np.diff(rising) > 0).all()


AQUAMIND_TYPES = {
    (species, gender, stage)
    for species, stages in {
        "Lepeophtheirus salmonis": ("copepodid", "chalimus", "pre-adult", "adult"),
        "Caligus elongatus": ("juvenile", "adult"),
    }.items()
    for gender in ("female", "male")
    for stage in stages
}
"""Its migration ``health.0021_populate_lice_types``, without lice of an unknown species."""


def at_sea(caligus_per_fish_day: float = 0.0) -> tuple[Told, np.ndarray[Any, Any]]:
    """A company whose fish have come to sea, with no louse on them so far; and their rings."""
    told = run(company(lice={**LICE, "external_per_fish_day": 0.0, "own_per_female_day": 0.0,
                             "caligus_per_fish_day": caligus_per_fish_day,
                             "attached_loss_per_day": 0.0,
                             "mobile_loss_per_day": 0.0, "caligus_loss_per_day": 0.0,
                             "counting": {**LICE["counting"], "interval_days": 60}}),
               days=45)  # fmt: skip
    rings = np.flatnonzero((told.farm.stock.batch >= 0) & told.farm.layout.at_sea)
    told.farm.stock.condition.lice[:, rings] = 0.0
    return told, rings


def test_both_species_are_told_apart_as_in_aquamind() -> None:
    assert len(TYPES) == 12
    assert set(TYPES) == AQUAMIND_TYPES
    assert [TYPES[kind] for kind in COUNTED[-1:]] == list(TYPES[ADULT_FEMALES])
    assert len({row["description"] for row in type_rows()}) == 12


def test_a_count_by_type_shows_what_is_on_the_fish() -> None:
    """Half of those whose sex does not show is female; adult salmon lice are what they are."""
    told, rings = at_sea()
    on_fish = dict(zip(LICE_STAGES, np.arange(1, 10) / 4, strict=True))
    told.farm.stock.condition.lice[:, rings] = np.array(list(on_fish.values()))[:, None]
    assert told.farm.lice is not None
    days = range(told.farm.today, told.farm.today + 6000, 60)
    counts = sum(told.farm.lice.count(rings, day, 1.0, ALL_TYPES) for day in days)
    found = dict(zip(TYPES, np.asarray(counts).mean(axis=1) / len(days) / 20, strict=True))
    shown = {
        "copepodid": on_fish["copepodid"] / 2,
        "chalimus": (on_fish["chalimus 1"] + on_fish["chalimus 2"]) / 2,
        "pre-adult": (on_fish["pre-adult 1"] + on_fish["pre-adult 2"]) / 2,
    }
    for (species, gender, stage), lice in found.items():
        if species == "Caligus elongatus":
            expected = on_fish[f"caligus {stage}"] / 2
        else:
            expected = on_fish[f"adult {gender}"] if stage == "adult" else shown[stage]
        assert lice == pytest.approx(expected, rel=0.1), (species, gender, stage)


def test_who_counts_the_adult_females_alone_finds_as_many() -> None:
    """They decide on treatment: what else is counted must not touch their luck."""
    told, rings = at_sea()
    told.farm.stock.condition.lice[:, rings] = 0.7
    assert told.farm.lice is not None
    for day in range(told.farm.today, told.farm.today + 600, 60):
        alone = told.farm.lice.count(rings, day, 1.0, ADULT_FEMALES)
        assert (told.farm.lice.count(rings, day, 1.0, ALL_TYPES)[ADULT_FEMALES] == alone).all()


def test_caligus_grows_up_in_the_published_time() -> None:
    """24.7 days at 10 C (Piasecki and MacKinnon 1995); else faster or slower as salmon lice do."""
    told, rings = at_sea()
    population, lice = told.world.company.lice, told.farm.stock.condition.lice
    assert population is not None
    juvenile, adult = LICE_STAGES.index("caligus juvenile"), LICE_STAGES.index("caligus adult")
    lice[juvenile, rings] = 1.0
    population.step(told.farm.today)
    degc = told.farm.stock.temperature(rings[:1], told.farm.today)
    pace = stage_rate(degc, RATE)[0] / stage_rate(np.array(10.0), RATE)
    assert lice[adult, rings[0]] == pytest.approx(pace / 24.7)
    assert lice[juvenile, rings[0]] + lice[adult, rings[0]] == pytest.approx(1.0)


def test_some_caligus_come_as_adults() -> None:
    told, rings = at_sea(caligus_per_fish_day=1.0)
    population, lice = told.world.company.lice, told.farm.stock.condition.lice
    assert population is not None
    population.step(told.farm.today)
    new = {stage: float(lice[LICE_STAGES.index(f"caligus {stage}"), rings[0]])
           for stage in ("adult", "juvenile")}  # fmt: skip
    assert new["adult"] / sum(new.values()) == pytest.approx(0.44)


@pytest.mark.parametrize("lice", [0.0, 0.01, 0.3, 3.0, 11.99, 12.0, 14.0, 40.0, 900.0])
def test_no_count_passes_its_bound(lice: float) -> None:
    """Whatever the luck, even the greatest that there is; and the bound is worth asking."""
    rng = np.random.default_rng(3)
    luck, spread = rng.random((3000, 20)), rng.uniform(0.1, 2, (3000, 20))
    luck[0], luck[1], luck[2] = 1 - 2.0**-53, 2.0**-53, 0.5
    luck[3, ::2], luck[4, 0] = 1 - 2.0**-53, 1 - 2.0**-53
    found = counted(np.full(luck.shape, lice / 20), 20, spread, luck).sum(axis=1)
    means = (lice * spread).sum(axis=1)
    each = zip(means.tolist(), swing(luck).tolist(), strict=True)
    most = np.array([most_counted(mean, above, 20) for mean, above in each])
    assert (found <= most).all()
    alone = counted(np.full(luck.shape, lice / 20), 20, spread, luck)[:, 0]
    one = zip((lice * spread[:, 0]).tolist(), swing(luck[:, :1]).tolist(), strict=True)
    assert (alone <= np.array([most_counted(mean, above, 1) for mean, above in one])).all()
    assert most[5:].mean() < 40 + 2 * means.mean()


def test_who_records_treats_as_often_as_who_does_not() -> None:
    """Counts are left out only where they could not have called anybody."""
    told = infested(delousing={"methods": [WAY]})
    silent = World(told.world.scenario, recording=())
    silent.advance(silent.plan.end_day)
    treated = [batch.delousings for batch in told.farm.batches]
    assert sum(map(len, treated)) >= 2
    assert [batch.delousings for batch in silent.farms[0].batches] == treated


def test_a_warmer_sea_has_more_lice() -> None:
    cold = infested(sea={"sea": {"mean_degc": 7.0, "amplitude_degc": 0.0}}, delousing={})
    warm = infested(sea={"sea": {"mean_degc": 13.0, "amplitude_degc": 0.0}}, delousing={})
    assert females(warm).mean() > 3 * females(cold).mean() > 0


def test_lice_follow_the_season() -> None:
    flat = infested(delousing={})
    winter = infested(lice={"season": [0.0] * 12}, delousing={})
    assert females(winter).sum() == 0 < females(flat).sum()


def test_neighbours_give_lice_by_their_distance() -> None:
    """Adult females of one area infest their own rings, and those next to it by the share."""
    told = run(
        company(
            lice={"external_per_fish_day": 0.0, "caligus_per_fish_day": 0.0, "ring_sd": 0.0,
                  "own_per_female_day": 0.05, "neighbour_share": 0.2, "neighbour_reach": 1},
            geographies=[{**SEA, "stations": 3, "wellboats": 6}],
            schedule__batches=3, schedule__stagger_days=1,
        ),
        days=50,
    )  # fmt: skip
    farm, population = told.farm, told.world.company.lice
    assert population is not None
    rings = [np.array(area.containers) for area in farm.layout.areas]
    assert all((farm.stock.batch[units] >= 0).all() for units in rings)
    lice = farm.stock.condition.lice
    lice[FEMALE, rings[0]] = 2.0
    population.step(farm.today)
    got = [float(lice[0, units].mean()) for units in rings]
    assert got[0] > 0
    assert got[1] == pytest.approx(0.2 * got[0])
    assert got[2] == 0.0


def test_treatment_takes_lice_off_and_costs_fish() -> None:
    left = infested(delousing={})
    treated = infested(delousing={"methods": [WAY], "minimum_interval_days": 14})
    rows = treated.rows("treatment")
    assert rows
    assert not left.rows("treatment")
    assert females(treated).mean() < 0.7 * females(left).mean()
    dead = {reason: 0 for _, reason in treated.farm.stock.condition.reasons}
    table = treated.cuts[0].table("deaths")
    for reason, count in zip(table["reason"], table["count"], strict=True):
        dead[treated.farm.stock.condition.reasons[reason][1]] += int(count)
    assert dead["Bath"] > 0
    assert {row["outcome"] for row in rows} & {"successful", "partial"}
    first_days = [day for day, _ in treated.farm.batches[0].delousings]
    assert all(later - day >= 14 for day, later in pairwise(first_days))


def test_treated_fish_fast() -> None:
    told = infested(delousing={"methods": [{**WAY, "fasting_days": 2}]})
    days = told.days()
    treated = {(row["container"], int(row["treatment_date"] // 86_400_000_000))
               for row in told.rows("treatment")}  # fmt: skip
    fasting = [days["eaten_dag"][(days["container"] == ring) & (days["day"] == day + later)]
               for ring, day in treated for later in (0, 1)]  # fmt: skip
    assert len(treated) > 3
    assert all((eaten == 0).all() for eaten in fasting)
    after = [days["eaten_dag"][(days["container"] == ring) & (days["day"] == day + 2)]
             for ring, day in treated]  # fmt: skip
    assert any((eaten > 0).any() for eaten in after)


SOUND = Patients(degc=10.0, weight_g=2000.0, gills=0.1, wounds=0.1, illness=0.1)


@pytest.mark.parametrize(
    ("knob", "allowed", "forbidden"),
    [
        ("least_degc", 10.0, 10.1), ("most_degc", 10.0, 9.9),
        ("least_weight_g", 2000.0, 2001.0), ("most_weight_g", 2000.0, 1999.0),
        ("most_gill_damage", 0.1, 0.09), ("most_wounds", 0.1, 0.09),
        ("most_illness", 0.1, 0.09),
    ],
)  # fmt: skip
def test_a_way_is_used_only_where_its_conditions_hold(
    knob: str, allowed: float, forbidden: float
) -> None:
    assert SOUND.bear(Delousing.model_validate({**WAY, knob: allowed}))
    assert not SOUND.bear(Delousing.model_validate({**WAY, knob: forbidden}))


def ways_used(*ways: dict[str, Any], degc: float = 12.0, **policy: object) -> list[str]:
    """How a batch with many lice was treated, one after the other."""
    methods = [{**WAY, "mortality_percent": 0.0, **way} for way in ways]
    told = infested(
        lice={"external_per_fish_day": 2.0},
        sea={"sea": {"mean_degc": degc, "amplitude_degc": 0.0}},
        delousing={"methods": methods, "minimum_interval_days": 6, **policy},
    )
    return [name for _, name in told.farm.batches[0].delousings]


WARM = {"name": "Warm water", "method": "thermal", "most_degc": 12.5}
FLUSH = {"name": "Flushing", "method": "mechanical", "least_degc": 8.0}


def test_the_water_decides_on_the_way() -> None:
    assert set(ways_used(WARM, FLUSH, degc=15.0)) == {"Flushing"}
    assert set(ways_used({**WARM, "most_degc": 30.0}, {**FLUSH, "least_degc": 29.0})) == {
        "Warm water"
    }


def test_ways_take_turns_unless_they_need_not() -> None:
    used = ways_used(WARM, FLUSH)
    assert len(used) >= 2
    assert used == (["Warm water", "Flushing"] * len(used))[: len(used)]
    assert set(ways_used(WARM, FLUSH, rotate=False)) == {"Warm water"}


def test_a_way_rests_before_it_is_used_again() -> None:
    used = ways_used({**WARM, "rest_days": 60}, FLUSH, rotate=False)
    assert used.count("Warm water") == 1
    assert used[:1] == ["Warm water"]
    assert len(used) >= 2


def test_planned_days_treat_whatever_is_counted() -> None:
    """Two fixed treatments a batch, as the older scripts have them: at the next weekly count."""
    told = infested(
        lice={"external_per_fish_day": 0.001},
        delousing={"methods": [WAY], "planned_days": [12, 30], "minimum_interval_days": 7},
    )
    [batch] = told.farm.batches
    assert [day - batch.entered["sea"] for day, _ in batch.delousings] == [12, 30]


def test_a_missing_vessel_is_seen_in_waits_lice_and_deaths() -> None:
    """Six batches side by side and one slow vessel for them all, against one for each."""

    def of(vessels: int) -> Told:
        return infested(
            sea={"areas": 6, "stations": 6, "treatment_vessels": vessels, "wellboats": 6,
                 "plant_kg_per_day": 60_000.0},
            lice={"external_per_fish_day": 1.5, "hazard_percent_per_female": 0.1},
            schedule__batches=6, schedule__stagger_days=1, schedule__tail_days=92,
            delousing={"methods": [{**WAY, "rings_per_day": 1, "mortality_percent": 0.0}]},
        )  # fmt: skip

    scarce, ample = of(1), of(6)
    waits = [row for row in scarce.rows("wait") if row["kind"] == "treatment"]
    assert waits
    assert not [row for row in ample.rows("wait") if row["kind"] == "treatment"]
    assert females(scarce).mean() > 1.1 * females(ample).mean()

    def died_of_lice(told: Told) -> int:
        table = told.cuts[0].table("deaths")
        reason = told.farm.stock.condition.reasons.index(("DISEASE", "Salmon lice"))
        return int(table["count"][table["reason"] == reason].sum())

    assert died_of_lice(scarce) > died_of_lice(ample)
    ledgers = {ledger.pool: ledger.total() for ledger in scarce.farm.resources.ledgers()}
    assert ledgers["N treatment vessels"].queue_days > 0


def test_withholding_holds_the_harvest_back() -> None:
    """With no margin kept, a treatment before harvest makes the rings wait."""
    knobs: dict[str, Any] = {
        "delousing": {"methods": [{**WAY, "withholding_days": 30, "mortality_percent": 0.0}],
                      "minimum_interval_days": 7},
        "lice": {"external_per_fish_day": 2.0},
        "schedule__tail_days": 140,
    }  # fmt: skip
    told = infested(outbreaks={"harvest_margin_days": -365}, **knobs)
    waits = [row for row in told.rows("wait") if row["kind"] == "withholding"]
    assert waits
    ring_of = {row["key"]: row["container"] for row in told.rows("assignment")}
    until: dict[int, int] = {}
    for row in told.rows("treatment"):
        day = int(row["treatment_date"] // 86_400_000_000) + row["withholding_period_days"]
        until[row["container"]] = max(until.get(row["container"], 0), day)
    for row in told.rows("harvest_event"):
        day = int(row["event_date"] // 86_400_000_000)
        assert day >= until.get(ring_of[row["assignment"]], 0)
    assert told.rows("harvest_event")

    careful = infested(**knobs)
    assert not [row for row in careful.rows("wait") if row["kind"] == "withholding"]
