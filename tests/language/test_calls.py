"""How entries of `calls` lie over each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.laws import ConstantLaw, ExponentialLaw
from simulator.spec.policies import BackoffSpec, BreakerSpec, RetrySpec
from simulator.spec.scenario import Edge
from simulator.spec.steps import CallStep
from tests.language.building import SHOP, problems, scenario, stack


def timeout(folder: Path, calls: str, caller: str = "shop", operation: str = "bank.charge") -> float | None:
    """The timeout on an edge, None where there is none."""
    for item in stack(scenario(folder, SHOP + calls), caller, operation):
        if item.name == "timeout":
            return item.spec.mean()
    return None


LEVELS = ["default", "* -> bank", "shop -> *", "shop -> bank", "* -> bank.charge", "shop -> bank.charge"]


@pytest.mark.parametrize("more", range(1, 6))
def test_the_more_specific_entry_wins_whatever_the_order(tmp_path: Path, more: int) -> None:
    entries = [f'  "{LEVELS[more]}": {{timeout: 2s}}\n', f'  "{LEVELS[more - 1]}": {{timeout: 1s}}\n']
    assert timeout(tmp_path, "calls:\n" + "".join(entries)) == 2.0
    assert timeout(tmp_path, "calls:\n" + "".join(reversed(entries))) == 2.0


def test_default_is_not_for_the_clients_own_calls(tmp_path: Path) -> None:
    assert timeout(tmp_path, "calls: {default: {timeout: 1s}}\n", "client", "shop.buy") is None
    assert timeout(tmp_path, 'calls: {"client -> shop": {timeout: 1s}}\n', "client", "shop.buy") == 1.0


def test_an_edge_speaks_of_one_direction_only(tmp_path: Path) -> None:
    assert timeout(tmp_path, 'calls: {"shop -> stock": {timeout: 1s}}\n') is None


def test_mappings_merge_key_by_key(tmp_path: Path) -> None:
    calls = """
calls:
  default: {retry: {max_retries: 3, backoff: {kind: fixed, base: 1s, max: 9s}}}
  "shop -> bank": {retry: {backoff: {base: 2s}}}
"""
    (item,) = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert item.spec == RetrySpec(max_retries=3, backoff=BackoffSpec(kind="fixed", base=2.0, max=9.0))


def test_a_mapping_whose_kind_changes_is_replaced_whole(tmp_path: Path) -> None:
    calls = """
calls:
  default: {retry: {max_retries: 3, backoff: {kind: exponential, base: 1s, multiplier: 5}}}
  "shop -> bank": {retry: {backoff: {kind: fixed, base: 2s}}}
"""
    (item,) = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert item.spec == RetrySpec(max_retries=3, backoff=BackoffSpec(kind="fixed", base=2.0))


def test_a_law_of_another_kind_replaces_the_timeout(tmp_path: Path) -> None:
    calls = """
calls:
  default: {timeout: {dist: lognormal, median: 1s, p99: 3s}}
  "shop -> bank": {timeout: {dist: exponential, mean: 2s}}
  "shop -> stock": {timeout: 5s}
"""
    found = scenario(tmp_path, SHOP + calls)
    assert stack(found, "shop", "bank.charge")[0].spec == ExponentialLaw(mean_=2.0)
    assert stack(found, "shop", "stock.take")[0].spec == ConstantLaw(value=5.0)


def test_a_preset_that_changes_takes_its_keys_along(tmp_path: Path) -> None:
    calls = """
calls:
  default: {breaker: {preset: document_v2, max_failures: 9}}
  "shop -> bank": {breaker: {preset: strict}}
"""
    (item,) = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert isinstance(item.spec, BreakerSpec)
    assert (item.spec.max_failures, item.spec.half_open.permits) == (5, 1)


@pytest.mark.parametrize("word", ['"shop -> bank": {timeout: none}', '"shop -> bank": none'])
def test_none_removes_what_is_inherited(tmp_path: Path, word: str) -> None:
    calls = f"calls:\n  default: {{timeout: 1s}}\n  {word}\n"
    assert timeout(tmp_path, calls) is None
    assert timeout(tmp_path, calls, operation="stock.take") == 1.0


def test_none_removes_a_part_of_a_policy(tmp_path: Path) -> None:
    calls = """
calls:
  default: {retry: {max_retries: 3, backoff: {kind: fixed, base: 1s}}}
  "shop -> bank": {retry: {backoff: none}}
"""
    (item,) = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert item.spec == RetrySpec(max_retries=3)


def test_extends_replaces_what_would_be_inherited(tmp_path: Path) -> None:
    calls = """
policies:
  base: {timeout: 4s}
  careful: {extends: base, retry: {max_retries: 1}}
calls:
  default: {timeout: 1s, breaker: {preset: strict}, cancel: always}
  "shop -> bank": {extends: careful}
  "shop -> bank.charge": {retry: {max_retries: 2}}
"""
    found = scenario(tmp_path, SHOP + calls)
    assert [item.name for item in stack(found, "shop", "bank.charge")] == ["retry", "timeout"]
    assert stack(found, "shop", "bank.charge")[0].spec == RetrySpec(max_retries=2)
    assert stack(found, "shop", "bank.charge")[1].spec == ConstantLaw(value=4.0)
    assert found.edges[Edge("shop", "bank", "charge")].cancel == "never"
    assert found.edges[Edge("shop", "stock", "take")].cancel == "always"


def test_own_keys_come_before_those_of_extends(tmp_path: Path) -> None:
    calls = "policies: {p: {timeout: 4s}}\ncalls: {default: {extends: p, timeout: 1s}}\n"
    assert timeout(tmp_path, calls) == 1.0


def test_policies_wrap_in_a_fixed_order(tmp_path: Path) -> None:
    calls = "calls: {default: {timeout: 1s, breaker: {preset: strict}, deadline: 9s, retry: {max_retries: 1}}}\n"
    names = [item.name for item in stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")]
    assert names == ["deadline", "retry", "breaker", "timeout"]


def test_a_stack_has_its_own_order_and_may_repeat_a_policy(tmp_path: Path) -> None:
    calls = """
