"""The proof: a schedule simulated, every batch to its end, and its figures held against limits.

Every candidate is simulated with the same seed. Batches are numbered alike in all of them, and what
happens to a batch, an area or the sea is drawn by name and date (``sim.core.streams``), so
candidates meet the same luck: common random numbers by construction. One replication is one
company's luck; a study (``python -m sim study``) tells how much a figure varies with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from sim.core.elementary import cbrt
from sim.kpi import Measures, measure
from sim.planner.limits import Excess, Limits
from sim.resources.kinds import DENSITY, KINDS, PLANT, RINGS, SILOS
from sim.scenario import Scenario

SLACK_DAYS = 90
"""Simulated beyond the last expected harvest, so that late batches can be told from stuck ones."""
_LATE_DAYS = 1.0
"""A transition that comes later than this is late: the last boat of a batch sails next day."""


@dataclass(frozen=True, slots=True)
class ProofFigures:
    """What a simulated schedule showed; units as in :class:`~sim.planner.limits.Limits`.

    Attributes:
        unfinished: batches that were not harvested by the end.
        saturation: of the fullest geography in its fullest month.
        harvested_t: live weight of all batches.
    """

    batches: int
    unfinished: int
    saturation: float
    late_days: float
    late_percent: float
    stock_outs: float
    crowded: float
    harvest_late_days: float
    harvested_t: float

    def to_json(self) -> dict[str, float]:
        """Plain values, rounded as they are shown."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Proof:
    """A simulated schedule: its figures, and every limit that it passed."""

    figures: ProofFigures
    excesses: list[Excess]

    @property
    def holds(self) -> bool:
        """Whether the schedule works."""
        return not self.excesses


def prove(
    scenario: Scenario,
    batches: int,
    until: int,
    limits: Limits,
    watch: Callable[[int, int], None] | None = None,
) -> Proof:
    """Simulate a schedule and hold it against the limits.

    Args:
        scenario: with its batches as entries and an end after the last harvest.
        batches: how many they are.
        until: first day that is not simulated.
        limits: what is allowed.
        watch: told after every month: the day that is reached, and the end.
    """
    seen = _Seen(scenario, measure(scenario, until=until, watch=watch), batches)
    figures = ProofFigures(
        batches=batches,
        unfinished=seen.unfinished,
        saturation=max((float(share.max()) for share in seen.claimed.values()), default=0.0),
        late_days=seen.late_days,
        late_percent=seen.late_percent,
        stock_outs=seen.spells(KINDS[SILOS].wait) / batches,
        crowded=seen.spells(DENSITY) / batches,
        harvest_late_days=_mean(seen.harvest_late),
        harvested_t=float(seen.measures.harvests["live_kg"].sum()) / 1000,
    )
    return Proof(figures, list(seen.excesses(figures, limits)))


