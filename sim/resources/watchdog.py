"""The watchdog: claims that can never be met, and claims that wait suspiciously long.

A holder that waits for nothing will some day give back what it holds. So take everybody who waits
as stuck, then free, again and again, whoever could be served from units that are free, resting or
held by somebody who is not stuck. Who is left waits in a circle and would wait for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.resources.containers import Claim, ContainerPool


def alarms(pools: Sequence[ContainerPool], longest_days: float) -> list[str]:
    """Name the claims that can never be met or have waited too long, with who holds what."""
    found = []
    circle = never_met(pools)
    for pool in pools:
        for claim in pool.get_queue:
            waited = pool.now - claim.since
            if claim in circle:
                found.append(
                    _alarm(pool, claim, "can never be met: its holders wait for each other")
                )
            elif waited > longest_days:
                found.append(_alarm(pool, claim, f"has waited {waited:.0f} days"))
    return found


def never_met(pools: Sequence[ContainerPool]) -> list[Claim]:
    """Claims whose holders wait for each other in a circle."""
    stuck = [(pool, claim) for pool in pools for claim in pool.get_queue]
    while True:
        blocked = {claim.holder for _, claim in stuck}
        left = [(pool, claim) for pool, claim in stuck if not _hopeful(pool, claim, blocked)]
        if len(left) == len(stuck):
            return [claim for _, claim in stuck]
        stuck = left


def _hopeful(pool: ContainerPool, claim: Claim, blocked: set[str]) -> bool:
    """Whether some group will have enough units once everybody who is not blocked has left."""
    return any(
        sum(pool.holders.get(unit) not in blocked for unit in pool.groups[group]) >= claim.wanted
        for group in claim.groups
    )


def _alarm(pool: ContainerPool, claim: Claim, what: str) -> str:
    holders = ", ".join(f"{name} {count}" for name, count in pool.held_by(claim.groups).items())
    return (
        f"{claim.holder}: the claim for {claim.wanted} of {', '.join(claim.groups)} {what};"
        f" held by {holders or 'nobody'}"
    )
