"""The fish of a company: the array steps of a day, over the containers of all geographies.

``ration`` at midday says how much every container would eat, and ``ask`` how much that is for every
feed line; batches then draw it from their stores. ``share`` says who eats what of it, and ``close``
in the evening lets the fish grow from that, and die. State is in the arrays of each geography
(:mod:`sim.fish.stock`), which are laid end to end here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.biology.growth import grown_weight_g
from sim.biology.mortality import deaths
from sim.core.arrays import Floats, Index, offsets
from sim.core.journal import Columns
from sim.core.streams import bits, noise_of, stream, uniform_of
from sim.fish.condition import Condition, DeathTally
from sim.fish.occupants import Fallen, Occupants, Places, StageKnobs
from sim.fish.stock import (
    ANCHOR_NONE,
    ANCHOR_SAMPLE,
    ANCHOR_TRANSFER,
    ANCHOR_VACCINATION,
    LEAST_WASTE,
    FishStock,
)
from sim.resources.feed import DAG_PER_KG


class Fish:
    """All fish of a company.

    Args:
        stocks: of every geography; parts of one company's arrays.

    Attributes:
        starts: number of each geography's first container here, and of all of them.
        sites: the same for sites; ``site_of`` the site of every container.
        count, weight_g, batch, appetite ...: as in :class:`~sim.fish.stock.FishStock`.
        fallen: the last day's deaths.
    """

    def __init__(self, stocks: Sequence[FishStock]) -> None:
        self.stocks = stocks
        layouts = [stock.layout for stock in stocks]
        scenario = layouts[0].scenario
        arrays = stocks[0].arrays.company
        self.starts = arrays.ends
        self.sites = offsets([len(layout.sites) for layout in layouts])
        self.site_of: Index = np.concatenate(
            [layout.site_of + first for layout, first in zip(layouts, self.sites, strict=False)]
        )
        self.limit_kg: Floats = np.concatenate([layout.limit_kg for layout in layouts])
        self._full_kg: Floats = np.concatenate([layout.full_kg for layout in layouts])
        self._load_memory = scenario.instruments.tanks.load_memory_share
        self.condition = Condition.of_company(arrays, [stock.condition for stock in stocks])
        self.count, self.weight_g = arrays["count"], arrays["weight_g"]
        self.batch, self.assignment = arrays["batch"], arrays["assignment"]
        self.luck, self.batch_luck = arrays["luck"], arrays["batch_luck"]
        self.wanted_dag, self.ration_dag = arrays["wanted_dag"], arrays["ration_dag"]
        self.eaten_dag, self.first_dag = arrays["eaten_dag"], arrays["first_dag"]
        self.more_dag, self.purchase = arrays["more_dag"], arrays["purchase"]
        self.feed_line, self.asked_dag = arrays["feed_line"], arrays["asked_dag"]
        self.served = arrays["served"]
        self.stage, self._batch_start = arrays["stage"], arrays["batch_start"]
        self.feed, self.price_cents = arrays["feed"], arrays["price_cents"]
        self._growth, self._fcr = arrays["growth"], arrays["fcr"]
        self._hazard = arrays["hazard"]
        self._offset_degc = arrays["offset_degc"]
        self._first_day = stocks[0].water.first_day
        waters = np.concatenate([stock.water.degc for stock in stocks])
        self._degc: Floats = np.ascontiguousarray(waters.T)
        self._of_stage = StageKnobs.of(layouts)
        self._first_stage = np.repeat(
            offsets([len(layout.stages) for layout in layouts])[:-1], np.diff(self.starts)
        )
        self._fcr_sd = scenario.variation.daily_fcr_sd
        shares = np.cumsum([cause.share for cause in scenario.death_causes])
        self._causes = shares / shares[-1]
        self._healing = scenario.variation.healing_percent_per_day / 100
        self._sample_days = scenario.recording.growth_sample_interval_days
        self._turnover = 0
        self._occupants = self._look_around(np.empty(0, dtype=np.int64))
        self._temperature = self._potential = np.empty(0)
        nobody = self._fed = self._line = np.empty(0, dtype=np.int64)
        self.fallen = Fallen(self._occupants, np.empty(0), nobody, nobody, nobody)

    def occupants(self) -> Occupants:
        """Who lives where now; the same object until somebody comes or goes."""
        turnover = sum([stock.turnover for stock in self.stocks])
        if turnover != self._turnover:
            self._turnover = turnover
            self._occupants = self._look_around((self.batch >= 0).nonzero()[0])
        return self._occupants

    def _look_around(self, rows: Index) -> Occupants:
        known, luck = self._of_stage, self.luck.take(rows)
        stage, limit_kg = self.stage.take(rows), self.limit_kg.take(rows)
        at = stage + self._first_stage.take(rows)
        dag_per_kg, keys = known.dag_per_kg.take(at), np.empty((4, len(rows)), dtype=np.uint64)
        keys[0], keys[1:] = self.batch_luck.take(rows), luck
        keys ^= _PURPOSES
        return Occupants(
            rows=rows,
            ends=rows.searchsorted(self.starts).tolist(),
            assignment=self.assignment.take(rows),
            batch=self.batch.take(rows),
            stage=stage,
            start=self._batch_start.take(rows),
            site=self.site_of.take(rows),
            offset_degc=self._offset_degc.take(rows),
            tgc=known.tgc.take(at) * self._growth.take(rows),
            fcr=self._fcr.take(rows),
            most=known.most.take(at),
            unfed=(dag_per_kg == 0).nonzero()[0],
            dag_per_kg=dag_per_kg,
            yolk_g=known.yolk_g.take(at),
            hazard=self._hazard.take(rows),
            daily_sd=known.daily_sd.take(at),
            limit_kg=limit_kg,
            full_kg=self._full_kg.take(rows),
            luck=luck,
            keys=keys,
        )

    def temperature(self, fish: Places, day: int) -> Floats:
        """Water temperature of some containers on a day, degrees C."""
        return np.asarray(self._degc[day - self._first_day][fish.site] + fish.offset_degc)

    def ration(self, day: int) -> None:
        """Midday: how much each container would eat, within appetite and the container's limit."""
        fish = self.occupants()
        rows = fish.rows
        degc = self._temperature = self.temperature(fish, day)
        weight, count = self.weight_g.take(rows), self.count.take(rows)
        self._potential = grown_weight_g(weight, fish.tgc, np.maximum(degc, 0))
        biomass = count * weight / 1000
        gain_kg = count * (self._potential - weight) / 1000
        wanted_kg = np.minimum(gain_kg * fish.fcr, biomass * fish.most)
        wanted_kg *= self.condition.appetite.take(rows)
        room_kg = np.maximum(fish.full_kg - biomass, 0) * fish.fcr
        wanted = (wanted_kg * fish.dag_per_kg).astype(np.int64)
        ration = (np.minimum(wanted_kg, room_kg) * fish.dag_per_kg).astype(np.int64)
        self.wanted_dag[rows], self.ration_dag[rows] = wanted, ration
        cut = ration < wanted
        any_cut = bool(cut.any())
        for stock, (start, end) in zip(self.stocks, pairwise(fish.ends), strict=True):
            mine = slice(start, end)
            stock.crowded = set(fish.batch[mine][cut[mine]].tolist()) if any_cut else set()
        for state in (self.eaten_dag, self.first_dag, self.more_dag):
            state[:] = 0
        self.purchase[:] = -1

    def ask(self) -> None:
        """At mealtime: what every feed line asks for, as the sum of its containers' rations."""
        rows = self.occupants().rows
        line = self.feed_line.take(rows)
        fed = line >= 0
        self._fed, self._line = rows[fed], line[fed]
        ration = self.ration_dag.take(self._fed)
        self.asked_dag[:] = np.bincount(self._line, ration, len(self.asked_dag))
        self.served[:] = False

    def share(self) -> None:
        """After meals: who eats from lines that got all that they asked for, out of one lot."""
        served = self.served.take(self._line)
        rows, line = self._fed[served], self._line[served]
        self.eaten_dag[rows] = self.first_dag[rows] = self.ration_dag.take(rows)
        self.feed[rows], self.purchase[0][rows] = self.feed.take(line), self.purchase[0].take(line)
        self.price_cents[0][rows] = self.price_cents[0].take(line)

    def close(self, day: int, told: Sequence[bool]) -> list[tuple[Columns, Columns]]:
        """Evening: growth from what was eaten, deaths, and the day's columns.

        Args:
            day: today.
            told: for each geography, whether anybody reads its tables.

        Returns:
            For each geography that is told: equally long arrays over its occupied containers, keys,
            state at the end of the day and what happened in it; and the same over deaths by
            container and cause (see ``observations.days``). Nothing for the others.
        """
        fish, degc = self._occupants, self._temperature
        alive = self.batch.take(fish.rows) >= 0
        if not alive.all():  # emptied between midday and evening
            degc, self._potential = degc[alive], self._potential[alive]
            fish = self._look_around(fish.rows[alive])
        rows = fish.rows
        before, weight = self.count.take(rows), self.weight_g.take(rows)
        age = day - fish.start
        luck = bits(fish.keys, age)
        swing, deviation = noise_of(luck[:2])
        biomass_before = before * weight / 1000
        eaten_kg = self.eaten_dag.take(rows) / DAG_PER_KG
        waste = np.maximum(1 + self._fcr_sd * deviation, LEAST_WASTE)
        gain_kg = eaten_kg / (fish.fcr * waste)
        if len(fish.unfed):
            at = fish.unfed
            yolk_g = np.minimum(self._potential.take(at), fish.yolk_g.take(at))
            yolk_left_g = np.maximum(yolk_g - weight.take(at), 0)
            gain_kg[at] = before.take(at) * yolk_left_g / 1000
        gain_kg = np.minimum(gain_kg, np.maximum(fish.limit_kg - biomass_before, 0))
        weight = (biomass_before + gain_kg) * 1000 / np.maximum(before, 1)
        if not before.all():
            weight[before == 0] = 0.0
        dead, tally = self._deaths(fish, age, before, swing, luck[2:])
        self.fallen = Fallen(fish, weight, *tally.columns())
        self.count[rows], self.weight_g[rows] = before - dead, weight
        happened = {
            "age": age, "before_kg": biomass_before, "gain_kg": gain_kg, "degc": degc, "dead": dead,
        }  # fmt: skip
        tables = []
        for geography, (start, end) in enumerate(pairwise(fish.ends)):
            days: Columns = {}
            deaths: Columns = {}
            if told[geography]:
                mine = {name: column[start:end] for name, column in happened.items()}
                days = self._told(day, fish, geography, slice(start, end), mine)
                deaths = self.fallen.part(day, start, end)
            tables.append((days, deaths))
        self.condition.end_day(self._healing)
        return tables

    def _told(
        self, day: int, fish: Occupants, geography: int, mine: slice, happened: Columns
    ) -> Columns:
        """What the containers of a geography hold at the end of a day, and what was eaten there."""
        stock = self.stocks[geography]
        rows = fish.rows[mine] - self.starts[geography]
        stage, age, eaten_dag = fish.stage[mine], happened["age"], stock.eaten_dag[rows]
        load = eaten_dag / DAG_PER_KG / stock.layout.volume_m3[rows]
        memory = self._load_memory
        stock.load[rows] = memory * stock.load[rows] + (1 - memory) * load
        sampled = (
            (fish.dag_per_kg[mine] > 0) & (age % self._sample_days == 0) & (stock.count[rows] > 0)
        )
        stock.weighed[rows[sampled]] = day
        moved_in = (stock.since[rows] == day) & (stage > 0)
        return {
            "day": np.full(len(rows), day, dtype=np.int64),
            "container": rows,
            "assignment": fish.assignment[mine],
            "batch": fish.batch[mine],
            "stage": stage,
            "count": stock.count[rows],
            "weight_g": stock.weight_g[rows],
            "eaten_dag": eaten_dag,
            "feed": stock.feed[rows],
            "first_dag": stock.first_dag[rows],
            "more_dag": stock.more_dag[rows],
            "purchase": stock.purchase[0, rows],
            "purchase_2": stock.purchase[1, rows],
            "price_cents": stock.price_cents[0, rows],
            "price_2_cents": stock.price_cents[1, rows],
            "load": stock.load[rows],
            "luck": fish.luck[mine],
            **happened,
            "oxygen_loss": stock.condition.oxygen_loss[rows],
            "anchor": np.select(  # why the weight of a day is sure, if it is
                [sampled, stock.vaccinated[rows] == day, moved_in],
                [ANCHOR_SAMPLE, ANCHOR_VACCINATION, ANCHOR_TRANSFER],
                ANCHOR_NONE,
            ),
        }

    def _deaths(
        self,
        fish: Occupants,
        age: Index,
        before: Index,
        swing: Floats,
        luck: NDArray[np.uint64],
    ) -> tuple[Index, DeathTally]:
        """Deaths per row, of the background and then of today's harms; and by row and cause.

        Args:
            fish: who lives where.
            age: today in days since each batch's start.
            before: number of fish.
            swing: how much more than usual a batch's fish die today; shape (rows,).
            luck: random bits for who dies, and of what; shape (2, rows).
        """
        swing = 1 + fish.daily_sd * swing
        hazard = np.minimum(np.maximum(fish.hazard * swing, 0), 1)
        dies, what = uniform_of(luck)
        dead = deaths(before, hazard, dies)
        cause = np.minimum(self._causes.searchsorted(what), len(self._causes) - 1)
        tally = DeathTally(dead, cause, self.condition.places)
        return dead + self.condition.die(fish.rows, before - dead, fish.luck, age, tally), tally


_PURPOSES = np.array(
    [[stream(0, "purpose", name)] for name in ("day", "fcr", "deaths", "cause")], dtype=np.uint64
)
