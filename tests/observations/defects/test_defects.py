"""Defects on request: the labelled truth is complete, and defects are what they are called."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.biology.water import oxygen_saturation_mg_l
from sim.core.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.facts import NULL, Block, Chunk
from sim.observations.defects.frame import Frame
from sim.observations.defects.spells import SensorColumns, of_pairs, of_sensors
from sim.observations.defects.spoiler import whole_days
from sim.runner import simulate
from sim.scenario import Scenario
from sim.scenario.knobs.defects import _ALL, Defects
from sim.sites.parameters import FRESHWATER_PARAMETERS, PARAMETERS
from tests.observations.test_expansion import canonical
from tests.support.small_company import COMPANY, Told, company, joined, run

READINGS = "environmental_environmentalreading"
FIELDS = ("value", "created_at", "batch", "container", "parameter", "batch_container_assignment")
SPELL = {"hours_min": 6, "hours_max": 60}
GEOGRAPHY = {**COMPANY["geographies"][0], "stations": 2}
KINDS: dict[str, dict[str, Any]] = {
    "missing": {"share": 0.01, "dead": {"per_sensor_day": 0.02, **SPELL}},
    "late": {"per_container_day": 0.04, "mortality_share": 0.2, **SPELL},
    "duplicate": {"share": 0.01},
    "stuck": {"per_sensor_day": 0.03, **SPELL},
    "spike": {"share": 0.01},
    "unit": {"per_sensor_day": 0.02, "sample_share": 0.5, "sample_from_g": 10.0, **SPELL},
    "swapped": {"per_pair_day": 0.03, **SPELL},
}

Facts = dict[str, dict[str, np.ndarray]]
Rows = dict[tuple[int, int], tuple[int, ...]]


def scenario(*kinds: str, **changes: object) -> Scenario:
    """Halls and rings are occupied at once; some kinds of defects, often."""
    defects = {kind: KINDS[kind] for kind in kinds}
    return company(geographies=[GEOGRAPHY], schedule__batches=2, defects=defects, **changes)


def facts_of(*kinds: str, **changes: object) -> Facts:
    return run(scenario(*kinds, **changes)).facts()


@pytest.fixture(scope="module")
def clean() -> Facts:
    return facts_of()


@pytest.fixture(scope="module")
def dirty() -> Facts:
    return facts_of(*KINDS)


def by_place(facts: Facts) -> Rows:
    rows = facts["reading"]
    keys = zip(rows["sensor"].tolist(), rows["reading_time"].tolist(), strict=True)
    values = zip(*(rows[name].tolist() for name in FIELDS), strict=True)
    found = dict(zip(keys, values, strict=True))
    assert len(found) == len(rows["key"])  # the table's key
    return found


def labels(facts: Facts, kind: str = "") -> list[dict[str, Any]]:
    columns = facts["defect"]
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    return [row for row in found if kind in ("", row["kind"])]


def of_readings(facts: Facts, kind: str = "") -> list[dict[str, Any]]:
    return [row for row in labels(facts, kind) if row["table_name"] == READINGS]


def cleaned(facts: Facts) -> Rows:
    """Lay the truth over dirty readings, insisting that each label is met as it says."""
    rows = by_place(facts)
    for label in of_readings(facts):
        place = label["sensor"], label["row_time"]
        where = (label["batch"], label["container"], label["parameter"], label["assignment"])
        if label["kind"] == "missing":
            assert place not in rows
            rows[place] = (label["true_value"], label["row_time"], *where)
            continue
        value, created, *rest = rows.pop(place)
        assert tuple(rest) == where
        if label["kind"] == "duplicate":
            assert (value, created) == (label["written_value"], label["written_time"])
            assert rows[label["sensor"], label["true_time"]][0] == value
        elif label["kind"] == "late":
            assert created == label["written_time"]
            rows[place] = (value, label["true_time"], *where)
        else:
            assert value == label["written_value"]
            rows[place] = (label["true_value"], created, *where)
    return rows


def test_every_kind_is_met(dirty: Facts) -> None:
    found = [row["kind"] for row in of_readings(dirty)]
    for kind in KINDS:
        assert found.count(kind) > 100, kind


def test_rows_and_truth_are_the_clean_data(clean: Facts, dirty: Facts) -> None:
    assert by_place(dirty) != by_place(clean)
    assert cleaned(dirty) == by_place(clean)


def test_records_and_truth_are_the_clean_records(clean: Facts, dirty: Facts) -> None:
    samples = dict(zip(*(dirty["growth_sample"][c].tolist() for c in ("key", "avg_weight_g")),
                       strict=True))  # fmt: skip
    deaths = dict(zip(*(dirty["mortality"][c].tolist() for c in ("key", "created_at")),
                      strict=True))  # fmt: skip
    told = [row for row in labels(dirty) if row["table_name"] != READINGS]
    assert len(
        {(row["table_name"], row["growth_sample"], row["mortality"]) for row in told}
    ) == len(told)
    for label in told:
        if label["table_name"] == "batch_growthsample":
            key = label["growth_sample"]
            assert samples[key] * 100 == label["written_value"]
            assert abs(label["true_value"] - 1000 * label["written_value"]) <= 50_000  # 5 g
            assert label["true_value"] >= 10 * 10_000
            samples[key] = label["true_value"] // 100
        else:
            assert deaths[label["mortality"]] == label["written_time"]
            late = label["written_time"] - label["true_time"]
            assert late % MICROSECONDS_PER_DAY == 0
            assert 1 <= late // MICROSECONDS_PER_DAY <= 7
            deaths[label["mortality"]] = label["true_time"]
    assert len({row["table_name"] for row in told}) == 2
    assert samples == dict(
        zip(*(clean["growth_sample"][c].tolist() for c in ("key", "avg_weight_g")), strict=True)
    )
    assert deaths == dict(
        zip(*(clean["mortality"][c].tolist() for c in ("key", "created_at")), strict=True)
    )
    assert (dirty["mortality"]["updated_at"] == dirty["mortality"]["created_at"]).all()


def test_all_other_facts_are_as_they_were(clean: Facts, dirty: Facts) -> None:
    touched = {"reading", "growth_sample", "mortality", "defect"}
    assert set(dirty) == {*clean, "defect"}
    for kind in set(clean) - touched:
        assert canonical({kind: clean[kind]}) == canonical({kind: dirty[kind]}), kind
    for kind in ("reading", "defect"):
        keys = dirty[kind]["key"]
        assert np.array_equal(np.sort(keys), np.arange(len(keys))), kind


def test_a_reading_has_one_label_at_most(dirty: Facts) -> None:
    places = [
        (row["sensor"], row["true_time"] if row["kind"] == "duplicate" else row["row_time"])
        for row in of_readings(dirty)
    ]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("defects", [None, {}, {"spike": {"share": 0.0}}])
def test_without_a_rate_nothing_changes(clean: Facts, defects: object) -> None:
    told = run(company(geographies=[GEOGRAPHY], schedule__batches=2, defects=defects)).facts()
    assert "defect" not in told
    assert canonical(told) == canonical(clean)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_alone_is_as_complete(clean: Facts, kind: str) -> None:
    alone = facts_of(kind)
    assert {row["kind"] for row in labels(alone)} == {kind}
    assert cleaned(alone) == by_place(clean)


# What each kind looks like.


def true_rows(clean: Facts) -> dict[tuple[int, int], int]:
    return {place: row[0] for place, row in by_place(clean).items()}


def test_fahrenheit_percent_and_ions(clean: Facts) -> None:
    told = run(scenario("unit"))
    truth, first = true_rows(clean), told.farm.layout.first_sensor
    at_sea = told.farm.layout.at_sea
    seen = set()
    for row in of_readings(told.facts(), "unit"):
        true, written = row["true_value"] / 1e4, row["written_value"] / 1e4
        name = PARAMETERS[row["parameter"]]
        seen.add((name, bool(at_sea[row["container"]])))
        if name == "Temperature":
            assert written == pytest.approx(true * 9 / 5 + 32, abs=1e-4)
        elif name == "Dissolved Oxygen":
            sensor = int(first[row["container"]])
            degc = truth[sensor, row["row_time"]] / 1e4
            salt = truth[sensor + 3, row["row_time"]] / 1e4 if at_sea[row["container"]] else 0.0
            full = float(oxygen_saturation_mg_l(np.float64(degc), salt))
            assert written == pytest.approx(100 * true / full, abs=0.0501)
        else:
            ion = {"NO2": 3.2845, "NO3": 4.4268, "NH4": 1.2878}[name]
            assert written == pytest.approx(true * ion, rel=1e-4, abs=1e-4)
    assert seen >= {(name, False) for name in ("Temperature", "Dissolved Oxygen", "NO2", "NH4")}
    assert seen >= {("Temperature", True), ("Dissolved Oxygen", True)}


def test_a_stuck_sensor_repeats_its_last_good_value(clean: Facts, dirty: Facts) -> None:
    truth = by_place(clean)
    times: dict[int, list[int]] = {}
    for sensor, time in sorted(truth):
        times.setdefault(sensor, []).append(time)
    for facts in (facts_of("stuck"), dirty):
        spells: dict[tuple[int, int], set[int]] = {}
        for row in of_readings(facts, "stuck"):
            place = row["sensor"], row["since"]
            spells.setdefault(place, set()).add(row["written_value"])
            before = max(time for time in times[row["sensor"]] if time < row["since"])
            good = truth[row["sensor"], before]
            assert good[0] == row["written_value"]
            assert good[-1] == row["assignment"]  # what it had measured was these fish's
            assert row["since"] <= row["row_time"] < row["until"]
        assert len(spells) > 20
        assert {len(values) for values in spells.values()} == {1}


def test_what_was_measured_of_other_fish_is_not_repeated() -> None:
    """Spells that outlast the rest of a hall do not stick to the next batch."""
    long = {"per_sensor_day": 0.05, "hours_min": 200, "hours_max": 300}
    told = run(company(schedule__batches=3, defects={"stuck": long}))
    facts = told.facts()
    assignments: dict[tuple[int, int], set[int]] = {}
    outlasting = 0
    for row in of_readings(facts, "stuck"):
        assignments.setdefault((row["sensor"], row["since"]), set()).add(row["assignment"])
        mine = [r for r in told.rows("assignment") if r["container"] == row["container"]]
        outlasting += any(
            row["until"] > (r["assignment_date"] + 1) * MICROSECONDS_PER_DAY > row["row_time"]
            for r in mine if r["key"] != row["assignment"]
        )  # fmt: skip
    assert outlasting > 100
    assert {len(keys) for keys in assignments.values()} == {1}


def test_a_spike_is_far_off_for_one_reading(clean: Facts) -> None:
    usual = Defects().spike.size.by_parameter()
    rows = of_readings(facts_of("spike"), "spike")
    share = np.array([
        (row["written_value"] - row["true_value"]) / 1e4 / usual[PARAMETERS[row["parameter"]]]
        for row in rows
    ])  # fmt: skip
    assert np.abs(share).min() >= 0.49
    assert np.abs(share).max() <= 1.51
    assert np.abs(share).mean() == pytest.approx(1, abs=0.06)
    assert (share > 0).mean() == pytest.approx(0.5, abs=0.1)
    expected = 0.01 * len(by_place(clean))
    assert len(rows) == pytest.approx(expected, abs=4 * math.sqrt(expected))
    assert {row["since"] for row in rows} == {NULL}


def test_a_duplicate_comes_within_a_minute(dirty: Facts) -> None:
    after = [row["row_time"] - row["true_time"] for row in of_readings(dirty, "duplicate")]
    seconds = np.array(after) / 1e6
    assert set(seconds.tolist()) <= set(range(1, 61))
    assert len(set(seconds.tolist())) > 30


def test_what_is_late_comes_when_the_link_is_back(dirty: Facts) -> None:
    rows = of_readings(dirty, "late")
    waits = np.array([row["written_time"] - row["true_time"] for row in rows])
    assert (waits >= MICROSECONDS_PER_HOUR).all()  # the grace
    assert waits.max() > 30 * MICROSECONDS_PER_HOUR
    assert {(row["written_time"], row["true_time"]) for row in rows} == {
        (row["until"], row["row_time"]) for row in rows
    }
    together: dict[tuple[int, int], set[int]] = {}
    for row in rows:
        together.setdefault((row["container"], row["row_time"]), set()).add(row["sensor"])
    assert np.mean([len(sensors) for sensors in together.values()]) > 3  # the whole logger


def test_swapped_sensors_are_in_the_neighbours_water(clean: Facts, dirty: Facts) -> None:
    told = run(scenario("swapped"))
    layout, truth = told.farm.layout, true_rows(clean)
    for facts in (told.facts(), dirty):
        rows = of_readings(facts, "swapped")
        pairs = set()
        for row in rows:
            mine, other = row["container"], row["other_container"]
            assert layout.site_of[mine] == layout.site_of[other]
            assert abs(mine - other) == 1
            theirs = int(layout.first_sensor[other] + row["sensor"] - layout.first_sensor[mine])
            assert row["written_value"] == truth[theirs, row["row_time"]]
            pairs.add((mine, other))
        assert {(other, mine) for mine, other in pairs} == pairs
    alone = {(row["sensor"], row["row_time"]): row for row in of_readings(told.facts())}
    for row in alone.values():  # both have it, or neither
        shift = layout.first_sensor[row["other_container"]] - layout.first_sensor[row["container"]]
        back = alone[int(row["sensor"] + shift), row["row_time"]]
        assert (back["true_value"], back["written_value"]) == (
            row["written_value"], row["true_value"],
        )  # fmt: skip


def test_a_dead_sensor_is_silent_for_its_whole_spell(
    dirty: Facts,
) -> None:
    there: dict[int, np.ndarray] = {}
    for sensor in np.unique(dirty["reading"]["sensor"]):
        mine = dirty["reading"]["sensor"] == sensor
        there[int(sensor)] = dirty["reading"]["reading_time"][mine]
    spells = {
        (row["sensor"], row["since"], row["until"])
        for row in of_readings(dirty, "missing") if row["since"] != NULL
    }  # fmt: skip
    assert len(spells) > 20
    for sensor, since, until in spells:
        times = there[sensor]
        assert not ((times >= since) & (times < until)).any()


# Independence.


class Collector:
    """A sink that keeps facts."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def committed(self, *_: object) -> list[tuple[int, int]]:
        return []

    def commit(self, chunk: Chunk) -> int:
        self.blocks += chunk.facts
        return 0

    def replay(self, *_: object) -> int:
        raise AssertionError("nothing is committed")


