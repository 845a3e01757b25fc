"""The yardstick: an M/M/1 as SimPy's own examples write it, one process and one request of a resource per customer.

Prints one line of JSON: the requests served and their mean time in the system.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Generator

import simpy


def customer(
    env: simpy.Environment, server: simpy.Resource, chance: random.Random, mean: float, latencies: list[float]
) -> Generator[simpy.Event, object, None]:
    """One request: waits for the server, is served, and notes how long that took."""
    arrived = env.now
    with server.request() as turn:
        yield turn
        yield env.timeout(chance.expovariate(1 / mean))
    latencies.append(env.now - arrived)


def source(
    env: simpy.Environment, chance: random.Random, rate: float, mean: float, latencies: list[float]
) -> Generator[simpy.Event, object, None]:
    """Poisson arrivals for ever."""
    server = simpy.Resource(env, capacity=1)
    while True:
        yield env.timeout(chance.expovariate(rate))
        env.process(customer(env, server, chance, mean, latencies))


def play(rate: float, mean: float, duration: float, seed: int) -> list[float]:
    """The latencies, in seconds, of all requests served before `duration`."""
    env = simpy.Environment()
    latencies: list[float] = []
    env.process(source(env, random.Random(seed), rate, mean, latencies))
    env.run(until=duration)
    return latencies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=80.0, help="arrivals per second")
    parser.add_argument("--mean", type=float, default=0.010, help="mean service time, seconds")
    parser.add_argument("--duration", type=float, default=1200.0, help="simulated seconds")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    latencies = play(options.rate, options.mean, options.duration, options.seed)
    mean = sum(latencies) / len(latencies) if latencies else None
    print(json.dumps({"requests": len(latencies), "latency_mean": mean}))


if __name__ == "__main__":
    main()
