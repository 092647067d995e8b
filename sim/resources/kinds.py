"""Kinds of pools: what is scarce in a company, one entry each.

Whoever builds, counts, plans, draws or lists pools reads what he needs to know of a kind here: what
it is called, what a wait for it is called and whether that keeps a batch, in which colour it is
drawn, how many a geography has, and as which vehicle AquaMind lists it. So a further fleet costs an
entry and the knob of its number. Nobody tells a pool's kind from its name.

A batch can also wait without any pool being short: the reasons for that are :data:`REASONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

Sort = Literal["containers", "stores", "fleet", "plant"]
Keeps = Literal["from due", "while waiting", "as outgrown"]
"""How a wait keeps a batch where it is: from the day on which its move is due, for as long as it
waits, or by the days for which its fish outgrow their target; see :mod:`sim.kpi.kept`."""

TANKS, RINGS, SILOS, BARGES = "tanks", "rings", "silos", "barges"
WELLBOATS, FEED_TRUCKS, FEED_BOATS = "wellboats", "feed trucks", "feed boats"
TREATMENT_VESSELS, PLANT = "treatment vessels", "harvest plant"
WITHHOLDING, DENSITY, WEATHER = "withholding", "density", "weather"


@dataclass(frozen=True, slots=True)
class Carrier:
    """How AquaMind lists the vehicles of a fleet.

    Attributes:
        title: what a vehicle is called before its number.
        type: AquaMind's type of carrier.
        place: when its vehicles come; their marks count on from those before.
        capacity_m3: what a vehicle holds, by the knobs of its geography and of carriers.
    """

    title: str
    type: Literal["VESSEL", "TRUCK"]
    place: int
    capacity_m3: Callable[[Any, Any], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolKind:
    """A kind of pool.

    Attributes:
        name: what its units are called in totals.
        sort: what is built for it.
        wait: the kind of a wait for it.
        keeps: how such a wait keeps a batch, if it does.
        by_hall: whether it is counted for each hall of a station apart.
        at_sea: whether only a company with a stage at sea has it.
        colours: of its bars; where there are several, of one hall after the other.
        unit: what planners count it in.
        told: what a batch waits for, in its story, where the pool's name would not say it.
        number: how many vehicles of a fleet a geography has, by its knobs.
        carrier: how AquaMind lists them.
    """

    name: str
    sort: Sort
    wait: str
    keeps: Keeps | None = None
    by_hall: bool = False
    at_sea: bool = False
    colours: tuple[str, ...] = ()
    unit: str = ""
    told: str = ""
    number: Callable[[Any], int] | None = None
    carrier: Carrier | None = None

    def vehicles(self, geography: Any) -> int:
        """How many a geography has, by its knobs."""
        if self.number is None:
            raise ValueError(f"{self.name}: a fleet's entry says how many vehicles there are")
        return self.number(geography)


@dataclass(frozen=True, slots=True)
class Reason:
    """What somebody waits for although no pool is short of it; else as :class:`PoolKind`."""

    name: str
    keeps: Keeps | None = None
    colours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pools:
    """Pools that are counted together: those of a kind, of one hall's letter if it has halls."""

    kind: PoolKind
    hall: str = ""

    @property
    def name(self) -> str:
        """What they are called in totals: ``tanks A``, ``rings``."""
        return f"{self.kind.name} {self.hall}" if self.hall else self.kind.name

    def __reduce__(self) -> tuple[Callable[[str, str], Pools], tuple[str, str]]:
        """Another process knows the kind by its name."""
        return pools, (self.kind.name, self.hall)


_GREENS = ("#1e5b45", "#2c7d5d", "#3f9f78", "#6bbb98", "#9fd3ba", "#c9e6d8")

KINDS: dict[str, PoolKind] = {
    kind.name: kind
    for kind in (
        PoolKind(
            name=TANKS, sort="containers", wait="tanks", keeps="from due", by_hall=True,
            colours=_GREENS,
        ),
        PoolKind(
            name=RINGS, sort="containers", wait="rings", keeps="from due", at_sea=True,
            colours=("#2f7fc1",), told="a sea area",
        ),
        PoolKind(name=SILOS, sort="stores", wait="feed", by_hall=True),
        PoolKind(name=BARGES, sort="stores", wait="feed", at_sea=True),
        PoolKind(
            name=WELLBOATS, sort="fleet", wait="wellboat", keeps="while waiting",
            colours=("#e0861a",), unit="boats", number=attrgetter("wellboats"),
            carrier=Carrier(
                "Wellboat", "VESSEL", 0,
                lambda geography, carriers: (
                    geography.wellboat_kg / 1000 * carriers.wellboat_m3_per_tonne
                ),
            ),
        ),
        PoolKind(
            name=FEED_TRUCKS, sort="fleet", wait="delivery", colours=("#c9a227",), unit="trucks",
            number=attrgetter("feed_trucks"),
            carrier=Carrier("Feed Truck", "TRUCK", 2, lambda _, carriers: carriers.feed_truck_m3),
        ),
        PoolKind(
            name=FEED_BOATS, sort="fleet", wait="delivery", colours=("#a0714f",), unit="boats",
            number=attrgetter("feed_boats"),
            carrier=Carrier("Feed Boat", "VESSEL", 1, lambda _, carriers: carriers.feed_boat_m3),
        ),
        PoolKind(
            name=TREATMENT_VESSELS, sort="fleet", wait="treatment", colours=("#4fb3c8",),
            unit="vessels", number=attrgetter("treatment_vessels"),
            carrier=Carrier(
                "Treatment Vessel", "VESSEL", 3, lambda _, carriers: carriers.treatment_vessel_m3
            ),
        ),
        PoolKind(
            name=PLANT, sort="plant", wait="plant", keeps="as outgrown", colours=("#d6424a",),
            unit="plants", number=lambda _: 1,
        ),
    )
}  # fmt: skip
"""Every kind of pool by its name, in the order in which fish meet them."""

REASONS: dict[str, Reason] = {
    reason.name: reason
    for reason in (
        Reason(WITHHOLDING, "as outgrown", ("#b25fb0",)),  # until treated fish may be eaten
        Reason(DENSITY),  # containers are full
        Reason(WEATHER),  # boats stay in harbour
    )
}
"""Every other reason to wait by its name, which is also the kind of the wait."""


def pools(kind: str, hall: str | None = None) -> Pools:
    """The pools of a kind, of a hall if it has halls."""
    return Pools(KINDS[kind], hall or "")


def fleets() -> list[PoolKind]:
    """The kinds of which a geography has a fleet."""
    return [kind for kind in KINDS.values() if kind.sort == "fleet"]


def in_order(those: Iterable[Pools]) -> tuple[Pools, ...]:
    """Pools of some kinds and halls, each once, in the order in which fish meet them."""
    place = {name: number for number, name in enumerate(KINDS)}
    return tuple(sorted(set(those), key=lambda each: (place[each.kind.name], each.hall)))


def without_stores(those: Iterable[Pools]) -> list[Pools]:
    """Those whose being full means something: a full silo is a good silo."""
    return [each for each in those if each.kind.sort != "stores"]
