"""Retries in whole models: a callee's pushback, and who shares a budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import ONCE, play

PUSHBACK = """
services:
  front:
    workers: 10
    operations: {{buy: {{steps: [{{call: bank.charge}}]}}}}
  bank:
    workers: 10
    operations: {{charge: {{work: 1s, server_errors: 100%, pushback: {pushback}}}}}
calls:
  "front -> bank": {{retry: {{attempts: 3, backoff: {{kind: fixed, base: 3s}}, pushback: {heed}}}}}
workload: [{{call: front.buy, arrivals: {once}}}]
run: {{duration: 199s, replications: 1}}
"""


@pytest.mark.parametrize(
    ("pushback", "heed", "latency", "calls"),
    [
        ("700ms", "obeyed", 1 + 0.7 + 1 + 0.7 + 1, 4),
        ("700ms", "ignored", 1 + 3 + 1 + 3 + 1, 4),
        ("stop", "obeyed", 1, 2),
        ("stop", "ignored", 1 + 3 + 1 + 3 + 1, 4),
        ("0", "obeyed", 3, 4),
    ],
)
def test_an_operation_pushes_back_with_its_server_errors(
    tmp_path: Path, pushback: str, heed: str, latency: float, calls: int
) -> None:
    row = play(tmp_path, PUSHBACK.format(pushback=pushback, heed=heed, once=ONCE)).row()
    assert (row.outcome, row.latency, row.calls) == ("server_error", latency, calls)


SHARED = """
services:
  front:
    replicas: 2
    workers: 100
    operations:
      buy: {steps: [{call: bank.charge}]}
      ask: {steps: [{call: bank.balance}]}
  bank:
    replicas: 2
    workers: 100
    operations:
      charge: {work: 1ms, server_errors: 100%}
      balance: {work: 1ms, server_errors: 100%}
calls:
  "front -> bank": {retry: {max_retries: 1, budget: {kind: aws, capacity: 28}}}
workload:
  - {call: front.buy, arrivals: {process: constant, rate: 1/s}}
  - {call: front.ask, arrivals: {process: constant, rate: 1/s}}
run: {duration: 50s, replications: 1}
"""


@pytest.mark.parametrize(("scope", "retries"), [("caller", 4), ("edge", 2), ("callee", 4)])
def test_a_budget_is_shared_by_the_operations_of_a_service_and_by_whom_its_scope_says(
    tmp_path: Path, scope: str, retries: int
) -> None:
    played = play(tmp_path, SHARED, f'calls."front -> bank".retry.budget.scope={scope}')
    assert sum(row.retries for row in played.rows()) == retries


def test_a_caller_that_crashes_forgets_what_it_has_spent(tmp_path: Path) -> None:
    crash = "faults=[{kind: crash, target: 'front[0]', at: 20s, for: 1s}]"
    played = play(tmp_path, SHARED, crash)
    assert sum(row.retries for row in played.rows()) == 4 + 2


def test_without_a_budget_every_call_is_retried(tmp_path: Path) -> None:
    played = play(tmp_path, SHARED, 'calls."front -> bank".retry.budget={kind: none}')
    assert {row.retries for row in played.rows()} == {1}
