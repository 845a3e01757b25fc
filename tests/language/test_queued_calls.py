"""Calls over queues, as a file writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.scenario import Edge
from tests.language.building import problems, read, scenario

SHOP = """
services:
  shop: {workers: 2, operations: {buy: {steps: [{call: bank.charge, undo: bank.refund}]}}}
  bank: {workers: 2, operations: {charge: {work: 2ms}, refund: {work: 2ms}}}
brokers: {bus: {preset: durable_queue}, spare: {preset: durable_queue}}
policies: {slow: {timeout: 5s, via: spare}}
workload: [{call: shop.buy, arrivals: {process: poisson, rate: 1/s}}]
run: {duration: 1m}
calls:
  default: {timeout: 1s}
"""


def via(folder: Path, *entries: str) -> dict[str, str | None]:
    text = SHOP + "".join(f"  {entry}\n" for entry in entries)
    return {str(edge): policies.via for edge, policies in scenario(folder, text).edges.items()}


CHARGE, REFUND, BUY = "shop -> bank.charge", "shop -> bank.refund", "client -> shop.buy"


def test_calls_are_direct_unless_an_edge_says_via(tmp_path: Path) -> None:
    assert via(tmp_path) == {BUY: None, CHARGE: None, REFUND: None}
    assert via(tmp_path, "shop -> bank: {via: bus}") == {BUY: None, CHARGE: "bus", REFUND: "bus"}


def test_via_is_merged_replaced_and_taken_away_like_any_key(tmp_path: Path) -> None:
    found = via(tmp_path, "'* -> bank': {via: bus}", "shop -> bank.refund: {via: none}", "shop -> bank.charge: slow")
    assert found == {BUY: None, CHARGE: "spare", REFUND: None}


def test_a_stack_leaves_the_way_as_it_was(tmp_path: Path) -> None:
    found = via(tmp_path, "shop -> bank: {via: bus}", "shop -> bank.charge: {stack: [{timeout: 1s}]}")
    assert found[CHARGE] == "bus"


def test_an_undo_may_have_a_way_of_its_own(tmp_path: Path) -> None:
    text = SHOP.replace("undo: bank.refund", "undo: {call: bank.refund, via: bus}")
    found = scenario(tmp_path, text)
    assert [policies.via for policies in found.undo_edges.values()] == ["bus"]
    assert found.edges[Edge("shop", "bank", "refund")].via is None


def test_the_resolved_edge_says_where_its_way_comes_from(tmp_path: Path) -> None:
    lines = read(tmp_path, SHOP + "  shop -> bank: {via: bus}\n").resolved.splitlines()
    assert any("via: bus" in line and "shop.yaml:11" in line for line in lines)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("shop -> bank: {via: buss}", "there is no broker 'buss'; did you mean 'bus'?"),
        ("shop -> bank: {via: bus, cancel: always}", "a request in a queue cannot be called back"),
        ("shop -> bank: {via: bus, cancel: queued}", "write never or at_dequeue"),
        ("shop -> bank: {via: bus, breaker: {preset: strict, scope: callee}}", "breaker: with 'via' the broker picks"),
        (
            "shop -> bank: {via: bus, retry: {max_retries: 2, "
            "budget: {kind: grpc, max_tokens: 10, token_ratio: 0.1, scope: callee}}}",
            "retry: with 'via' the broker picks",
        ),
        ("shop -> bank: {via: bus, outlier: {preset: envoy}}", "there is nobody to eject"),
    ],
)
def test_what_does_not_go_with_a_queue_is_said(tmp_path: Path, entry: str, said: str) -> None:
    found = problems(tmp_path, f"{SHOP}  {entry}\n")
    assert found
    assert all(said in one for one in found)
    assert found[0].startswith("11:")


def test_a_path_goes_straight_to_its_gateway(tmp_path: Path) -> None:
    text = SHOP.replace("call: shop.buy, arr", "name: buy, path: /buy, arr").replace(
        "run:", "routes: {buy: {on: shop, prefix: /buy, to: shop.buy}}\nrun:"
    )
    found = problems(tmp_path, text + "  client -> shop: {via: bus}\n")
    assert found
    assert all("a path goes straight to its gateway" in one for one in found)


def test_waiting_for_ever_for_what_can_be_lost_is_worth_a_warning(tmp_path: Path) -> None:
    def said(entry: str) -> list[str]:
        return [
            warning.message for warning in read(tmp_path, f"{SHOP}  {entry}\n").warnings if "lost" in warning.message
        ]

    assert said("shop -> bank: {via: bus}") == []
    assert said("shop -> bank: {via: bus, timeout: none}") == [
        "a request or an answer that is lost is waited for for ever: write a timeout"
    ]
