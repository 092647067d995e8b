"""Knobs of money: currencies, transfer prices, how a harvest is priced and approved.

All prices stand in one reference currency (``finance.currency``) and are turned into a geography's
own by its ``exchange_rate``, because that is how published prices come: Bakkafrost reports the
transfer prices of its smolts in DKK a kilogram, 104 to 112 in the Faroes and 179 in Scotland. The
prices of the grades, which stand with the grades, are of gutted fish in an ordinary market.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.knobs.base import Fits, Knobs, Share


class Money(Knobs):
    """The currency of a geography's companies, and what its smolts cost."""

    currency: str = Field("DKK", pattern=r"^[A-Z]{3}$", description="of its companies (ISO 4217)")
    exchange_rate: float = Field(
        1.0, gt=0, le=1000, description="its currency's units per unit of finance.currency"
    )
    smolt_price_per_kg: float = Field(
        108.0, gt=0, le=10_000, description="freshwater to farming, in finance.currency"
    )


class FinanceKnobs(Knobs):
    """What the companies owe each other for smolts and harvests."""

    currency: str = Field(
        "DKK", pattern=r"^[A-Z]{3}$", description="that all prices in this scenario stand in"
    )
    harvest_method: Annotated[Literal["market", "cost_plus", "standard"], Fits("policy.method")] = (
        Field("market", description="AquaMind's word for where the grades' prices come from")
    )
    markup_percent: float = Field(
        5.0, ge=0, le=500, description="on the grades' prices, with the method cost_plus only"
    )
    priced_weight: Literal["gutted", "live"] = Field(
        "gutted", description="which weight of a harvested lot its price is for"
    )
    approval_days: int = Field(
        5, ge=0, le=365, description="a transaction is pending so long, then it is posted"
    )
    blood_share: Share = Field(0.17, description="of what gutting takes away; the rest is viscera")
