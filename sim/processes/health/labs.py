"""Samples for the laboratory: by the calendar, and when somebody wants to know.

What the laboratory will find is decided when the sample is taken, since it follows from the state
of the fish and the water then; it is known when the answer comes. An abnormal answer is a diagnosis
in the journal.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import Any

import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import HEALTH
from sim.core.journal import Record
from sim.core.streams import stream, uniform_at
from sim.fish.laboratory import LOOKED_AT, Analysis, analyse_fish, analyse_water
from sim.master_data.health import SAMPLE_TYPES
from sim.processes.health.journal import note
from sim.processes.health.vaccination import containers_of, mean_weight_g
from sim.sites.names import laboratory_reference

Story = Generator[simpy.Event, Any, None]

_TYPES = tuple(SAMPLE_TYPES)
_DELAY = 10
"""The number of a sample's stream that says how long the laboratory takes."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A sample on its way: its row, and the event of its results, whose value they are."""

    record: Record
    results: simpy.Process


def routine_samples(farm: Farm, batch: Batch) -> Story:
    """Send samples every so many days, of container after container and type after type."""
    care = farm.scenario.care
    for turn in count():
        yield farm.at(batch.day_at(first_day(care.lab_interval_days, turn)), HEALTH)
        if not batch.alive:
            return
        units = containers_of(farm, batch)
        if not len(units):
            continue
        small = mean_weight_g(farm, units) < care.lab_least_weight_g
        for part in range(1 if small else care.lab_samples):
            number = turn * care.lab_samples + part
            kind = "water" if small else _TYPES[number % len(_TYPES)]
            send_sample(farm, batch, int(units[number % len(units)]), kind, "Routine")


def first_day(interval: int, turn: int) -> int:
    """How many days old a batch is on a routine's n-th turn.

    Routines begin in the middle of their interval, so that they rarely meet the day of a move.
    """
    return interval // 2 + turn * interval


def send_sample(farm: Farm, batch: Batch, container: int, sample_type: str, reason: str) -> Sent:
    """Take a sample of a container, of one of ``SAMPLE_TYPES``, and send it to the laboratory.

    The reason is for the record. ``found = (yield sent.results).found`` waits for the answer.
    """
    batch.lab_samples += 1
    names = (farm.geography.name, batch.plan.luck, "lab", sample_type, farm.layout.names[container])
    luck = stream(farm.seed, *names, farm.today)
    stock, day = farm.stock, farm.today
    if sample_type == "water":
        site = farm.layout.site_of[container]
        analysis = analyse_water(
            farm.scenario.care,
            float(stock.temperature(container, day)),
            float(
                farm.surroundings.water.salinity_ppt[site, day - farm.surroundings.water.first_day]
            ),
            float(stock.load[container]),
            float(stock.condition.oxygen_loss[container]),
        )
    else:
        diseases = [disease.name for disease in farm.scenario.diseases]
        analysis = analyse_fish(
            farm.scenario.care, sample_type, stock.condition, container, diseases, luck
        )
    record = farm.lane.create(
        "lab_sample",
        farm.env.now,
        sample_date=day,
        date_sent_to_lab=None,
        date_results_received=None,
        lab_reference_id=laboratory_reference(batch.name, batch.lab_samples),
        findings_summary=None,
        quantitative_results=None,
        notes=reason,
        batch_container_assignment=int(stock.assignment[container]),
        sample_type=_TYPES.index(sample_type),
    )
    if farm.log.on:
        where, reference = farm.layout.names[container], record.values["lab_reference_id"]
        text = "sample sent to the laboratory, {}: {} of {}. {}"
        farm.log.add(batch.name, text, reference, sample_type, where, reason, minor=True)
    low, high = farm.scenario.care.lab_days
    days = low + int(uniform_at(luck, _DELAY) * (high - low + 1))
    answer = _answer(farm, batch, container, record, analysis, days)
    return Sent(record, farm.env.process(answer))


def ask_laboratory(farm: Farm, batch: Batch, container: int, parameter: str, reason: str) -> Sent:
    """Send the sample that shows a health parameter best, and write that down."""
    kind = next((kind for kind, shown in LOOKED_AT.items() if parameter in shown), "kidney")
    sent = send_sample(farm, batch, container, kind, reason)
    reference = sent.record.values["lab_reference_id"]
    text = f"Sample for the laboratory, {reference}: {kind}. {reason}"
    note(farm, batch, container, "sample", text, tags=("laboratory", parameter))
    return sent


def _answer(
    farm: Farm, batch: Batch, container: int, record: Record, analysis: Analysis, days: int
) -> Generator[simpy.Event, Any, Analysis]:
    """The way of a sample to the laboratory and back."""
    sent = farm.today + farm.scenario.care.lab_sending_days
    yield farm.at(sent, HEALTH)
    farm.lane.change(record, farm.env.now, date_sent_to_lab=sent)
    yield farm.at(sent + days, HEALTH)
    farm.lane.change(
        record,
        farm.env.now,
        date_results_received=farm.today,
        findings_summary=analysis.summary,
        quantitative_results=analysis.results,
    )
    kind = _TYPES[int(record.values["sample_type"] or 0)]
    text = "laboratory result, {}, {}: {}"
    reference = record.values["lab_reference_id"]
    farm.log.add(batch.name, text, reference, kind, analysis.summary, minor=not analysis.abnormal)
    if analysis.abnormal and batch.alive:
        note(
            farm,
            batch,
            container if farm.stock.batch[container] == batch.row.key else None,
            "diagnosis",
            f"Laboratory, {record.values['lab_reference_id']}, {kind}: {analysis.summary}",
            severity="high" if analysis.found else "medium",
            tags=("laboratory", *analysis.found),
        )
    return analysis
