"""Who the companies are, which sites are theirs, and what one charges the other.

In each geography three companies hand the fish on: freshwater (FW) raises smolts and sells them to
farming (FM), which grows them at sea and sells the harvest to logistics (LG). What is charged is a
policy's price a kilogram: one policy for fish that go to sea, by the stage that is sold (the last
in freshwater: AquaMind looks a transfer's policy up by its *source* stage), and one per quality
grade for the harvest.

All of this follows from the scenario alone. Keys are places in these lists: policies of the grades
stand in the order of the grades, that of the smolts comes last; stations come before areas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.core.clock import MICROSECONDS_PER_DAY
from sim.core.journal import Value, rows_of
from sim.facts import Block, quantise
from sim.scenario import Scenario
from sim.scenario.knobs.farm import Geography
from sim.sites.layout import Layout, Site

SUBSIDIARIES: Mapping[str, str] = {"FW": "Freshwater", "FM": "Farming", "LG": "Logistics"}
FRESHWATER, FARMING, LOGISTICS = range(3)
CONTENT_TYPES = (("harvest", "harvestevent"), ("batch", "batchtransferworkflow"))
HARVEST_EVENT, TRANSFER_WORKFLOW = range(2)


@dataclass(frozen=True, slots=True)
class Policy:
    """What one company charges another for a kilogram, in hundredths of their currency.

    Attributes:
        stage: order of the stage that is sold, for smolts; ``grade`` the quality, for a harvest.
    """

    seller: int
    buyer: int
    stage: int | None
    grade: int | None
    price_cents: int

    def charge(self, quantity: int, scale: int) -> int:
        """Hundredths due for a quantity of kilograms times 10**scale, rounded half away from 0."""
        unit = int(10**scale)
        return (2 * quantity * self.price_cents + unit) // (2 * unit)


def policies(scenario: Scenario, geography: Geography) -> list[Policy]:
    """The policies of a geography: by grade, then the smolts' if it has a sea."""
    finance, money = scenario.finance, geography.money
    markup = finance.markup_percent if finance.harvest_method == "cost_plus" else 0.0
    found = [
        Policy(
            FARMING,
            LOGISTICS,
            None,
            grade,
            _cents(quality.price_per_kg * (1 + markup / 100) * money.exchange_rate),
        )
        for grade, quality in enumerate(scenario.harvest.grades)
    ]
    roles = [stage.role for stage in scenario.stages_in(geography)]
    if "sea" in roles:
        price = _cents(money.smolt_price_per_kg * money.exchange_rate)
        found.append(Policy(FRESHWATER, FARMING, roles.index("sea") - 1, None, price))
    return found


def _cents(price: float) -> int:
    return int(quantise(np.array([price], dtype=np.float64), 2)[0])


def site_key(layout: Layout, site: Site) -> int:
    """The finance site of a hall's station, or of an area."""
    return site.station if site.station is not None else layout.geography.stations + site.key


def finance_blocks(layout: Layout, built: int) -> list[Block]:
    """The companies, sites and policies of a geography, as they stand since the day ``built``."""
    geography, finance = layout.geography, layout.scenario.finance
    companies: list[dict[str, Value]] = [
        {
            "subsidiary": subsidiary,
            "display_name": f"{geography.name} {name}",
            "currency": geography.money.currency,
            "nav_company_code": f"{geography.code}-{subsidiary}",
            "geography": layout.geography_key,
        }
        for subsidiary, name in SUBSIDIARIES.items()
    ]
    sites: list[dict[str, Value]] = [
        {
            "source_model": "station",
            "source_pk": station,
            "site_name": layout.station_name(station),
            "company": FRESHWATER,
        }
        for station in range(geography.stations)
    ]
    sites += [
        {
            "source_model": "area",
            "source_pk": area.key,
            "site_name": area.name,
            "company": FARMING,
        }
        for area in layout.areas
    ]
    stamp = built * MICROSECONDS_PER_DAY
    charges: list[dict[str, Value]] = []
    for policy in policies(layout.scenario, geography):
        # AquaMind knows no other method than the standard price for fish that are transferred.
        method = "standard" if policy.grade is None else finance.harvest_method
        charges.append(
            {
                "method": method,
                "markup_percent": finance.markup_percent if method == "cost_plus" else None,
                "from_company": policy.seller,
                "to_company": policy.buyer,
                "pricing_basis": "lifecycle" if policy.grade is None else "grade",
                "product_grade": policy.grade,
                "lifecycle_stage": policy.stage,
                "price_per_kg": policy.price_cents / 100,
                "created_at": stamp,
                "updated_at": stamp,
            }
        )
    rows = {"company": companies, "finance_site": sites, "policy": charges}
    return [rows_of(kind, kept) for kind, kept in rows.items()]
