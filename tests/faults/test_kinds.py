"""Each kind of fault, what it does to whom, and how overlapping ones combine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

PAIR = """
services:
  a: {workers: 64, operations: {run: {steps: [{call: b.run}]}}}
  b:
    replicas: 2
    workers: 8
    operations:
      run: {work: 100ms, effect: true}
      other: {work: 100ms}
workload: [{call: a.run, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 30.5s}
"""
"""Requests at 1, 2, … 30 s, by turns at the two replicas of b: the odd ones at b[0]."""


def faulty(folder: Path, *faults: str, more: tuple[str, ...] = ()) -> Played:
    named = ", ".join(f"{{name: f{number}, {text}}}" for number, text in enumerate(faults))
    return play(folder, PAIR, f"faults=[{named}]", *more)


def by_second(played: Played) -> dict[int, float]:
    return {round(row.arrived): row.latency for row in played.rows()}


def failed(played: Played) -> list[int]:
    return [round(row.arrived) for row in played.rows() if row.outcome != "ok"]


# -- slowdown --------------------------------------------------------------------------------------------------


def test_a_slowdown_multiplies_work_that_begins_meanwhile(tmp_path: Path) -> None:
    seconds = by_second(faulty(tmp_path, "kind: slowdown, target: b, factor: 4, at: 10s, for: 3.05s"))
    assert {second for second, taken in seconds.items() if taken != 0.1} == {10, 11, 12, 13}
    assert seconds[13] == pytest.approx(0.4)  # begun in time, and slow to its end


def test_slowdowns_multiply(tmp_path: Path) -> None:
    both = (
        "kind: slowdown, target: b, factor: 2, at: 10s, for: 5s",
        "kind: slowdown, target: b, factor: 3, at: 12s, for: 5s",
    )
    seconds = by_second(faulty(tmp_path, *both))
    taken = [seconds[second] for second in (9, 10, 11, 12, 14, 15, 16, 17)]
    assert taken == pytest.approx([0.1, 0.2, 0.2, 0.6, 0.6, 0.3, 0.3, 0.1])


def test_one_replica_or_one_operation_may_be_slow(tmp_path: Path) -> None:
    seconds = by_second(faulty(tmp_path, 'kind: slowdown, target: "b[1]", factor: 4, at: 10s, for: 4s'))
    assert [seconds[second] for second in (10, 11, 12, 13)] in (
        pytest.approx([0.4, 0.1, 0.4, 0.1]),
        pytest.approx([0.1, 0.4, 0.1, 0.4]),
    )
    assert set(
        by_second(faulty(tmp_path, "kind: slowdown, target: b.other, factor: 4, at: 10s, for: 4s")).values()
    ) == {0.1}
    first = by_second(faulty(tmp_path, "kind: slowdown, target: b, replicas: 1, factor: 4, at: 10s, for: 4s"))
    assert sorted(first[second] for second in (10, 11, 12, 13)) == pytest.approx([0.1, 0.1, 0.4, 0.4])


# -- latency, loss, partition ----------------------------------------------------------------------------------


def test_latency_is_added_one_way_or_both(tmp_path: Path) -> None:
    one = by_second(faulty(tmp_path, "kind: latency, target: a -> b, add: 50ms, at: 10s, for: 5s"))
    assert (one[9], one[10]) == pytest.approx((0.1, 0.15))
    back = by_second(faulty(tmp_path, "kind: latency, target: b -> a, add: 50ms, at: 10s, for: 5s"))
    assert (back[9], back[10]) == pytest.approx((0.1, 0.15))
    both = by_second(faulty(tmp_path, "kind: latency, target: a <-> b, add: 50ms, at: 10s, for: 5s"))
    assert (both[9], both[10]) == pytest.approx((0.1, 0.2))


def test_latencies_add_up(tmp_path: Path) -> None:
    two = (
        "kind: latency, target: a -> b, add: 50ms, at: 10s, for: 5s",
        "kind: latency, target: a -> b, add: 20ms, at: 12s, for: 5s",
    )
    seconds = by_second(faulty(tmp_path, *two, more=("network={a -> b: {latency: 10ms}}",)))
    taken = [seconds[second] for second in (9, 10, 12, 15, 17)]
    assert taken == pytest.approx([0.12, 0.17, 0.19, 0.14, 0.12])  # 10 ms each way all along


def test_losses_are_silence_until_the_timeout(tmp_path: Path) -> None:
    timeout = ('calls."a -> b"={timeout: 2s}',)
    played = faulty(tmp_path, "kind: loss, target: a -> b, share: 100%, at: 10s, for: 5s", more=timeout)
    assert failed(played) == [10, 11, 12, 13, 14]
    lost = [row for row in played.rows() if row.outcome != "ok"]
    assert {(row.latency, row.reason, row.state) for row in lost} == {(2.0, "timeout at a -> b.run", "undone")}
    played = faulty(tmp_path, "kind: loss, target: b -> a, share: 100%, at: 10s, for: 5s", more=timeout)
    answers = [row for row in played.rows() if row.outcome != "ok"]
    assert {(row.latency, row.state) for row in answers} == {(2.0, "done")}  # the work was done, the answer lost


def test_shares_of_loss_combine(tmp_path: Path) -> None:
    stream = "workload.run.arrivals={process: constant, rate: 100/s}"
    timeout = 'calls."a -> b"={timeout: 200ms}'
    two = (
        "kind: loss, target: a -> b, share: 50%, at: 0s, for: 1h",
        "kind: loss, target: a -> b, share: 40%, at: 0s, for: 1h",
    )
    more = (stream, timeout, "network={a -> b: {loss: 10%}, b -> a: {loss: 0%}}")
    rate = faulty(tmp_path, *two, more=more).figure("run", "error_rate")
    share = 1 - 0.5 * 0.6 * 0.9
    assert rate == pytest.approx(share, abs=5 * (share * (1 - share) / 3049) ** 0.5)


@pytest.mark.parametrize(("target", "done"), [("a -> b", "undone"), ("b -> a", "done"), ("a <-> b", "undone")])
def test_a_partition_that_drops_is_silence(tmp_path: Path, target: str, done: str) -> None:
    timeout = ('calls."a -> b"={timeout: 500ms}',)
    played = faulty(tmp_path, f"kind: partition, target: {target}, at: 10s, for: 5s", more=timeout)
    assert failed(played) == [10, 11, 12, 13, 14]
    cut = [row for row in played.rows() if row.outcome != "ok"]
    assert {(row.latency, row.reason, row.state) for row in cut} == {(0.5, "timeout at a -> b.run", done)}


def test_a_partition_that_refuses_is_known_after_one_delay_each_way(tmp_path: Path) -> None:
    delay = ("network={a -> b: {latency: 20ms}}",)
    played = faulty(tmp_path, "kind: partition, mode: refuse, target: a -> b, at: 10s, for: 5s", more=delay)
    cut = [row for row in played.rows() if row.outcome != "ok"]
    assert failed(played) == [10, 11, 12, 13, 14]
    assert {(row.latency, row.reason, row.state) for row in cut} == {(0.04, "unreachable at a -> b.run", "undone")}


def test_a_partition_that_refuses_both_ways_is_known_as_soon(tmp_path: Path) -> None:
    delay = ("network={a -> b: {latency: 20ms}}", 'calls."a -> b"={timeout: 500ms}')
    played = faulty(tmp_path, "kind: partition, mode: refuse, target: a <-> b, at: 10s, for: 5s", more=delay)
    cut = [row for row in played.rows() if row.outcome != "ok"]
    assert failed(played) == [10, 11, 12, 13, 14]
    assert {(row.latency, row.reason, row.state) for row in cut} == {(0.04, "unreachable at a -> b.run", "undone")}


def test_an_answer_that_is_refused_is_silence(tmp_path: Path) -> None:
    timeout = ('calls."a -> b"={timeout: 500ms}',)
    played = faulty(tmp_path, "kind: partition, mode: refuse, target: b -> a, at: 10.05s, for: 40ms", more=timeout)
    assert failed(played) == []
    played = faulty(tmp_path, "kind: partition, mode: refuse, target: b -> a, at: 10.05s, for: 60ms", more=timeout)
    assert [row.reason for row in played.rows() if row.outcome != "ok"] == ["timeout at a -> b.run"]


def test_a_partition_is_of_one_link_only(tmp_path: Path) -> None:
    assert failed(faulty(tmp_path, "kind: partition, target: client -> b, at: 10s, for: 5s")) == []


def test_overlapping_partitions_unite(tmp_path: Path) -> None:
    two = ("kind: partition, mode: refuse, target: a -> b, at: 10s, for: 5s",) * 2
    two = (two[0], two[1].replace("at: 10s", "at: 13s"))
    assert failed(faulty(tmp_path, *two)) == list(range(10, 18))


# -- errors ----------------------------------------------------------------------------------------------------


def test_errors_strike_at_the_end_of_the_work(tmp_path: Path) -> None:
    played = faulty(tmp_path, "kind: errors, target: b, share: 100%, at: 9.95s, for: 5s")
    assert failed(played) == [10, 11, 12, 13, 14]
    bad = [row for row in played.rows() if row.outcome != "ok"]
    assert {(row.latency, row.reason, row.state) for row in bad} == {(0.1, "server_error at b.run", "undone")}


def test_shares_of_errors_combine_with_each_other_and_with_the_operations_own(tmp_path: Path) -> None:
    two = (
        "kind: errors, target: b, share: 50%, at: 0s, for: 1h",
        "kind: errors, target: b.run, share: 40%, at: 0s, for: 1h",
    )
    more = ("services.b.operations.run.server_errors=10%", "workload.run.arrivals={process: constant, rate: 100/s}")
    rate = faulty(tmp_path, *two, more=more).figure("run", "error_rate")
    share = 1 - 0.5 * 0.6 * 0.9
    assert rate == pytest.approx(share, abs=5 * (share * (1 - share) / 3049) ** 0.5)


# -- crash -----------------------------------------------------------------------------------------------------


def test_a_crash_breaks_what_is_in_service_at_once_and_it_leaves_no_effect(tmp_path: Path) -> None:
    played = faulty(tmp_path, "kind: crash, target: b, at: 10.06s, for: 5s")
    rows = {round(row.arrived): row for row in played.rows()}
    assert failed(played) == [10, 11, 12, 13, 14, 15]
    assert (rows[10].latency, rows[10].reason, rows[10].state) == (0.06, "unreachable at a -> b.run", "undone")
    assert rows[11].latency == 0.0


def test_later_requests_know_after_one_delay_each_way(tmp_path: Path) -> None:
    delay = ("network={a -> b: {latency: 20ms}}",)
    rows = {
        round(row.arrived): row
        for row in faulty(tmp_path, "kind: crash, target: b, at: 10.06s, for: 5s", more=delay).rows()
    }
    assert (rows[10].latency, rows[11].latency) == pytest.approx((0.06, 0.04))


def test_a_crash_takes_those_who_wait_as_well(tmp_path: Path) -> None:
    one = ("services.b.replicas=1", "services.b.workers=1", "services.b.operations.run.work=10s", "run.drain=0s")
    played = faulty(tmp_path, "kind: crash, target: b, at: 4.5s, for: 1s", more=one)
    rows = played.rows()
    assert [row.latency for row in rows[:4]] == pytest.approx([3.5, 2.5, 1.5, 0.5])
    assert played.figure("service:b", "queue_length_end") == 30 - 5 - 3  # empty after the crash; from 6 s on it fills


def test_only_the_crashed_replica_is_gone(tmp_path: Path) -> None:
    assert len(failed(faulty(tmp_path, "kind: crash, target: b, replicas: 1, at: 9.5s, for: 10s"))) == 5


def test_overlapping_crashes_unite(tmp_path: Path) -> None:
    two = ("kind: crash, target: b, at: 9.5s, for: 5s", "kind: crash, target: b, at: 12.5s, for: 5s")
    assert failed(faulty(tmp_path, *two)) == list(range(10, 18))


# -- pause -----------------------------------------------------------------------------------------------------


def test_a_pause_answers_nothing_and_loses_nothing(tmp_path: Path) -> None:
    played = faulty(tmp_path, "kind: pause, target: b, at: 10.04s, for: 5s")
    seconds = by_second(played)
    assert failed(played) == []
    assert seconds[10] == pytest.approx(5.1)  # 40 ms were done, 60 ms are left at 15.04 s
    assert seconds[12] == pytest.approx(3.04 + 0.1)  # it waits, and is begun when the pause is over
    assert seconds[16] == 0.1


def test_overlapping_pauses_unite(tmp_path: Path) -> None:
    two = ("kind: pause, target: b, at: 10.04s, for: 2s", "kind: pause, target: b, at: 11.04s, for: 2s")
    assert by_second(faulty(tmp_path, *two))[10] == pytest.approx(3.1)


# -- targets that are paths of messages -------------------------------------------------------------------------


def test_after_a_fault_everything_is_as_before(tmp_path: Path) -> None:
    every = (
        "kind: slowdown, target: b, factor: 4, at: 5s, for: 2s",
        "kind: latency, target: a <-> b, add: 50ms, at: 7s, for: 2s",
        "kind: errors, target: b, share: 100%, at: 9s, for: 2s",
        "kind: crash, target: b, at: 11s, for: 2s",
        "kind: pause, target: b, at: 13s, for: 2s",
        "kind: partition, mode: refuse, target: a -> b, at: 15s, for: 2s",
        "kind: loss, target: a -> b, share: 100%, at: 17s, for: 2s",
    )
    played = faulty(tmp_path, *every, more=('calls."a -> b"={timeout: 800ms}',))
    late = [row for row in played.rows() if row.arrived > 19.5]
    assert {(row.outcome, row.latency) for row in late} == {("ok", 0.1)}
