"""Paths on the command line: whatever the letters are, and refused before anything is done."""

from __future__ import annotations

from pathlib import Path

import click

from sim.api.folders import file_given, folder_given
from sim.core.failures import OptionProblem


class FolderPath(click.ParamType[Path]):
    """A folder that is there or that will be made."""

    name = "directory"
    _given = staticmethod(folder_given)

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Refuse what cannot be one."""
        if value == "":
            self.fail("an empty text is no path", param, ctx)
        try:
            return self._given("path", Path(value))
        except OptionProblem as error:
            self.fail(error.problem, param, ctx)


class FilePath(FolderPath):
    """A file that will be written, in a folder that is there."""

    name = "file"
    _given = staticmethod(file_given)
