"""What an experiment does not use costs it nothing: a request that makes one call, beside services that it never meets.

Each line adds to the model of `benchmarks.policies` one construct of the world, at services that nobody asks, and gives
the processor time over that of the model alone, taken right beside it in the same process. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from statistics import median

from benchmarks import policies

LIMIT = 1.03
"""No more than this may the median line cost."""

IDLE = "services: {{idle: {{workers: 8{more}, operations: {{rest: {work}}}}}}}"
PLAIN = "{work: 1ms}"
BROKER = "\nbrokers: {{bus: {}}}\ntopics: {{news: {{broker: bus, subscribers: [idle.rest]}}}}"


def _idle(more: str = "", work: str = PLAIN, rest: str = "") -> str:
    return IDLE.format(more=f", {more}" if more else "", work=work) + rest


UNUSED: Mapping[str, str] = {
    "cores": _idle("cores: 4", "{work: {cpu: 1ms, io: 1ms}}"),
    "pools": _idle("pools: {db: {size: 4}}", "{steps: [{with: {pool: db, steps: [{work: 1ms}]}}]}"),
    "priorities": _idle("queue: {discipline: priority, preemptive: true}"),
    "processor sharing": _idle("queue: {discipline: ps}"),
    "keys and caches": _idle(
        "",
        "{key: item, steps: [{cached: {name: c, ttl: 1s, single_flight: true, steps: [{work: 1ms}]}}]}",
        "\nkeys: {item: {dist: zipf, n: 1000, s: 0.9}}",
    ),
    "zones": _idle("replicas: {a: 2, b: 2}", PLAIN, '\nnetwork: {"zone:a -> zone:b": {latency: 1ms}}'),
    "bandwidth": _idle("", PLAIN, '\nnetwork: {"idle -> back": {latency: 1ms, bandwidth: 1Gbit/s}}'),
    "changes": _idle("replicas: 2", PLAIN, "\nchanges: [{name: more, at: 1s, set: {services.idle.replicas: 3}}]"),
    "autoscaling": _idle("autoscale: {max: 9, metric: utilization, target: 50%}"),
    "a queue": _idle("", PLAIN, BROKER.format("{preset: rabbitmq, queue_type: quorum}")),
    "a log": _idle("", PLAIN, BROKER.format("{preset: kafka}")),
    "transactions": _idle(
        "",
        "{steps: [{transaction: {work: 1ms, publish: news, mode: outbox}}]}",
        "\nbrokers: {bus: {preset: sqs}}\ntopics: {news: {broker: bus}}",
    ),
    "faults at random": _idle("", PLAIN, "\nfaults: [{kind: crash, target: idle, mtbf: 10s, mttr: 1s}]"),
}
"""What each line adds to the file."""


def ratios(rounds: int, requests: int) -> dict[str, list[float]]:
    """For each construct its ratio in each round."""
    bare = policies.scenario(policies.BARE, requests)
    models = {name: policies.scenario(policies.BARE, requests, more) for name, more in UNUSED.items()}
    return policies.beside(bare, models, rounds)[0]


def table(found: Mapping[str, list[float]]) -> list[str]:
    """The lines to print."""
    lines = ["what is written and not used costs: a request with one call, over the same without it", ""]
    lines += [
        f"UNUSED {name:<22} {median(values):>5.3f} (from {min(values):.3f} to {max(values):.3f})"
        for name, values in found.items()
    ]
    middle = median(median(values) for values in found.values())
    held = "holds" if middle <= LIMIT else "DOES NOT HOLD"
    return [
        *lines,
        "",
        f"what is not used costs at most {LIMIT - 1:.0%} (median of the lines {middle - 1:+.1%}): {held}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="a figure is the median over them")
    parser.add_argument("--requests", type=int, default=10_000, help="requests of one run")
    options = parser.parse_args()
    print(json.dumps({"ratios": ratios(options.rounds, options.requests)}))


if __name__ == "__main__":
    main()
