"""Through every style and broker, whatever crashes or is lost: the books balance, and what a broker promises holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel.root import Root
from simulator.outcomes import Outcome
from tests.property.messages import BROKERS, STYLES, play, storms

every_style = pytest.mark.parametrize("style", STYLES)
every_broker = pytest.mark.parametrize("broker", list(BROKERS))

NEVER_TAKEN = ("network", "broker_down", "broker_refused")
"""How a hybrid's own message can be lost on its way to a broker that keeps what it has."""


def mishaps(root: Root, *names: str) -> int:
    return 0 if root.trouble is None else sum(getattr(root.trouble, name) for name in names)


def begun_again(root: Root) -> bool:
    return root.trouble is not None and bool(root.trouble.repetitions)


def duplicates(root: Root) -> int:
    return 0 if root.ledger is None else root.ledger.duplicates


def check_promises(style: str, broker: str, faults: list[dict[str, Any]], seed: int) -> None:
    promise = BROKERS[broker]
    world, roots = play(style, promise, faults, seed)
    assert not world.journal.active  # nothing is under way: whoever waits for ever has been forgotten
    tallies = [world.topic_tallies["sold"], *world.broker_tallies.values()]
    if promise.keeps:
        assert not any(tally.lost[reason] for tally in tallies for reason in tally.lost if reason not in NEVER_TAKEN)
        assert style == "hybrid" or not any(sum(tally.lost.values()) for tally in tallies)
        assert all(tally.taken == tally.handled + tally.dead + sum(tally.lost.values()) for tally in tallies)
    if not promise.repeats:
        assert [tally.redeliveries for tally in tallies] == [0] * len(tallies)
        assert not any(map(duplicates, roots))
    if promise.ordered:
        never_again = [tally for tally in tallies if broker == "sqs_fifo" or not tally.redeliveries]
        assert [tally.out_of_order for tally in never_again] == [0] * len(never_again)
    for root in roots:
        assert root.reply is not None
        ok = root.reply.outcome is Outcome.OK
        state, _ = root.standing()
        if ok and state != "done":  # no order is forgotten without a trace
            chains = style == "choreography" and begun_again(root)  # one was completed, and another one undone
            assert root.broken or mishaps(root, "lost", "dead_lettered", "stuck") or chains
        if style == "sync" and duplicates(root):
            assert mishaps(root, "dead_lettered") or any(tally.redeliveries for tally in tallies)


@every_broker
@every_style
@settings(max_examples=12, deadline=None)
@given(storms(), st.integers(0, 1000))
def test_every_promise_holds_in_a_storm(style: str, broker: str, faults: list[dict[str, Any]], seed: int) -> None:
    check_promises(style, broker, faults, seed)


@pytest.mark.stat
@every_broker
@every_style
@settings(max_examples=400, deadline=None)
@given(storms(6), st.integers(0, 100_000))
def test_every_promise_holds_in_many_storms(style: str, broker: str, faults: list[dict[str, Any]], seed: int) -> None:
    check_promises(style, broker, faults, seed)
