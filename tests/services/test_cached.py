"""The step `cached`, in whole models whose times can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

SHOP = """
    services:
      app:
        workers: 50
        operations:
          view: {steps: [{cached: {name: goods, steps: [{call: database.get}]}}]}
      database: {workers: 50, operations: {get: {work: 100ms}}}
    workload: [{call: app.view, arrivals: {process: constant, rate: 1/s}}]
    run: {duration: 10500ms, replications: 1}
    """
"""Requests at 1, 2, … 10 s, all with the one key."""
CACHED = "services.app.operations.view.steps[0].cached"


def latencies(played: Played) -> list[float]:
    return [row.latency for row in played.rows()]


def fetches(played: Played) -> int:
    return played.count("call:app->database")


def test_a_hit_takes_no_time_and_makes_no_call(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP)
    assert latencies(played) == [0.1] + [0.0] * 9
    assert fetches(played) == 1
    for row in ("cache:goods", "service:app"):
        assert played.figure(row, "hit_ratio") == 0.9
    assert played.count("cache:goods") == 10
    assert played.timeline("cache:goods", "hit_ratio")[5.0] == 1.0


def test_a_hit_may_occupy_the_worker_for_a_time(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, f"{CACHED}.hit=2ms")
    assert latencies(played) == [0.1] + [0.002] * 9
    assert played.busy("app") == pytest.approx(0.1 + 9 * 0.002)


@pytest.mark.parametrize(
    ("settings", "missed"),
    [
        (["ttl=2s"], [1, 4, 7, 10]),  # stored 100 ms after the miss: a hit 1 s later, at 1.9 s of age, and no more
        (["ttl=1500ms", "sliding=true"], [1]),
        (["ttl=800ms", "sliding=true"], list(range(1, 11))),
    ],
)
def test_an_answer_is_kept_for_its_time(tmp_path: Path, settings: list[str], missed: list[int]) -> None:
    played = play(tmp_path, SHOP, *(f"{CACHED}.{setting}" for setting in settings))
    assert [round(row.arrived) for row in played.rows() if row.latency > 0] == missed


def test_what_comes_after_the_timeout_is_not_stored(tmp_path: Path) -> None:
    """The database does all the work in vain: the cache is refilled only by answers in time."""
    played = play(tmp_path, SHOP, "calls={app -> database: {timeout: 50ms}}")
    assert played.outcomes() == ["server_error"] * 10
    assert fetches(played) == 10
    assert played.figure("cache:goods", "hit_ratio") == 0.0


def test_a_caller_that_gave_up_has_its_answer_stored_all_the_same(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, "calls={client -> app: {timeout: 50ms}}")
    assert played.outcomes() == ["timeout"] + ["ok"] * 9


def test_an_answer_that_is_no_ok_is_not_stored(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, "services.database.operations.get.client_errors=100%")
    assert fetches(played) == 10


def test_each_replica_has_a_cache_of_its_own(tmp_path: Path) -> None:
    assert fetches(play(tmp_path, SHOP, "services.app.replicas=2")) == 2


def test_operations_share_a_cache_of_one_name(tmp_path: Path) -> None:
    other = "services.app.operations.list={steps: [{cached: {name: NAME, steps: [{call: database.get}]}}]}"
    rates = {"view": 1, "list": 0.4}
    entries = [f"{{call: app.{name}, arrivals: {{process: constant, rate: {rate}/s}}}}" for name, rate in rates.items()]
    load = f"workload=[{', '.join(entries)}]"
    assert fetches(play(tmp_path, SHOP, other.replace("NAME", "goods"), load)) == 1
    assert fetches(play(tmp_path, SHOP, other.replace("NAME", "lists"), load)) == 2


def test_keys_are_told_apart_and_the_least_recently_used_one_goes(tmp_path: Path) -> None:
    keyed = ["keys={item: {dist: uniform, n: 3}}", "workload.view.key=item", "run.duration=100500ms"]
    assert fetches(play(tmp_path, SHOP, *keyed)) == 3
    small = play(tmp_path, SHOP, *keyed, f"{CACHED}.capacity=1")
    assert 3 < fetches(small) < 100
    assert fetches(play(tmp_path, SHOP, *keyed, f"{CACHED}.capacity=3")) == 3


def test_an_operation_may_have_another_key_than_its_workload(tmp_path: Path) -> None:
    keyed = ["keys={item: {dist: uniform, n: 3}, shop: {dist: uniform, n: 1}}", "workload.view.key=item"]
    played = play(tmp_path, SHOP, *keyed, "services.app.operations.view.key=shop", "run.duration=50500ms")
    assert fetches(played) == 1


# -- faults -----------------------------------------------------------------------------------------------------


def test_a_flush_empties_the_cache_in_an_instant(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, "faults=[{kind: flush, target: 'cache:goods', at: 5500ms}]")
    assert [round(row.arrived) for row in played.rows() if row.latency > 0] == [1, 6]
    assert played.phases() == {"all", "healthy", "after:flush"}


def test_a_flush_for_a_time_keeps_the_cache_empty(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, "faults=[{kind: flush, target: 'cache:goods', at: 3500ms, for: 2s}]")
    assert [round(row.arrived) for row in played.rows() if row.latency > 0] == [1, 4, 5, 6]
    assert "during:flush" in played.phases()


def test_a_crash_empties_the_replicas_own_cache(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, "faults=[{kind: crash, target: app, at: 5500ms, for: 100ms}]")
    assert [round(row.arrived) for row in played.rows() if row.latency > 0] == [1, 6]


# -- single flight ------------------------------------------------------------------------------------------------

BURST = (
    "workload.view.arrivals={process: constant, rate: 100/s}",
    "run.duration=205ms",
    f"{CACHED}.single_flight=true",
)
"""Requests at 10, 20, … 200 ms; a fetch takes 100 ms."""


def test_misses_at_the_same_time_share_one_fetch(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, *BURST)
    assert [row.calls for row in played.rows()] == [2] + [1] * 19
    assert latencies(played)[:10] == [round(0.1 - 0.01 * place, 9) for place in range(10)]
    assert played.figure("cache:goods", "hit_ratio") == pytest.approx(0.5, abs=0.051)


def test_without_it_they_all_fetch(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, *BURST, f"{CACHED}.single_flight=false")
    assert sum(row.calls == 2 for row in played.rows()) in (10, 11)


def test_whoever_waits_shares_the_failure_too(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, *BURST, "services.database.operations.get.server_errors=100%")
    rows = played.rows()
    assert all(row.outcome == "server_error" for row in rows)
    assert sum(row.calls == 2 for row in rows) == 2


@pytest.mark.parametrize("holds", ["true", "false"])
def test_if_the_one_that_fetches_is_stopped_the_next_one_does(tmp_path: Path, holds: str) -> None:
    """Each caller takes its call away after 55 ms, so each but the first fetches for its last 10 ms: in vain."""
    stop = "calls={client -> app: {timeout: 55ms, cancel: always}}"
    played = play(tmp_path, SHOP, *BURST, stop, f"services.app.holds_worker={holds}")
    assert played.outcomes() == ["timeout"] * 20
    assert [row.calls for row in played.rows()] == [2] * 20


def test_a_wait_ends_with_the_deadline_handed_down(tmp_path: Path) -> None:
    limits = "calls={client -> app: {deadline: {total: 60ms, propagate: true}}}"
    played = play(tmp_path, SHOP, *BURST, limits)
    assert {row.latency for row in played.rows() if row.outcome == "timeout"} == {0.06}
    assert played.busy("app") < 20 * 0.061


def test_a_crash_while_others_wait_leaves_nothing_behind(tmp_path: Path) -> None:
    crash = "faults=[{kind: crash, target: app, at: 55ms, for: 10ms}]"
    outcomes = play(tmp_path, SHOP, *BURST, crash).outcomes()
    assert set(outcomes[:5]) == {"unreachable"}
    assert outcomes[-1] == "ok"


# -- stale answers ---------------------------------------------------------------------------------------------------


def test_a_stale_answer_is_given_at_once_and_fetched_anew_behind_it(tmp_path: Path) -> None:
    stale = [f"{CACHED}.ttl=1500ms", f"{CACHED}.stale_while_revalidate=10s"]
    played = play(tmp_path, SHOP, *stale)
    assert latencies(played) == [0.1] + [0.0] * 9
    assert fetches(played) == 5  # stored at 1.1: stale at 3; stored at 3.1: stale at 5; and at 7 and 9
    assert played.figure("cache:goods", "hit_ratio") == 0.9
    assert played.busy("app") == pytest.approx(0.5)


def test_a_key_is_refreshed_once_at_a_time(tmp_path: Path) -> None:
    stale = [f"{CACHED}.ttl=50ms", f"{CACHED}.stale_while_revalidate=10s", f"{CACHED}.single_flight=true"]
    burst = ["workload.view.arrivals={process: constant, rate: 100/s}", "run.duration=405ms"]
    played = play(tmp_path, SHOP, *burst, *stale)
    assert fetches(played) <= 4
    assert max(latencies(played)[11:]) == 0.0


def test_after_the_stale_time_a_look_up_misses(tmp_path: Path) -> None:
    stale = [f"{CACHED}.ttl=500ms", f"{CACHED}.stale_while_revalidate=300ms"]
    assert latencies(play(tmp_path, SHOP, *stale)) == [0.1] * 10


# -- effects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["sync", "queue", "saga", "choreography", "hybrid"])
def test_effects_are_expected_of_a_miss_only(tmp_path: Path, style: str) -> None:
    """A hit is done without leaving anything, whatever the style."""
    effect = "services.database.operations.get.effect=true"
    played = play(tmp_path, SHOP, effect, f"services.app.operations.view.style={style}")
    assert {row.state for row in played.rows()} == {"done"}
    assert played.figure("view", "duplicates") == 0
    assert fetches(played) == 1
