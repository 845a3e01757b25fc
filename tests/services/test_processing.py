"""Cores, shared workers and priorities at a replica: who works when, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.bench import Bench, policies


def bench(work: Any = 2.0, **service: Any) -> Bench:
    return Bench({"workers": 10, "operations": {"serve": {"work": work}}, **service})


# -- cores --------------------------------------------------------------------------------------------------


def test_cores_are_shared_alike_by_all_who_compute() -> None:
    made = bench(cores=2)
    made.ask("a", "b", "c", "d")
    made.ask("e", at=10.0)
    assert made.run() == dict.fromkeys("abcd", (4, "ok")) | {"e": (12, "ok")}


def test_who_comes_later_slows_who_is_there() -> None:
    """One core: a has done 1 s when b comes; both get half of it, and b goes on alone from 4 s."""
    made = bench(cores=1)
    made.ask("a")
    made.ask("b", at=1.0)
    made.run()
    assert made.times == pytest.approx({"a": 3.0, "b": 4.0})


def test_io_shares_nothing() -> None:
    made = bench({"cpu": 1.0, "io": 5.0}, cores=1)
    made.ask("a", "b")
    assert made.run() == {"a": (7, "ok"), "b": (7, "ok")}


def test_without_cores_the_parts_add_up() -> None:
    made = bench({"cpu": 1.0, "io": 5.0}, workers=1)
    made.ask("a", "b")
    assert made.run() == {"a": (6, "ok"), "b": (12, "ok")}


def test_a_queue_forms_for_workers_not_for_cores() -> None:
    made = bench(workers=1, cores=4)
    made.ask("a", "b")
    assert made.run() == {"a": (2, "ok"), "b": (4, "ok")}


def test_branches_of_one_request_share_the_cores_too() -> None:
    steps = [{"parallel": {"steps": [{"work": 2.0}, {"work": 2.0}]}}]
    made = Bench({"workers": 1, "cores": 1, "operations": {"serve": {"steps": steps}}})
    made.ask("a")
    assert made.run() == {"a": (4, "ok")}


def test_cores_at_work_are_counted() -> None:
    made = bench(cores=2)
    made.ask("a", "b", "c")
    made.run(50.0)
    servers = made.world.services["back"].servers
    assert servers is not None
    assert servers.running_seconds(50.0) == pytest.approx(6.0)


def test_contention_is_more_cpu_time() -> None:
    made = bench(cores=1, contention=0.5)
    made.ask("a")
    assert made.run() == {"a": (2.5, "ok")}


def test_who_is_aborted_leaves_the_core_to_the_others() -> None:
    """Two share a core; both give up after 3 s, and of the third nothing is left to share."""
    made = Bench(
        {"workers": 10, "cores": 1, "operations": {"serve": {"work": 2.0}}},
        policies("always", timeout={"value": 3.0}),
    )
    made.ask("a", "b")
    made.ask("c", at=2.0)
    assert made.run() == {"a": (3, "timeout"), "b": (3, "timeout"), "c": (pytest.approx(3 + 5 / 3), "ok")}


def test_a_pause_stops_the_clock_of_the_cores() -> None:
    fault = {"kind": "pause", "target": "back", "at": 1.0, "for": 10.0}
    made = Bench({"workers": 10, "cores": 1, "operations": {"serve": {"work": 2.0}}}, faults=[fault])
    made.ask("a", "b")
    made.ask("c", at=5.0)
    made.run()
    assert made.times == pytest.approx({"a": 15.5, "b": 15.5, "c": 16.0})


def test_a_crash_empties_the_cores() -> None:
    fault = {"kind": "crash", "target": "back", "at": 1.0, "for": 1.0}
    made = Bench({"workers": 10, "cores": 1, "operations": {"serve": {"work": 2.0}}}, faults=[fault])
    made.ask("a", "b")
    made.ask("c", at=3.0)
    assert made.run() == {"a": (1, "unreachable"), "b": (1, "unreachable"), "c": (5, "ok")}


# -- workers without limit ----------------------------------------------------------------------------------


def test_workers_without_limit_make_nobody_wait() -> None:
    made = bench(workers="unlimited")
    made.ask(*(str(number) for number in range(500)))
    assert set(made.run().values()) == {(2, "ok")}
    assert made.replica.tally.take_max() == 0


# -- ps and priorities --------------------------------------------------------------------------------------


def test_under_ps_the_workers_are_shared_by_all_who_are_there() -> None:
    made = bench(workers=2, queue={"discipline": "ps"})
    made.ask("a", "b", "c", "d")
    assert made.run() == dict.fromkeys("abcd", (4, "ok"))


def test_under_ps_a_capacity_bounds_who_may_be_there() -> None:
    made = bench(workers=1, queue={"discipline": "ps", "capacity": 1})
    made.ask("a", "b", "c")
    assert made.run() == {"c": (0, "rejected queue_full"), "a": (4, "ok"), "b": (4, "ok")}


def test_under_ps_who_waits_for_a_call_takes_no_share() -> None:
    steps = [{"pause": 10.0}, {"work": 1.0}]
    made = Bench(
        {
            "workers": 1,
            "queue": {"discipline": "ps"},
            "operations": {"serve": {"work": 2.0}, "wait": {"steps": steps}},
        }
    )
    made.ask("w", operation="wait")
    made.ask("a")
    assert made.run() == {"a": (2, "ok"), "w": (11, "ok")}


CLASSES = [
    {"call": "front.serve", "name": "low", "arrivals": {"process": "constant", "rate": 1.0}},
    {"call": "front.serve", "name": "top", "arrivals": {"process": "constant", "rate": 1.0}, "priority": 3},
]


def prioritised(**queue: Any) -> Bench:
    queue = {"discipline": "priority", **queue}
    made = Bench({"workers": 1, "queue": queue, "operations": {"serve": {"work": 2.0}}}, workload=CLASSES)
    made.ask("first", "second")
    made.ask("urgent", at=1.0)
    made.roots["urgent"].entry = made.world.entries[1]
    return made


def test_a_larger_priority_comes_first_and_disturbs_nobody() -> None:
    assert prioritised().run() == {"first": (2, "ok"), "urgent": (4, "ok"), "second": (6, "ok")}


def test_a_preemptive_priority_takes_the_worker_and_gives_it_back() -> None:
    """The first has 1 s left when it is stopped at 1 s, and goes on at 3 s where it was."""
    made = prioritised(preemptive=True)
    assert made.run() == {"urgent": (3, "ok"), "first": (4, "ok"), "second": (6, "ok")}


def test_who_stands_still_is_who_queues() -> None:
    made = prioritised(preemptive=True)
    made.run(10.0)
    servers = made.world.services["back"].servers
    assert servers is not None
    assert servers.standing_seconds(10.0) == pytest.approx(1 + 2 * 2 + 1)
    assert servers.running_seconds(10.0) == pytest.approx(6.0)


def test_who_comes_back_has_its_requests_priority() -> None:
    """An event loop: the urgent one has waited for something when it comes back, and goes before who came earlier."""
    steps = [{"work": 1.0}, {"pause": 0.5}, {"work": 1.0}]
    back = {"workers": 1, "holds_worker": False, "queue": {"discipline": "priority"}}
    made = Bench({**back, "operations": {"serve": {"steps": steps}, "long": {"work": 2.0}}}, workload=CLASSES)
    made.ask("urgent")
    made.ask("low", "other", operation="long", at=0.5)
    made.roots["urgent"].entry = made.world.entries[1]
    assert made.run() == {"low": (3, "ok"), "urgent": (4, "ok"), "other": (6, "ok")}


def test_under_ps_an_adaptive_limit_bounds_who_is_there() -> None:
    limit = {"kind": "aimd", "initial": 2, "min": 2, "max": 2}
    made = bench(workers=1, queue={"discipline": "ps"}, adaptive_limit=limit)
    made.ask("a", "b", "c")
    assert made.run() == {"c": (0, "rejected shed"), "a": (4, "ok"), "b": (4, "ok")}


def test_under_ps_who_comes_in_a_pause_waits_for_its_end() -> None:
    fault = {"kind": "pause", "target": "back", "at": 1.0, "for": 10.0}
    queue = {"discipline": "ps", "capacity": 1}
    service = {"workers": 1, "queue": queue, "operations": {"serve": {"work": 2.0}}}
    made = Bench(service, faults=[fault])
    made.ask("a")
    made.ask("b", "c", at=5.0)
    assert made.run() == {"c": (5, "rejected queue_full"), "a": (13, "ok"), "b": (14, "ok")}


def test_codel_drops_what_waited_too_long() -> None:
    made = bench(0.05, workers=1, queue={"discipline": "codel", "target": 0.01, "interval": 0.1})
    made.ask(*(f"{number:02}" for number in range(40)))
    outcomes = [outcome for _, outcome in made.run().values()]
    assert outcomes.count("rejected shed") > 3
    assert outcomes[0] == "ok"
