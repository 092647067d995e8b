"""Elementary functions with the same bits on every x86-64 processor.

NumPy and the C library choose their exp, log, sin and pow by the processor, and the choices differ
in the last digit. What decides or is recorded uses these functions instead. They are built from
additions, multiplications, divisions and square roots, each of which IEEE 754 rounds in one way
only, and from tables that are made of whole numbers (``tables.py``).

Results are within 2 ulp. A float gives a float and an array an array, of the same bits; what is
undefined is NaN, without a warning.
"""

from sim.core.elementary.angles import arccos, cospi, sinpi, sinpi_up_to_1
from sim.core.elementary.exponential import exp, expm1, log, log1p, power
from sim.core.elementary.roots import cbrt

__all__ = [
    "arccos",
    "cbrt",
    "cospi",
    "exp",
    "expm1",
    "log",
    "log1p",
    "power",
    "sinpi",
    "sinpi_up_to_1",
]
