from __future__ import annotations

import re
from pathlib import Path

from tests.language.building import SHOP, read

TEXT = (
    SHOP
    + """
policies:
  careful:
    timeout: 1s
    retry:
      max_retries: 3
    breaker: {preset: document_v2, max_failures: 4}
calls:
  default: careful
  "shop -> bank":
    timeout: 2s
"""
)


def lines_of(text: str, edge: str) -> dict[str, str]:
    """The lines under one edge: key to where it came from."""
    found: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        if not line.startswith(" "):
            inside = line == edge
        elif inside and (match := re.match(r"\s+(\S+): (.*?)\s+# (?:.*/)?(.+)$", line)):
            found[f"{match[1]}={match[2]}"] = match[3]
    return found


def test_every_key_comes_with_the_line_that_wrote_it(tmp_path: Path) -> None:
    written = TEXT.splitlines()
    line = {text.strip(): f"shop.yaml:{number}" for number, text in enumerate(written, 1)}
    found = lines_of(read(tmp_path, TEXT).resolved, "shop -> bank.charge")
    assert found["value=2s"] == line["timeout: 2s"]
    assert found["max_retries=3"] == line["max_retries: 3"]
    assert found["max_failures=4"] == line["breaker: {preset: document_v2, max_failures: 4}"]
    assert found["half_open.opens_after=4"] == "preset document_v2"
    assert found["half_open.permits=unlimited"] == "preset document_v2"
    assert found["open_for=30s"] == "default"
    assert found["cancel=never"] == "default"


def test_other_edges_keep_what_is_less_specific(tmp_path: Path) -> None:
    found = lines_of(read(tmp_path, TEXT).resolved, "shop -> stock.take")
    assert "value=1s" in found


def test_an_undo_with_policies_of_its_own_is_told_apart(tmp_path: Path) -> None:
    text = TEXT.replace("undo: stock.give", "undo: {call: stock.give, timeout: 7s}")
    resolved = read(tmp_path, text).resolved
    assert "value=7s" in lines_of(resolved, "shop -> stock.give (an undo with policies of its own)")
    assert "value=1s" in lines_of(resolved, "shop -> stock.give")


def test_variants_with_the_same_policies_are_told_once(tmp_path: Path) -> None:
    text = TEXT + "variants: {a: {}, b: {services.bank.workers: 9}, c: {policies.careful.timeout: 9s}}\n"
    resolved = read(tmp_path, text).resolved
    assert [line for line in resolved.splitlines() if line.startswith("#")] == ["# variant a, b", "# variant c"]


def test_an_override_is_named_as_the_origin(tmp_path: Path) -> None:
    resolved = read(tmp_path, TEXT, "policies.careful.retry.max_retries=9").resolved
    assert re.search(r"max_retries: 9 +# --set:1", resolved)


def test_every_time_has_its_unit_whoever_says_it(tmp_path: Path) -> None:
    text = SHOP + "calls: {default: {retry: {preset: resilience4j}, adaptive_limit: {kind: envoy}}}\n"
    found = lines_of(read(tmp_path, text).resolved, "shop -> bank.charge")
    assert {"backoff.rounded_down_to=1ms", "backoff.min=0s", "backoff.base=500ms"} <= found.keys()
    assert {"update_interval=100ms", "min_rtt_interval=1m", "jitter=0.15"} <= found.keys()
    text = SHOP + "calls: {default: {adaptive_limit: {kind: aimd}, bulkhead: {}}}\n"
    found = lines_of(read(tmp_path, text).resolved, "shop -> bank.charge")
    assert {"timeout=5s", "max_wait=0s", "limit=25"} <= found.keys()


def test_a_window_of_calls_is_no_time(tmp_path: Path) -> None:
    text = SHOP + "calls: {default: {breaker: {preset: resilience4j}}}\n"
    found = lines_of(read(tmp_path, text).resolved, "shop -> bank.charge")
    assert {"window.size=100", "slow_call.longer_than=1m", "slow_call.rate=1.0"} <= found.keys()
    timed = text.replace("resilience4j}", "resilience4j, window: {type: time}}")
    assert "window.size=100s" in lines_of(read(tmp_path, timed).resolved, "shop -> bank.charge")
