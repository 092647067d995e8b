"""Bills between the companies, harvest facts, and what of a harvest is waste.

Each is made by the event that it is about, from that event's rows *as they are recorded*: a price
times a rounded weight is an amount that anybody can work out again from the database. Whoever reads
one side of a bill finds the other: smolts are billed by the transfer workflow that brought them to
sea, a ring's harvest by its event, all lots of a grade together.

A bill is pending until somebody approves it, some days later; then it is posted.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import simpy

from sim.company.farm import Farm
from sim.core.clock import OFFICE, microseconds
from sim.core.journal import Record, Value
from sim.facts import quantise
from sim.master_data.finance import FARMING, HARVEST_EVENT, TRANSFER_WORKFLOW, policies, site_key

Story = Generator[simpy.Event, Any, None]

"""When bills are approved: in the afternoon, after the day's moves and harvests."""


def bill_smolts(farm: Farm, workflow: Record) -> None:
    """Charge farming for the fish that a transfer workflow brought to sea."""
    biomass_dag = _recorded(workflow.values["total_biomass_kg"], 2)
    if not biomass_dag:
        return  # none arrived alive
    every = policies(farm.scenario, farm.geography)
    key = next(key for key, policy in enumerate(every) if policy.stage is not None)
    bill = _bill(
        farm,
        key,
        every[key].charge(biomass_dag, 2),
        content_type=TRANSFER_WORKFLOW,
        object_id=workflow.key,
    )
    farm.lane.change(workflow, farm.env.now, finance_transaction=bill.key)
    farm.env.process(_approve(farm, [bill]))


def account_for_harvest(farm: Farm, event: Record, unit: int, lots: Sequence[Record]) -> None:
    """Write down what a ring's harvest was: facts by lot, bills by grade, waste by category."""
    _facts(farm, event, unit, lots)
    _waste(farm, event, lots)
    weight = f"{farm.scenario.finance.priced_weight}_weight_kg"
    quantities: dict[int, int] = {}
    for lot in lots:
        grade = int(lot.values["product_grade"] or 0)
        quantities[grade] = quantities.get(grade, 0) + _recorded(lot.values[weight], 3)
    every = policies(farm.scenario, farm.geography)
    bills = [
        _bill(
            farm,
            grade,
            every[grade].charge(quantity, 3),
            content_type=HARVEST_EVENT,
            object_id=event.key,
            event=event.key,
        )
        for grade, quantity in quantities.items()
    ]
    farm.env.process(_approve(farm, bills))


def _facts(farm: Farm, event: Record, unit: int, lots: Sequence[Record]) -> None:
    """One fact per lot: live weight and fish, of the farming company and the harvested area."""
    layout = farm.layout
    site = site_key(layout, layout.sites[int(layout.site_of[unit])])
    for lot in lots:
        farm.lane.create(
            "harvest_fact",
            farm.env.now,
            event_date=event.values["event_date"],
            quantity_kg=lot.values["live_weight_kg"],
            unit_count=lot.values["unit_count"],
            dim_batch_id=event.values["batch"],
            dim_company=FARMING,
            dim_site=site,
            event=event.key,
            lot=lot.key,
            product_grade=lot.values["product_grade"],
        )


def _waste(farm: Farm, event: Record, lots: Sequence[Record]) -> None:
    """What nobody will eat: what gutting took away, and the rejected fish themselves."""
    grades = farm.scenario.harvest.grades
    gutted_g = [_recorded(lot.values["gutted_weight_kg"], 3) for lot in lots]
    offal_g = sum(_recorded(lot.values["live_weight_kg"], 3) for lot in lots) - sum(gutted_g)
    blood_g = round(offal_g * farm.scenario.finance.blood_share)
    rejected_g = sum(
        weight_g
        for lot, weight_g in zip(lots, gutted_g, strict=True)
        if grades[int(lot.values["product_grade"] or 0)].by_product
    )
    for category, weight_g in (
        ("VISCERA", offal_g - blood_g),
        ("BLOOD", blood_g),
        ("REJECTED_FISH", rejected_g),
    ):
        if weight_g:
            farm.lane.create(
                "harvest_waste",
                farm.env.now,
                category=category,
                weight_kg=weight_g / 1000,
                event=event.key,
            )


def _bill(farm: Farm, policy: int, cents: int, **about: Value) -> Record:
    return farm.lane.create(
        "transaction",
        farm.env.now,
        posting_date=farm.today,
        amount=cents / 100,
        currency=farm.geography.money.currency,
        state="pending",
        policy=policy,
        **about,
    )


def _approve(farm: Farm, bills: Sequence[Record]) -> Story:
    """Post bills when they have lain long enough."""
    yield farm.at(farm.today + farm.scenario.finance.approval_days, OFFICE)
    now = farm.env.now
    for bill in bills:
        farm.lane.change(bill, now, state="posted", approved_by=0, approval_date=microseconds(now))


def _recorded(kilograms: Value, scale: int) -> int:
    """A weight as its column holds it, in units of the last decimal place."""
    return int(quantise(np.array([float(kilograms or 0)]), scale)[0])
