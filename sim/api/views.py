"""Which view a run gets."""

from __future__ import annotations

from sim.core.terminal import make_console
from sim.progress import LiveView, PlainView, SilentView, View, can_be_live


def make_view(title: str, first_day: int, end_day: int, progress: bool | None) -> View:
    """A live panel on a terminal and in a notebook; elsewhere plain lines, or only messages.

    Args:
        title: the scenario's name.
        first_day: of the run.
        end_day: the first day that is not simulated.
        progress: whether it is to be watched; None: only live.
    """
    console = make_console(stderr=True)
    if progress is not False and can_be_live(console):
        return LiveView(console, f"smoltflow: {title}", first_day, end_day)
    if progress:
        return PlainView(console, title, first_day, end_day)
    return SilentView(console, title, first_day, end_day)
