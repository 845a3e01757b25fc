"""The brief's tests of its HTTP client and of its gateway, as experiments: attempts, breaker, routes, giving up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import ONCE, play

CLIENT = """
services:
  server:
    workers: 8
    operations:
      get: {work: 10ms}
calls:
  client -> server:
    timeout: 5s
    retry: {max_retries: 3, backoff: {kind: exponential, base: 100ms, jitter: {kind: additive, max: 100ms}}}
    breaker: {preset: document_v2, max_failures: 5, open_for: 30s}
workload: [{call: server.get, arrivals: {process: renewal, law: 100s}}]
faults: [{kind: errors, target: server, share: 100%, at: 0s, for: 100.3s}]
run: {duration: 199s}
"""
"""The brief's client with the settings of its own test. The second attempt is over by 100.22 s, the third begins no
earlier than at 100.32 s."""


def test_a_server_that_fails_twice_then_answers_is_asked_three_times(tmp_path: Path) -> None:
    played = play(tmp_path, CLIENT)
    row = played.row()
    assert (row.outcome, row.calls, row.retries) == ("ok", 3, 2)
    assert played.count("service:server") == 3


def test_a_server_that_goes_on_failing_is_asked_four_times(tmp_path: Path) -> None:
    row = play(tmp_path, CLIENT, "faults.errors.for=150s").row()
    assert (row.outcome, row.calls, row.retries) == ("server_error", 4, 3)


def test_the_first_versions_wait_grows_linearly(tmp_path: Path) -> None:
    linear = "{max_retries: 3, backoff: {kind: linear, base: 1s}}"
    path = 'calls."client -> server".retry'
    row = play(tmp_path, CLIENT, f"{path}=none", f"{path}={linear}", "faults.errors.for=150s").row()
    assert row.latency == pytest.approx(4 * 0.010 + 1 + 2 + 3)


BREAKER = """
services:
  server:
    workers: 8
    operations:
      get: {work: 1ms, server_errors: 100%}
calls:
  client -> server: {breaker: {preset: document_v1, max_failures: 2, open_for: 100ms}}
workload: [{call: server.get, arrivals: {process: constant, rate: 100/s}}]
run: {duration: 55ms}
"""


def test_two_failures_open_the_breaker_and_the_next_call_never_reaches_the_server(tmp_path: Path) -> None:
    played = play(tmp_path, BREAKER)
    assert played.outcomes() == ["server_error", "server_error", "rejected", "rejected", "rejected"]
    assert {row.reason for row in played.rows()[2:]} == {"breaker_open"}
    assert [row.latency for row in played.rows()[2:]] == [0.0, 0.0, 0.0]
    assert played.count("service:server") == 2
    states = played.result.breaker_states
    assert list(states["state"]) == ["open"]
    assert list(states["time"]) == pytest.approx([0.021])


def test_a_breaker_in_its_first_version_lets_a_call_through_strictly_later_than_its_timeout(tmp_path: Path) -> None:
    outcomes = play(tmp_path, BREAKER, "run.duration=135ms").outcomes()
    assert outcomes[11:] == ["rejected", "server_error"]  # open until 121 ms: refused at 120 ms, probed at 130 ms


ROUTES = f"""
services:
  gateway: {{workers: 8, operations: {{ping: {{work: 1ms}}}}}}
  orders: {{workers: 8, operations: {{place: {{work: 5ms}}}}}}
routes:
  checkout: {{on: gateway, prefix: /v1/orders, to: orders.place}}
workload:
  - {{name: right, path: /v1/orders/7, arrivals: {ONCE}}}
  - {{name: wrong, path: /v2/orders/7, arrivals: {ONCE}}}
run: {{duration: 199s}}
calls: {{"client -> gateway": {{retry: {{max_retries: 3}}}}}}
"""


def test_a_path_that_no_route_matches_is_answered_404(tmp_path: Path) -> None:
    played = play(tmp_path, ROUTES)
    assert played.row("right").outcome == "ok"
    wrong = played.row("wrong")
    assert (wrong.outcome, wrong.reason, wrong.calls) == ("client_error", "no_route", 1)
    assert played.count("service:orders") == 1


REGISTRY = """
services:
  caller:
    workers: 64
    operations:
      ask: {steps: [{call: server.get}]}
  server:
    replicas: 2
    workers: 8
    operations:
      get: {work: 10ms}
workload: [{call: caller.ask, arrivals: {process: constant, rate: 1/s}}]
faults: [{kind: crash, target: "server[0]", at: 10s, for: 1h}]
run: {duration: 60.5s}
"""


def test_a_dead_replica_in_the_documents_registry_goes_on_being_called(tmp_path: Path) -> None:
    outcomes = play(tmp_path, REGISTRY).outcomes()
    assert outcomes[:9] == ["ok"] * 9
    assert outcomes[9:] == ["ok", "server_error"] * 25 + ["ok"] or outcomes[9:] == ["server_error", "ok"] * 25 + [
        "server_error"
    ]


def test_with_discovery_a_dead_replica_is_called_no_longer(tmp_path: Path) -> None:
    checks = "services.server.discovery={health_check: {every: 5s, failures: 2}, propagation: 1s}"
    outcomes = play(tmp_path, REGISTRY, checks).outcomes()
    # Checks at 10 s (the crash has just come: faults go first) and 15 s fail; callers hear of it at 16 s.
    assert "server_error" in outcomes[9:15]
    assert outcomes[16:] == ["ok"] * 44


PATIENCE = """
services:
  caller:
    workers: 4
    operations:
      ask: {steps: [{call: server.get}]}
  server:
    workers: 4
    operations:
      get: {work: 10ms, server_errors: 100%}
calls:
  caller -> server: {retry: {max_retries: 3, backoff: {kind: fixed, base: 10s}}, deadline: 15s}
workload: [{call: caller.ask, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""


def test_a_caller_that_gives_up_ends_its_retry_wait(tmp_path: Path) -> None:
    played = play(tmp_path, PATIENCE)
    row = played.row()
    assert (row.outcome, row.latency) == ("server_error", 15.0)
    assert played.count("service:server") == 2  # at 0 and 10.01 s; not at 20.02 s
    assert played.busy("caller") == 15.0


def test_a_cancelled_caller_starts_no_further_attempt(tmp_path: Path) -> None:
    """The client hangs up on the caller in the middle of its wait: the document's cancelled context."""
    given_up = 'calls."client -> caller"={timeout: 5s, cancel: always}'
    played = play(tmp_path, PATIENCE, given_up)
    assert (played.row().outcome, played.row().latency) == ("timeout", 5.0)
    assert played.count("service:server") == 1
    assert played.busy("caller") == 5.0
