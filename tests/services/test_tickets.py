"""A worker that was handed over and then not wanted is passed on: whatever is stopped when, none is ever lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.services.bench import Bench

OPERATIONS = {
    "serve": {"work": 1.0},
    "steps": {"steps": [{"work": 1.0}, {"pause": 1.0}, {"work": 1.0}, {"pause": 0.5}, {"work": 0.5}]},
    "together": {
        "steps": [
            {"parallel": {"steps": [{"work": 1.0}, [{"pause": 1.0}, {"work": 2.0}], {"work": 0.5}]}},
            {"work": 1.0},
        ]
    },
}


def bench(workers: int, *, holds_worker: bool = False) -> Bench:
    """One whose replica keeps a list of its executions, since a crash can come (long after the test)."""
    crash = {"name": "later", "kind": "crash", "target": "back", "at": 5000.0, "for": 1.0}
    return Bench({"workers": workers, "holds_worker": holds_worker, "operations": OPERATIONS}, faults=[crash])


def under_way(made: Bench) -> list[Any]:
    """What is executed and has not been answered yet, in order of its beginning."""
    return [origin for origin in made.replica.live or () if not origin.execution.answered]


def stop(made: Bench, origin: Any) -> None:
    """End an execution as a crash would."""
    made.replica.stop(origin)
    origin.break_off()


def test_a_worker_handed_to_who_is_stopped_before_it_runs_goes_to_the_next() -> None:
    made = bench(1)
    made.ask("a", operation="steps")  # works until 1, comes back at 2 and queues
    made.ask("b", at=1.5)  # works when a comes back
    made.ask("c", at=2.25)  # queues behind a

    def hand_over_and_stop(_: None) -> None:
        a, b = under_way(made)
        stop(made, b)  # its worker is handed to a, which has not run yet
        stop(made, a)

    made.environment.at(2.5, hand_over_and_stop, None)
    assert made.run() == {"b": (2.5, "unreachable"), "a": (2.5, "unreachable"), "c": (3.5, "ok")}
    assert made.replica.busy == 0


def test_who_is_stopped_in_the_queue_leaves_it() -> None:
    made = bench(1)
    made.ask("a", operation="steps")
    made.ask("b", at=1.5)
    made.ask("c", at=2.25)
    made.environment.at(2.3, lambda _: stop(made, under_way(made)[0]), None)
    made.run(2.4)
    assert (made.replica.queued, made.replica.tally.queued_now) == (1, 1)
    assert made.run() == {"a": (2.3, "unreachable"), "b": (2.5, "ok"), "c": (3.5, "ok")}


def test_branches_that_run_at_once_queue_for_workers_of_their_own_where_workers_do_not_wait() -> None:
    made = bench(2)
    made.ask("a", operation="together")
    assert made.run() == {"a": (4.0, "ok")}
    assert made.replica.tally.busy_seconds(1000.0) == 1 + 2 + 0.5 + 1


def test_branches_share_the_worker_of_their_request_where_workers_wait() -> None:
    made = bench(1, holds_worker=True)
    made.ask("a", operation="together")
    assert made.run() == {"a": (4.0, "ok")}
    assert made.replica.tally.busy_seconds(1000.0) == 4.0


events = st.lists(
    st.tuples(
        st.integers(0, 24).map(lambda quarter: quarter / 4),
        st.sampled_from(["serve", "steps", "together", "stop"]),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=20,
)


@given(events, st.integers(1, 3), st.booleans())
def test_no_worker_is_lost_whatever_is_stopped_when(
    planned: list[tuple[float, str, int]], workers: int, holds_worker: bool
) -> None:
    made = bench(workers, holds_worker=holds_worker)

    def stop_one(place: int) -> None:
        if executions := under_way(made):
            stop(made, executions[place % len(executions)])

    asked = 0
    for number, (time, what, place) in enumerate(planned):
        if what == "stop":
            made.environment.at(time, stop_one, place)
        else:
            asked += 1
            made.ask(f"{number}", operation=what, at=time)
    made.run(500.0)
    assert len(made.answers) == asked
    assert (made.replica.busy, made.replica.executing, made.replica.queued) == (0, 0, 0)
    assert made.replica.tally.busy_now == made.replica.tally.queued_now == 0
