"""Breakers as files write them: entries over each other, presets below, and where a key came from."""

from __future__ import annotations

from pathlib import Path

from tests.language.building import SHOP, read
from tests.language.test_resolved import lines_of

TEXT = (
    SHOP
    + """
calls:
  default: {breaker: {preset: resilience4j, window: {size: 50}, half_open: {permits: 4}}}
  shop -> bank: {breaker: {window: {type: time, size: 20s}}}
  shop -> stock: {breaker: {half_open: {permits: unlimited, counted: at_once, results: 5}}}
"""
)


def test_a_window_of_another_type_leaves_nothing_of_the_less_specific_one(tmp_path: Path) -> None:
    found = lines_of(read(tmp_path, TEXT).resolved, "shop -> bank.charge")
    assert {"window.type=time", "window.size=20s"} <= found.keys()
    assert found["window.bucket=1s"] == found["window.anchor=clock"] == "preset resilience4j"
    assert found["half_open.permits=4"].startswith("shop.yaml:")


def test_a_file_may_let_any_number_of_probes_through(tmp_path: Path) -> None:
    found = lines_of(read(tmp_path, TEXT).resolved, "shop -> stock.take")
    assert {"half_open.permits=unlimited", "window.size=50", "half_open.verdict=rate"} <= found.keys()
