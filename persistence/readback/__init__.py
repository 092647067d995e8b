"""Reading rows back as canonical integers: what `bootstrap` compares and `recompute` adds up.

Both databases give the same thing: a batch of rows as 64-bit integers, a text being the hash that
the digest uses. References are still the database's ids; :func:`canonical` makes them global keys.
"""

from persistence.blocks import Span
from persistence.readback.base import Reader, RowBatch, canonical, fixed_columns

__all__ = ["Reader", "RowBatch", "Span", "canonical", "fixed_columns"]