@pytest.mark.parametrize("days", [None, 1, 7, 31, 100])
def test_where_chunks_are_cut_changes_no_defect(dirty: Facts, days: int | None) -> None:
    sink = Collector()
    some = scenario(*KINDS, writing__chunk_days=days)
    simulate(some, [0], 10**6, sink, lambda _: None, lambda: False)
    facts = joined(sink.blocks)
    assert canonical(facts) == canonical(dirty)
    assert len(facts["defect"]["key"]) > 2000


@pytest.mark.parametrize("buffer_rows", [1000, 1300, 5_000_000])
def test_the_size_of_the_buffer_changes_no_defect(dirty: Facts, buffer_rows: int) -> None:
    facts = facts_of(*KINDS, writing__buffer_rows=buffer_rows)
    assert canonical(facts) == canonical(dirty)


@pytest.mark.parametrize("kind", KINDS)
def test_one_more_kind_takes_places_only_from_those_behind_it(dirty: Facts, kind: str) -> None:
    order = ["missing", "swapped", "unit", "stuck", "spike", "duplicate", "late"]
    others = [other for other in KINDS if other != kind]
    without, with_it = (
        {
            (row["sensor"], row["row_time"], row["kind"], row["true_value"], row["written_value"])
            for row in of_readings(facts) if row["kind"] != kind
        }
        for facts in (facts_of(*others), dirty)
    )  # fmt: skip
    assert with_it <= without
    behind = set(order[order.index(kind) + 1 :])
    assert {row[2] for row in without - with_it} <= behind


