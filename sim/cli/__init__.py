"""The commands: what they take and print. What a run and a study do stands in :mod:`sim.api`.

Exit codes: 0 ok, 1 failure, 2 bad usage or scenario, 3 verification failed, 130 interrupted. Data
goes to stdout, progress and messages to stderr. A command's module is imported when it is called.
"""

from __future__ import annotations

import importlib
import sys

import click

from sim.core.failures import COMES_AGAIN, Failure, may_pass, unforeseen
from sim.core.requirements import without_posix
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
    sys.exit(_run(args))


def _run(args: list[str] | None) -> int:
    from sim.core.stopping import interrupt, on_stop

    with on_stop(interrupt):
        return _ended(args)


def _ended(args: list[str] | None) -> int:
    """Run the command line to its exit code."""
    try:
        cli.main(args=args, standalone_mode=False)
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return 2
    except Failure as error:
        print(f"smoltflow: {error}", file=sys.stderr)
        return error.code
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(sys.argv[1:] if args is None else args)
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort
        return _explain(error, _command_of(sys.argv[1:] if args is None else args))
    return 0


def _command_of(args: list[str]) -> str:
    """The command that was given: options before it stand for themselves."""
    return next((arg for arg in args if not arg.startswith("-")), "")


def _interrupted(args: list[str]) -> int:
    """Say what can be done after a command that was stopped at once."""
    from sim.cli.shown import resume_command
    from sim.core.stopping import on_stop

    with on_stop(lambda: None):  # once is enough
        text = "interrupted"
        if _command_of(args) in _CONTINUE and "--dry-run" not in args:
            text += f". What was committed is safe. To continue: {resume_command()}"
        print(f"smoltflow: {text}", file=sys.stderr)
    return 130


def _explain(error: BaseException, command: str) -> int:
    """Translate what the layers below raise; anything else is reported with a file to send in."""
    from persistence.stores import StoreError
    from sim.scenario import ScenarioError
    from sim.scenario.problems import PlanProblem, path_text

    if isinstance(error, ScenarioError):
        print(str(error), file=sys.stderr)
        return 2
    if isinstance(error, PlanProblem):
        for path, message in error.items:
            print(f"smoltflow: {path_text(path)}: {message}", file=sys.stderr)
        return 2
    if isinstance(error, StoreError):
        print(f"smoltflow: {error}", file=sys.stderr)
        return error.code
    print(f"smoltflow: {unforeseen(error)}", file=sys.stderr)
    if told := _advice(error, command):
        print(told, file=sys.stderr)
    return 1


_CONTINUE = ("run", "study")
"""The commands that take --resume."""


def _advice(error: BaseException, command: str) -> str:
    """What can be done after a fault; nothing for a command that cannot be continued."""
    if command not in _CONTINUE:
        return ""
    if not may_pass(error):
        return COMES_AGAIN
    from sim.cli.shown import resume_command

    return f"What was committed is safe. To continue: {resume_command()}"
