"""Policies on calls: what giving up costs (`cancel`), deadlines, where a breaker's state lives, `serialised`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

ONE_WORKER = """
services:
  server:
    workers: 1
    operations: {work: {work: 1s, effect: true}}
calls: {client -> server: {timeout: 500ms}}
workload:
  - {name: first, call: server.work, arrivals: {process: renewal, law: 100s}}
  - {name: second, call: server.work, arrivals: {process: renewal, law: 100.1s}}
run: {duration: 199s}
"""
"""The first request is in service when its caller gives up at 100.5 s; the second still waits at 100.6 s."""


def give_up(folder: Path, cancel: str, *overrides: str) -> Played:
    return play(folder, ONE_WORKER, f'calls."client -> server".cancel={cancel}', *overrides)


@pytest.mark.parametrize("cancel", ["never", "at_dequeue", "queued", "always"])
def test_the_caller_goes_on_at_the_moment_it_gives_up(tmp_path: Path, cancel: str) -> None:
    slow = "defaults={network: {latency: 50ms}}"
    rows = give_up(tmp_path, cancel, slow).rows()
    assert [(row.outcome, row.latency, row.timeouts) for row in rows] == [("timeout", 0.5, 1)] * 2


@pytest.mark.parametrize(
    ("cancel", "busy", "waited", "effects"),
    [
        ("never", 2.0, 0.9, ["done", "done"]),
        ("at_dequeue", 1.0, 0.9, ["done", "undone"]),
        ("queued", 1.0, 0.5, ["done", "undone"]),
        ("always", 0.6, 0.4, ["undone", "undone"]),
    ],
)
def test_what_a_given_up_call_still_costs(
    tmp_path: Path, cancel: str, busy: float, waited: float, effects: list[str]
) -> None:
    played = give_up(tmp_path, cancel)
    assert played.busy("server") == pytest.approx(busy)
    assert played.figure("service:server", "queue_length") * 199 == pytest.approx(waited)
    assert [row.state for row in played.rows()] == effects
    assert played.figure("service:server", "wasted_work") == pytest.approx(1.0)


@pytest.mark.parametrize(("cancel", "busy", "waited"), [("queued", 1.0, 0.5), ("always", 0.6, 0.4)])
def test_the_cancel_message_takes_one_link_delay(tmp_path: Path, cancel: str, busy: float, waited: float) -> None:
    played = give_up(tmp_path, cancel, "defaults={network: {latency: 50ms}}")
    # Requests and cancel messages are both 50 ms late: what happens at the server is the same, a little later.
    assert played.busy("server") == pytest.approx(busy)
    assert played.figure("service:server", "queue_length") * 199 == pytest.approx(waited)


def test_a_cancel_message_that_overtakes_its_request_stops_it_before_it_begins(tmp_path: Path) -> None:
    delay = "network={client -> server: {latency: {dist: empirical, values: [1s]}}}"
    played = give_up(tmp_path, "always", delay, 'calls."client -> server".timeout=1ms')
    assert [row.outcome for row in played.rows()] == ["timeout", "timeout"]
    assert played.busy("server") == pytest.approx(0.002)  # each is begun, and stopped 1 ms later


NESTED = """
services:
  a: {workers: 4, operations: {run: {steps: [{call: b.run}, {call: b.run}]}}}
  b: {workers: 4, operations: {run: {work: 1s, effect: true}}}
calls:
  client -> a: {timeout: 300ms, cancel: always}
  a -> b: {cancel: never}
