"""How a study is going, live on a terminal; elsewhere only failures are told."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sim.study.executor import Beat
from sim.study.results import Replication

_MOST_WORKERS = 32
_MOST_FAILURES = 10


class QuietView:
    """Tells failures, in a line each."""

    def __init__(self, console: Console, names: list[str]) -> None:
        self.console, self.names = console, names
        self.failed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def round(self, done: int, total: int, replications: int) -> None:
        """Show nothing."""

    def beat(self, beat: Beat) -> None:
        """Show nothing."""

    def recorded(self, replication: Replication) -> None:
        """Tell a failure."""
        if replication.error is None:
            return
        self.failed += 1
        if self.failed == _MOST_FAILURES + 1:
            self.console.print("more failed: replications.csv will have them all", style="red")
        elif self.failed <= _MOST_FAILURES:
            name = self.names[replication.variant]
            text = f"failed: {name}, replication {replication.replication}: {replication.error}"
            self.console.print(text, style="red", highlight=False, soft_wrap=True)


class StudyPanel(QuietView):
    """A panel with what is done and what every worker does."""

    def __init__(self, console: Console, names: list[str], title: str, workers: int) -> None:
        super().__init__(console, names)
        self.title, self.workers = title, workers
        self.began = time.monotonic()
        self.done = self.before = self.total = self.replications = 0
        self.beats: dict[str, Beat] = {}
        self.live = Live(
            get_renderable=self.render, console=console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        self.live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.__exit__(None, None, None)

    def round(self, done: int, total: int, replications: int) -> None:
        """Count on from what is there already."""
        self.before += done - self.done
        self.done, self.total, self.replications = done, total, replications

    def beat(self, beat: Beat) -> None:
        """Take in how far a worker is."""
        self.beats[beat.worker] = beat

    def recorded(self, replication: Replication) -> None:
        """Count a replication; its worker has nothing to do for now."""
        super().recorded(replication)
        self.done += 1
        for worker, beat in list(self.beats.items()):
            if beat.unit == replication.unit:
                del self.beats[worker]

    def eta(self) -> str:
        """The time until the round is over, as fast as it went so far."""
        under_way = sum(beat.share for beat in self.beats.values())
        here = self.done - self.before + under_way
        if here < 0.05:
            return "-"
        left = max(self.total - self.done - under_way, 0)
        return minutes(left * (time.monotonic() - self.began) / here)

    def render(self) -> RenderableType:
        """The panel."""
        head = Table.grid(padding=(0, 2))
        head.add_row(
            Text(f"{self.done} of {self.total}", style="bold cyan"),
            f"{self.replications} replications of {len(self.names)} variants",
            Text(f"{self.failed} failed", style="red" if self.failed else ""),
            f"elapsed {minutes(time.monotonic() - self.began)}",
            f"ETA {self.eta()}",
            f"{self.workers} workers",
        )
        bar = Table.grid(expand=True)  # a bar by itself does not end its line
        bar.add_row(ProgressBar(total=max(self.total, 1), completed=self.done))
        body = Table(box=None, show_header=False)
        for worker, beat in sorted(self.beats.items())[:_MOST_WORKERS]:
            variant, replication = beat.unit
            what = Text(f"{self.names[variant]}, replication {replication}")
            share = ProgressBar(total=1.0, completed=beat.share, width=20)
            body.add_row(f"worker {worker}", share, f"{100 * beat.share:.0f} %", what)
        return Panel(Group(head, bar, body), title=Text(self.title), border_style="blue")


def minutes(seconds: float) -> str:
    """A duration as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
