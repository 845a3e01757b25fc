"""Knobs: contributions combine, each can be taken back alone, and in the end every knob is at rest."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.knobs import Count, Knob, Product, Share, Sum

KINDS: dict[type[Knob], float] = {Product: 1.0, Sum: 0.0, Share: 0.0, Count: 0.0}
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@pytest.mark.parametrize(
    ("kind", "amounts", "value"),
    [
        (Product, [2.0, 10.0], 20.0),
        (Product, [0.5], 0.5),
        (Sum, [0.25, 0.5], 0.75),
        (Share, [0.5, 0.5], 0.75),
        (Share, [0.1, 1.0], 1.0),
        (Share, [0.2, 0.2, 0.2], 0.488),
        (Count, [1.0, 1.0], 2.0),
    ],
)
def test_contributions_combine(kind: type[Knob], amounts: list[float], value: float) -> None:
    knob = kind()  # type: ignore[call-arg]
    for amount in amounts:
        knob.turn(amount)
    assert knob.value == pytest.approx(value, rel=1e-12)


@kinds
def test_a_contribution_is_taken_back_once(kind: type[Knob]) -> None:
    knob = kind()  # type: ignore[call-arg]
    handle = knob.turn(0.5)
    knob.release(handle)
    with pytest.raises(KeyError):
        knob.release(handle)


@kinds
def test_who_watches_hears_of_every_turn_after_it(kind: type[Knob]) -> None:
    knob = kind()  # type: ignore[call-arg]
    seen: list[float] = []
    knob.watch(lambda: seen.append(knob.value))
    knob.release(knob.turn(0.5))
    assert seen == [0.5, KINDS[kind]]


@kinds
@given(data=st.data())
def test_after_any_interleaving_a_knob_holds_what_is_in_force_and_ends_at_rest(
    kind: type[Knob], data: st.DataObject
) -> None:
    knob = kind()  # type: ignore[call-arg]
    held: dict[int, float] = {}
    for _ in range(data.draw(st.integers(0, 12))):
        if data.draw(st.booleans()) and held:
            handle = data.draw(st.sampled_from(sorted(held)))
            knob.release(handle)
            del held[handle]
        else:
            amount = data.draw(st.floats(0.01, 0.99))
            held[knob.turn(amount)] = amount
        assert knob.value == pytest.approx(_expected(kind, list(held.values())), rel=1e-9)
    for handle in data.draw(st.permutations(sorted(held))):
        knob.release(handle)
    assert knob.value == KINDS[kind]


def _expected(kind: type[Knob], amounts: list[float]) -> float:
    if kind is Product:
        return math.prod(amounts)
    if kind is Share:
        return 1 - math.prod(1 - amount for amount in amounts)
    return sum(amounts)
