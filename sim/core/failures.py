"""How a command, or a call from Python, ends that cannot do what it was asked for.

The command line prints these in a line and exits with their code; from Python they are raised.

Of faults that nobody foresaw it is told whether doing it again may help. A run replays exactly: an
error in the model or in the scenario's use comes again on the same day however often it is resumed.
What came from outside (a full disk, a lost connection, too little memory, a killed process) may be
over by then.
"""

from __future__ import annotations

from collections.abc import Iterator


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
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


COMES_AGAIN = (
    "What was committed is safe, but --resume would end in the same way: this is a fault in"
    " Smoltflow, which that file helps to find."
)


def unforeseen(error: BaseException) -> str:
    """Describe a fault in one line, with the traceback in a file to send in."""
    return f"unforeseen failure ({in_a_line(error)}); what happened is in {_write_report(error)}"


def may_pass(error: BaseException) -> bool:
    """Whether a fault came from outside, so that it may be over when the same is done again."""
    from concurrent.futures import BrokenExecutor

    outside = (OSError, MemoryError, EOFError, BrokenExecutor)
    return any(isinstance(each, outside) for each in _behind(error))


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
