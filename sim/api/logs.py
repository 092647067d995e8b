"""The logs of a run: each batch's story in a file of its own, and one log of the sessions.

A batch's log is an audit trail: a dated line for whatever happened to it, whatever the number of
sessions and workers that it took. What is told of a chunk is written when the chunk is committed. A
session that continues a run simulates the committed chunks again and tells them again; lines that
are there already are recognised and not written twice, lines that a killed session had no time to
write are caught up with. A story that is another one (another seed, say) takes the place of what
was there from the first line that differs.

The log of the sessions carries the time of day, for it tells what the program did and not what the
company did: nothing of it is recorded data.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from sim.company.log import LogLine
from sim.core.clock import date_of
from sim.core.showing import visible
from sim.runner import Written

RUN_LOG = "run"
_LONGEST = 240
"""Bytes of a file's name, without its suffix."""


class _Story:
    """A batch's file: lines that are in it and were not told yet by this session."""

    def __init__(self, path: Path, *, continued: bool) -> None:
        self.path = path
        there = path.read_bytes() if continued and path.exists() else b""
        whole = there.splitlines(keepends=True)
        if whole and not whole[-1].endswith(b"\n"):  # somebody was killed as he wrote it
            whole.pop()
        self.known = deque(whole)
        self.size = 0
        self._stands = len(there) == sum(map(len, whole)) and continued

    def log(self, lines: Iterable[str]) -> None:
        """Write lines that are not there."""
        new: list[bytes] = []
        for line in lines:
            told = f"{line}\n".encode()
            if self.known and not new and self.known[0] == told:
                self.size += len(self.known.popleft())
            else:
                new.append(told)
        if not new:
            return
        with self.path.open("ab") as file:
            if self.known or not self._stands:
                file.truncate(self.size)
                self.known.clear()
                self._stands = True
            file.write(b"".join(new))
        self.size += sum(map(len, new))


class BatchLogs:
    """Writes each batch's story to a file of its own, and to the screen on request.

    Args:
        folder: where the files are; None for none.
        note: shows a line to who watches; None to show nothing.
        verbose: 1 shows what matters, 2 everyday things too. What was shown by an earlier session
            is not shown again.
    """

    def __init__(
        self, folder: Path | None, note: Callable[[str], None] | None, verbose: int
    ) -> None:
        self.folder, self.note, self.verbose = folder, note, verbose
        self._stories: dict[str, _Story] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def take(self, chunk: Written) -> None:
        """Take in what is told of a chunk."""
        lines: dict[str, list[str]] = {}
        for each in chunk.log_lines:
            line = f"{date_of(each.day)} {visible(each.text)}"
            lines.setdefault(each.batch, []).append(line)
            if not chunk.replayed:
                self._show(each, line)
        if self.folder is None:
            return
        for batch, told in lines.items():
            if batch not in self._stories:
                path = self.folder / f"{file_name(batch)}.log"
                self._stories[batch] = _Story(path, continued=chunk.replayed)
            self._stories[batch].log(told)

    def _show(self, each: LogLine, line: str) -> None:
        if self.note is not None and (self.verbose > 1 or not each.minor):
            self.note(f"{each.batch}: {line}")


def file_name(batch: str) -> str:
    """A batch's number as it may stand in a file's name; no two batches share one."""
    safe = re.sub(r"[^\w.-]", lambda found: f"%{found[0].encode().hex().upper()}", batch)
    safe = f"%{safe}" if safe == RUN_LOG else safe
    if len(safe.encode()) <= _LONGEST:
        return safe
    return f"%{hashlib.blake2b(safe.encode(), digest_size=16).hexdigest()}"


class RunLog:
    """One file for all sessions of the runs that log into a folder: ``run.log``, in UTC."""

    def __init__(self, folder: Path | None) -> None:
        self._logger = logging.getLogger("smoltflow.run")
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        self._handler: logging.Handler = logging.NullHandler()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._handler = _LogFile(folder / f"{RUN_LOG}.log", encoding="utf-8")
            written = logging.Formatter(
                "{asctime}Z {levelname} {message}", "%Y-%m-%dT%H:%M:%S", style="{"
            )
            written.converter = time.gmtime
            self._handler.setFormatter(written)
        self._logger.addHandler(self._handler)

    def say(self, text: str) -> None:
        """Write a line."""
        self._logger.info(_one_line(text))

    def alarm(self, text: str) -> None:
        """Write a warning."""
        self._logger.warning(_one_line(text))

    def fail(self, text: str) -> None:
        """Write what went wrong."""
        self._logger.error(_one_line(text))

    def close(self) -> None:
        """Close the file."""
        self._logger.removeHandler(self._handler)
        self._handler.close()


class _LogFile(logging.FileHandler):
    """A log whose errors are told by whoever writes, not by a traceback on stderr."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802
        """Raise what went wrong."""
        raise  # noqa: PLE0704 - it is called while the error is handled


def _one_line(text: str) -> str:
    return visible(" ".join(text.split("\n")))
