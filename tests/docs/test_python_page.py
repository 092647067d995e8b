"""docs/python.md: each of its recipes runs as it stands, and the site is made without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from tests.support.command_line import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^## (.+?)\n.*?^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def _in_a_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder in which the scenarios are where a clone has them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    import matplotlib as mpl

    mpl.use("Agg")


def test_there_are_ten_and_they_are_all_that_has_code() -> None:
    assert len(RECIPES) == 10 == PAGE.count("```") // 2


@pytest.mark.usefixtures("_in_a_clone")
@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_runs(title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "to_pandas" in RECIPES[title]:
        pytest.importorskip("pandas")
    names = {"__name__": "__main__"}
    exec(compile(RECIPES[title], title, "exec"), names)
    told = capsys.readouterr().out
    if title == "Plot growth":
        import matplotlib.pyplot as plt

        plt.close("all")
        assert (tmp_path / "growth.png").stat().st_size > 1000
    else:
        assert told.strip()
        assert "nan" not in told.lower()


def test_the_recipes_show_every_name() -> None:
    used = {*re.findall(r"\bsim\.(\w+)", PAGE)}
    assert {*sim.__all__} - {"__version__"} <= used


@pytest.mark.long
def test_the_site_is_made_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html"]
    subprocess.run([*command, str(ROOT / "docs"), str(tmp_path)], check=True)
    assert "run_study" in (tmp_path / "api.html").read_text(encoding="utf-8")
