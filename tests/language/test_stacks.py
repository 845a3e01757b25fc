"""Stacks by name: what a name stands for, what is laid over it, and where each key is said to come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.spec.laws import ConstantLaw
from simulator.spec.policies import NAMED_STACKS, BulkheadSpec, CallSpec, EdgePolicies, HedgeSpec, RetrySpec
from simulator.spec.scenario import Edge
from tests.language.building import SHOP, problems, read, scenario

USUAL = {
    "resilience4j": ["retry", "breaker", "rate_limit", "timeout", "bulkhead"],
    "polly_standard": ["bulkhead", "deadline", "retry", "breaker", "timeout"],
    "polly_hedging": ["deadline", "hedge", "bulkhead", "breaker", "timeout"],
    "envoy": ["deadline", "retry", "outlier", "bulkhead"],
}
"""Outermost first, as each of them documents its order."""


def edge(folder: Path, calls: str, *overrides: str) -> EdgePolicies:
    """What comes of the entries `calls` on the edge from the shop to the bank."""
    return scenario(folder, SHOP + calls, *overrides).edges[Edge("shop", "bank", "charge")]


def names(policies: EdgePolicies) -> list[str]:
    return [item.name for item in policies.stack]


def spec(policies: EdgePolicies, name: str) -> object:
    (found,) = (item.spec for item in policies.stack if item.name == name)
    return found


@pytest.mark.parametrize("name", NAMED_STACKS)
def test_a_name_stands_for_its_librarys_order(tmp_path: Path, name: str) -> None:
    assert names(edge(tmp_path, f"calls: {{default: {{stack: {name}}}}}\n")) == USUAL[name]


def test_limits_of_time_are_the_librarys(tmp_path: Path) -> None:
    found = {name: edge(tmp_path, f"calls: {{default: {{stack: {name}}}}}\n") for name in NAMED_STACKS}
    timeouts = {name: spec(found[name], "timeout") for name in NAMED_STACKS if name != "envoy"}
    assert timeouts == {
        "resilience4j": ConstantLaw(value=1.0),
        "polly_standard": ConstantLaw(value=10.0),
        "polly_hedging": ConstantLaw(value=10.0),
    }
    totals = {name: found[name].stack[names(found[name]).index("deadline")].spec.total for name in ("envoy",)}
    assert totals == {"envoy": 15.0}


def test_a_stack_is_what_its_presets_say(tmp_path: Path) -> None:
    found = edge(tmp_path, "calls: {default: {stack: polly_hedging}}\n")
    assert spec(found, "hedge") == HedgeSpec.model_validate({"preset": "polly"})
    assert spec(found, "bulkhead") == BulkheadSpec.model_validate({"preset": "polly", "scope": "callee"})


def test_a_key_beside_a_name_lies_over_the_policy_of_the_stack(tmp_path: Path) -> None:
    found = edge(tmp_path, "calls: {default: {stack: resilience4j, retry: {attempts: 5}, timeout: 250ms}}\n")
    assert spec(found, "retry") == RetrySpec.model_validate({"preset": "resilience4j", "attempts": 5})
    assert spec(found, "timeout") == ConstantLaw(value=0.25)
    assert names(found) == USUAL["resilience4j"]


def test_another_preset_replaces_the_stacks_policy_whole_at_its_place(tmp_path: Path) -> None:
    found = edge(tmp_path, "calls: {default: {stack: resilience4j, retry: {preset: aws}}}\n")
    assert spec(found, "retry") == RetrySpec.model_validate({"preset": "aws"})
    assert names(found) == USUAL["resilience4j"]


@pytest.mark.parametrize(
    ("name", "written", "place"),
    [("envoy", "timeout: 500ms", 4), ("resilience4j", "fallback: {value: true}", 0)],
)
def test_an_empty_place_is_filled_by_what_is_written(tmp_path: Path, name: str, written: str, place: int) -> None:
    found = names(edge(tmp_path, f"calls: {{default: {{stack: {name}, {written}}}}}\n"))
    assert found == [*USUAL[name][:place], written.partition(":")[0], *USUAL[name][place:]]


def test_none_takes_a_policy_out_of_a_stack(tmp_path: Path) -> None:
    calls = """
calls:
  default: {stack: resilience4j, rate_limit: none}
  "shop -> bank.charge": {retry: none}
