"""docs/trust.md names tests that are there, and the sizes that campaigns have."""

from __future__ import annotations

import importlib
import re

from benchmarks.campaigns.__main__ import CAMPAIGNS
from tests.support.command_line import ROOT

PAGE = (ROOT / "docs" / "trust.md").read_text("utf-8")


def test_what_holds_a_promise_is_there() -> None:
    named = re.findall(r"`((?:tests|requirements)/[\w/]*(?:\.py)?)`", PAGE)
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_campaigns_have_the_sizes_that_are_told() -> None:
    told = re.findall(r"`python -m benchmarks\.campaigns (\w+)` \| ([\d,]+) \|", PAGE)
    assert {name: int(size.replace(",", "")) for name, size in told} == {
        name: importlib.import_module(f"benchmarks.campaigns.{name}").NIGHT for name in CAMPAIGNS
    }


def test_every_promise_is_held_by_something() -> None:
    promises = re.findall(r"^\| ([A-Z].*) \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(promises) >= 14
    assert all("`" in held for _, held in promises)
