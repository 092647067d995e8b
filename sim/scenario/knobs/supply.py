"""Knobs of what comes in and goes out: feeds, deliveries, quality grades."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.knobs.base import Days, Fits, Knobs, Share


class Feed(Knobs):
    """A feed product."""

    name: Annotated[str, Fits("feed.name")] = Field(min_length=1, description="exact name")
    size_category: Annotated[
        Literal["MICRO", "SMALL", "MEDIUM", "LARGE"], Fits("feed.size_category")
    ] = Field(description="AquaMind's")
    pellet_mm: Annotated[float, Fits("feed.pellet_size_mm")] = Field(
        gt=0, description="pellet size"
    )
    protein_percent: float = Field(ge=0, le=100, description="crude protein")
    fat_percent: float = Field(ge=0, le=100, description="crude fat")
    carbohydrate_percent: float = Field(ge=0, le=100, description="carbohydrate")
    price_per_kg: Annotated[float, Fits("feed_purchase.cost_per_kg")] = Field(
        gt=0, description="mean price"
    )
    shelf_life_days: Days = Field(365, ge=1, description="from delivery to expiry")
    brand: Annotated[str, Fits("feed.brand")] = Field("Skretting", description="maker")


class FeedSupply(Knobs):
    """When feed is ordered and how it arrives."""

    reorder_share: Share = Field(0.2, description="order when stock is below this share")
    order_share: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="an order is at most this share of what its store holds"
    )
    order_by_feed: bool = Field(
        False, description="count only stock of the feed that is eaten now, not leftovers of others"
    )
    silo_lead_days: int = Field(2, ge=0, le=365, description="from order to a hall's silo")
    barge_lead_days: int = Field(3, ge=0, le=365, description="from order to a barge")
    trip_days: int = Field(1, ge=0, le=60, description="days that a delivery takes its vehicle")
    opening_t: Annotated[float, Field(ge=0, le=1e9)] | None = Field(
        None,
        description="feed in stock at the start, in the whole company, where batches eat it"
        " soonest; 0: none; null: by opening_days",
    )
    opening_share: Share = Field(
        0.8, description="share of what batches are expected to eat that opening_t may cover"
    )
    opening_spare_days: Days = Field(
        30, description="opening_t is expected to be eaten so long before it expires"
    )
    opening_days: Days = Field(
        30,
        description="without opening_t, a hall's silo is full at the start if a batch comes"
        " within these days",
    )
    ahead_days: Days = Field(
        10, description="how long before a batch is due its first feed is ordered"
    )
    lot_kg: Annotated[float, Fits("feed_purchase.quantity_kg")] = Field(
        400_000.0, gt=0, description="largest lot that is delivered at once"
    )
    price_sd: Share = Field(0.04, description="spread of a lot's price")
    suppliers: list[Annotated[str, Field(min_length=1), Fits("feed_purchase.supplier")]] = Field(
        ["Havsbrun", "BioMar", "Skretting", "Cargill"], min_length=1, description="who delivers"
    )


class Grade(Knobs):
    """A quality grade: its share of the fish and their weight relative to the mean."""

    code: Annotated[str, Fits("grade.code")] = Field(min_length=1, description="AquaMind's code")
    share: Share = Field(description="share of the fish")
    weight_factor: float = Field(gt=0, le=5, description="mean weight / the ring's mean weight")
    price_per_kg: float = Field(
        50.0, gt=0, le=10_000, description="farming to logistics, in finance.currency"
    )
    by_product: bool = Field(False, description="not for people: its fish are recorded as waste")
    description: str = Field("", description="what it means")


def _feed(
    name: str,
    size: Literal["MICRO", "SMALL", "MEDIUM", "LARGE"],
    pellet_mm: float,
    composition: tuple[float, float, float],
    price_per_kg: float,
) -> Feed:
    protein, fat, carbohydrate = composition
    return Feed(
        name=name,
        size_category=size,
        pellet_mm=pellet_mm,
        protein_percent=protein,
        fat_percent=fat,
        carbohydrate_percent=carbohydrate,
        price_per_kg=price_per_kg,
    )


def _grade(
    code: str,
    share: float,
    weight_factor: float,
    price_per_kg: float,
    description: str,
    *,
    by_product: bool = False,
) -> Grade:
    return Grade(
        code=code,
        share=share,
        weight_factor=weight_factor,
        price_per_kg=price_per_kg,
        by_product=by_product,
        description=description,
    )


DEFAULT_FEEDS = (
    _feed("Starter Feed 0.5mm", "MICRO", 0.5, (55.0, 15.0, 10.0), 3.5),
    _feed("Starter Feed 1.0mm", "MICRO", 1.0, (52.0, 18.0, 11.0), 3.1),
    _feed("Grower Feed 2.0mm", "SMALL", 2.0, (48.0, 22.0, 12.0), 2.6),
    _feed("Grower Feed 3.0mm", "SMALL", 3.0, (45.0, 24.0, 13.0), 2.4),
    _feed("Finisher Feed 4.5mm", "MEDIUM", 4.5, (42.0, 28.0, 14.0), 2.1),
    _feed("Finisher Feed 6.0mm", "LARGE", 6.0, (38.0, 33.0, 14.0), 2.0),
)

# Prices in DKK a kilogram gutted: choices (K) around 55, an ordinary price of 2020 to 2025; rejects
# fetch what a maker of silage pays.
DEFAULT_GRADES = (
    _grade("SUPERIOR", 0.10, 1.15, 60.0, "No blemish, large"),
    _grade("GRADE_A", 0.40, 1.05, 57.0, "Minor blemishes"),
    _grade("GRADE_B", 0.35, 1.0, 52.0, "Ordinary quality"),
    _grade("GRADE_C", 0.12, 0.85, 44.0, "Small or marked"),
    _grade("REJECT", 0.03, 0.6, 3.0, "Not for consumption", by_product=True),
)