def test_another_seed_has_other_defects(dirty: Facts) -> None:
    places = [
        {(row["sensor"], row["row_time"]) for row in of_readings(facts, "spike")}
        for facts in (dirty, facts_of(*KINDS, seed=2))
    ]
    assert len(places[0] & places[1]) < 0.1 * len(places[0])


def test_only_the_named_parameters_are_touched() -> None:
    facts = facts_of(
        defects__spike={"share": 0.02, "parameters": ["pH"]},
        defects__stuck={"per_sensor_day": 0.1, "parameters": ["Temperature"]},
    )
    found = {(row["kind"], PARAMETERS[row["parameter"]]) for row in of_readings(facts)}
    assert found == {("spike", "pH"), ("stuck", "Temperature")}


# Spells.


@pytest.fixture(scope="module")
def told() -> Told:
    return run(scenario(), days=30)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (5, 30), (48, 200)])
def test_spells_are_the_same_from_anywhere(told: Told, low: int, high: int) -> None:
    sensors = SensorColumns(told.farm.layout, 7)
    source = of_sensors(sensors, "stuck", 0.05, (low, high), PARAMETERS)
    day = 18_000
    whole = source.between(day, day + 90)
    hours = (whole.until - whole.since) / MICROSECONDS_PER_HOUR
    assert hours.min() >= low
    assert hours.max() <= high
    assert hours.mean() == pytest.approx((low + high) / 2, rel=0.1)
    assert (np.diff(whole.since) >= 0).all()
    expected = 0.05 * len(sensors.luck) * (90 + (low + high) / 2 / 24)
    assert len(whole) == pytest.approx(expected, abs=4 * math.sqrt(expected))
    for first, last in ((0, 1), (17, 40), (89, 90)):
        part = source.between(day + first, day + last)
        start, end = ((day + edge) * MICROSECONDS_PER_DAY for edge in (first, last))
        inside = (whole.until > start) & (whole.since < end)
        assert part.sensor.tolist() == whole.sensor[inside].tolist()
        assert part.since.tolist() == whole.since[inside].tolist()
        assert part.until.tolist() == whole.until[inside].tolist()


