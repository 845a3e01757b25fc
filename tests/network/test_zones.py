"""Replicas in zones: which link holds between them, whom callers prefer, what is cut off with a zone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from simulator.network.channel import Channel, Joint
from tests.services.bench import Bench
from tests.support import Played, columns_of, play

PAIR = """
services:
  front: {replicas: {a: 1, b: 1}, workers: 99, operations: {run: {steps: [{call: back.run}]}}}
  back: {replicas: {a: 1, b: 1}, workers: 99, operations: {run: {work: 0s, effect: true}}}
defaults: {network: {latency: 1ms}}
network:
  "zone:a -> zone:b": {latency: 20ms}
  "zone:b -> zone:a": {latency: 30ms}
  "zone:a -> zone:a": {latency: 4ms}
calls: {default: {timeout: 500ms}}
workload: [{call: front.run, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 40.5s}
"""
"""Requests by turns at the two fronts, of which each asks the two backs by turns."""
NEAR = "services.back.balancing={kind: round_robin, prefer: same_zone}"
CLIENT = 0.002
"""To the front and back: the client is in no zone."""


def seen(played: Played) -> dict[float, int]:
    return dict(Counter(row.latency for row in played.rows() if row.outcome == "ok"))


def failed(played: Played) -> list[int]:
    return [round(row.arrived) for row in played.rows() if row.outcome != "ok"]


def crossing(folder: Path) -> list[int]:
    """The requests between 10.2 s and 20.2 s whose call goes from one zone to the other."""
    return [
        round(row.arrived) for row in play(folder, PAIR).rows() if row.latency == 0.052 and 10.2 < row.arrived < 20.2
    ]


# -- which link holds ------------------------------------------------------------------------------------------


def test_the_zones_of_both_ends_say_how_long_a_message_takes(tmp_path: Path) -> None:
    ways = {"a-a": 0.008, "a-b": 0.050, "b-a": 0.050, "b-b": 0.002}
    found = seen(play(tmp_path, PAIR))
    assert found == {0.01: 10, 0.052: 20, 0.004: 10}
    assert set(found) == {round(CLIENT + way, 9) for way in ways.values()}


def test_a_link_named_by_its_services_wins_and_holds_for_answers_too(tmp_path: Path) -> None:
    assert seen(play(tmp_path, PAIR, 'network."front -> back"={latency: 7ms}')) == {0.016: 40}


def test_answers_without_an_entry_are_as_slow_as_the_calls(tmp_path: Path) -> None:
    # calls from a to b and their answers 20 ms each; calls from b to a have the default, their answers a's 20 ms
    assert seen(play(tmp_path, PAIR, 'network."zone:b -> zone:a"=none')) == {0.01: 10, 0.042: 10, 0.023: 10, 0.004: 10}


def test_zones_that_no_entry_names_change_no_number(tmp_path: Path) -> None:
    law = '{"front -> back": {latency: {dist: exponential, mean: 5ms}, loss: 10%}}\ncalls'
    text = re.sub(r"(?s)network:\n.*calls", f"network: {law}", PAIR)
    zoned = play(tmp_path, text)
    plain = play(tmp_path, text, "services.front.replicas=2", "services.back.replicas=2")
    assert repr(columns_of(zoned.result)) == repr(columns_of(plain.result))  # where NaN is like NaN


def test_the_order_of_zones_in_the_file_changes_no_number(tmp_path: Path) -> None:
    turned = PAIR.replace("{a: 1, b: 1}", "{b: 1, a: 1}")
    assert turned != PAIR
    assert repr(columns_of(play(tmp_path, PAIR).result)) == repr(columns_of(play(tmp_path, turned).result))


def test_all_that_goes_between_two_zones_shares_their_bandwidth(tmp_path: Path) -> None:
    sizes = "services.back.operations.run={work: 0s, request_size: 100kB}"
    pipe = 'network."zone:a -> zone:b".bandwidth=1MB/s'
    assert seen(play(tmp_path, PAIR, sizes, pipe)) == {0.01: 10, 0.152: 10, 0.052: 10, 0.004: 10}


def test_replicas_stand_in_order_of_their_zones() -> None:
    service = {"workers": 1, "replicas": {"b": 1, "a": 2, "c": 0}, "operations": {"serve": {"work": 1.0}}}
    assert [replica.zone for replica in Bench(service).replicas] == ["a", "a", "b"]


# -- whom callers prefer ---------------------------------------------------------------------------------------


def test_callers_stay_in_their_zone_if_they_prefer_it(tmp_path: Path) -> None:
    assert seen(play(tmp_path, PAIR, NEAR)) == {0.01: 20, 0.004: 20}


def test_where_none_of_the_own_zone_is_listed_all_are(tmp_path: Path) -> None:
    gone = "services.back.replicas={a: 0, b: 1, c: 1}"
    found = seen(play(tmp_path, PAIR, NEAR, gone))
    # from b to b; from a to b and to c in turn, the latter by the default
    assert found == {0.004: 30, 0.052: 10}


def test_a_zone_whose_last_replica_left_the_list_asks_elsewhere_until_it_is_back(tmp_path: Path) -> None:
    discovery = "services.back.discovery={health_check: {every: 1s, failures: 2}}"
    crash = "faults=[{kind: crash, target: zone:b, at: 10.2s, for: 10s}]"
    stays = "services.front.replicas={a: 1, b: 0}"
    fine = play(tmp_path, PAIR, NEAR, discovery, crash, stays)
    assert failed(fine) == [], "a asks a, and b's crash is nothing to it"
    other = "services.front.replicas={a: 0, b: 1}"
    hurt = play(tmp_path, PAIR, NEAR, discovery, crash.replace("zone:b", "'back[1]'"), other)
    # checks at 11 s and 12 s fail; at 12 s the request is before the list
    assert failed(hurt) in ([11], [11, 12])
    assert seen(hurt)[0.052] in (8, 9)


# -- zones as targets ------------------------------------------------------------------------------------------

CUT = "faults=[{kind: partition, target: '%s', at: 10.2s, for: 10s%s}]"


def test_a_zone_that_is_cut_off_is_silent_to_all_outside(tmp_path: Path) -> None:
    played = play(tmp_path, PAIR, NEAR, CUT % ("zone:a", ""), 'calls."client -> front"={timeout: 1s}')
    assert len(failed(played)) == 5
    assert {row.outcome for row in played.rows()} == {"ok", "timeout"}


def test_inside_of_a_zone_that_is_cut_off_calls_go_on(tmp_path: Path) -> None:
    played = play(tmp_path, PAIR, NEAR, CUT % ("zone:a", ""), "services.front.replicas={a: 1, b: 0}", "run.drain=1s")
    assert played.count("call:front->back") == 30, "nobody reaches the front"
    inner = "services.front.operations.run={steps: [{pause: 9s}, {call: back.run}]}"
    far = ("run={duration: 7.5s, drain: 20s}", 'calls."client -> front"={timeout: 15s}')
    played = play(tmp_path, PAIR, NEAR, CUT % ("zone:a", ""), "services.front.replicas={a: 1, b: 0}", inner, *far)
    assert sum(row.state == "done" for row in played.rows()) == 7, "begun before and done within"


@pytest.mark.parametrize("target", ["zone:a -> zone:b", "zone:b -> zone:a", "zone:a <-> zone:b"])
def test_a_cut_between_zones_hits_what_crosses_it(tmp_path: Path, target: str) -> None:
    played = play(tmp_path, PAIR, CUT % (target, ""))
    assert failed(played) == crossing(tmp_path), "either way loses the call or its answer"


def test_one_way_loses_the_answer_but_not_the_effect(tmp_path: Path) -> None:
    one = ("services.front.replicas={a: 1, b: 0}", "services.back.replicas={a: 0, b: 1}")
    there = play(tmp_path, PAIR, CUT % ("zone:a -> zone:b", ""), *one)
    back = play(tmp_path, PAIR, CUT % ("zone:b -> zone:a", ""), *one)
    assert len(failed(there)) == len(failed(back)) == 10
    assert sum(row.state == "done" for row in there.rows()) == 30
    assert sum(row.state == "done" for row in back.rows()) == 40


def test_a_border_that_refuses_is_known_after_one_delay_each_way(tmp_path: Path) -> None:
    one = ("services.front.replicas={a: 1, b: 0}", "services.back.replicas={a: 0, b: 1}")
    played = play(tmp_path, PAIR, CUT % ("zone:a -> zone:b", ", mode: refuse"), *one)
    refused = [row for row in played.rows() if row.outcome != "ok"]
    assert len(refused) == 10
    assert {row.latency for row in refused} == {round(CLIENT + 0.020 + 0.030, 9)}


def test_latency_and_loss_at_a_border_add_to_those_of_the_services(tmp_path: Path) -> None:
    two = "faults=[{name: x, kind: latency, add: 100ms, target: 'zone:a', at: 0s, for: 99s}, %s]"
    more = two % "{name: y, kind: latency, add: 7ms, target: 'front -> back', at: 0s, for: 99s}"
    one = ("services.front.replicas={a: 0, b: 1}", "services.back.replicas={a: 1, b: 0}")
    assert seen(play(tmp_path, PAIR, more, *one)) == {round(CLIENT + 0.050 + 0.207, 9): 40}
    lost = two % "{name: y, kind: loss, share: 100%, target: 'zone:b', at: 10.2s, for: 10s}"
    assert failed(play(tmp_path, PAIR, lost, *one)) == [*range(10, 21)], "the answer of the first was under way"


@pytest.mark.parametrize(
    ("fault", "broken"), [("crash", 5), ("pause", 5), ("errors, share: 100%", 5), ("slowdown, factor: 100", 5)]
)
def test_a_fault_of_a_zone_hits_every_replica_in_it_and_no_other(tmp_path: Path, fault: str, broken: int) -> None:
    text = PAIR.replace("work: 0s", "work: 10ms")
    hit = f"faults=[{{kind: {fault}, target: zone:b, at: 10.2s, for: 10s}}]"
    played = play(tmp_path, text, NEAR, hit, "run.drain=5s")
    slow = [row for row in played.rows() if row.outcome != "ok" or row.latency > 0.1]
    assert len(slow) == broken


def test_health_checks_do_not_reach_into_a_zone_that_is_cut_off(tmp_path: Path) -> None:
    checks = "{health_check: {every: 1s, failures: 2}}"
    found = tuple(f"services.{name}.discovery={checks}" for name in ("front", "back"))
    played = play(tmp_path, PAIR, NEAR, *found, CUT % ("zone:a", ""), 'calls."client -> front"={timeout: 1s}')
    assert len(failed(played)) <= 1, "two checks, and everybody asks b"
    between = play(tmp_path, PAIR, *found, CUT % ("zone:a <-> zone:b", ""))
    assert failed(between) == crossing(tmp_path), "a cut between two zones is unseen from outside"


# -- messages --------------------------------------------------------------------------------------------------

QUEUE = """
services:
  shop: {replicas: {a: 1, b: 1}, workers: 9, operations: {run: {steps: [{publish: news}]}}}
  mail: {replicas: {a: 1, b: 1}, workers: 9, operations: {send: {work: 0s, effect: true}}}
brokers: {bus: {preset: %s}}
topics: {news: {broker: bus, subscribers: [{operation: mail.send, deliver_to: one_replica}]}}
workload: [{call: shop.run, arrivals: {process: constant, rate: 1/s}}]
faults: [{kind: partition, mode: %s, target: "zone:a", at: 10.2s, for: 10s}]
run: {duration: 30.5s}
"""


@pytest.mark.parametrize("mode", ["drop", "refuse"])
def test_a_queue_gives_nothing_to_consumers_that_cannot_ask(tmp_path: Path, mode: str) -> None:
    played = play(
        tmp_path,
        QUEUE % ("durable_queue", mode),
        "workload=[{publish: news, name: news, arrivals: {process: constant, rate: 1/s}}]",
    )
    assert {row.state for row in played.rows()} == {"done"}
    assert max(row.completion for row in played.rows()) < 0.1, "b takes them all"
    none_left = play(
        tmp_path,
        QUEUE % ("durable_queue", mode),
        "services.mail.replicas={a: 1, b: 0}",
        "services.shop.replicas={a: 0, b: 1}",
    )
    late = [row for row in none_left.rows() if row.completion > 0.1]
    assert len(late) == 10
    assert {round(row.arrived + row.completion, 2) for row in late} == {20.2}, "as soon as it can ask again"


@pytest.mark.parametrize("mode", ["drop", "refuse"])
def test_a_publisher_that_is_cut_off_finds_the_broker_unreachable(tmp_path: Path, mode: str) -> None:
    played = play(
        tmp_path,
        QUEUE % ("durable_queue", mode),
        "services.shop.replicas={a: 1, b: 0}",
        'calls."client -> shop"={timeout: 1s}',
    )
    assert len(failed(played)) == 10
    inner = "services.shop.operations.run={steps: [{pause: 1s}, {publish: news}]}"
    played = play(
        tmp_path, QUEUE % ("durable_queue", mode), inner, "services.shop.replicas={a: 1, b: 0}", "run.duration=10.5s"
    )
    assert sum(row.state == "done" for row in played.rows()) == 9


@pytest.mark.parametrize("mode", ["drop", "refuse"])
def test_a_subscriber_that_is_cut_off_loses_what_is_published(tmp_path: Path, mode: str) -> None:
    both = ("services.mail.replicas={a: 1, b: 0}", "services.shop.replicas={a: 0, b: 1}")
    played = play(tmp_path, QUEUE % ("redis_pubsub", mode), *both)
    assert sum(row.lost for row in played.rows()) == 10


def test_channels_that_share_messages_are_summed_up() -> None:
    parts = [Channel(), Channel()]
    joint = Joint(parts)
    handles = [part.lost.turn(0.5) for part in parts]
    assert (joint.lost.value, joint.disturbed) == (0.75, True)
    parts[0].lost.release(handles[0])
    assert (joint.lost.value, joint.disturbed) == (0.5, True)
    parts[1].lost.release(handles[1])
    assert (joint.lost.value, joint.disturbed) == (0.0, False)
