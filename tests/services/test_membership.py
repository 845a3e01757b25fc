"""Replicas that come, leave and are deployed anew, with constant laws: every number by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import columns_of, play

SHOP = """
services:
  shop:
    replicas: 2
    workers: 1
    operations: {buy: {work: 500ms}}
workload:
  - {call: shop.buy, arrivals: {process: constant, rate: 1/s}}
run: {duration: 60s, replications: 1, window: 10s}
"""


def change(at: str, text: str) -> str:
    return f"changes=[{{name: c, at: {at}, {text}}}]"


def test_replicas_come_at_their_time(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, change("30s", "set: {services.shop.replicas: 4}"))
    series = played.timeline("service:shop", "replicas")
    assert list(series.values()) == [2, 2, 2, 4, 4, 4]
    assert played.figure("service:shop", "replicas") == 3
    assert played.outcomes() == ["ok"] * 59


def test_utilization_is_of_the_workers_that_were_there(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, change("30s", "set: {services.shop.replicas: 4}"))
    assert played.timeline("service:shop", "utilization")[20.0] == pytest.approx(0.25)
    assert played.timeline("service:shop", "utilization")[40.0] == pytest.approx(0.125)


def test_one_with_nothing_in_hand_leaves_at_once(tmp_path: Path) -> None:
    """The only request came at 30 s, to the first."""
    long = (
        "services.shop.operations.buy.work=4s",
        "workload.buy.arrivals={process: renewal, law: 30s}",
        "run.window=1s",
    )
    played = play(tmp_path, SHOP, *long, change("31s", "set: {services.shop.replicas: 1}"))
    assert played.outcomes() == ["ok"]
    series = played.timeline("service:shop", "replicas")
    assert (series[30.0], series[31.0], series[40.0]) == (2, 1, 1)


def test_the_youngest_leaves_once_it_has_finished_what_it_has_in_hand(tmp_path: Path) -> None:
    long = (
        "services.shop.operations.buy.work=4s",
        "workload.buy.arrivals={process: renewal, law: 15s}",
        "run.window=1s",
    )
    played = play(tmp_path, SHOP, *long, change("31s", "set: {services.shop.replicas: 1}"))
    assert played.outcomes() == ["ok"] * 3  # at 15 s the first, at 30 s the second: it leaves at 34 s
    series = played.timeline("service:shop", "replicas")
    assert [series[float(k)] for k in (30, 33, 34, 45)] == [2, 2, 1, 1]


def test_callers_hear_of_a_new_one_later_where_there_is_discovery(tmp_path: Path) -> None:
    slow = "services.shop.discovery={health_check: {every: 5s}, propagation: 10s}"
    busy = ("services.shop.replicas=1", "services.shop.operations.buy.work=1500ms")
    played = play(tmp_path, SHOP, *busy, slow, change("20s", "set: {services.shop.replicas: 2}"))
    used = played.timeline("service:shop", "utilization")
    assert used[10.0] == 1
    assert used[20.0] == pytest.approx(0.5)
    assert used[30.0] > 0.5


DEPLOY = change("10s", "deploy: shop, one_at_a_time: 10s")


def test_a_deploy_takes_its_time_and_callers_meet_the_closed_door(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, DEPLOY)
    assert {"during:c", "after:c", "healthy"} <= played.phases()
    assert played.figure("service:shop", "replicas", "during:c") == 1
    failed = [row.arrived for row in played.rows() if row.outcome == "unreachable"]
    assert len(failed) == 10  # every other one of 20 s
    assert 10 <= min(failed) <= max(failed) <= 30
    assert played.figure("service:shop", "replicas", "after:c") == 2


def test_with_discovery_nobody_meets_a_closed_door(tmp_path: Path) -> None:
    told = "services.shop.discovery={health_check: {every: 5s}, propagation: 2s}"
    assert play(tmp_path, SHOP, told, DEPLOY).outcomes() == ["ok"] * 59


def test_what_outlasts_its_turn_is_lost(tmp_path: Path) -> None:
    long = ("services.shop.replicas=1", "services.shop.operations.buy.work=15s")
    one = "workload.buy.arrivals={process: renewal, law: 9s}"
    rows = play(tmp_path, SHOP, *long, one, DEPLOY).rows()
    assert (rows[0].outcome, rows[0].answered) == ("unreachable", 20)
    assert rows[1].outcome == "unreachable"  # at 18 s nobody is there
    assert rows[2].outcome == "ok"


def test_the_end_of_a_crash_does_not_bring_back_who_has_left(tmp_path: Path) -> None:
    crash = "faults=[{kind: crash, target: shop, at: 20s, for: 20s}]"
    played = play(tmp_path, SHOP, crash, change("30s", "set: {services.shop.replicas: 1}"))
    series = played.timeline("service:shop", "replicas")
    assert list(series.values()) == [2, 2, 0, 0, 1, 1]


def test_a_subscription_loses_nothing_to_those_who_are_not_there(tmp_path: Path) -> None:
    text = """
    services:
      mail: {replicas: 2, workers: 4, operations: {send: {work: 10ms}}}
    brokers: {redis: {preset: redis_pubsub}}
    topics: {news: {broker: redis, subscribers: [mail.send]}}
    workload: [{name: tell, publish: news, arrivals: {process: constant, rate: 1/s}}]
    changes: [{at: 30s, name: c, set: {services.mail.replicas: 3}}]
    run: {duration: 60s, replications: 1, window: 10s}
    """
    played = play(tmp_path, text)
    assert played.figure("topic:news", "lost") == 0
    assert played.figure("topic:news", "throughput", "healthy") == pytest.approx(2, rel=0.05)
    assert played.figure("topic:news", "throughput", "after:c") == pytest.approx(3, rel=0.05)


STORM = """
services:
  front: {replicas: 2, workers: 20, operations: {go: {steps: [{call: back.run}]}}}
  back:
    replicas: 3
    workers: 2
    operations: {run: {work: {dist: exponential, mean: 300ms}}, note: {work: 50ms}}
  slow: {replicas: 2, workers: 1, operations: {go: {style: queue, steps: [{call: back.note}]}}}