def test_a_higher_rate_keeps_the_spells_of_a_lower_one(told: Told) -> None:
    sensors = SensorColumns(told.farm.layout, 7)
    found = []
    for rate in (0.01, 0.03):
        spells = of_sensors(sensors, "dead", rate, (6, 60), PARAMETERS).between(18_000, 18_090)
        found.append(set(zip(spells.sensor.tolist(), spells.since.tolist(), strict=True)))
    assert len(found[0]) > 50
    assert found[0] < found[1]


def test_a_rate_of_one_begins_a_spell_every_day(told: Told) -> None:
    sensors = SensorColumns(told.farm.layout, 7)
    spells = of_sensors(sensors, "dead", 1.0, (1, 1), ["pH"]).between(18_000, 18_010)
    since = spells.since[spells.since >= 18_000 * MICROSECONDS_PER_DAY]
    assert len(since) == 10 * len(told.farm.layout.names)


def test_pairs_are_neighbours_and_nobody_is_in_two(told: Told) -> None:
    sensors, layout = SensorColumns(told.farm.layout, 7), told.farm.layout
    assert len(np.unique(sensors.pairs)) == sensors.pairs.size
    for one, other in sensors.pairs:
        assert layout.site_of[one] == layout.site_of[other]
        assert layout.names[other] > layout.names[one]
    spells = of_pairs(sensors, "swapped", 0.2, (10, 10)).between(18_000, 18_030)
    assert (sensors.container[spells.sensor] != spells.other).all()


