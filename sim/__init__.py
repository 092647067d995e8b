"""The Smoltflow model: a salmon-farming company on one simulated clock.

These names are the promise to whoever imports it; everything else may move. They are looked up when
they are first asked for, so that ``import sim`` costs nothing, and none is the name of a module, so
that importing one hides none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sim.core.version import __version__

if TYPE_CHECKING:
    from sim.api import load, make_plan, measure, run, run_study
    from sim.kpi.measures import Measures
    from sim.resources.containers import ContainerPool, NeverGrantedError
    from sim.resources.feed import FeedStore
    from sim.resources.fleet import Fleet
    from sim.resources.plant import HarvestPlant
    from sim.scenario.model import Scenario
    from sim.world import World

__all__ = [
    "ContainerPool",
    "FeedStore",
    "Fleet",
    "HarvestPlant",
    "Measures",
    "NeverGrantedError",
    "Scenario",
    "World",
    "__version__",
    "load",
    "make_plan",
    "measure",
    "run",
    "run_study",
]

_HOMES = {
    "ContainerPool": "sim.resources.containers",
    "FeedStore": "sim.resources.feed",
    "Fleet": "sim.resources.fleet",
    "HarvestPlant": "sim.resources.plant",
    "Measures": "sim.kpi.measures",
    "NeverGrantedError": "sim.resources.containers",
    "Scenario": "sim.scenario.model",
    "World": "sim.world",
    "load": "sim.api",
    "make_plan": "sim.api",
    "measure": "sim.api",
    "run": "sim.api",
    "run_study": "sim.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
