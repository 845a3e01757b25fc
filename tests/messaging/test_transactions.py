"""A commit and its message: what each way leaves behind when something fails in between."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.spec.laws import ConstantLaw
from simulator.spec.policies import EdgePolicies, RetrySpec, StackItem
from tests.messaging.ledgers import MODES, Ledgers, fault, transaction, troubles

SLOW: dict[str, Any] = {
    "broker": {"publish_latency": 0.5},
    "network": {"back -> bus": {"latency": 0.5}},
}
"""A message is with the broker a second after it was sent, and confirmed half a second later."""
RELAY = {"every": 2.0, "mark": 0.5}


def keys_of(mode: str) -> dict[str, Any]:
    return {"relay": RELAY} if mode == "outbox" else {}


@pytest.mark.parametrize("mode", MODES)
def test_without_faults_a_commit_is_told_of_once(mode: str) -> None:
    made = Ledgers(transaction(mode, **keys_of(mode)), **SLOW)
    made.ask("a")
    assert made.run()["a"][1] == "ok"
    assert made.left() == (1, 1)


@pytest.mark.parametrize(
    ("mode", "answered"), [("outbox", 1.0), ("commit_then_publish", 2.5), ("publish_then_commit", 2.5)]
)
def test_only_the_outbox_answers_without_waiting_for_the_broker(mode: str, answered: float) -> None:
    made = Ledgers(transaction(mode, **keys_of(mode)), **SLOW)
    made.ask("a")
    assert made.run()["a"] == (answered, "ok")


@pytest.mark.parametrize(
    ("mode", "crash", "left"),
    [
        # the outbox commits at 1 s; its relay looks at 2 s, the broker has it at 3 s, confirms at 3.5 s; marked at 4 s
        ("outbox", 0.5, (0, 0)),
        ("outbox", 1.2, (1, 1)),
        ("outbox", 2.7, (1, 1)),
        ("outbox", 3.2, (1, 2)),
        ("outbox", 3.7, (1, 2)),
        ("outbox", 4.2, (1, 1)),
        # committed at 1 s, with the broker at 2 s
        ("commit_then_publish", 0.5, (0, 0)),
        ("commit_then_publish", 1.2, (1, 0)),
        ("commit_then_publish", 2.2, (1, 1)),
        # with the broker at 1 s, confirmed at 1.5 s, committed at 2.5 s
        ("publish_then_commit", 0.5, (0, 0)),
        ("publish_then_commit", 1.2, (0, 1)),
        ("publish_then_commit", 2.2, (0, 1)),
        ("publish_then_commit", 2.7, (1, 1)),
    ],
)
def test_what_a_crash_leaves_committed_and_told(mode: str, crash: float, left: tuple[int, int]) -> None:
    made = Ledgers(transaction(mode, **keys_of(mode)), faults=[fault("crash", crash)], **SLOW)
    made.ask("a")
    made.run()
    assert made.left() == left


@pytest.mark.parametrize(
    ("mode", "outcome", "left"),
    [
        ("outbox", "ok", (1, 1)),
        ("commit_then_publish", "server_error", (1, 0)),
        ("publish_then_commit", "server_error", (0, 0)),
    ],
)
def test_what_a_broker_that_is_down_leaves(mode: str, outcome: str, left: tuple[int, int]) -> None:
    outage = fault("broker_down", 0.0, 9.0, "broker:bus")
    made = Ledgers(transaction(mode, **keys_of(mode)), faults=[outage], **SLOW)
    made.ask("a")
    assert made.run()["a"][1] == outcome
    assert made.left() == left


@pytest.mark.parametrize("mode", MODES)
def test_a_commit_that_is_rolled_back_is_a_server_error_and_a_ghost_where_the_message_is_out(mode: str) -> None:
    made = Ledgers(transaction(mode, commit_errors={"share": 1.0}), **SLOW)
    made.ask("a")
    assert made.run()["a"][1] == "server_error"
    assert made.left() == (0, 1 if mode == "publish_then_commit" else 0)


@pytest.mark.parametrize("mode", MODES)
def test_a_client_error_comes_after_the_work_and_before_the_commit(mode: str) -> None:
    made = Ledgers(transaction(mode), operation={"client_errors": {"share": 1.0}}, **SLOW)
    made.ask("a")
    assert made.run()["a"] == (2.5 if mode == "publish_then_commit" else 1.0, "client_error")
    assert made.left()[0] == 0


def test_what_was_committed_and_never_published_is_lost_with_that_reason() -> None:
    made = Ledgers(transaction("commit_then_publish"), faults=[fault("broker_down", 0.0, 9.0, "broker:bus")])
    made.ask("a")
    made.run()
    tally = made.world.topic_tallies["placed"]
    assert (tally.taken, tally.handled, tally.lost["not_published"]) == (1, 0, 1)
    assert made.roots["a"].mishaps.lost == 1


@pytest.mark.parametrize(
    ("mode", "at", "answer", "left"),
    [
        ("outbox", 2.5, (1.0, "ok"), (1, 2)),  # sent again once the way back is free
        ("commit_then_publish", 1.5, (2.0, "server_error"), (1, 1)),
        ("publish_then_commit", 0.5, (1.0, "server_error"), (0, 1)),
    ],
)
def test_a_message_whose_confirmation_is_lost_is_not_lost(
    mode: str, at: float, answer: tuple[float, str], left: tuple[int, int]
) -> None:
    cut = {"name": "cut", "kind": "partition", "target": "bus -> back", "at": at, "for": 1.2}
    made = Ledgers(transaction(mode, **keys_of(mode)), faults=[cut], **SLOW)
    made.ask("a")
    assert made.run()["a"] == answer
    assert made.left() == left
    assert made.world.topic_tallies["placed"].lost["not_published"] == 0


def test_on_publish_failure_continue_counts_the_loss_and_answers_ok() -> None:
    outage = fault("broker_down", 0.0, 9.0, "broker:bus")
    made = Ledgers(transaction("commit_then_publish", on_publish_failure="continue"), faults=[outage])
    made.ask("a")
    assert made.run()["a"] == (1.0, "ok")
    assert made.left() == (1, 0)


def test_an_undo_takes_the_commit_back_and_not_what_the_message_has_done() -> None:
    steps = [transaction("outbox", undo=1.0, relay={"every": 1.0}), {"pause": 5.0}]
    made = Ledgers(*steps, operation={"style": "saga", "server_errors": {"share": 1.0}})
    made.ask("a")
    assert made.run()["a"] == (7.0, "server_error")
    assert made.left() == (0, 1)


@pytest.mark.parametrize(("undo_failed_step", "left"), [("never", (1, 0)), ("unknown", (0, 0))])
def test_a_commit_whose_message_failed_is_taken_back_as_a_failed_step_is(
    undo_failed_step: str, left: tuple[int, int]
) -> None:
    """Nobody knows whether an unreachable broker has the message: the saga undoes the step if it is told to."""
    made = Ledgers(
        transaction("commit_then_publish", undo=1.0),
        operation={"style": {"kind": "saga", "undo_failed_step": undo_failed_step}},
        faults=[fault("broker_down", 0.0, 9.0, "broker:bus")],
    )
    made.ask("a")
    assert made.run()["a"] == (2.0 if undo_failed_step == "unknown" else 1.0, "server_error")
    assert made.left() == left


def again(times: int) -> EdgePolicies:
    retry = RetrySpec.model_validate({"max_retries": times})
    return EdgePolicies(stack=(StackItem("retry", retry), StackItem("timeout", ConstantLaw(value=0.5))))


@pytest.mark.parametrize(("idempotent", "left"), [(False, (2, 2)), (True, (1, 1))])
def test_a_repeated_operation_commits_again_unless_it_is_idempotent(idempotent: bool, left: tuple[int, int]) -> None:
    """Two attempts, each given up after half a second, each carried out to its end."""
    made = Ledgers(transaction("outbox", relay={"every": 1.0}), operation={"idempotent": idempotent}, edge=again(1))
    made.ask("a")
    made.run()
    assert made.left() == left


# -- the relay --------------------------------------------------------------------------------------------------------


def ages(made: Ledgers) -> list[float]:
    """How long each row waited for the broker's confirmation."""
    return list(made.world.outbox_tallies["back"].ages)


