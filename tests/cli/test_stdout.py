"""Where what is said goes: a full disk, a pipe that nobody reads, streams that are closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import ROOT, environment


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell's command line, in which ``smoltflow`` is the program."""
    program = f"{sys.executable} -m sim"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.replace('smoltflow', program)}"],
        cwd=folder, env=environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("command", ["scenario list", "scenario schema"])
def test_a_full_stdout_is_told(command: str, tmp_path: Path) -> None:
    done = shell(f"smoltflow {command} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "smoltflow: stdout cannot be written: the disk is full\n"


def test_who_has_read_enough_hears_no_more(tmp_path: Path) -> None:
    done = shell("smoltflow scenario schema | true", tmp_path)
    assert done.returncode in (0, 1)
    assert done.stderr == ""


def test_closed_streams_do_no_harm(tmp_path: Path) -> None:
    assert shell("smoltflow scenario list >&- 2>&-", tmp_path).returncode == 0
    done = shell("smoltflow nonsense 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
