"""What ails the fish today: the sea's events and storms, diseases, lice; one step a geography."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.company.batch import Batch
from sim.company.company import Company
from sim.company.farm import Farm
from sim.processes.health.journal import Severity, note
from sim.processes.health.outbreaks import outbreak
from sim.sites.layout import Site


def ail(company: Company, day: int) -> None:
    """Let everything do its harm, and start the story of every new outbreak."""
    for farm in company.farms:
        _sea_events(farm, day)
        _storms(farm, day)
    for geography, disease, container in company.spread.step(day):
        farm = company.farms[geography]
        batch = farm.batches[int(farm.stock.batch[container])]
        name = farm.scenario.diseases[disease].name
        if name not in batch.outbreaks:
            batch.outbreaks.add(name)
            farm.env.process(outbreak(farm, batch, disease))
    if company.lice is not None:
        company.lice.step(day)


def _sea_events(farm: Farm, day: int) -> None:
    events, condition = farm.surroundings.sea_events, farm.stock.condition
    for number, place in events.today(day):
        kind, area = events.kinds[number], farm.layout.areas[place]
        rows = _occupied(farm, [area])
        if not len(rows):
            continue
        strength = events.on(day, number, place)
        reason = condition.reason("ENVIRONMENTAL", kind.name)
        condition.add_hazard(
            "environment", rows, kind.hazard_percent_per_day / 100 * strength, reason
        )
        condition.reduce_appetite(rows, 1 - (1 - kind.appetite) * min(strength, 1.0))
        loss = min(kind.oxygen_loss * strength, kind.oxygen_loss_most)
        condition.oxygen_loss[rows] = np.maximum(condition.oxygen_loss[rows], loss)
        for parameter, level in kind.damage.items():
            condition.add_damage(parameter, rows, level * strength)
        if not events.on(day - 1, number, place):
            _tell(farm, area, kind.name, strength)


def _storms(farm: Farm, day: int) -> None:
    storms, condition = farm.scenario.storms, farm.stock.condition
    stormy = farm.surroundings.weather.stormy_sites(day)
    if storms is None or not stormy:
        return
    rows = _occupied(farm, [farm.layout.sites[site] for site in stormy])
    if len(rows):
        reason = condition.reason("ENVIRONMENTAL", "Storm")
        condition.add_hazard("environment", rows, storms.hazard_percent_per_day / 100, reason)
        condition.reduce_appetite(rows, storms.appetite)
        for parameter, level in storms.damage.items():
            condition.add_damage(parameter, rows, level)


def _occupied(farm: Farm, sites: Sequence[Site]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    rows = np.array([row for site in sites for row in site.containers], dtype=np.int64)
    return np.asarray(rows[farm.stock.batch.take(rows) >= 0])


def _tell(farm: Farm, area: Site, name: str, strength: float) -> None:
    """Every batch in the area notes what the sea brings."""
    batches: dict[int, Batch] = {}
    for key in farm.stock.batch[list(area.containers)].tolist():
        if key >= 0:
            batches[key] = farm.batches[key]
    medium, high = farm.scenario.care.journal_strengths
    severity: Severity = "high" if strength > high else "medium" if strength > medium else "low"
    for batch in batches.values():
        farm.log.add(batch.name, "{} in {}", name, area.name)
        note(
            farm,
            batch,
            None,
            "issue",
            f"{name} in {area.name}",
            severity=severity,
            tags=("environment",),
        )