def test_a_polling_relay_sends_at_whole_multiples_of_its_interval() -> None:
    made = Ledgers(transaction("outbox", relay={"every": 2.0}))
    for name, at in (("a", 0.0), ("b", 0.5), ("c", 1.25), ("d", 2.5)):
        made.ask(name, at=at)
    made.run()
    assert ages(made) == [1.0, 0.5, 1.75, 0.5]  # committed at 1, 1.5, 2.25 and 3.5 s


def test_a_relay_that_follows_the_log_sends_so_long_after_each_commit() -> None:
    made = Ledgers(transaction("outbox", relay={"delay": 0.25, "mark": 0.0}))
    for name, at in (("a", 0.0), ("b", 0.1), ("c", 2.0)):
        made.ask(name, at=at)
    made.run()
    assert ages(made) == pytest.approx([0.25, 0.25, 0.25])


def test_rows_are_sent_one_after_the_other_and_marked_by_the_batch() -> None:
    relay = {"every": 1.0, "batch": 2, "mark": 1.0}
    made = Ledgers(transaction("outbox", relay=relay), broker={"publish_latency": 0.5})
    made.ask("a", "b", "c", at=0.5)
    made.run(4.2)
    outbox = made.world.outbox_tallies["back"]
    assert ages(made) == [1.0, 1.5]  # sent from 2 s on; a full batch is followed by the next at once
    assert (outbox.taken, outbox.handled, made.world.mail[0].holder.there) == (3, 2, 1)
    made.run()
    assert ages(made) == [1.0, 1.5, 3.0]


