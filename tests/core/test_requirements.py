"""Where packages or a POSIX system are missing the program says so in one line."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sim.cli import main
from sim.core.requirements import PACKAGES, POSIX_COMMANDS
from tests.support.command_line import ROOT, USAGE, say
from tests.test_architecture import MODULES

NOT_EVERYWHERE = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}


def bare(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the program with a Python that has its own library and nothing else."""
    command = [sys.executable, "-S", "-m", "sim", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_bare_python_in_a_clone_is_told_to_use_bootstrap() -> None:
    done = bare("run", "smoke", "--set", "name=a b", folder=ROOT)
    assert (done.returncode, done.stdout) == (USAGE, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith("; type: python3 bootstrap.py run smoke --set 'name=a b'")
    assert all(name in line for name in PACKAGES)


def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sim import __main__
    from sim.core import requirements

    monkeypatch.setattr(requirements, "find_spec", lambda name: None if name == "simpy" else name)
    monkeypatch.setattr(requirements, "_BOOTSTRAP", Path("nowhere"))
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == USAGE
    told = capsys.readouterr().err
    assert told == "smoltflow: not installed for this Python: simpy; type: pip install smoltflow\n"


def test_all_packages_that_must_be_there_are_looked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {name.partition(">")[0].partition("[")[0] for name in project["dependencies"]}
    assert {"yaml" if name == "pyyaml" else name for name in wanted} == set(PACKAGES)


@pytest.mark.parametrize("command", POSIX_COMMANDS)
def test_windows_is_told_what_to_use_instead(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    done = say(capsys, command, "smoke").expect(USAGE)
    assert done.err == (
        f"smoltflow: {command} needs Linux or another POSIX system;"
        " on Windows use WSL or the Docker image\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(["scenario", "check", "smoke"])
    assert ended.value.code == 0


def test_no_module_needs_a_posix_system_to_be_imported() -> None:
    found = set()
    for name, path in MODULES.items():
        if name.partition(".")[0] == "benchmarks":  # not installed; its faults are POSIX's
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Import):
                found |= {(name, alias.name) for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((name, node.module or ""))
    assert ("sim.core.worker_process", "signal") in found
    assert {pair for pair in found if pair[1] in NOT_EVERYWHERE} == set()
