"""Queues whose number of servers changes: in the end they are what they would be had it always been so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.theory.agreement import agree, replications

QUEUES = """
services:
  shop:
    workers: 1
    replicas: 2
    balancing: random
    operations: {buy: {work: {dist: exponential, mean: 100ms}}}
workload:
  - {call: shop.buy, arrivals: {process: poisson, rate: 12/s}}
changes:
  - {name: more, at: 200s, set: {services.shop.replicas: 3}}
phases:
  settled: {from: 230s, to: 1000s}
run: {duration: 1000s, warmup: 20s, drain: 0s, record: summary}
"""
"""Random balancing splits Poisson arrivals: each replica is an M/M/1 with its share of them."""


@pytest.mark.parametrize(("size", "number"), [(3, 10), (4, 10)])
def test_replicas_that_came_later_serve_as_those_that_were_always_there(tmp_path: Path, size: int, number: int) -> None:
    more = f"changes.more.set={{services.shop.replicas: {size}}}"
    runs = replications(tmp_path, QUEUES, more, number=number)
    mean = 1 / (10 - 12 / size)
    assert agree([run.figure("buy", "latency_mean", "during:settled") for run in runs], mean, precision=0.06)
    assert agree(
        [run.figure("service:shop", "utilization", "during:settled") for run in runs], 1.2 / size, precision=0.06
    )
