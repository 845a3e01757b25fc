"""Luck that the attempts of one request have in common: `per_request` (language reference, section 1).

A retry that meets fresh luck every time looks better than it is: what made the first attempt slow (a large basket, a
hot row) usually makes the second one slow too. With a share rho in common, attempt k of request r has the luck

    z = sqrt(rho) * own(r) + sqrt(1 - rho) * fresh(r, k)

of two independent standard normal draws: the Gaussian copula (R. B. Nelsen, An Introduction to Copulas, 2nd ed., 2006,
section 2.3). Each attempt by itself follows the law exactly; the scores of two attempts of one request have the
correlation rho, their ranks 6/pi * asin(rho/2) (W. H. Kruskal, JASA 53, 1958).
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from simulator.kernel.inversion import Inverse
    from simulator.kernel.random import Streams
    from simulator.kernel.root import Root


def standard_normal(generator: np.random.Generator, size: int) -> list[float]:
    """Standard normal draws, by the generator's own sampler."""
    draws: list[float] = generator.standard_normal(size).tolist()
    return draws


class SharedLuck:
    """The draws of one law at one place of the model, of whose chance each request carries a part with it.

    Args:
        streams: of the replication.
        name: of the place, as for `Streams.source`.
        share: rho, above 0 and at most 1: 1 gives every attempt of a request the same value.
        value: what the law makes of luck.
    """

    __slots__ = ("_fresh", "_fresh_part", "_own", "_own_part", "_value")

    def __init__(self, streams: Streams, name: str, share: float, value: Inverse) -> None:
        self._own = streams.source(f"request/{name}", standard_normal)
        self._fresh = streams.source(name, standard_normal)
        self._own_part = sqrt(share)
        self._fresh_part = sqrt(1.0 - share)
        self._value = value

    def draw(self, root: Root) -> float:
        """The next draw for `root`, in the law's unit."""
        luck = self._own_part * self._own.first(root) + self._fresh_part * self._fresh.draw(root)
        return self._value(luck)