def test_parts_end_where_days_end() -> None:
    day = np.array([5, 5, 5, 6, 6, 7, 9, 9])
    assert whole_days(day, [0, 3, 6, 8]) == [0, 3, 6, 8]
    assert whole_days(day, [0, 2, 4, 6, 8]) == [0, 3, 6, 8]
    assert whole_days(day, [0, 1, 2, 3, 4, 5, 6, 7, 8]) == [0, 3, 5, 6, 8]
    assert whole_days(day[:0], [0]) == [0]


def test_readings_in_another_order_are_refused(told: Told) -> None:
    facts = told.facts()["reading"]
    sensors = SensorColumns(told.farm.layout, 1)
    rows = len(FRESHWATER_PARAMETERS) * 6
    hours = np.array(told.farm.scenario.recording.reading_hours)
    good = {name: column[:rows] for name, column in facts.items()}
    Frame(Block("reading", rows, good), sensors, hours)
    turned = {name: column[:rows][::-1] for name, column in facts.items()}
    with pytest.raises(ValueError, match="not in the order of container-days"):
        Frame(Block("reading", rows, turned), sensors, hours)


def test_the_knobs_know_every_parameter() -> None:
    assert tuple(_ALL) == PARAMETERS
    assert set(Defects().spike.size.by_parameter()) == set(PARAMETERS)


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="hours_min 20 is above hours_max"):
        company(defects={"stuck": {"hours_min": 20, "hours_max": 10}})
    with pytest.raises(ValueError, match=r"size_factor_min 2\.0 is above"):
        company(defects={"spike": {"size_factor_min": 2.0, "size_factor_max": 1.0}})
