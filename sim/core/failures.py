"""How a command, or a call from Python, ends that cannot do what it was asked for.

The command line prints these in a line and exits with their code; from Python they are raised.

Of faults that nobody foresaw it is told whether doing it again may help. A run replays exactly: an
error in the model or in the scenario's use comes again on the same day however often it is resumed.
What came from outside (a full disk, a lost connection, too little memory, a killed process) may be
over by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from sim.core.showing import quoted
from sim.core.system_errors import in_words

if TYPE_CHECKING:
    from pathlib import Path


class Failure(Exception):  # noqa: N818 - a message with an exit code, not a fault of ours
    """Ends what was asked for with one message; ``code`` is the command line's exit code.

    1: it failed; 2: it was refused, and nothing was done; 3: a check failed; 130: it was stopped.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class OptionProblem(Failure):
    """An option has a value that cannot be: ``option`` its name, ``problem`` what is wrong."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}", 2)
        self.option, self.problem = option, problem


class MissingGuardError(Failure):
    """A script starts worker processes, which import it, and would do all that it does again."""

    def __init__(self, script: str) -> None:
        super().__init__(
            f"{script} has no main guard. Worker processes import the script that starts them, and"
            " would do all that it does once more. Put what it does under\n\n"
            '    if __name__ == "__main__":\n\n'
            "or do it in one process: workers=1 (--workers 1).",
            2,
        )


def in_a_line(error: BaseException) -> str:
    """An error's kind, and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {quoted(lines[0])}" if lines else type(error).__name__


COMES_AGAIN = (
    "What was committed is safe, but --resume would end in the same way: this is a fault in"
    " Smoltflow, which that file helps to find."
)


def explained(error: BaseException) -> str:
    """Describe in one line what nobody caught: of the system in its words, or a fault of ours.

    Of a fault of ours the traceback is in a file to send in.
    """
    return in_words(error) or unforeseen(error)


def unforeseen(error: BaseException) -> str:
    """Describe a fault in one line, with the traceback in a file to send in."""
    return f"unforeseen failure ({in_a_line(error)}); what happened is in {_write_report(error)}"


def may_pass(error: BaseException) -> bool:
    """Whether a fault came from outside, so that it may be over when the same is done again."""
    from concurrent.futures import BrokenExecutor

    outside = (EOFError, BrokenExecutor)
    return any(isinstance(each, outside) or in_words(each) for each in _behind(error))


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it was raised from."""
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        yield here
        here = here.__cause__


_REPORTS = "smoltflow-*.txt"
_KEPT_REPORTS = 9
"""Reports of one user that stay; an older one goes when there is a new one."""


def _write_report(error: BaseException) -> str:
    """Write the traceback into a file; returns where it is, or why there is none."""
    import tempfile
    import traceback
    from pathlib import Path

    try:
        prefix, _, suffix = _REPORTS.partition("*")
        _remove_old_reports(Path(tempfile.gettempdir()))
        with tempfile.NamedTemporaryFile(
            "w", prefix=prefix, suffix=suffix, delete=False,
            encoding="utf-8", errors="backslashreplace",
        ) as file:  # fmt: skip
            file.write("".join(traceback.format_exception(error)))
    except OSError as second:
        return f"no file, since that cannot be written ({in_words(second)})"
    return file.name


def _remove_old_reports(folder: Path) -> None:
    """Remove this user's oldest reports, so that they do not grow for ever."""
    import os

    me = getattr(os, "getuid", int)()  # everybody is 0 where there are no such numbers
    mine = []
    for path in folder.glob(_REPORTS):
        with suppress(OSError):  # somebody else removed it
            found = path.lstat()
            if found.st_uid == me:
                mine.append((found.st_mtime, path))
    for _, path in sorted(mine)[: -_KEPT_REPORTS or None]:
        with suppress(OSError):
            path.unlink()
