"""The day of a geography: the array steps of its harms, rations, meals, growth and deaths."""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.clock import CLOSE, FEED, HARM, RATION
from sim.farm import Farm
from sim.processes.ailments import ail
from sim.processes.feeding import serve


def days(farm: Farm) -> Generator[simpy.Event, object, None]:
    """Every day: rations at midday, growth and deaths in the evening, the day's columns."""
    for day in range(farm.first_day, farm.end_day):
        yield farm.at(day, HARM)
        ail(farm, day)
        yield farm.at(day, RATION)
        farm.stock.ration(day)
        yield farm.at(day, FEED)
        serve(farm)
        yield farm.at(day, CLOSE)
        days, deaths = farm.stock.close(day, told=farm.lane.keeps("days"))
        farm.lane.table("days", days)
        farm.lane.table("deaths", deaths)
