"""What-if studies: a base scenario, factors that change its knobs, replications, and what they say.

A *variant* is the base scenario with some knobs changed; a *replication* is one run of it on one
seed. Replication r of every variant has the same seed and, because streams have names, meets the
same luck: variants are compared on common random numbers. The unit of work is (variant,
replication), whoever does it (``engines``), and its numbers are the same wherever it is done.
"""
