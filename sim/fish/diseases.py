"""Diseases in the containers of a geography: who is ill of what, since when and how badly.

Every container has a threshold per disease, drawn once when it is stocked; the hazard that it
meets (from nowhere, from ill neighbours in its site, from the next areas) adds up day by day, and
when the sum passes the threshold its fish fall ill. So a greater hazard only ever brings an illness
forward, and two scenarios meet the same luck. An illness takes its course: a hump of load, and with
it of deaths, of lost appetite and of damage. Fish that had a disease are immune to it. How it all
goes on from day to day is one step over all geographies (:mod:`sim.fish.disease_day`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.core.arrays import Floats, Span, span
from sim.core.elementary import exp, log1p
from sim.core.streams import normal_at, stream
from sim.fish.stock import FishStock
from sim.scenario.knobs.health import Disease

_DAYS_PER_YEAR = 365.25
_SPREAD_SD = 2.5
"""Severities are drawn within this many standard deviations."""


class Epidemics:
    """Who is ill of what in one geography.

    Attributes:
        since: first day of a container's illness, -1 for none; shape (diseases, containers).
        course: how long it takes, days; ``toll`` the sum of its daily hazards.
        relief: share of the hazard that is left after a cure.
        entered: day on which a container's batch came to the fresh water, or to the sea.
        exposure, threshold: hazard met until this week, and what makes its fish ill.
        immune: had it; ``openness`` how easily it may be caught this week (0: not at all).
        begun: containers into which fish were put since the last weekly look.
        onset: purposes of the diseases' luck, one per disease.
    """

    def __init__(
        self,
        stock: FishStock,
        diseases: Sequence[Disease],
        seed: int,
        protections: Callable[[], Floats],
    ) -> None:
        layout = stock.layout
        self.stock, self.diseases = stock, diseases
        self.protections = protections
        new, rows = stock.arrays.full, len(diseases)
        self.since = new("disease since", -1, np.int64, rows=rows)
        self.course = new("disease course", 1, rows=rows)
        self.toll = new("disease toll", 0, rows=rows)
        self.relief = new("disease relief", 1, rows=rows)
        self.entered = new("disease entered", 0, np.int64)
        self.exposure = new("disease exposure", 0, rows=rows)
        self.threshold = new("disease threshold", np.inf, rows=rows)
        self.immune = new("disease immune", 0, np.bool_, rows=rows)
        self.openness = new("disease openness", 0, rows=rows)
        self.begun: list[int] = []
        self._names = (seed, layout.geography.name)
        self._outbreaks: dict[tuple[int, int], float] = {}
        self.onset = np.array(
            [stream(0, "purpose", "onset", disease.name) for disease in diseases], dtype=np.uint64
        )

    def base_hazard(self) -> Floats:
        """Daily hazard from nowhere: a batch's rate, shared out among its containers."""
        layout = self.stock.layout
        base = np.zeros((len(self.diseases), layout.holding))
        for site in layout.sites:
            stage = layout.stages[layout.sea_stage or 0 if site.stage is None else site.stage]
            for number, disease in enumerate(self.diseases):
                if disease.role == stage.role:
                    rate = disease.onsets_per_year / _DAYS_PER_YEAR / stage.containers_per_batch
                    base[number, list(site.containers)] = rate
        return base

    def begin(self, containers: Sequence[int], entered: int) -> None:
        """Fish were put into containers; what makes them ill is drawn at the next weekly look."""
        at = span(containers)
        self.entered[at] = entered
        self.begun += containers
        self.openness[:, at] = 0.0

    def settle(self, containers: Span, sources: Span, share: Floats) -> None:
        """Fish came from other containers and brought their illnesses."""
        leads = share >= 0.5
        lead_all = bool(leads.all())
        if not lead_all:
            leads |= (self.since[:, containers] < 0).all(axis=0)
        for state in (self.since, self.course, self.toll, self.relief):
            brought = state[:, sources]
            state[:, containers] = (
                brought if lead_all else np.where(leads, brought, state[:, containers])
            )
        self.immune[:, containers] |= self.immune[:, sources]

    def clear(self, containers: Span) -> None:
        """Nobody lives here any more; hazards begin anew at the look after fish came."""
        self.since[:, containers] = -1
        self.relief[:, containers] = 1.0
        self.openness[:, containers] = 0.0
        self.immune[:, containers] = False

    def fall_ill(self, number: int, container: int, day: int) -> None:
        """A disease takes a container's fish: draw how long and how bad."""
        disease, stock = self.diseases[number], self.stock
        outbreak = self._outbreak(number, int(stock.batch_luck[container]))
        mine = stock.luck[container] ^ self.onset[number]
        alone = [min(max(normal_at(mine, n), -_SPREAD_SD), _SPREAD_SD) for n in (1, 2)]
        share = disease.mortality_percent / 100
        spread = disease.mortality_sd * outbreak + disease.container_sd * alone[0]
        toll = -log1p(-share) * exp(spread)
        course = disease.duration_days * exp(disease.duration_sd * alone[1])
        self.since[number, container] = day
        self.course[number, container] = max(course, 2.0)
        self.toll[number, container] = toll
        self.relief[number, container] = 1.0
        self.immune[number, container] = True
        self.openness[number, container] = 0.0

    def _outbreak(self, number: int, batch_luck: int) -> float:
        """How bad a disease is in a whole batch, in standard deviations."""
        if (number, batch_luck) not in self._outbreaks:
            own = stream(*self._names, str(batch_luck), self.diseases[number].name)
            severity = min(max(normal_at(own, 0), -_SPREAD_SD), _SPREAD_SD)
            self._outbreaks[number, batch_luck] = severity
        return self._outbreaks[number, batch_luck]
