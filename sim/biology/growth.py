"""Growth by thermal growth coefficient, appetite, and the fish's length."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.core.elementary import cbrt

Number = TypeVar("Number", float, NDArray[np.float64])


def grown_weight_g(weight_g: Number, tgc: Number, degree_days: Number) -> Number:
    """Weight after a number of degree-days: W1^(1/3) = W0^(1/3) + TGC/1000 x degrees x days.

    Args:
        weight_g: weight before, g.
        tgc: thermal growth coefficient x 1000.
        degree_days: sum of daily temperatures, degrees C x days.

    Source: Iwama and Tautz (1981), Can J Fish Aquat Sci 38:649; x 1000 as in the trade.
    """
    return cubed(cbrt(weight_g) + tgc / 1000 * degree_days)


def cubed(root: Number) -> Number:
    """Weight from its cube root, in which growth adds up."""
    return root * root * root


def length_cm(
    weight_g: NDArray[np.float64], condition_factor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fork length from weight and Fulton's condition factor K = 100 W / L^3."""
    return cbrt(100 * weight_g / condition_factor)
