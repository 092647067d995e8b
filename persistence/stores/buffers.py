"""How large a store's buffers are: what a database may take of a limit on memory.

None of it has any effect on what is written.
"""

from __future__ import annotations

from dataclasses import dataclass

_GROUPS = 2_520  # rows: divisible by all likely groups of them


@dataclass(frozen=True, slots=True)
class Buffers:
    """The sizes of what a store holds on to while it writes.

    Attributes:
        cache_kib: pages of an SQLite file that are kept while it is loaded.
        sorter_kib: the same while an index is built; the sorter takes as much again.
        rows: rows that are turned into what a driver takes at a time.
    """

    # Larger ones spare nothing: a page of new rows is written once, whenever that is.
    cache_kib: int = 16_384
    sorter_kib: int = 16_384
    rows: int = 6 * _GROUPS

    def scaled(self, share: float) -> Buffers:
        """Give the buffers that take about a share of the memory of these."""
        return Buffers(
            cache_kib=max(round(self.cache_kib * share), 1024),
            sorter_kib=max(round(self.sorter_kib * share), 1024),
            rows=max(int(self.rows * share) // _GROUPS, 1) * _GROUPS,
        )


FULL = Buffers()
