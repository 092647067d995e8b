"""Which view a run gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from sim.progress import LiveView, PlainView, SilentView, View

if TYPE_CHECKING:
    from sim.cli.existing import Options


def make_view(title: str, first_day: int, end_day: int, options: Options) -> View:
    """A live panel on a terminal, plain lines elsewhere, nothing on request."""
    console = Console(stderr=True)
    if options.no_progress:
        return SilentView(console, title, first_day, end_day)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveView(console, f"smoltflow: {title}", first_day, end_day)
    return PlainView(console, title, first_day, end_day)
