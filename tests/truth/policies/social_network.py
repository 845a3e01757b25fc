"""DeathStarBench's social network with a given number of its containers dead: how many requests get through.

The published model kills k of N containers at random and asks whether every service that an endpoint needs is alive.
Here containers break down and are mended at fixed times, requests come again and again, and those are counted that find
exactly k containers dead. That is known of each request, since it is known when each container is dead:

- Without replicas the i-th of 12 services is dead during every other stretch of 2^i seconds, so that each of the 4,096
  sets of dead services comes once, for a second.
- With replicas (22 containers) the periods have irrational ratios, so that all sets of dead containers come equally
  often in the long run (H. Weyl, Über die Gleichverteilung von Zahlen mod. Eins, 1916). A caller that meets a dead
  replica asks the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt

import numpy as np

from tests.truth.cases import Check, Figure, Model, Section
from tests.truth.figures import Arrays, derived, requests

ENDPOINTS = {"home": "home-timeline", "user": "user-timeline", "compose": "compose-post"}
"""What the front service, nginx, is asked for, and whom it asks."""

MIX = {"home": 0.6, "user": 0.3, "compose": 0.1}

CALLS: Mapping[str, Sequence[str]] = {
    "home-timeline": ("post-storage", "social-graph"),
    "user-timeline": ("post-storage",),
    "compose-post": ("unique-id", "media", "user", "text", "user-timeline", "home-timeline"),
    "text": ("url-shorten", "user-mention"),
    "user": ("social-graph",),
    "media": (),
    "unique-id": (),
    "post-storage": (),
    "social-graph": (),
    "url-shorten": (),
    "user-mention": (),
}
"""Who asks whom; a compose needs all of them."""

SERVICES = ("nginx", *CALLS)
REPLICATED = ("compose-post", "home-timeline", "user-timeline", "text", "media")

Dead = Callable[[np.ndarray], np.ndarray]
"""How many containers are dead at these times."""


def _operation(calls: Sequence[str]) -> str:
    steps = ", ".join(f"{{call: {called}.get}}" for called in calls)
    return f"{{steps: [{steps}]}}" if calls else "{work: 0ms}"


def _network(replicas: int) -> str:
    front = ", ".join(f"{name}: {_operation([called])}" for name, called in ENDPOINTS.items())
    lines = ["services:", f"  nginx: {{workers: unlimited, operations: {{{front}}}}}"]
    for name, calls in CALLS.items():
        number = replicas if name in REPLICATED else 1
        lines.append(f"  {name}: {{workers: unlimited, replicas: {number}, operations: {{get: {_operation(calls)}}}}}")
    return "\n".join(lines)


def _fault(target: str, alive: float, dead: float) -> str:
    name = target.replace("[", " ").replace("]", "")
    times = f"mtbf: {{dist: constant, value: {alive!r}s}}, mttr: {{dist: constant, value: {dead!r}s}}"
    return f"  - {{name: {name}, kind: crash, target: '{target}', {times}}}"


def _experiment(replicas: int, faults: Sequence[str], arrivals: str, more: str) -> str:
    entries = [f"  - {{call: nginx.{name}, arrivals: {arrivals}}}" for name in ENDPOINTS]
    return "\n".join([_network(replicas), "faults:", *faults, "workload:", *entries, more])


def _weighed(dead: Dead, exactly: int) -> Figure:
    """The share of requests that succeed, by endpoint, in the endpoints' mix, of those that find so many dead."""

    def succeeding(columns: Arrays) -> float:
        return float(np.mean(columns["ok"][dead(columns["arrived"]) == exactly]))

    def together(*shares: float) -> float:
        return sum(weight * share for weight, share in zip(MIX.values(), shares, strict=True))

    return derived(together, *(requests(name, succeeding) for name in MIX))


# -- twelve services, one container each -----------------------------------------------------------------------

HALF_A_SECOND = 0.5


def _dead_of_12(times: np.ndarray) -> np.ndarray:
    """The set of dead services in each second is that second's number in binary digits."""
    seconds = np.floor(times + HALF_A_SECOND).astype(int)  # requests need half a second to get there
    return np.array([bin(second % 4096).count("1") for second in seconds])


ALONE = Model(
    name="social_network",
    text=_experiment(
        1,
        [_fault(name, 2.0**place, 2.0**place) for place, name in enumerate(SERVICES)],
        "{process: constant, rate: 1/s}",
        "network: {client -> nginx: {latency: 500ms}}\nrun: {duration: 4096.5s, replications: 2, window: 4096s}",
    ),
    quick=True,
    checks=tuple(
        Check(
            case,
            _weighed(_dead_of_12, dead),
            precision=1e-9,
            note=f"every set of {dead} dead services, once",
        )
        for case, dead in (("dsb_socialnet_p0.3_repl0", 4), ("dsb_socialnet_p0.5_repl0", 6))
    ),
)


# -- five of them with three containers each -------------------------------------------------------------------

CONTAINERS = tuple(
    f"{name}[{number}]" if name in REPLICATED else name
    for name in SERVICES
    for number in range(3 if name in REPLICATED else 1)
)
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79)
PERIODS = tuple(10 * (1 + sqrt(prime) % 1) for prime in PRIMES)
"""Seconds, 10 to 20: with irrational ratios."""


def _dead_of_22(share: float) -> Dead:
    def dead(times: np.ndarray) -> np.ndarray:
        return sum((times / period % 1 >= 1 - share).astype(int) for period in PERIODS) + np.zeros(len(times), int)

    return dead


def _replicated(case: str, dead: int, precision: float) -> Model:
    share = dead / len(CONTAINERS)
    faults = [
        _fault(target, period * (1 - share), period * share) for target, period in zip(CONTAINERS, PERIODS, strict=True)
    ]
    return Model(
        name=f"social_network_replicated_{dead}",
        text=_experiment(
            3,
            faults,
            "{process: poisson, rate: 0.15/s}",
            "calls: {default: {retry: {max_retries: 2, retry_on: [unreachable]}}}\n"
            "run: {duration: 60000s, drain: 1s, replications: 12, window: 60000s}",
        ),
        checks=(
            Check(
                case,
                _weighed(_dead_of_22(share), dead),
                precision,
                tolerance=0.02,
                note="in a long run, which does not visit all sets equally often",
            ),
        ),
    )


SECTION = Section(
    title="A social network with dead containers",
    models=(
        ALONE,
        _replicated("dsb_socialnet_p0.1_repl1", 3, precision=0.04),
        _replicated("dsb_socialnet_p0.3_repl1", 7, precision=0.09),
        _replicated("dsb_socialnet_p0.5_repl1", 11, precision=0.15),
    ),
)
