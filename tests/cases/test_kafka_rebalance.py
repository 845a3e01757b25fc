"""A consumer group that waits for its dead: how much waits, whose records, and what comes twice."""

from __future__ import annotations

from functools import cache

import pytest

from tests.support import Played, play_catalog

ORDERS = "topic:orders"
EAGER, COOPERATIVE = ("as shipped", "session of 10 s"), ("cooperative", "cooperative, session of 10 s")
EACH = "commit each record"


@cache
def played(variant: str, number: int = 0) -> Played:
    """One replication as it is written, without the deploy."""
    return play_catalog(
        "kafka-rebalance",
        "changes=[]",
        "run.duration=150s",
        "phases={}",
        "objectives={}",
        variant=variant,
        replication=number,
    )


@pytest.mark.parametrize(
    ("variant", "most"),
    [
        ("as shipped", 20 * 43 + 40 * 39),
        ("session of 10 s", 20 * 8 + 40 * 4),
        ("cooperative", 20 * 43),
        ("cooperative, session of 10 s", 20 * 8),
    ],
)
def test_what_waits_is_what_comes_until_the_session_of_the_dead_is_over(variant: str, most: int) -> None:
    """The dead were last heard at 60 s. A third of the records waits from 62 s on; under an eager assignor the others
    do from 66 s on, when the new process joins. What is handled again, some 40 records, comes on top."""
    assert played(variant).figure(ORDERS, "backlog_max") == pytest.approx(most + 40, abs=4.5 * most**0.5 + 40)


@pytest.mark.parametrize("variant", [*EAGER, *COOPERATIVE])
def test_what_was_handled_since_the_last_commit_is_handled_again(variant: str) -> None:
    """Twenty a second, for less than the interval of 5 s."""
    one = played(variant)
    again = one.figure("order", "duplicates") * one.figure("order", "throughput") * 140.0
    assert 1 < again < 5.5 * 20
    assert one.figure("order", "duplicates") == played("as shipped").figure("order", "duplicates")


def test_who_commits_each_record_repeats_next_to_nothing() -> None:
    assert played(EACH).figure("order", "duplicates") * 60 * 140.0 <= 2.01
    assert played(EACH).figure(ORDERS, "lost") == 0


def test_a_rolling_deploy_repeats_nothing_and_a_cooperative_assignor_halves_what_waits() -> None:
    only = ("faults=[]", "run.warmup=0s", "run.duration=60s", "changes[0].at=10s", "phases={}", "objectives={}")
    waiting = {}
    for variant in ("as shipped", "cooperative"):
        one = play_catalog("kafka-rebalance", *only, variant=variant)
        assert one.figure("order", "duplicates") == 0
        assert one.figure(ORDERS, "deliveries") == 1
        waiting[variant] = one.figure(ORDERS, "backlog")
    assert waiting["cooperative"] < 0.6 * waiting["as shipped"]
