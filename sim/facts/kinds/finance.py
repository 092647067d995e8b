"""Money: companies and sites, harvest facts, what companies owe each other."""

from sim.facts.kinds.kind import Kind

KINDS: tuple[Kind, ...] = ()
