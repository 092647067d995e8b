"""Named random numbers: evenly spread, independent, and the same everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.core import streams
from sim.core.streams import bits, each_stream, noise, normal, normal_quantile, stream, uniform

MANY = np.arange(200_000)


def chi_square(values: np.ndarray, bins: int) -> float:
    """Chi-square of uniforms against equal bins, as standard deviations above its mean."""
    counts = np.bincount((values * bins).astype(int), minlength=bins)
    expected = len(values) / bins
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return (statistic - (bins - 1)) / np.sqrt(2 * (bins - 1))


def across_keys(*names: object, keys: int = 20_000) -> np.ndarray:
    """The first uniform of many streams whose names differ in a number."""
    return np.array([float(uniform(stream(1, *names, n), 0)) for n in range(keys)])


def test_uniforms_have_the_moments_of_the_uniform_distribution() -> None:
    u = uniform(stream(1, "moments"), MANY)
    assert 0 < u.min() < 1e-4
    assert 1 - 1e-4 < u.max() < 1
    for power in (1, 2, 3, 4):
        assert (u**power).mean() == pytest.approx(1 / (power + 1), abs=0.004)


@pytest.mark.parametrize("seed", [0, 1, 2, 2**63 - 1])
@pytest.mark.parametrize("bins", [16, 64, 1000])
def test_uniforms_fill_their_bins_evenly(seed: int, bins: int) -> None:
    assert abs(chi_square(uniform(stream(seed, "bins"), MANY), bins)) < 6


def test_first_numbers_of_streams_with_neighbouring_names_are_uniform() -> None:
    u = across_keys("batch")
    assert abs(chi_square(u, 64)) < 6
    assert u.mean() == pytest.approx(0.5, abs=0.01)


def test_each_bit_is_set_half_of_the_time() -> None:
    z = bits(stream(1, "bits"), MANY)
    share = [((z >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)]
    assert np.abs(np.array(share) - 0.5).max() < 0.006


@pytest.mark.parametrize("lag", [1, 2, 7, 365])
def test_neighbouring_indices_do_not_correlate(lag: int) -> None:
    u = uniform(stream(1, "lag"), MANY)
    assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 0.012


def test_neighbouring_keys_do_not_correlate() -> None:
    first = across_keys("ring")
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.035
    u, v = (uniform(stream(1, "tank", n), MANY) for n in (1, 2))
    assert abs(np.corrcoef(u, v)[0, 1]) < 0.012
    pairs = np.floor(u * 16) * 16 + np.floor(v * 16)
    assert abs(chi_square((pairs + 0.5) / 256, 256)) < 6


def test_purposes_of_one_key_do_not_correlate() -> None:
    key = stream(1, "batch", 3)
    u, v = (uniform(key ^ stream(0, "purpose", name), MANY) for name in ("fcr", "deaths"))
    assert abs(np.corrcoef(u, v)[0, 1]) < 0.012


def test_the_interval_is_open_at_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    extremes = np.array([0, 2**64 - 1], dtype=np.uint64)
    monkeypatch.setattr(streams, "bits", lambda *_: extremes)
    low, high = uniform(np.uint64(0), 0)
    assert 0 < low < high < 1


def test_numbers_are_the_same_in_every_version_and_process() -> None:
    code = (
        "import numpy as np; from sim.core.streams import stream, bits;"
        "print([int(x) for x in bits(stream(42, 'Faroe Islands', 7, 'plan'), np.arange(3))])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for hash_seed in ("0", "1", "4242")
    }  # fmt: skip
    assert told == {"[4564004076333928660, 10248515638213784522, 4839939337822461057]"}


NAMES = st.lists(st.one_of(st.integers(0, 99), st.text("abc1", max_size=3)), max_size=4)


@given(NAMES, NAMES)
def test_other_names_make_another_stream(these: list[object], those: list[object]) -> None:
    assume([str(name) for name in these] != [str(name) for name in those])
    assert stream(1, *these) != stream(1, *those)


def test_several_streams_at_once_are_those_that_one_gets_one_by_one() -> None:
    slots = [0, 1, 12, "batch", "\u00f8"]
    keys = each_stream(7, "N", "luck", 3, last=slots)
    assert keys.tolist() == [int(stream(7, "N", "luck", 3, slot)) for slot in slots]
    assert each_stream(7, last=["N"]).tolist() == [int(stream(7, "N"))]
    assert each_stream(7, "N", last=[]).dtype == np.uint64


def test_order_of_names_seed_and_where_they_are_cut_matter() -> None:
    keys = [
        stream(1, "a", "b"), stream(1, "b", "a"), stream(2, "a", "b"), stream(1, "ab"),
        stream(1, "a", "b", ""), stream(1, "a"), stream(1), stream(11, "a", "b"),
        stream(1, 1, 1), stream(1, 11), stream(111),
    ]  # fmt: skip
    assert len(set(map(int, keys))) == len(keys)


@given(st.integers(0, 2**40), st.integers(0, 50))
def test_a_number_does_not_depend_on_what_is_asked_with_it(index: int, more: int) -> None:
    key = stream(5, "alone")
    together = uniform(key, np.arange(index, index + more + 1))
    assert float(uniform(key, index)) == together[0]
    keys = np.array([stream(5, "other"), key], dtype=np.uint64)
    assert uniform(keys[:, None], np.arange(index, index + 2))[1, 0] == together[0]


def test_normal_quantile_agrees_with_the_standard_library() -> None:
    tails = 10.0 ** -np.arange(1, 17, 0.37)
    p = np.concatenate([np.linspace(0.001, 0.999, 999), tails, [0.02425, 0.97575], [2.0**-54]])
    exact = np.array([NormalDist().inv_cdf(float(x)) for x in p])
    assert np.abs(normal_quantile(p) - exact).max() < 1.2e-9 * np.abs(exact).max()
    apart = np.abs(exact) > 1e-12
    relative = np.abs(normal_quantile(p)[apart] / exact[apart] - 1)
    assert relative.max() < 1.2e-9


def test_normal_quantile_rises_and_is_symmetric() -> None:
    p = np.linspace(1e-6, 0.5, 100_001)
    z = normal_quantile(p)
    assert (np.diff(z) > 0).all()
    assert np.abs(z + normal_quantile(1 - p)).max() < 1e-8


def test_normals_have_mean_zero_variance_one_and_no_skew() -> None:
    z = normal(stream(1, "normal"), MANY)
    assert z.mean() == pytest.approx(0, abs=0.012)
    assert z.var() == pytest.approx(1, abs=0.017)
    assert (z**3).mean() == pytest.approx(0, abs=0.05)
    assert (z**4).mean() == pytest.approx(3, abs=0.12)
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.05, abs=0.003)


def test_noise_has_mean_zero_variance_one_and_bounds() -> None:
    z = noise(stream(1, "noise"), MANY)
    assert z.mean() == pytest.approx(0, abs=0.012)
    assert z.var() == pytest.approx(1, abs=0.017)
    assert (z**3).mean() == pytest.approx(0, abs=0.03)
    assert np.abs(z).max() < 3.5


def test_noise_is_bounded_at_the_extremes(monkeypatch: pytest.MonkeyPatch) -> None:
    extremes = np.array([0, 2**64 - 1], dtype=np.uint64)
    monkeypatch.setattr(streams, "bits", lambda *_: extremes)
    low, high = noise(np.uint64(0), 0)
    assert -3.5 < low == -high < -3.4
