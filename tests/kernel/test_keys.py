"""Keys of requests: how often each is drawn, and that a request has but one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from simulator.kernel.keys import NO_KEY, EntryKey, Keys, SingleKey, key_at
from simulator.kernel.random import Streams
from simulator.spec.keys import AnyKeys, KeysSpec
from tests.kernel.making import make_root

DRAWS = 20_000
FAR_OFF = 5.0
"""Standard deviations; the seed is fixed, a random one would fail about once in a million counts."""


def spec(**written: Any) -> AnyKeys:
    made: AnyKeys = TypeAdapter(KeysSpec).validate_python(written)
    return made


def keys(**written: Any) -> Keys:
    streams = Streams(1, 0)
    streams.lane("buy")
    return Keys("item", streams.source("key/item"), key_at(spec(**written)))


@pytest.mark.parametrize(
    ("written", "weights"),
    [
        ({"dist": "uniform", "n": 3}, {1: 1, 2: 1, 3: 1}),
        ({"dist": "zipf", "n": 4, "s": 1}, {1: 1, 2: 1 / 2, 3: 1 / 3, 4: 1 / 4}),
        ({"dist": "zipf", "n": 2, "s": 0.0}, {1: 1, 2: 1}),
        ({"dist": "empirical", "values": ["a", "b", "a"]}, {"a": 2, "b": 1}),
        ({"dist": "empirical", "weights": {"b": 1, "a": 3}}, {"a": 3, "b": 1}),
    ],
)
def test_each_key_comes_in_proportion_to_its_weight(written: dict[str, Any], weights: dict[Any, float]) -> None:
    drawn = keys(**written)
    counts = Counter(drawn.of(make_root(ordinal)) for ordinal in range(DRAWS))
    assert set(counts) == {("item", key) for key in weights}
    for key, weight in weights.items():
        share = weight / sum(weights.values())
        assert abs(counts["item", key] - DRAWS * share) <= FAR_OFF * (DRAWS * share * (1 - share)) ** 0.5


def test_a_request_keeps_its_key_however_often_it_is_asked() -> None:
    drawn, root = keys(dist="uniform", n=1000), make_root(7)
    assert len({drawn.of(root) for _ in range(10)}) == 1


@pytest.mark.parametrize("luck", [0.0, 0.5, 1 - 2**-53])
@pytest.mark.parametrize(
    "written",
    [{"dist": "zipf", "n": 7, "s": 0.9}, {"dist": "uniform", "n": 7}, {"dist": "empirical", "values": [1, 2]}],
)
def test_every_piece_of_luck_is_a_key(written: dict[str, Any], luck: float) -> None:
    made = spec(**written)
    known = range(1, 8) if made.dist != "empirical" else ("1", "2")
    assert key_at(made)(luck) in known


def test_the_order_of_values_and_weights_changes_nothing() -> None:
    lucks = [place / 50 for place in range(50)]
    for one, other in (
        ({"values": ["b", "a", "a"]}, {"values": ["a", "b", "a"]}),
        ({"weights": {"x": 1, "y": 2}}, {"weights": {"y": 2, "x": 1}}),
    ):
        first, second = key_at(spec(dist="empirical", **one)), key_at(spec(dist="empirical", **other))
        assert [first(luck) for luck in lucks] == [second(luck) for luck in lucks]


def test_a_trace_gives_its_requests_their_keys() -> None:
    drawn, root = keys(dist="uniform", n=5), make_root(1)
    root.entry.given = {"item": ["x", "y"]}
    assert drawn.of(root) == ("item", "y")


def test_a_request_without_keys_has_the_same_as_all_others() -> None:
    root = make_root()
    assert EntryKey().of(root) == SingleKey().of(root) == NO_KEY
    root.entry.keys = keys(dist="uniform", n=1)
    assert EntryKey().of(root) == ("item", 1)


@pytest.mark.parametrize(
    "written",
    [
        {"dist": "empirical"},
        {"dist": "empirical", "values": ["a"], "weights": {"a": 1}},
        {"dist": "zipf", "n": 0, "s": 1},
        {"dist": "zipf", "n": 3, "s": -1},
        {"dist": "uniform", "n": 1_000_001},
    ],
)
def test_keys_that_make_no_sense_are_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spec(**written)


def test_weights_are_kept_in_order_of_name() -> None:
    one, other = ({"b": 1, "a": 2}, {"a": 2, "b": 1})
    assert repr(spec(dist="empirical", weights=one)) == repr(spec(dist="empirical", weights=other))
