"""A gateway's routes: the longest prefix, any prefix as in the document, versions by share, 404."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

ROUTES = """
services:
  gateway: {workers: 64, operations: {ping: {work: 1ms}}}
  old: {workers: 64, operations: {run: {work: 10ms, effect: true}}}
  new: {workers: 64, operations: {run: {work: 30ms, effect: true}}}
routes:
  whole: {on: gateway, prefix: /api, to: old.run}
  orders: {on: gateway, prefix: /api/orders, to: new.run}
workload: [{name: orders, path: /api/orders/1, arrivals: {process: constant, rate: 20/s}}]
run: {duration: 100.04s}
"""


def shares(played: Played) -> tuple[float, float]:
    """What the old and the new version got of all requests."""
    seconds = [row.latency for row in played.rows("orders")]
    return seconds.count(0.010) / len(seconds), seconds.count(0.030) / len(seconds)


def test_the_longest_prefix_wins(tmp_path: Path) -> None:
    assert shares(play(tmp_path, ROUTES)) == (0.0, 1.0)


def test_as_in_the_document_any_matching_prefix_may_win(tmp_path: Path) -> None:
    old, new = shares(play(tmp_path, ROUTES, "routes.orders.match=any"))
    assert old + new == 1.0
    assert old == pytest.approx(0.5, abs=5 * 0.5 / 2000**0.5)  # five standard deviations of 2000 fair coins


def test_a_split_sends_shares_to_versions(tmp_path: Path) -> None:
    split = "routes.orders={to: none, split: {v1: {to: old.run, share: 90%}, v2: {to: new.run, share: 10%}}}"
    played = play(tmp_path, ROUTES, split)
    old, new = shares(played)
    assert old + new == 1.0
    assert new == pytest.approx(0.1, abs=5 * 0.3 / 2000**0.5)
    assert {row.state for row in played.rows()} == {"done"}  # expected are the effects of the version taken


def test_each_branch_is_a_result_row(tmp_path: Path) -> None:
    split = "routes.orders={to: none, split: {v1: {to: old.run, share: 90%}, v2: {to: new.run, share: 10%}}}"
    played = play(tmp_path, ROUTES, split)
    rates = [played.figure(f"route:orders/{branch}", "throughput") for branch in ("v1", "v2")]
    assert sum(rates) * 100.04 == pytest.approx(2000, abs=1)
    assert played.figure("route:orders/v1", "latency_mean") == pytest.approx(0.010)
    assert played.figure("route:orders/v2", "latency_p99") == pytest.approx(0.030)
    assert played.figure("route:orders/v2", "error_rate") == 0.0


def test_a_failing_version_shows_in_its_row_alone(tmp_path: Path) -> None:
    split = "routes.orders={to: none, split: {v1: {to: old.run, share: 50%}, v2: {to: new.run, share: 50%}}}"
    played = play(tmp_path, ROUTES, split, "services.new.operations.run.server_errors=100%")
    assert played.figure("route:orders/v1", "error_rate") == 0.0
    assert played.figure("route:orders/v2", "error_rate") == 1.0
    assert 0.4 < played.figure("orders", "error_rate") < 0.6


def test_a_prefix_is_a_prefix(tmp_path: Path) -> None:
    played = play(tmp_path, ROUTES, "workload.orders.path=/api/products")
    assert shares(played) == (1.0, 0.0)
    nowhere = play(tmp_path, ROUTES, "workload.orders.path=/other")
    assert {(row.outcome, row.reason) for row in nowhere.rows()} == {("client_error", "no_route")}


def test_policies_of_the_gateways_calls_apply(tmp_path: Path) -> None:
    failing = "services.new.operations.run.server_errors=100%"
    retry = 'calls."gateway -> new"={retry: {max_retries: 2}}'
    played = play(tmp_path, ROUTES, failing, retry, "run.duration=0.14s")
    assert [row.retries for row in played.rows()] == [2, 2]
