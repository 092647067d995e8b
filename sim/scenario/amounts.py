"""Cross-checks of amounts: shares that make a whole, and what grows too large to be written.

What a company keeps, buys and earns follows from several knobs at once: a batch's weight from its
eggs and its target, a bill from that and a price. Each must fit into the columns that it is
written to, whose limits :mod:`sim.facts.limits` knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sim.biology.growth import grown_weight_g
from sim.biology.water import FREEZING_DEGC
from sim.facts.limits import limit_of
from sim.scenario.knobs.company import CompanyKnobs
from sim.scenario.knobs.farm import Geography, Stage
from sim.scenario.problems import KnobPath

Finding = tuple[KnobPath, str]

MOST_CONTAINERS = 100_000
"""More trays, tanks and rings than any company has, and than a machine's memory holds with ease."""
MOST_BATCHES = 100_000
_LEVELS = 3
"""The worst score of an organ."""
_FAR_SD = 6
"""So many standard deviations never happen."""
_SPARE = 1.5
"""Fish may be heavier than planned: they wait for the plant, or are luckier than others."""


def check_amounts(scenario: CompanyKnobs) -> Iterator[Finding]:
    """Everything about a scenario's amounts that cannot be."""
    yield from _shares(scenario)
    yield from _curves(scenario)
    yield from _sizes(scenario)
    yield from _nutrients(scenario)
    for index, geography in enumerate(scenario.geographies):
        yield from _places(scenario, ("geographies", index), geography)
        yield from _fish(scenario, index, geography)


def _shares(scenario: CompanyKnobs) -> Iterator[Finding]:
    """Shares of a whole add up to it."""
    wholes: list[tuple[KnobPath, str, list[float]]] = [
        (("harvest", "grades"), "the grades' shares", [g.share for g in scenario.harvest.grades]),
        (("death_causes",), "the causes' shares", [c.share for c in scenario.death_causes]),
    ]
    if scenario.lice is not None:
        methods = list(scenario.lice.counting.methods.values())
        wholes.append((("lice", "counting", "methods"), "the methods' shares", methods))
    for path, what, shares in wholes:
        total = sum(shares)
        if abs(total - 1) > 1e-9:
            yield path, f"{what} add up to {total:g}, not to 1"


def _curves(scenario: CompanyKnobs) -> Iterator[Finding]:
    """What is looked up by a rising figure has it rising."""
    lists: list[tuple[KnobPath, tuple[Stage, ...]]] = [(("stages",), tuple(scenario.stages))]
    lists += [
        (("geographies", place, "stages"), tuple(geography.stages))
        for place, geography in enumerate(scenario.geographies)
    ]
    for where, stages in lists:
        for order, stage in enumerate(stages):
            for place, (before, after) in enumerate(pairwise(stage.feeds), 1):
                if after.from_weight_g <= before.from_weight_g:
                    path: KnobPath = (*where, order, "feeds", place, "from_weight_g")
                    yield path, f"{after.from_weight_g:g} g is not more than the feed before has"
    if scenario.lice is not None:
        for place, (low, high) in enumerate(pairwise(scenario.lice.eggs_per_female_day), 1):
            if high[0] <= low[0]:
                here: KnobPath = ("lice", "eggs_per_female_day", place)
                yield here, f"the temperature {high[0]:g} is not above the one before"
    shows = scenario.care.laboratory
    if shows.haematocrit_fall_percent * _LEVELS > shows.haematocrit_percent:
        text = f"times the worst score, {_LEVELS}, is more than there is (haematocrit_percent)"
        yield ("care", "laboratory", "haematocrit_fall_percent"), text


def _sizes(scenario: CompanyKnobs) -> Iterator[Finding]:
    """How many containers and batches there are."""
    containers = batches = 0
    for geography in scenario.geographies:
        halls = [stage for stage in scenario.stages_in(geography) if stage.hall is not None]
        containers += geography.stations * sum(stage.containers_per_hall for stage in halls)
        containers += geography.areas * geography.rings_per_area
        batches += geography.batches or 0
    if containers > MOST_CONTAINERS:
        yield (
            ("geographies",),
            f"{containers:,} trays, tanks and rings; at most {MOST_CONTAINERS:,} can be simulated",
        )
    if batches > MOST_BATCHES:
        yield ("geographies",), f"{batches:,} batches; at most {MOST_BATCHES:,} can be simulated"


def _nutrients(scenario: CompanyKnobs) -> Iterator[Finding]:
    """A feed is not more than itself, and a lot of it not dearer than can be written."""
    most = limit_of("feed_purchase.cost_per_kg").most
    for index, feed in enumerate(scenario.feeds):
        total = feed.protein_percent + feed.fat_percent + feed.carbohydrate_percent
        if total > 100 + 1e-9:
            text = f"protein, fat and carbohydrate are {total:g} % of '{feed.name}', more than all"
            yield ("feeds", index, "protein_percent"), text
        dearest = feed.price_per_kg * (1 + _FAR_SD * scenario.feed_supply.price_sd)
        if dearest > most:
            text = (
                f"a lot may cost {dearest:,.0f} with price_sd; at most {most:,.2f} can be written"
            )
            yield ("feeds", index, "price_per_kg"), text


