"""What belongs to the language and is not built yet is refused by its own name, where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import problems

BASE = """
services:
  shop:
    workers: 2
    operations:
      buy: {steps: [{work: 1ms}, {publish: sold}]}
      mail: {work: 1ms}
brokers: {queue: {preset: durable_queue}}
topics: {sold: {broker: queue, subscribers: [{operation: shop.mail}]}}
workload: [{call: shop.buy, arrivals: {process: poisson, rate: 10/s}}]
run: {duration: 1m}
"""
CASES = {
    "warm-up found by itself": ("run.warmup", "auto", "auto"),
    "replications until it is sure": (
        "run.replications",
        "{until: {metric: throughput, operation: buy, half_width: 1%}, max: 100}",
        "replications: {until}",
    ),
}


@pytest.mark.parametrize(("path", "value", "name"), CASES.values(), ids=list(CASES))
def test_what_is_not_built_yet_is_refused_by_its_name(tmp_path: Path, path: str, value: str, name: str) -> None:
    found = problems(tmp_path, BASE, f"{path}={value}")
    assert [line for line in found if f"not available yet: {name}" in line], found


def test_without_it_the_file_is_valid(tmp_path: Path) -> None:
    assert problems(tmp_path, BASE) == []
