"""Whose state a call meets when several callers, operations or policies share a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

FILE = """
name: sharing
services:
  one: {workers: 100, operations: {serve: {steps: [{call: bank.good}]}, risk: {steps: [{call: bank.bad}]}}}
  two: {workers: 100, operations: {serve: {steps: [{call: bank.good}]}}}
  bank: {workers: 100, replicas: 2, operations: {good: {work: 10ms}, bad: {work: 10ms, server_errors: 100%%}}}
calls:
%s
workload:
  - {call: one.serve, name: first, arrivals: {process: constant, rate: 20/s}}
  - {call: one.risk, name: risky, arrivals: {process: poisson, rate: 20/s}}
  - {call: two.serve, name: second, arrivals: {process: constant, rate: 20/s}}
run: {duration: 100s, replications: 1}
"""


def test_a_retry_outside_a_handed_down_deadline_begins_with_its_own_time_again(tmp_path: Path) -> None:
    stack = "{retry: {max_retries: 2, retry_on: [timeout]}}, {deadline: {total: 5ms, propagate: true}}"
    played = play(tmp_path, FILE % f'  "two -> bank": {{stack: [{stack}]}}')
    assert played.figure("second", "retries") == 2.0
    assert played.figure("second", "answer_latency_mean") == pytest.approx(0.015)


def test_every_edge_sees_the_breakers_of_the_called_replicas(tmp_path: Path) -> None:
    """The risky operation opens both breakers in the first second; every edge is refused from then on."""
    breaker = '  "* -> bank": {breaker: {max_failures: 1, open_for: 1h, scope: callee}}'
    played = play(tmp_path, FILE % breaker)
    assert played.figure("second", "error_rate") > 0.98
    for edge in ("call:one->bank", "call:two->bank"):
        assert played.figure(edge, "breaker_opens") == 2.0
        assert played.figure(edge, "breaker_open_share") > 0.98


def test_a_serialised_breaker_per_callee_is_a_lock_for_each_replica(tmp_path: Path) -> None:
    breaker = '  "two -> bank": {breaker: {max_failures: 1000, serialised: true, scope: callee}}'
    slow = "services.bank.operations.good.work=75ms"
    played = play(tmp_path, FILE % breaker, slow)
    assert played.figure("second", "throughput") == pytest.approx(20.0, rel=0.01)
    assert played.figure("second", "latency_p99") < 0.2


def test_another_policy_on_one_operation_does_not_split_the_breaker_of_the_service(tmp_path: Path) -> None:
    breaker = '  "one -> bank": {breaker: {max_failures: 1, open_for: 1h}}\n'
    played = play(tmp_path, FILE % (breaker + '  "one -> bank.bad": {retry: {max_retries: 0}}'))
    assert played.figure("first", "error_rate") > 0.9
