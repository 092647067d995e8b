"""A move's actions: how many fish of which source go into which destination.

Source i of S and destination j of D are laid side by side as intervals [i/S, (i+1)/S) and
[j/D, (j+1)/D); each overlap is an action that carries its share of the source's fish. So ten tanks
fill twenty rings by twenty actions, and every fish is accounted for: moved, or dead in the move.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from sim.core.arrays import Floats, Span, span


class Action(NamedTuple):
    """Fish that go from one container to another.

    Attributes:
        number: of the action among those of its source, from 0.
        before: fish in the source; ``moved`` alive, ``died`` on the way; ``weight_g`` of each.
    """

    source: int
    dest: int
    number: int
    before: int
    moved: int
    died: int
    weight_g: float


@cache
def overlaps(sources: int, dests: int) -> list[list[tuple[int, int]]]:
    """For each source the (destination, parts) it fills; a source has ``dests`` parts."""
    table: list[list[tuple[int, int]]] = []
    for source in range(sources):
        low, high = source * dests, (source + 1) * dests
        shares = []
        for dest in range(low // sources, -(-high // sources)):
            part = min(high, (dest + 1) * sources) - max(low, dest * sources)
            if part > 0:
                shares.append((dest, part))
        table.append(shares)
    return table


def share_out(
    source: int, shares: Sequence[tuple[int, int]], fish: tuple[int, int], weight_g: float
) -> list[Action]:
    """The actions that empty a source: (container, parts) are its shares, fish all and dead."""
    (before, dead), parts = fish, sum(part for _, part in shares)
    actions: list[Action] = []
    done, left = 0, before
    for number, (dest, part) in enumerate(shares):
        done += part
        leaving = before * done // parts - (before - left)
        died = min(dead * done // parts - dead * (done - part) // parts, leaving)
        actions.append(Action(source, dest, number, left, leaving - died, died, weight_g))
        left -= leaving
    return actions


def turns(actions: Sequence[Action], held: Sequence[int]) -> Iterator[tuple[Span, Span, Floats]]:
    """Whose fish come to whom, no destination twice: everybody's first fish, then the second, ...

    Args:
        actions: in their order.
        held: what the destination holds after each.

    Yields:
        Destinations, sources, and the share of those that a destination holds that came now.
    """
    left = list(zip(actions, held, strict=True))
    while left:
        now: dict[int, tuple[int, float]] = {}
        later = []
        for action, total in left:
            if action.dest in now:
                later.append((action, total))
            else:
                now[action.dest] = (action.source, action.moved / max(total, 1))
        sources, shares = zip(*now.values(), strict=True)
        yield span(list(now)), span(sources), np.array(shares)
        left = later
