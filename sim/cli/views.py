"""Which view a run gets, and the batches' stories for the log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from sim.progress import LiveView, PlainView, SilentView, View
from sim.runner import Glimpse

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


class Tales:
    """Writes each batch's story to a file of its own, and to the screen on request."""

    def __init__(self, folder: Path | None, view: View | None) -> None:
        self.folder, self.view = folder, view
        self.begun: set[str] = set()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def take(self, seen: Glimpse) -> None:
        """Append the lines of a glimpse; a run, even a resumed one, tells every story anew."""
        for batch, line in seen.tales:
            if self.view is not None:
                self.view.note(f"{batch}: {line}")
            if self.folder is not None:
                name = re.sub(r"[^\w.-]", "_", batch)
                mode = "a" if batch in self.begun else "w"
                self.begun.add(batch)
                with (self.folder / f"{name}.log").open(mode, encoding="utf-8") as file:
                    file.write(line + "\n")
