"""Who gets into a queue: limits and deduplication, as machines that are told the time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.messaging.gates import Deduplication, LengthLimit, Verdict
from simulator.messaging.message import Message
from tests.kernel.making import make_root

ROOTS = [make_root(ordinal) for ordinal in range(4)]


def message(which: int) -> Message:
    root = ROOTS[which]
    return Message(root, root.entry.path, lambda _: iter(()), 0.0)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("beyond", [Verdict.DROP_HEAD, Verdict.REFUSE, Verdict.REFUSE_AND_BURY])
@pytest.mark.parametrize(("waiting", "enters"), [(0, True), (2, True), (3, False), (9, False)])
def test_a_length_limit_counts_what_is_ready(beyond: Verdict, waiting: int, enters: bool) -> None:
    assert LengthLimit(3, beyond).judge(message(0), waiting, 0.0) is (Verdict.ENTER if enters else beyond)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4))))
def test_what_was_taken_in_within_the_window_is_recognised(history: list[tuple[int, int]]) -> None:
    """Against a list of all that was taken in. The window counts from the first, and is over when it ends."""
    gate, now = Deduplication(5.0), 0.0
    taken: list[tuple[int, float]] = []
    for which, pause in history:
        now += pause
        known = any(one == which and now - when < 5.0 for one, when in taken)
        assert gate.judge(message(which), 0, now) is (Verdict.REPETITION if known else Verdict.ENTER)
        if not known:
            taken.append((which, now))
