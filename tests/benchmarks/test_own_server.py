"""A server that we start does not outlive us, however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import ROOT

STARTER = """
import sys
from pathlib import Path
from benchmarks.own_server import guarded

with guarded(Path(sys.argv[1])):
    print("begun", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_ends_with_who_started_it(number: signal.Signals, tmp_path: Path) -> None:
    """Another program stands for the server: of that one, only its number is in its folder."""
    folder = tmp_path / "server"
    folder.mkdir()
    # Whoever runs the tests in the background has these signals ignored.
    heeds = "import signal; signal.signal(signal.SIGQUIT, signal.SIG_DFL)"
    waits = [sys.executable, "-c", f"{heeds}; print(flush=True); input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(waits, stdin=pipe, stdout=pipe) as server:
        assert server.stdout is not None
        assert server.stdout.readline()
        (folder / "postmaster.pid").write_text(f"{server.pid}\n{folder}\n")
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(folder)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=pipe, stdout=pipe, start_new_session=True,
        )  # fmt: skip
        with starter:
            assert starter.stdout is not None
            assert starter.stdout.readline() == b"begun\n"
            os.killpg(starter.pid, number)
        assert server.wait(30) == -signal.SIGQUIT
