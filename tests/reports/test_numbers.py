from __future__ import annotations

import math

import pytest

from reports.compact import cell, compact, half_width, spread
from reports.estimates import Comparison, Estimate, Group
from reports.numbers import exact, plain, plus_minus, with_interval

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0661, "s", "66.1 ms"),
        (0.000412, "s", "412 µs"),
        (205.0, "s", "205 s"),
        (math.inf, "s", "never"),
        (math.inf, "count", "unbounded"),
        (NAN, "share", "no data"),
        (0.0, "share", "0 %"),
        (0.00012, "share", "0.0120 %"),
        (1.0, "share", "100 %"),
        (0.041, "1/request", "0.0410 per request"),
        (29.9, "1/s", "29.9 /s"),
        (3.0, "count", "3"),
    ],
)
def test_figures_carry_their_unit_and_have_words_where_there_is_no_number(value: float, unit: str, text: str) -> None:
    assert plain(value, unit) == text


def test_almost_all_is_not_printed_as_all() -> None:
    assert plain(0.99997, "share") == "99.997 %"
    assert compact(0.99997, "share") == "99.9%"
    assert compact(0.00001, "share") == "<.01%"


def test_an_interval_has_the_unit_and_the_digits_of_its_figure() -> None:
    assert with_interval(0.0661, 0.0652, 0.067, "s") == "66.1 ms [65.2, 67.0]"
    assert with_interval(29.9812, 29.947, 30.015, "1/s") == "29.98 /s [29.95, 30.02]"


def test_an_interval_that_is_missing_or_open_says_so() -> None:
    assert with_interval(0.5, NAN, NAN, "s") == "500 ms (no interval)"
    assert with_interval(0.5, NAN, math.inf, "s") == "500 ms (no interval)"
    assert with_interval(2.0, 1.0, math.inf, "s") == "2.00 s [1.00, ∞]"
    assert with_interval(math.inf, NAN, NAN, "s") == "never"


def test_of_an_interval_with_one_end_that_end_is_shown() -> None:
    assert with_interval(0.17437, 0.14683, NAN, "s") == "174 ms (≥ 146 ms)"
    assert with_interval(1.2, 0.14683, NAN, "s") == "1.20 s (≥ 146 ms)"
    assert with_interval(0.1, NAN, 0.12345, "share") == "10.0 % (≤ 12.4 %)"
    assert with_interval(0.17437, 0.14683, NAN, "s", bound=0.1465) == "174 ms (≥ 146.8 ms)"
    assert plus_minus(0.17437, 0.14683, NAN, "s") == "174 ms (≥ 146 ms)"
    assert spread(Estimate(0.17437, 0.14683, NAN, "s")) == "≥146ms"
    assert spread(Estimate(0.5, NAN, 0.6, "s")) == "≤600ms"
    assert spread(Estimate(0.5, NAN, NAN, "s")) == ""


def test_no_end_is_rounded_across_a_bound() -> None:
    assert with_interval(0.04, 0.0019, 0.0781, "share") == "4 % [0, 8]"
    assert with_interval(0.04, 0.0019, 0.0781, "share", bound=0.0001) == "4.0 % [0.2, 7.8]"
    assert with_interval(0.04, 0.00, 0.08, "share", bound=0.0) == "4 % [0, 8]"


def test_a_difference_of_nothing_is_scaled_by_its_interval() -> None:
    assert with_interval(0.0, -0.0013, 0.0013, "s") == "0 ms [-1.3, 1.3]"


def test_plus_minus_is_used_for_symmetric_intervals_only() -> None:
    assert plus_minus(0.02, 0.018, 0.022, "share") == "2.00 ±0.20 %"
    assert plus_minus(0.5, 0.1, 0.6, "share") == "50 % [10, 60]"


def test_a_difference_of_shares_is_in_points() -> None:
    assert str(Comparison(-0.093, -0.098, -0.088, "share", 0.01, "better")) == "-9.3 points [-9.8, -8.8]"


def test_a_bound_is_printed_as_it_was_written() -> None:
    assert exact(2.0, "s") == "2 s"
    assert exact(0.0001, "1/request") == "0.0001 per request"
    assert exact(0.01, "share") == "1 %"


@pytest.mark.parametrize("unit", ["s", "share", "1/s", "1/request", "count"])
@pytest.mark.parametrize("exponent", range(-7, 7))
@pytest.mark.parametrize("digits", [1.0, 2.34567, 9.9951, 9.99999])
def test_compact_figures_fit_six_characters(unit: str, exponent: int, digits: float) -> None:
    value = digits * 10.0**exponent
    if unit != "share" or value <= 1:
        assert len(compact(value, unit)) <= 6
    estimate = Estimate(value, value * 0.97, value * 1.03, unit)
    if value < 1000:
        assert len(half_width(estimate)) <= 6
    if value <= 1 or unit not in {"share", "count"}:
        for low, high in ((0.0, value), (value, math.inf), (value * 0.2, value * 1.1)):
            assert len(spread(Estimate(low or value, low, min(high, 1.0) if unit == "share" else high, unit))) <= 6


def test_a_compact_interval_is_never_made_narrower() -> None:
    assert half_width(Estimate(1.0, 0.9988, 1.0012, "s")) == "±.01s"
    assert half_width(Estimate(0.01, 0.0079, 0.0121, "1/request")) == "±.003"
    assert half_width(Estimate(0.5, 0.5, 0.5, "share")) == ""


def test_what_was_never_seen_is_said_with_the_most_that_it_may_be() -> None:
    assert with_interval(0.0, 0.0, 0.0000461, "share") == "0 % [0, 0.0046]"
    assert plus_minus(0.0, 0.0, 0.0000461, "share") == "0 (≤ 0.0047 %)"
    assert plus_minus(0.0, 0.0, 0.00123, "1/request") == "0 (≤ 0.0013 per request)"
    assert spread(Estimate(0.0, 0.0, 0.0000461, "share")) == "≤.01%"
    assert spread(Estimate(0.0, 0.0, 0.0, "share")) == "±0"


def test_an_interval_that_lies_to_one_side_is_told_by_its_farther_end() -> None:
    assert spread(Estimate(0.012, 0.004, 0.041, "share")) == "≤4.1%"
    assert spread(Estimate(1.0, 0.99871, 1.0, "share")) == "≥99.8%"
    assert spread(Estimate(1.234, 1.1, math.inf, "s")) == "≥1.1s"
    assert spread(Estimate(1.234, 1.1, 1.4, "s")) == "±.15s"


def test_replications_in_two_groups_have_no_mean() -> None:
    split = Estimate(28.0, 20.0, 36.0, "1/s", groups=(Group(3, 2.0), Group(7, math.inf)))
    assert str(split) == "7 of 10 unbounded, 3 near 2.00 /s"
    assert split.short == str(split._replace(groups=split.groups[::-1]))
    assert (cell(split), spread(split)) == ("7×∞", "3×2")


def test_a_figure_that_not_all_replications_have_says_how_many_do() -> None:
    assert str(Estimate(2.0, 1.0, 3.0, "s", partial=4)) == "2.0 s [1.0, 3.0], n = 4"
