"""Whatever asks a program to stop is answered by the same function, and only while it is wanted."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading

import pytest

from sim.core.stopping import STOPPING, interrupt, on_stop
from tests.support.command_line import ROOT


@pytest.mark.parametrize("number", STOPPING)
def test_every_signal_is_answered_and_given_back(number: signal.Signals) -> None:
    before, calls = signal.getsignal(number), []
    with on_stop(lambda: calls.append(1)):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert calls == [1, 1]
    assert signal.getsignal(number) is before
    with pytest.raises(KeyboardInterrupt), on_stop(interrupt):
        signal.raise_signal(number)


def test_who_was_started_to_outlive_a_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with on_stop(interrupt):
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_leave_signals_alone() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def look() -> None:
        with on_stop(interrupt):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]


CLOSED = """
import signal, sys
from sim.core.stopping import interrupt, on_stop

with on_stop(interrupt):
    try:
        print("ready", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        print("good night", flush=True)
        sys.exit(130)
"""


def test_a_terminal_that_is_closed_may_still_be_written_to() -> None:
    """Nobody reads it, and nothing fails."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", CLOSED],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    assert os.read(ours, 100).startswith(b"ready")
    os.close(ours)
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 130
