"""What decides or is recorded is worked out by exact IEEE steps only, read from the source.

NumPy's and the C library's elementary functions and BLAS differ between processors; those of
:mod:`sim.core.elementary` do not. The line is drawn in docs/architecture.md.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from tests.support.fingerprint import NO_AVX2, PROCESSORS, ROOT
from tests.test_architecture import MODULES, within

ONLY_SHOWN = ("sim.study", "sim.report", "sim.api", "sim.cli", "sim.progress")
"""Rooms whose figures are shown, never recorded in a run's tables nor decided by."""

EXACT_UFUNCS = {
    "add", "subtract", "multiply", "divide", "sqrt", "square", "reciprocal",  # rounded in one way
    "negative", "positive", "absolute", "fabs", "sign", "copysign", "signbit", "conjugate",
    "floor", "ceil", "trunc", "rint", "floor_divide", "remainder", "fmod", "divmod", "modf",
    "maximum", "minimum", "fmax", "fmin", "heaviside", "nextafter", "spacing",
    "ldexp", "frexp",  # of powers of two
    "degrees", "radians", "deg2rad", "rad2deg",  # a multiplication
}  # fmt: skip
"""NumPy's functions of reals that every processor rounds alike."""
EXACT_MATH = {
    "sqrt", "fabs", "copysign", "floor", "ceil", "trunc", "fmod", "modf", "frexp", "ldexp",
    "isfinite", "isnan", "isinf", "isqrt", "gcd", "lcm", "comb", "perm", "factorial",
    "fsum", "prod",  # one after the other, or as if exact
    "ulp", "nextafter", "inf", "nan", "pi", "e", "tau",
}  # fmt: skip
"""What of ``math`` is exact, or a number."""
INEXACT_ARRAYS = {
    "dot", "vdot", "inner", "outer", "tensordot", "einsum", "cross", "kron", "convolve",
    "correlate", "cov", "corrcoef", "linalg", "matrix_power", "fft", "random", "polynomial",
    "poly", "polyfit", "roots", "sinc", "i0", "unwrap", "angle", "real_if_close", "logspace",
    "geomspace", "float_power", "power", "pow", "matmul", "vecdot", "matvec", "vecmat",
    "longdouble", "float128", "hanning", "hamming", "blackman", "bartlett", "kaiser",
}  # fmt: skip
"""What of NumPy goes through BLAS or through functions that differ, or has other digits."""
BY_PROCESSOR = {"argpartition"}
"""NumPy's choice among equals differs: so ``argsort``, too, must be stable."""
INEXACT_MODULES = ("scipy", "statistics", "cmath", "random", "numpy.linalg", "numpy.fft")


def inexact_ufuncs() -> set[str]:
    """NumPy's functions from reals to reals, but for the exact ones."""
    return {
        name
        for name in dir(np)
        if isinstance(function := getattr(np, name), np.ufunc)
        for kind in function.types
        if function.__name__ not in EXACT_UFUNCS and set(kind.replace("->", "")) == {"d"}
    }


FORBIDDEN_ARRAYS = inexact_ufuncs() | INEXACT_ARRAYS | BY_PROCESSOR