def test_the_relay_moves_to_the_next_replica_that_is_up() -> None:
    made = Ledgers(
        transaction("outbox", relay={"every": 2.0}), replicas=2, faults=[fault("crash", 1.5, 99.0, "back[0]")]
    )
    made.ask("a")
    made.run(3.0)
    assert made.left() == (1, 1)


def test_the_relay_waits_until_somebody_is_back() -> None:
    made = Ledgers(transaction("outbox", relay={"every": 2.0}), replicas=2, faults=[fault("crash", 1.5, 5.0)])
    made.ask("a")
    made.run(6.0)
    assert made.left() == (1, 0)
    made.run()
    assert made.left() == (1, 1)
    assert ages(made) == [7.0]


def test_a_relay_whose_replica_stands_still_stands_still() -> None:
    made = Ledgers(transaction("outbox", relay={"every": 2.0}), faults=[fault("pause", 1.5, 5.0, "back[0]")])
    made.ask("a")
    made.run()
    assert ages(made) == [7.0]


@pytest.mark.parametrize(
    ("relay", "stops", "first"),
    [({"every": 2.0, "batch": 3}, 2.25, 2.5), ({"every": 2.0, "batch": 1}, 2.25, 2.5), ({"delay": 0.0}, 1.25, 1.5)],
)
def test_a_relay_whose_replica_stands_still_in_the_middle_of_a_round_goes_on_with_it_afterwards(
    relay: dict[str, Any], stops: float, first: float
) -> None:
    """Three commits at 1 s; each message takes half a second. The one that is under way arrives; the others are sent
    when the replica goes on, at 8.5 s."""
    made = Ledgers(
        transaction("outbox", relay={"mark": 0.0, **relay}),
        broker={"publish_latency": 0.5},
        faults=[fault("pause", stops, 8.5 - stops, "back[0]")],
    )
    made.ask("a", "b", "c")
    made.run()
    tally = made.world.topic_tallies["placed"]
    assert tally.aged_at == pytest.approx([first, 9.0, 9.5])
    assert tally.redeliveries == 0


def test_a_request_is_not_settled_while_its_row_waits() -> None:
    made = Ledgers(transaction("outbox", relay={"every": 50.0}))
    made.ask("a")
    made.run(40.0)
    assert made.roots["a"].pending == 1
    assert made.journal.active
    made.run()
    assert not made.journal.active


def test_the_order_of_commits_is_the_order_of_messages() -> None:
    made = Ledgers(transaction("outbox", relay={"every": 3.0, "batch": 1}))
    made.ask("a", "b", "c", "d")
    made.run()
    assert sum(root.mishaps.out_of_order for root in made.roots.values()) == 0
    assert made.world.topic_tallies["placed"].handled == 4


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(MODES),
    st.lists(st.integers(0, 40).map(lambda quarter: quarter / 4), min_size=1, max_size=8),
    troubles(),
    st.sampled_from([0.0, 0.3]),
    st.integers(1, 3),
    st.integers(1, 2),
    st.booleans(),
    st.integers(0, 1000),
)
def test_each_way_keeps_its_promise_whatever_fails(
    mode: str,
    times: list[float],
    faults: list[dict[str, Any]],
    errors: float,
    batch: int,
    replicas: int,
    relay_crashes: bool,
    seed: int,
) -> None:
    """The outbox tells of every commit; who commits first never tells of nothing; who publishes first never commits
    in silence."""
    crashes = {"mtbf": {"dist": "exponential", "mean": 4.0}, "mttr": {"dist": "exponential", "mean": 1.0}}
    relay = {**RELAY, "batch": batch, **(crashes if relay_crashes else {})}
    made = Ledgers(
        transaction(mode, commit_errors={"share": errors}, **({"relay": relay} if mode == "outbox" else {})),
        replicas=replicas,
        faults=faults,
        run={"duration": 400.0, "seed": seed},
        **SLOW,
    )
    for number, time in enumerate(times):
        made.ask(f"{number}", at=time)
    made.run(400.0)
    assert not made.journal.active
    for name in made.roots:
        commits, told = made.left(name)
        if mode == "commit_then_publish":
            assert told <= commits
        else:
            assert told >= commits
        assert commits <= 1
