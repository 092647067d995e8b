"""The commands: what they take and print. What a run and a study do stands in :mod:`sim.api`.

Exit codes: 0 ok, 1 failure, 2 bad usage or scenario, 3 verification failed, 130 interrupted. Data
goes to stdout, progress and messages to stderr. A command's module is imported when it is called.
"""

from __future__ import annotations

import importlib
import io
import sys
import traceback
from contextlib import suppress

import click

from sim.core.failures import COMES_AGAIN, Failure, explained, may_pass
from sim.core.requirements import without_posix
from sim.core.showing import quoted, shown_lines
from sim.core.standard_streams import flushed, ready_streams
from sim.core.system_errors import sentence_of
from sim.core.version import __version__

__all__ = ["Failure", "cli", "main"]

_COMMANDS = {
    "run": "Simulate a scenario and write its databases.",
    "verify": "Prove that a finished run's databases are complete and consistent.",
    "wipe": "Remove runs' operational rows; infrastructure, master data and models stay.",
    "scenario": "List, check, show or describe scenarios.",
    "study": "Run a what-if study: variants, replications, and what follows from them.",
    "plan": "Find and prove the largest schedule that a company carries.",
    "report": "Write the page of a study or of a run: answers, figures, pictures.",
}


class _Lazy(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        lack = without_posix(cmd_name)
        if lack is not None:
            raise Failure(lack, 2)
        command: click.Command = importlib.import_module(f"sim.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            close = difflib.get_close_matches(args[0], list(_COMMANDS), 1)
            if close:
                hint = f"{error.message} (did you mean '{close[0]}'?)"
                raise click.UsageError(hint, ctx) from None
            raise


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="smoltflow")
def cli() -> None:
    """Smoltflow simulates a salmon-farming company and writes it into SQL databases."""


def main(args: list[str] | None = None) -> None:
    """Run the command line; no traceback reaches a user."""
    if "multiprocessing" in sys.modules:  # else nobody's child, and --help comes sooner
        from sim.core.worker_process import leave_import

        leave_import()
    ready_streams()
    code = _run(args)
    sys.exit(_end_streams(code))


def _run(args: list[str] | None) -> int:
    from sim.core.stopping import interrupt, on_stop

    with on_stop(interrupt):
        return _ended(args)


def _ended(args: list[str] | None) -> int:
    """Run the command line to its exit code."""
    try:
        cli.main(args=args, standalone_mode=False)
    except click.ClickException as error:
        _say(_usage(error))
        return 2
    except Failure as error:
        _say(f"smoltflow: {error}")
        return error.code
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(sys.argv[1:] if args is None else args)
    except SystemExit as error:  # rich, when nobody reads what it prints
        return error.code if isinstance(error.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the last resort
        if isinstance(error, OSError) and _while_printing(error):
            return _lost(error)
        return _explain(error, _command_of(sys.argv[1:] if args is None else args))
    return 0


_MOST = 600
"""Characters of a complaint about a command line: it quotes what was given."""


def _usage(error: click.ClickException) -> str:
    """What click shows of an error: how the command is used, and what is wrong."""
    shown_there = io.StringIO()
    error.show(file=shown_there)
    told = error.format_message()
    return shown_there.getvalue().rstrip("\n").replace(told, quoted(told, _MOST))


def _say(message: str) -> None:
    """Print a message on stderr, if anybody can still read there."""
    with suppress(OSError):
        print(shown_lines(message), file=sys.stderr, flush=True)


def _end_streams(code: int) -> int:
    """Write out what was said, before Python does and complains in its own words."""
    lost = flushed("stdout")
    if lost is not None and code == 0:
        code = _lost(lost)
    flushed("stderr")
    return code


def _while_printing(error: OSError) -> bool:
    """Whether it came of printing: neither of the two libraries writes to anything else."""
    frames = traceback.walk_tb(error.__traceback__)
    modules = {str(frame.f_globals.get("__name__")) for frame, _ in frames}
    return not modules.isdisjoint({"click.utils", "rich.console"})


def _lost(error: OSError) -> int:
    """Say that stdout cannot be written, unless who read it has seen enough."""
    if not isinstance(error, BrokenPipeError):
        _say(f"smoltflow: stdout cannot be written: {sentence_of(error).partition(':')[0]}")
    return 1


def _command_of(args: list[str]) -> str:
    """The command that was given: options before it stand for themselves."""
    return next((arg for arg in args if not arg.startswith("-")), "")


def _interrupted(args: list[str]) -> int:
    """Say what can be done after a command that was stopped at once."""
    from sim.core.stopping import on_stop

    with on_stop(lambda: None):  # once is enough
        text = "interrupted"
        if _command_of(args) in _CONTINUE and "--dry-run" not in args:
            text += f". What was committed is safe. To continue: {_continuing()}"
        _say(f"smoltflow: {text}")
    return 130


def _continuing() -> str:
    """The command that goes on. What was stopped amid its imports cannot import it any more."""
    try:
        from sim.cli.shown import resume_command
    except Exception:  # noqa: BLE001 - whatever half a module raises
        return "the same command with --resume"
    return resume_command()


def _explain(error: BaseException, command: str) -> int:
    """Translate what the layers below raise; anything else is reported with a file to send in."""
    from persistence.stores import StoreError
    from sim.scenario import ScenarioError
    from sim.scenario.problems import PlanProblem, path_text

    if isinstance(error, ScenarioError):
        _say(str(error))
        return 2
    if isinstance(error, PlanProblem):
        for path, message in error.items:
            _say(f"smoltflow: {path_text(path)}: {message}")
        return 2
    if isinstance(error, StoreError):
        _say(f"smoltflow: {error}")
        return error.code
    _say(f"smoltflow: {explained(error)}")
    if told := _advice(error, command):
        _say(told)
    return 1


_CONTINUE = ("run", "study")
"""The commands that take --resume."""


def _advice(error: BaseException, command: str) -> str:
    """What can be done after a fault; nothing for a command that cannot be continued.

    What came from outside after a run or study had begun is told with its advice by whoever does
    that; before, nothing is there to be continued.
    """
    return COMES_AGAIN if command in _CONTINUE and not may_pass(error) else ""
