"""The live view of a run: a rich panel on a terminal, plain lines elsewhere.

Views only look at what workers report; they know neither the model's insides nor the databases.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.util import find_spec
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sim.core.clock import date_of
from sim.runner import Glimpse

_SHOWN_WAITS = 5


def can_be_live(console: Console) -> bool:
    """Whether something on a console can be drawn anew: on terminals, and in notebooks.

    In a notebook rich draws by ipywidgets.
    """
    if console.is_jupyter:
        return find_spec("ipywidgets") is not None
    return console.is_terminal and not console.is_dumb_terminal


class View(Protocol):
    """Something that shows how a run is going."""

    def glimpse(self, seen: Glimpse) -> None:
        """A worker has committed a chunk."""

    def step(self, what: str, done: int, total: int) -> None:
        """Something other than simulating is under way."""

    def note(self, text: str) -> None:
        """A message for the user."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class _Tracker:
    """What all workers together have reported so far."""

    def __init__(self, first_day: int, end_day: int) -> None:
        self.first_day, self.end_day = first_day, end_day
        self.began = time.monotonic()
        self.latest: dict[tuple[int, ...], Glimpse] = {}
        self.seen: Glimpse | None = None
        self.work = ""

    def take(self, seen: Glimpse) -> None:
        self.latest[tuple(seen.lanes)] = seen
        self.seen = seen
        self.work = ""

    @property
    def day(self) -> int:
        """The day up to which every worker has committed."""
        return min((seen.day for seen in self.latest.values()), default=self.first_day)

    @property
    def share(self) -> float:
        span = max(self.end_day - self.first_day, 1)
        days = [(seen.day - self.first_day) / span for seen in self.latest.values()]
        return sum(days) / len(days) if days else 0.0

    @property
    def rows(self) -> int:
        return sum(seen.rows for seen in self.latest.values())

    @property
    def lag_days(self) -> int:
        return max((seen.clock_day - seen.day for seen in self.latest.values()), default=0)

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def eta(self) -> str:
        if self.share < 0.01:
            return "-"
        return _minutes(self.seconds() * (1 - self.share) / self.share)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class LiveView:
    """The panel on a terminal: date, share done and ETA, batches, pools, waits, rows, lag."""

    def __init__(self, console: Console, title: str, first_day: int, end_day: int) -> None:
        self.console, self.title = console, title
        self.tracker = _Tracker(first_day, end_day)
        self.live = Live(
            get_renderable=self._render, console=console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        self.live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.live.__exit__(kind, error, trace)

    def glimpse(self, seen: Glimpse) -> None:
        """Take in what a worker reports."""
        self.tracker.take(seen)

    def step(self, what: str, done: int, total: int) -> None:
        """Show what is under way instead of the date."""
        self.tracker.work = f"{what} ({done}/{total})"

    def note(self, text: str) -> None:
        """Print a message above the panel."""
        self.console.print(text, style="yellow", highlight=False, soft_wrap=True)

    def _render(self) -> RenderableType:
        tracker, seen = self.tracker, self.tracker.seen
        head = Table.grid(padding=(0, 2))
        rate = tracker.rows / max(tracker.seconds(), 1e-6)
        head.add_row(
            Text(tracker.work or str(date_of(tracker.day)), style="bold cyan"),
            f"{100 * tracker.share:.0f} %",
            f"elapsed {_minutes(tracker.seconds())}",
            f"ETA {tracker.eta()}",
            f"{tracker.rows:,} rows",
            f"{rate:,.0f} rows/s",
            f"lag {tracker.lag_days} d",
        )
        bar = Table.grid(expand=True)  # a bar by itself does not end its line
        bar.add_row(ProgressBar(total=1.0, completed=tracker.share))
        parts: list[RenderableType] = [head, bar]
        if seen is not None:
            total, active, completed, died_out = seen.batches
            body = Table.grid(padding=(0, 4))
            body.add_row(
                _stages(seen.stages),
                _pools(seen.pools),
            )
            title = f"Batches: {active} active, {completed} of {total} harvested"
            title += f", {died_out} died out" if died_out else ""
            parts += [Text(title, style="bold"), body, _waits(seen)]
        return Panel(Group(*parts), title=Text(self.title), border_style="blue")


def _stages(stages: Mapping[str, int]) -> Table:
    table = Table(title="by stage", title_justify="left", box=None, show_header=False)
    for name, count in stages.items():
        table.add_row(Text(name), "█" * min(count, 40), str(count))
    return table


def _pools(pools: Mapping[str, tuple[float, float, float]]) -> Table:
    table = Table(title="pools in use", title_justify="left", box=None, show_header=False)
    for name, (busy, capacity, queued) in pools.items():
        share = busy / capacity if capacity else 0.0
        queue = f"{queued:.0f} in line" if queued >= 0.5 else ""
        bar = ProgressBar(total=1.0, completed=share, width=20)
        table.add_row(Text(name), bar, f"{100 * share:.0f} %", Text(queue, style="red"))
    return table


def _waits(seen: Glimpse) -> RenderableType:
    if not seen.waiting:
        return Text("Nobody waits", style="green")
    lines = [
        f"{who}: waits for {what} since {date_of(since)}"
        for who, what, since in sorted(seen.waiting, key=lambda wait: wait[2])[:_SHOWN_WAITS]
    ]
    more = len(seen.waiting) - len(lines)
    if more > 0:
        lines.append(f"and {more} more")
    return Text("\n".join(lines), style="red")


class PlainView:
    """A line every few seconds, for logs and pipes."""

    def __init__(
        self, console: Console, title: str, first_day: int, end_day: int, every_s: float = 5.0
    ) -> None:
        self.console, self.title, self.every_s = console, title, every_s
        self.tracker = _Tracker(first_day, end_day)
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def glimpse(self, seen: Glimpse) -> None:
        """Print a line if the last one is old enough."""
        self.tracker.take(seen)
        now = time.monotonic()
        if now - self._last < self.every_s and self.tracker.share < 1:
            return
        self._last = now
        tracker = self.tracker
        rate = tracker.rows / max(tracker.seconds(), 1e-6)
        self._print(
            f"{self.title}: {date_of(tracker.day)} {100 * tracker.share:.0f} %,"
            f" {tracker.rows:,} rows, {rate:,.0f} rows/s, ETA {tracker.eta()},"
            f" {len(seen.waiting)} waiting"
        )

    def step(self, what: str, done: int, total: int) -> None:
        """Print what is under way, if the last line is old enough."""
        now = time.monotonic()
        if now - self._last >= self.every_s:
            self._last = now
            self._print(f"{self.title}: {what} ({done}/{total})")

    def note(self, text: str) -> None:
        """Print a message."""
        self._print(text)

    def _print(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, highlight=False)


class SilentView(PlainView):
    """Messages only."""

    def glimpse(self, seen: Glimpse) -> None:
        """Show nothing."""

    def step(self, what: str, done: int, total: int) -> None:
        """Show nothing."""
