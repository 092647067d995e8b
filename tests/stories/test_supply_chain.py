"""What is installed beside us is pinned and known, and nothing of it goes out on the network."""

from __future__ import annotations

import json
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.command_line import MONTHS, ROOT, SMOKE, sim

FOLDER = ROOT / "requirements"
PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BUILD: list[str] = PROJECT["build-system"]["requires"]
EXTRAS: Mapping[str, list[str]] = PROJECT["project"]["optional-dependencies"]
LOCKS = {
    "run": (),
    "study": ("study", "plots", "parquet", "cluster"),
    "test": ("test",),
    "all": ("test", "docs", "benchmarks"),
}
"""Every lock file, and the extras that it has besides what a run needs."""
PERMISSIVE = (
    "MIT", "BSD", "0BSD", "Apache", "PSF", "Python Software Foundation", "Zlib", "CC0", "ISC",
)  # fmt: skip
WEAKER = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
"""Libraries that may be used, and not changed, under other terms."""

OFFLINE = """
import socket

class Offline(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            raise RuntimeError(f"the network was asked for {address}")
        super().connect(address)
    connect_ex = connect

def nothing(*_, **__):
    raise RuntimeError("the name of a server was asked for")

socket.socket = Offline
socket.getaddrinfo = socket.gethostbyname = nothing
"""


def pins(lock: str) -> dict[str, tuple[str, int]]:
    """The version, and the number of hashes, by package."""
    text = (FOLDER / f"{lock}.lock").read_text("utf-8")
    entries = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)(.*(?:\n +--hash=.*)*)", text, re.MULTILINE)
    return {
        canonicalize_name(name): (version, rest.count("--hash=sha256:"))
        for name, version, rest in entries
    }


def asked(extras: Iterable[str]) -> Iterator[Requirement]:
    """What the project asks for, with what its own extras ask for in place of them."""
    listed = [*PROJECT["project"]["dependencies"], *BUILD]
    for extra in extras:
        listed += EXTRAS[extra]
    for text in listed:
        need = Requirement(text)
        if need.name == PROJECT["project"]["name"]:
            yield from asked(need.extras)
        else:
            yield need


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_what_the_project_asks_for_by_version_and_hash(lock: str) -> None:
    pinned = pins(lock)
    for need in asked(LOCKS[lock]):
        version, _ = pinned[canonicalize_name(need.name)]
        assert need.specifier.contains(version), f"{need} in {lock}.lock"
    assert all(hashes for _, hashes in pinned.values())
    assert pinned.items() <= pins("all").items()


def test_every_lock_is_installed_by_a_job_or_a_page() -> None:
    bootstrap = (ROOT / "bootstrap.py").read_text("utf-8")
    page = (ROOT / "docs" / "testing.md").read_text("utf-8")
    assert {path.stem for path in FOLDER.glob("*.lock")} == set(LOCKS)
    assert all(f'"{name}"' in bootstrap for name in LOCKS if name != "all")
    assert "requirements/all.lock" in page


def licences() -> dict[str, tuple[str, str]]:
    """The version and the licence of every package of the list."""
    lines = (FOLDER / "licences.md").read_text("utf-8").splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {canonicalize_name(row[0]): (row[1], row[2]) for row in rows}


def on_linux(lock: str) -> dict[str, Any]:
    """The pins that are installed here on Python 3.11."""
    elsewhere = {"colorama"}
    return {
        name: version
        for name, (version, _) in pins(lock).items()
        if name not in elsewhere and name != "setuptools"
    }


def test_the_licence_of_every_package_is_listed_and_allows_what_we_do() -> None:
    listed = licences()
    assert {name: version for name, (version, _) in listed.items()} == on_linux("study")
    for name, (_, licence) in listed.items():
        known = any(word in licence for word in PERMISSIVE)
        assert known or licence == WEAKER.get(name), f"{name}: {licence}"


def test_the_bill_of_materials_lists_every_package() -> None:
    bill = json.loads((FOLDER / "sbom.json").read_text("utf-8"))
    listed = {canonicalize_name(each["name"]): each["version"] for each in bill["components"]}
    wanted = on_linux("study")
    assert listed.items() >= wanted.items()
    assert set(listed) - set(wanted) <= {"setuptools", "pip"}


def test_the_audit_says_of_which_day_it_is() -> None:
    first = (FOLDER / "audit.md").read_text("utf-8").splitlines()[0]
    assert re.fullmatch(r"# Audit of study.lock by pip-audit, \d{4}-\d\d-\d\d", first)


def test_no_command_goes_out_on_the_network_and_files_are_for_their_owner_to_write(
    tmp_path: Path,
) -> None:
    offline = tmp_path / "offline"
    offline.mkdir()
    (offline / "sitecustomize.py").write_text(OFFLINE)
    there = {"PYTHONPATH": str(offline)}
    asking = ("-c", "import socket; socket.create_connection(('127.0.0.1', 9))")
    assert "was asked for" in sim(folder=tmp_path, before=asking, **there).err
    work = tmp_path / "work"
    work.mkdir()
    run = ("run", SMOKE, *MONTHS, "--workers", "2", "--out", "made", "--log-dir", "logs")
    sim(*run, "--no-progress", folder=work, **there).expect(0)
    for command in ("verify", "report"):
        sim(command, "made", folder=work, **there).expect(0)
    assert list(work.glob("made/*.html"))
    for path in [work, *work.rglob("*")]:
        mode = path.stat().st_mode
        assert not mode & (stat.S_IWOTH | stat.S_IWGRP), path
        assert path.is_dir() or not mode & stat.S_IXUSR, path