calls:
  default: {timeout: 1s, retry: {max_retries: 1}, breaker: {preset: strict, open_for: 2s}, cancel: always}
workload:
  - {name: a, call: front.go, arrivals: {process: poisson, rate: 12/s}}
  - {name: b, call: slow.go, arrivals: {process: poisson, rate: 4/s}}
faults: [{kind: crash, target: back, at: 12s, for: 7s}]
run: {duration: 40s, replications: 1, drain: 200s}
"""

VALUES = {
    "services.back.replicas": st.integers(1, 5),
    "services.slow.replicas": st.integers(1, 3),
    "services.front.replicas": st.integers(1, 3),
    "services.back.queue.capacity": st.integers(0, 5),
    "services.back.operations.run.server_errors": st.sampled_from([0, 0.3]),
    "calls.default.retry": st.sampled_from(["none", "{max_retries: 3}"]),
    "calls.default.breaker": st.sampled_from(["none", "{preset: document_v1}"]),
    "calls.default.cancel": st.sampled_from(["never", "queued", "always"]),
    '"defaults.network.latency"': st.just("5ms"),
}


@st.composite
def happenings(draw: st.DrawFn) -> list[str]:
    found = []
    for number in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, 39))
        if draw(st.booleans()):
            service = draw(st.sampled_from(["front", "back", "slow"]))
            found.append(
                f"{{name: n{number}, at: {at}s, deploy: {service}, one_at_a_time: {draw(st.integers(1, 6))}s}}"
            )
        else:
            path = draw(st.sampled_from(sorted(VALUES)))
            plain = path.strip('"')
            found.append(f"{{name: n{number}, at: {at}s, set: {{{plain}: {draw(VALUES[path])}}}}}")
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(what=happenings(), scaled=st.booleans(), told=st.booleans())
def test_the_books_balance_whatever_changes(tmp_path: Path, what: list[str], scaled: bool, told: bool) -> None:
    """`play` raises where they do not; and the same changes in another order of the file give the same numbers."""
    more = ["services.back.discovery={health_check: {every: 2s}, propagation: 700ms}"] if told else []
    if scaled:
        what = [one for one in what if "back.replicas" not in one]
        rule = "{min: 1, max: 6, metric: backlog, target: 2, every: 3s, startup: 2s, scale_down_after: 5s}"
        more.append(f"services.back.autoscale={rule}")
    first = columns_of(play(tmp_path, STORM, *more, f"changes=[{', '.join(what)}]").result)
    again = columns_of(play(tmp_path, STORM, *more, f"changes=[{', '.join(reversed(what))}]").result)
    assert repr(first) == repr(again)


def test_one_that_is_wanted_again_before_it_has_left_takes_messages_again(tmp_path: Path) -> None:
    """The second replica has a message in hand for 5 s; within that it is sent away and wanted again."""
    text = """
    services:
      mail: {replicas: 2, workers: 1, operations: {send: {style: queue, steps: [{work: 5s}]}}}
    workload: [{call: mail.send, arrivals: {process: renewal, law: 500ms}}]
    changes:
      - {name: away, at: 13s, set: {services.mail.replicas: 1}}
      - {name: back, at: 14s, set: {services.mail.replicas: 2}}
    run: {duration: 60s, replications: 1, window: 1s, drain: 20m}
    """
    played = play(tmp_path, text)
    assert set(played.timeline("service:mail", "replicas").values()) == {2}
    assert played.figure("service:mail", "utilization", "after:back") == pytest.approx(1)
    assert {row.state for row in played.rows()} == {"done"}
