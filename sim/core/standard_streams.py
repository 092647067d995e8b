"""Stdout and stderr: they are there, take any text, and are written out before Python ends."""

from __future__ import annotations

import codecs
import json
import os
import sys
from pathlib import Path

_ERRORS = "smoltflow.escape"


def ready_streams() -> None:
    """Let stdout and stderr take any text, and be there.

    A letter that the stream's encoding does not have is written as JSON escapes it. A stream that
    was closed before we began swallows what it is given.
    """
    codecs.register_error(_ERRORS, _escaped)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nowhere)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ERRORS)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def flushed(name: str) -> OSError | None:
    """Write out what is left for ``stdout`` or ``stderr``; if that fails, tell why, and drop it.

    Python would otherwise try once more at its end, and complain in its own words.
    """
    stream = getattr(sys, name)
    try:
        if stream is not None and not stream.closed:
            stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return error
    return None
