"""Command lines as they may be shown: without any password."""

from __future__ import annotations

import shlex
import sys

from persistence.stores import mask
from sim.cli.given import program


def resume_command() -> str:
    """The command that continues this run, without any password."""
    args = [arg for arg in sys.argv[1:] if arg not in ("--resume", "--fresh", "--append")]
    shown = [_masked(arg) for arg in args]
    hint = "  (put the password in place of ***, or into PGPASSWORD)" if shown != args else ""
    return f"{program()} {shlex.join([*shown, '--resume'])}{hint}"


def shown_command() -> str:
    """The command as it was given, without any password."""
    return f"{program()} {shlex.join(map(_masked, sys.argv[1:]))}"


def _masked(argument: str) -> str:
    """An argument as it may be shown: the password of a URL in it is masked."""
    option, equals, url = argument.partition("=")
    if option == "--database" and equals:
        return f"{option}={_masked(url)}"
    is_secret = "://" in argument and "***" in mask(argument)
    return mask(argument) if is_secret else argument
