"""The call cache and its memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.policies.cache import Memory, caching
from simulator.policies.call import Policy
from tests.policies.desk import Desk
from tests.support import play


@pytest.fixture
def desk() -> Desk:
    return Desk()


def cache(desk: Desk, ttl: float, memory: Memory | None = None, key: str = "get") -> Policy:
    made = memory or Memory()
    return caching(lambda _: made, lambda _: key, ttl, desk.environment)


# -- memory -----------------------------------------------------------------------------------------------


def test_an_answer_ages_from_the_time_it_came_until_a_newer_one_comes() -> None:
    memory = Memory()
    assert memory.age("a", 1.0) is None
    memory.store("a", 1.0)
    assert memory.age("a", 4.0) == 3.0
    memory.store("a", 5.0)
    assert memory.age("a", 5.0) == 0.0
    assert memory.age("b", 5.0) is None


def test_beyond_the_capacity_the_least_recently_used_is_forgotten() -> None:
    memory = Memory(capacity=2)
    memory.store("a", 0.0)
    memory.store("b", 0.0)
    assert memory.age("a", 1.0) == 1.0
    memory.store("c", 1.0)
    assert [memory.age(key, 1.0) for key in "abc"] == [1.0, None, 0.0]


def test_storing_again_is_using() -> None:
    memory = Memory(capacity=2)
    for key in "abac":
        memory.store(key, 0.0)
    assert [memory.age(key, 0.0) for key in "abc"] == [0.0, None, 0.0]


def test_a_crash_forgets_everything() -> None:
    memory = Memory()
    memory.store("a", 0.0)
    memory.reset(1.0)
    assert memory.age("a", 1.0) is None


# -- the policy -------------------------------------------------------------------------------------------


def test_a_hit_costs_no_call_and_no_time_until_the_time_to_live_is_over(desk: Desk) -> None:
    policy, server = cache(desk, 10.0), desk.server(("ok", 1.0))
    for name, at in (("first", 0.0), ("hit", 10.75), ("late", 11.0), ("again", 12.5)):
        desk.ask(name, [policy], server, at=at)
    desk.run()
    assert desk.answers == {"first": (1.0, "ok"), "hit": (10.75, "ok"), "late": (12.0, "ok"), "again": (12.5, "ok")}
    assert [line for line in desk.lines if "begin" in line] == ["0: begin", "11: begin"]


@pytest.mark.parametrize("outcome", ["client_error", "server_error", "timeout", "rejected queue_full"])
def test_only_ok_is_remembered(desk: Desk, outcome: str) -> None:
    policy, server = cache(desk, 10.0), desk.server((outcome, 1.0), ("ok", 1.0))
    desk.ask("a", [policy], server)
    desk.ask("b", [policy], server, at=2.0)
    desk.run()
    assert desk.answers == {"a": (1.0, outcome), "b": (3.0, "ok")}


def test_misses_at_the_same_time_all_call(desk: Desk) -> None:
    policy, server = cache(desk, 10.0), desk.server(("ok", 1.0))
    for name in "abc":
        desk.ask(name, [policy], server)
    desk.run()
    assert desk.lines.count("0: begin") == 3


def test_a_call_that_was_given_up_is_not_remembered(desk: Desk) -> None:
    memory = Memory()
    desk.ask("a", [cache(desk, 10.0, memory)], desk.server(("ok", 2.0)))
    desk.give_up("a", at=1.0)
    desk.run()
    assert memory.age("get", 5.0) is None


def test_operations_do_not_answer_for_each_other(desk: Desk) -> None:
    memory = Memory()
    server = desk.server(("ok", 1.0))
    desk.ask("a", [cache(desk, 10.0, memory, "get")], server)
    desk.ask("b", [cache(desk, 10.0, memory, "list")], server, at=2.0)
    desk.run()
    assert desk.lines.count("2: begin") == 1


# -- whole models -----------------------------------------------------------------------------------------

CACHED = """
    services:
      front: {workers: 9, replicas: 2, operations: {a: {steps: [{call: back.get}]}}}
      back: {workers: 9, operations: {get: {work: 100ms}}}
    calls: {"front -> back": {cache: {ttl: 5s}}}
    workload: [{call: front.a, arrivals: {process: constant, rate: 1/s}}]
    run: {duration: 20s, replications: 1}
    """


@pytest.mark.parametrize(("scope", "calls"), [("caller", 2 * 4), ("edge", 4)])
def test_each_replica_has_its_own_memory_unless_the_edge_shares_one(tmp_path: Path, scope: str, calls: int) -> None:
    played = play(tmp_path, CACHED, f'calls."front -> back".cache.scope={scope}')
    assert all(row.outcome == "ok" for row in played.rows())
    assert played.busy("back") == pytest.approx(calls * 0.1, abs=0.11)


def test_a_crashed_caller_begins_with_an_empty_memory(tmp_path: Path) -> None:
    fault = "\n    faults: [{kind: crash, target: front, at: 3.5s, for: 100ms}]\n"
    calm, struck = (
        play(tmp_path, CACHED.replace("replicas: 2, ", "").replace("ttl: 5s", "ttl: 1h") + more) for more in ("", fault)
    )
    assert (calm.busy("back"), struck.busy("back")) == (0.1, 0.2)


def test_a_hit_leaves_no_effect(tmp_path: Path) -> None:
    text = CACHED.replace("get: {work: 100ms}", "get: {work: 100ms, effect: true}").replace("replicas: 2, ", "")
    states = [row.state for row in play(tmp_path, text).rows()]
    assert states[0] == "done"
    assert set(states[1:4]) == {"undone"}


def test_keys_are_told_apart(tmp_path: Path) -> None:
    """Three keys: three calls where the called operation, or else the workload, names them."""
    keyed = ["keys={item: {dist: uniform, n: 3}, one: {dist: uniform, n: 1}}", "run.duration=60s"]
    text = CACHED.replace("replicas: 2, ", "").replace("ttl: 5s", "ttl: 1h")
    for override, calls in (("workload.a.key=item", 3), ("services.back.operations.get.key=item", 3)):
        assert play(tmp_path, text, *keyed, override).busy("back") == pytest.approx(calls * 0.1)
    both = ("workload.a.key=item", "services.back.operations.get.key=one")
    assert play(tmp_path, text, *keyed, *both).busy("back") == pytest.approx(0.1)


def test_a_fallback_remembers_by_key(tmp_path: Path) -> None:
    """What was well for one key says nothing of another: the first failure of each key finds nothing."""
    text = CACHED.replace("replicas: 2, ", "").replace("cache: {ttl: 5s}", "fallback: {cache: {}}")
    keyed = ["keys={item: {dist: uniform, n: 1000}}", "workload.a.key=item"]
    broken = "faults=[{kind: errors, target: back, share: 100%, at: 5500ms, for: 20s}]"
    assert play(tmp_path, text, broken).outcomes() == ["ok"] * 19
    assert play(tmp_path, text, broken, *keyed).outcomes() == ["ok"] * 5 + ["server_error"] * 14
