"""The k-th draw of a source for a request is a fixed number, whoever asks, whenever and in whatever order."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.laws import sampler
from simulator.kernel.random import KEPT_BLOCKS, Source, Streams, uniform
from simulator.kernel.root import Root
from simulator.spec.laws import ExponentialLaw
from tests.kernel.making import make_root

EXPONENTIAL = sampler(ExponentialLaw.model_validate({"mean": 2.0}))
ORDINALS = (0, 1, 31, 32, 511, 512, 700, 5000, 100_000)


def streams(seed: int = 1, replication: int = 0) -> Streams:
    made = Streams(seed, replication)
    made.lane("buy")
    made.lane("sell")
    return made


def draws(source: Source, root: Root, number: int) -> list[float]:
    return [source.draw(root) for _ in range(number)]


def first_draw(seed: int = 1, replication: int = 0, lane: int = 0, name: str = "work", ordinal: int = 0) -> float:
    return streams(seed, replication).source(name).draw(make_root(ordinal, lane))


@given(
    st.lists(st.tuples(st.sampled_from(ORDINALS), st.sampled_from(["work", "loss"]), st.integers(0, 1)), max_size=80)
)
def test_draws_do_not_depend_on_who_else_asked_before(asked: list[tuple[int, str, int]]) -> None:
    shared = streams()
    sources = {"work": shared.source("work", EXPONENTIAL), "loss": shared.source("loss")}
    roots = {(ordinal, lane): make_root(ordinal, lane) for ordinal in ORDINALS for lane in (0, 1)}
    seen: dict[tuple[int, int, str], list[float]] = {}
    for ordinal, name, lane in asked:
        seen.setdefault((ordinal, lane, name), []).append(sources[name].draw(roots[ordinal, lane]))
    for (ordinal, lane, name), values in seen.items():
        alone = streams().source(name, EXPONENTIAL if name == "work" else uniform)
        assert values == draws(alone, make_root(ordinal, lane), len(values))


def test_draws_survive_the_forgetting_of_blocks() -> None:
    source = streams().source("work")
    far_apart = [make_root(number * 512 + 3) for number in range(3 * KEPT_BLOCKS)]
    once = [source.draw(root) for root in far_apart]
    again = [source.draw(make_root(root.ordinal)) for root in reversed(far_apart)]
    assert again == once[::-1]


def test_all_first_draws_of_neighbours_differ() -> None:
    source = streams().source("work")
    values = [source.draw(make_root(ordinal)) for ordinal in range(2000)]
    assert len(set(values)) == len(values)


def test_later_draws_of_a_request_are_fresh_luck() -> None:
    values = draws(streams().source("work"), make_root(7), 100)
    assert len(set(values)) == 100


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"replication": 1}, {"lane": 1}, {"name": "loss"}, {"ordinal": 1}],
    ids=["seed", "replication", "lane", "source", "request"],
)
def test_luck_differs_by(other: dict[str, int]) -> None:
    assert first_draw(**other) != first_draw()  # type: ignore[arg-type]


def test_seed_and_replication_are_not_mixed_up() -> None:
    assert first_draw(seed=1, replication=11) != first_draw(seed=11, replication=1)


def test_luck_follows_the_name_of_a_lane_and_not_its_number() -> None:
    other_order = Streams(1, 0)
    other_order.lane("apart")
    lane = other_order.lane("buy")
    assert other_order.source("work").draw(make_root(5, lane)) == first_draw(ordinal=5)


def test_a_laws_parameter_scales_the_same_luck() -> None:
    slow = streams().source("work", sampler(ExponentialLaw.model_validate({"mean": 4.0})))
    fast = streams().source("work", EXPONENTIAL)
    assert [slow.draw(make_root(k)) for k in range(50)] == [2.0 * fast.draw(make_root(k)) for k in range(50)]


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**40), st.sampled_from([1, 31, 32, 512]))
def test_a_block_is_numpys_own_philox_at_that_counter(key: int, number: int, size: int) -> None:
    words = (key & (2**64 - 1), key >> 64)
    own = np.random.Generator(np.random.Philox(key=key, counter=number << 64))
    assert streams().block(words, number, uniform, size) == own.random(size).tolist()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_a_block_is_the_same_whichever_were_made_before(numbers: list[int]) -> None:
    shared = streams()
    key = shared.key("work/buy/0")
    for number in numbers:
        normals = shared.block(key, number, lambda generator, size: generator.standard_normal(size).tolist(), 7)
        alone = streams().block(key, number, lambda generator, size: generator.standard_normal(size).tolist(), 7)
        assert normals == alone


def test_sequences_of_one_name_agree_and_of_two_differ() -> None:
    first, same, other = (streams().sequence(name) for name in ("arrivals/buy", "arrivals/buy", "arrivals/sell"))
    values = [first.draw() for _ in range(1200)]
    assert values == [same.draw() for _ in range(1200)]
    assert not set(values) & {other.draw() for _ in range(1200)}
    assert len(set(values)) == 1200


def test_a_sequence_may_be_drawn_or_walked_through() -> None:
    walked = streams().sequence("arrivals/buy", EXPONENTIAL)
    drawn = streams().sequence("arrivals/buy", EXPONENTIAL)
    assert list(islice(walked, 1200)) == [drawn.draw() for _ in range(1200)]


def test_uniform_draws_look_uniform() -> None:
    """Kolmogorov-Smirnov at level 0.001 over first draws, later draws and a sequence; the seed is fixed."""
    made = streams(seed=2024)
    source, sequence = made.source("work"), made.sequence("arrivals/buy")
    size = 4000
    samples = [
        [source.draw(make_root(ordinal)) for ordinal in range(size)],
        draws(source, make_root(3), size),
        [sequence.draw() for _ in range(size)],
    ]
    for sample in samples:
        values = np.sort(sample)
        ranks = np.arange(1, size + 1) / size
        distance = max(np.max(ranks - values), np.max(values - ranks + 1 / size))
        assert distance < 1.95 / size**0.5
