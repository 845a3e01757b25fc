"""The yardstick: the same M/M/1 in Ciw, the fastest of the Python peers, as its own guide writes it.

Prints one line of JSON: the requests served and their mean time in the system.
"""

from __future__ import annotations

import argparse
import json

import ciw


def play(rate: float, mean: float, duration: float, seed: int) -> list[float]:
    """The latencies, in seconds, of all requests served before `duration`."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=rate)],
        service_distributions=[ciw.dists.Exponential(rate=1 / mean)],
        number_of_servers=[1],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(duration)
    return [record.exit_date - record.arrival_date for record in simulation.get_all_records()]


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
