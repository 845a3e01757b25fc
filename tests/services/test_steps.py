"""Steps of an operation: in order, at once, by chance, repeated; and what their failures become."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge
from tests.services.bench import Bench, policies

HELPERS: dict[str, Any] = {
    "quick": {"work": 1.0, "effect": True},
    "slow": {"work": 5.0, "effect": True},
    "broken": {"work": 2.0, "server_errors": 1.0},
    "refusing": {"work": 2.0, "client_errors": 1.0},
}


def bench(steps: list[Any], edge: EdgePolicies | None = None, **operation: Any) -> Bench:
    """``back.serve`` carries out `steps`; ``helper`` has an operation of each temper."""
    return Bench(
        {"workers": 100, "operations": {"serve": {"steps": steps, **operation}}},
        services={"helper": {"workers": 100, "operations": HELPERS}},
        more_edges={Edge("back", "helper", name): edge or EdgePolicies() for name in HELPERS},
    )


def call(name: str, **modifiers: Any) -> dict[str, Any]:
    return {"call": f"helper.{name}", **modifiers}


def together(*steps: Any, **settings: Any) -> dict[str, Any]:
    return {"parallel": {"steps": list(steps), **settings}}


def answer(made: Bench) -> tuple[float, str]:
    made.ask("a")
    return made.run()["a"]


def units(made: Bench, name: str = "a") -> list[int]:
    ledger = made.roots[name].ledger
    return [] if ledger is None else list(ledger.units.values())


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([call("quick"), call("quick"), {"work": 1.0}], (3.0, "ok")),
        ([call("broken"), call("quick")], (2.0, "server_error")),
        ([call("refusing"), call("quick")], (2.0, "client_error")),
        ([call("broken", critical=False), call("quick")], (3.0, "ok")),
        ([call("quick", times=3)], (3.0, "ok")),
        ([call("broken", times=3)], (2.0, "server_error")),
        ([call("broken", on_error={"server_error": "continue"}), call("quick")], (3.0, "ok")),
        ([call("broken", on_error={"server_error": "client_error"})], (2.0, "client_error")),
        ([call("refusing", on_error={"client_error": "server_error"})], (2.0, "server_error")),
        ([call("refusing", on_error={"server_error": "continue"})], (2.0, "client_error")),
    ],
)
def test_steps_run_in_order_and_the_first_critical_failure_ends_them(
    steps: list[Any], expected: tuple[float, str]
) -> None:
    assert answer(bench(steps)) == expected


def test_an_outcome_of_the_callers_own_link_becomes_a_server_error_above_with_its_cause_kept() -> None:
    made = bench([call("slow")], policies(timeout={"value": 1.0}))
    assert answer(made) == (1.0, "server_error")
    reply = made.roots["a"].reply
    assert reply is not None
    assert (reply.root_cause.outcome.label, reply.root_cause.by) == ("timeout", "back -> helper.slow")


def test_each_repetition_leaves_an_effect_of_its_own() -> None:
    made = bench([call("quick", times=3)])
    answer(made)
    assert units(made) == [1, 1, 1]


def test_a_retry_that_succeeds_twice_leaves_a_duplicate() -> None:
    """The first attempt goes on after its timeout; the second one meets the same place in the tree of steps."""
    made = bench([call("slow")], policies(retry={"max_retries": 1}, timeout={"value": 3.0}))
    answer(made)
    assert units(made) == [2]


# -- parallel ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (together(call("quick"), call("slow")), (5.0, "ok")),
        (together([call("quick"), call("quick")], call("quick")), (2.0, "ok")),
        (together(call("quick"), call("slow"), until="any"), (1.0, "ok")),
        (together(call("broken"), call("slow"), until="any"), (5.0, "ok")),
        (together(call("quick"), call("slow"), call("slow"), until=2), (5.0, "ok")),
        (together(call("quick"), call("quick"), call("slow"), until=2), (1.0, "ok")),
        (together(call("broken"), call("slow")), (5.0, "server_error")),
        (together(call("broken"), call("slow"), on_failure="wait"), (5.0, "server_error")),
        (together(call("broken"), call("slow"), on_failure="fail_fast"), (2.0, "server_error")),
        (together(call("broken"), call("slow"), call("slow"), until=2, on_failure="fail_fast"), (5.0, "ok")),
        (
            together(call("broken"), call("broken"), call("slow"), until=2, on_failure="fail_fast"),
            (2.0, "server_error"),
        ),
        (together(call("refusing"), call("quick"), on_failure="fail_fast"), (2.0, "client_error")),
        (together(call("broken", critical=False), call("quick")), (2.0, "ok")),
    ],
)
def test_branches_start_together_and_go_on_when_enough_have_ended(
    step: dict[str, Any], expected: tuple[float, str]
) -> None:
    assert answer(bench([step])) == expected


def test_branches_that_nobody_waits_for_go_on() -> None:
    made = bench([together(call("quick"), call("slow"), until="any")])
    assert answer(made) == (1.0, "ok")
    assert units(made) == [1, 1]
    assert not made.journal.active


def test_a_failed_fast_branch_gives_its_call_up_and_the_callee_goes_on_as_cancel_says() -> None:
    left = {}
    for cancel in ("never", "always"):
        made = bench([together(call("broken"), call("slow"), on_failure="fail_fast")], policies(cancel))
        answer(made)
        left[cancel] = units(made)
    assert left == {"never": [1], "always": []}


def test_what_a_caller_gives_up_under_cancel_always_stops_in_every_branch() -> None:
    made = Bench(
        {"workers": 10, "operations": {"serve": {"steps": [together(call("slow"), call("slow"))]}}},
        policies("always", timeout={"value": 2.0}),
        services={"helper": {"workers": 100, "operations": HELPERS}},
        more_edges={Edge("back", "helper", name): policies("always") for name in HELPERS},
    )
    assert answer(made) == (2.0, "timeout")
    assert units(made) == []
    assert made.world.services["helper"].tally.busy_seconds(1000.0) == 4.0


# -- choose -----------------------------------------------------------------------------------------------


def test_branches_are_chosen_by_their_shares() -> None:
    """Of 4000 requests a share is off by more than 5 standard deviations once in a million; the seed is fixed."""
    ways = [(0.5, 1.0), (0.3, 2.0), (0.2, 4.0)]
    made = bench([{"choose": [{"share": share, "steps": [{"work": time}]} for share, time in ways]}])
    for number in range(4000):
        made.ask(f"{number}", at=number / 5)
    counts = Counter(round(time - int(name) / 5, 6) for name, (time, _) in made.run(2000.0).items())
    for share, time in ways:
        assert abs(counts[time] - 4000 * share) < 5 * (4000 * share * (1 - share)) ** 0.5
    assert sum(counts.values()) == 4000
