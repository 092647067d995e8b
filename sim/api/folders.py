"""The folders that a run or a study writes into: any path will do, and none is left behind in vain.

A path is a path, whatever its letters. One that cannot be is refused before anything is done; what
was made for a run that then could not begin is removed again while it is empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.core.failures import Failure, OptionProblem
from sim.core.showing import quoted
from sim.core.system_errors import in_words, sentence_of


def folder_given(option: str, path: Path) -> Path:
    """A folder that is there, or that could be made.

    Raises:
        OptionProblem: no folder can have this path, or a file has it.
    """
    try:
        _need_letters(path)
        if path.exists() and not path.is_dir():
            raise OptionProblem(option, f"'{quoted(path)}' is a file, not a folder")
        if path.is_symlink() and not path.exists():
            raise OptionProblem(option, f"'{quoted(path)}' is a link to a folder that is not there")
        above = next((each for each in path.absolute().parents if each.exists()), path)
    except ValueError as error:  # a NUL, or half of a character
        raise OptionProblem(option, f"'{quoted(path)}' is no path ({error})") from None
    except OSError as error:
        raise OptionProblem(option, f"'{quoted(path)}': {sentence_of(error)}") from None
    if not above.is_dir():
        raise OptionProblem(option, f"'{quoted(path)}': '{quoted(above)}' is a file, not a folder")
    return path


def _need_letters(path: Path) -> None:
    """A path that the system can be asked for, or a ValueError."""
    if "\0" in str(path):
        raise ValueError("a NUL is in it")
    os.fsencode(path)


def is_file(path: Path) -> bool:
    """Whether a file is there; what can be no path has none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; what can be no path has none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def file_given(option: str, path: Path) -> Path:
    """A file that is there, or that could be made in a folder that is there.

    Raises:
        OptionProblem: no file can have this path, or a folder has it.
    """
    try:
        _need_letters(path)
        if path.is_dir() or (not path.name and path.exists()):
            raise OptionProblem(option, f"'{quoted(path)}' is a folder, not a file")
        path.exists()  # raises what no path can be
        if not path.absolute().parent.is_dir():
            raise OptionProblem(option, f"the folder {quoted(path.parent)} does not exist")
    except ValueError as error:  # a NUL, or half of a character
        raise OptionProblem(option, f"'{quoted(path)}' is no path ({error})") from None
    except OSError as error:
        raise OptionProblem(option, f"'{quoted(path)}': {sentence_of(error)}") from None
    return path


@contextmanager
def made_folders(folders: Sequence[Path], files: Sequence[Path] = ()) -> Iterator[None]:
    """Make folders; if what is done in them fails, those that are new and empty go again.

    Args:
        folders: those to be made, with those above them.
        files: databases that will be made; those that are new and without a byte go too.

    Raises:
        Failure: a folder cannot be made or written; exit code 2.
    """
    new = [each for folder in folders for each in (folder, *folder.parents) if not each.exists()]
    new_files = [file for file in files if not file.exists()]
    try:
        for folder in folders:
            _make(folder)
        yield
    except BaseException:
        for file in new_files:
            with suppress(OSError):
                if file.stat().st_size == 0:
                    file.unlink()
        for folder in sorted(new, key=lambda each: -len(each.parts)):
            with suppress(OSError):  # it is not empty, or was never made
                folder.rmdir()
        raise


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(str(in_words(error)), 2) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Failure(f"{quoted(folder)}: nothing may be written there: choose another folder", 2)
