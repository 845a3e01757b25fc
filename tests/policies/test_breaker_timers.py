"""Breakers in a model that change by themselves: at a tick, after too long a wait for probes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.bench import Bench, policies

SERVICE: dict[str, Any] = {
    "workers": 100,
    "operations": {"serve": {"work": 0.1}, "hang": {"work": 400.0}},
}
BROKEN = {"name": "broken", "kind": "errors", "target": "back", "at": 0.0, "for": 5.5, "share": 1.0}


def changes(made: Bench) -> list[tuple[float, str]]:
    return [(time, state.name) for time, state in made.world.breakers["front", "back"].changes]


def test_hystrix_opens_at_the_end_of_a_bucket_without_any_call() -> None:
    edge = policies(breaker={"preset": "hystrix", "minimum_calls": 3})
    made = Bench(SERVICE, edge, faults=[BROKEN])
    for number in range(3):
        made.ask(f"{number}", at=1.1)
    made.ask("refused", at=1.6)
    made.ask("after exactly the open time", at=6.5)
    made.ask("probe", at=6.75)
    answers = made.run()
    assert [answers[name][1] for name in ("0", "refused", "after exactly the open time", "probe")] == [
        "server_error",
        "rejected breaker_open",
        "rejected breaker_open",
        "ok",
    ]
    assert changes(made) == [(1.5, "OPEN"), (6.75, "HALF_OPEN"), (pytest.approx(6.85), "CLOSED")]


def test_a_half_open_breaker_whose_probe_hangs_opens_again_after_its_longest_wait() -> None:
    edge = policies(breaker={"max_failures": 1, "open_for": 10.0, "half_open": {"max_wait": 3.0}})
    made = Bench(SERVICE, edge, faults=[BROKEN])
    made.ask("fails", at=0.9)
    made.ask("hangs", operation="hang", at=20.0)
    made.run()
    assert [name for _, name in changes(made)] == ["OPEN", "HALF_OPEN", "OPEN"]
    assert [time for time, _ in changes(made)] == pytest.approx([1.0, 20.0, 23.0])
