"""Crashes and pauses of a replica, slowdowns and errors: what callers see, and that nothing is held afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.bench import Bench, policies

OPERATIONS: dict[str, Any] = {
    "serve": {"work": 1.0, "effect": True},
    "long": {"work": 4.0, "effect": True},
    "steps": {"steps": [{"work": 1.0}, {"pause": 1.0}, {"work": 1.0}]},
}


def fault(kind: str, at: float, seconds: float, target: str = "back", **more: Any) -> dict[str, Any]:
    return {"name": f"{kind} {at}", "kind": kind, "target": target, "at": at, "for": seconds, **more}


def bench(*faults: dict[str, Any], **back: Any) -> Bench:
    return Bench({"workers": 1, "operations": OPERATIONS, **back}, faults=list(faults))


# -- crash ------------------------------------------------------------------------------------------------


def test_a_crash_breaks_off_what_is_served_and_what_waits_at_once() -> None:
    made = bench(fault("crash", 1.5, 10.0))
    made.ask("a", operation="long")
    made.ask("b", "c")
    assert made.run() == {"a": (1.5, "unreachable"), "b": (1.5, "unreachable"), "c": (1.5, "unreachable")}
    assert made.roots["a"].ledger is None


def test_a_crashed_replica_is_unreachable_after_one_delay_each_way_until_it_is_back_empty() -> None:
    made = Bench(
        {"workers": 1, "operations": OPERATIONS},
        faults=[fault("crash", 1.0, 10.0)],
        defaults={"network": {"latency": 0.25}},
    )
    made.ask("down", at=5.0)
    made.ask("up again", at=11.0)
    assert made.run() == {"down": (5.5, "unreachable"), "up again": (12.5, "ok")}


@pytest.mark.parametrize("holds_worker", [True, False])
@pytest.mark.parametrize("operation", ["serve", "long", "steps"])
def test_after_a_crash_no_worker_is_missing(operation: str, holds_worker: bool) -> None:
    made = bench(fault("crash", 1.5, 1.0), fault("crash", 4.25, 1.0), workers=2, holds_worker=holds_worker)
    for number in range(12):
        made.ask(f"{number}", operation=operation, at=number / 2)
    made.run()
    made.ask("x", "y", at=1000.0)
    made.run(2000.0)
    assert (made.replica.busy, made.replica.executing, made.replica.queued) == (0, 0, 0)
    assert (made.times["x"], made.times["y"]) == (1001.0, 1001.0)


def test_only_the_replica_that_crashes_is_hit() -> None:
    made = bench(fault("crash", 0.5, 10.0, target="back[1]"), replicas=2)
    made.ask("a", "b")
    assert sorted(made.run().values()) == [(0.5, "unreachable"), (1.0, "ok")]
    assert [replica.up for replica in made.replicas] == [True, True]


def test_crashes_that_overlap_unite() -> None:
    made = bench(fault("crash", 1.0, 4.0), fault("crash", 3.0, 4.0))
    for time in (2.0, 4.0, 5.5, 6.9, 7.5):
        made.ask(f"{time}", at=time)
    assert [outcome for _, outcome in made.run().values()] == ["unreachable"] * 4 + ["ok"]


def test_a_cancel_message_that_finds_a_crashed_replica_changes_nothing() -> None:
    """The caller gives up at 1.0, the crash comes at 1.1, and the cancel message arrives at 1.25."""
    edge = policies("queued", timeout={"value": 1.0})
    made = Bench(
        {"workers": 1, "operations": OPERATIONS},
        edge,
        faults=[fault("crash", 1.1, 1.0)],
        defaults={"network": {"latency": 0.25}},
    )
    made.ask("serving", operation="long")
    made.ask("queued")
    made.run()
    assert (made.replica.queued, made.replica.tally.queued_now) == (0, 0)
    assert all(link.sent == link.answered for link in made.world.links)


# -- pause ------------------------------------------------------------------------------------------------


def test_a_pause_delays_what_is_served_and_loses_nothing() -> None:
    made = bench(fault("pause", 0.25, 10.0))
    made.ask("a", "b")
    assert made.run() == {"a": (11.0, "ok"), "b": (12.0, "ok")}


def test_what_arrives_during_a_pause_waits() -> None:
    made = bench(fault("pause", 1.0, 10.0))
    made.ask("a", "b", at=2.0)
    assert made.run() == {"a": (12.0, "ok"), "b": (13.0, "ok")}


def test_pauses_that_overlap_are_one() -> None:
    made = bench(fault("pause", 0.5, 4.0), fault("pause", 2.5, 4.0))
    made.ask("a")
    assert made.run() == {"a": (7.0, "ok")}


def test_two_pauses_during_one_piece_of_work_both_count() -> None:
    made = bench(fault("pause", 1.0, 2.0), fault("pause", 4.0, 3.0))
    made.ask("a", operation="long")
    assert made.run() == {"a": (9.0, "ok")}


def test_time_without_work_passes_during_a_pause_but_nothing_is_answered() -> None:
    made = bench(fault("pause", 1.5, 3.0))
    made.ask("a", operation="steps")
    assert made.run() == {"a": (5.5, "ok")}


def test_a_pause_and_a_crash_together_leave_a_working_replica() -> None:
    made = bench(fault("pause", 1.0, 4.0), fault("crash", 2.0, 1.0))
    made.ask("a", operation="long")
    made.ask("b", at=1.5)
    made.ask("c", at=3.5)
    assert made.run() == {"a": (2.0, "unreachable"), "b": (2.0, "unreachable"), "c": (6.0, "ok")}


# -- slowdown, errors -------------------------------------------------------------------------------------


def test_a_slowdown_hits_work_that_begins_meanwhile() -> None:
    made = bench(fault("slowdown", 1.0, 2.0, factor=3.0))
    made.ask("before", at=0.5)
    made.ask("during", at=2.0)
    made.ask("after", at=10.0)
    assert made.run() == {"before": (1.5, "ok"), "during": (5.0, "ok"), "after": (11.0, "ok")}


def test_slowdowns_multiply() -> None:
    made = bench(fault("slowdown", 0.0, 5.0, factor=3.0), fault("slowdown", 1.0, 5.0, factor=2.0))
    made.ask("both", at=2.0)
    assert made.run() == {"both": (8.0, "ok")}


def test_a_slowdown_of_one_operation_spares_the_others() -> None:
    made = bench(fault("slowdown", 0.0, 50.0, target="back.long", factor=2.0), workers=2)
    made.ask("a", at=1.0)
    made.ask("b", operation="long", at=1.0)
    assert made.run() == {"a": (2.0, "ok"), "b": (9.0, "ok")}


def test_errors_strike_at_the_end_of_work_and_end_with_the_fault() -> None:
    made = bench(fault("errors", 1.0, 5.0, share=1.0))
    made.ask("during", at=1.0)
    made.ask("ends after", at=5.5)
    assert made.run() == {"during": (2.0, "server_error"), "ends after": (6.5, "ok")}
    assert made.roots["during"].ledger is None


def test_the_first_replicas_are_hit_where_the_file_gives_a_number() -> None:
    made = bench(fault("slowdown", 0.0, 50.0, factor=2.0, replicas=1), replicas=3)
    made.ask("a", "b", "c", at=1.0)
    assert sorted(time for time, _ in made.run().values()) == [2.0, 2.0, 3.0]


# -- discovery --------------------------------------------------------------------------------------------


def test_without_discovery_a_dead_replica_goes_on_being_called() -> None:
    made = bench(fault("crash", 1.0, 100.0, target="back[0]"), replicas=2)
    for number in range(10):
        made.ask(f"{number}", at=10.0 + 2 * number)
    assert [outcome for _, outcome in made.run().values()].count("unreachable") == 5


def test_discovery_takes_a_dead_replica_off_the_list_and_puts_it_back() -> None:
    """Checks at 5, 10, 15, …; the second failed one is at 10; callers hear of it at 11; of the return at 31."""
    made = bench(
        fault("crash", 1.0, 25.0, target="back[0]"),
        replicas=2,
        discovery={"health_check": {"every": 5.0, "failures": 2}, "propagation": 1.0},
    )
    for period, begin in (("unnoticed", 2.0), ("noticed", 12.0), ("back", 32.0)):
        for number in range(6):
            made.ask(f"{period} {number}", at=begin + 1.25 * number)
    outcomes = {name: outcome for name, (_, outcome) in made.run(100.0).items()}
    failed = {
        period: sum(outcomes[f"{period} {n}"] != "ok" for n in range(6)) for period in ("unnoticed", "noticed", "back")
    }
    assert failed == {"unnoticed": 3, "noticed": 0, "back": 0}
    assert made.replicas[0].tally.executed == 15


def test_with_every_replica_off_the_list_a_call_is_unreachable_at_once() -> None:
    made = bench(
        fault("crash", 1.0, 50.0), discovery={"health_check": {"every": 1.0, "failures": 1}, "propagation": 0.0}
    )
    made.ask("a", at=10.0)
    assert made.run(20.0) == {"a": (10.0, "unreachable")}
