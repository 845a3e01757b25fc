"""What each policy costs: a request that makes one call with the policy, over the same request without any.

The model is two services, one call per request, in which the policy never strikes: what is measured is what everybody
pays who has it. Each measurement stands beside one of the bare call, in the same process, so that a slow minute slows
both; a figure is the median over the rounds. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from experiments.language import load
from simulator.run import Measure, run_once
from simulator.spec.scenario import Scenario

RATE = 500
"""Arrivals per second of the model: five calls in flight, on average."""
LIMIT = 2.0
"""No more than this may `STACK` cost."""
STACK = "stack resilience4j"

BARE = "{cancel: never}"
POLICIES: Mapping[str, str] = {
    "fallback": "{fallback: {value: true}}",
    "cache (a miss)": "{cache: {ttl: 0.001us}}",
    "deadline": "{deadline: 30s}",
    "deadline, propagated": "{deadline: {total: 30s, propagate: true}}",
    "retry": "{retry: {preset: resilience4j}}",
    "retry, with a budget": "{retry: {preset: aws}}",
    "hedge": "{hedge: {preset: polly}}",
    "throttle": "{throttle: {preset: google_sre}}",
    "breaker, strict": "{breaker: {preset: strict}}",
    "breaker, count window": "{breaker: {preset: resilience4j}}",
    "breaker, time window": "{breaker: {preset: polly}}",
    "breaker, per callee": "{breaker: {preset: strict, scope: callee}}",
    "rate_limit": "{rate_limit: {limit: 100000}}",
    "adaptive_limit": "{adaptive_limit: {kind: gradient2, min: 200, initial: 200}}",
    "bulkhead": "{bulkhead: {limit: 200}}",
    "outlier": "{outlier: {preset: envoy}}",
    "timeout": "{timeout: 1s}",
    STACK: "{stack: resilience4j}",
    "stack polly_standard": "{stack: polly_standard}",
    "stack polly_hedging": "{stack: polly_hedging}",
    "stack envoy": "{stack: envoy}",
}
"""The entry of `calls` for each line that is printed."""

MODEL = """
services:
  front: {workers: 1000, operations: {serve: {steps: [{call: back.serve}]}}}
  back: {workers: 1000, operations: {serve: {work: {dist: exponential, mean: 10ms}}}}
calls: {front -> back: CALL}
workload: [{call: front.serve, arrivals: {process: poisson, rate: RATE/s}}]
run: {duration: SECONDSs, record: summary}
"""


def scenario(call: str, requests: int, more: str = "") -> Scenario:
    """The model with the policies `call`, for about so many requests; `more` is the text of a file that it includes."""
    text = MODEL.replace("CALL", call).replace("RATE", str(RATE)).replace("SECONDS", f"{requests / RATE:g}")
    with tempfile.TemporaryDirectory(prefix="callsim-bench-") as folder:
        file = Path(folder) / "policy.yaml"
        if more:
            file.with_name("more.yaml").write_text(more, encoding="utf-8")
            text += "include: [more.yaml]\n"
        file.write_text(text, encoding="utf-8")
        (only,) = load(file).scenarios()
    return only


def seconds(played: Scenario) -> float:
    """Processor seconds of one replication."""
    gc.collect()
    began = time.process_time()
    run_once(played, 0, measure=Measure())
    return time.process_time() - began


def ratios(rounds: int, requests: int) -> tuple[dict[str, list[float]], list[float]]:
    """For each policy its ratio in each round, and the seconds per request of every bare run."""
    bare = scenario(BARE, requests)
    models = {name: scenario(call, requests) for name, call in POLICIES.items()}
    found, bares = beside(bare, models, rounds)
    return found, [one / requests for one in bares]


def beside(bare: Scenario, models: Mapping[str, Scenario], rounds: int) -> tuple[dict[str, list[float]], list[float]]:
    """The processor time of each model over that of the bare one, run right before it, in each round; and the seconds
    of every bare run."""
    found: dict[str, list[float]] = {name: [] for name in models}
    seconds(bare)  # the first run imports and warms up
    bares = []
    for number in range(rounds):
        for name in list(models)[:: 1 if number % 2 else -1]:
            neighbour = seconds(bare)
            found[name].append(seconds(models[name]) / neighbour)
            bares.append(neighbour)
    return found, bares


def table(found: Mapping[str, list[float]], bare: float) -> list[str]:
    """The lines to print.

    Args:
        found: the ratios of each policy.
        bare: seconds of one request without any.
    """
    lines = [f"what a policy costs: a request with one call, over the same without any ({1e6 * bare:.1f} us)", ""]
    for name, values in found.items():
        middle = median(values)
        extra = 1e6 * bare * (middle - 1)
        lines.append(f"POLICY {name:<22} {middle:>5.2f} (from {min(values):.2f} to {max(values):.2f}; {extra:+.1f} us)")
    held = "holds" if median(found[STACK]) <= LIMIT else "DOES NOT HOLD"
    return [*lines, "", f"the whole {STACK} costs at most {LIMIT:g} times the bare call: {held}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="a figure is the median over them")
    parser.add_argument("--requests", type=int, default=10_000, help="requests of one run")
    options = parser.parse_args()
    found, bares = ratios(options.rounds, options.requests)
    print(json.dumps({"ratios": found, "bare": median(bares)}))


if __name__ == "__main__":
    main()
