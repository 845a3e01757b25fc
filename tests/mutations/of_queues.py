"""Mutations of laws and queues: what comes out is off by a few per cent, and theory says so."""

from __future__ import annotations

from typing import Any

from simulator.build import world
from simulator.build.resources import line_of
from simulator.kernel.laws import sampler
from simulator.services.lines import lifo
from simulator.services.replica import Replica
from simulator.spec.laws import LognormalLaw
from tests.contract import test_laws
from tests.mutations.catching import law, truth
from tests.mutations.changing import Mutation, replacing, replacing_function

Z95 = 1.6448536269514722
Z99 = 2.3263478740408408
"""Quantiles of the standard normal law."""


def _longer(original: Any) -> Any:
    def sampler(law: Any) -> Any:
        draw = original(law)
        return lambda generator, size: [1.05 * value for value in draw(generator, size)]

    return sampler


def _p99_for_p95(original: Any) -> Any:
    return property(lambda law: original.fget(law) * Z99 / Z95)


def _one_place_more(original: Any) -> Any:
    def init(replica: Replica, *args: Any) -> None:
        original(replica, *args)
        replica._capacity += 1

    return init


MUTATIONS = [
    Mutation(
        "every draw of a law is 5 % larger than it should be",
        replacing_function(sampler, _longer),
        law(
            "the laws' means (tests/contract/test_laws)",
            lambda _: test_laws.test_sample_mean_is_the_laws_mean(test_laws.CASES["exponential"]),
        ),
        "assert",
    ),
    Mutation(
        "work takes 5 % longer than its law says, arrivals do not",
        replacing(world, "sampler", _longer),
        truth("mm1_rho50"),
        "mm1_rho50_mean: disagrees with theory by +",
        slow=True,
    ),
    Mutation(
        "the 99th percentile of a lognormal law is taken for the 95th",
        replacing(LognormalLaw, "sigma", _p99_for_p95),
        law(
            "the laws' shapes (tests/contract/test_laws)",
            lambda _: test_laws.test_draws_have_the_laws_shape("lognormal by p99"),
        ),
        "assert",
    ),
    Mutation(
        "the last to come is served first",
        replacing_function(line_of, lambda _: lambda spec: lifo),
        truth("mm1_rho50"),
        "mm1_rho50_p95: disagrees with theory",
        slow=True,
    ),
    Mutation(
        "a queue takes in one more than it holds",
        replacing(Replica, "__init__", _one_place_more),
        truth("mm1k_r0.8_k5"),
        "mm1k_r0.8_k5_loss: disagrees with theory",
        slow=True,
    ),
]
