"""The vocabulary: one definition per kind of fact, and the columnar block that carries facts.

A *fact* is something that happened on the farm and stays as it was recorded (a reading, a feeding,
a death); an *entity* is something whose latest state counts (a batch, an assignment, a stock); a
*site* row is infrastructure of one geography and a *master* row is the same in every geography.

Facts travel as :class:`Block`: equally long arrays of **canonical integers**, so that the digest,
the encoders and the checks all read one representation:

=============  ==============================================================================
type           canonical integer
=============  ==============================================================================
``int``        itself
``bool``       0 or 1
``decimal:s``  value times 10**s, rounded half away from zero (``real`` is ``decimal:6``)
``date``       days since 1970-01-01
``time``       microseconds since 1970-01-01 UTC
``clock``      microseconds since midnight
``key:kind``   the shard-local dense key of the row of that kind
``key:a|b``    that of a row of one kind or the other, as another field of the row says
``text``       a :class:`Text` column: dictionary codes and their values
``json``       as ``text``, holding canonical JSON (see :func:`canonical_json`)
=============  ==============================================================================

NULL is :data:`NULL` (for text: code -1). A column may also be a single Python value (``int`` or
``str``, or ``None`` for NULL) that holds for every row of the block.
"""

from sim.facts.blocks import (
    NULL,
    Block,
    Chunk,
    Column,
    Floats,
    Ints,
    Text,
    canonical_json,
    canonical_rows,
    quantise,
    scale_of,
)
from sim.facts.kinds import KINDS, Kind, Role

__all__ = [
    "KINDS",
    "NULL",
    "Block",
    "Chunk",
    "Column",
    "Floats",
    "Ints",
    "Kind",
    "Role",
    "Text",
    "canonical_json",
    "canonical_rows",
    "quantise",
    "scale_of",
]
