"""The routine of a batch's health journal: now and then somebody writes down how the fish are.

Severity follows the true state: the worst lasting damage, and the losses of the last days against
what a healthy batch would lose. What is not well is an issue that stays open until a later round
finds all in order again, and sends a sample to the laboratory.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.arrays import Index
from sim.core.clock import HEALTH, date_of
from sim.core.journal import Record
from sim.fish.condition import HEALTH_PARAMETERS
from sim.master_data.health import PARAMETER_NAMES
from sim.processes.health.journal import Severity, note, resolve
from sim.processes.health.labs import ask_laboratory, first_day
from sim.processes.health.vaccination import containers_of, mean_weight_g
from sim.scenario.knobs.care import Care

Story = Generator[simpy.Event, Any, None]

_SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class _Before:
    """What was there when the days of a round began."""

    day: int
    fish: int
    deaths_per_day: float
    stage: int


def journal_rounds(farm: Farm, batch: Batch) -> Story:
    """Write an entry every so many days, until the batch is gone."""
    care = farm.scenario.care
    interval = care.journal_interval_days
    issues: list[Record] = []
    for turn in count():
        day = batch.day_at(first_day(interval, turn))
        yield farm.at(day - min(care.journal_looks_back_days, interval), HEALTH)
        before = _before(farm, batch)
        yield farm.at(day, HEALTH)
        if not batch.alive:
            for issue in issues:
                resolve(farm, issue, batch.ending)
            return
        units = containers_of(farm, batch)
        if len(units):
            issues = _write(farm, batch, units, before, issues)


def _before(farm: Farm, batch: Batch) -> _Before:
    units, stock = containers_of(farm, batch), farm.stock
    deaths = float((stock.count[units] * stock.hazard[units]).sum())
    return _Before(farm.today, _fish(farm, batch), deaths, batch.stage)


def _fish(farm: Farm, batch: Batch) -> int:
    """Fish that are alive or were harvested: what is missing later has died."""
    return batch.harvested + int(farm.stock.count[containers_of(farm, batch)].sum())


def _expected(farm: Farm, batch: Batch, before: _Before) -> float:
    """Losses of a healthy batch since then, with those of a move and the culls, if any."""
    expected = before.deaths_per_day * (farm.today - before.day)
    expected += sum(culls for day, culls in batch.gradings if before.day <= day < farm.today)
    if batch.stage != before.stage or len(batch.places) > 1:
        expected += before.fish * farm.stages[before.stage].transfer_mortality_percent / 100
    return expected


def severity_of(care: Care, lost: int, expected: float, damage: float) -> int:
    """0 for low, 1 for medium, 2 for high: the worse of losses and damage.

    However few fish there are, losses that may be chance are low.
    """
    unusual = lost - expected > care.journal_chance_sd * math.sqrt(max(expected, 1.0))
    by_losses = sum(lost >= times * expected for times in care.journal_losses) if unusual else 0
    return max(by_losses, sum(damage >= level for level in care.journal_damage))


def _grams(weight_g: float) -> str:
    """A weight with about three digits that matter."""
    return f"{weight_g:,.{2 if weight_g < 1 else 1 if weight_g < 100 else 0}f}"


def _write(
    farm: Farm, batch: Batch, units: Index, before: _Before, issues: list[Record]
) -> list[Record]:
    """An entry about what the round saw; returns the issues that are open now."""
    stock, stage = farm.stock, farm.stages[batch.stage]
    damage = stock.condition.damage[:, units]
    row, place = np.unravel_index(int(damage.argmax()), damage.shape)
    container, parameter = int(units[place]), HEALTH_PARAMETERS[row]
    days, lost = farm.today - before.day, before.fish - _fish(farm, batch)
    expected = _expected(farm, batch, before)
    worst = float(damage[row, place])
    level = severity_of(farm.scenario.care, lost, expected, worst)
    fish = int(stock.count[units].sum())
    degc = float(stock.temperature(units, farm.today).mean())
    text = (
        f"{stage.name}: {fish:,} fish of {_grams(mean_weight_g(farm, units))} g in {len(units)}"
        f" container{'s' * (len(units) > 1)}, {degc:.1f} degrees."
        f" {lost:,} died in {days} days, {expected:,.0f} expected"
    )
    if not level:
        note(farm, batch, None, "observation", text, tags=("round",))
        for issue in issues:
            resolve(farm, issue, f"All in order on the round of {date_of(farm.today)}")
        return []
    if worst >= farm.scenario.care.journal_damage[0]:
        text += f". {PARAMETER_NAMES[parameter]} worst in {farm.layout.names[container]}"
    entry = note(
        farm,
        batch,
        container,
        "issue",
        text,
        severity=_SEVERITIES[level],
        tags=("round", parameter),
        open_until_resolved=True,
    )
    ask_laboratory(farm, batch, container, parameter, "Seen on the round")
    return [*issues, entry]
