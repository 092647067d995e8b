"""What a company achieved: measures from any source, key figures worked out from them.

A replication without a database (:mod:`.model`) and the databases of a run (``persistence.kpi``)
give the same :class:`~sim.kpi.measures.Measures`; key figures (:mod:`.figures`) and bottlenecks
(:mod:`.waits`) are functions of those alone, so that a study, a report and a check mean the same.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.kpi.measures import Measures
from sim.scenario import Scenario

__all__ = ["Measures", "measure"]


def measure(
    scenario: Scenario,
    *,
    until: int | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Measures:
    """Simulate a company without a database, and measure it.

    Args:
        scenario: what to simulate.
        until: first day that is not simulated; default the scenario's end.
        watch: told after every month: the day that is reached, and the end.
    """
    from sim.kpi import model  # late: who reads measures from a database needs no model

    return model.measure(scenario, until=until, watch=watch)
