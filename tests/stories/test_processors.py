"""One digest whatever the processor: NumPy and the C library take other instructions by themselves.

What stands behind it is in tests/test_exact_arithmetic.py. Here whole companies are run where the
newer instructions are switched off, and compared to the last bit of every fish's weight.
"""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.fingerprint import PROCESSORS, ROOT, elsewhere

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="switches are those of x86-64"
)
OLDEST = PROCESSORS["of 2009"]


def fingerprints(scenario: str, *processors: dict[str, str]) -> set[str]:
    path = ROOT / "scenarios" / scenario
    with ThreadPoolExecutor(2) as two:
        return set(two.map(lambda processor: elsewhere(processor, path), processors))


def test_smoke_is_the_same_on_a_processor_of_2009() -> None:
    (found,) = fingerprints("smoke.yaml", {}, OLDEST)
    assert int(found.split()[0]) > 100_000, "it recorded something"


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scenario", ["small_20.yaml", "tight.yaml", "calibrated.yaml"])
def test_companies_are_the_same_on_other_processors(scenario: str) -> None:
    assert len(fingerprints(scenario, {}, *PROCESSORS.values())) == 1