workload: [{call: a.run, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""


@pytest.mark.parametrize(("inner", "busy_b"), [("never", 1.0), ("queued", 1.0), ("always", 0.3)])
def test_an_aborted_callees_calls_are_given_up_under_their_own_edges_cancel(
    tmp_path: Path, inner: str, busy_b: float
) -> None:
    played = play(tmp_path, NESTED, f'calls."a -> b".cancel={inner}')
    assert (played.busy("a"), played.busy("b")) == pytest.approx((0.3, busy_b))
    assert played.count("call:a->b") == 0  # given up, not ended: nothing is recorded
    assert played.row().state == ("undone" if inner == "always" else "orphaned")


def test_without_cancel_a_callee_goes_on_with_its_own_calls_and_retries(tmp_path: Path) -> None:
    retry = 'calls."a -> b"={timeout: 100ms, retry: {max_retries: 3}}'
    played = play(tmp_path, NESTED, 'calls."client -> a".cancel=never', retry)
    assert (played.count("call:a->b"), played.row().retries) == (4, 3)
    assert played.busy("a") == pytest.approx(0.4)


# -- deadlines -------------------------------------------------------------------------------------------------

DEADLINE = """
services:
  a: {workers: 4, operations: {run: {steps: [{call: b.run}, {work: 100ms, effect: true}]}}}
  b: {workers: 1, operations: {run: {work: 100ms, server_errors: 100%}}}
calls: {a -> b: {retry: {max_retries: 9, backoff: {kind: fixed, base: 300ms}}}}
workload: [{call: a.run, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""
CLIENT = 'calls."client -> a"'


def test_a_deadline_spans_all_attempts_and_waits(tmp_path: Path) -> None:
    played = play(tmp_path, DEADLINE, 'calls."a -> b".deadline=1s')
    assert (played.row().outcome, played.row().latency) == ("server_error", 1.0)
    assert played.count("service:b") == 3  # at 0, 0.4 and 0.8 s


def test_a_deadline_in_the_middle_of_an_attempt_gives_it_up(tmp_path: Path) -> None:
    played = play(tmp_path, DEADLINE, 'calls."a -> b".deadline=850ms')
    assert played.row().latency == 0.85
    assert played.busy("b") == pytest.approx(0.3)  # cancel: never: the third one is carried out
    assert played.count("call:a->b") == 2  # nothing is recorded of it


def test_a_timeout_is_for_one_attempt(tmp_path: Path) -> None:
    played = play(tmp_path, DEADLINE, 'calls."a -> b".timeout=50ms')
    assert played.row().latency == pytest.approx(10 * 0.050 + 9 * 0.300)


def test_a_deadline_that_is_not_handed_down_leaves_the_callee_alone(tmp_path: Path) -> None:
    played = play(tmp_path, DEADLINE, f"{CLIENT}={{deadline: {{total: 1s}}}}")
    assert (played.row().outcome, played.row().latency) == ("timeout", 1.0)
    assert played.count("service:b") == 10


def test_a_deadline_that_is_handed_down_bounds_the_callees_calls_and_retries(tmp_path: Path) -> None:
    played = play(tmp_path, DEADLINE, f"{CLIENT}={{deadline: {{total: 1s, propagate: true}}}}")
    assert (played.row().outcome, played.row().latency) == ("timeout", 1.0)
    assert played.count("service:b") == 3
    assert played.busy("a") == pytest.approx(1.0)


def test_the_deadline_that_is_handed_down_goes_all_the_way(tmp_path: Path) -> None:
    further = "services.b.operations.run.steps=[{call: c.run}]"
    c = "services.c={workers: 4, operations: {run: {work: 10s}}}"
    once = 'calls."a -> b"={retry: none}'
    handed = f"{CLIENT}={{deadline: {{total: 1s, propagate: true}}}}"
    played = play(tmp_path, DEADLINE, "services.b.operations.run.work=none", further, c, once, handed)
    assert (played.busy("a"), played.busy("b")) == pytest.approx((1.0, 1.0))
    assert played.busy("c") == pytest.approx(10.0)  # a step already begun is aborted only under cancel: always


def test_no_further_step_is_started_after_a_deadline_that_is_handed_down(tmp_path: Path) -> None:
    works = "services.b.operations.run={server_errors: 0%, work: 1.5s}"
    alone = play(tmp_path, DEADLINE, works, f"{CLIENT}={{deadline: {{total: 1s}}}}")
    assert (alone.row().state, alone.busy("a")) == ("done", 1.6)
    handed = play(tmp_path, DEADLINE, works, f"{CLIENT}={{deadline: {{total: 1s, propagate: true}}}}")
    assert (handed.row().state, handed.busy("a")) == ("undone", 1.0)
    assert handed.busy("b") == pytest.approx(1.5)


def test_work_found_expired_when_a_worker_takes_it_is_dropped_even_under_never(tmp_path: Path) -> None:
    handed = 'calls."client -> server"={timeout: none, deadline: {total: 500ms, propagate: true}, cancel: never}'
    played = play(tmp_path, ONE_WORKER, handed)
    assert played.busy("server") == pytest.approx(1.0)
    assert [row.state for row in played.rows()] == ["done", "undone"]
    alone = 'calls."client -> server"={timeout: none, deadline: {total: 500ms}, cancel: never}'
    assert play(tmp_path, ONE_WORKER, alone).busy("server") == pytest.approx(2.0)


def test_patience_may_be_a_law(tmp_path: Path) -> None:
    law = 'calls."client -> server".timeout={dist: empirical, values: [200ms]}'
    assert [row.latency for row in play(tmp_path, ONE_WORKER, law).rows()] == [0.2, 0.2]


# -- where state lives -----------------------------------------------------------------------------------------

SCOPES = """
services:
  a: {replicas: 2, workers: 8, operations: {run: {steps: [{call: b.run}]}}}
  b: {replicas: 2, workers: 8, operations: {run: {work: 1ms}}}
calls: {a -> b: {breaker: {preset: strict, max_failures: 2, open_for: 1h}}}
workload: [{call: a.run, arrivals: {process: constant, rate: 10/s}}]
run: {duration: 1.65s}
"""
"""Sixteen requests, by turns at the two replicas of a, each of which asks the two of b by turns."""

ALL_FAIL = "services.b.operations.run.server_errors=100%"
SCOPE = 'calls."a -> b".breaker.scope'


def refused(played: Played) -> list[int]:
    return [number for number, row in enumerate(played.rows()) if row.reason == "breaker_open"]


def test_each_calling_replica_has_its_breaker(tmp_path: Path) -> None:
    played = play(tmp_path, SCOPES, ALL_FAIL)
    assert refused(played) == list(range(4, 16))  # two failures at each of the two callers
    assert played.figure("call:a->b", "breaker_opens") == 2


def test_an_edge_may_share_one_breaker(tmp_path: Path) -> None:
    played = play(tmp_path, SCOPES, ALL_FAIL, f"{SCOPE}=edge")
    assert refused(played) == list(range(2, 16))
    assert played.figure("call:a->b", "breaker_opens") == 1


def test_the_time_that_a_breaker_is_open_is_a_share_of_the_window(tmp_path: Path) -> None:
    played = play(tmp_path, SCOPES, ALL_FAIL, f"{SCOPE}=edge")
    assert played.figure("call:a->b", "breaker_open_share") == pytest.approx((1.65 - 0.201) / 1.65)
    assert list(played.result.breaker_states["time"]) == pytest.approx([0.201])


def test_a_breaker_for_each_called_replica_spares_the_healthy_one(tmp_path: Path) -> None:
    one_bad = "faults=[{kind: errors, target: b, replicas: 1, share: 100%, at: 0s, for: 1h}]"
    played = play(tmp_path, SCOPES, one_bad, f"{SCOPE}=callee")
    outcomes = played.outcomes()
    assert outcomes.count("ok") == 8
    assert len(refused(played)) == 6


def test_rejections_are_no_failures_of_a_breaker(tmp_path: Path) -> None:
    full = ["services.b.workers=1", "services.b.operations.run.work=1m", "services.b.queue.capacity=0"]
    played = play(tmp_path, SCOPES, *full, "run.duration=1.65s")
    assert {row.reason for row in played.rows() if row.outcome == "server_error"} == {"queue_full"}


def test_a_crash_of_the_caller_forgets_its_breaker(tmp_path: Path) -> None:
    crash = "faults=[{kind: crash, target: a, at: 1.05s, for: 10ms}]"
    played = play(tmp_path, SCOPES, ALL_FAIL, crash)
    assert refused(played) == [4, 5, 6, 7, 8, 9, 14, 15]


def test_a_half_open_breaker_admits_one_probe(tmp_path: Path) -> None:
    probing = ['calls."a -> b".breaker.open_for=500ms', "services.a.replicas=1", "services.b.operations.run.work=250ms"]
    played = play(tmp_path, SCOPES, *probing, ALL_FAIL, "run.duration=1.85s")
    # Failures at 0.35 and 0.45 s open it until 0.95 s. The request at 1.0 s probes, and fails at 1.25 s; again until
    # 1.75 s; the one at 1.8 s probes.
    assert refused(played) == [4, 5, 6, 7, 8, *range(10, 17)]


def test_the_documents_breaker_lets_everybody_through_while_half_open(tmp_path: Path) -> None:
    probing = ["services.a.replicas=1", "services.b.operations.run.work=250ms"]
    v1 = 'calls."a -> b".breaker={preset: document_v1, max_failures: 2, open_for: 500ms}'
    played = play(tmp_path, SCOPES, *probing, v1, ALL_FAIL, "run.duration=1.85s")
    # Half-open from 1.0 s: the requests at 1.0, 1.1 and 1.2 s get through, until the first of them fails at 1.25 s.
    assert refused(played) == [4, 5, 6, 7, 8, *range(12, 17)]
    v2 = v1.replace("v1", "v2")
    played = play(tmp_path, SCOPES, *probing, v2, ALL_FAIL, "run.duration=1.85s")
    # The second version needs two failures: the second probe fails at 1.35 s; open until 1.85 s.
    assert refused(played) == [4, 5, 6, 7, 8, *range(13, 18)]


def test_a_serialised_breaker_lets_one_call_at_a_time_through(tmp_path: Path) -> None:
    one = ["services.a.replicas=1", "services.a.workers=64", "services.b.operations.run.work=250ms"]
    free = play(tmp_path, SCOPES, *one)
    assert {row.latency for row in free.rows()} == {0.25}
    held = play(tmp_path, SCOPES, *one, 'calls."a -> b".breaker.serialised=true', "run.drain=1m")
    # Requests come every 100 ms, each holds the lock for 250 ms: the k-th waits k times 150 ms.
    assert [row.latency for row in held.rows()] == pytest.approx([0.25 + 0.15 * k for k in range(16)])


def test_waiting_for_the_lock_is_part_of_the_attempt(tmp_path: Path) -> None:
    one = ["services.a.replicas=1", "services.a.workers=64", "services.b.operations.run.work=250ms"]
    policies = 'calls."a -> b"={breaker: {serialised: true}, deadline: 1s}'
    latencies = [row.latency for row in play(tmp_path, SCOPES, *one, policies).rows()]
    assert max(latencies) == 1.0
    assert latencies[:6] == pytest.approx([0.25, 0.40, 0.55, 0.70, 0.85, 1.00])
