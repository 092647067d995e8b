"""Faults that nobody foresaw: what is said of them, and whether doing it again may help.

A run replays exactly: an error in the model or in the scenario's use comes again at the same day
however often it is resumed. What came from outside (a full disk, a lost connection, too little
memory, a process that was killed) may be over by then.
"""

from __future__ import annotations

from collections.abc import Iterator

_CONTINUE = ("run", "study")
"""The commands that take --resume."""


def unforeseen(error: BaseException) -> str:
    """Describe a fault in one line, with the traceback in a file to send in."""
    what = (f"{type(error).__name__}: {error}".splitlines() or [""])[0]
    return f"unforeseen failure ({what}); what happened is in {_write_report(error)}"


def may_pass(error: BaseException) -> bool:
    """Whether a fault came from outside, so that it may be over when the same is done again."""
    from concurrent.futures import BrokenExecutor

    outside = (OSError, MemoryError, EOFError, BrokenExecutor)
    return any(isinstance(each, outside) for each in _behind(error))


def advice(error: BaseException, command: str) -> str:
    """What can be done after a fault; nothing for a command that cannot be continued."""
    if command not in _CONTINUE:
        return ""
    if not may_pass(error):
        return COMES_AGAIN
    from sim.cli.shown import resume_command

    return f"What was committed is safe. To continue: {resume_command()}"


COMES_AGAIN = (
    "What was committed is safe, but --resume would end in the same way: this is a fault in"
    " Smoltflow, which that file helps to find."
)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it was raised from."""
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        yield here
        here = here.__cause__


def _write_report(error: BaseException) -> str:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="smoltflow-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write("".join(traceback.format_exception(error)))
    return file.name
