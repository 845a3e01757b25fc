"""What a balancer sees of an outlier detector and when, and whole models with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.kernel.random import Streams
from simulator.outcomes import Outcome
from simulator.services.balancing import BALANCERS, Healthy, Listing
from tests.kernel.making import make_root
from tests.policies.proxy import Proxy
from tests.support import Played, play

ROOM: dict[str, Any] = {"max_ejected": 1.0, "success_rate": "off", "update_merge_window": 0.0}
"""Every host may go, and the balancer hears of it at once."""
OK = Outcome.OK
NUMBERS: list[Any] = [0, 1, 2, 3, 4]


# -- what the balancer sees -------------------------------------------------------------------------------


def test_an_ejected_host_is_not_picked_until_the_sweep_after_its_time() -> None:
    proxy = Proxy(3, **ROOM)
    proxy.run(1.0)
    proxy.fail(1, 5)
    assert {proxy.ask(lambda *_: OK) for _ in range(9)} == {0, 2}
    proxy.run(39.0)
    assert proxy.seen == [0, 2]
    proxy.run(40.0)
    assert proxy.seen == [0, 1, 2]


def test_two_that_go_at_once_leave_one_window_apart() -> None:
    proxy = Proxy(5, **{**ROOM, "update_merge_window": 1.0})
    proxy.run(1.0)
    proxy.fail(1, 5)
    proxy.fail(3, 5)
    assert proxy.seen == [0, 2, 3, 4]
    proxy.run(2.0)
    assert proxy.seen == [0, 2, 4]


@pytest.mark.parametrize("kind", BALANCERS)
def test_every_balancer_passes_over_who_is_out_and_comes_back_to_who_returns(kind: str) -> None:
    listing = Healthy(Listing(NUMBERS), panic_threshold=0.0)
    streams = Streams(1, 0)
    streams.lane("buy")
    balancer = BALANCERS[kind](listing, streams.source("balance"), 0)

    def picked() -> set[Any]:
        hosts = [balancer.pick(make_root(number)) for number in range(200)]
        for host in hosts:
            balancer.finished(host)
        return set(hosts)

    listing.show(frozenset({1, 3}))
    assert picked() == {0, 2, 4}
    listing.show(frozenset())
    assert picked() == {0, 1, 2, 3, 4}
    listing.show(frozenset(NUMBERS))
    assert balancer.pick(make_root(1)) is None


@pytest.mark.parametrize(
    ("threshold", "out", "seen"),
    [
        (0.5, 2, [2, 3]),
        (0.5, 3, [0, 1, 2, 3]),
        (0.0, 3, [3]),
        (0.0, 4, []),
        (1.0, 1, [0, 1, 2, 3]),
    ],
)
def test_when_too_few_hosts_are_left_all_are_used(threshold: float, out: int, seen: list[int]) -> None:
    proxy = Proxy(4, **ROOM, panic_threshold=threshold)
    for host in range(out):
        proxy.fail(host, 5)
    assert proxy.seen == seen


def test_a_host_that_is_unlisted_is_gone_at_once_and_starts_afresh_when_it_is_listed_again() -> None:
    proxy = Proxy(4, **{**ROOM, "update_merge_window": 1.0}, panic_threshold=0.0)
    proxy.run(1.0)
    proxy.fail(0, 5)
    proxy.fail(1, 5)
    proxy.listing.remove(proxy.hosts[2])
    assert proxy.seen == [3]  # what was put off goes with it
    proxy.listing.remove(proxy.hosts[1])
    proxy.listing.add(proxy.hosts[1], proxy.hosts)
    assert proxy.seen == [1, 3]


# -- in a model -------------------------------------------------------------------------------------------

SHOP = """
services:
  shop:
    replicas: {callers}
    workers: 100
    operations: {{buy: {{steps: [call: bank.pay]}}}}
  bank:
    replicas: 5
    workers: 100
    operations: {{pay: {{work: 10ms}}, look: {{work: 10ms}}}}
workload: [{{call: shop.buy, arrivals: {{process: constant, rate: 100/s}}}}]
calls:
  "shop -> bank": {{outlier: {{max_ejected: 20%, success_rate: off, {more}}}, timeout: 500ms}}
