"""The day of a company: the array steps of its harms, rations, meals, growth and deaths."""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.clock import CLOSE, FEED, HARM, RATION
from sim.company import Company
from sim.processes.ailments import ail
from sim.processes.serving import serve


def days(company: Company) -> Generator[simpy.Event, object, None]:
    """Every day: rations at midday, growth and deaths in the evening, the day's columns."""
    farms, fish = company.farms, company.fish
    first = farms[0]
    for day in range(first.first_day, first.end_day):
        yield first.at(day, HARM)
        ail(company, day)
        yield first.at(day, RATION)
        fish.ration(day)
        yield first.at(day, FEED)
        serve(company)
        yield first.at(day, CLOSE)
        tables = fish.close(day, [farm.lane.recording for farm in farms])
        for farm, (days_told, deaths) in zip(farms, tables, strict=True):
            farm.lane.table("days", days_told)
            farm.lane.table("deaths", deaths)