class _Seen:
    """Measures, looked at as a planner does."""

    def __init__(self, scenario: Scenario, measures: Measures, planned: int) -> None:
        self.scenario, self.measures, self.planned = scenario, measures, planned
        batches = measures.batches
        self.unfinished = planned - int((batches["ended"] >= 0).sum())
        self.claimed = self._claimed()
        self._lateness()
        self.harvest_late = self._harvest_late()

    def _claimed(self) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """Share of each geography's rings that are claimed, by month from the first."""
        usage = self.measures.usage
        found = {}
        for index, name in enumerate(self.measures.geographies):
            rows = (usage["geography"] == index) & (usage["kind"] == RINGS)
            if not rows.any():
                continue
            months, at = np.unique(usage["month"][rows], return_inverse=True)
            used = np.bincount(at, (usage["busy_days"] + usage["resting_days"])[rows])
            there = np.bincount(at, usage["capacity_days"][rows])
            found[name] = used / np.maximum(there, 1e-9)
            self.months = months
        return found

    def _lateness(self) -> None:
        """By how many days more than before each transition is late, and each batch at last."""
        moves = self.measures.transitions
        rows, arrived = self.measures.batch_row(moves), moves["arrived"] >= 0
        late = np.where(arrived, moves["arrived"] - moves["due"], 0).astype(np.float64)
        shape = (len(self.measures.batches["batch"]), len(self.measures.stages))
        total = np.zeros(shape)
        total[rows, moves["order"]] = late
        there = np.zeros(shape, dtype=bool)
        there[rows, moves["order"]] = arrived
        # Order 0 is late by the schedule, the others by the plan from the actual start.
        steps = np.diff(total[:, 1:], axis=1, prepend=0.0)
        steps = np.concatenate([total[:, :1], steps], axis=1)
        count = max(int(there.sum()), 1)
        self.late_percent = 100 * float(((steps > _LATE_DAYS) & there).sum()) / count
        self.late_days = _mean(np.where(there, steps, 0.0).sum(axis=1))

    def _harvest_late(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Days of growth beyond its target at each harvested batch's harvest, 0 if lighter.

        By the TGC of the last stage at the mean temperature: W^(1/3) grows by TGC/1000 x degrees
        a day.
        """
        measures, scenario = self.measures, self.scenario
        kg = measures.per_batch(measures.harvests, measures.harvests["live_kg"])
        fish = measures.per_batch(measures.harvests, measures.harvests["fish"])
        done = (measures.batches["ended"] >= 0) & (fish > 0)
        pace = []
        for geography in scenario.geographies:
            last = scenario.stages_in(geography)[-1]
            at_sea = last.role == "sea"
            degc = geography.sea.mean_degc if at_sea else last.temperature_degc
            pace.append(max(last.tgc / 1000 * degc, 1e-9))
        a_day = np.array(pace)[measures.batches["geography"][done]]
        reached = cbrt(1000 * kg[done] / fish[done])
        beyond = reached - cbrt(measures.batches["target_g"][done])
        self.harvested = np.flatnonzero(done)
        return np.asarray(np.maximum(beyond / a_day, 0.0))

    def spells(self, kind: str) -> int:
        """How many waits of a kind there were."""
        return int((self.measures.waits["kind"] == kind).sum())

    def excesses(self, figures: ProofFigures, limits: Limits) -> list[Excess]:
        """Every limit that is passed, with the pool that has most to do with it."""
        found = []
        if figures.saturation > limits.saturation:
            found.append(self._full(limits.saturation))
        for name in ("late_days", "late_percent"):
            if getattr(figures, name) > getattr(limits, name):
                found.append(self._late(figures, limits))
                break
        for name, kind, what in (
            ("stock_outs", KINDS[SILOS].wait, "short rations"),
            ("crowded", DENSITY, "short rations in full containers"),
        ):
            value, limit = getattr(figures, name), getattr(limits, name)
            if value > limit:
                text = f"{value:.2f} spells of {what} a batch, {limit:g} may be"
                found.append(self._worst((kind,), name, text, "short_kg", "kg"))
        if figures.harvest_late_days > limits.harvest_late_days:
            found.append(self._overdue(figures, limits))
        if figures.unfinished:
            text = f"{figures.unfinished} of {self.planned} batches not harvested in the end"
            found.append(self._worst(_stops(), "unfinished", text, "blocked", "days"))
        return found

    def _full(self, saturation: float) -> Excess:
        name = max(self.claimed, key=lambda name: float(self.claimed[name].max()))
        share = self.claimed[name]
        month = int(self.months[int(np.argmax(share > saturation))])
        text = f"{share.max():.1%} claimed in the fullest month, {saturation:.0%} may be"
        return Excess("saturation", f"{RINGS} of {name}", month, text)

    def _late(self, figures: ProofFigures, limits: Limits) -> Excess:
        text = (
            f"batches are {figures.late_days:.1f} days late ({limits.late_days:g} may be) and"
            f" {figures.late_percent:.1f} % of transitions come late"
            f" ({limits.late_percent:g} % may)"
        )
        return self._worst(_stops(before_harvest=True), "late", text, "blocked", "days")

    def _worst(
        self, kinds: tuple[str, ...], limit: str, text: str, column: str, unit: str
    ) -> Excess:
        """The kind of pool and geography that most of some waits were for.

        Of blocked days only waits count that are longer than is usual with several boat trips.
        """
        least = _LATE_DAYS if column == "blocked" else 0.0
        waits, names = self.measures.waits, self.measures.geographies
        amounts: dict[tuple[str, str], float] = {}
        first: dict[tuple[str, str], int] = {}
        columns = (waits[name] for name in ("kind", "pool_kind", "geography", "since", column))
        for kind, pool_kind, geography, since, amount in zip(*columns, strict=True):
            if kind in kinds and amount > least:
                key = (str(pool_kind), names[int(geography)])
                amounts[key] = amounts.get(key, 0.0) + float(amount)
                first[key] = min(first.get(key, int(since)), int(since))
        if not amounts:
            return Excess(limit, "the schedule", None, text)
        key = max(amounts, key=lambda key: (amounts[key], key))
        return Excess(
            limit, f"{key[0]} of {key[1]}", first[key],
            f"{text}; {amounts[key]:,.0f} {unit} in all for want of these",
        )  # fmt: skip

    def _overdue(self, figures: ProofFigures, limits: Limits) -> Excess:
        batches, names = self.measures.batches, self.measures.geographies
        of = batches["geography"][self.harvested]
        total = np.bincount(of, self.harvest_late, minlength=len(names))
        worst = int(np.argmax(total))
        late = self.harvested[(of == worst) & (self.harvest_late > limits.harvest_late_days)]
        first = int(batches["ended"][late].min()) if len(late) else None
        text = (
            f"fish are harvested {figures.harvest_late_days:.1f} days of growth beyond their target"
            f" ({limits.harvest_late_days:g} may be)"
        )
        return Excess("harvest_late_days", f"{PLANT} of {names[worst]}", first, text)


def _stops(*, before_harvest: bool = False) -> tuple[str, ...]:
    """The kinds of waits for pools that keep batches, at all or until they are grown."""
    return tuple(
        kind.wait
        for kind in KINDS.values()
        if kind.keeps and not (before_harvest and kind.keeps == "as outgrown")
    )


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(values.mean()) if len(values) else 0.0