def _places(scenario: CompanyKnobs, path: KnobPath, geography: Geography) -> Iterator[Finding]:
    """Where a geography lies, its water, and what its sites add up to."""
    for name, along, most in (("latitude", "north", 90), ("longitude", "east", 180)):
        spread = getattr(geography, f"spread_{along}_degrees")
        if abs(getattr(geography, name)) + spread / 2 > most:
            text = f"with spread_{along}_degrees {spread:g}, sites lie beyond {most} degrees"
            yield (*path, name), text
    coldest = geography.sea.mean_degc - geography.sea.amplitude_degc
    if coldest < FREEZING_DEGC:
        text = f"the sea falls to {coldest:g} degrees in winter, and freezes at {FREEZING_DEGC:g}"
        yield (*path, "sea", "amplitude_degc"), text
    types = {kind.name: kind for kind in scenario.container_types}
    well_m3 = geography.wellboat_kg / 1000 * scenario.carriers.wellboat_m3_per_tonne
    yield from _written(
        (*path, "wellboat_kg"), "a wellboat's wells, m3", well_m3, "transport_carrier.capacity_m3"
    )
    for stage in scenario.stages_in(geography):
        kind = types.get(stage.container_type)
        if kind is None:
            continue
        if stage.role == "sea":
            area_kg = kind.max_biomass_kg * geography.rings_per_area
            yield from _written(
                (*path, "rings_per_area"), "what an area holds, kg", area_kg, "area.max_biomass"
            )
        else:
            floor_m2 = kind.volume_m3 * stage.containers_per_hall / kind.depth_m
            place = list(types).index(kind.name)
            yield from _written(
                ("container_types", place, "volume_m3"), "a hall's floor, m2", floor_m2,
                "hall.area_sqm",
            )  # fmt: skip


def _fish(scenario: CompanyKnobs, index: int, geography: Geography) -> Iterator[Finding]:
    """A batch's weight, its meals and its bills, at the most that they can come to."""
    base: KnobPath = ("geographies", index, "stages") if geography.stages else ("stages",)
    types = {kind.name: kind for kind in scenario.container_types}
    stages = scenario.stages_in(geography)
    dearest = max(feed.price_per_kg for feed in scenario.feeds)
    dearest *= 1 + _FAR_SD * scenario.feed_supply.price_sd
    most_g = limit_of("forward_projection.projected_weight_g").most
    weight_g, batch_kg = scenario.eggs.weight_g, 0.0
    for order, stage in enumerate(stages):
        here: KnobPath = (*base, order)
        degc = geography.sea.mean_degc if stage.role == "sea" else stage.temperature_degc
        weight_g = grown_weight_g(weight_g, stage.tgc, max(degc, 0) * stage.duration_days)
        if weight_g > most_g:
            text = f"fish would grow to {weight_g:,.0f} g by the end of '{stage.name}'"
            yield (*here, "tgc"), f"{text}; at most {most_g:,.2f} g can be written"
            return
        kind = types.get(stage.container_type)
        if kind is None:
            return
        ready = order == len(stages) - 1 and stage.role == "sea"
        end_g = 1000 * scenario.harvest.target_kg_max if ready else weight_g
        each_kg = scenario.eggs.count_max * end_g / 1000 / stage.containers_per_batch
        each_kg = min(_SPARE * each_kg, kind.max_biomass_kg)
        batch_kg = max(batch_kg, each_kg * stage.containers_per_batch)
        ration_kg = each_kg * stage.max_feed_percent_per_day / 100 if stage.feeds else 0.0
        for what, amount, column in (
            ("a container's ration, kg", ration_kg, "feeding.amount_kg"),
            ("what a container eats in a day costs", ration_kg * dearest, "feeding.feed_cost"),
        ):
            yield from _written((*here, "max_feed_percent_per_day"), what, amount, column)
    fcr = max(stage.fcr for stage in stages)
    grade = max(grade.price_per_kg for grade in scenario.harvest.grades)
    grade *= 1 + scenario.finance.markup_percent / 100
    money = geography.money
    for path, what, amount, column in (
        (("eggs", "count_max"), "a batch weighs, kg", batch_kg,
         "batch_feeding_summary.total_ending_biomass_kg"),
        (("eggs", "count_max"), "a batch eats, kg", batch_kg * fcr,
         "batch_feeding_summary.total_feed_kg"),
        (("geographies", index, "money", "exchange_rate"), "a batch is worth",
         batch_kg * max(grade, money.smolt_price_per_kg) * money.exchange_rate,
         "transaction.amount"),
    ):  # fmt: skip
        yield from _written(path, what, amount, column)


def _written(path: KnobPath, what: str, amount: float, column: str) -> Iterator[Finding]:
    most = limit_of(column).most
    if amount > most:
        yield path, f"{what}: up to {amount:,.0f}; {column} holds at most {most:,.2f}"
