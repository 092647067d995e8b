"""Projections: models of growth, scenarios, what was expected of a batch."""

from sim.facts.kinds.kind import Kind

KINDS: tuple[Kind, ...] = ()
