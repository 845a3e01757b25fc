from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.language.paths import Segment, format_path, parse_path

names = st.text(st.characters(exclude_characters='"\n\r', exclude_categories=["Cs"]), min_size=1, max_size=30)
paths = st.tuples(names, st.lists(st.one_of(names, st.integers(0, 999)), max_size=5).map(tuple)).map(
    lambda pair: (pair[0], *pair[1])
)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("run", ("run",)),
        ("services.orders.workers", ("services", "orders", "workers")),
        ('calls."orders -> payments".timeout', ("calls", "orders -> payments", "timeout")),
        ("workload[0].arrivals.rate", ("workload", 0, "arrivals", "rate")),
        ('topics."order.created".subscribers[1][2]', ("topics", "order.created", "subscribers", 1, 2)),
        ('"a b"', ("a b",)),
        ("services.höhe-2.x", ("services", "höhe-2", "x")),
    ],
)
def test_paths_are_taken_apart(text: str, segments: tuple[Segment, ...]) -> None:
    assert parse_path(text) == segments


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a", "a..b", "a b", 'a."b', "a[", "a[x]", "a]b", "[0]", "a->b.c", '""', "a[-1]"]
)
def test_what_is_no_path_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write one like"):
        parse_path(text)


@given(paths)
def test_a_formatted_path_reads_back_the_same(segments: tuple[Segment, ...]) -> None:
    assert parse_path(format_path(segments)) == segments
