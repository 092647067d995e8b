"""What others named is shown as it is, on one line and not too long."""

from __future__ import annotations

import errno
import io
import sys

import pytest
from rich.table import Table

from sim.core.failures import explained, may_pass
from sim.core.showing import quoted, shown_lines, visible
from sim.core.standard_streams import ready_streams
from sim.core.system_errors import in_words
from sim.core.terminal import make_console


def test_what_is_not_printable_stands_as_its_escape() -> None:
    assert visible("Føroyar 北 🐟 [/b] $x$") == "Føroyar 北 🐟 [/b] $x$"
    assert visible("a\x1b[31mb\nc\u202ed\udcff") == "a\\x1b[31mb\\nc\\u202ed\\udcff"
    assert shown_lines("a\x07\nb") == "a\\x07\nb"


def test_of_a_long_text_both_ends_are_quoted() -> None:
    text = quoted("a" * 70_000 + "z")
    assert len(text) < 300
    assert text.startswith("aaa")
    assert text.endswith("aaz")


def test_a_console_finds_no_markup_and_no_emoji(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stdout", screen)
    table = Table("[b]x[/x]", title="a[/b]c :fish:")
    table.add_row("[/red] :fish: \x1b[2J")
    console = make_console(least_width=120)
    console.print(table)
    console.print("[/b] :fish:", style="bold")
    for words in ("[b]x[/x]", "a[/b]c :fish:", "[/red] :fish: \\x1b[2J", "[/b] :fish:\n"):
        assert words in screen.getvalue()


def test_a_stream_takes_any_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    monkeypatch.setattr("sys.stderr", None)
    ready_streams()
    print('"é北🐟\udcff"', flush=True)
    assert raw.getvalue() == b'"\\u00e9\\u5317\\ud83d\\udc1f\\udcff"\n'  # JSON stays JSON
    print("nobody reads this", file=sys.stderr)
    sys.stderr.close()


# Errors of the system


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space", "a\nb"), "a\\nb: the disk is full"),
        (PermissionError(errno.EACCES, "no", "x"), "x: you have no permission"),
        (OSError(errno.EROFS, "no", b"x\xff"), "x\\udcff: the disk is read-only"),
        (OSError(errno.EMFILE, "no"), "too many files are open"),
        (OSError(errno.ENOMEM, "no"), "there is not enough memory: give --memory-limit"),
        (BlockingIOError(errno.EAGAIN, "no"), "no more threads or processes"),
        (MemoryError(), "there is not enough memory"),
        (RuntimeError("can't start new thread"), "no more threads or processes"),
        (ImportError("x.so: failed to map segment from shared object"), "not enough memory"),
        (OSError(12345, "Something Else"), "something else"),
    ],
    ids=repr,
)
def test_what_the_system_says_is_one_sentence_and_no_fault(error: Exception, words: str) -> None:
    told = in_words(error)
    assert told is not None
    assert words in told
    assert told == explained(error)
    assert may_pass(error)
    assert "\n" not in told


def test_other_errors_are_not_the_systems() -> None:
    assert in_words(KeyError("x")) is None
    assert in_words(RuntimeError("no")) is None
