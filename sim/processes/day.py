"""The day of a company: the array steps of its harms, rations, growth and deaths."""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.company.company import Company
from sim.core.clock import CLOSE, FEED, HARM, RATION, SHARE
from sim.processes.feeding.meals import call_to_meals
from sim.processes.health.harms_of_day import ail
from sim.processes.life.dying_out import bury


def days(company: Company) -> Generator[simpy.Event, object, None]:
    """Every day: rations at midday, growth and deaths in the evening, the day's columns.

    Batches are called to ask for their rations; in the evening somebody looks at every store, and
    where the last fish died that is the end.
    """
    farms, fish = company.farms, company.fish
    first = farms[0]
    for day in range(first.first_day, first.end_day):
        yield first.at(day, HARM)
        ail(company, day)
        yield first.at(day, RATION)
        fish.ration(day)
        yield first.at(day, FEED)
        fish.ask()
        for farm in farms:
            call_to_meals(farm)
        yield first.at(day, SHARE)
        fish.share()
        yield first.at(day, CLOSE)
        for farm in farms:
            farm.resources.look_at_stores()
        tables = fish.close(day, [farm.lane.recording for farm in farms])
        for farm, (days_told, deaths) in zip(farms, tables, strict=True):
            farm.lane.table("days", days_told)
            farm.lane.table("deaths", deaths)
            bury(farm)
