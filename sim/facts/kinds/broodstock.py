"""Broodstock: parents, breeding plans and pairs, and whose offspring a batch is."""

from sim.facts.kinds.kind import Kind

KINDS: tuple[Kind, ...] = ()
