"""Mutations of policies: each differs from what a real library was recorded to do."""

from __future__ import annotations

from typing import Any

from simulator.policies.backoff import Waits
from simulator.policies.breaker import Breaker
from simulator.policies.breaker_probes import Probes
from simulator.policies.breaker_windows import LastResults, Run
from simulator.policies.rate_limit import Spaced
from simulator.spec.policies import RetrySpec
from tests.mutations.catching import vector
from tests.mutations.changing import Mutation, replacing


def _one_failure_late(_: Any) -> Any:
    def failed(run: Run, now: float, seconds: float) -> bool:
        run.failures += 1
        return run.failures > run._size

    return failed


def _one_probe_more(original: Any) -> Any:
    def take(probes: Probes) -> bool:
        if original(probes):
            return True
        if probes.out > 1:
            return False
        probes._taken += 1
        probes.out += 1
        return True

    return take


def _late_results_count(original: Any) -> Any:
    def record(breaker: Breaker, permit: Any, outcome: Any, now: float, seconds: float = 0.0) -> None:
        original(breaker, breaker._permit, outcome, now, seconds)

    return record


def _nothing_is_forgotten(_: Any) -> Any:
    def add(results: LastResults, now: float, failed: bool, slow: bool) -> None:
        results.totals.add(failed, slow)

    return add


def _one_retry_more(original: Any) -> Any:
    return property(lambda spec: original.fget(spec) + 1)


def _grows_at_once(original: Any) -> Any:
    def following(waits: Waits, luck: float, base: float | None = None) -> Any:
        if waits._retry == 0:
            waits._retry = 1
        return original(waits, luck, base)

    return following


def _one_more_at_once(original: Any) -> Any:
    def init(limiter: Spaced, limit: int, period: float, at_once: int, patience: Any) -> None:
        original(limiter, limit, period, at_once + 1, patience)

    return init


MUTATIONS = [
    Mutation(
        "a breaker opens one failure late",
        replacing(Run, "failed", _one_failure_late),
        vector("pyb-default"),
        "allowed, closed; recorded: allowed, open",
    ),
    Mutation(
        "a half-open breaker admits two",
        replacing(Probes, "take", _one_probe_more),
        vector("polly-single-probe"),
        "allowed, closed; recorded: rejected, half_open",
    ),
    Mutation(
        "a breaker takes late results for those of the present state",
        replacing(Breaker, "record", _late_results_count),
        vector("aio-half-open-unlimited"),
        "None, closed; recorded: None, open",
    ),
    Mutation(
        "a breaker's window forgets nothing",
        replacing(LastResults, "add", _nothing_is_forgotten),
        vector("r4j-count-evicts-oldest"),
        "allowed, closed; recorded: allowed, open",
    ),
    Mutation(
        "a retry too many",
        replacing(RetrySpec, "retries", _one_retry_more),
        vector("rt-r4j-default"),
        "[0.0, 0.5, 1.0, 1.5] == [0, 0.5, 1.0]",
    ),
    Mutation(
        "the first wait before a retry is already doubled",
        replacing(Waits, "next", _grows_at_once),
        vector("bo-tenacity-exp"),
        "assert [2.0, 4.0, 8",
    ),
    Mutation(
        "a rate limiter lets one more through at once",
        replacing(Spaced, "__init__", _one_more_at_once),
        vector("rl-gcra"),
        "] == []",
    ),
]
