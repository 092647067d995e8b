"""What surrounds a geography's fish: its water, its weather, and what the sea does."""

from __future__ import annotations

from sim.environment.sea_events import SeaEvents
from sim.environment.water import Water
from sim.environment.weather import Weather
from sim.sites.layout import Layout
from sim.sites.schedule import Plan


class Surroundings:
    """A geography's surroundings, worked out before the first day."""

    def __init__(self, layout: Layout, plan: Plan) -> None:
        seed, days = layout.scenario.seed, (plan.first_day, plan.end_day)
        self.water = Water(layout, seed, *days)
        self.weather = Weather(layout, seed, self.water, *days)
        self.sea_events = SeaEvents(layout, self.water, layout.scenario.sea_events, seed)