calls:
  default: {timeout: 9s}
  "shop -> bank": {stack: [{timeout: 5s}, {breaker: {preset: strict}}, {retry: {max_retries: 1}}, {timeout: 1s}]}
"""
    items = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert [item.name for item in items] == ["timeout", "breaker", "retry", "timeout"]
    assert [items[0].spec.mean(), items[3].spec.mean()] == [5.0, 1.0]


def test_a_more_specific_key_lies_over_the_stacks_policy(tmp_path: Path) -> None:
    calls = """
calls:
  "shop -> bank": {stack: [{breaker: {preset: strict}}, {retry: {max_retries: 1}}]}
  "shop -> bank.charge": {retry: {max_retries: 4}}
"""
    items = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert items[1].spec == RetrySpec(max_retries=4)


def test_a_key_that_a_stack_cannot_place_is_refused(tmp_path: Path) -> None:
    calls = 'calls:\n  "shop -> bank": {timeout: 1s, stack: [{retry: {max_retries: 1}}]}\n'
    (only,) = problems(tmp_path, SHOP + calls)
    assert "the stack has 0 policies 'timeout'" in only


def test_one_edge_written_twice_is_refused(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, SHOP + 'calls:\n  "shop -> bank": {timeout: 1s}\n  "shop->bank": {timeout: 2s}\n')
    assert "the same edge" in only


def test_every_real_edge_has_policies_and_no_other(tmp_path: Path) -> None:
    edges = [str(edge) for edge in scenario(tmp_path, SHOP).edges]
    assert edges == ["client -> shop.buy", "shop -> bank.charge", "shop -> stock.give", "shop -> stock.take"]


def test_an_undo_with_its_own_policies_lies_over_its_edge(tmp_path: Path) -> None:
    text = SHOP.replace("undo: stock.give", "undo: {call: stock.give, retry: {max_retries: 7}, timeout: none}")
    found = scenario(
        tmp_path, text + "calls: {default: {timeout: 1s, retry: {backoff: {kind: fixed, base: 1s}, max_retries: 1}}}\n"
    )
    step = found.experiment.services["shop"].operations["buy"].steps[0]
    assert isinstance(step, CallStep)
    assert step.undo is not None
    (item,) = found.undo_policies("shop", step.undo).stack
    assert item.spec == RetrySpec(max_retries=7, backoff=BackoffSpec(kind="fixed", base=1.0))


def test_routes_are_edges_of_their_gateway(tmp_path: Path) -> None:
    text = (
        SHOP.replace("call: shop.buy", "name: web, path: /v1")
        + """
routes:
  v1: {on: shop, prefix: /v1, split: {a: {to: bank.charge, share: 90%}, b: {to: stock.take, share: 10%}}}
"""
    )
    edges = scenario(tmp_path, text).edges
    assert Edge("client", "shop", "") in edges
    assert Edge("shop", "bank", "charge") in edges


@pytest.mark.parametrize("pattern", ["* -> *", "a -> *.x", "shop", "-> bank"])
def test_what_is_no_edge_is_refused(tmp_path: Path, pattern: str) -> None:
    (only,) = problems(tmp_path, SHOP + f'calls: {{"{pattern}": {{timeout: 1s}}}}\n')
    assert "'" in only


@pytest.mark.parametrize(
    ("policy", "inherited", "kind", "kept"),
    [
        ("bulkhead", "{limit: 3}", "semaphore", {"limit": 3}),
        ("bulkhead", "{preset: hystrix, queue: 7}", "thread_pool", {"preset": "hystrix", "queue": 7}),
        ("rate_limit", "{limit: 7, period: 2s}", "token_bucket", {"limit": 7, "period": 2.0}),
        ("breaker", "{max_failures: 9}", "consecutive", {"max_failures": 9}),
        ("breaker", "{preset: polly, open_for: 7s}", "window", {"preset": "polly", "open_for": 7.0}),
    ],
)
def test_a_kind_that_holds_anyway_may_be_written_out(
    tmp_path: Path, policy: str, inherited: str, kind: str, kept: dict[str, object]
) -> None:
    calls = f'calls: {{default: {{{policy}: {inherited}}}, "shop -> bank": {{{policy}: {{kind: {kind}}}}}}}\n'
    (item,) = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert {key: getattr(item.spec, key) for key in kept} == kept


def test_the_kind_of_a_presets_own_breaker_is_not_the_default_one(tmp_path: Path) -> None:
    calls = """
calls:
  default: {breaker: {preset: polly, open_for: 7s}}
  "shop -> bank": {breaker: {kind: consecutive}}
"""
    (item,) = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert item.spec == BreakerSpec()


def test_the_type_of_a_window_that_holds_anyway_may_be_written_out(tmp_path: Path) -> None:
    breaker = "{kind: window, minimum_calls: 5, failure_rate: 50%, window: {size: 20}}"
    calls = f'calls: {{default: {{breaker: {breaker}}}, "shop -> bank": {{breaker: {{window: {{type: count}}}}}}}}\n'
    (item,) = stack(scenario(tmp_path, SHOP + calls), "shop", "bank.charge")
    assert item.spec.window.size == 20
