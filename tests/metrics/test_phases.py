"""Phases: which periods figures are reported by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.metrics.phases import phases_of
from simulator.spec.scenario import Scenario
from tests.services.bench import experiment

Pieces = list[tuple[float, float]]


def phases(*periods: tuple[str, float, float], warmup: float = 0.0, duration: float = 100.0) -> dict[str, Pieces]:
    """The phases of a run with these faults (name, begin, end)."""
    faults = [
        {"name": name, "kind": "slowdown", "factor": 2.0, "target": "shop", "at": begin, "for": end - begin}
        if begin < end
        else {"name": name, "kind": "flush", "target": "cache:shop", "at": begin}
        for name, begin, end in periods
    ]
    shop: dict[str, Any] = {"workers": 1, "operations": {"buy": {"work": 1.0}}}
    spec = experiment(
        services={"shop": shop},
        workload=[{"call": "shop.buy", "arrivals": {"process": "constant", "rate": 1.0}}],
        run={"duration": duration, "warmup": warmup},
        faults=faults,
    )
    return {phase.name: list(phase.pieces) for phase in phases_of(Scenario("phases", "base", "", spec, {}))}


CASES: dict[str, tuple[dict[str, Pieces], dict[str, Pieces]]] = {
    "nothing": (phases(), {"all": [(0, 100)]}),
    "one": (
        phases(("a", 20, 40)),
        {"all": [(0, 100)], "during:a": [(20, 40)], "after:a": [(40, 100)], "healthy": [(0, 20)]},
    ),
    "two": (
        phases(("a", 20, 40), ("b", 60, 70)),
        {
            "all": [(0, 100)],
            "during:a": [(20, 40)],
            "after:a": [(40, 60)],
            "during:b": [(60, 70)],
            "after:b": [(70, 100)],
            "healthy": [(0, 20)],
        },
    ),
    "an instant": (
        phases(("a", 20, 20), ("b", 60, 70)),
        {
            "all": [(0, 100)],
            "after:a": [(20, 60)],
            "during:b": [(60, 70)],
            "after:b": [(70, 100)],
            "healthy": [(0, 20)],
        },
    ),
    "two at one instant, which is also another's end": (
        phases(("a", 20, 20), ("b", 20, 20), ("c", 10, 20)),
        {
            "all": [(0, 100)],
            "after:a": [(20, 100)],
            "after:b": [(20, 100)],
            "during:c": [(10, 20)],
            "healthy": [(0, 10)],
        },
    ),
    "one right after the other": (
        phases(("a", 20, 40), ("b", 40, 70)),
        {
            "all": [(0, 100)],
            "during:a": [(20, 40)],
            "during:b": [(40, 70)],
            "after:b": [(70, 100)],
            "healthy": [(0, 20)],
        },
    ),
    "overlapping": (
        phases(("a", 20, 40), ("b", 30, 60)),
        {
            "all": [(0, 100)],
            "during:a": [(20, 40)],
            "after:a": [(40, 100)],
            "during:b": [(30, 60)],
            "after:b": [(60, 100)],
            "healthy": [(0, 20)],
        },
    ),
    "one within the other": (
        phases(("a", 20, 60), ("b", 30, 40), ("c", 50, 70)),
        {
            "all": [(0, 100)],
            "during:a": [(20, 60)],
            "after:a": [(60, 100)],
            "during:b": [(30, 40)],
            "after:b": [(40, 50)],
            "during:c": [(50, 70)],
            "after:c": [(70, 100)],
            "healthy": [(0, 20)],
        },
    ),
    "from the beginning to the end": (phases(("a", 0, 100)), {"all": [(0, 100)], "during:a": [(0, 100)]}),
    "cut by the warm-up": (
        phases(("a", 20, 40), warmup=30.0),
        {"all": [(30, 100)], "during:a": [(30, 40)], "after:a": [(40, 100)]},
    ),
    "over before the warm-up": (
        phases(("a", 5, 10), warmup=30.0),
        {"all": [(30, 100)], "after:a": [(30, 100)]},
    ),
    "longer than the run": (
        phases(("a", 50, 500)),
        {"all": [(0, 100)], "during:a": [(50, 100)], "healthy": [(0, 50)]},
    ),
}


@pytest.mark.parametrize(("found", "expected"), CASES.values(), ids=CASES.keys())
def test_phases(found: dict[str, Pieces], expected: dict[str, Pieces]) -> None:
    assert found == expected


def test_named_periods_are_phases_like_faults() -> None:
    shop: dict[str, Any] = {"workers": 1, "operations": {"buy": {"work": 1.0}}}
    spec = experiment(
        services={"shop": shop},
        workload=[{"call": "shop.buy", "arrivals": {"process": "constant", "rate": 1.0}}],
        run={"duration": 100.0},
        phases={"sale": {"from": 10.0, "to": 30.0}},
    )
    assert [phase.name for phase in phases_of(Scenario("phases", "base", "", spec, {}))] == [
        "all",
        "during:sale",
        "after:sale",
        "healthy",
    ]


periods = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), max_size=4)


@given(periods, st.sampled_from([0.0, 25.0]))
def test_every_moment_of_the_window_is_healthy_or_in_a_phase_and_never_both(
    written: list[tuple[int, int]], warmup: float
) -> None:
    made = phases(
        *((f"f{number}", float(at), float(at + seconds)) for number, (at, seconds) in enumerate(written)), warmup=warmup
    )
    for half in range(int(2 * warmup) + 1, 200, 2):
        moment = half / 2
        within = [name for name, pieces in made.items() if any(begin <= moment < end for begin, end in pieces)]
        assert "all" in within
        if len(made) > 1:
            assert ("healthy" in within) == (within == ["all", "healthy"])
            assert within != ["all"]
        for number, (at, seconds) in enumerate(written):
            assert (f"during:f{number}" in within) == (at <= moment < at + seconds)
