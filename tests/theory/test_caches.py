"""Hit ratios against theory: caches by time, the least recently used, single flight.

The two values of `TTL` are those of the table of known results; both follow from renewal theory. For the least recently
used under independent references the hit ratio is Che's approximation (H. Che, Y. Tung, Z. Wang, Hierarchical Web
Caching Systems, IEEE JSAC 20(7), 2002), of which Fricker, Robert and Roberts (A versatile and accurate approximation
for LRU cache performance, ITC 24, 2012) show why it is good far beyond its derivation.
"""

from __future__ import annotations

from math import exp, fsum
from pathlib import Path

import pytest

from tests.theory.agreement import agree, figures, replications

APP = """
    keys: {item: KEYS}
    services:
      app:
        workers: 1000
        operations: {view: {steps: [{cached: {name: goods, CACHE, steps: [{pause: FETCH}]}}]}}
    workload: [{call: app.view, key: item, arrivals: {process: poisson, rate: RATE}}]
    run: {duration: SECONDS, warmup: 200s, seed: 11, record: summary}
    """


def hit_ratios(
    folder: Path,
    cache: str,
    *,
    keys: str,
    rate: str = "20/s",
    fetch: str = "0s",
    seconds: str = "1200s",
    number: int = 10,
) -> list[float]:
    """The hit ratio of each replication."""
    text = APP.replace("KEYS", keys).replace("CACHE", cache).replace("FETCH", fetch)
    played = replications(folder, text.replace("RATE", rate).replace("SECONDS", seconds), number=number)
    return figures(played, "cache:goods", "hit_ratio")


# One key is asked for 0.2 times a second; 100 keys that are alike are a hundred such caches at once.
ALIKE = "{dist: uniform, n: 100}"


@pytest.mark.parametrize(
    ("cache", "theory"),
    [
        ("ttl: 10s", 0.6666666666666666),  # ttl_cache: lambda T / (1 + lambda T)
        ("ttl: 10s, sliding: true", 0.8646647167633873),  # ttl_cache_sliding: 1 - exp(-lambda T)
    ],
)
def test_caches_by_time(tmp_path: Path, cache: str, theory: float) -> None:
    assert agree(hit_ratios(tmp_path, cache, keys=ALIKE), theory, precision=0.01)


def test_of_keys_that_are_alike_the_share_that_is_kept_is_hit(tmp_path: Path) -> None:
    assert agree(hit_ratios(tmp_path, "capacity: 30", keys=ALIKE), 0.30, precision=0.02)


def che(weights: list[float], capacity: int) -> float:
    """Che's approximation: a key is hit if it was asked for within the time in which `capacity` others were."""
    total = fsum(weights)
    shares = [weight / total for weight in weights]
    low, high = 0.0, 1e9
    for _ in range(200):
        time = (low + high) / 2
        if fsum(1 - exp(-share * time) for share in shares) < capacity:
            low = time
        else:
            high = time
    return fsum(share * (1 - exp(-share * low)) for share in shares)


@pytest.mark.parametrize(("exponent", "capacity"), [(0.8, 50), (1.0, 20)])
def test_the_least_recently_used_goes(tmp_path: Path, exponent: float, capacity: int) -> None:
    """Within 1 % of the approximation, which is its own accuracy here."""
    theory = che([rank**-exponent for rank in range(1, 501)], capacity)
    measured = hit_ratios(tmp_path, f"capacity: {capacity}", keys=f"{{dist: zipf, n: 500, s: {exponent}}}")
    assert sum(measured) / len(measured) == pytest.approx(theory, rel=0.01)


def test_with_single_flight_a_miss_window_is_one_fetch(tmp_path: Path) -> None:
    """A cycle is a miss, its fetch of D seconds, T seconds of hits, and a wait for the next request: one fetch."""
    rate, ttl, fetch = 0.2, 10.0, 3.0
    theory = rate * ttl / (1 + rate * (ttl + fetch))
    measured = hit_ratios(tmp_path, "ttl: 10s, single_flight: true", keys=ALIKE, fetch="3s")
    assert agree(measured, theory, precision=0.01)
