"""Plans: templates of activities, and a batch's planned activities."""

from sim.facts.kinds.kind import Kind

KINDS: tuple[Kind, ...] = ()
