"""How stale copies are read, against theory.

Each key is written at the points of a Poisson process of rate w; a write comes to the copy after a delay with
distribution function F, all delays independent; who reads comes at random (PASTA). At a moment, call the time since a
write its age. Writes that have come form, by age, a Poisson process of intensity w F, the others one of intensity
w (1 - F), independent of it.

With `apply: newest` the copy shows the youngest write that has come. Let B be its age and H(s) the integral of F up to
s: P(B > b) = exp(-w H(b)). The staleness S is the age of the oldest write that is younger than B, so S > s if some
write of an age in (s, B) has not come, and

    P(S > s) = exp(-w H(s)) * E[1 - F(s + X)],  X exponential of rate w.

Constant delay D: P(S > 0) = 1 - exp(-w D), E S = D - (1 - exp(-w D)) / w. Exponential delay of rate m, r = w / m:
P(S > 0) = w / (w + m), E S = exp(r) / (m + w) * r * integral of x^r exp(-r x) over (0, 1).

With `apply: always` it shows the write that came last: it came U ago (exponential, w) with a delay V of law F
(displacement theorem), so its age is U + V, and the writes younger than that which would be fresher are those that have
not come yet or came before U.

A reader who does not look at the owner but through a cache with a time to live T, whose fetch takes no time, asked r
times a second for a key: after each miss, hits come at ages uniform in (0, T).
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from pathlib import Path

import pytest

from tests.support import Played
from tests.theory.agreement import agree, figures, replications

COPIES = """
    keys: {user: {dist: uniform, n: 50}}
    brokers: {bus: {preset: redis_pubsub, publish_latency: 0s, delivery_latency: 0s}}
    topics: {updated: {broker: bus, subscribers: [reader.refresh]}}
    services:
      users:
        workers: 1000
        state: {profile: {key: user}}
        operations: {update: {steps: [{write: profile}, {publish: updated}]}}
      reader:
        workers: 1000
        state: {profile: {copy_of: users.profile, apply: APPLY}}
        operations:
          refresh: {steps: [{pause: DELAY}, {write: profile}]}
          look: {steps: [{read: profile}]}
    workload:
      - {call: users.update, arrivals: {process: poisson, rate: 20/s}}
      - {call: reader.look, arrivals: {process: poisson, rate: 20/s}}
    run: {duration: 240s, warmup: 40s, seed: 5, record: summary}
    """
W = 20 / 50
"""Writes of one key, per second."""


def played(folder: Path, delay: str, apply: str = "newest") -> list[Played]:
    return replications(folder, COPIES.replace("DELAY", delay).replace("APPLY", apply), number=10)


def integral(density: Callable[[float], float], end: float, parts: int = 400) -> float:
    """Simpson's rule over (0, end)."""
    step = end / parts
    inner = sum((4 if part % 2 else 2) * density(part * step) for part in range(1, parts))
    return (density(0.0) + inner + density(end)) * step / 3


@pytest.mark.parametrize("delay", [0.5, 2.5])
def test_a_constant_delay(tmp_path: Path, delay: float) -> None:
    runs = played(tmp_path, f"{delay}s")
    shown = exp(-W * delay)
    assert agree(figures(runs, "look", "stale_reads"), 1 - shown, precision=0.08)
    assert agree(figures(runs, "look", "staleness_mean"), delay - (1 - shown) / W, precision=0.12)
    assert agree(figures(runs, "service:reader", "behind"), 50 * (1 - shown), precision=0.04)


@pytest.mark.parametrize("delay", [0.5, 2.5])
def test_an_exponential_delay_where_the_newest_write_stays(tmp_path: Path, delay: float) -> None:
    runs = played(tmp_path, f"{{dist: exponential, mean: {delay}s}}")
    rate = 1 / delay
    ratio = W / rate
    mean = exp(ratio) / (rate + W) * ratio * integral(lambda x: x**ratio * exp(-ratio * x), 1.0)
    assert agree(figures(runs, "look", "stale_reads"), W / (W + rate), precision=0.08)
    assert agree(figures(runs, "look", "staleness_mean"), mean, precision=0.13)


def shown_last(rate: float) -> float:
    """The probability that the write which came last, after an exponential delay, is the youngest of all."""

    def given(since: float, delay: float) -> float:
        fresher = (1 - exp(-rate * (since + delay))) / rate + delay - (1 - exp(-rate * delay)) / rate
        return exp(-W * fresher)

    def at(delay: float) -> float:
        return rate * exp(-rate * delay) * integral(lambda since: W * exp(-W * since) * given(since, delay), 30 / W)

    return integral(at, 30 / rate)


def test_an_exponential_delay_where_the_last_to_come_overwrites(tmp_path: Path) -> None:
    fresh = shown_last(1 / 2.5)
    assert 1 - fresh > 1.1 * W / (W + 1 / 2.5)  # worse than with the newest
    runs = played(tmp_path, "{dist: exponential, mean: 2.5s}", "always")
    assert agree(figures(runs, "look", "stale_reads"), 1 - fresh, precision=0.08)


def test_a_copy_that_is_written_in_the_request_is_never_stale(tmp_path: Path) -> None:
    text = COPIES.replace("{publish: updated}", "{call: reader.refresh}").replace("{pause: DELAY}, ", "")
    (run,) = replications(tmp_path, text.replace("APPLY", "newest"), number=1)
    assert run.figure("look", "stale_reads") == run.figure("look", "staleness_p999") == 0


def test_reads_through_a_cache_by_time(tmp_path: Path) -> None:
    """The same updates; the owner is read through a cache that keeps an answer for 4 s."""
    cached = "{cached: {name: profiles, ttl: 4s, steps: [{call: users.get}]}}"
    text = COPIES.replace("update: {steps", "get: {steps: [{read: profile}]}, update: {steps")
    text = text.replace("look: {steps: [{read: profile}]}", f"look: {{key: user, steps: [{cached}]}}")
    text = text.replace("DELAY", "0s").replace("APPLY", "newest")
    runs = replications(tmp_path, text, number=10)
    reads, ttl = 20 / 50, 4.0
    hits = reads / (1 + reads * ttl)
    stale = hits * (ttl - (1 - exp(-W * ttl)) / W)
    mean = hits * (ttl**2 / 2 - ttl / W + (1 - exp(-W * ttl)) / W**2)
    assert agree(figures(runs, "look", "stale_reads"), stale, precision=0.08)
    assert agree(figures(runs, "look", "staleness_mean"), mean, precision=0.13)
