"""Files that come with Smoltflow, found by name from any folder.

Scenarios, studies and biology profiles lie in ``scenarios/`` of a clone and in ``sim/shipped/`` of
an installation. A command takes a file or the name of a shipped scenario or study (``smoke``,
``sea_rings``); a file refers to a shipped one as ``smoltflow:`` and its place there, as in
``extends: smoltflow:biology/default.yaml``. Where a file lies is no part of what it says: a run
that was begun by path is the same run by name.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from sim.scenario.explain import close_to
from sim.scenario.problems import Problem, ScenarioError

SCHEME = "smoltflow:"
SCHEMA = "scenario.schema.json"
STUDIES = "studies"
PROFILES = "biology"

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "shipped"
_CLONED = _PACKAGE.parent / "scenarios"


class NotThere(Exception):  # noqa: N818 - a message, with what was perhaps meant
    """There is no such file; the suggestion is what may have been meant."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def folder() -> Path:
    """The folder of the shipped files."""
    return _INSTALLED if _INSTALLED.is_dir() else _CLONED


def files() -> dict[str, Path]:
    """All shipped files by what stands behind ``smoltflow:``."""
    top = folder()
    return {path.relative_to(top).as_posix(): path for path in sorted(top.rglob("*.yaml"))}


def names() -> dict[str, Path]:
    """The scenarios and studies that a command takes by name."""
    top = folder()
    found = [*sorted(top.glob("*.yaml")), *sorted((top / STUDIES).glob("*.yaml"))]
    return {path.stem: path for path in found}


def name_of(path: Path) -> str:
    """What one types for a file: a shipped scenario's or study's name, or the file itself."""
    return path.stem if names().get(path.stem) == path else str(path)


def reference_to(path: Path) -> str | None:
    """How another file refers to a file that :func:`resolve` found by name; None for others."""
    return next((f"{SCHEME}{place}" for place, file in files().items() if file == path), None)


def resolve(argument: str | os.PathLike[str]) -> Path:
    """The file that a user means: a path, or the name of a shipped scenario or study.

    It is a path if such a file exists, or if it has a separator or a suffix.

    Raises:
        ScenarioError: there is neither; with what was perhaps meant.
    """
    text = os.fspath(argument)
    path = Path(text)
    if text.startswith(SCHEME):
        return _shipped(text)
    is_path = bool(path.suffix) or any(sep and sep in text for sep in (os.sep, os.altsep))
    if not is_path and not _is_file(path) and text in names():
        return names()[text]
    if _is_there(path):
        return path
    if is_path:
        raise ScenarioError([Problem(text, 1, 1, (), "no such file", _perhaps(path))])
    local = {near.stem: near.name for near in Path().glob("*.yaml")}
    meant = close_to(text, [*local, *names()])
    message = "no such file, and no scenario or study that is shipped has that name"
    raise ScenarioError([Problem(text, 0, 0, (), message, local.get(meant or "", meant))])


def referred(reference: str, beside: Path) -> Path:
    """The file that another one, in the folder ``beside``, refers to.

    Raises:
        NotThere: there is no such file.
    """
    if reference.startswith(SCHEME):
        place = reference.removeprefix(SCHEME)
        found = files().get(place) or names().get(place)
        if found is None:
            raise NotThere(f"{reference}: no such file is shipped", _shipped_like(place))
        return found
    path = beside / reference
    if not _is_there(path):
        near = _sibling(path)
        meant = str(PurePath(reference).parent / near) if near else _shipped_as(path)
        raise NotThere(f"{path}: no such file", meant)
    return path


def _shipped(reference: str) -> Path:
    try:
        return referred(reference, Path())
    except NotThere as error:
        message = "no such file is shipped"
        raise ScenarioError([Problem(reference, 0, 0, (), message, error.suggestion)]) from None


def _perhaps(path: Path) -> str | None:
    """What may have been meant by a file that is not there: one beside it, or a shipped one."""
    near = _sibling(path)
    if near:
        return str(path.parent / near)
    return path.stem if path.stem in names() else _shipped_as(path)


def _sibling(path: Path) -> str | None:
    """A file in the same folder that is called nearly so."""
    there = {near.stem: near.name for near in sorted(path.parent.glob("*.yaml"))}
    meant = close_to(path.stem, there)
    return there[meant] if meant else None


def _shipped_as(path: Path) -> str | None:
    """A shipped file of the same name, as a file refers to it."""
    return next((SCHEME + place for place in files() if PurePath(place).name == path.name), None)


def _shipped_like(place: str) -> str | None:
    """A shipped file at nearly this place, or with nearly this name."""
    known = {PurePath(file).stem: file for file in reversed(files())}
    known |= {file.removesuffix(".yaml"): file for file in files()}
    meant = close_to(place.removesuffix(".yaml"), known)
    return SCHEME + known[meant] if meant else None


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a NUL is in no path
        return False
    except OSError:
        pass  # reading it tells what is wrong
    return True


def _is_file(path: Path) -> bool:
    try:
        return _is_there(path) and not path.is_dir()
    except OSError:
        return True
