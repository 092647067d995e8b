"""Synthetic blocks for the tests of the stores: every field of every kind, none of the model.

The rows are consistent enough for every key, check and foreign key of the schema.
"""

import zlib
from collections.abc import Iterator

import numpy as np

from persistence.mapping.declared import HOMES
from persistence.schema import TABLES
from sim.facts import KINDS, NULL, Block, Chunk, Column, Text, canonical_json

GEOGRAPHIES = ("Faroe Islands", "Scotland")
FROM_DAY = 19000
DAY = 86_400_000_000
COUNTS = {
    "user": 1, "geography": 2, "container_type": 3, "species": 1, "stage": 6, "parameter": 8,
    "feed": 6, "grade": 5, "supplier": 2, "area_group": 1, "area": 2, "station": 2, "hall": 4,
    "container": 20, "sensor": 60, "feed_container": 6, "batch": 3, "assignment": 20,
    "content_type": 2, "company": 3, "finance_site": 4,
}  # fmt: skip
ENTITY_ROWS = 6
FACT_ROWS = 300
UNIQUE_TEXTS = {
    "name", "username", "code", "scientific_name", "batch_number", "workflow_number",
    "egg_batch_id", "document_ref", "fish_identifier",
}  # fmt: skip
TEXTS = ("AUTO", "", 'it\'s; "quoted"', "Fróðskapur þæö")


def _rng(*names: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(repr(names).encode()))


def count(kind: str) -> int:
    return COUNTS.get(kind, FACT_ROWS if KINDS[kind].role == "fact" else ENTITY_ROWS)


def block(kind: str, lane: int, first: int, rows: int, day: int = FROM_DAY) -> Block:
    """Rows ``first`` to ``first + rows`` of a kind, as of a day."""
    rng = _rng(kind, lane if KINDS[kind].role != "master" else "", first, day)
    keys = np.arange(first, first + rows, dtype=np.int64)
    columns: dict[str, Column] = {"key": keys}
    for field, kind_of_field in KINDS[kind].fields.items():
        columns[field] = _column(kind, field, kind_of_field, rng, keys, lane, day)
    columns.update(_particulars(kind, keys, lane, day))
    return Block(kind, rows, columns)


def _width(kind: str, field: str) -> int:
    """How long a text may be in its column."""
    table = TABLES[HOMES[kind].table]
    return getattr(table.columns[field].type, "length", None) or 1000


