"""An outbreak in a batch, as the people at the site live it: noticed, sampled, found out, treated.

The disease itself spreads and kills in the array step (``sim/fish/disease_day.py``). People see it
when the worst container is bad enough, send samples, learn what it is, and treat what can be
treated; what they give relieves the containers that they give it to, and holds them back from
slaughter.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.company.log import counted
from sim.core.arrays import Index
from sim.core.clock import HEALTH
from sim.core.elementary import expm1
from sim.core.journal import Record
from sim.processes.health.journal import Severity, note, resolve
from sim.processes.health.labs import send_sample
from sim.processes.health.treatments import Aim, record_treatment
from sim.processes.health.withholding import may_withhold
from sim.scenario.knobs.health import Cure, Disease, Outbreaks

Story = Generator[simpy.Event, Any, None]

_SAMPLES = {"bacterial": "kidney", "viral": "tissue", "parasitic": "gill", "fungal": "tissue"}
_CURES = {"antibiotic": "medication", "supportive": "other", "bath": "physical"}


def outbreak(farm: Farm, batch: Batch, number: int) -> Story:
    """Follow one disease in one batch until nobody is ill any more."""
    disease, knobs = farm.scenario.diseases[number], farm.scenario.outbreaks
    load = farm.stock.condition.load
    yield farm.at(farm.today, HEALTH)
    while (ill := _ill(farm, batch, number)).size:
        if load[number].take(ill).max() >= knobs.noticed_from:
            break
        yield farm.at(farm.today + 1, HEALTH)
    if not ill.size:
        return
    worst = int(ill[np.argmax(load[number, ill])])
    severity = _severity(farm, number, worst)
    entry = note(
        farm,
        batch,
        worst,
        "issue",
        f"More deaths than usual in {farm.layout.names[worst]}: {', '.join(_signs(disease))}",
        severity=severity,
        tags=("outbreak", *_signs(disease)),
        open_until_resolved=True,
    )
    farm.log.add(
        batch.name, "outbreak: more deaths than usual in {}, {}", farm.layout.names[worst],
        ", ".join(_signs(disease)),
    )  # fmt: skip
    found = False
    treated: dict[int, Record] = {}
    while (ill := _ill(farm, batch, number)).size:
        if not found:
            worst = int(ill[np.argmax(load[number, ill])])
            sent = send_sample(
                farm, batch, worst, _SAMPLES[disease.agent], "More deaths than usual"
            )
            found = disease.name in (yield sent.results).found
            if found:
                farm.log.add(batch.name, "the outbreak is {}", disease.name)
            ill = _ill(farm, batch, number)
        fresh = [unit for unit in ill.tolist() if unit not in treated]
        cure = disease.cure
        wanted = found and fresh and not batch.leaving
        if cure and wanted and may_withhold(farm, batch, cure.withholding_days):
            treated |= _treat(farm, batch, number, cure, np.array(fresh))
        yield farm.at(farm.today + knobs.looked_at_days, HEALTH)
    what = disease.name if found else "The illness"
    over = batch.ending if batch.died_out else f"{what} has run its course"
    resolve(farm, entry, over)
    farm.log.add(batch.name, "outbreak over: {}", over)
    outcome = "unsuccessful" if batch.died_out else outcome_of(disease.cure, knobs)
    for record in treated.values():
        farm.lane.change(record, farm.env.now, outcome=outcome)


def outcome_of(cure: Cure | None, knobs: Outbreaks) -> str:
    """What a treatment was worth that did not end the outbreak, but relieved it."""
    return "successful" if cure and cure.relief >= knobs.success_from else "partial"


def _ill(farm: Farm, batch: Batch, number: int) -> Index:
    """The batch's containers that are ill of a disease, by their keys."""
    if len(batch.places) == 1:
        place = batch.places[0]
        ill = farm.epidemics.since[number, place.span] >= 0
        ill &= farm.stock.batch[place.span] == batch.row.key
        return place.units[ill]
    units = batch.units
    ill = farm.epidemics.since[number].take(units) >= 0
    ill &= farm.stock.batch.take(units) == batch.row.key
    return np.sort(units[ill])


def _severity(farm: Farm, number: int, container: int) -> Severity:
    """By the share of fish that the course will take."""
    knobs = farm.scenario.outbreaks
    percent = 100 * -expm1(-float(farm.epidemics.toll[number, container]))
    if percent >= knobs.severe_from_percent:
        return "high"
    return "medium" if percent >= knobs.moderate_from_percent else "low"


def _signs(disease: Disease) -> list[str]:
    """What can be seen of it, the worst first."""
    signs = sorted(disease.damage, key=lambda sign: (-disease.damage[sign], sign))
    return list(signs) or ["appetite"]


def _treat(farm: Farm, batch: Batch, number: int, cure: Cure, units: Index) -> dict[int, Record]:
    """Give the cure to some containers, from today on."""
    stock, disease = farm.stock, farm.scenario.diseases[number]
    farm.epidemics.relief[number, units] *= 1 - cure.relief
    if cure.withholding_days:
        stock.condition.withhold(units, farm.today + cure.duration_days + cure.withholding_days)
    where = counted(len(units), "container")
    farm.log.add(batch.name, "treatment: {} against {} in {}", cure.name, disease.name, where)
    entry = note(
        farm, batch, None, "treatment", f"{cure.name} against {disease.name}",
        severity="medium", tags=("outbreak", cure.kind),
    )  # fmt: skip
    if cure.appetite < 1:
        farm.env.process(_course(farm, cure, units))
    return {
        unit: record_treatment(
            farm,
            batch,
            unit,
            entry,
            kind=_CURES[cure.kind],
            what=Aim("cure", disease.name, cure.name),
            dosage=cure.dosage,
            days=cure.duration_days,
            withheld_days=cure.withholding_days,
        )
        for unit in units.tolist()
    }


def _course(farm: Farm, cure: Cure, units: Index) -> Story:
    """Less is fed while the cure is given."""
    treated = farm.stock.assignment[units].copy()
    for _ in range(cure.duration_days):
        same = units[farm.stock.assignment[units] == treated]
        farm.stock.condition.reduce_appetite(same, cure.appetite)
        yield farm.at(farm.today + 1, HEALTH)
