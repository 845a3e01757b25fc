"""A timeout outside of a bulkhead where nobody waits is kept by the attempt itself; everywhere else it is a limit of
time round what is inside. Nobody can tell, but for the clock on the wall."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.build.world import Held
from simulator.conservation import ConservationError, check
from tests.property.composing import composed
from tests.services.bench import Bench

LIMIT = {"timeout": {"dist": "constant", "value": 1.5}}
ONE = {"bulkhead": {"limit": 1}}


def bench(*stack: dict[str, Any]) -> Bench:
    operations = {"serve": {"work": 1.0}, "long": {"work": 4.0}}
    return Bench({"workers": 10, "operations": operations}, composed(*stack))


@pytest.mark.parametrize("stack", [[LIMIT, ONE], [ONE, LIMIT], [LIMIT, ONE, ONE]], ids=["outside", "inside", "two"])
def test_a_permit_is_free_again_when_the_attempt_times_out(stack: list[dict[str, Any]]) -> None:
    made = bench(*stack)
    made.ask("a", operation="long")
    made.ask("refused", at=1.0)
    made.ask("b", at=1.6)
    assert made.run() == {"a": (1.5, "timeout"), "refused": (1.0, "rejected bulkhead_full"), "b": (2.6, "ok")}
    assert made.roots["a"].mishaps.timeouts == 1


def test_outside_of_a_bulkhead_where_calls_wait_it_limits_the_wait_as_well() -> None:
    made = bench(LIMIT, {"bulkhead": {"limit": 1, "max_wait": 5.0}})
    made.ask("a", at=0.0)
    made.ask("b", at=0.0)
    assert made.run() == {"a": (1.0, "ok"), "b": (1.5, "timeout")}


def test_outside_of_a_breaker_it_is_no_failure_of_the_breaker() -> None:
    breaker = {"breaker": {"preset": "strict", "max_failures": 1}}
    outside, inside = bench(LIMIT, breaker), bench(breaker, LIMIT)
    for made in (outside, inside):
        made.ask("a", operation="long")
        made.ask("b", operation="long", at=2.0)
    assert outside.run()["b"] == (3.5, "timeout")
    assert inside.run()["b"] == (2.0, "rejected breaker_open")


def test_a_permit_that_never_comes_back_fails_the_run() -> None:
    made = bench(LIMIT)
    made.ask("a")
    made.run()
    made.world.held.append(Held("a lamp", lambda: 1))
    with pytest.raises(ConservationError, match="a lamp with 1 permits out"):
        check(made.world)
