"""Corruption: verify must see every changed cell, every row more and every row less.

    python -m benchmarks corruption                 # all of it
    python -m benchmarks corruption --slice 1/8     # an eighth of it
    python -m benchmarks corruption --tables        # what became of all trials so far

A small company is run once. Each trial changes one thing in a copy of its files and asks whether
``verify`` ends with code 3: by the digest of the changed table where that tells (verify compares
it too), else by the command itself. Every fiftieth trial takes the command in any case. Trials are
appended to a file, a line of JSON each.
"""

from benchmarks.corruption.campaign import arguments, campaign

__all__ = ["arguments", "campaign"]
