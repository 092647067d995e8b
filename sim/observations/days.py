"""Container-days as rows: daily states, deaths, meals and the lots they came from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Ints
from sim.core.clock import CLOSE, FIRST_DAY_NUMBER, MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.core.journal import Columns
from sim.facts import NULL, Block, Text, canonical_json, quantise
from sim.fish.stock import ANCHOR_NONE
from sim.scenario.knobs.company import Recording

_ANCHORS = ("growth_sample", "transfer", "vaccination")
_SOURCES = tuple(
    canonical_json(source)
    for source in (
        {"temp": "measured", "mortality": "actual", "feed": "actual", "weight": "tgc_computed"},
        {"temp": "measured", "mortality": "actual", "feed": "actual", "weight": "growth_sample"},
        {"temp": "measured", "mortality": "actual", "feed": "actual", "weight": "transfer"},
        {"temp": "measured", "mortality": "actual", "feed": "actual", "weight": "vaccination"},
    )
)
FCR_CAP = 10.0
LEAST_GAIN_KG = 1.0


def evening(day: Ints) -> Ints:
    """The time of a day's record."""
    return day * MICROSECONDS_PER_DAY + int(CLOSE * MICROSECONDS_PER_DAY)


def observed_fcr(feed_kg: NDArray[np.float64], gain_kg: NDArray[np.float64]) -> Ints:
    """Feed per gain at scale 3: capped at 10, NULL without feed or below 1 kg of gain."""
    known = (gain_kg >= LEAST_GAIN_KG) & (feed_kg > 0)
    ratio = np.minimum(feed_kg / np.where(known, gain_kg, 1.0), FCR_CAP)
    return np.where(known, quantise(ratio, 3), NULL)


def confidence_scores(recording: Recording) -> tuple[str, ...]:
    """What a state's figures are worth, by its anchor, as JSON: all but the weight is measured."""
    weights = (recording.computed_weight_confidence, 1.0, recording.moved_weight_confidence, 1.0)
    return tuple(
        canonical_json({"temp": 1.0, "mortality": 1.0, "feed": 1.0, "weight": weight})
        for weight in weights
    )


def daily_states(columns: Columns, first_key: int, confidence: tuple[str, ...]) -> Block:
    """A state per container and day, as it was in the evening.

    Args:
        columns: the container-days.
        first_key: of the first state.
        confidence: what :func:`confidence_scores` says.
    """
    rows = len(columns["day"])
    anchor = columns["anchor"].astype(np.int32)
    biomass = columns["count"] * columns["weight_g"] / 1000
    return Block(
        "daily_state",
        rows,
        {
            "key": np.arange(first_key, first_key + rows, dtype=np.int64),
            "date": columns["day"].astype(np.int64),
            "day_number": columns["age"].astype(np.int64) + FIRST_DAY_NUMBER,
            "avg_weight_g": quantise(columns["weight_g"].astype(np.float64), 2),
            "population": columns["count"].astype(np.int64),
            "biomass_kg": quantise(biomass, 2),
            "temp_c": quantise(columns["degc"].astype(np.float64), 2),
            "mortality_count": columns["dead"].astype(np.int64),
            "feed_kg": columns["eaten_dag"].astype(np.int64),
            "observed_fcr": observed_fcr(columns["eaten_dag"] / 100, columns["gain_kg"] * 1.0),
            "anchor_type": Text(np.where(anchor == ANCHOR_NONE, -1, anchor - 1), _ANCHORS),
            "sources": Text(anchor, _SOURCES),
            "confidence_scores": Text(anchor, confidence),
            "last_computed_at": evening(columns["day"].astype(np.int64)),
            "assignment": columns["assignment"].astype(np.int64),
            "batch": columns["batch"].astype(np.int64),
            "container": columns["container"].astype(np.int64),
            "lifecycle_stage": columns["stage"].astype(np.int64),
        },
    )


def mortalities(columns: Columns, first_key: int, reasons: Sequence[tuple[str, str]]) -> Block:
    """Deaths per container, day and cause, where there were any."""
    day = columns["day"].astype(np.int64)
    reason = columns["reason"].astype(np.int32)
    return Block(
        "mortality",
        len(day),
        {
            "key": np.arange(first_key, first_key + len(day), dtype=np.int64),
            "event_date": day,
            "count": columns["count"].astype(np.int64),
            "biomass_kg": quantise(columns["count"] * columns["weight_g"] / 1000, 2),
            "cause": Text(reason, tuple(cause for cause, _ in reasons)),
            "description": Text(reason, tuple(description for _, description in reasons)),
            "batch": columns["batch"].astype(np.int64),
            "assignment": columns["assignment"].astype(np.int64),
            "created_at": evening(day),
            "updated_at": evening(day),
        },
    )


def feedings(columns: Columns, first_key: int, hours: list[int]) -> Block:
    """A day's feed in equal meals of whole 10 g; a meal's cost follows the lots in their order."""
    fed = columns["eaten_dag"] > 0
    part = {name: column[fed] for name, column in columns.items()}
    eaten = part["eaten_dag"].astype(np.int64)[:, None]
    end = eaten * np.arange(1, len(hours) + 1) // len(hours)
    start = np.concatenate([np.zeros_like(eaten), end[:, :-1]], axis=1)
    amount = end - start
    first = part["first_dag"].astype(np.int64)[:, None]
    from_first = np.clip(np.minimum(end, first) - start, 0, None)
    cents = (
        from_first * part["price_cents"][:, None]
        + (amount - from_first) * part["price_2_cents"][:, None]
    ) / 100
    row, meal = np.nonzero(amount)
    amount_dag = amount[row, meal]
    biomass = part["before_kg"].astype(np.float64)[row]
    clock = np.array(hours, dtype=np.int64)[meal] * MICROSECONDS_PER_HOUR
    day = part["day"].astype(np.int64)[row]
    percent = np.minimum(amount_dag / np.maximum(biomass, 1e-9), 99.99)
    return Block(
        "feeding",
        len(row),
        {
            "key": np.arange(first_key, first_key + len(row), dtype=np.int64),
            "feeding_date": day,
            "feeding_time": clock,
            "amount_kg": amount_dag * 100,
            "batch_biomass_kg": quantise(biomass, 2),
            "feeding_percentage": quantise(percent, 6),
            "method": "AUTOMATIC",
            "batch": part["batch"].astype(np.int64)[row],
            "batch_assignment": part["assignment"].astype(np.int64)[row],
            "container": part["container"].astype(np.int64)[row],
            "feed": part["feed"].astype(np.int64)[row],
            "feed_cost": quantise(cents[row, meal], 0),
            "created_at": day * MICROSECONDS_PER_DAY + clock,
            "updated_at": day * MICROSECONDS_PER_DAY + clock,
        },
    )


def feed_draws(columns: Columns) -> Block:
    """What each assignment ate of each lot in a day (first and second lot)."""
    eaten, first = columns["eaten_dag"].astype(np.int64), columns["first_dag"].astype(np.int64)
    second = eaten - first - columns["more_dag"].astype(np.int64)
    parts = [
        (columns["assignment"][some], columns["day"][some], columns[purchase][some], dag[some])
        for purchase, dag in (("purchase", first), ("purchase_2", second))
        for some in (dag > 0,)
    ]
    assignment, day, purchase, dag = (
        np.concatenate([part[index] for part in parts]).astype(np.int64) for index in range(4)
    )
    return Block(
        "feed_draw",
        len(dag),
        {"assignment": assignment, "day": day, "purchase": purchase, "kg": dag},
    )
