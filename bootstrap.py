#!/usr/bin/env python3
"""Set up and go, with nothing but Python: creates or reuses .venv, installs, and does a job.

python3 bootstrap.py run scenarios/production.yaml    the command line, with its arguments
python3 bootstrap.py test                             the tests, with pytest's arguments
python3 bootstrap.py check                            ruff and mypy
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BUILT_FROM = ("pyproject.toml", "setup.py")
LOCKS = {"test": "test", "check": "test", "study": "study", "report": "study"}
"""What each job needs, as a file of ``requirements/``; the others need ``run.lock``."""


def python() -> Path:
    """The environment's interpreter."""
    return ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_of_another_python() -> bool:
    """Whether the environment was made by another Python than this, with other packages."""
    config = ENVIRONMENT / "pyvenv.cfg"
    if not config.exists():
        return False
    found = re.search(r"^version *= *(\d+\.\d+)", config.read_text(), re.MULTILINE)
    return found is not None and found[1] != ".".join(map(str, sys.version_info[:2]))


def install(needs: str) -> None:
    """Install the project and what a lock file lists, unless that has been done for this state.

    pip compares every file that it gets with the hashes of the lock file.
    """
    lock = ROOT / "requirements" / f"{needs}.lock"
    content = lock.read_bytes() + b"".join((ROOT / name).read_bytes() for name in BUILT_FROM)
    state = hashlib.sha256(content + sys.version.encode() + str(ROOT).encode()).hexdigest()
    mark = ENVIRONMENT / f"installed-{needs}"
    if python().exists() and mark.exists() and mark.read_text() == state:
        return
    another = is_of_another_python()
    if another or not python().exists():
        print(f"creating {ENVIRONMENT.relative_to(ROOT)} ...", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True, clear=another)
    print("installing ...", file=sys.stderr)
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    # The lock file has what we are built with.
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)
    mark.write_text(state)


def main(arguments: list[str]) -> int:
    """Do one job; returns its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file must say so on an older one
        print("Smoltflow needs Python 3.11 or newer.", file=sys.stderr)
        return 2
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    job, rest = arguments[0], arguments[1:]
    try:
        install(LOCKS.get(job, "run"))
    except subprocess.CalledProcessError as error:
        print(f"could not install: {error}", file=sys.stderr)
        return 1
    if job == "test":
        commands = [["-m", "pytest", *rest]]
    elif job == "check":
        commands = [["-m", "ruff", "check"], ["-m", "ruff", "format", "--check"], ["-m", "mypy"]]
    else:
        commands = [["-m", "sim", *arguments]]
    if job in ("test", "check"):
        os.chdir(ROOT)
    for command in commands[:-1]:
        code = subprocess.run([str(python()), *command], check=False).returncode
        if code:
            return code
    return become([str(python()), *commands[-1]])


def become(command: list[str]) -> int:
    """Go on as another program, so that whoever stops this one stops that.

    Returns its exit code where the system cannot do so.
    """
    if os.name == "posix":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(command[0], command)  # noqa: S606 - it is our own interpreter
    return subprocess.run(command, check=False).returncode


def interrupt(*_: object) -> None:
    """Stop as Ctrl-C does: what was started meanwhile is ended first."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
