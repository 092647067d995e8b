"""What is built from a clone can be installed, and works by name from an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest
import yaml

from sim import __version__
from tests.support.command_line import ROOT, Done, sim

PACKAGES = ("sim", "persistence")
FOLDERS = (*PACKAGES, "scenarios")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
"""What is built from."""
BUILD = "from setuptools import build_meta as b; b.build_sdist('..'); b.build_wheel('..')"


def files_of(folder: Path) -> set[str]:
    """The files of a folder of the clone, but what Python or an editor leaves there."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def below(top: str, files: Iterable[str]) -> set[str]:
    return {name.removeprefix(f"{top}/") for name in files if name.startswith(f"{top}/")}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of this clone."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"  # a build leaves files beside what it builds
    clutter = shutil.ignore_patterns("__pycache__", ".*")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=clutter)
    for name in FILES:
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="session")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was unpacked, which is what an installation does."""
    folder = tmp_path_factory.mktemp("site")
    wheel.extractall(folder)
    return folder


def test_a_wheel_holds_the_code_and_the_shipped_files_under_two_names(
    wheel: zipfile.ZipFile,
) -> None:
    names = wheel.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    shipped = below("sim/shipped", names)
    assert shipped == files_of(ROOT / "scenarios")
    assert {"smoke.yaml", "studies/sea_rings.yaml", "scenario.schema.json"} <= shipped
    code = {name for name in below("sim", names) if not name.startswith("shipped/")}
    assert code == files_of(ROOT / "sim")
    assert {"py.typed", "report/page.html"} <= code
    assert below("persistence", names) == files_of(ROOT / "persistence")


def test_a_source_distribution_holds_what_its_own_wheel_needs(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "setup.py", "README.md", "LICENSE"} <= names
    assert files_of(ROOT / "scenarios") <= below("scenarios", names)
    for package in PACKAGES:
        assert files_of(ROOT / package) <= below(package, names)


def by_name(installed: Path, folder: Path, *args: str) -> Done:
    """Run the installed program in a folder that holds nothing of ours."""
    return sim(*args, folder=folder, PYTHONPATH=str(installed)).expect(0)


def test_an_installed_program_lists_what_it_brings(installed: Path, tmp_path: Path) -> None:
    found = json.loads(by_name(installed, tmp_path, "scenario", "list", "--json").out)
    assert {"smoke", "production", "sea_rings"} <= {entry["name"] for entry in found}
    folders = {os.path.commonpath([entry["path"], installed]) for entry in found}
    assert folders == {str(installed)}


def test_an_installed_program_runs_by_name_in_an_empty_folder(
    installed: Path, tmp_path: Path
) -> None:
    small = ("--set", "recording.reading_hours=[8]", "--workers", "1", "--no-progress", "--json")
    run = by_name(installed, tmp_path, "run", "smoke", "--until", "2025-05-09", *small)
    assert run.manifest["scenario"] == "smoke"
    assert {path.name for path in (tmp_path / "runs" / "smoke").glob("*.sqlite")} == {
        "faroe_islands.sqlite",
        "scotland.sqlite",
    }


def test_an_image_is_built_from_what_a_wheel_is_and_the_pinned_packages() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--" not in line]
    assert sorted(chain(*copied)) == sorted([*FOLDERS, *FILES, "requirements"])
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert let_in == set(chain(*copied))


def test_the_public_ci_runs_the_one_script_on_every_python_that_is_promised() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert job["strategy"]["matrix"]["python"] == promised == ["3.11", "3.12", "3.13"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]


def test_one_version_is_told_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert project["version"] == citation["version"] == __version__


def test_the_metadata_names_what_a_package_index_shows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["authors"]
    assert project["keywords"]
    # Names that nobody can own, so that nothing is asked of a stranger's server.
    assert {url.split("/")[2] for url in project["urls"].values()} == {"smoltflow.example"}
