"""Lines of ready messages against naive ones: a list that is sorted, or searched from the beginning, every time."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.random import Streams
from simulator.messaging.lines import ArrivalLine, GroupLine, Line, PositionLine, ShuffledLine
from simulator.messaging.message import Message
from tests.kernel.making import make_root


def message(number: int, group: int = 0) -> Message:
    root = make_root(ordinal=number)
    made = Message(root, root.entry.path, lambda _: iter(()), 0.0)  # type: ignore[arg-type, return-value]
    made.number = number
    made.key = ("group", group)
    return made


class Naive(Protocol):
    """Messages that are ready, in a list, and whose turn it is."""

    ready: list[Message]
    out: list[Message]

    def put_back(self, message: Message) -> None: ...

    def choose(self) -> Message | None: ...


class NaiveArrival:
    def __init__(self) -> None:
        self.ready: list[Message] = []
        self.out: list[Message] = []

    def put_back(self, message: Message) -> None:
        self.ready.append(message)

    def choose(self) -> Message | None:
        return self.ready[0] if self.ready else None


class NaivePosition(NaiveArrival):
    def choose(self) -> Message | None:
        return min(self.ready, key=lambda one: one.number, default=None)


class NaiveGroups(NaiveArrival):
    def choose(self) -> Message | None:
        taken = [one.key for one in self.out]
        free = [one for one in self.ready if one.key not in taken]
        return min(free, key=lambda one: one.number, default=None)


LINES: dict[str, tuple[type[Any], type[Any]]] = {
    "arrival": (ArrivalLine, NaiveArrival),
    "position": (PositionLine, NaivePosition),
    "groups": (GroupLine, NaiveGroups),
}
deeds = st.lists(
    st.tuples(st.sampled_from(["add", "next", "back", "settle", "expire"]), st.integers(0, 5)), max_size=80
)


@pytest.mark.parametrize(("line_class", "naive_class"), LINES.values(), ids=list(LINES))
@given(deeds)
def test_a_line_does_what_a_naive_one_does(
    line_class: type[Any], naive_class: type[Any], history: list[tuple[str, int]]
) -> None:
    line: Line = line_class()
    naive: Naive = naive_class()
    number = 0
    for deed, which in history:
        if deed == "add":
            number += 1
            new = message(number, which)
            line.add(new)
            naive.ready.append(new)
        elif deed == "next":
            expected = naive.choose()
            assert line.next() is expected
            if expected is not None:
                naive.ready.remove(expected)
                naive.out.append(expected)
        elif deed == "back" and naive.out:
            back = naive.out.pop(which % len(naive.out))
            line.put_back(back)
            naive.put_back(back)
        elif deed == "settle" and naive.out:
            done = naive.out.pop(which % len(naive.out))
            done.settled = True
            if line.release is not None:
                line.release(done)
        elif deed == "expire" and naive.ready:
            gone = naive.ready.pop(which % len(naive.ready))
            gone.settled = True
            line.withdraw(gone)
        assert line.size == len(naive.ready)
        assert line.oldest() is naive.choose()


def test_in_a_line_of_best_effort_so_many_overtake() -> None:
    """Of 2,000 hand-overs from a line of ten, 30 % pick any of the ten: 27 % do not take the oldest (± 4 sigma)."""
    streams = Streams(1, 0)
    streams.lane("news")
    line = ShuffledLine(0.3, streams.source("reordering"))
    for number in range(1, 11):
        line.add(message(number))
    overtaken = 0
    for number in range(11, 2011):
        oldest = line.oldest()
        overtaken += line.next() is not oldest
        line.add(message(number))
    assert abs(overtaken - 540) <= 80
    assert line.size == 10