def _column(
    kind: str,
    field: str,
    field_type: str,
    rng: np.random.Generator,
    keys: np.ndarray,
    lane: int,
    day: int,
) -> Column:
    rows = len(keys)
    if field_type.startswith("key:"):
        kinds = field_type.removeprefix("key:").split("|")
        return rng.integers(0, min(map(count, kinds)), rows)
    if field_type == "text":
        if field in UNIQUE_TEXTS:
            tag = "" if KINDS[kind].role == "master" else f"{'FS'[lane]}-"
            return Text.of(f"{tag}{kind} {key}" for key in keys.tolist())
        if field.endswith("subsidiary"):
            return Text.of([(None, "FW", "FM")[i % 3] for i in range(rows)])
        texts = [text for text in TEXTS if len(text) <= _width(kind, field)]
        return Text(rng.integers(0, len(texts), rows).astype(np.int32), texts)
    if field_type == "json":
        documents = [canonical_json({"weight": "model", "temp": n, "ö": [1, 2]}) for n in range(3)]
        return Text(rng.integers(0, 3, rows).astype(np.int32), documents)
    if field_type == "bool":
        return rng.integers(0, 2, rows)
    if field_type == "date":
        return day + rng.integers(0, 28, rows)
    if field_type == "time":
        return day * DAY + rng.integers(0, 28 * 24, rows) * (DAY // 24)
    if field_type == "clock":
        return rng.integers(0, 24 * 3600, rows) * 1_000_000
    if field_type == "int":
        return rng.integers(0, 90, rows)
    return rng.integers(0, 9_000, rows)  # decimals and reals: 90 at scale 2, fits every column


def _particulars(kind: str, keys: np.ndarray, lane: int, day: int) -> dict[str, Column]:
    """What keys, checks and a bit of realism ask for."""
    rows = len(keys)
    none = np.full(rows, NULL, dtype=np.int64)
    odd = keys % 2 == 1
    hall = np.where(odd, keys % count("hall"), NULL)
    area = np.where(odd, NULL, keys % count("area"))
    date = day + keys % 28
    some: dict[str, dict[str, Column]] = {
        "stage": {"order": keys + 1, "species": 0},
        "area_group": {"geography": lane},
        "area": {"geography": lane, "area_group": np.where(odd, NULL, 0)},
        "station": {"geography": lane},
        "container": {
            "hall": hall,
            "area": area,
            "parent_container": np.where(keys > 4, keys - 4, NULL),
            "hierarchy_role": "HOLDING",
        },
        "feed_container": {"hall": hall, "area": area},
        "sensor": {"installation_date": none},
        "batch": {"actual_end_date": none if day < FROM_DAY + 20 else date, "notes": ""},
        "assignment": {"container": keys % count("container"), "departure_date": None},
        "external_egg_batch": {"egg_production": keys},
        "breeding_pair": {"female_fish": keys},
        "batch_parentage": {"egg_production": keys},
        "transfer_workflow": {"planned_activity": keys},
        "creation_action": {"action_number": keys},
        "transfer_action": {
            "action_number": keys,
            "water_temp_c": np.where(odd, NULL, 1234),
            "oxygen_level": np.where(odd, 0, NULL),
        },
        "container_feeding_summary": {"period_start": FROM_DAY + keys, "fcr": none},
        "batch_feeding_summary": {"period_start": FROM_DAY + keys},
        "fcr_model_stage": {"model": keys},
        "mortality_model_stage": {"mortality_model": keys},
        "stage_constraint": {"constraint_set": keys},
        "tgc_model_stage": {"tgc_model": keys},
        "projection_run": {"scenario": keys},
        "forecast_summary": {"assignment": keys, "state_confidence": 80},
        "temperature_reading": {"day_number": keys},
        "wait": {"until": none, "short_kg": none},
        "reading": {
            "sensor": keys % count("sensor"),
            "reading_time": day * DAY + keys * (DAY // 24),
        },
        "weather": {"timestamp": day * DAY + keys * (DAY // 24)},
        "photoperiod": {"area": keys % count("area"), "date": FROM_DAY + keys // count("area")},
        "lice_type": {"development_stage": Text.of(f"stage {key}" for key in keys.tolist())},
        "lice_count": {"confidence_level": 90},
        "sampled_fish": {"sampling_event": keys % ENTITY_ROWS},
        "fish_score": {
            "individual_fish_observation": keys // count("health_parameter"),
            "parameter": keys % count("health_parameter"),
        },
        "content_type": {"model": Text.of(f"model {key}" for key in keys.tolist())},
        "company": {
            "geography": lane,
            "subsidiary": Text.of([("FW", "FM", "LG")[key % 3] for key in keys.tolist()]),
        },
        "finance_site": {  # stations, then areas
            "source_model": Text.of("station" if key < 2 else "area" for key in keys.tolist()),
            "source_pk": keys % 2,
            "site_name": Text.of(
                f"{'FS'[lane]}-{place} {n}" for place in ("station", "area") for n in (0, 1)
            ),
        },
        "policy": {
            "pricing_basis": Text.of(("grade", "lifecycle")[key % 2] for key in keys.tolist()),
            "product_grade": np.where(odd, NULL, keys % count("grade")),
            "lifecycle_stage": np.where(odd, keys % count("stage"), NULL),
        },
        "harvest_fact": {"lot": keys},
        "transaction": {
            "content_type": keys % 2,
            "object_id": keys,
            "event": np.where(odd, NULL, keys),
        },
        "growth_sample": {"notes": None, "min_weight_g": np.where(odd, NULL, -5)},
        "daily_state": {
            "assignment": keys % count("assignment"),
            "date": FROM_DAY + keys // count("assignment"),
            "temp_c": np.where(odd, NULL, -150),
            "anchor_type": Text.of([None if key % 3 else "manual" for key in keys.tolist()]),
        },
        "feed_draw": {
            "assignment": keys % count("assignment"),
            "day": FROM_DAY + keys // count("assignment"),
            "purchase": keys % ENTITY_ROWS,
        },
    }
    found = dict(some.get(kind, {}))
    if kind == "reading":
        found["created_at"] = found["reading_time"]
    return found


def master_blocks() -> list[Block]:
    return [
        block(kind.name, 0, 0, count(kind.name)) for kind in KINDS.values() if kind.role == "master"
    ]


def site_blocks(lane: int) -> list[Block]:
    return [
        block(kind.name, lane, 0, count(kind.name))
        for kind in KINDS.values()
        if kind.role == "site"
    ]


def facts(lane: int, month: int, pieces: int = 1) -> Iterator[Block]:
    """The facts of a month, each kind in so many blocks."""
    day = FROM_DAY + 28 * month
    for kind in KINDS.values():
        if kind.role == "fact":
            first, rows = month * FACT_ROWS, FACT_ROWS
            whole = block(kind.name, lane, first, rows, day)
            step = -(-rows // pieces)
            for start in range(0, rows, step):
                yield part(whole, slice(start, min(start + step, rows)))


def part(whole: Block, rows: slice) -> Block:
    columns: dict[str, Column] = {}
    for name, column in whole.columns.items():
        if isinstance(column, Text):
            columns[name] = column.take(rows)
        else:
            columns[name] = column[rows] if isinstance(column, np.ndarray) else column
    return Block(whole.kind, len(range(whole.rows)[rows]), columns)


def calibrated(lane: int, month: int) -> Block:
    """Half of the sensors, whose rows change in a month."""
    sensors = part(block("sensor", lane, 0, count("sensor")), slice(count("sensor") // 2))
    date = {"last_calibration_date": FROM_DAY + 28 * month}
    return Block("sensor", sensors.rows, {**sensors.columns, **date})


def entities(lane: int, month: int) -> list[Block]:
    """The states of all entities at the end of a month, with new ones, and of some sensors."""
    day = FROM_DAY + 28 * month
    return [
        calibrated(lane, month),
        *(
            block(kind.name, lane, 0, count(kind.name), day)
            for kind in KINDS.values()
            if kind.role == "entity"
        ),
    ]


def chunk(lane: int, month: int, pieces: int = 1) -> Chunk:
    first = FROM_DAY + 28 * month
    return Chunk(
        GEOGRAPHIES[lane],
        lane,
        first,
        first + 28,
        facts(lane, month, pieces),
        entities(lane, month),
    )
