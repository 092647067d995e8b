"""What the views show of a run, on a screen that is recorded and by a clock that is set."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from sim.core.clock import day_of
from sim.core.terminal import make_console
from sim.progress import LiveView, PlainView, SilentView, View
from sim.runner import Glimpse

FIRST, END = day_of(date(2025, 1, 1)), day_of(date(2025, 4, 11))  # a hundred days
SEEN = Glimpse(
    lanes=(0, 1),
    day=FIRST + 25,
    clock_day=FIRST + 25,
    rows=50_000,
    replayed=0,
    batches=(6, 2, 1, 1),
    stages={"Egg&Alevin": 2, "Adult": 0},
    pools={"tanks A": (3, 12, 2), "rings": (4, 8, 0), "trucks": (0, 0, 0)},
    waiting=[
        ("FAR-2025-002 moves", "FI-FW-01-Hall-B", FIRST + 20),
        ("SCO-2025-001 goes to sea", "S wellboats", FIRST + 10),
    ],
)
NOTHING = Glimpse((0,), FIRST, FIRST, 0, 0)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("sim.progress.time", made)
    return made


@pytest.fixture
def console() -> Console:
    return make_console(file=io.StringIO(), width=110, height=50, record=True, force_terminal=True)


@pytest.fixture
def screen(console: Console, clock: Clock) -> Callable[[LiveView], str]:
    """What a panel looks like now."""

    def look(view: LiveView) -> str:
        console.print(view._render())
        return console.export_text()

    return look


@pytest.fixture
def panel(console: Console, clock: Clock) -> LiveView:
    return LiveView(console, "smoke", FIRST, END)


def line_of(text: str, words: str) -> str:
    lines = [line for line in text.splitlines() if words in line]
    assert len(lines) == 1, text
    return lines[0]


def test_the_panel_shows_date_share_time_left_rows_and_speed(
    panel: LiveView, clock: Clock, screen: Callable[[LiveView], str]
) -> None:
    clock.now += 20
    panel.glimpse(SEEN)
    shown = screen(panel)
    head = line_of(shown, "2025-01-26")
    for words in ("25 %", "elapsed 0:20", "ETA 1:00", "50,000 rows", "2,500 rows/s", "lag 0 d"):
        assert words in head
    assert "smoke" in shown


def test_the_panel_shows_batches_by_stage_and_the_pools_in_use(
    panel: LiveView, screen: Callable[[LiveView], str]
) -> None:
    panel.glimpse(SEEN)
    shown = screen(panel)
    batches = line_of(shown, "2 active")
    assert "Batches" in batches
    assert "1 of 6" in batches
    assert "██ " in line_of(shown, "Egg&Alevin")
    assert "█" not in line_of(shown, "Adult").partition("━")[0]
    tanks = line_of(shown, "tanks A")
    assert "25 %" in tanks
    assert re.search(r"25 % +2 ", tanks), "two are queued"
    assert re.search(r"50 % +│", line_of(shown, "rings")), "nobody is"
    assert "0 %" in line_of(shown, "trucks")


def test_the_panel_shows_who_waits_for_what_the_longest_first(
    panel: LiveView, screen: Callable[[LiveView], str]
) -> None:
    panel.glimpse(SEEN)
    shown = screen(panel)
    first = shown.index("SCO-2025-001 goes to sea: waits for S wellboats since 2025-01-11")
    second = shown.index("FAR-2025-002 moves: waits for FI-FW-01-Hall-B since 2025-01-21")
    assert first < second
    assert "more" not in shown


def test_the_panel_does_not_list_hundreds_who_wait(
    panel: LiveView, screen: Callable[[LiveView], str]
) -> None:
    panel.glimpse(replace(SEEN, waiting=[(f"B{n}", "rings", FIRST + n) for n in range(200)]))
    shown = screen(panel)
    assert shown.count("waits for") == 5
    assert "and 195 more" in shown


def test_the_panel_says_that_nobody_waits(
    panel: LiveView, screen: Callable[[LiveView], str]
) -> None:
    panel.glimpse(replace(SEEN, waiting=[]))
    assert "Nobody waits" in screen(panel)


def test_several_workers_are_added_up_and_the_slowest_counts(
    panel: LiveView, clock: Clock, screen: Callable[[LiveView], str]
) -> None:
    clock.now += 10
    panel.glimpse(replace(SEEN, lanes=(0,), day=FIRST + 80, clock_day=FIRST + 80, rows=3_000))
    panel.glimpse(replace(SEEN, lanes=(1,), day=FIRST + 20, clock_day=FIRST + 30, rows=1_000))
    panel.glimpse(replace(SEEN, lanes=(1,), day=FIRST + 40, clock_day=FIRST + 50, rows=2_000))
    head = line_of(screen(panel), "rows/s")
    for words in ("2025-02-10", "60 %", "5,000 rows", "500 rows/s", "lag 10 d"):
        assert words in head


def test_the_panel_shows_what_is_done_after_the_last_chunk(
    panel: LiveView, screen: Callable[[LiveView], str]
) -> None:
    panel.glimpse(replace(SEEN, day=END, clock_day=END))
    panel.step("index on readings", 3, 12)
    shown = screen(panel)
    assert "index on readings (3/12)" in shown
    assert "100 %" in shown


def test_the_panel_stands_before_anything_is_known(
    panel: LiveView, screen: Callable[[LiveView], str]
) -> None:
    shown = screen(panel)
    for words in ("2025-01-01", "0 %", "ETA -", "0 rows"):
        assert words in shown


def test_the_panel_is_drawn_while_it_is_open_and_leaves_the_notes(
    console: Console, panel: LiveView
) -> None:
    with panel:
        panel.glimpse(SEEN)
        panel.live.refresh()
        panel.note("watchdog: [Fry] waits for [/tanks] since 1 [day]")
    shown = console.export_text()
    assert "2025-01-26" in shown
    assert "watchdog: [Fry] waits for [/tanks] since 1 [day]" in shown


def test_the_panel_shows_names_as_they_are(
    panel: LiveView, screen: Callable[[LiveView], str]
) -> None:
    panel.glimpse(
        replace(
            SEEN,
            stages={"Fry [b]": 1},
            pools={"tanks [/i]": (1, 2, 0)},
            waiting=[("[a]", "[c]", FIRST)],
        )
    )
    shown = screen(panel)
    for name in ("Fry [b]", "tanks [/i]", "[a]: waits for [c]"):
        assert name in shown


# Plain lines


@pytest.fixture
def plain(clock: Clock) -> tuple[PlainView, Callable[[], list[str]]]:
    """A view on something that is no terminal, and the lines that it has printed."""
    said = io.StringIO()
    view = PlainView(make_console(file=said, width=40), "smoke", FIRST, END)
    return view, lambda: said.getvalue().splitlines()


Plain = tuple[PlainView, Callable[[], list[str]]]


def test_a_plain_line_tells_date_share_rows_speed_time_left_and_waits(
    plain: Plain, clock: Clock
) -> None:
    view, lines = plain
    clock.now += 20
    view.glimpse(SEEN)
    assert lines() == ["smoke: 2025-01-26 25 %, 50,000 rows, 2,500 rows/s, ETA 1:00, 2 waiting"]


def test_plain_lines_come_every_few_seconds_and_at_the_end(plain: Plain, clock: Clock) -> None:
    view, lines = plain
    for day in range(1, 101):
        clock.now += 0.5
        view.glimpse(replace(SEEN, day=FIRST + day, clock_day=FIRST + day))
    shares = [line.split()[2] for line in lines()]
    assert shares == [str(percent) for percent in range(10, 101, 10)]


def test_a_plain_view_tells_of_long_steps(plain: Plain, clock: Clock) -> None:
    view, lines = plain
    view.step("an index", 1, 3)
    clock.now += 6
    view.step("a long index", 2, 3)
    assert lines() == ["smoke: a long index (2/3)"]


def test_notes_are_printed_at_once_as_they_are(plain: Plain) -> None:
    view, lines = plain
    view.note("watchdog: [bold] " + "x" * 100)
    assert lines() == ["watchdog: [bold] " + "x" * 100]


def test_a_silent_view_says_nothing_but_notes(clock: Clock) -> None:
    said = io.StringIO()
    with SilentView(make_console(file=said), "smoke", FIRST, END) as view:
        clock.now += 60
        view.glimpse(replace(SEEN, day=END))
        view.step("an index", 1, 3)
        view.note("a note")
    assert said.getvalue() == "a note\n"


@pytest.mark.parametrize("kind", [LiveView, PlainView, SilentView])
@pytest.mark.parametrize(
    "span", [(FIRST, END), (FIRST, FIRST)], ids=["no batch", "no batch, no day"]
)
def test_no_view_breaks_without_batches(
    kind: Callable[..., View], span: tuple[int, int], console: Console, clock: Clock
) -> None:
    with kind(console, "empty", *span) as view:
        view.glimpse(NOTHING)
        clock.now += 60
        view.glimpse(NOTHING)
        view.step("done", 0, 0)
    assert "nan" not in console.export_text()
