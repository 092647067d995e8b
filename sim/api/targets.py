"""Where a run goes: its databases, and what they already hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from persistence.ledger import Run
from persistence.stores import STORES, StoreError, file_url, mask, open_store, parse
from sim.api.folders import is_file, is_folder
from sim.core.failures import Failure
from sim.core.showing import quoted
from sim.core.system_errors import in_words
from sim.scenario import Scenario

RUNS = Path("runs")
"""Where runs go by default, each in a folder of its scenario's name."""


@dataclass(frozen=True, slots=True)
class RunDatabase:
    """One database of a run: its URL, its only geography (or None for all), its lanes."""

    url: str
    shard: str | None
    lanes: tuple[int, ...]


def slug(name: str) -> str:
    """A geography's name as it stands in file and database names."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def targets(scenario: Scenario, database: str | None, out: Path) -> list[RunDatabase]:
    """The databases that a URL means; by default one SQLite file per geography in ``out``.

    Raises:
        Failure: it is not a usable URL, or two geographies would get the same database.
    """
    names = [geography.name for geography in scenario.geographies]
    if database is not None and "{geography}" not in database:
        check_url(database)
        return [RunDatabase(database, None, tuple(range(len(names))))]
    owners: dict[str, str] = {}
    for name in names:
        other = owners.setdefault(slug(name), name)
        if other != name or not slug(name):
            raise Failure(
                f"{{geography}} gives '{quoted(name)}' and '{quoted(other)}' the same database:"
                " rename one of the geographies, or write both into one database"
                if other != name
                else f"{{geography}} has no letters or digits to make of '{quoted(name)}'",
                2,
            )
    found = [
        RunDatabase(
            file_url(out / f"{slug(name)}.sqlite")
            if database is None
            else database.replace("{geography}", slug(name)),
            name,
            (lane,),
        )
        for lane, name in enumerate(names)
    ]
    for target in found:
        check_url(target.url)
    return found


def deal(all_targets: Sequence[RunDatabase], workers: int) -> list[tuple[RunDatabase, ...]]:
    """Deal out the lanes: an SQLite file has one writer, a server one connection per lane."""
    one_file = len(all_targets) == 1 and all_targets[0].url.startswith("sqlite")
    if one_file or workers == 1:
        return [tuple(all_targets)]
    parts = [replace(target, lanes=(lane,)) for target in all_targets for lane in target.lanes]
    return [tuple(parts[start::workers]) for start in range(min(workers, len(parts)))]


def lanes_of(hand: Sequence[RunDatabase]) -> int:
    """How many lanes some targets have together."""
    return sum(len(target.lanes) for target in hand)


def check_url(url: str) -> None:
    """Refuse what is no URL of a store of ours, or of a database that would not stay."""
    try:
        parsed = parse(url)
    except StoreError as error:
        raise Failure(str(error), 2) from None
    scheme = parsed.drivername.partition("+")[0]
    if scheme not in STORES:
        known = ", ".join(sorted(STORES))
        raise Failure(
            f"{quoted(mask(url))}: no store is called '{quoted(scheme)}' (there is {known})", 2
        )
    if scheme == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise Failure("an SQLite store is a file: write sqlite:///FILE", 2)


def identity(resolved: dict[str, Any], version: str) -> str:
    """What makes two runs the same: resolved scenario, seed and version; not how it is written."""
    kept = {name: value for name, value in resolved.items() if name != "writing"}
    text = json.dumps([version, kept], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


def existing_runs(target: RunDatabase) -> list[Run]:
    """The runs that a target's database holds; none if there is no database yet.

    Looking must not leave anything behind: an SQLite file is not created.
    """
    path = sqlite_path(target.url)
    if path is not None and not path.exists():
        return []
    with open_store(target.url) as store:
        return store.runs()


def sqlite_path(url: str) -> Path | None:
    """The file behind an SQLite URL."""
    parsed = parse(url)
    is_file = parsed.drivername.startswith("sqlite") and parsed.database
    return Path(str(parsed.database)) if is_file else None


def masked_urls(all_targets: Sequence[RunDatabase]) -> list[str]:
    """The URLs without their passwords."""
    return [mask(target.url) for target in all_targets]


def databases_at(where: Sequence[str]) -> Iterator[str]:
    """The database URLs that are given, or those of the run in a folder.

    Raises:
        Failure: there is neither; exit code 2.
    """
    for place in where:
        if "://" in place and not is_folder(Path(place)):
            check_url(place)
            yield place
        else:
            yield from _databases_in(place)


def _databases_in(place: str) -> list[str]:
    """The databases of the run in a folder, by its manifest."""
    folder = Path(place)
    manifest = folder / "manifest.json"
    try:
        there = bool(place) and manifest.is_file()
        text = manifest.read_text(encoding="utf-8") if there else ""
    except OSError as error:
        raise Failure(str(in_words(error)), 2) from None
    except ValueError:  # a NUL in the path, or no text
        there = bool(place) and "\0" not in place
        text = ""
    if not there:
        what = f"'{quoted(place)}' is neither a database URL nor the folder of a run"
        raise Failure(what + by_default(place, RUNS), 2)
    try:
        told = json.loads(text)
        urls, in_folder = told["database"], told.get("in_folder", True)
        if not urls or not all(isinstance(url, str) for url in urls):
            raise ValueError  # noqa: TRY301
        found = [_at_hand(url, folder, in_folder=in_folder) for url in urls]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, StoreError):
        raise Failure(f"{quoted(manifest)} is not the manifest of a run", 2) from None
    paths = [path for path in map(sqlite_path, found) if path is not None]
    if paths and not any(path.exists() for path in paths):
        names = ", ".join(quoted(path) for path in paths)
        raise Failure(
            f"'{quoted(place)}' holds no databases of a run: {names}"
            f" {'is' if len(paths) == 1 else 'are'} not there",
            2,
        )
    for url in found:
        check_url(url)
    return found


def by_default(name: str, *tops: Path) -> str:
    """A hint at the folder that the run or study of a name has by default, if it is there."""
    found = [top / name for top in tops if is_file(top / name / "manifest.json")]
    return f" (did you mean '{quoted(found[0])}'?)" if name and found else ""


def _at_hand(url: str, folder: Path, *, in_folder: bool) -> str:
    """A manifest's URL as it can be opened here.

    Files that were in the run's folder are looked for there and nowhere else: it may have been
    moved or copied, and what has the old place now is not this run's. A masked password is left to
    the driver's own means (``PGPASSWORD``, a password file).
    """
    path = sqlite_path(url)
    if path is not None:
        beside = folder / path.name
        return file_url(beside) if in_folder or beside.exists() else url
    parsed = parse(url)
    bare = parsed.set(password="") if parsed.password == "***" else parsed  # noqa: S105
    return bare.render_as_string(hide_password=False)


def all_in_folder(all_targets: Sequence[RunDatabase], folder: Path) -> bool:
    """Whether all databases are files in a run's folder."""
    paths = [sqlite_path(target.url) for target in all_targets]
    return all(
        path is not None and path.absolute().parent.resolve() == folder.resolve() for path in paths
    )
