"""Originals and copies: who is behind, by how much, and what an old version does to a copy."""

from __future__ import annotations

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.root import Key, Root
from simulator.kernel.versions import Versions
from simulator.services.replicated import Copy, Original
from tests.kernel.making import make_root


class Pairs:
    """Two keys, by the number of the request."""

    def of(self, root: Root) -> Key:
        return "user", root.ordinal % 2


def test_a_copy_is_stale_since_the_oldest_write_that_it_does_not_show() -> None:
    original = Original(Pairs())
    copy = Copy(original, newest=True)
    row = original.row(make_root())
    for now in (1.0, 2.0, 4.0):
        original.write(row, None, now)
    assert [row.staleness(version, 10.0) for version in (0, 1, 2, 3)] == [9.0, 8.0, 6.0, 0.0]
    copy.apply(row, 2, 10.0)
    assert copy.missing() == [4.0]
    copy.apply(row, 3, 10.0)
    assert copy.missing() == []


def test_keys_are_rows_of_their_own() -> None:
    original = Original(Pairs())
    copy = Copy(original, newest=True)
    one, other = original.row(make_root(0)), original.row(make_root(1))
    assert original.row(make_root(2)) is one
    original.write(one, None, 1.0)
    assert (one.version, other.version, copy.behind_now) == (1, 0, 1)
    assert original.write(other, 0, 2.0)
    assert not original.write(other, 0, 3.0)
    assert copy.behind_now == 2


actions = st.lists(
    st.tuples(st.sampled_from(["write", "apply"]), st.integers(0, 1), st.integers(0, 5), st.integers(0, 4)), max_size=60
)


@given(actions, st.booleans())
def test_who_is_behind_is_counted_right_and_the_newest_never_goes_back(
    steps: list[tuple[str, int, int, int]], newest: bool
) -> None:
    original = Original(Pairs())
    copy = Copy(original, newest=newest)
    now = area = 0.0
    for what, key, version, pause in steps:
        now, before = now + pause, copy.behind_now
        area += before * pause
        row = original.row(make_root(key))
        shown = copy.version(row)
        if what == "write":
            original.write(row, None, now)
        elif version <= row.version:
            copy.apply(row, version, now)
            assert copy.version(row) == (max(shown, version) if newest else version)
        behind = [row for row in original.rows.values() if copy.version(row) < row.version]
        assert copy.behind_now == len(behind) == len(copy.missing())
        assert sorted(copy.missing()) == sorted(row.written[copy.version(row)] for row in behind)
        assert isclose(copy.behind_seconds(now), area, abs_tol=1e-9)


def test_a_message_carries_what_was_written_before_it_left() -> None:
    """Written at 1 s and 5 s: what was sent between carries the first, whoever writes the second carries it too."""
    versions, row, publisher, other = Versions(), object(), object(), object()
    versions.know(row, 3, 1.0, publisher)
    versions.know(row, 4, 5.0, publisher)
    assert versions.carried(row, 0.5, other) is None
    assert versions.carried(row, 1.0, other) == 3
    assert versions.carried(row, 9.0, other) == 4
    assert versions.carried(row, 2.0, publisher) == 4
    assert versions.carried(object(), 9.0, other) is None


def test_what_was_looked_up_is_known_at_once() -> None:
    versions, row = Versions(), object()
    versions.know(row, 7, 5.0)
    assert versions.carried(row, 2.0, object()) == 7