def offences(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of everything in a module that processors may round differently."""
    for node in ast.walk(ast.parse(source)):
        for name in (*of_attribute(node), *of_call(node), *of_operator(node), *of_import(node)):
            yield getattr(node, "lineno", 0), name


def of_attribute(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Name(id="np"), attr=name):
            if name in FORBIDDEN_ARRAYS:
                yield f"np.{name}"
        case ast.Attribute(value=ast.Name(id="math"), attr=name):
            if name not in EXACT_MATH:
                yield f"math.{name}"
        case ast.Attribute(attr="dot" | "argpartition" as name):
            yield f".{name}"


def of_call(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="argsort"), keywords=words):
            if not any(word.arg == "kind" for word in words):
                yield "argsort without kind"
        case ast.Call(func=ast.Name(id="pow")):
            yield "pow"


def of_operator(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
            yield "@"
        case ast.BinOp(op=ast.Pow(), left=ast.Constant(value=int())):
            pass  # of whole numbers, which Python multiplies out
        case ast.BinOp(op=ast.Pow(), left=ast.Constant(), right=exponent):
            if not isinstance(getattr(exponent, "operand", exponent), ast.Constant):
                yield "**"
        case ast.BinOp(op=ast.Pow()) | ast.AugAssign(op=ast.Pow()):
            yield "**"


def of_import(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            for each in names:
                if _is_inexact(each.name):
                    yield each.name
                if each.asname != {"numpy": "np", "math": None}.get(each.name, each.asname):
                    yield f"{each.name} by another name"
        case ast.ImportFrom(module=str(module), names=names):
            if _is_inexact(module):
                yield module
            for each in names:
                is_inexact = {
                    "numpy": each.name in FORBIDDEN_ARRAYS,
                    "math": each.name not in EXACT_MATH,
                }
                if is_inexact.get(module):
                    yield f"{module}.{each.name}"


def _is_inexact(module: str) -> bool:
    return any(within(module, inexact) for inexact in INEXACT_MODULES)


def test_the_model_and_its_observers_take_exact_steps_only() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for module, path in MODULES.items()
        if within(module, "sim") and not any(within(module, room) for room in ONLY_SHOWN)
        for line, name in offences(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("np.exp(x)", "np.exp"),
        ("np.log1p(x, out=x)", "np.log1p"),
        ("list(map(np.tanh, x))", "np.tanh"),
        ("np.hypot(x, y)", "np.hypot"),
        ("np.power(x, 3)", "np.power"),
        ("np.dot(x, y)", "np.dot"),
        ("x.dot(y)", ".dot"),
        ("np.linalg.norm(x)", "np.linalg"),
        ("np.logaddexp.reduce(x)", "np.logaddexp"),
        ("math.exp(x)", "math.exp"),
        ("math.hypot(x, y)", "math.hypot"),
        ("from math import pow as sqrt", "math.pow"),
        ("from numpy import exp", "numpy.exp"),
        ("import scipy.special", "scipy.special"),
        ("from statistics import NormalDist", "statistics"),
        ("x @ y", "@"),
        ("x @= y", "@"),
        ("x ** 0.5", "**"),
        ("x ** 3", "**"),
        ("2.0 ** x", "**"),
        ("(1 - x) ** days", "**"),
        ("x **= 2", "**"),
        ("pow(x, 2)", "pow"),
        ("np.argsort(x)", "argsort without kind"),
        ("x.argsort()", "argsort without kind"),
        ("np.argpartition(x, 3)", "np.argpartition"),
        ("import numpy as xp", "numpy by another name"),
        ("import numpy", "numpy by another name"),
        ("import math as m", "math by another name"),
    ],
)
def test_what_processors_round_differently_is_seen(line: str, name: str) -> None:
    assert name in [name for _, name in offences(line)]


@pytest.mark.parametrize(
    "line",
    [
        "np.sqrt(x) + math.sqrt(y) * x * x / 3 - np.floor(y) % 1",
        "2**63 - 1, 10**scale, 2.0**-52, float(10**scale)",
        "np.add.reduce(x), x.sum(), np.cumsum(x), x.mean(axis=0), np.interp(x, *table)",
        "np.argsort(x, kind='stable'), np.sort(x), np.lexsort((x, y))",
        "from math import isqrt, inf",
        "from sim.core.elementary import exp, power",
        "exp(x), power(x, 1.5), f(**words)",
        "text.partition(':')",
    ],
)
def test_exact_steps_are_let_pass(line: str) -> None:
    assert list(offences(line)) == []


SUMS = """
import hashlib, warnings
import numpy as np
rng, found = np.random.default_rng(1), hashlib.sha256()
for n in [*range(1, 70), 129, 1000, 4099]:
    x, table, deep = rng.random(n) + 1e-3, rng.random((5, n)), rng.random((3, n, 4))
    for value in (
        x + 1, x * x, x / 3, np.sqrt(x), x.sum(), x[::2].sum(), x.mean(), x.std(), x.prod(),
        table.sum(axis=0), table.sum(axis=1), table.mean(axis=1), table.std(axis=1),
        deep.sum(axis=1), deep.mean(axis=2), np.cumsum(x), np.cumprod(table, axis=0),
        np.multiply.accumulate(table), np.add.reduceat(table, [0, 2, 4]),
        np.interp(x, np.sort(table[0]), table[1]), np.bincount(rng.integers(0, 9, n), x),
        x % 0.7, x // 0.3, np.fmod(x, 0.3), np.round(x, 3), np.rint(9 * x), np.trunc(9 * x),
        np.ldexp(x, -3), np.frexp(x)[0], np.linspace(0, x[0], n), np.radians(x),
        np.clip(x, 0.2, 0.5), np.maximum(x, table[0]), np.argsort(np.rint(3 * x), kind="stable"),
        np.unique(np.rint(9 * x), return_inverse=True)[1], np.median(x), np.diff(x),
    ):
        found.update(np.ascontiguousarray(value).tobytes())
print(found.hexdigest())
"""


def test_what_is_let_pass_is_the_same_on_other_processors() -> None:
    """Sums, too: NumPy adds in the same order however wide its registers are."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SUMS],
            env={**os.environ, **processor},
            stdout=subprocess.PIPE,
            text=True,
        )
        for processor in ({}, PROCESSORS["without AVX-512"], NO_AVX2)
    ]
    found = {process.communicate()[0] for process in running}
    assert len(found) == 1
    assert all(process.returncode == 0 for process in running)
