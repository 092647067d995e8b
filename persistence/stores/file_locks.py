"""Who holds locks on a file, as far as Linux tells."""

from __future__ import annotations

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")


def lock_holders(path: Path) -> list[str]:
    """Name the other processes that hold locks on a file: ``process 4711 (python)``.

    Empty where there are none, or the system does not tell.
    """
    try:
        status = path.stat()
        lines = _LOCKS.read_text("utf-8").splitlines()
    except OSError:
        return []
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    pids = {
        int(words[4])
        for words in map(str.split, lines)
        if len(words) > 5 and "->" not in words and words[5] == device and words[4].isdigit()
    }
    return [_named(pid) for pid in sorted(pids - {os.getpid(), 0})]


def _named(pid: int) -> str:
    try:
        name = Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        return f"process {pid}"
    return f"process {pid} ({name})"