faults: [{{kind: {fault}, at: 10s, for: 10s}}]
run: {{duration: 60s}}
"""


def shop(folder: Path, fault: str, more: str = "", callers: int = 1, text: str = SHOP) -> Played:
    return play(folder, text.format(fault=fault, more=more, callers=callers))


@pytest.mark.parametrize(
    ("fault", "outcome", "failures"),
    [
        ("errors, share: 100%, target: 'bank[2]'", "server_error", 5),
        ("crash, target: 'bank[2]'", "unreachable", 5),
        # while the first five time out (0.5 s), 100/s go on; a fifth of them meets the paused replica: 5 + 10 or so
        ("pause, target: 'bank[2]'", "timeout", 15),
    ],
)
def test_a_replica_that_fails_is_asked_no_more_after_five_failures(
    tmp_path: Path, fault: str, outcome: str, failures: int
) -> None:
    played = shop(tmp_path, fault)
    ended = [row.outcome for row in played.rows() if row.outcome != "ok"]
    assert set(ended) == {"server_error"}  # what the shop makes of a failed step
    assert played.figure("call:shop->bank", f"{outcome}_rate") > 0
    assert abs(len(ended) - failures) <= 1


def test_ejections_are_seen_as_open_breakers_of_the_edge(tmp_path: Path) -> None:
    played = shop(tmp_path, "errors, share: 100%, target: 'bank[2]'")
    states = played.result.breaker_states
    assert list(states["state"]) == ["open", "closed"]
    out, back = states["time"]
    assert 10.0 < out < 10.3
    assert back == 50.0  # 30 s later at the earliest, at a sweep
    assert played.figure("call:shop->bank", "breaker_opens") == 1
    assert played.figure("call:shop->bank", "breaker_open_share") == pytest.approx((back - out) / (5 * 60))


@pytest.mark.parametrize(("scope", "failures"), [("caller", 15), ("edge", 5)])
def test_each_caller_replica_finds_out_for_itself_unless_the_edge_shares_a_detector(
    tmp_path: Path, scope: str, failures: int
) -> None:
    played = shop(tmp_path, "errors, share: 100%, target: 'bank[2]'", f"scope: {scope}", callers=3)
    assert played.outcomes().count("server_error") == failures


def test_a_caller_that_crashes_forgets_whom_it_ejected(tmp_path: Path) -> None:
    crash = "{name: crash, kind: crash, target: shop, at: 12s, for: 1s}"
    text = SHOP.replace("for: 10s}}]", f"for: 10s}}}}, {crash.replace('{', '{{').replace('}', '}}')}]")
    played = shop(tmp_path, "errors, share: 100%, target: 'bank[2]'", text=text)
    assert played.outcomes().count("server_error") == 10
    assert list(played.result.breaker_states["state"]) == ["open", "closed", "open", "closed"]


def test_all_operations_of_an_edge_share_the_detector(tmp_path: Path) -> None:
    text = SHOP.replace("[call: bank.pay]", "[call: bank.pay, {{call: bank.look, critical: false}}]")
    played = shop(tmp_path, "errors, share: 100%, target: 'bank[2]'", text=text)
    counted = played.figure("call:shop->bank", "server_error_rate") * played.count("call:shop->bank")
    assert round(counted) == 5


def test_with_every_replica_out_and_no_panic_threshold_nobody_is_there(tmp_path: Path) -> None:
    text = SHOP.replace("max_ejected: 20%", "max_ejected: 100%")
    more = "panic_threshold: {}, update_merge_window: 0"
    for threshold, outcome in (("0", "unreachable"), ("50%", "server_error")):
        played = shop(tmp_path, "errors, share: 100%, target: bank", more.format(threshold), text=text)
        assert played.figure("call:shop->bank", f"{outcome}_rate", "during:errors") > 0.9


def test_a_detector_changes_no_number_where_nothing_fails(tmp_path: Path) -> None:
    fault = "slowdown, factor: 1, target: bank"
    watched = shop(tmp_path, fault)
    bare = shop(tmp_path, fault, text=SHOP.replace("outlier: {{max_ejected: 20%, success_rate: off, {more}}}, ", ""))
    assert [row[:9] for row in watched.rows()] == [row[:9] for row in bare.rows()]


def test_the_clients_own_calls_and_callee_breakers_go_round_ejected_replicas(tmp_path: Path) -> None:
    text = """
    services:
      bank: {replicas: 5, workers: 100, operations: {pay: {work: 10ms}}}
    workload: [{call: bank.pay, arrivals: {process: constant, rate: 100/s}}]
    calls:
      "client -> bank": {outlier: {max_ejected: 20%}, breaker: {scope: callee, max_failures: 100}}
    faults: [{kind: errors, share: 100%, target: 'bank[2]', at: 10s, for: 10s}]
    run: {duration: 30s}
    """
    assert play(tmp_path, text).outcomes().count("server_error") == 5


def test_a_stack_has_one_detector_wherever_it_stands(tmp_path: Path) -> None:
    stack = "{{stack: [outlier: {{max_ejected: 20%}}, retry: {{max_retries: 0}}, timeout: 500ms]}}"
    begin, _, rest = SHOP.partition('"shop -> bank": ')
    text = begin + '"shop -> bank": ' + stack + "\n" + rest.partition("\n")[2]
    played = shop(tmp_path, "errors, share: 100%, target: 'bank[2]'", text=text)
    assert played.outcomes().count("server_error") == 5
    twice = text.replace("timeout: 500ms]", "outlier: {{}}, timeout: 500ms]")
    with pytest.raises(Exception, match="a stack can name it once"):
        shop(tmp_path, "errors, share: 100%, target: 'bank[2]'", text=twice)
