"""A gateway's routes: the longest prefix, any prefix as in the document, versions by share, 404."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import read
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


SPLIT = "routes.orders={to: none, split: {v1: {to: old.run, share: 90%}, v2: {to: new.run, share: 10%}}}"


def test_every_outcome_of_a_branch_is_a_figure(tmp_path: Path) -> None:
    played = play(
        tmp_path,
        ROUTES,
        SPLIT,
        "services.new.operations.run.server_errors=40%",
        "services.new.operations.run.client_errors=50%",
        'calls={"gateway -> old": {timeout: 5ms}}',
    )
    old, new = ("route:orders/v1", "route:orders/v2")
    assert played.figure(old, "timeout_rate") == played.figure(old, "error_rate") == 1.0
    assert played.figure(old, "answer_latency_mean") == pytest.approx(0.005)
    assert played.figure(new, "error_rate") == played.figure(new, "server_error_rate") > 0
    assert played.figure(new, "client_error_rate") == pytest.approx(0.5, abs=5 * 0.5 / 150**0.5)
    outcomes = ("client_error", "server_error", "timeout", "unreachable", "rejected", "cancelled")
    ok = 1 - sum(played.figure(new, f"{outcome}_rate") for outcome in outcomes)
    assert ok == pytest.approx(0.3, abs=5 * 0.46 / 150**0.5)


def test_the_windows_of_a_branch_add_up_to_its_requests(tmp_path: Path) -> None:
    played = play(tmp_path, ROUTES, SPLIT, "services.new.operations.run.server_errors=40%", "run.window=10s")
    seconds = [10.0] * 10 + [0.04]
    for branch, latency in (("v1", 0.010), ("v2", 0.030)):
        name = f"route:orders/{branch}"
        rates = list(played.timeline(name, "throughput").values())
        counts = [rate * length for rate, length in zip(rates, seconds, strict=True)]
        assert sum(counts) == pytest.approx(played.count(name), abs=1e-6)
        assert played.timeline(name, "latency_mean")[20.0] == pytest.approx(latency)
        assert played.timeline(name, "latency_sd")[20.0] == pytest.approx(0.0, abs=1e-9)
        errors = list(played.timeline(name, "error_rate").values())
        failed = sum(share * count for share, count in zip(errors, counts, strict=True) if count)
        assert failed / sum(counts) == pytest.approx(played.figure(name, "error_rate"), abs=2e-3)


TWO = """
services:
  public: {workers: 64, operations: {ping: {work: 1ms}}}
  internal: {workers: 64, operations: {ping: {work: 1ms}}}
  old: {workers: 64, operations: {run: {work: 10ms}}}
  new: {workers: 64, operations: {run: {work: 30ms}}}
routes:
  inside: {on: internal, prefix: /api/orders, to: new.run}
  outside: {on: public, prefix: /api, to: old.run, match: any}
workload:
  - {name: far, path: /api/products, arrivals: {process: constant, rate: 20/s}}
  - {name: near, path: /api/orders/1, arrivals: {process: constant, rate: 10/s}}
  - {name: lost, path: /elsewhere, arrivals: {process: constant, rate: 5/s}}
run: {duration: 10.04s}
"""


def test_a_path_goes_to_the_gateway_that_has_the_longest_prefix(tmp_path: Path) -> None:
    played = play(tmp_path, TWO)
    assert {row.latency for row in played.rows("far")} == {0.010}
    assert {row.latency for row in played.rows("near")} == {0.030}
    assert {row.outcome for row in played.rows("lost")} == {"client_error"}
    calls = {name: played.count(f"call:client->{name}") for name in ("public", "internal")}
    assert calls == {"public": 200, "internal": 150}  # a path without a route goes to the first route's gateway
    assert played.count("call:internal->new") == 100


def warnings(folder: Path, *overrides: str) -> list[str]:
    return [entry.message for entry in read(folder, ROUTES, *overrides).warnings]


def test_a_path_that_matches_within_a_segment_is_pointed_out(tmp_path: Path) -> None:
    assert warnings(tmp_path) == []
    assert warnings(tmp_path, "workload.orders.path=/api/orders") == []
    (within,) = warnings(tmp_path, "workload.orders.path=/api/ordersearch")
    assert within.startswith("matches the prefix /api/orders within a segment")
    assert shares(play(tmp_path, ROUTES, "workload.orders.path=/api/ordersearch")) == (0.0, 1.0)
    (nowhere,) = warnings(tmp_path, "workload.orders.path=/other")
    assert nowhere.startswith("no route's prefix matches")


def test_a_route_that_is_never_taken_is_pointed_out(tmp_path: Path) -> None:
    (hidden,) = warnings(tmp_path, "routes.whole.prefix=/api/orders")
    assert hidden == "the route orders has the same prefix and comes first: this one is never taken"
    assert warnings(tmp_path, "routes.whole={prefix: /api/orders, match: any}") == []