"""
    assert names(edge(tmp_path, calls)) == ["breaker", "timeout", "bulkhead"]


def test_none_takes_a_policy_out_of_a_written_list(tmp_path: Path) -> None:
    calls = "calls: {default: {stack: [{timeout: 5s}, {retry: {max_retries: 1}}, {breaker: none}], retry: none}}\n"
    assert names(edge(tmp_path, calls)) == ["timeout"]


def test_none_for_what_the_stack_has_not_changes_nothing(tmp_path: Path) -> None:
    assert names(edge(tmp_path, "calls: {default: {stack: resilience4j, hedge: none}}\n")) == USUAL["resilience4j"]


def test_an_undo_may_take_a_policy_out_of_its_edges_stack(tmp_path: Path) -> None:
    text = SHOP.replace("undo: stock.give", "undo: {call: stock.give, breaker: none}")
    found = scenario(tmp_path, text + "calls: {default: {stack: polly_standard}}\n")
    ((_, undo),) = found.undo_edges.items()
    assert names(undo) == ["bulkhead", "deadline", "retry", "timeout"]


def test_within_an_entry_own_keys_come_before_extends_and_extends_before_the_stack(tmp_path: Path) -> None:
    text = """
policies:
  library: {stack: polly_standard, timeout: 7s, deadline: 20s}
calls:
  default: {extends: library, timeout: 3s}
"""
    found = edge(tmp_path, text)
    assert names(found) == USUAL["polly_standard"]
    assert spec(found, "timeout") == ConstantLaw(value=3.0)
    assert found.stack[1].spec.total == 20.0
    assert found.stack[2].spec == RetrySpec.model_validate({"preset": "polly_standard"})


def test_a_stack_replaces_the_policies_that_are_less_specific_but_not_cancel(tmp_path: Path) -> None:
    calls = """
calls:
  default: {hedge: {delay: 1s}, timeout: 9s, cancel: queued}
  "shop -> bank": {stack: resilience4j}
"""
    found = edge(tmp_path, calls)
    assert (names(found), found.cancel) == (USUAL["resilience4j"], "queued")
    assert spec(found, "timeout") == ConstantLaw(value=1.0)


def test_a_name_can_be_swept(tmp_path: Path) -> None:
    text = SHOP + "calls: {default: {stack: envoy}}\nsweep: {library: {path: calls.default.stack, values: [VALUES]}}\n"
    found = read(tmp_path, text.replace("VALUES", "envoy, resilience4j")).scenarios()
    assert [names(one.edges[Edge("shop", "bank", "charge")]) for one in found] == [
        USUAL["envoy"],
        USUAL["resilience4j"],
    ]


def test_an_unknown_name_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, SHOP + "calls: {default: {stack: resilence4j}}\n")
    assert "there is no stack 'resilence4j'; did you mean 'resilience4j'?" in only


def test_a_key_without_a_place_is_refused_and_the_places_are_named(tmp_path: Path) -> None:
    found = problems(tmp_path, SHOP + 'calls:\n  "shop -> bank": {stack: envoy, throttle: {window: 30s}}\n')
    (only,) = found
    assert "the stack envoy has no place for 'throttle'" in only
    assert "fallback, deadline, retry, outlier, bulkhead, timeout" in only


def test_in_python_a_name_means_the_same(tmp_path: Path) -> None:
    built = CallSpec.model_validate({"stack": "resilience4j"})
    assert built.stack is not None
    there = [entry for entry in built.stack if any(value is not None for _, value in entry)]
    assert [next(iter(entry.model_fields_set)) for entry in there] == USUAL["resilience4j"]


def test_resolved_tells_the_stacks_keys_from_those_of_the_file_and_of_presets(tmp_path: Path) -> None:
    text = SHOP + "calls:\n  default:\n    stack: resilience4j\n    breaker: {failure_rate: 30%}\n"
    resolved = read(tmp_path, text).resolved
    bank = resolved.partition("shop -> bank.charge\n")[2].partition("shop ->")[0]
    lines = {match[1]: match[2] for match in re.finditer(r"^ +(\S+: .*?) +# (.*)$", bank, re.MULTILINE)}
    line = text.splitlines().index("    stack: resilience4j") + 1
    assert lines["stack: resilience4j"].endswith(f"shop.yaml:{line}")
    assert lines["failure_rate: 30%"].endswith(f"shop.yaml:{line + 1}")
    assert lines["value: 1s"] == "stack resilience4j"
    assert lines["max_wait: 5s"] == "preset resilience4j"
    assert lines["open_ends: after"] == "preset resilience4j"
    assert lines["cancel: never"] == "default"
